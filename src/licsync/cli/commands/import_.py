"""`licsync import`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from licsync.cli import options
from licsync.cli import output as console
from licsync.cli.exit_codes import Exit
from licsync.cli.sessions import make_session
from licsync.views.phrases import count
from licsync.workflows.import_account import ImportRequest, import_account
from licsync.workflows.importing import Sources


@click.command("import")
@options.directory
@click.option(
    "--from",
    "sources",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path, exists=True),
    help="An inventory document, or CSV or Excel files with users and licenses, or a folder of them.",
)
@click.option(
    "--name", help="Short name of a new account.  [default: the document's, or the directory's]"
)
@click.option("--encoding", help="Of CSV files that are neither UTF-8 nor UTF-16, such as cp1252.")
@click.option("--ignore-column", "ignored", multiple=True, metavar="HEADING",
              help="A column of the tables, or a sheet or file by its name, that is not to be read.")  # fmt: skip
@click.option(
    "--country", metavar="CC", help="Country of the licenses of which the tables do not say it."
)
@click.option("--license-type", "license_types", multiple=True, metavar="NAME=TYPE",
              help="What an unknown license is: a key of the catalog, or uc, cc, uc+cc, number, addon.")  # fmt: skip
@click.option(
    "--overwrite",
    is_flag=True,
    help="Replace the files, and the inventory of a sandbox, that are there already.",
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
    """Write the files of an account that exists already into DIR, from its backend or from FILE.

    They say what is there, as a person would have written it: templates for what users have in
    common, a file for each department or site. Before anything is written it is proved that a plan
    of them is empty; what they cannot say is listed, and stays as it is.
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
    console.print_result(f"{', '.join(what)}. A plan of them is empty.")
    return Exit.DONE
