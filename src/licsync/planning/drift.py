"""Drift: which values changed since the baseline, in the files or in the console.

The comparison has three sides: the baseline (what was applied last), the files, and the console. It
uses the planner. One plan turns the baseline into what the files say: it holds what changed in the
files. Another plan turns what the console holds now into what the files say: it holds what remains
to do. A change that only the second plan holds was made in the console. A change that only the
first plan holds was made in both, with the same value.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from licsync.diagnostics import Span
from licsync.model.canonical import FieldValue, canonical_json
from licsync.planning.actions import Action, UnitRef
from licsync.planning.plan import Plan
from licsync.planning.plan_document import UnnamedUnit

_MADE = ("exists", True)

DriftOrigin = Literal["console", "both", "files"]


@dataclass(frozen=True, slots=True)
class Drift:
    """One value that differs from the baseline.

    Attributes:
        moved: where it changed since.
        resource: as in a plan.
        path: of the value below the resource; `licenses`, `status` and `exists` are about the
            resource as a whole.
        applied: its value when it was last applied.
        declared: what the files say.
        seen: what the console holds.
        source: where the files say it.
        is_based: whether it was ever applied or adopted; without a baseline, the side that
            changed it is unknown.
        unnamed: the license that it is about, if 8x8 has shown no id of it.
    """

    moved: DriftOrigin
    resource: str
    path: str
    applied: object
    declared: object
    seen: object
    source: Span | None = None
    is_based: bool = True
    unnamed: UnnamedUnit | None = None

    def to_json(self) -> dict[str, object]:
        """Give the document form."""
        names = ("moved", "resource", "path", "applied", "declared", "seen")
        doc = {name: getattr(self, name) for name in names}
        return (
            doc | {"source": {"file": self.source.file, "line": self.source.line}}
            if self.source
            else doc
        )


@dataclass(slots=True)
class _Item:
    """One value before and after a plan."""

    before: FieldValue
    after: FieldValue
    source: Span | None


def find_drift(since: Plan, now: Plan, by_hand: Iterable[Action] = ()) -> list[Drift]:
    """Compare baseline, files and console.

    Args:
        since: the plan from the baseline to the files.
        now: the plan from the console to the files.
        by_hand: manual actions of an apply: a value that is as they say has not drifted.

    Returns:
        Changes in the console first, then by resource and path.
    """
    in_files, to_do = _items(since), _items(now)
    done = {
        (a.resource, path, _key(after)) for a in by_hand for path, _, after in _desired_values(a)
    }
    found = [
        Drift("both", *key, item.before, item.after, item.after, item.source)
        for key, item in in_files.items()
        if key not in to_do and (*key, _key(item.after)) not in done
    ]
    created = {resource for (resource, path), one in in_files.items() if (path, one.after) == _MADE}
    for key, item in to_do.items():
        was = in_files.get(key)
        if was is None and key[0] in created:  # the baseline has no values of it
            was = _Item(None, item.after, item.source)
        if was is None:
            found.append(Drift("console", *key, item.after, item.after, item.before, item.source))
        else:
            moved: DriftOrigin = "files" if was.before == item.before else "both"
            found.append(Drift(moved, *key, was.before, item.after, item.before, item.source))
    units = since.unnamed | now.unnamed
    found = [replace(drift, unnamed=_unnamed(drift, units)) for drift in found] if units else found
    order: tuple[DriftOrigin, ...] = ("console", "both", "files")
    return sorted(found, key=lambda d: (order.index(d.moved), d.resource, d.path))


def _unnamed(drift: Drift, units: Mapping[str, UnnamedUnit]) -> UnnamedUnit | None:
    """Give the unit without an id that a value belongs to."""
    section, _, name = drift.resource.partition("/")
    return units.get(name if section == "licenses" else unit_of_path(drift.path)[1])


def unit_of_path(path: str) -> tuple[str, str]:
    """Divide the path of a value into the path proper and the id of its license, if it has one."""
    plain, opened, unit_id = path.rpartition(" (")
    return (plain, unit_id.removesuffix(")")) if opened else (path, "")


def without_baseline(found: Iterable[Drift], known: Collection[str]) -> list[Drift]:
    """Mark values that were neither applied nor adopted yet: their baseline is unknown.

    Args:
        found: the drift.
        known: resources that a run has touched.
    """
    return [d if d.resource in known else replace(d, applied=None, is_based=False) for d in found]


def _key(value: object) -> bytes:
    """Make a value hashable: lists and mappings too."""
    return canonical_json(value)


def _items(plan: Plan) -> dict[tuple[str, str], _Item]:
    items: dict[tuple[str, str], _Item] = {}
    for action in plan.actions:
        for path, before, after in _desired_values(action):
            item = items.setdefault((action.resource, path), _Item(before, after, action.source))
            if path == "licenses" and item.before is not before:  # a user's second license
                item.before, item.after = sorted(item.before + before), sorted(item.after + after)
    return items


def _desired_values(action: Action) -> Iterator[tuple[str, object, object]]:
    """List the declared values that an action changes; automatic changes are not declared."""
    match action.kind, action.verb:
        case _, "create" | "delete":
            yield "exists", action.verb == "delete", action.verb == "create"
        case "user", "suspend" | "reactivate":
            states = ("active", "inactive")
            yield "status", *(states if action.verb == "suspend" else states[::-1])
        case "license", "assign" | "upgrade" | "downgrade" | "change" | "unassign":
            yield "licenses", _named(action.origin), _named(action.license)
        case _:
            for change in action.changes:
                if change.reason not in ("automatic", "released", "restored"):
                    unit = f" ({change.license})" if change.license else ""
                    yield change.path + unit, change.before, change.after


def _named(unit: UnitRef | None) -> list[str]:
    return [f"{unit.type} {unit.country}"] if unit else []
