"""`licsync notify`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from licsync.cli import options
from licsync.cli import output as console
from licsync.cli.help import Group
from licsync.cli.sessions import make_session, open_for_command
from licsync.diagnostics import Code, error
from licsync.diagnostics.exit_codes import Exit
from licsync.workflows.notifications import try_channels


@click.group("notify", cls=Group)
def command() -> None:
    """Notify people through the channels that the files declare under `notify:`.

    `plan`, `drift` and `apply` send notifications on their own. See docs/how-to/notify.md.
    """


@command.command(
    "test",
    examples={
        "licsync notify test": "Send a test message to every channel.",
        "licsync notify test --channel team": "Try one channel.",
    },
)
@options.directory
@click.option("--channel", multiple=True, metavar="NAME", help="Only this channel.")
@options.now
@options.no_color
def test(directory: Path, channel: tuple[str, ...], now: datetime | None) -> Exit:
    """Send a test message to each channel of the account in DIR."""
    account = open_for_command(make_session(directory, None, now))
    results = try_channels(account, channel)
    for name, reason in results.items():
        if not reason:
            console.print_message(f"Sent a test message to {name}.")
    faults = [
        error(
            Code.NOT_TOLD,
            f"No message was sent to the channel '{name}': {reason}.",
            account.desired.where("notify", name),
        )
        for name, reason in results.items()
        if reason
    ]
    if faults:
        console.show_diagnostics(faults)
    return Exit.FAILED if faults else Exit.DONE
