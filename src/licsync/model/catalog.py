"""The license catalogue: what each type is, carries and goes with. Types are data, never code.

The entries come from `catalog.yaml` of the package and an account's own `catalog:` section (domain.md,
sections 1 to 3 and 7). Facts that no source states are `unknown`, and unknown never removes anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from licsync.model.declarations import Features, LicenseType
from licsync.model.fields import NeedsFeature, fields_of, marked

Relation = Literal["upgrade", "downgrade", "change"]

SINGLE_PLANES = frozenset(("uc", "cc"))
"""The planes of which a user holds at most one license."""

INCLUDED = "included_local_numbers"
"""The counting rule of a type that says how many phone numbers of its country come with each license."""

_RESET: dict[str, Any] = {mark.feature: mark.fallback for mark in marked(Features, NeedsFeature).values()}
"""What a switchable feature falls back to by itself where the new type lacks it (SEED)."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """License types by key."""

    types: Mapping[str, LicenseType]
    _by_name: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)
    _added: dict[tuple[str, str], dict[str, tuple[str, object]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __contains__(self, key: object) -> bool:
        return key in self.types

    def __getitem__(self, key: str) -> LicenseType:
        return self.types[key]

    @property
    def by_name(self) -> Mapping[str, str]:
        """Types by key, title and vendor names, without case; of several the first."""
        if not self._by_name:
            for key, entry in self.types.items():
                for name in (key, entry.get("title", key), *entry.get("vendor_names", ())):
                    self._by_name.setdefault(name.casefold(), key)
        return self._by_name

    def title(self, key: str) -> str:
        """Name a type for people."""
        return self.types[key].get("title", key) if key in self.types else key

    def planes(self, key: str) -> frozenset[str]:
        """Say which planes a type fills; an unknown type fills one of its own."""
        plane = self.types[key].get("plane") if key in self.types else None
        return frozenset(plane.split("+")) if plane else frozenset((key,))

    def is_single(self, key: str) -> bool:
        """Tell whether a user holds at most one license of the type's planes."""
        return bool(self.planes(key) & SINGLE_PLANES)

    def is_automatic(self, key: str) -> bool:
        """Tell whether licenses of the type come and go by themselves with phone numbers."""
        return key in self.types and self.types[key].get("automatic", False)

    def automatic_types(self) -> list[str]:
        """List the types that phone numbers may need a unit of."""
        return [key for key in self.types if self.is_automatic(key) and self.enforcement(key) != "never"]

    def enforcement(self, key: str) -> str:
        """Say where phone numbers need units of an automatic type; unknown refuses nothing, hence `never`."""
        return self.types[key].get("enforced", "never")

    def included_numbers(self, key: str) -> int:
        """Say how many phone numbers of its country a license of the type includes (NUMLIC)."""
        return self.types[key].get("counts", {}).get(INCLUDED, 0) if key in self.types else 0

    def relation(self, old: str, new: str) -> Relation:
        """Classify going from one type to another (contract, section 1)."""
        before = self.types[old].get("ranks", {}) if old in self.types else {}
        after = self.types[new].get("ranks", {}) if new in self.types else {}
        for family in sorted(before.keys() & after.keys()):
            if before[family] != after[family]:
                return "upgrade" if before[family] < after[family] else "downgrade"
        return "change"

    def shares_family(self, old: str, new: str) -> bool:
        """Tell whether both types stand in one ranked family."""
        return old == new or self.relation(old, new) != "change"

    def supports(self, key: str, feature: str, value: object = True) -> str:
        """Say `yes`, `no`, `unknown` or `grandfathered`: can the type carry this value of the feature?"""
        entry = self.types.get(key)
        if entry is None:
            return "unknown"
        if feature == "analytics":
            levels = cast(Mapping[str, str], entry.get("analytics", {}))
            return levels.get(str(value), "unknown")
        return entry.get("features", {}).get(feature, "unknown")

    def added(self, old: str, new: str) -> dict[str, tuple[str, object]]:
        """Give the switchable features that the new type is known to carry and the old one is not.

        Returns:
            name and value of each, by how a plan names it.
        """
        found = self._added.get((old, new))
        if found is None:
            features = [(name, most(name)) for name in fields_of(Features)]
            found = self._added[old, new] = {
                name if value is True else f"{name}: {value}": (name, value)
                for name, value in features
                if self.supports(new, name, value) == "yes" and self.supports(old, name, value) != "yes"
            }
        return found

    def fallback(self, key: str, feature: str, value: object) -> object:
        """Give what a feature's value becomes by itself on a type (SEED: Supervisor becomes Essentials).

        Returns the value itself where the type carries it or it is not known that it does not; `None`
        where the type lacks the feature and its fallback.
        """
        if value in (None, _RESET.get(feature)) or self.supports(key, feature, value) != "no":
            return value
        return self.fresh(key, feature)

    def fresh(self, key: str, feature: str) -> object:
        """Give what a feature is on a license that was just assigned: off until somebody turns it on (SEED)."""
        reset = _RESET.get(feature)
        if feature == "analytics" and self.supports(key, feature, reset) == "no":
            return None
        return reset


def most(feature: str) -> object:
    """Give the value of a feature that only some types have."""
    return "supervisor" if feature == "analytics" else True


def merged(base: Mapping[str, LicenseType], own: Mapping[str, LicenseType]) -> dict[str, LicenseType]:
    """Lay an account's own entries over the catalogue: new types are added, mappings are joined by key."""
    result: dict[str, LicenseType] = dict(base)
    for key, entry in own.items():
        old: dict[str, Any] = dict(base.get(key, {}))
        for name, value in entry.items():
            old[name] = {**old.get(name, {}), **value} if isinstance(value, dict) else value
        result[key] = old  # type: ignore[assignment]
    return result


def by_vendor_name(catalog: Catalog, name: str) -> str | None:
    """Find the type whose key, title or vendor name this is, without case."""
    return catalog.by_name.get(name.casefold().strip())
