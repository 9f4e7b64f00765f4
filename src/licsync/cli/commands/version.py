"""`licsync version`."""

from __future__ import annotations

import click

from licsync import __version__
from licsync.cli import output as console


@click.command("version")
def command() -> None:
    """Print the version."""
    console.print_result(f"licsync {__version__}")
