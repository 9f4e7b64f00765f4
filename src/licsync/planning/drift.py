"""Who moved: the files or the console?

Three ways: what was applied last, what the files say, what the console holds.

The comparison is the planner's own. One plan turns what was applied last into what the files say:
it holds what changed
in the files. Another turns what the console holds now into what the files say: it holds what is to
be done. What stands in the second alone was changed in the console; what stands in the first alone
was changed in both, to the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from licsync.diagnostics import Span
from licsync.model.canonical import canonical_json
from licsync.planning.plan import Action, Plan, UnitRef

DriftOrigin = Literal["console", "both", "files"]


@dataclass(frozen=True, slots=True)
class Drift:
    """One value that is not as it was applied last.

    Attributes:
        moved: where it was changed since.
        resource: as in a plan.
        path: of the value below the resource; `licenses`, `status` and `exists` are about the
            resource as a whole.
        applied: what it was when it was applied last.
        declared: what the files say.
        seen: what the console holds.
        source: where the files say it.
        is_based: whether it was ever applied or adopted; else nobody can tell who changed it.
    """

    moved: DriftOrigin
    resource: str
    path: str
    applied: Any
    declared: Any
    seen: Any
    source: Span | None = None
    is_based: bool = True

    def to_json(self) -> dict[str, Any]:
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
    """What a plan wants of one value."""

    before: Any
    after: Any
    source: Span | None


def find_drift(since: Plan, now: Plan, by_hand: Iterable[Action] = ()) -> list[Drift]:
    """Tell what moved.

    Args:
        since: turns what was applied last into what the files say.
        now: turns what the console holds into what the files say.
        by_hand: actions that an apply left to people: where the console is as these say, nobody
            moved it.

    Returns:
        what the console changed first, by resource and path.
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
    for key, item in to_do.items():
        was = in_files.get(key)
        if was is None:
            found.append(Drift("console", *key, item.after, item.after, item.before, item.source))
        else:
            moved: DriftOrigin = "files" if was.before == item.before else "both"
            found.append(Drift(moved, *key, was.before, item.after, item.before, item.source))
    order: tuple[DriftOrigin, ...] = ("console", "both", "files")
    return sorted(found, key=lambda d: (order.index(d.moved), d.resource, d.path))


def without_baseline(found: Iterable[Drift], known: Collection[str]) -> list[Drift]:
    """Mark what was neither applied nor adopted yet: what it was before the files said it is not known.

    Args:
        found: what moved.
        known: resources that a run has touched.
    """
    return [d if d.resource in known else replace(d, applied=None, is_based=False) for d in found]


def _key(value: object) -> bytes:
    """Name a value, so that lists and mappings can be looked up too."""
    return canonical_json(value)


def _items(plan: Plan) -> dict[tuple[str, str], _Item]:
    items: dict[tuple[str, str], _Item] = {}
    for action in plan.actions:
        for path, before, after in _desired_values(action):
            item = items.setdefault((action.resource, path), _Item(before, after, action.source))
            if path == "licenses" and item.before is not before:  # a user's second license
                item.before, item.after = sorted(item.before + before), sorted(item.after + after)
    return items


def _desired_values(action: Action) -> Iterator[tuple[str, Any, Any]]:
    """Say which values an action is about; what changes by itself is no value that anybody declared."""
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
