"""`licsync undo`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from licsync.cli import options
from licsync.cli import output as console
from licsync.cli.help import Command
from licsync.cli.plan_output import (
    has_work_order,
    redacted_if_asked,
    render_plan,
    save_plan,
)
from licsync.cli.sessions import make_session, open_for_command
from licsync.diagnostics.exit_codes import Exit, of_diagnostics
from licsync.workflows.planning import PlanRequest
from licsync.workflows.undo import plan_undo


@click.command(
    "undo",
    cls=Command,
    examples={
        "licsync undo 20261124T090000-0a1b2c": "Show what it takes to undo a run.",
        "licsync undo 20261124T090000-0a1b2c --out undo.json": "Save the plan, to apply it.",
    },
)
@click.argument(
    "run",
    metavar="RUN",
    shell_complete=options.completing("run"),
    help="The id of the run, as `licsync history` prints it.",
)
@click.argument(
    "directory",
    metavar="[DIR]",
    required=False,
    type=click.Path(path_type=Path),
    callback=options.or_at_hand,
    help=options.AT_HAND,
)
@options.formats("text", "json", "markdown", "html")
@options.redact
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Save the plan, for `licsync apply FILE`.",
)
@click.option("--verbose", "-v", is_flag=True, help="Show full details of every action.")
@click.option(
    "--allow-loss",
    is_flag=True,
    help="Allow license changes to lose settings that the 8x8 API cannot keep.",
)
@click.option(
    "--allow",
    type=options.Allowance(),
    multiple=True,
    metavar="VERB=N",
    help="Raise one limit for this run.",
)
@options.read_only
@options.state
@options.now
@options.no_color
def command(
    run: str,
    directory: Path,
    format_: str,
    out: Path | None,
    verbose: bool,
    allow_loss: bool,
    allow: tuple[tuple[str, int], ...],
    state: str | None,
    now: datetime | None,
) -> Exit:
    """Plan the undo of run RUN of the account in DIR, and list what cannot be restored.

    Changes nothing. Save the plan with --out, then apply it. `licsync history` lists the runs.
    """
    if Path(run).is_dir() and not directory.is_dir():
        run, directory = str(directory), Path(run)  # DIR first, as other commands have it
    account = open_for_command(make_session(directory, state, now))
    loaded, plan = plan_undo(account, run, PlanRequest(allow=allow, allow_loss=allow_loss))
    saved = save_plan(plan, out) if out is not None else ""
    desired = loaded.desired
    if has_work_order(plan, format_):
        from licsync.cli.work_order_output import render_work_order

        text = render_work_order(plan, desired, loaded.inventory, format_, account.directory)
    else:
        text = render_plan(
            redacted_if_asked(plan),
            desired.catalog,
            format_,
            verbose=verbose,
            says_how=out is None,
        )
    console.print_result(text, format_)
    if plan.actions:
        console.print_message(
            "The files still declare what this plan undoes. "
            "Change them too, or the next plan repeats it."
        )
    if saved:
        console.print_message(saved)
    return of_diagnostics(plan.diagnostics)
