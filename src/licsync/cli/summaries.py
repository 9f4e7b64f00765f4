"""The option `--summary`: what a command found, as a file for `licsync fleet` and for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from licsync.views.escaping import json_text
from licsync.workflows.files import write_new

if TYPE_CHECKING:
    from licsync.engine.events import Outcome
    from licsync.model.inventory import Inventory
    from licsync.planning.drift import Drift
    from licsync.planning.plan import Plan
    from licsync.workflows.plan_archive import Baseline

_CONTEXT = "licsync summary"


def _remember(ctx: click.Context, param: click.Parameter, value: Path | None) -> None:
    ctx.meta[_CONTEXT] = value


summary = click.option(
    "--summary",
    type=click.Path(path_type=Path, dir_okay=False),
    expose_value=False,
    callback=_remember,
    help="Also write a summary as JSON to this file.",
)


def write_plan_summary(
    plan: Plan, inventory: Inventory | None, outcome: Outcome | None = None
) -> None:
    """Write the summary of a plan, and of its run, if it is asked for.

    Raises:
        InputInvalid: the file cannot be written.
    """
    if _file() is None:
        return
    from licsync.workflows.fleet.summary import summarize_plan

    found = summarize_plan(plan, inventory)
    if outcome is not None:
        found["applied"] = len(outcome.done)
    _write({"summary": found, "document": plan.to_json()})


def write_run_summary(outcome: Outcome) -> None:
    """Write the summary of a run that was resumed, if it is asked for.

    Raises:
        InputInvalid: the file cannot be written.
    """
    if _file() is None:
        return
    from licsync.workflows.fleet.summary import summarize_run

    _write({"summary": summarize_run(outcome), "document": {"run": outcome.run}})


def write_drift_summary(
    found: Sequence[Drift], last: Baseline, plan: Plan, inventory: Inventory | None
) -> None:
    """Write the summary of a comparison with the last apply, if it is asked for.

    Raises:
        InputInvalid: the file cannot be written.
    """
    if _file() is None:
        return
    from licsync.workflows.fleet.summary import summarize_plan

    counted = summarize_plan(plan, inventory)
    counted["drift"] = sum(one.moved != "files" for one in found)
    document = {"applied_at": last.at, "drift": [one.to_json() for one in found]}
    _write({"summary": counted, "document": document})


def _file() -> Path | None:
    file: Path | None = click.get_current_context().meta.get(_CONTEXT)
    return file


def _write(document: Mapping[str, Any]) -> None:
    file = _file()
    assert file is not None
    write_new(file, json_text(document) + "\n", overwrite=True, private=True)
