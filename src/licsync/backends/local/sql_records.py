"""The console's records on SQL, for one account, within one transaction."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, cached_property
from typing import Any

from sqlalchemy import Table, and_, bindparam, delete, func, insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from licsync.backends.local.partial_reader import GONE_IDS
from licsync.backends.local.tables import ACCOUNTS, INDEXED, NUMBERS, SECTIONS, content_key
from licsync.engine.ports import BackendFailed
from licsync.model.console.records import fresh_id, id_number
from licsync.model.inventory import Record, as_user, holder_title, numbers_of, numbers_of_holder

_IDENTIFIED = ("users", "service_addresses")
"""The sections whose records get an id of `fresh_id`."""

UNSTORABLE = (DataError, UnicodeError)
"""Raised for text that a database cannot store: a NUL, half a surrogate pair."""


@contextmanager
def raising_backend_failed() -> Iterator[None]:
    """Turn whatever the database cannot do into BackendFailed.

    Raises:
        BackendFailed: the database cannot do its work.
    """
    try:
        yield
    except (DataError, IntegrityError):
        raise
    except SQLAlchemyError as fault:
        raise BackendFailed(
            f"The local console's database cannot do its work: {reason_of(fault)}."
        ) from fault


def reason_of(fault: Exception) -> str:
    """Give the database's own words in one line."""
    return str(getattr(fault, "orig", None) or fault).strip().partition("\n")[0]


class SqlRecords:
    """A `licsync.model.console.records.Records` on the tables of the local console."""

    def __init__(self, connection: Connection, account: str):
        self._connection = connection
        self._account = account
        self._bodies: dict[str, str | None] = {}
        # numbers of the last fresh ids, by section: those before are taken
        self._last_ids: dict[str, int] = {}

    @property
    def connection(self) -> Connection:
        """The connection, for what has to be committed together with the records."""
        return self._connection

    def read(self, keys: Iterable[str]) -> None:
        """Read records in few queries, for `get` to have them at hand."""
        names: dict[str, list[str]] = {section: [] for section in SECTIONS}
        for key in dict.fromkeys(keys):
            section, _, name = key.partition("/")
            if section in SECTIONS and key not in self._bodies:
                names[section].append(name)
                self._bodies[key] = None
        for section, wanted in names.items():
            for start in range(0, len(wanted), _AT_ONCE):
                some = {"of_account": self._account, "names": wanted[start : start + _AT_ONCE]}
                for name, body in self._connection.execute(_SOME[section], some):
                    self._bodies[f"{section}/{name}"] = body

    def get(self, key: str) -> Record | None:
        """Read a record."""
        section, _, name = key.partition("/")
        if section not in SECTIONS:
            return (self._head().get(section) or {}).get(name)
        if key in self._bodies:
            body = self._bodies[key]
        else:
            body = self._connection.scalar(
                _BODY[section], {"of_account": self._account, "of_name": name}
            )
        return json.loads(body) if body is not None else None

    def put(self, key: str, record: Record | None) -> None:
        """Write a record, or remove it; what is looked up by goes with it."""
        section, _, name = key.partition("/")
        if section not in SECTIONS:
            self._put_in_head(section, name, record)
            return
        here = {"of_account": self._account, "of_name": name}
        self._bodies.pop(key, None)
        if record is None:
            self._last_ids.pop(section, None)
            self._keep_id(section, name)
            self._connection.execute(DELETE[section], here)
            return
        row = row_of(section, name, record)
        if not self._connection.execute(UPDATE[section], here | row).rowcount:
            self._connection.execute(_INSERT[section], {"account": self._account, **row})
        self._bodies[key] = row["body"]
        if section == "users":
            self._put_numbers(name, record)

    def _keep_id(self, section: str, name: str) -> None:
        """Remember the number of an id that is deleted, so that nobody gets it again."""
        number = id_number(section, name, self.get(f"{section}/{name}") or {})
        head = self._head()
        gone = head.get(GONE_IDS) or {}
        if section in _IDENTIFIED and number > gone.get(section, 0):
            self._put_head({**head, GONE_IDS: {**gone, section: number}})

    def set_as_of(self, instant: str) -> None:
        """Note when the records were last known to be true, unless a later instant is noted."""
        head = self._head()
        if str(head.get("as_of", "")) < instant:
            self._put_head({**head, "as_of": instant})

    def _head(self) -> dict[str, Any]:
        """Read the head of the document, with the records of kinds that have no table."""
        head = self._connection.scalar(_HEAD, {"of_account": self._account})
        return dict(json.loads(head)) if head else {}

    def _put_in_head(self, section: str, name: str, record: Record | None) -> None:
        head = self._head()
        records = {**(head.get(section) or {}), name: record}
        head[section] = {name: record for name, record in records.items() if record is not None}
        self._put_head(head)

    def _put_head(self, head: Mapping[str, Any]) -> None:
        self._connection.execute(_PUT_HEAD, {"of_account": self._account, "head": json.dumps(head)})

    @cached_property
    def _taken(self) -> dict[tuple[str, str], str]:
        """The numbers of what is not a user, which no step changes."""
        holders = self._head().get("holders") or ()
        return {
            use: holder_title(holder) for holder in holders for use in numbers_of_holder(holder)
        }

    def _put_numbers(self, name: str, user: Mapping[str, Any]) -> None:
        here = {"of_account": self._account, "of_holder": name}
        held = {(n.space, n.value) for n in self._connection.execute(_HELD, here)}
        wanted = set(numbers_of(as_user(user)))
        for space, value in held - wanted:
            self._connection.execute(_RELEASE, {**here, "of_space": space, "of_value": value})
        for space, value in sorted(wanted - held):
            row = {"account": self._account, "space": space, "value": value, "holder": name}
            self._connection.execute(_TAKE, row)

    def names(self, section: str) -> Iterable[str]:
        """List the names of a section, in the order of the document."""
        return self._names(section)

    def find_user(self, name: str) -> str | None:
        """Find a user name without regard to case."""
        return self._first("users", "folded", name.casefold())

    def find_address(self, content: Mapping[str, Any]) -> str | None:
        """Find the service address with the same postal content."""
        return min(self._names("service_addresses", content=content_key(content)), default=None)

    def fresh_id(self, section: str) -> str:
        """Make an id that no record of the section has."""
        last = self._last_ids.get(section)
        if last is None:
            count = self._connection.scalar(_COUNT[section], {"of_account": self._account}) or 0
            last = max(count, (self._head().get(GONE_IDS) or {}).get(section, 0))
        found = fresh_id(section, last, self._taken_ids(section))
        self._last_ids[section] = int(found[1:])
        return found

    def _taken_ids(self, section: str) -> Callable[[str], bool]:
        """Make a test of whether an id is taken; it looks up many ids at once after the first."""
        asked: set[str] = set()
        taken: set[str] = set()

        def is_taken(id_: str) -> bool:
            if id_ not in asked:
                letter, number = id_[0], int(id_[1:])
                some = [f"{letter}{n}" for n in range(number, number + (_AT_ONCE if asked else 1))]
                asked.update(some)
                here = {"of_account": self._account, "ids": some}
                taken.update(self._connection.scalars(_TAKEN[section], here))
            return id_ in taken

        return is_taken

    def sites_at(self, address: str) -> Iterable[str]:
        """Name the sites at an address."""
        return self._names("sites", service_address=address)

    def holder(self, space: str, value: str) -> str | None:
        """Name the user, or what is none, that holds a number."""
        number = {"of_account": self._account, "of_space": space, "of_value": value}
        user: str | None = self._connection.scalar(_HOLDER, number)
        return user or self._taken.get((space, value))

    def users_with(self, field: str, value: str) -> Iterable[str]:
        """Name the users whose field is the value."""
        if field in SECTIONS["users"].c:
            return self._names("users", **{field: value})
        rows = self._connection.execute(_USERS, {"of_account": self._account})
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
        query = _names_with(section, tuple(values))
        return self._connection.scalars(query, {"of_account": self._account, **values}).all()


