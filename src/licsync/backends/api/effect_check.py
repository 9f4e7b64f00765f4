"""What became of a step, told by the records before it and now: pure.

Nothing is assumed where it can be looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from licsync.backends.api.mapping import EXTENSION_PATHS
from licsync.model.console.step import Step
from licsync.model.declarations import KINDS, Extension, UserAttributes
from licsync.model.fields import fields_of
from licsync.model.inventory import Record, digest
from licsync.planning.comparison import EMPTY, equivalent, may_be_tidied

EffectState = Literal["done", "undone", "partly", "changed"]
"""`partly`: some of what the step sets is there, and nothing else is different.

`changed`: something else is.
"""


def judge_effect(
    step: Step,
    before: Record | None,
    now: Record | None,
    name: str = "",
    *,
    is_completed: bool = False,
) -> EffectState:
    """Judge the effect of a step on its target.

    Args:
        step: what was done, or was to be.
        before: the target's record before it; None where there was none.
        now: the record now; of a user it is found by the id, not by the name.
        name: the user's name now.
        is_completed: whether its operation is completed, so that a tidied value which was there
            before was written.
    """
    if not list(missing_effects(step, now, name, None if is_completed else before)):
        return "done"
    # it comes and goes, and is seen, whatever else is edited meanwhile
    if step.op.startswith("license."):
        now, before = _held(now), _held(before)
    if digest(now) == digest(before):
        return "undone"
    if now is None or before is None or digest(_other(step, now)) != digest(_other(step, before)):
        return "changed"
    return "partly"


def missing_effects(
    step: Step, now: Record | None, name: str = "", before: Record | None = None
) -> Iterator[str]:
    """Describe the effects of a step that are missing.

    A value that the vendor has tidied is there, unless it was there before: then it may not have
    been written yet.
    """
    if step.op.endswith(".delete"):
        if now is not None:
            yield f"{step.name} is still there"
    elif now is None:
        yield f"{step.name} is not there"
    elif step.op == "user.rename":
        if not equivalent(name, step.args["to"], _NAME):
            yield "the user name"
    elif step.op in ("user.suspend", "user.reactivate"):
        if now.get("status") != ("inactive" if step.op == "user.suspend" else "active"):
            yield "the status"
    else:
        yield from _missing_values(step, now, before or {})


def _missing_values(step: Step, now: Record, before: Record) -> Iterator[str]:
    for path, value in step.args.get("set", {}).items():
        if not _has_effect(now.get(path), value, before.get(path), markers_of(path)):
            yield path
    services = {s["license"]: s for s in now.get("services") or ()}
    unit = step.args.get("license")
    if step.op == "license.detach":
        if unit in services:
            yield f"license {unit} is still held"
        return
    if step.op == "numbers.release":
        wanted = {held: dict.fromkeys(paths) for held, paths in step.args["extensions"].items()}
    else:
        wanted = dict(step.args.get("extensions", {}))
    if step.op == "license.attach":
        unit = step.args["license"]
        if unit not in services:
            yield f"license {unit}"
        service = step.args.get("service") or {}
        values = step.args.get("extension") or service.get("extension") or {}
        wanted[unit] = {path: values[path] for path in EXTENSION_PATHS if path in values}
        for group in step.args.get("ring_groups") or ():
            if group not in (now.get("ring_groups") or ()):
                yield f"ring group {group}"
        for group in step.args.get("call_queues") or ():
            if group not in (now.get("call_queues") or ()):
                yield f"call queue {group}"
    for held, paths in wanted.items():
        extension = (services.get(held) or {}).get("extension") or {}
        for path, value in paths.items():
            if not _has_effect(extension.get(path), value, None, _EXTENSION.get(path, ())):
                yield f"extension.{path}"


_EXTENSION = fields_of(Extension)
_ATTRIBUTES = fields_of(UserAttributes)
_NAME = _ATTRIBUTES["email"]


def markers_of(path: str, kind: str = "user") -> tuple[Any, ...]:
    """Give the markers of an attribute of a user, or of a record of another kind."""
    return (_ATTRIBUTES if kind == "user" else fields_of(KINDS[kind].declaration)).get(path, ())


def _has_effect(there: Any, wanted: Any, before: Any, marks: tuple[Any, ...]) -> bool:
    return equivalent(there, wanted, marks) or (
        may_be_tidied(there, wanted, marks) and there != before
    )


def respelled_values(
    values: Mapping[str, Any], now: Mapping[str, Any]
) -> Iterator[tuple[str, Any, Any]]:
    """List the values that 8x8 stored in another form: path, requested, stored."""
    for path, value in values.items():
        there = now.get(path)
        if there != value and not (there in EMPTY and value in EMPTY):
            yield path, value, there


def _held(record: Record | None) -> Record | None:
    """Give of a user's record what comes and goes with licenses."""
    return record and {
        key: record[key] for key in ("services", "ring_groups", "call_queues") if key in record
    }


def _other(step: Step, record: Mapping[str, Any]) -> Record:
    """Give of a record what a step does not set."""
    left = {key: value for key, value in record.items() if key not in step.args.get("set", {})}
    if step.op.startswith("license."):
        return {
            k: v for k, v in left.items() if k not in ("services", "ring_groups", "call_queues")
        }
    if step.op in ("user.suspend", "user.reactivate"):
        left.pop("status", None)
    touched = step.args.get("extensions", {})
    if touched:  # licenses that come and go with numbers carry nothing
        services = [s for s in left.get("services") or () if "extension" in s]
        left["services"] = [_without(s, touched.get(s["license"], ())) for s in services]
    return left


def _without(service: Mapping[str, Any], paths: Any) -> Record:
    extension = {k: v for k, v in (service.get("extension") or {}).items() if k not in paths}
    return {**service, "extension": extension}
