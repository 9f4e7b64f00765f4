"""Tells what a backend stores otherwise than a step asked for. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from licsync.engine.ports import JournalEntry
from licsync.model.console.step import Step
from licsync.model.declarations import Extension, UserAttributes
from licsync.model.fields import SENSITIVE, fields_of
from licsync.model.inventory import Record
from licsync.model.labels import label
from licsync.planning.equivalence import EMPTY

_MARKS = {
    **fields_of(UserAttributes),
    **{f"extension.{name}": marks for name, marks in fields_of(Extension).items()},
}


def respelling_notes(entries: Iterable[JournalEntry], action: str) -> tuple[str, ...]:
    """List what is stored otherwise of what an action asked for.

    Args:
        entries: steps that are done.
        action: the action's id.
    """
    own = (entry for entry in entries if entry.action == action)
    return tuple(
        note for e in own for note in respelled_values(e.step, (e.after or {}).get(e.step.target))
    )


def respelled_values(step: Step, after: Record | None) -> Iterator[str]:
    """List the values of a user that are stored otherwise than they were asked for, in words.

    Args:
        step: a step that is done.
        after: the user's record after it; of another record nothing is said.
    """
    if after is None or not step.target.startswith("users/"):
        return
    yield from _respelled("", step.args.get("set") or {}, after)
    services = {s["license"]: s.get("extension") or {} for s in after.get("services") or ()}
    asked = dict(step.args.get("extensions") or {})
    if step.op == "license.attach":
        asked[step.args["license"]] = step.args.get("extension") or {}
    for unit, values in asked.items():
        if isinstance(values, Mapping):
            yield from _respelled("extension.", values, services.get(unit) or {})


def _respelled(prefix: str, asked: Mapping[str, Any], stored: Mapping[str, Any]) -> Iterator[str]:
    for name, value in asked.items():
        there = stored.get(name)
        if (
            there == value
            or (there in EMPTY and value in EMPTY)
            or not isinstance(value, str | list)
        ):
            continue
        path = f"{prefix}{name}"
        if SENSITIVE in _MARKS.get(path, ()) or not isinstance(value, str):
            yield f"{label(path)} is stored in another form than was asked for"
        elif there in EMPTY:
            yield f"{label(path)} {value!r} is not stored"
        else:
            yield f"{label(path)} {value!r} is stored as {there!r}"
