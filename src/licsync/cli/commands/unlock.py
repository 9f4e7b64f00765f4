"""`licsync unlock`."""

from __future__ import annotations

from pathlib import Path

import click

from licsync.cli import options
from licsync.cli import output as console
from licsync.cli.help import Command
from licsync.cli.sessions import make_session, open_for_command
from licsync.diagnostics.exit_codes import Exit
from licsync.views.escaping import escape_terminal


@click.command(
    "unlock",
    cls=Command,
    examples={
        "licsync unlock": "Remove the lock that a dead run has left.",
    },
)
@options.directory
@options.state
@options.no_color
def command(directory: Path, state: str | None) -> Exit:
    """Remove the lock on the account in DIR.

    Use it only if the run that holds the lock is dead.
    """
    account = open_for_command(make_session(directory, state))
    broken = account.storage.runs().unlock(account.name) if account.storage.exists() else None
    if broken is None:
        console.print_message(f"{account.name} is not locked.")
    else:
        link = f" ({broken.link})" if broken.link else ""
        console.print_message(
            escape_terminal(f"Removed the lock of {broken.owner}{link}, held since {broken.since}.")
        )
    return Exit.DONE
