"""`licsync fleet`."""

from __future__ import annotations

from pathlib import Path

import click

from licsync.cli import options
from licsync.cli import output as console
from licsync.cli.ci_reports import FAULT_FORMATS, Reports
from licsync.cli.commands.fleet_worker import command as worker
from licsync.cli.exit_codes import Exit
from licsync.views.phrases import count
from licsync.workflows.fleet.fleet import OpenFleet, open_fleet

fleet_path = click.argument("path", metavar="FLEET", type=click.Path(path_type=Path))


@click.group("fleet")
def command() -> None:
    """Plan, apply and watch many accounts together: FLEET is a fleet.yaml, or its directory."""


command.add_command(worker)


@command.command("validate")
@fleet_path
@options.formats(*FAULT_FORMATS)
@options.no_color
def validate(path: Path, format_: str) -> Exit:
    """Check the fleet file and find its accounts, without reading what they declare.

    To check the files of the accounts as well, plan the fleet.
    """
    fleet = open_for_command(path, format_)
    reports = Reports("fleet validate", fleet.directory, format_)
    if format_ != "text":
        console.print_result(reports.of_faults(fleet.warnings), format_)
        return Exit.DONE
    console.show_diagnostics(fleet.warnings)
    accounts = count(len(fleet.members), "account")
    console.print_result(f"Valid: fleet {fleet.fleet['name']} with {accounts}.")
    return Exit.DONE


def open_for_command(path: Path, format_: str = "text", *, is_complete: bool = True) -> OpenFleet:
    """Open the fleet of a command; its faults are reported in the format of the command.

    Raises:
        LicsyncError: the fleet file has faults, or too few accounts match.
    """
    directory = path if path.is_dir() else path.parent
    console.use_directory(directory)
    with Reports("fleet", directory, format_).reporting_errors():
        return open_fleet(path, is_complete=is_complete)
