"""`licsync show`."""

from __future__ import annotations

from pathlib import Path

import click

from licsync.cli import options
from licsync.cli import output as console
from licsync.cli.ci_reports import PLAN_FORMATS, WORK_ORDER_FORMATS
from licsync.cli.exit_codes import Exit
from licsync.cli.plan_output import redacted_if_asked, render_plan, render_work_order
from licsync.workflows.bulk_upload import columns_of, template_of
from licsync.workflows.plan_files import desired_of, read_plan


@click.command("show")
@click.argument("file", metavar="PLANFILE", type=click.Path(path_type=Path, dir_okay=False))
@options.formats(*PLAN_FORMATS)
@options.redact
@click.option("--verbose", "-v", is_flag=True, help="Show full details of every action.")
@options.no_color
def command(file: Path, format_: str, verbose: bool) -> Exit:
    """Show the saved plan in PLANFILE."""
    plan = read_plan(file)
    shown, desired = redacted_if_asked(plan), desired_of(plan)
    if format_ in WORK_ORDER_FORMATS:
        columns = columns_of(template_of(Path(plan.directory), desired), desired)
        text = render_work_order(shown, desired, None, format_, columns)
    else:
        text = render_plan(shown, desired.catalog, format_, verbose=verbose)
    console.print_result(text, format_)
    return Exit.DONE
