"""What happens to what a license carries: settings, and membership in ring groups and call queues.

Settings are kept, changed by the console, declared or lost. Source of the rules: the vendor's page
on reviewing licenses (SEED in domain.md, section 3).

A user without an extension is in no group. The console checks that whenever a license is taken away
(`model.console.operations`), so `leave_groups` checks it on the ordered plan, action by action.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import replace
from itertools import groupby

from msgspec import Struct, field

from licsync.model.catalog import Catalog, top_value
from licsync.model.console.records import set_value
from licsync.model.declarations import Extension
from licsync.model.fields import NeedsFeature, fields_of
from licsync.model.inventory import UNIQUE, is_filled
from licsync.model.inventory_document import GROUPS, Service
from licsync.planning.actions import Action, AnyChange, Change, Reason
from licsync.planning.comparison import equivalent, flatten
from licsync.planning.users import PlannedUser

MARKS = {path: marks for path, _, marks in flatten(Extension, dict.fromkeys(fields_of(Extension)))}
"""Every setting of an extension, by its path below `extension.`, with the markers of its field."""

_FEATURES = {
    path: needed[0]
    for path, marks in MARKS.items()
    if (needed := [mark.feature for mark in marks if isinstance(mark, NeedsFeature)])
}
"""The feature that a license type needs to carry a setting, if not every type carries it."""

_TYPE_DEPENDENT = frozenset(path.partition(".")[0] for path in _FEATURES)
"""Fields of an extension that depend on the license type."""

_TYPE_INDEPENDENT = tuple((path, f"extension.{path}") for path in MARKS if path not in _FEATURES)
"""All other fields, with their paths in a plan."""


class Settings(Struct):
    """The settings of a license action; paths as in a plan, below `extension.`."""

    changes: list[Change] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    available: list[str] = field(default_factory=list)


def settings_on_assign(declared: Mapping[str, object]) -> Settings:
    """Return the settings of a newly assigned license: what the files declare."""
    changes = [
        Change(f"extension.{path}", None, after)
        for path, after, _ in flatten(Extension, declared)
        if after is not None
    ]
    return Settings(changes)


def settings_on_unassign(current: Mapping[str, object]) -> Settings:
    """Return the settings of an unassigned license: all are lost (LIC-2025)."""
    result = Settings()
    for path, before, _ in flatten(Extension, current):
        if before is not None:
            result.changes.append(Change(f"extension.{path}", before, None, "released"))
            result.lost.append(f"extension.{path}")
    # fields of the vendor that no declaration knows
    for name in sorted(current.keys() - fields_of(Extension).keys()):
        result.changes.append(Change(f"extension.{name}", current[name], None, "released"))
        result.lost.append(f"extension.{name}")
    return result


def settings_on_change(
    catalog: Catalog,
    old: str,
    new: str,
    current: Extension,
    declared: Mapping[str, object],
) -> Settings:
    """Return the settings of a license that changes its type or country.

    Settings that both types have are kept. The console resets a feature that the new type lacks. A
    feature that the new type adds stays off unless declared.
    """
    if declared.items() <= current.items() and _TYPE_DEPENDENT.isdisjoint(
        current
    ):  # the fast path for most users
        result = Settings(kept=[path for name, path in _TYPE_INDEPENDENT if current.get(name)])
    else:
        result = _compare_settings(catalog, new, current, declared)
    result.available = _available(catalog, old, new, current, result.changes)
    return result


def _compare_settings(
    catalog: Catalog, new: str, current: Mapping[str, object], declared: Mapping[str, object]
) -> Settings:
    """Compare each current or declared setting with its value on the new type."""
    result = Settings()
    held = {path: before for path, before, _ in flatten(Extension, current)}
    wanted = {path: after for path, after, _ in flatten(Extension, declared)}
    for path in held | wanted:
        before, marks = held.get(path), MARKS[path]
        by_itself = fallback(catalog, new, path, before)
        after: object = by_itself
        reason: Reason = "automatic"
        if path in wanted and not equivalent(by_itself, wanted[path], marks):
            after, reason = wanted[path], "declared"
        if not equivalent(before, after, marks):
            result.changes.append(Change(f"extension.{path}", before, after, reason))
            if after is None and reason == "automatic":
                result.lost.append(f"extension.{path}")
        elif before is not None:
            result.kept.append(f"extension.{path}")
    return result


def fallback(catalog: Catalog, new: str, path: str, before: object) -> object:
    """Return a setting's automatic value on the new type; the path is below `extension.`."""
    feature = _FEATURES.get(path)
    if feature is None or before is None:
        return before
    if path.startswith("features."):
        return catalog.fallback(new, feature, before)
    return None if catalog.supports(new, feature) == "no" else before


