"""`licsync store`."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from licsync.cli import options
from licsync.cli import output as console
from licsync.cli.exit_codes import Exit
from licsync.cli.sessions import make_session, open_for_command
from licsync.model.license import format_instant
from licsync.planning.calendar import days
from licsync.views.history import pruned_text
from licsync.workflows.environment import owner
from licsync.workflows.identity import short_identity
from licsync.workflows.identity_binding import adopt_identity


class Age(click.ParamType[timedelta]):
    """A number of days or weeks: 30d, 4w."""

    name = "AGE"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Read the age."""
        if isinstance(value, timedelta):
            return value
        if re.fullmatch(r"[0-9]{1,4}[dw]", value) is None:
            self.fail(f"{value!r} is no number of days or weeks, such as 30d or 4w.", param, ctx)
        return days(value)


@click.group("store")
def command() -> None:
    """Look after what the store keeps of an account: its runs and their journals."""


@command.command("prune")
@options.directory
@click.option(
    "--older-than",
    type=Age(),
    required=True,
    help="How long ago a run must have ended, such as 30d.",
)
@options.state
@options.now
@options.no_color
def prune(directory: Path, older_than: timedelta, state: str | None, now: datetime | None) -> Exit:
    """Remove what old runs of the account in DIR hold of users: their journals, snapshots and plans.

    The runs stay in the history. A run that was not finished is kept, and so is the last one.
    """
    account = open_for_command(make_session(directory, state, now))
    moment = account.session.now()
    before = format_instant(moment - older_than)
    runs = []
    if account.storage.exists():
        store = account.storage.runs()
        with store.lock(account.name, owner()):
            runs = store.prune(account.name, before, format_instant(moment))
    console.print_message(pruned_text(runs, before))
    return Exit.DONE


@command.command("adopt")
@options.directory
@click.option(
    "--auto-approve", is_flag=True, help="Do not ask before the store is bound to another identity."
)
@options.state
@options.no_color
def adopt(directory: Path, auto_approve: bool, state: str | None) -> Exit:
    """Make DIR the account that the store knows by its name, after it was moved or cloned anew.

    The directory takes the store's identity, and the line that makes this last for every checkout
    is printed. An
    identity that the files declare wins: the store is bound to that one, once you agree.
    """
    account = open_for_command(make_session(directory, state))
    found = adopt_identity(account, may_replace=auto_approve)
    console.print_message(
        f"'{account.directory}' is account '{account.name}' of this store, identity {short_identity(found)}."
    )
    if account.claim().declared is None:
        console.print_message(
            "For every other checkout, such as those of CI, put this line below 'account:', and commit it:"
        )
        console.print_result(f"  identity: {found}")
    return Exit.DONE
