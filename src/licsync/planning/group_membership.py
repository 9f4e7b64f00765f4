"""Ring groups and call queues: who leaves them, and with which action.

Who has no extension left is in no group. The console looks at that whenever a license is taken away
(`model.console.operations`), so it is asked here of the ordered plan, action by action, as the
console comes to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import replace
from itertools import groupby
from typing import Any

from licsync.model.console.records import set_value
from licsync.model.inventory import UNIQUE, is_filled
from licsync.model.inventory_document import GROUPS, Service
from licsync.planning.plan import Action, Change
from licsync.planning.users import PlannedUser

_EXTENSION = "extension."
_NUMBERS = frozenset(f"{_EXTENSION}{name}" for name in UNIQUE)


def leave_groups(actions: Iterable[Action], planned_users: Iterable[PlannedUser]) -> None:
    """Name the groups that users lose, in the unassignment that takes their last extension.

    Args:
        actions: the plan's actions in their order; `changes`, `lost` and `kept` of license actions
            are set.
        planned_users: whom the plan is about.
    """
    members = {
        p.resource: p for p in planned_users if any((p.current or {}).get(name) for name in GROUPS)
    }
    own: dict[str, list[Action]] = {}
    for action in actions:
        if action.resource in members:
            own.setdefault(action.resource, []).append(action)
    for resource, found in own.items():
        leaving = _leaving(found, members[resource].services)
        if leaving is None:
            continue
        there = members[resource].current or {}
        groups = [name for name in GROUPS if there.get(name)]
        leaving.changes += [Change(name, there[name], [], "automatic") for name in groups]
        leaving.lost += groups
        for action in found:
            action.kept = [name for name in action.kept if name not in groups]


def _leaving(actions: list[Action], services: list[Service]) -> Action | None:
    """Find the unassignment after which a user has no extension."""
    if not any(action.verb == "unassign" for action in actions):
        return None
    carried: dict[str, dict[str, Any]] = {
        s["license"]: {**deepcopy(s.get("extension") or {})} for s in services
    }
    for _, mates in groupby(actions, key=lambda action: action.ring or action.id):
        ring = list(mates)
        # such give up their numbers first
        for action in (a for a in ring if a.split and a.kind == "user"):
            _set(
                carried,
                (replace(c, after=None) for c in action.changes if c.path in _NUMBERS),
                None,
            )
        for action in ring:
            old, new = (ref.id if ref else None for ref in (action.origin, action.license))
            if action.kind == "license":
                extension = carried.pop(old or "", {})
                if action.verb != "unassign":
                    carried[new or ""] = extension
                elif not any(map(is_filled, carried.values())):
                    return action
            _set(carried, action.changes, new)
    return None


def _set(
    carried: Mapping[str, dict[str, Any]], changes: Iterable[Change], unit: str | None
) -> None:
    for change in changes:
        extension = carried.get(change.license or unit or "")
        if extension is not None and change.path.startswith(_EXTENSION):
            set_value(extension, change.path.removeprefix(_EXTENSION), change.after)
