"""Plans on screen and in files."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

from licsync.cli import output as console
from licsync.cli.ci_reports import WORK_ORDER_FORMATS
from licsync.cli.exit_codes import Exit, of_diagnostics
from licsync.diagnostics import Code, InputInvalid, error
from licsync.model.catalog import Catalog
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory
from licsync.model.labels import sentence
from licsync.planning.plan import Plan
from licsync.planning.validation.upload_licenses import upload_licenses
from licsync.profiling import phase
from licsync.spreadsheets.csv_template import CsvTemplate
from licsync.views.escaping import escape_terminal
from licsync.views.phrases import count
from licsync.workflows.bulk_upload import fill_template, usable_columns
from licsync.workflows.files import write_new


def redacted_if_asked(plan: Plan) -> Plan:
    """Give the plan as it is to be shown: masked, where that is asked for."""
    if not console.is_redacting():
        return plan
    from licsync.views.redaction import redact_plan

    return redact_plan(plan)


@phase("rendering")
def render_plan(plan: Plan, catalog: Catalog, format_: str, *, verbose: bool = False) -> str:
    """Render a plan in one of the formats of `plan` and `show`."""
    if format_ == "json":
        from licsync.views.json_documents import plan_json

        return plan_json(plan)
    if format_ == "markdown":
        from licsync.views.plan.markdown import plan_markdown

        return plan_markdown(plan, catalog)
    if format_ == "html":
        from licsync.web.report import plan_html

        return plan_html(plan, catalog)
    if format_ != "text":
        from licsync.cli.ci_reports import Reports

        return Reports("plan", Path(plan.directory), format_).of_plan(plan, catalog)
    from licsync.views.plan.text import plan_text

    return plan_text(
        plan, catalog, color=console.has_color(sys.stdout), width=console.width(), verbose=verbose
    )


def has_work_order(plan: Plan, format_: str) -> bool:
    """Tell whether a format shows what people do for a plan."""
    is_by_hand = any(action.manual for action in plan.actions) and not plan.what_if
    return format_ in WORK_ORDER_FORMATS or (format_ == "html" and is_by_hand)


@phase("rendering")
def render_work_order(
    plan: Plan,
    desired: Desired,
    inventory: Inventory | None,
    format_: str,
    directory: Path,
) -> str:
    """Render what people do for a plan, in a format for which `has_work_order` is true.

    Args:
        plan: the plan.
        desired: the license types, and what the account says about its console.
        inventory: what the plan was made of, if it is known.
        format_: the format.
        directory: the directory of the account, with the template of the bulk upload.
    """
    from licsync.planning.work_order.making import make_work_order

    columns, warnings = usable_columns(directory, desired, plan)
    console.show_diagnostics(warnings)
    plan = redacted_if_asked(plan)
    shown = None if console.is_redacting() else inventory
    order = make_work_order(plan, desired, shown, columns=columns)
    if format_ == "html":
        from licsync.web.report import plan_html

        return plan_html(plan, desired.catalog, order)
    if format_ == "runbook-csv":
        from licsync.views.plan.work_order_csv import work_order_csv

        return work_order_csv(order, plan, desired.catalog)
    if format_ == "runbook-html":
        from licsync.web.work_order_page import work_order_html

        return work_order_html(order, plan, desired.catalog)
    from licsync.views.plan.work_order_markdown import work_order_markdown

    return work_order_markdown(order, plan, desired.catalog)


def write_upload(
    plan: Plan, template: CsvTemplate | None, desired: Desired, path: Path, *, force: bool
) -> list[str]:
    """Write the file of the bulk upload, and say what is in it.

    Raises:
        InputInvalid: the account names no template, the file exists, or 8x8 would refuse a value.
    """
    if template is None:
        message = "The account names no template for --bulk-upload."
        hint = (
            "In the console: Home > Users > Bulk upload > Download .CSV template. Save it in the "
            "directory of the account, and name it in the files: backend: {bulk_upload: FILE}"
        )
        raise InputInvalid(error(Code.INVALID_VALUE, message, hint=hint))
    filled = fill_template(plan, template, desired)
    if not filled.users:
        return ["The plan creates no users by hand: no upload was written."]
    write_new(path, filled.content, overwrite=force, private=True)
    said = [f"Wrote {count(len(filled.users), 'new user')} to {path}."]
    for what, headings in (
        ("stay empty", filled.empty),
        ("are not understood and stay empty", filled.unknown),
    ):
        if headings:
            said.append(f"These columns {what}: {', '.join(headings)}.")
    if filled.examples:
        said.append(f"Left out {count(filled.examples, 'row')} of the template.")
    if upload_licenses(desired) and "license" not in template.fields:
        said.append(
            "The template has no column for licenses: backend.bulk_upload.licenses is not used."
        )
    if filled.unnamed:
        said.append(
            f"Without a name for the upload, people assign {sentence(filled.unnamed)}. State what "
            "the template calls them in the files: backend: {bulk_upload: {template: FILE, "
            f"licenses: {{{filled.unnamed[0]}: NAME}}}}}}"
        )
    said.append("What the file does not set follows in the work order (--format runbook).")
    return [escape_terminal(line) for line in said]


@phase("writing the plan")
def save_plan(plan: Plan, path: Path) -> str:
    """Save a plan, unless what it was made of is at fault; only its owner can read it.

    Returns:
        what to say of it.

    Raises:
        InputInvalid: the file cannot be written.
    """
    from licsync.views.json_documents import plan_json

    if of_diagnostics(plan.diagnostics) is Exit.FAILED:
        return f"The plan was not saved to {path}: what is wrong has to be mended first."
    text = plan_json(replace(plan, directory=os.path.abspath(plan.directory)))
    write_new(path, text, overwrite=True, private=True)
    return f"Saved the plan to {path}. To apply it: licsync apply {path}"
