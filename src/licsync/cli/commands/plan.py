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
    from licsync.workflows.planning import Request


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
    with reports.failing():
        from licsync.workflows.planning import Request

        request = Request(target, exclude, allow, allow_loss, base, due)
        account, desired, plan = _planned(directory, state, now, jobs, request, cache)
        from licsync.cli.plan_output import rendered, save, shown
        from licsync.workflows.plan_archive import remember_plan

        remembered = remember_plan(account, plan)
        console.keep_until_exit(account, desired, remembered)
        # before it is shown: whoever reads may go away
        saved = save(plan, out) if out is not None else ""
    seen = shown(remembered)
    console.result(rendered(seen, desired.catalog, format_, verbose=verbose), format_)
    if saved:
        console.talk(saved)
    code = of_diagnostics(plan.diagnostics)
    if code is Exit.DONE and detailed_exitcode and plan.actions:
        code = Exit.CHANGES
    reports.publish_plan(seen, desired.catalog, code)
    with reports.failing(), phase("remembering the plan"):
        remembered.later.result()
    return code


def _planned(
    directory: Path,
    state: str | None,
    now: datetime | None,
    jobs: int | None,
    request: Request,
    cache: bool,
) -> tuple[Account, Desired, Plan]:
    if cache:
        from licsync.workflows.incremental_plan import plan_quickly

        found = plan_quickly(directory, state, now, jobs, request)
        if found is not None:
            return found
    from licsync.workflows.account import valid_account
    from licsync.workflows.backends import plan_now

    account, desired = valid_account(directory, state, now, jobs, thoroughly=not cache)
    return account, desired, plan_now(account, desired, request)
