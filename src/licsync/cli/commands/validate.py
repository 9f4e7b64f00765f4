"""`licsync validate`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from licsync.cli import console, options
from licsync.cli.exits import Exit
from licsync.diagnostics import has_errors


@click.command("validate")
@options.directory
@options.formats("text", "json", "github")
@options.state
@options.now
@options.no_color
def command(directory: Path, format_: str, state: str | None, now: datetime | None) -> Exit:
    """Check the files of the account in DIR, and report every fault at once.

    References are looked up in the inventory last seen. The network is never used.
    """
    from licsync.cli.account import open_account
    from licsync.diagnostics import ordered

    account = open_account(directory, state, now)
    inventory, unreadable = account.seen()
    faults = ordered([*unreadable, *account.checked(inventory)])
    if format_ == "json":
        from licsync.views.documents import diagnostics_json

        console.result(diagnostics_json(faults))
    elif format_ == "github":
        from licsync.views.diagnostics import diagnostics_github

        console.result(diagnostics_github(faults))
    else:
        console.show_diagnostics(faults)
        if not has_errors(faults) and account.desired is not None:
            users = len(account.desired.users)
            console.result(f"Valid: {users} user{'s' * (users != 1)} declared, no errors.")
    return Exit.FAILED if has_errors(faults) else Exit.DONE
