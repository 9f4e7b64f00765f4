"""`licsync onboard`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from licsync.cli import options
from licsync.cli import output as console
from licsync.cli.help import Command
from licsync.cli.sessions import make_session, open_for_command
from licsync.diagnostics import has_errors
from licsync.diagnostics.exit_codes import Exit
from licsync.spreadsheets.writer import csv_bytes
from licsync.views.onboarding import RESULT, onboarding_text, result_rows
from licsync.workflows.file_changes import change_files
from licsync.workflows.files import write_new
from licsync.workflows.onboarding import plan_onboarding, unified_diff, updated_files
from licsync.workflows.people_lists import PeopleList


@click.command(
    "onboard",
    cls=Command,
    examples={
        "licsync onboard new-hires.csv --dry-run": "Check a list, and show the changes.",
        "licsync onboard hires.csv --template sales-rep": "Add them, with this template.",
    },
)
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
                help="The list of people: a CSV or Excel file.")  # fmt: skip
@click.option("--into", "directory", metavar="DIR", callback=options.or_at_hand,
              type=click.Path(path_type=Path, file_okay=False),
              help=options.AT_HAND)  # fmt: skip
@click.option("--map", "mapping", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
              help="A file that maps columns and cells, and lists numbers to assign.")  # fmt: skip
@click.option(
    "--template",
    type=options.Text(),
    metavar="NAME",
    help="The template for users who have no other.",
)
@click.option(
    "--sheet",
    type=options.Text(),
    metavar="NAME",
    help="The sheet of an Excel file.  [default: the one that looks like a list]",
)
@click.option("--encoding", help="CSV encoding if not UTF-8/16, e.g. cp1252.")
@click.option(
    "--ignore-column",
    "ignored",
    multiple=True,
    metavar="HEADING",
    help="Ignore this column.",
)
@click.option(
    "--ascii",
    "is_ascii",
    is_flag=True,
    help="Write names that 8x8 refuses in ASCII letters, and list them.",
)
@click.option("--dry-run", is_flag=True, help="Show the changes without writing them.")
@click.option("--result", metavar="FILE.csv", type=click.Path(path_type=Path, dir_okay=False),
              help="Write the result of each row as CSV.")  # fmt: skip
@click.option(
    "--last-seen",
    is_flag=True,
    help="Use the last read inventory instead of reading the backend.",
)
@options.state
@options.now
@options.no_color
def command(
    file: Path,
    directory: Path,
    mapping: Path | None,
    template: str | None,
    sheet: str | None,
    encoding: str | None,
    ignored: tuple[str, ...],
    is_ascii: bool,
    dry_run: bool,
    result: Path | None,
    last_seen: bool,
    state: str | None,
    now: datetime | None,
) -> Exit:
    """Add the people in FILE, a CSV or Excel list, to the files of an account.

    licsync checks every row before it writes, and reports all errors together by row and column.
    It skips users that are already declared, so running the same list twice is safe. It reads the
    backend, compares the needed licenses with the pool by type and country, and assigns free
    numbers.
    """
    account = open_for_command(make_session(directory, state, now))
    people = PeopleList(file, mapping, template, sheet, encoding, is_ascii, ignored)
    found, desired = plan_onboarding(account, people, is_last_seen=last_seen)
    if result is not None:
        write_new(result, csv_bytes(RESULT, result_rows(found)), overwrite=True, private=True)
        console.print_message(f"Wrote {result}")
    if has_errors(found.diagnostics):
        console.show_diagnostics(found.diagnostics)
        console.print_result(onboarding_text(found, desired.catalog, is_written=False))
        console.print_message("Nothing was written: every row must be in order.")
        return Exit.FAILED
    contents = updated_files(directory, found, desired)
    if dry_run:
        console.print_result(unified_diff(directory, contents), "diff")
    else:
        change_files(directory, contents)
    console.show_diagnostics(found.diagnostics)
    text = onboarding_text(found, desired.catalog, is_written=not dry_run)
    console.print_outcome(text, has_changed=not dry_run)
    if contents and not dry_run:
        console.print_message("Next: licsync plan DIR")
    return Exit.DONE
