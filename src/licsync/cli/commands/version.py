"""`licsync version`."""

from __future__ import annotations

import click

from licsync import __version__


@click.command("version")
def command() -> None:
    """Print the version."""
    click.echo(f"licsync {__version__}")
