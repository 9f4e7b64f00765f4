"""The console's records: the interface that operations use, and an implementation in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from copy import deepcopy
from typing import Protocol

from licsync.model.canonical import FieldValue
from licsync.model.inventory import Record, as_user, holder_title, numbers_of, numbers_of_holder
from licsync.model.inventory_document import NumberHolder
from licsync.model.places import address_key

_LONGEST_ID = 12
"""Longer ids are of somebody else."""


class Records(Protocol):
    """The console's records. `get` gives a copy of a record; `put` writes it back."""

    def get(self, key: str) -> Record | None:
        """Read the record of a key `section/name`."""
        ...

    def put(self, key: str, record: Record | None) -> None:
        """Write a record, or remove it."""
        ...

    def find_user(self, name: str) -> str | None:
        """Find a user name without regard to case."""
        ...

    def find_address(self, content: Mapping[str, object]) -> str | None:
        """Find the service address with the same postal content; the lowest id."""
        ...

    def fresh_id(self, section: str) -> str:
        """Make an unused id of a section: `U…` for users, `A…` for service addresses."""
        ...

    def sites_at(self, address: str) -> Iterable[str]:
        """List the names of the sites with a service address."""
        ...

    def holder(self, space: str, value: str) -> str | None:
        """Name the user or other holder of a number.

        Args:
            space: `extension` or `phone-number`.
            value: the number.
        """
        ...

    def users_with(self, field: str, value: str) -> Iterable[str]:
        """List the names of the users with a `site` or `policy`."""
        ...

    def units_at(self, address: str) -> Iterable[str]:
        """List the ids of the units with a service address."""
        ...

    def units_of(self, type: str, country: str, status: str) -> Iterable[str]:
        """List the ids of the units of a type in a country with a status."""
        ...


class InMemoryRecords:
    """Records in dictionaries, for tests and to predict the effect of a step."""

    def __init__(
        self,
        sections: Mapping[str, Mapping[str, Mapping[str, object]]],
        holders: Iterable[NumberHolder] = (),
    ):
        self._taken = {
            use: holder_title(holder) for holder in holders for use in numbers_of_holder(holder)
        }
        self._gone: dict[str, int] = {}
        self.sections: dict[str, dict[str, Record]] = {
            name: {k: deepcopy(dict(r)) for k, r in records.items()}
            for name, records in sections.items()
        }

    def get(self, key: str) -> Record | None:
        """Read a copy of a record."""
        section, _, name = key.partition("/")
        record = self.sections.get(section, {}).get(name)
        return deepcopy(record) if record is not None else None

    def put(self, key: str, record: Record | None) -> None:
        """Write a record, or remove it."""
        section, _, name = key.partition("/")
        if record is None:
            gone = self.sections.setdefault(section, {}).pop(name, None)
            self._gone[section] = max(
                self._gone.get(section, 0), id_number(section, name, gone or {})
            )
        else:
            self.sections.setdefault(section, {})[name] = deepcopy(record)

    def find_user(self, name: str) -> str | None:
        """Find a user name without regard to case."""
        return next(
            (n for n in self.sections.get("users", {}) if n.casefold() == name.casefold()), None
        )

    def find_address(self, content: Mapping[str, object]) -> str | None:
        """Find the service address with the same postal content."""
        wanted = address_key(content)
        addresses = self.sections.get("service_addresses", {})
        return min((n for n, a in addresses.items() if address_key(a) == wanted), default=None)

    def fresh_id(self, section: str) -> str:
        """Make an unused id of a section."""
        records = self.sections.get(section, {})
        taken = {r.get("id") for r in records.values()} if section == "users" else set(records)
        last = max(len(records), self._gone.get(section, 0))
        return fresh_id(section, last, taken.__contains__)

    def sites_at(self, address: str) -> Iterator[str]:
        """List the names of the sites with a service address."""
        sites = self.sections.get("sites", {})
        return (n for n, s in sites.items() if s.get("service_address") == address)

    def holder(self, space: str, value: str) -> str | None:
        """Name the user or other holder of a number."""
        users, taken = self.sections.get("users", {}), self._taken.get((space, value))
        return next(
            (name for name, user in users.items() if (space, value) in numbers_of(as_user(user))),
            taken,
        )

    def users_with(self, field: str, value: str) -> Iterator[str]:
        """List the names of the users with a value of a field."""
        return (n for n, u in self.sections.get("users", {}).items() if u.get(field) == value)

    def units_at(self, address: str) -> Iterator[str]:
        """List the ids of the units with a service address."""
        units = self.sections.get("licenses", {})
        return (n for n, u in units.items() if u.get("service_address") == address)

    def units_of(self, type: str, country: str, status: str) -> Iterator[str]:
        """List the ids of the units of a type in a country with a status."""
        units = self.sections.get("licenses", {})
        return (
            n
            for n, u in units.items()
            if (u["type"], u["country"], u["status"]) == (type, country, status)
        )


def fresh_id(section: str, last: int, is_taken: Callable[[str], bool]) -> str:
    """Make an unused id: the section's letter and a number.

    Args:
        section: `users` or `service_addresses`.
        last: the number of records of the section, or the highest number of a deleted one.
        is_taken: tells whether a record of the section has an id.
    """
    prefix = "U" if section == "users" else "A"
    number = last + 1
    while is_taken(f"{prefix}{number}"):
        number += 1
    return f"{prefix}{number}"


def id_number(section: str, name: str, record: Mapping[str, object]) -> int:
    """Give the number in the id of a record, if `fresh_id` can have made it; otherwise 0."""
    found = str(record.get("id")) if section == "users" else name
    is_made = found[:1] in ("U", "A") and found[1:].isascii() and found[1:].isdigit()
    return int(found[1:]) if is_made and len(found) <= _LONGEST_ID else 0


def set_value(record: MutableMapping[str, FieldValue], path: str, value: object) -> None:
    """Set a value by its dotted path. An empty value removes the key."""
    *parents, last = path.split(".")
    empty = value is None or value in ([], "")
    for parent in parents:
        if not record.get(parent):
            if empty:
                return
            record[parent] = {}
        record = record[parent]
    if empty:
        record.pop(last, None)
    else:
        record[last] = deepcopy(value)
