"""Masks whole records: inventories, files, plans, runs and work orders, for pages.

Text is masked as `views.redaction` does. What identifies a record stays apart from every other:
user names that would be masked alike get a number (`ada@…`, `ada~2@…`), and so do service addresses
(`address 1`). So links, filters and totals work as before.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import fields, is_dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from msgspec import Struct

from licsync.diagnostics import Span
from licsync.model.catalog import Catalog
from licsync.model.desired import Desired, SourceLookup
from licsync.model.inventory import SECTIONS
from licsync.model.places import place_key
from licsync.planning.plan import Plan
from licsync.views.redaction import (
    SENSITIVE_FIELDS,
    RedactedPlan,
    known_addresses,
    mask,
    redact_sensitive,
    redact_value,
)

T = TypeVar("T")

_SIDES = ("before", "after", "applied", "declared", "seen")
"""The names of values of the setting that `path` names."""

_ADDRESSES = ("service_addresses", "addresses")
"""Where addresses are, by slug or id."""

_PLAIN = (type(None), bool, int, float, Decimal, date, timedelta, Enum, Path, Catalog)
"""What holds nothing to mask. A datetime is a date."""


class RecordMask:
    """Masks the records of one account.

    Args:
        names: the user names of the account, now and earlier.
        addresses: its service addresses, now and earlier.
        kept: ids that can look like numbers.
    """

    def __init__(
        self,
        names: Iterable[str] = (),
        addresses: Iterable[Mapping[str, Any]] = (),
        kept: Iterable[str] = (),
    ):
        addresses = list(addresses)
        self._known = known_addresses(addresses)
        self._numbers: dict[object, int] = {}
        for address in addresses:
            self._numbers.setdefault(place_key(address), len(self._numbers) + 1)
        self._texts = {text: text for text in kept}
        self._names: dict[str, str] = {}
        self._use_names(names)
        self._real = {masked: name for name, masked in self._names.items()}

    def _use_names(self, names: Iterable[str]) -> None:
        """Give each user a masked name of their own; spellings of one name are one user."""
        numbers: dict[str, int] = {}
        taken: Counter[str] = Counter()
        for name in sorted(set(names)):
            user, masked = name.casefold(), mask(name)
            if user not in numbers:
                taken[masked.casefold()] += 1
                numbers[user] = taken[masked.casefold()]
            if numbers[user] > 1:
                local, at, rest = masked.partition("@")
                masked = f"{local}~{numbers[user]}{at}{rest}"
            self._names[name] = masked
        alike = [name for name, masked in self._names.items() if numbers[name.casefold()] > 1]
        longest = sorted(map(re.escape, alike), key=len, reverse=True)
        self._alike = re.compile(rf"(?<![\w.@+-])(?:{'|'.join(longest)})(?![\w@-])")
        self._has_alike = bool(alike)

    def text(self, text: str) -> str:
        """Mask a text: a name, a reference such as `users/NAME`, or free text."""
        found = self._texts.get(text)
        if found is None:
            found = self._texts[text] = self._text(text)
        return found

    def _text(self, text: str) -> str:
        section, slash, name = text.partition("/")
        if slash and section in SECTIONS and (name in self._names or name in self._texts):
            return f"{section}/{self.text(name)}"
        if text in self._names:
            return self._names[text]
        if text.startswith("sha256:"):
            return text
        if self._has_alike:
            text = self._alike.sub(lambda match: self._names[match[0]], text)
        text = mask(text)
        return self._known.sub("…", text) if self._known else text

    def address(self, address: Mapping[str, Any]) -> dict[str, Any]:
        """Replace an address with its country and a number that identifies it."""
        number = self._numbers.setdefault(place_key(address), len(self._numbers) + 1)
        country = {"country": address["country"]} if address.get("country") else {}
        return {"street_name": f"address {number}", **country}

    def record(self, value: T, resource: str = "") -> T:
        """Mask all text in a record of any kind.

        Args:
            value: the record, or a part of it.
            resource: what it is about, as plans name it.

        Raises:
            TypeError: it holds what this function does not know, and which may be secret.
        """
        return self._record(value, resource)  # type: ignore[no-any-return]

    def _record(self, value: Any, resource: str) -> Any:
        if isinstance(value, str) and not isinstance(value, Enum):
            return self.text(value)
        if isinstance(value, _PLAIN):
            return value
        if isinstance(value, Plan):
            masked = self._fields(value, [field.name for field in fields(Plan)], resource)
            return RedactedPlan(**masked, original=value.digest)
        if isinstance(value, Mapping):
            return self._mapping(value, resource)
        if isinstance(value, Struct):
            return type(value)(**self._fields(value, value.__struct_fields__, resource))
        if is_dataclass(value) and not isinstance(value, type):
            masked = self._fields(value, [f.name for f in fields(value) if f.init], resource)
            return replace(value, **masked)
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return type(value)(*(self._record(item, resource) for item in value))
        if isinstance(value, list | tuple | Set):
            kind = frozenset if isinstance(value, Set) else type(value)
            return kind(self._record(item, resource) for item in value)
        raise TypeError(f"cannot mask {type(value).__name__}")

    def _mapping(self, value: Mapping[Any, Any], resource: str) -> Any:
        found = {}
        masked = self._entries(dict(value), resource)
        for name, item in masked.items():
            key = self._record(name, resource)
            while key in found:
                key = f"{key}~"
            found[key] = item
        return Counter(found) if isinstance(value, Counter) else found

    def _fields(self, value: object, names: Iterable[str], resource: str) -> dict[str, Any]:
        plain = {name: getattr(value, name) for name in names}
        if isinstance(value, Desired):
            plain["where"] = None
        masked = self._entries(plain, resource)
        if isinstance(value, Desired):
            masked["where"] = self._lookup(value.where)
        return masked

    def _entries(self, entries: Mapping[Any, Any], resource: str) -> dict[Any, Any]:
        """Mask the values of a record, by its names."""
        own = entries.get("resource") or resource
        if "path" in entries and (user := entries.get("user")):
            own = f"users/{user}"
        return {name: self._entry(entries, name, item, own) for name, item in entries.items()}

    def _entry(self, entries: Mapping[Any, Any], name: Any, item: Any, resource: str) -> Any:
        if name in _ADDRESSES and isinstance(item, Mapping):
            return {
                key: self.address(one) if isinstance(one, Mapping) else self._record(one, "")
                for key, one in item.items()
            }
        if name in SENSITIVE_FIELDS and item is not None:
            return self._record(redact_sensitive(item), resource)
        if isinstance(name, str) and name.startswith("service_addresses/"):
            return self.address(item) if isinstance(item, Mapping) else self._record(item, "")
        if name in _SIDES and isinstance(entries.get("path"), str):
            item = redact_value(resource, entries["path"], item)
        return self._record(item, resource)

    def _lookup(self, where: SourceLookup) -> SourceLookup:
        """Find positions by masked names too."""

        def find(section: str, *path: str | int) -> Span | None:
            real = (self._real.get(part, part) if isinstance(part, str) else part for part in path)
            return where(section, *real)

        return find
