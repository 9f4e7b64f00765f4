"""The console's records on SQL, for one account, within one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.engine import Connection

from licsync.backends.local.tables import ACCOUNTS, INDEXED, NUMBERS, SECTIONS, content_key
from licsync.model.inventory import Record, numbers_of
from licsync.model.records import fresh_id


class SqlRecords:
    """A `licsync.model.records.Records` on the tables of the local console."""

    def __init__(self, connection: Connection, account: str):
        self._connection = connection
        self._account = account

    @property
    def connection(self) -> Connection:
        """The connection, for what has to be committed together with the records."""
        return self._connection

    def get(self, key: str) -> Record | None:
        """Read a record."""
        section, _, name = key.partition("/")
        if section not in SECTIONS:
            return (self._head().get(section) or {}).get(name)
        table = SECTIONS[section]
        query = select(table.c.body).where(table.c.account == self._account, table.c.name == name)
        body = self._connection.scalar(query)
        return json.loads(body) if body is not None else None

    def put(self, key: str, record: Record | None) -> None:
        """Write a record, or remove it; what is looked up by goes with it."""
        section, _, name = key.partition("/")
        if section not in SECTIONS:
            self._put_in_head(section, name, record)
            return
        table = SECTIONS[section]
        here = (table.c.account == self._account) & (table.c.name == name)
        if record is None:
            self._connection.execute(delete(table).where(here))
            return
        row = row_of(section, name, record)
        if not self._connection.execute(update(table).where(here).values(**row)).rowcount:
            self._connection.execute(insert(table).values(account=self._account, **row))
        if section == "users":
            self._put_numbers(name, record)

    def _head(self) -> dict[str, Any]:
        """Read the rest of the inventory document, in which the records of kinds without a table of their own are."""
        head = self._connection.scalar(select(ACCOUNTS.c.head).where(ACCOUNTS.c.account == self._account))
        return dict(json.loads(head)) if head else {}

    def _put_in_head(self, section: str, name: str, record: Record | None) -> None:
        head = self._head()
        records = {**(head.get(section) or {}), name: record}
        head[section] = {name: record for name, record in records.items() if record is not None}
        self._connection.execute(
            update(ACCOUNTS).where(ACCOUNTS.c.account == self._account).values(head=json.dumps(head))
        )

    def _put_numbers(self, name: str, user: Mapping[str, Any]) -> None:
        here = (NUMBERS.c.account == self._account) & (NUMBERS.c.holder == name)
        held = {(n.space, n.value) for n in self._connection.execute(select(NUMBERS).where(here))}
        wanted = set(numbers_of(user))
        for space, value in held - wanted:
            gone = (NUMBERS.c.space == space) & (NUMBERS.c.value == value)
            self._connection.execute(delete(NUMBERS).where(here, gone))
        for space, value in sorted(wanted - held):
            row = {"account": self._account, "space": space, "value": value, "holder": name}
            self._connection.execute(insert(NUMBERS), row)

    def find_user(self, name: str) -> str | None:
        """Find a user name without regard to case."""
        return self._first("users", "folded", name.casefold())

    def find_address(self, content: Mapping[str, Any]) -> str | None:
        """Find the service address with the same postal content."""
        return min(self._names("service_addresses", content=content_key(content)), default=None)

    def fresh_id(self, section: str) -> str:
        """Make an id that no record of the section has."""
        table, column = SECTIONS[section], "id" if section == "users" else "name"
        query = select(func.count()).select_from(table).where(table.c.account == self._account)
        count = self._connection.scalar(query) or 0
        return fresh_id(section, count, lambda i: self._first(section, column, i) is not None)

    def sites_at(self, address: str) -> Iterable[str]:
        """Name the sites at an address."""
        return self._names("sites", service_address=address)

    def holder(self, space: str, value: str) -> str | None:
        """Name the user that holds a number."""
        query = select(NUMBERS.c.holder).where(
            NUMBERS.c.account == self._account, NUMBERS.c.space == space, NUMBERS.c.value == value
        )
        return self._connection.scalar(query)

    def users_with(self, field: str, value: str) -> Iterable[str]:
        """Name the users whose field is the value."""
        if field in SECTIONS["users"].c:
            return self._names("users", **{field: value})
        query = select(SECTIONS["users"].c.name, SECTIONS["users"].c.body)
        rows = self._connection.execute(query.where(SECTIONS["users"].c.account == self._account))
        return [name for name, body in rows if json.loads(body).get(field) == value]

    def units_at(self, address: str) -> Iterable[str]:
        """List the units that are bound to an address."""
        return self._names("licenses", service_address=address)

    def units_of(self, type: str, country: str, status: str) -> Iterable[str]:
        """List the ids of the units of a type in a country that have a status."""
        return self._names("licenses", type=type, country=country, status=status)

    def _first(self, section: str, column: str, value: str) -> str | None:
        return next(iter(self._names(section, **{column: value})), None)

    def _names(self, section: str, **values: str) -> Iterable[str]:
        table = SECTIONS[section]
        here = (table.c[column] == value for column, value in values.items())
        query = select(table.c.name).where(table.c.account == self._account, *here)
        return self._connection.scalars(query.order_by(table.c.number)).all()


def row_of(section: str, name: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """Make the row of a record, without its account."""
    return {"name": name, "body": json.dumps(record, separators=(",", ":")), **INDEXED[section](name, record)}
