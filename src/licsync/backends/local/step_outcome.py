"""Finds out what became of a step whose result the journal does not have."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from licsync.engine.ports import StepOutcome
from licsync.model.console.operations import ConsoleRefusal, InMemoryRecords, perform
from licsync.model.console.step import Step
from licsync.model.declarations import KINDS
from licsync.model.inventory import Record

Records = Mapping[str, Record | None]


def outcome_by_effect(
    step: Step, before: Records, now: Records, places: Mapping[str, Any], at: datetime
) -> StepOutcome:
    """Compare the records of a step with what it would have made of them.

    Args:
        step: the step.
        before: its records before the step.
        now: its records now, which differ from those.
        places: the inventory document; its places and policies suffice.
        at: the time of the console.
    """
    try:
        predicted = _predict(step, before, places, at)
    except ConsoleRefusal:
        return "unknown"
    return "done" if _comparable(now, before) == _comparable(predicted, before) else "unknown"


def _predict(
    step: Step, before: Records, places: Mapping[str, Any], at: datetime
) -> dict[str, Record | None]:
    """Do a step on the records as they were, among the places and policies of today."""
    sections = (kind.section for kind in KINDS.values() if kind.name not in ("user", "license"))
    records = InMemoryRecords({section: places.get(section) or {} for section in sections})
    for key, record in before.items():
        records.put(key, record)
    perform(records, step, at)
    return {key: records.get(key) for key in before}


def _comparable(records: Records, before: Records) -> dict[str, Any]:
    """Leave out what depends on the time: when a suspension began, the id of a new record."""
    result: dict[str, Any] = {}
    for key, record in records.items():
        result[key] = dict(record) if record is not None else None
        if record is not None and before[key] is None:
            result[key].pop("id", None)
        if record is not None and isinstance(record.get("suspended"), dict):
            result[key]["suspended"] = {**record["suspended"], "at": None}
    return result
