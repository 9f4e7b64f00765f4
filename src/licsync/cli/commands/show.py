"""`licsync show`."""

from __future__ import annotations

from pathlib import Path

import click

from licsync.cli import options
from licsync.cli import output as console
from licsync.cli.ci_reports import PLAN_FORMATS
from licsync.cli.help import Command
from licsync.cli.plan_output import (
    has_work_order,
    redacted_if_asked,
    render_plan,
)
from licsync.diagnostics.exit_codes import Exit
from licsync.workflows.plan_files import desired_of, read_plan


@click.command(
    "show",
    cls=Command,
    examples={
        "licsync show plan.json --verbose": "Read a saved plan in full.",
        "licsync show plan.json --format runbook": "Print the steps in the console.",
    },
)
@click.argument(
    "file",
    metavar="PLANFILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A saved plan.",
)
@options.formats(*PLAN_FORMATS)
@options.redact
@click.option("--verbose", "-v", is_flag=True, help="Show full details of every action.")
@options.no_color
def command(file: Path, format_: str, verbose: bool) -> Exit:
    """Show the saved plan in PLANFILE."""
    plan = read_plan(file)
    desired = desired_of(plan)
    if has_work_order(plan, format_):
        from licsync.cli.work_order_output import render_work_order

        text = render_work_order(plan, desired, None, format_, Path(plan.directory))
    else:
        text = render_plan(redacted_if_asked(plan), desired.catalog, format_, verbose=verbose)
    console.print_result(text, format_)
    return Exit.DONE
