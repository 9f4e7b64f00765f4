"""`licsync fleet worker`."""

from __future__ import annotations

from pathlib import Path

import click

from licsync.cli import fleet_options, options, settings
from licsync.cli import output as console
from licsync.cli.help import Command
from licsync.diagnostics.exit_codes import Exit


@click.command(
    "worker",
    short_help="Run the jobs of the fleet, on any number of machines.",
    cls=Command,
    examples={
        "licsync fleet worker --jobs 4": "Run up to four accounts at once on this machine.",
    },
)
@fleet_options.fleet_path
@click.option(
    "--jobs",
    type=click.IntRange(1, 100),
    metavar="N",
    help="Accounts at once on this machine.  [default: concurrency.accounts of the fleet file]",
)
@fleet_options.state
@options.no_color
def command(path: Path, jobs: int | None, state: str | None) -> Exit:
    """Run the jobs of the fleet until a signal stops it. Start it on any number of machines.

    A worker checks accounts for drift when they are due, and runs the accounts of `licsync fleet
    plan`, `apply` and `drift` with --workers. Workers share the PostgreSQL that `state` of the
    fleet file names. Each needs the files of the fleet, the secrets of its accounts, and the
    packages of `pip install 'licsync[fleet]'`.
    """
    from licsync.workflows.fleet.worker import run_worker

    settings.current.directory = path if path.is_dir() else path.parent
    run_worker(path, state, jobs, console.print_message)
    console.print_message("The worker has ended.")
    return Exit.DONE
