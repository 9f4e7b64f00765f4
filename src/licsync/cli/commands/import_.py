"""`licsync import`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from licsync.cli import options
from licsync.cli import output as console
from licsync.cli.help import Command
from licsync.cli.sessions import make_session
from licsync.diagnostics.exit_codes import Exit
from licsync.views.phrases import count
from licsync.workflows.import_account import ImportRequest, import_account
from licsync.workflows.importing import Sources


@click.command(
    "import",
    cls=Command,
    examples={
        "licsync import acme --from exports": "Write files from exports of the console.",
        "licsync import acme --from inventory.json": "Write files from an inventory document.",
    },
)
@options.new_directory
@click.option(
    "--from",
    "sources",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path, exists=True),
    help="An inventory document, CSV or Excel files with users and licenses, or a folder of them.",
)
@click.option(
    "--name",
    help="Short name of a new account.  [default: that of the document, else of the directory]",
)
@options.tables
@click.option(
    "--license-type",
    "license_types",
    multiple=True,
    metavar="NAME=TYPE",
    help="Map an unknown license to a catalog key, uc, cc, uc+cc, number or addon.",
)
@click.option(
    "--overwrite",
    is_flag=True,
    help="Replace existing files, and the inventory in the store.",
)
@options.state
@options.now
@options.no_color
def command(
    directory: Path,
    sources: tuple[Path, ...],
    name: str | None,
    encoding: str | None,
    ignored: tuple[str, ...],
    country: str | None,
    license_types: tuple[str, ...],
    overwrite: bool,
    state: str | None,
    now: datetime | None,
) -> Exit:
    """Write the files of an existing account into DIR, from its backend or from FILE.

    Users share templates, and each department or site gets a file. licsync verifies that the new
    files produce an empty plan before writing. It lists what the files cannot declare and does not
    change it.
    """
    request = ImportRequest(
        Sources(sources, encoding, ignored, country), name, license_types, overwrite
    )
    made = import_account(make_session(directory, state, now), request)
    what = (
        count(made.users, "user"),
        count(made.templates, "template"),
        count(made.files, "file"),
    )
    console.print_outcome(f"{', '.join(what)}. A plan of them is empty.", has_changed=True)
    return Exit.DONE
