"""`licsync unlock`."""

from __future__ import annotations

from pathlib import Path

import click

from licsync.cli import options
from licsync.cli import output as console
from licsync.cli.exit_codes import Exit


@click.command("unlock")
@options.directory
@options.state
@options.no_color
def command(directory: Path, state: str | None) -> Exit:
    """Break the lock on the account in DIR.

    Only where the run that holds it is known to be dead.
    """
    from licsync.views.escaping import escape_terminal
    from licsync.workflows.account import open_valid_account

    account, desired = open_valid_account(directory, state)
    broken = account.store().unlock(desired.name) if account.has_store() else None
    if broken is None:
        console.print_message(f"Nobody holds a lock on {desired.name}.")
    else:
        link = f" ({broken.link})" if broken.link else ""
        console.print_message(
            escape_terminal(f"Broke the lock of {broken.owner}{link}, held since {broken.since}.")
        )
    return Exit.DONE
