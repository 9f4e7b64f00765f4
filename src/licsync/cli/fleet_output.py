"""The output of commands on a fleet."""

from __future__ import annotations

import sys
from pathlib import Path

from licsync.cli import output as console
from licsync.engine.fleet_outcome import FleetOutcome

FLEET_FORMATS = ("text", "json", "markdown", "github")


def report_outcome(outcome: FleetOutcome, directory: Path, path: str, format_: str) -> None:
    """Print the outcome of a command, and publish it to the CI system.

    Args:
        outcome: the outcome.
        directory: the directory of the fleet.
        path: the fleet as the command line named it, with the selection of accounts.
        format_: the format.
    """
    from licsync.views.fleet import outcome_json, outcome_text

    if format_ == "json":
        console.print_result(outcome_json(outcome), "json")
    elif format_ == "text":
        color, width = console.has_color(sys.stdout), console.table_width()
        console.print_result(outcome_text(outcome, path, color=color, width=width))