def _available(
    catalog: Catalog, old: str, new: str, current: Extension, changes: list[Change]
) -> list[str]:
    """List the features that the new type adds and that stay off."""
    added, switched = catalog.added(old, new), current.get("features") or {}
    if not changes and not switched:
        return list(added)
    changed = {c.path for c in changes}
    return [
        feature
        for feature, (name, value) in added.items()
        if switched.get(name) != value and f"extension.features.{name}" not in changed
    ]


def initial_value(catalog: Catalog, kind: str, path: str) -> object:
    """Return a setting's value on a newly assigned license; the path is below `extension.`."""
    feature = path.removeprefix("features.")
    return catalog.initial_value(kind, feature) if feature != path else None


def may_have(catalog: Catalog, kind: str, path: str) -> bool:
    """Tell whether an extension of a type may have a setting, as far as the catalog knows."""
    feature = _FEATURES.get(path)
    return feature is None or catalog.supports(kind, feature, top_value(feature)) != "no"


_EXTENSION = "extension."
_NUMBERS = frozenset(f"{_EXTENSION}{name}" for name in UNIQUE)


def leave_groups(actions: Iterable[Action], planned_users: Iterable[PlannedUser]) -> list[Action]:
    """Add the groups that users lose to the unassignment of their last extension.

    Args:
        actions: the plan's actions in their order.
        planned_users: the users of the plan.

    Returns:
        the same actions, of which license actions say what becomes of the groups.
    """
    members = {
        p.resource: p for p in planned_users if any((p.current or {}).get(name) for name in GROUPS)
    }
    own: dict[str, list[Action]] = {}
    changed: dict[str, Action] = {}
    for action in actions:
        if action.resource in members:
            own.setdefault(action.resource, []).append(action)
    for resource, found in own.items():
        leaving = _leaving(found, members[resource].services)
        if leaving is None:
            continue
        there = members[resource].current or {}
        groups = [name for name in GROUPS if there.get(name)]
        gone = [Change(name, there[name], [], "automatic") for name in groups]
        for action in found:
            changed[action.id] = replace(
                action,
                changes=(*action.changes, *gone) if action is leaving else action.changes,
                lost=(*action.lost, *groups) if action is leaving else action.lost,
                kept=tuple(name for name in action.kept if name not in groups),
            )
    return [changed.get(action.id, action) for action in actions]


def _leaving(actions: list[Action], services: list[Service]) -> Action | None:
    """Find the unassignment after which a user has no extension."""
    if not any(action.verb == "unassign" for action in actions):
        return None
    carried: dict[str, dict[str, object]] = {
        s["license"]: {**deepcopy(s.get("extension") or {})} for s in services
    }
    for _, mates in groupby(actions, key=lambda action: action.ring or action.id):
        ring = list(mates)
        # a split update releases its numbers first
        for action in (a for a in ring if a.split and a.kind == "user"):
            _set(
                carried,
                (
                    Change(c.path, c.before, None, license=c.license)
                    for c in action.changes
                    if c.path in _NUMBERS
                ),
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
    carried: Mapping[str, dict[str, object]], changes: Iterable[AnyChange], unit: str | None
) -> None:
    for change in changes:
        extension = carried.get(change.license or unit or "")
        if extension is not None and change.path.startswith(_EXTENSION):
            set_value(extension, change.path.removeprefix(_EXTENSION), change.after)


def is_further(catalog: Catalog, kind: str, held: Iterable[str]) -> bool:
    """Tell whether a license stands beside the phone license of a user.

    The console lists the settings of the phone license with the user.

    Args:
        catalog: the license types.
        kind: the type of the license.
        held: the types that the user holds.
    """
    return "uc" not in catalog.planes(kind) and any("uc" in catalog.planes(one) for one in held)
