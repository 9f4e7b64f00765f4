"""`licsync users`."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from licsync.cli import options
from licsync.cli import output as console
from licsync.cli.sessions import make_session, open_for_command
from licsync.diagnostics import Code, InputInvalid, did_you_mean, error
from licsync.diagnostics.exit_codes import Exit
from licsync.views.users import user_page, users_table
from licsync.workflows.inventory import empty_inventory, last_seen


@click.command("users")
@options.directory
@click.argument("name", type=options.Text(), required=False)
@options.formats("table", "json", "csv")
@options.read_only
@options.state
@options.now
@options.no_color
def command(
    directory: Path, name: str | None, format_: Any, state: str | None, now: datetime | None
) -> Exit:
    """List the users of the account in DIR, or show the details of user NAME."""
    account = open_for_command(make_session(directory, state, now))
    desired, inventory = account.desired, last_seen(account) or empty_inventory(account)
    color = console.has_color(sys.stdout)
    if name is None:
        width = console.table_width()
        text = users_table(inventory, desired.catalog, format=format_, color=color, width=width)
        console.print_result(text, format_)
        return Exit.DONE
    name = name.removeprefix("users/")
    if name.casefold() not in inventory.user_names:
        hint = did_you_mean(name, inventory.users) or f"All of them: licsync users {directory}"
        raise InputInvalid(
            error(Code.UNKNOWN_REFERENCE, f"There is no user '{name}' in the inventory.", hint=hint)
        )
    console.print_result(
        user_page(
            inventory, desired.catalog, name, format=format_, color=color, width=console.width()
        ),
        format_,
    )
    return Exit.DONE
