"""`licsync plan`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from licsync.cli import options
from licsync.cli import output as console
from licsync.cli.ci_reports import PLAN_FORMATS, Reports
from licsync.cli.exit_codes import Exit, of_diagnostics
from licsync.profiling import phase

if TYPE_CHECKING:
    from licsync.model.desired import Desired
    from licsync.planning.plan import Plan
    from licsync.workflows.account import Account
    from licsync.workflows.planning import PlanRequest


@click.command("plan")
@options.directory
@options.formats(*PLAN_FORMATS)
@options.out_dir
@options.redact
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Save the plan, for `licsync apply FILE`.",
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 where there are changes.")
@click.option("--verbose", "-v", is_flag=True, help="Every action with everything about it.")
@options.scope
@options.jobs
@options.cache
@options.read_only
@options.state
@options.now
@options.no_color
def command(
    directory: Path,
    format_: str,
    out_dir: Path | None,
    out: Path | None,
    detailed_exitcode: bool,
    verbose: bool,
    target: tuple[str, ...],
    exclude: tuple[str, ...],
    allow: tuple[tuple[str, int], ...],
    base: str | None,
    allow_loss: bool,
    due: bool,
    jobs: int | None,
    cache: bool,
    state: str | None,
    now: datetime | None,
) -> Exit:
    """Show what would turn the inventory into what the files in DIR declare. Changes nothing."""
    reports = Reports("plan", directory, format_, out_dir)
    with reports.reporting_errors():
        from licsync.workflows.planning import PlanRequest

        request = PlanRequest(target, exclude, allow, allow_loss, base, due)
        account, desired, plan = _planned(directory, state, now, jobs, request, cache)
        from licsync.cli.plan_output import redacted_if_asked, render_plan, save_plan
        from licsync.workflows.plan_archive import archive_plan

        remembered = archive_plan(account, plan)
        console.keep_alive_until_exit(account, desired, remembered)
        # before it is shown: whoever reads may go away
        saved = save_plan(plan, out) if out is not None else ""
    seen = redacted_if_asked(remembered)
    console.print_result(render_plan(seen, desired.catalog, format_, verbose=verbose), format_)
    if saved:
        console.print_message(saved)
    code = of_diagnostics(plan.diagnostics)
    if code is Exit.DONE and detailed_exitcode and plan.actions:
        code = Exit.CHANGES
    reports.publish_plan(seen, desired.catalog, code)
    with reports.reporting_errors(), phase("saving the plan"):
        remembered.pending_digest.result()
    return code


def _planned(
    directory: Path,
    state: str | None,
    now: datetime | None,
    jobs: int | None,
    request: PlanRequest,
    cache: bool,
) -> tuple[Account, Desired, Plan]:
    if cache:
        from licsync.workflows.incremental_plan import plan_incrementally

        found = plan_incrementally(directory, state, now, jobs, request)
        if found is not None:
            return found
    from licsync.workflows.account import open_valid_account
    from licsync.workflows.backends import plan_now

    account, desired = open_valid_account(directory, state, now, jobs, thoroughly=not cache)
    return account, desired, plan_now(account, desired, request)
