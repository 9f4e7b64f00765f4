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
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where a file is not in form.")
@options.no_color
def command(directory: Path, check: bool) -> Exit:
    """Put the files of the account in DIR into form, and name those that were changed.

    Sections and fields come in the order in which they are declared, text that YAML would misread
    (NO, 0123, +4420…) is quoted, a license entry without settings is written as its type alone.
    Comments stay, and the files mean the same. A file that cannot be read is left as it is.
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
        console.print_message(f"{many} not in form. To put them into form: licsync fmt {directory}")
    return Exit.FAILED if faults or (check and count) else Exit.DONE
