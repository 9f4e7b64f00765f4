"""`licsync report`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from licsync.cli import options
from licsync.cli import output as console
from licsync.cli.help import Command
from licsync.cli.sessions import make_session
from licsync.diagnostics import Code, InputInvalid, error
from licsync.diagnostics.exit_codes import Exit
from licsync.views.phrases import count
from licsync.web.account_index import AccountIndex
from licsync.web.pages import Pages
from licsync.web.report import OURS, report
from licsync.workflows.files import write_new
from licsync.workflows.review import Review


@click.command(
    "report",
    cls=Command,
    examples={
        "licsync report --out report": "Write the pages of the account into a folder.",
        "licsync report --out report --plan plan.json": "Write them with a saved plan.",
    },
)
@options.directory
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    required=True,
    help="A new or empty folder, or one with an earlier report to replace.",
)
@click.option(
    "--plan",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Show this saved plan.",
)
@options.read_only
@options.state
@options.now
@options.no_color
def command(
    directory: Path, out: Path, plan: Path | None, state: str | None, now: datetime | None
) -> Exit:
    """Write the pages of the account in DIR as files: overview, licenses, users and plan.

    Each file is self-contained; filters need a script, reading does not. Only the owner can read
    the files, because they show who has which number.
    """
    before = _earlier_files(out)
    files = dict(
        report(Pages(AccountIndex(Review(make_session(directory, state, now), plan).load())))
    )
    for name, text in files.items():
        write_new(out / name, text, overwrite=True, private=True)
    for path in before:
        if path.name not in files:
            path.unlink(missing_ok=True)
    console.print_message(
        f"Wrote {count(len(files), 'page')}. The first is {out / next(iter(files))}."
    )
    return Exit.DONE


def _earlier_files(out: Path) -> list[Path]:
    """List the files of an earlier report.

    Raises InputInvalid where anything else is in the folder.
    """
    try:
        found = sorted(out.iterdir()) if out.exists() else []
    except OSError as fault:
        message = f"'{out}' cannot be read: {fault.strerror or fault}."
        raise InputInvalid(error(Code.INVALID_VALUE, message)) from fault
    others = [path.name for path in found if not OURS.fullmatch(path.name)]
    if others:
        message = f"'{out}' contains other files, such as '{others[0]}'; nothing was written."
        raise InputInvalid(
            error(Code.INVALID_VALUE, message, hint="Use a separate folder for the report.")
        )
    return found
