"""`licsync notify`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

import click

from licsync.cli import options
from licsync.cli import output as console
from licsync.cli.at_hand import account_at_hand
from licsync.cli.help import Group
from licsync.cli.sessions import make_session, open_for_command
from licsync.diagnostics import Code, Span, error
from licsync.diagnostics.exit_codes import Exit
from licsync.workflows.fleet.fleet import is_fleet, open_fleet
from licsync.workflows.notifications import try_channels


@click.group("notify", cls=Group)
def command() -> None:
    """Notify people through the channels that the files declare under `notify:`.

    `plan`, `drift` and `apply` send notifications on their own.
    """


@command.command(
    "test",
    examples={
        "licsync notify test": "Send a test message to every channel.",
        "licsync notify test --channel team": "Try one channel.",
    },
)
@click.argument(
    "path",
    metavar="[DIR|FLEETFILE]",
    required=False,
    type=click.Path(path_type=Path),
    help=f"A fleet file, or {options.AT_HAND_LATER}",
)
@click.option("--channel", multiple=True, metavar="NAME", help="Only this channel.")
@options.now
@options.no_color
def test(path: Path | None, channel: tuple[str, ...], now: datetime | None) -> Exit:
    """Send a test message to each channel of the account in DIR, or of a fleet."""
    path = path or (Path() if is_fleet(Path()) else account_at_hand())
    session = make_session(path, None, now)
    if is_fleet(path):
        fleet = open_fleet(path, is_complete=False)
        channels, name = fleet.fleet.get("notify", {}), fleet.fleet["name"]
        where: Callable[..., Span | None] = partial(fleet.declared.where, "notify")
    else:
        account = open_for_command(session)
        channels, name = account.desired.notify, account.name
        where = partial(account.desired.where, "notify")
    results = try_channels(channels, channel, name, session.record_time())
    for name, reason in results.items():
        if not reason:
            console.print_message(f"Sent a test message to {name}.")
    faults = [
        error(
            Code.NOT_TOLD,
            f"No message was sent to the channel '{name}': {reason}.",
            where(name),
        )
        for name, reason in results.items()
        if reason
    ]
    if faults:
        console.show_diagnostics(faults)
    return Exit.FAILED if faults else Exit.DONE
