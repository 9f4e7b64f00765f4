"""Plans on screen and in files."""

from __future__ import annotations

import os
import shlex
from dataclasses import replace
from pathlib import Path

from licsync.cli import output as console
from licsync.cli.ci_reports import WORK_ORDER_FORMATS
from licsync.diagnostics.exit_codes import Exit, of_diagnostics
from licsync.model.catalog import Catalog
from licsync.planning.plan import Plan
from licsync.profiling import phase
from licsync.workflows.files import write_new


def redacted_if_asked(plan: Plan) -> Plan:
    """Mask a plan, with `--redact`."""
    if not console.is_redacting():
        return plan
    from licsync.views.redaction import redact_plan

    return redact_plan(plan)


@phase("rendering")
def render_plan(
    plan: Plan, catalog: Catalog, format_: str, *, verbose: bool = False, says_how: bool = True
) -> str:
    """Render a plan in one of the formats of `plan` and `show`.

    Args:
        plan: the plan.
        catalog: names the license types.
        format_: the format.
        verbose: show every action with all its details, as text.
        says_how: end with the command that applies only this plan, as text.
    """
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
        plan,
        catalog,
        options=console.render_options(),
        verbose=verbose,
        says_how=says_how,
    )


def has_work_order(plan: Plan, format_: str) -> bool:
    """Tell whether a format shows what people do for a plan."""
    is_by_hand = any(action.manual for action in plan.actions) and not plan.what_if
    return format_ in WORK_ORDER_FORMATS or (format_ == "html" and is_by_hand)


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
        return f"The plan was not saved to {path}: fix its errors first."
    text = plan_json(replace(plan, directory=os.path.abspath(plan.directory)))
    write_new(path, text, overwrite=True, private=True)
    command = console.complete(f"licsync apply {shlex.quote(str(path))}", argument=path)
    return f"Saved the plan to {path}. To apply it: {command}"
