"""`licsync store`."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import click

from licsync.cli import dates, options
from licsync.cli import output as console
from licsync.cli.help import Group
from licsync.cli.sessions import make_session, open_for_command
from licsync.diagnostics.exit_codes import Exit
from licsync.model.license import format_instant
from licsync.views.history import pruned_text
from licsync.workflows.identity import short_identity
from licsync.workflows.identity_binding import adopt_identity
from licsync.workflows.session import owner


@click.group("store", cls=Group)
def command() -> None:
    """Maintain the data of an account in the store: runs and their journals."""


@command.command(
    "prune",
    examples={
        "licsync store prune --older-than 90d": "Remove user data of runs before the last 90 days.",
    },
)
@options.directory
@click.option(
    "--older-than",
    type=dates.Age(),
    required=True,
    help="The least age of the runs to prune, such as 30d.",
)
@options.state
@options.now
@options.no_color
def prune(directory: Path, older_than: timedelta, state: str | None, now: datetime | None) -> Exit:
    """Remove user data of old runs of the account in DIR: journals, snapshots and plans.

    Also removes the items and notes of old work orders, and an old usage. Runs and orders stay in
    the history. Unfinished runs and orders, and the last run, are not pruned.
    """
    account = open_for_command(make_session(directory, state, now))
    moment = account.session.now()
    before = format_instant(moment - older_than)
    runs, orders, has_usage = [], [], False
    if account.storage.exists():
        store = account.storage.runs()
        with store.lock(account.name, owner()):
            runs = store.prune(account.name, before, format_instant(moment))
            orders = store.prune_orders(account.name, before, format_instant(moment))
            has_usage = account.storage.plan_archive().prune_usage(account.name, before)
    console.print_message(pruned_text(runs, before, orders))
    if has_usage:
        console.print_message("Removed who used their licenses (licsync licenses --idle).")
    return Exit.DONE


@command.command(
    "adopt",
    examples={
        "licsync store adopt": "Connect a new clone to its account in the store.",
    },
)
@options.directory
@click.option(
    "--auto-approve", is_flag=True, help="Do not ask before binding the store to another identity."
)
@options.state
@options.no_color
def adopt(directory: Path, auto_approve: bool, state: str | None) -> Exit:
    """Connect DIR to the account of the same name in the store, after a move or a new clone.

    The directory takes the store's identity. Prints the line that declares it for every checkout.
    If the files declare an identity, the store takes that one after you confirm.
    """
    account = open_for_command(make_session(directory, state))
    found = adopt_identity(account, may_replace=auto_approve)
    console.print_message(
        f"'{account.directory}' is account '{account.name}' of this store, "
        f"identity {short_identity(found)}."
    )
    if account.claim().declared is None:
        console.print_message(
            "For all other checkouts, such as CI, add this line below 'account:' and commit it:"
        )
        console.print_result(f"  identity: {found}")
    return Exit.DONE
