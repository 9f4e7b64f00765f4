"""The license catalog: the license types, their features and their relations, as data.

The entries come from `catalog.yaml` of the package and from an account's own `catalog:` section
(domain.md, sections 1 to 3 and 7). A fact that no source states is `unknown`. Unknown never removes
anything.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal, cast

from licsync.model.catalog_declarations import LicenseType
from licsync.model.declarations import Features
from licsync.model.fields import NeedsFeature, fields_of, fields_with_marker
from licsync.model.text_normalization import normalized

Relation = Literal["upgrade", "downgrade", "change"]

SINGLE_PLANES = frozenset(("uc", "cc"))
"""The planes of which a user holds at most one license."""

INCLUDED = "included_local_numbers"
"""The key of `counts` that gives the phone numbers of its country that each license includes."""

_RESET: dict[str, object] = {
    mark.feature: mark.fallback for mark in fields_with_marker(Features, NeedsFeature).values()
}
"""The value that a switchable feature gets by itself if the new type lacks it (SEED)."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """License types by key."""

    types: Mapping[str, LicenseType]
    _by_name: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)
    _by_prefix: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)
    _added: dict[tuple[str, str], dict[str, tuple[str, object]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __contains__(self, key: object) -> bool:
        return key in self.types

    def __getitem__(self, key: str) -> LicenseType:
        return self.types[key]

    @property
    def by_name(self) -> Mapping[str, str]:
        """Types by normalized key, title and vendor name. The first type with a name has it."""
        if not self._by_name:
            for key, entry in self.types.items():
                for name in (key, entry.get("title", key), *entry.get("vendor_names", ())):
                    self._by_name.setdefault(_normalized_name(name), key)
        return self._by_name

    @property
    def by_prefix(self) -> Mapping[str, str]:
        """Types by normalized prefix of their names, the longest prefix first."""
        if not self._by_prefix:
            found = {
                _normalized_name(words): key
                for key, entry in self.types.items()
                for words in entry.get("vendor_prefixes", ())
            }
            self._by_prefix.update(sorted(found.items(), key=lambda item: -len(item[0])))
        return self._by_prefix

    def title(self, key: str) -> str:
        """Give the name of a type for people."""
        return self.types[key].get("title", key) if key in self.types else key

    def pool_name(self, key: str, country: str | None) -> str:
        """Name the licenses of one type and country; without the country if it is unknown."""
        return f"{self.title(key)} · {country}" if country else self.title(key)

    def planes(self, key: str) -> frozenset[str]:
        """Give the planes of a type. An unknown type has a plane of its own."""
        plane = self.types[key].get("plane") if key in self.types else None
        return frozenset(plane.split("+")) if plane else frozenset((key,))

    def is_single(self, key: str) -> bool:
        """Tell whether a user holds at most one license of the type's planes."""
        return bool(self.planes(key) & SINGLE_PLANES)

    def is_automatic(self, key: str) -> bool:
        """Tell whether licenses of the type come and go by themselves with phone numbers."""
        return key in self.types and self.types[key].get("automatic", False)

    def automatic_types(self) -> list[str]:
        """List the types of which phone numbers may need a unit."""
        return [
            key for key in self.types if self.is_automatic(key) and self.enforcement(key) != "never"
        ]

    def enforcement(self, key: str) -> str:
        """Say where phone numbers need units of an automatic type. Unknown means `never`."""
        return self.types[key].get("enforced", "never")

    def included_numbers(self, key: str) -> int:
        """Count the phone numbers of its country that a license of the type includes (NUMLIC)."""
        return self.types[key].get("counts", {}).get(INCLUDED, 0) if key in self.types else 0

    def relation(self, old: str, new: str) -> Relation:
        """Classify a change from one type to another (contract, section 1)."""
        before = self.types[old].get("ranks", {}) if old in self.types else {}
        after = self.types[new].get("ranks", {}) if new in self.types else {}
        for family in sorted(before.keys() & after.keys()):
            if before[family] != after[family]:
                return "upgrade" if before[family] < after[family] else "downgrade"
        return "change"

    def shares_family(self, old: str, new: str) -> bool:
        """Tell whether both types are in one ranked family."""
        return old == new or self.relation(old, new) != "change"

    def supports(self, key: str, feature: str, value: object = True) -> str:
        """Say whether a type supports a feature's value: yes, no, unknown or grandfathered."""
        entry = self.types.get(key)
        if entry is None:
            return "unknown"
        if feature == "analytics":
            levels = cast(Mapping[str, str], entry.get("analytics", {}))
            return levels.get(str(value), "unknown")
        return entry.get("features", {}).get(feature, "unknown")

    def added(self, old: str, new: str) -> dict[str, tuple[str, object]]:
        """Give the switchable features that the new type surely has and the old type may lack.

        Returns:
            Name and value of each feature, by its name in plans.
        """
        found = self._added.get((old, new))
        if found is None:
            features = [(name, top_value(name)) for name in fields_of(Features)]
            found = self._added[old, new] = {
                name if value is True else f"{name}: {value}": (name, value)
                for name, value in features
                if self.supports(new, name, value) == "yes"
                and self.supports(old, name, value) != "yes"
            }
        return found

    def fallback(self, key: str, feature: str, value: object) -> object:
        """Give the value that a feature gets by itself on a type.

        For example, Supervisor becomes Essentials (SEED).

        Returns:
            The value itself, unless the type surely lacks it. None if the type lacks the feature
            and its fallback.
        """
        if value in (None, _RESET.get(feature)) or self.supports(key, feature, value) != "no":
            return value
        return self.initial_value(key, feature)

    def initial_value(self, key: str, feature: str) -> object:
        """Give the value of a feature on a newly assigned license: off (SEED)."""
        reset = _RESET.get(feature)
        if feature == "analytics" and self.supports(key, feature, reset) == "no":
            return None
        return reset


