"""`licsync history`."""

from __future__ import annotations

from pathlib import Path

import click

from licsync.cli import console, options
from licsync.cli.exits import Exit


@click.command("history")
@options.directory
@options.formats("table", "json")
@options.state
@options.no_color
def command(directory: Path, format_: str, state: str | None) -> Exit:
    """List the runs that were applied to the account in DIR, the newest first: when, who, what, how it ended."""
    from licsync.cli.account import valid_account
    from licsync.views.history import history_json, history_table

    account, desired = valid_account(directory, state)
    runs = account.store().runs(desired.name) if account.has_store() else []
    console.result(history_json(runs) if format_ == "json" else history_table(runs))
    return Exit.DONE
