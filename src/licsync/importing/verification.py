"""Verifies that imported declarations match the inventory: no fault, and an empty plan.

Whatever violates that is removed from the declarations and reported; plans leave it unchanged.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from licsync.diagnostics import Code, Diagnostic, Span, errors_of, info
from licsync.model.desired import Desired
from licsync.model.inventory import SECTIONS, Inventory
from licsync.model.pool_declarations import PoolEntry
from licsync.planning.actions import Action
from licsync.planning.planner import make_plan
from licsync.planning.validation.validate import check

Path = tuple[Any, ...]

_WHICH = frozenset(("type", "country"))
"""The key of a pool entry. An entry without other fields declares nothing."""


def path_as_span(section: str, *path: str | int) -> Span:
    """The `SourceLookup` of what comes from no file: spells the path itself."""
    return Span(json.dumps((section, *path)))


def remove_faulty(desired: Desired, inventory: Inventory, now: datetime) -> list[Diagnostic]:
    """Remove declarations that are faulty or would change something, and list them."""
    removed: dict[Path, str] = {}
    while found := {
        path: why for path, why in _find_objections(desired, inventory, now) if path not in removed
    }:
        removed |= found
        for path in sorted(found, key=len, reverse=True):
            _drop(desired, path)
    desired.pools = [pool for pool in desired.pools if pool.keys() - _WHICH]
    return [
        info(Code.LEFT_OUT, f"{_named(path)} is not in the files: {why}")
        for path, why in removed.items()
    ]


def _find_objections(
    desired: Desired, inventory: Inventory, now: datetime
) -> Iterator[tuple[Path, str]]:
    """List what to remove, and why: faults first, then changes that a plan would make."""
    faults = errors_of(check(desired, inventory, now=now))
    for fault in faults:
        yield from ((_removal_path(path), fault.message) for path in _path_of(fault.span))
    if not faults:
        for action in make_plan(desired, inventory, now=now).actions:
            for source in _path_of(action.source):
                for path in _causes(action, source):
                    yield path, f"a plan would {action.verb} {action.resource}."


def _path_of(span: Span | None) -> Iterator[Path]:
    """Parse the path of a span of `path_as_span`, if it leads to a declaration."""
    path = tuple(json.loads(span.file)) if span else ("account",)
    if path[0] in SECTIONS and len(path) > 1:
        yield path


def _removal_path(path: Path) -> Path:
    """Return what to remove for a faulty value: a setting alone, or all licenses of the user."""
    if path[0] != "users":
        return path[:2]
    if len(path) > 3 and path[2] == "licenses" and "extension" not in path:
        return path[:3]
    while len(path) > 3 and not isinstance(path[-1], str):
        path = path[:-1]
    return path


def _causes(action: Action, source: Path) -> Iterator[Path]:
    if source[0] != "users":
        yield source[:2]
    elif action.verb == "update":
        for change in action.changes:
            yield (*source[:2], "licenses" if change.license else change.path)
    else:
        yield (*source[:2], "licenses")


def _drop(desired: Desired, path: Path) -> None:
    section, name, *rest = path
    if section == "licenses":
        pool = desired.pools[int(name)]
        which: PoolEntry = {"type": pool["type"]}
        if "country" in pool:
            which["country"] = pool["country"]
        desired.pools[int(name)] = which
    elif rest:
        _remove_value(getattr(desired, section).get(name, {}), rest)
    else:
        getattr(desired, section).pop(name, None)


def _remove_value(record: Any, path: list[Any]) -> None:
    """Remove a value and mappings that it leaves empty: an empty one would declare something."""
    step, *rest = path
    if rest:
        _remove_value(record[step], rest)
    if not rest or record[step] == {}:
        record.pop(step, None)


def _named(path: Path) -> str:
    section, name, *rest = path
    what = ".".join(str(step) for step in rest)
    return f"{section}/{name}" + (f": {what}" if what else "")