def top_value(feature: str) -> object:
    """Give the highest value of a feature."""
    return "supervisor" if feature == "analytics" else True


def merge_types(
    base: Mapping[str, LicenseType], own: Mapping[str, LicenseType]
) -> dict[str, LicenseType]:
    """Merge an account's own entries into the catalog. Mappings are merged by key."""
    result: dict[str, LicenseType] = dict(base)
    for key, entry in own.items():
        old: dict[str, object] = dict(base.get(key, {}))
        for name, value in entry.items():
            own_value, base_value = value, old.get(name)
            if isinstance(own_value, dict) and isinstance(base_value, dict):
                own_value = base_value | own_value
            old[name] = own_value
        result[key] = old  # type: ignore[assignment]
    return result


# --- names of the vendor --------------------------------------------------------------------------

_CODE = r"[\s(-]+(?=[A-Z0-9]*[0-9])[A-Z0-9]{2,}-[0-9]{1,3}(?:-[A-Z]{2})?\)?"
_TAILS = tuple(
    re.compile(tail + "$", re.IGNORECASE)
    for tail in (r"-[A-Z]{2}", r"-[0-9]{1,3}(?:-[A-Z]{2})?", _CODE)
)
_LIST = re.compile(r"[,;+|/\n]")
"""Separates several names. A text with separators is not matched by prefix."""
_LICENSE = re.compile("licen[cs]e")
_DASHES = re.compile("[\u2010-\u2015\u2212]")
_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")
_COUNTRY = re.compile(_CODE.replace("(?:-[A-Z]{2})?", "-([A-Z]{2})") + "$", re.IGNORECASE)


def type_of(name: str, catalog: Catalog) -> str | None:
    """Find the type of a name: a key, a title or a vendor name, with or without a SKU.

    The console shows `X Series - X2-VOSVC0216-02-US`: a display name, a code, a number and a
    country (domain.md, 1.2). The display name may contain hyphens, so parts are removed from the
    right until a known name is left. Case, punctuation, a leading `8x8` and a trailing `license`
    make no difference.

    Returns:
        The key of the type. None if the catalog does not have the name.
    """
    spellings = [spelled for text in _shortened(name) if (spelled := _normalized_name(text))]
    for spelled in spellings:
        if spelled in catalog.by_name:
            return catalog.by_name[spelled]
    if _LIST.search(name):
        return None
    for prefix, key in catalog.by_prefix.items():
        if any(f"{spelled} ".startswith(f"{prefix} ") for spelled in spellings):
            return key
    return None


def display_name(name: str) -> str:
    """Remove the SKU from a vendor name."""
    return _TAILS[-1].sub("", name) or name


def country_of_name(name: str) -> str | None:
    """Give the country at the end of a SKU.

    It is a last resort, if nothing else gives a country (domain.md, 1.2).
    """
    found = _COUNTRY.search(name)
    return found[1].upper() if found else None


def _shortened(name: str) -> Collection[str]:
    """List a name, in full and without the parts of a SKU. Most names have none: then it is one."""
    text = _DASHES.sub("-", normalized("NFKC", name)).strip()
    return dict.fromkeys((text, *(tail.sub("", text) for tail in _TAILS)))


def _normalized_name(name: str) -> str:
    """Reduce a name to its words."""
    plain = _LICENSE.sub("license", normalized("NFKC", name).casefold())
    words = _NOT_ALPHANUMERIC.sub(" ", plain).split()
    words = words[1:] if words[:1] == ["8x8"] and len(words) > 1 else words
    words = words[:-1] if words[-1:] in (["license"], ["licenses"]) and len(words) > 1 else words
    return " ".join(words)
