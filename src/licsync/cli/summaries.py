"""Writes the file of `--summary`: what a command found, for `licsync fleet` and for programs.

Commands call these functions only if the option is given.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from licsync.cli import settings
from licsync.diagnostics import errors_of
from licsync.views.escaping import json_text
from licsync.workflows.files import write_new

if TYPE_CHECKING:
    from licsync.diagnostics import Diagnostic
    from licsync.engine.events import Outcome
    from licsync.model.inventory import Inventory
    from licsync.planning.plan import Plan
    from licsync.workflows.drift import AccountDrift


def write_plan_summary(
    plan: Plan, inventory: Inventory | None, outcome: Outcome | None = None
) -> None:
    """Write the summary of a plan, and of its run.

    Raises:
        InputInvalid: the file cannot be written.
    """
    from licsync.workflows.fleet.summary import summarize_plan

    found = summarize_plan(plan, inventory)
    if outcome is not None:
        found["applied"] = len(outcome.done)
    _write({"summary": found, "document": plan.to_json()})


def write_run_summary(outcome: Outcome) -> None:
    """Write the summary of a run that was resumed.

    Raises:
        InputInvalid: the file cannot be written.
    """
    from licsync.workflows.fleet.summary import summarize_run

    _write({"summary": summarize_run(outcome), "document": {"run": outcome.run}})


def write_ending_summary(document: Mapping[str, Any]) -> None:
    """Write what a command without a plan and without a run did.

    Raises:
        InputInvalid: the file cannot be written.
    """
    _write({"summary": None, "document": document})


def write_drift_summary(found: AccountDrift) -> None:
    """Write the summary of a comparison with the last apply.

    Raises:
        InputInvalid: the file cannot be written.
    """
    from licsync.workflows.fleet.summary import summarize_plan

    counted = summarize_plan(found.plan, found.inventory)
    counted["drift"] = len(found.in_console)
    values = [drift.to_json() for drift in found.values]
    document = {"applied_at": found.baseline.at, "drift": values}
    _write({"summary": counted, "document": document})


def write_fault_summary(diagnostics: Sequence[Diagnostic]) -> None:
    """Write the errors that ended a command, beside what it found before.

    Raises:
        InputInvalid: the file cannot be written.
    """
    file = _file()
    if file.exists():
        found: dict[str, Any] = json.loads(file.read_bytes())
    else:
        found = {"summary": None, "document": {"diagnostics": [d.to_json() for d in diagnostics]}}
    _write(found | {"errors": sorted({str(d.code) for d in errors_of(diagnostics)})})


def _file() -> Path:
    assert settings.current.summary is not None
    return settings.current.summary


def _write(document: Mapping[str, Any]) -> None:
    session = settings.current.session
    if session is not None and session.outbox:
        document = {**document, "messages": session.outbox}
    write_new(_file(), json_text(document) + "\n", overwrite=True, private=True)
