"""What happens to the settings that a license carries: kept, changed by itself, declared, lost.

Source of the rules: the vendor's page on reviewing licenses (SEED in domain.md, section 3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from licsync.model.catalog import Catalog
from licsync.model.declarations import Extension, Features
from licsync.model.fields import NeedsFeature, fields_of
from licsync.planning.diff import leaves, same
from licsync.planning.plan import Change

MARKS = {path: marks for path, _, marks in leaves(Extension, dict.fromkeys(fields_of(Extension)))}
"""Every setting of an extension, by its path below `extension.`, with the markers of its field."""


@dataclass(slots=True)
class Settings:
    """The settings side of a license action; paths as in a plan, below `extension.`."""

    changes: list[Change] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    available: list[str] = field(default_factory=list)


def given(declared: Mapping[str, Any]) -> Settings:
    """Give the settings of a license that is newly assigned: what the YAML declares."""
    changes = [
        Change(f"extension.{path}", None, after) for path, after, _ in leaves(Extension, declared) if after is not None
    ]
    return Settings(changes)


def released(current: Mapping[str, Any]) -> Settings:
    """Give the settings of a license that is unassigned: all are lost (LIC-2025)."""
    result = Settings()
    for path, before, _ in leaves(Extension, current):
        if before is not None:
            result.changes.append(Change(f"extension.{path}", before, None, "released"))
            result.lost.append(f"extension.{path}")
    return result


def carried(catalog: Catalog, old: str, new: str, current: Mapping[str, Any], declared: Mapping[str, Any]) -> Settings:
    """Give the settings of a license that becomes one of another type or country.

    What both types share is kept. A feature the new type lacks falls back by itself. A feature the new type
    adds stays off unless declared.
    """
    result = Settings()
    wanted = {path: (after, marks) for path, after, marks in leaves(Extension, declared)}
    before_of = {path: (before, marks) for path, before, marks in leaves(Extension, current)}
    for path in dict.fromkeys((*before_of, *wanted)):
        before, marks = before_of.get(path) or (None, wanted[path][1])
        by_itself = fallback(catalog, new, path, before, marks)
        after, reason = by_itself, "automatic"
        if path in wanted and not same(by_itself, wanted[path][0], marks):
            after, reason = wanted[path][0], "declared"
        if not same(before, after, marks):
            result.changes.append(Change(f"extension.{path}", before, after, reason))
            if after is None and reason == "automatic":
                result.lost.append(f"extension.{path}")
        elif before is not None:
            result.kept.append(f"extension.{path}")
    result.available = list(_available(catalog, old, new, current, result.changes))
    return result


def fallback(catalog: Catalog, new: str, path: str, before: Any, marks: tuple[Any, ...]) -> Any:
    """What a setting becomes by itself on the new type."""
    feature = _feature(marks)
    if feature is None or before is None:
        return before
    if path.startswith("features."):
        return catalog.fallback(new, feature, before)
    return None if catalog.supports(new, feature) == "no" else before


def _available(catalog: Catalog, old: str, new: str, current: Mapping[str, Any], changes: list[Change]) -> list[str]:
    """Name the features that the new type adds and that stay off."""
    changed = {c.path for c in changes}
    found = []
    for name in fields_of(Features):
        value = _most(name)
        adds = catalog.supports(new, name, value) == "yes" and catalog.supports(old, name, value) != "yes"
        on = (current.get("features") or {}).get(name) == value
        if adds and not on and f"extension.features.{name}" not in changed:
            found.append(name if value is True else f"{name}: {value}")
    return found


def fresh(catalog: Catalog, kind: str, path: str) -> Any:
    """Give what a setting is on a license that was just assigned; the path is below `extension.`."""
    feature = path.removeprefix("features.")
    return catalog.fresh(kind, feature) if feature != path else None


def may_have(catalog: Catalog, kind: str, path: str) -> bool:
    """Tell whether an extension of a type may have a setting, as far as the catalogue knows."""
    feature = _feature(MARKS[path])
    return feature is None or catalog.supports(kind, feature, _most(feature)) != "no"


def _feature(marks: tuple[Any, ...]) -> str | None:
    return next((m.feature for m in marks if isinstance(m, NeedsFeature)), None)


def _most(feature: str) -> object:
    """Give the value of a feature that only some types have."""
    return "supervisor" if feature == "analytics" else True