# --- statements, made once ------------------------------------------------------------------------

_AT_ONCE = 500  # names in one query


def of(table: Table, *columns: str) -> Any:
    """Find the rows of an account by columns, given as `of_` and their names."""
    return and_(*(table.c[column] == bindparam(f"of_{column}") for column in ("account", *columns)))


_BODY = {
    section: select(table.c.body).where(of(table, "name")) for section, table in SECTIONS.items()
}
_SOME = {
    section: select(table.c.name, table.c.body).where(
        of(table), table.c.name.in_(bindparam("names", expanding=True))
    )
    for section, table in SECTIONS.items()
}
DELETE = {section: delete(table).where(of(table, "name")) for section, table in SECTIONS.items()}
"""Deletes a record of a section, by `of_account` and `of_name`."""

_INSERT = {section: insert(table) for section, table in SECTIONS.items()}
UPDATE = {
    section: update(table)
    .where(of(table, "name"))
    .values({c.name: bindparam(c.name) for c in table.c if c.name not in ("number", "account")})
    for section, table in SECTIONS.items()
}
"""Updates a record of a section, named as for `DELETE`, with the values of `row_of`."""

_IDS = {
    section: table.c["id" if section == "users" else "name"] for section, table in SECTIONS.items()
}
_COUNT = {
    section: select(func.count()).select_from(table).where(of(table))
    for section, table in SECTIONS.items()
}
_TAKEN = {
    section: select(_IDS[section]).where(
        of(table), _IDS[section].in_(bindparam("ids", expanding=True))
    )
    for section, table in SECTIONS.items()
}
_USERS = select(SECTIONS["users"].c.name, SECTIONS["users"].c.body).where(of(SECTIONS["users"]))
_HEAD = select(ACCOUNTS.c.head).where(of(ACCOUNTS))
_PUT_HEAD = update(ACCOUNTS).where(of(ACCOUNTS)).values(head=bindparam("head"))
_HELD = select(NUMBERS.c.space, NUMBERS.c.value).where(of(NUMBERS, "holder"))
_RELEASE = delete(NUMBERS).where(of(NUMBERS, "holder", "space", "value"))
_TAKE = insert(NUMBERS)
_HOLDER = select(NUMBERS.c.holder).where(of(NUMBERS, "space", "value"))


@cache
def _names_with(section: str, columns: tuple[str, ...]) -> Any:
    table = SECTIONS[section]
    here = (table.c[column] == bindparam(column) for column in columns)
    return select(table.c.name).where(of(table), *here).order_by(table.c.number)


def body_of(record: Mapping[str, Any]) -> str:
    """Write a record as its row holds it."""
    return json.dumps(record, separators=(",", ":"))


def row_of(section: str, name: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """Make the row of a record, without its account."""
    return {
        "name": name,
        "body": body_of(record),
        **INDEXED[section](name, record),
    }
