"""`licsync show`."""

from __future__ import annotations

from pathlib import Path

import click

from licsync.cli import options
from licsync.cli import output as console
from licsync.cli.ci_reports import PLAN_FORMATS
from licsync.cli.exit_codes import Exit
from licsync.cli.plan_output import redacted_if_asked, render_plan
from licsync.workflows.plan_files import catalog_of, read_plan


@click.command("show")
@click.argument("file", metavar="PLANFILE", type=click.Path(path_type=Path, dir_okay=False))
@options.formats(*PLAN_FORMATS)
@options.redact
@click.option("--verbose", "-v", is_flag=True, help="Show full details of every action.")
@options.no_color
def command(file: Path, format_: str, verbose: bool) -> Exit:
    """Show the saved plan in PLANFILE."""
    plan = read_plan(file)
    console.print_result(
        render_plan(
            redacted_if_asked(plan), catalog_of(Path(plan.directory)), format_, verbose=verbose
        ),
        format_,
    )
    return Exit.DONE
