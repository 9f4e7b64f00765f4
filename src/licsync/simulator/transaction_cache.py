"""Caches records within one transaction, since most of a step reads them again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from typing import Any

from sqlalchemy.engine import Connection

from licsync.backends.local.sql_records import SqlRecords
from licsync.model.inventory import Record


class CachedRecords:
    """A `Records` (`model.console.records`) that caches another one until a lookup or the end."""

    def __init__(self, records: SqlRecords):
        self._records = records
        self._known: dict[str, Record | None] = {}
        self._unwritten: dict[str, None] = {}
        self._before: dict[str, Record | None] = {}

    @property
    def connection(self) -> Connection:
        """The connection, for what has to be committed together with the records."""
        return self._records.connection

    def write(self) -> None:
        """Write what is not written."""
        for key in self._unwritten:
            self._records.put(key, self._known[key])
        self._unwritten.clear()

    def changes(self) -> Iterator[tuple[str, Record | None, Record | None]]:
        """List what was written, as it was and as it is."""
        for key, before in self._before.items():
            yield key, before, self.get(key)

    def get(self, key: str) -> Record | None:
        """Read a copy of a record."""
        if key not in self._known:
            self._known[key] = self._records.get(key)
        return deepcopy(self._known[key])

    def put(self, key: str, record: Record | None) -> None:
        """Write a record, or remove it."""
        if key not in self._before:
            self._before[key] = self.get(key)
        self._known[key] = deepcopy(record)
        self._unwritten.pop(key, None)
        self._unwritten[key] = None

    def users(self) -> Iterable[str]:
        """Name all users, in the order of the inventory."""
        self.write()
        return self._records.names("users")

    def read(self, keys: Iterable[str]) -> None:
        """Read records in few queries, for `get` to have them at hand."""
        self._records.read(keys)

    def find_user(self, name: str) -> str | None:
        """Find a user name without regard to case."""
        self.write()
        return self._records.find_user(name)

    def find_address(self, content: Mapping[str, Any]) -> str | None:
        """Find the service address with the same postal content."""
        self.write()
        return self._records.find_address(content)

    def fresh_id(self, section: str) -> str:
        """Make an id that no record of the section has."""
        self.write()
        return self._records.fresh_id(section)

    def sites_at(self, address: str) -> Iterable[str]:
        """Name the sites at an address."""
        self.write()
        return self._records.sites_at(address)

    def holder(self, space: str, value: str) -> str | None:
        """Name the user that holds a number."""
        self.write()
        return self._records.holder(space, value)

    def users_with(self, field: str, value: str) -> Iterable[str]:
        """Name the users whose field is the value."""
        self.write()
        return self._records.users_with(field, value)

    def units_of(self, type: str, country: str, status: str) -> Iterable[str]:
        """List the units of a type in a country that have a status."""
        self.write()
        return self._records.units_of(type, country, status)

    def units_at(self, address: str) -> Iterable[str]:
        """List the units that are bound to an address."""
        self.write()
        return self._records.units_at(address)
