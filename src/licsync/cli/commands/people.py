"""`licsync people`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click

from licsync.cli import options
from licsync.cli import output as console
from licsync.cli.ci_reports import Reports
from licsync.cli.help import Command
from licsync.cli.sessions import make_session, open_for_command
from licsync.diagnostics import has_errors
from licsync.diagnostics.exit_codes import Exit, of_diagnostics
from licsync.onboarding.people import PeopleRequest
from licsync.onboarding.proposals import KINDS, Kind, PeopleChanges
from licsync.views.people import people_json, people_markdown, people_text, redact_people
from licsync.workflows.file_changes import change_files
from licsync.workflows.onboarding import unified_diff
from licsync.workflows.people import edited_files, plan_people
from licsync.workflows.people_lists import PeopleList

_PLURALS: dict[str, Kind] = {f"{kind}s": kind for kind in KINDS}


def _list_options(function: Callable[..., Exit]) -> Callable[..., Exit]:
    """Add the options that say how to read the list."""
    for option in (
        click.option("--ascii", "is_ascii", is_flag=True,
                     help="Write names that 8x8 refuses in ASCII letters, and list them."),
        click.option("--ignore-column", "ignored", multiple=True, metavar="HEADING",
                     help="Ignore this column."),
        click.option("--encoding", help="CSV encoding if not UTF-8/16, e.g. cp1252."),
        click.option("--sheet", type=options.Text(), metavar="NAME",
                     help="The sheet of an Excel file.  [default: the one that looks like a list]"),
        click.option("--template", type=options.Text(), metavar="NAME",
                     help="The template of new users without another one."),
        click.option("--map", "mapping", metavar="FILE",
                     type=click.Path(path_type=Path, dir_okay=False),
                     help="A file that maps columns and cells.  [default: people: in the account]"),
        click.option("--groups", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
                     help="A second table: the members of the groups of the identity provider."),
        click.option("--from", "file", metavar="FILE",
                     type=click.Path(path_type=Path, dir_okay=False),
                     help="The list of people: a CSV or Excel file.  "
                          "[default: people: {command: …} of the account]"),
    ):  # fmt: skip
        function = option(function)
    return function


@click.command(
    "people",
    cls=Command,
    examples={
        "licsync people --from hr.csv --dry-run": "Compare a list of people with the files.",
        "licsync people --from hr.csv --complete --write": "Write edits; missing users leave.",
    },
)
@options.directory
@_list_options
@click.option("--only", type=click.Choice(list(_PLURALS)), multiple=True,
              help="Propose only these.  [default: all]")  # fmt: skip
@click.option("--complete", is_flag=True,
              help="The list is complete: users who are missing from it leave.")  # fmt: skip
@click.option("--allow", type=options.Allowance(), multiple=True, metavar="VERB=N",
              help="Raise one limit for this run: suspend=N for N leavers.")  # fmt: skip
@click.option("--write", is_flag=True, help="Write the edits to the files.")
@click.option("--dry-run", is_flag=True, help="Show the edits as a diff, too; write nothing.")
@click.option("--last-seen", is_flag=True,
              help="Use the last read inventory instead of reading the backend.")  # fmt: skip
@options.formats("text", "json", "markdown")
@options.state
@options.now
@options.redact
@options.no_color
def command(
    directory: Path,
    file: Path | None,
    groups: Path | None,
    mapping: Path | None,
    template: str | None,
    sheet: str | None,
    encoding: str | None,
    ignored: tuple[str, ...],
    is_ascii: bool,
    only: tuple[str, ...],
    complete: bool,
    allow: tuple[tuple[str, int], ...],
    write: bool,
    dry_run: bool,
    last_seen: bool,
    format_: str,
    state: str | None,
    now: datetime | None,
) -> Exit:
    """Compare a list of people with the users of DIR, and propose edits to the files.

    licsync finds the user of a row by external id, else by e-mail address, else by user name. New
    people get entries as with onboard, changed values change, and leavers get offboard_on.
    Nothing is written without --write. Exits 3 if more people leave than the limits allow.
    """
    if write and dry_run:
        raise click.UsageError("--write and --dry-run exclude each other.")
    if dry_run and console.is_redacting():
        raise click.UsageError("--redact cannot mask the lines of files that --dry-run shows.")
    if others := [f"{verb}={number}" for verb, number in allow if verb != "suspend"]:
        message = f"--allow {others[0]}: only 'suspend' limits how many people leave."
        raise click.UsageError(f"{message} Write --allow suspend=N.")
    people = PeopleList(file, mapping, template, sheet, encoding, is_ascii, ignored, None, groups)
    kinds = tuple(_PLURALS[name] for name in only) or KINDS
    request = PeopleRequest(kinds, is_complete=complete, allow=dict(allow))
    with Reports("people", directory, format_).reporting_errors():
        account = open_for_command(make_session(directory, state, now))
        found = plan_people(account, people, request, is_last_seen=last_seen)
        contents = {} if has_errors(found.diagnostics) else edited_files(directory, found)
        if write:
            change_files(directory, contents)
    is_written = write and bool(contents)
    if dry_run and contents and format_ == "text":
        console.print_result(unified_diff(directory, contents), "diff")
    found = redact_people(found) if console.is_redacting() else found
    _show(found, account.name, format_, is_written=is_written)
    if format_ != "json":
        console.show_diagnostics(found.diagnostics)
    if has_errors(found.diagnostics):
        console.print_message("Nothing was written: every row must be in order.")
    elif contents:
        following = "licsync plan DIR" if is_written else "the same command with --write"
        console.print_message(f"Next: {following}")
    return of_diagnostics(found.diagnostics)


def _show(found: PeopleChanges, name: str, format_: str, *, is_written: bool) -> None:
    if format_ == "json":
        text = people_json(found, name, is_written=is_written)
    elif format_ == "markdown":
        text = people_markdown(found, name, is_written=is_written)
    else:
        catalog = found.desired.catalog
        text = people_text(found, catalog, is_written=is_written, options=console.render_options())
    console.print_outcome(text, format_, has_changed=is_written)
