"""`licsync plan`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from licsync.cli import console, options
from licsync.cli.exits import Exit, of_diagnostics
from licsync.cli.reports import PLAN_FORMATS, Reports


@click.command("plan")
@options.directory
@options.formats(*PLAN_FORMATS)
@options.out_dir
@options.redact
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Save the plan, for `licsync apply FILE`.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 where there are changes.")
@click.option("--verbose", "-v", is_flag=True, help="Every action with everything about it.")
@options.scope
@options.jobs
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
    jobs: int | None,
    state: str | None,
    now: datetime | None,
) -> Exit:
    """Show what would turn the inventory into what the files in DIR declare. Changes nothing."""
    reports = Reports("plan", directory, format_, out_dir)
    with reports.failing():
        from licsync.cli.account import valid_account

        account, desired = valid_account(directory, state, now, jobs)
        from licsync.cli.approved import remember_plan
        from licsync.cli.backends import plan_now
        from licsync.cli.planning import Request
        from licsync.cli.rendering import rendered, save, shown

        plan = plan_now(account, desired, Request(target, exclude, allow, allow_loss, base))
        remember_plan(account, plan)
    seen = shown(plan)
    console.result(rendered(seen, desired.catalog, format_, verbose=verbose))
    if out is not None:
        save(plan, out)
        console.talk(f"Saved the plan to {out}. To apply it: licsync apply {out}")
    code = of_diagnostics(plan.diagnostics)
    if code is Exit.DONE and detailed_exitcode and plan.actions:
        code = Exit.CHANGES
    reports.publish_plan(seen, desired.catalog, code)
    return code
