"""`licsync fmt`."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from licsync.cli import options
from licsync.cli import output as console
from licsync.cli.at_hand import account_at_hand
from licsync.cli.help import Command
from licsync.cli.sessions import TerminalOutput
from licsync.config.edit.formatter import format_file
from licsync.config.files import Files
from licsync.diagnostics.exit_codes import Exit
from licsync.model.declarations import Tree
from licsync.model.fleet_declarations import FleetTree
from licsync.workflows.account import read_account_files, require_directory
from licsync.workflows.file_changes import change_files, restore_files
from licsync.workflows.fleet.fleet import fleet_file_of, is_fleet, read_fleet_content


@click.command(
    "fmt",
    cls=Command,
    examples={
        "licsync fmt": "Format the files of the account in the current directory.",
        "licsync fmt --check": "Find files that are not formatted, as in a CI job.",
    },
)
@click.argument(
    "path",
    metavar="[DIR|FLEETFILE]",
    required=False,
    type=click.Path(path_type=Path),
    help=f"A fleet file, or {options.AT_HAND_LATER}",
)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a file is not formatted.")
@options.no_color
def command(path: Path | None, check: bool) -> Exit:
    """Format the files of the account in DIR, or a fleet file, and list those that changed.

    Sorts sections and fields, quotes text that YAML would misread (NO, 0123, +4420…), and writes
    a license entry without settings as its type alone. Comments and the meaning of the files
    are kept. Files that cannot be read do not change. If one cannot be written, none changes.
    """
    path = path or (Path() if is_fleet(Path()) else account_at_hand())
    if is_fleet(path):
        file = fleet_file_of(path)
        directory, files = file.parent, Files({file.name: read_fleet_content(file)})
    else:
        require_directory(path)
        restore_files(path, TerminalOutput(), read_only=check)
        directory, files = path, read_account_files(path)
    declaration = FleetTree if is_fleet(path) else Tree
    faults, formatted = list(files.faults), {}
    for name, data in files.contents.items():
        new, found = format_file(data, name, declaration)
        faults += found
        if new != data:
            formatted[name] = new
    if formatted and not check:
        change_files(directory, formatted)
    for name in formatted:
        console.print_outcome(name, "path", has_changed=not check)
    count = len(formatted)
    console.show_diagnostics(faults)
    if check and count:
        many = "1 file is" if count == 1 else f"{count} files are"
        console.print_message(
            f"{many} not formatted. To format: licsync fmt {shlex.quote(str(path))}"
        )
    return Exit.FAILED if faults or (check and count) else Exit.DONE
