"""`licsync version`."""

from __future__ import annotations

import click

from licsync.cli import output as console
from licsync.cli.help import Command
from licsync.version import version_text


@click.command(
    "version",
    cls=Command,
    examples={
        "licsync version": "Print the version.",
    },
)
def command() -> None:
    """Print the version."""
    console.print_result(version_text())
