"""`licsync init`."""

from __future__ import annotations

from pathlib import Path

import click

from licsync.cli import options, settings
from licsync.cli import output as console
from licsync.cli.help import Command
from licsync.config.scaffold import init_files
from licsync.diagnostics import Code, InputInvalid, error
from licsync.diagnostics.exit_codes import Exit
from licsync.workflows.files import write_new


@click.command(
    "init",
    cls=Command,
    examples={
        "licsync init acme": "Create a sandbox with a sample inventory, to try licsync.",
        "licsync init acme --backend console": "Begin with your own account.",
    },
)
@options.new_directory
@click.option("--name", help="Short name of the account.  [default: the name of the directory]")
@click.option(
    "--backend",
    type=click.Choice(("local", "console")),
    default="local",
    show_default=True,
    help="local: a sandbox to try licsync. console: your account, changed in the Admin Console.",
)
@options.no_color
def command(directory: Path, name: str | None, backend: str) -> Exit:
    """Create a small account in DIR: commented files, a sample inventory and the JSON Schema.

    With --backend console, the users and the inventory come from exports of the Admin Console.
    """
    files = init_files(name or directory.resolve().name, backend)
    present = [file for file in files if (directory / file).exists()]
    if present:
        message = f"'{directory}' has {', '.join(present)} already; nothing was written."
        raise InputInvalid(error(Code.INVALID_VALUE, message, hint="Choose another directory."))
    for file, text in files.items():
        write_new(directory / file, text)
        console.print_message(f"Wrote {directory / file}")
    settings.current.directory = directory
    if backend == "console":
        console.print_message("Next, export users and licenses in the Admin Console. Then:")
        console.print_message("  licsync import DIR --from EXPORT...")
    else:
        console.print_message("Next: licsync plan DIR")
    return Exit.DONE
