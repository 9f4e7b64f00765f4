"""What people do for a plan: work orders on screen, and the file of the bulk upload."""

from __future__ import annotations

from pathlib import Path

from licsync.cli import output as console
from licsync.cli.plan_output import redacted_if_asked
from licsync.diagnostics import Code, InputInvalid, error, has_errors
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory
from licsync.model.labels import sentence
from licsync.planning.plan import Plan
from licsync.planning.validation.licenses import upload_licenses
from licsync.profiling import phase
from licsync.views.escaping import escape_terminal
from licsync.views.phrases import count
from licsync.workflows.bulk_upload import columns_of, fill_template, template_of, usable_columns
from licsync.workflows.files import write_new


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
    if format_ == "csv":
        from licsync.views.plan.work_order_csv import work_order_csv

        return work_order_csv(order, plan, desired.catalog)
    if format_ == "runbook-html":
        from licsync.web.work_order_page import work_order_html

        return work_order_html(order, plan, desired.catalog)
    from licsync.views.plan.work_order_markdown import work_order_markdown

    return work_order_markdown(order, plan, desired.catalog)


def write_upload(
    plan: Plan, desired: Desired, directory: Path, path: Path, *, force: bool
) -> list[str]:
    """Write the file of the bulk upload, and say what is in it.

    Args:
        plan: the plan.
        desired: what the account says about its console.
        directory: the directory of the account, with the template of the bulk upload.
        path: the file.
        force: whether to replace the file.

    Raises:
        InputInvalid: the account names no template, the file exists, or 8x8 would refuse a value.
    """
    template = template_of(directory, desired)
    if template is None:
        message = "The account names no template for --bulk-upload."
        hint = (
            "In the console: Home > Users > Bulk upload > Download .CSV template. Save it in the "
            "directory of the account, and name it in the files: backend: {bulk_upload: FILE}"
        )
        raise InputInvalid(error(Code.INVALID_VALUE, message, hint=hint))
    filled = fill_template(plan, template, desired)
    if not filled.users:
        why = "has errors" if has_errors(plan.diagnostics) else "creates no users by hand"
        return [f"The plan {why}: no upload was written."]
    write_new(path, filled.content, overwrite=force, private=True)
    lines = [f"Wrote {count(len(filled.users), 'new user')} to {path}."]
    for what, headings in (
        ("stay empty", filled.empty),
        ("are not understood and stay empty", filled.unknown),
    ):
        if headings:
            lines.append(f"These columns {what}: {', '.join(headings)}.")
    if filled.examples:
        lines.append(f"Left out {count(filled.examples, 'row')} of the template.")
    if upload_licenses(desired) and "license" not in template.fields:
        lines.append(
            "The template has no column for licenses: backend.bulk_upload.licenses is not used."
        )
    if filled.unnamed:
        lines.append(
            f"Without a name for the upload, people assign {sentence(filled.unnamed)}. State what "
            "the template calls them in the files: backend: {bulk_upload: {template: FILE, "
            f"licenses: {{{filled.unnamed[0]}: NAME}}}}}}"
        )
    if filled.further:
        lines.append(
            "8x8 does not publish how a cell holds several licenses: people assign the further "
            f"ones of {sentence(filled.further)}."
        )
    from licsync.planning.work_order.making import make_work_order

    order = make_work_order(plan, desired, columns=columns_of(template, desired))
    if any(item.kind == "upload" for item in order.items):
        lines.append("What the file does not set follows in the work order (--format runbook).")
    else:
        lines.append(
            "The file sets little: the work order (--format runbook) creates the users one by one, "
            "which takes fewer clicks."
        )
    return [escape_terminal(line) for line in lines]
