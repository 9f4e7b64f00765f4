"""`licsync fmt`."""

from __future__ import annotations

from pathlib import Path

import click

from licsync.cli import options
from licsync.cli import output as console
from licsync.cli.exit_codes import Exit
from licsync.config.edit.formatter import format_file
from licsync.workflows.account import read_account_files
from licsync.workflows.files import rewrite


@click.command("fmt")
@options.directory
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a file is not formatted.")
@options.no_color
def command(directory: Path, check: bool) -> Exit:
    """Format the files of the account in DIR, and list those that changed.

    Sorts sections and fields, quotes text that YAML would misread (NO, 0123, +4420…), and writes
    a license entry without settings as its type alone. Comments and the meaning of the files
    are kept. Files that cannot be read do not change.
    """
    files = read_account_files(directory)
    faults, count = list(files.faults), 0
    for name, data in files.contents.items():
        new, found = format_file(data, name)
        faults += found
        if new != data:
            count += 1
            console.print_result(name)
            if not check:
                rewrite(directory / name, new)
    console.show_diagnostics(faults)
    if check and count:
        many = "1 file is" if count == 1 else f"{count} files are"
        console.print_message(f"{many} not formatted. To format: licsync fmt {directory}")
    return Exit.FAILED if faults or (check and count) else Exit.DONE
