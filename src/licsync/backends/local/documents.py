"""The inventory document of one account in SQL tables, read and written as a whole."""

from __future__ import annotations

import gc
import json
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    CompoundSelect,
    Table,
    bindparam,
    delete,
    func,
    insert,
    literal,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy.engine import Connection

from licsync.backends.local.partial_reader import GONE_IDS, Version
from licsync.backends.local.sql_records import DELETE, UPDATE, body_of, of, row_of
from licsync.backends.local.tables import ACCOUNTS, NUMBERS, SECTIONS
from licsync.model.canonical import read_json
from licsync.model.inventory import Record, as_user, numbers_of
from licsync.model.license import State, state_of
from licsync.model.pool_use import PoolUse, pools_of

InventoryDocument = Mapping[str, Any]
"""An inventory document (contract, section 2): its head, and the records by section and name."""

_REPLACED = "it was replaced or changed while the vendor was read"
_ROWS_PER_STATEMENT = 5_000
_CREATE = text(
    "INSERT INTO console_accounts (account, head, edition, source) "
    "VALUES (:account, :head, :edition, :source) ON CONFLICT DO NOTHING"
)
_VERSION = select(ACCOUNTS.c.changed, ACCOUNTS.c.edition, ACCOUNTS.c.source).where(
    ACCOUNTS.c.account == bindparam("account")
)
_REPLACE_HEAD = (
    update(ACCOUNTS)
    .where(of(ACCOUNTS))
    .values({name: bindparam(name) for name in ("head", "edition", "source")})
)
_BODIES = {
    section: select(table.c.name, table.c.body)
    .where(table.c.account == bindparam("account"))
    .order_by(table.c.number)
    for section, table in SECTIONS.items()
}
_RELEASE = delete(NUMBERS).where(of(NUMBERS, "holder"))
_HEAD = select(ACCOUNTS.c.head).where(ACCOUNTS.c.account == bindparam("account"))


def _rows_of(*sections: str) -> CompoundSelect[Any]:
    """Select the head of an account, and all records of some sections."""
    head = (
        literal("").label("section"),
        literal(0).label("number"),
        literal("").label("name"),
        ACCOUNTS.c.head,
    )
    rows = [select(*head).where(ACCOUNTS.c.account == bindparam("account"))]
    for section in sections:
        table = SECTIONS[section]
        columns = (literal(section), table.c.number, table.c.name, table.c.body)
        rows.append(select(*columns).where(table.c.account == bindparam("account")))
    return union_all(*rows)


EVERYTHING = _rows_of(*SECTIONS)
"""Selects a whole inventory document."""

SMALL_SECTIONS = _rows_of(*(name for name in SECTIONS if name not in ("users", "licenses")))
"""Selects an inventory document without users and licenses."""


class NotSwapped(Exception):
    """What the store has was left as it is; the text says why."""


class AccountDocument:
    """The inventory document of one account, within one transaction.

    Args:
        connection: the transaction.
        account: the account's name.
    """

    def __init__(self, connection: Connection, account: str):
        self._connection = connection
        self._account = account

    # --- reading ----------------------------------------------------------------------------------

    def exists(self, *, for_update: bool = False) -> bool:
        """Tell whether the account was ever loaded or changed; `for_update` locks it."""
        query = _HEAD.with_for_update() if for_update else _HEAD
        return self._connection.execute(query, {"account": self._account}).first() is not None

    def version(self, *, for_update: bool = False) -> Version | None:
        """Name the account's records as they are; None if the account is empty."""
        query = _VERSION.with_for_update() if for_update else _VERSION
        row = self._connection.execute(query, {"account": self._account}).first()
        return Version(*row) if row is not None else None

    def read(self, query: CompoundSelect[Any]) -> dict[str, Any] | None:
        """Read the document; None if the account is empty.

        Args:
            query: `EVERYTHING` or `SMALL_SECTIONS`.
        """
        rows = self._connection.execute(query, {"account": self._account}).all()
        names: dict[str, list[str]] = {section: [] for section in ("", *SECTIONS)}
        bodies: dict[str, list[str]] = {section: [] for section in ("", *SECTIONS)}
        for section, _, name, body in sorted(rows, key=itemgetter(1)):
            names[section].append(name)
            bodies[section].append(body)
        if not bodies[""]:
            return None
        document: dict[str, Any] = read_json(bodies[""][0])
        document.pop(GONE_IDS, None)
        for section in SECTIONS:
            if names[section] or document.get(section) is not None:
                records = map(read_json, bodies[section])
                document[section] = dict(zip(names[section], records, strict=True))
        return document

    def pool_use(self) -> tuple[str, tuple[PoolUse, ...]]:
        """Count the units by type, country and state, and say when the inventory was seen."""
        table = SECTIONS["licenses"].c
        pool = table.type, table.country
        mine = select(*pool).where(table.account == self._account)
        settled = mine.where(table.status != "suspended").add_columns(table.status, func.count())
        suspended = mine.where(table.status == "suspended").add_columns(table.body)
        counts: Counter[tuple[str, str, State]] = Counter()
        for *key, number in self._connection.execute(settled.group_by(*pool, table.status)):
            counts[tuple(key)] = number
        for type_, country, body in self._connection.execute(suspended):
            counts[type_, country, state_of(read_json(body))] += 1
        head = self._connection.scalar(_HEAD, {"account": self._account})
        return read_json(head or "{}").get("as_of") or "", pools_of(counts)

    # --- writing ----------------------------------------------------------------------------------

    def create(self, document: InventoryDocument, edition: str = "", source: str = "") -> bool:
        """Create the account with the head of a document; False if somebody else did so first."""
        row = {"account": self._account, "head": _head_of(document), "edition": edition}
        return self._connection.execute(_CREATE, row | {"source": source}).rowcount == 1

    def replace(self, document: InventoryDocument, edition: str, source: str) -> None:
        """Replace everything, also what somebody else writes meanwhile into an empty account.

        Only records that differ are written.
        """
        # Every writer locks this row first; otherwise two could wait for each other. If there is
        # not a row, nothing is deleted: another transaction may fill the account between two
        # statements.
        while self.version(for_update=True) is None:
            if self.create(document, edition, source):
                self.insert_records(document)
                return
        head = self._connection.scalar(_HEAD, {"account": self._account}) or "{}"
        if gone := read_json(head).get(GONE_IDS):
            document = {**document, GONE_IDS: gone}
        row = {"of_account": self._account, "head": _head_of(document), "edition": edition}
        self._connection.execute(_REPLACE_HEAD, row | {"source": source})
        for section in SECTIONS:
            self._replace_section(section, document.get(section) or {})

    def swap(
        self,
        document: InventoryDocument,
        seen: Version | None,
        now: Version | None,
        source: str,
        *,
        is_final: bool,
    ) -> Version:
        """Replace everything, if it is still as it was seen.

        Args:
            document: the inventory document.
            seen: the account as it was when reading the document began; None: it was empty.
            now: the account as it is in this transaction; None: it is empty.
            source: what the document was read from. A plan does not replace what was read
                elsewhere.
            is_final: whether a run is over, whose result replaces what plans have read meanwhile.

        Returns:
            the account as it is afterwards.

        Raises:
            NotSwapped: the account is not as it was seen.
        """
        edition, edition_now = (version.edition if version else "" for version in (seen, now))
        is_changed = edition_now != edition if is_final else now != seen
        if is_changed:
            raise NotSwapped(_REPLACED)
        if not is_final and now is not None and now.source != source:
            raise NotSwapped("it was read from another address, or with other settings")
        edition = secrets.token_hex(8) if is_final else edition
        if now is not None:
            self.replace(document, edition, source)
        elif self.create(document, edition, source):
            self.insert_records(document)
        else:
            raise NotSwapped(_REPLACED)
        written = self.version()
        assert written is not None
        return written

    def _replace_section(self, section: str, records: Mapping[str, Record]) -> None:
        """Write the records of a section that differ; all of them, if their order differs.

        Numbers are written last, since one user may get that of another.
        """
        unchanged, gone, changed = list[str](), list[str](), list[str]()
        for name, body in self._connection.execute(_BODIES[section], {"account": self._account}):
            if name not in records:
                gone.append(name)
                continue
            unchanged.append(name)
            if body_of(records[name]) != body:
                changed.append(name)
        if unchanged != list(islice(records, len(unchanged))):
            gone, unchanged, changed = [*gone, *unchanged], [], []
        new = list(islice(records, len(unchanged), None))
        if section == "users":
            self._execute(_RELEASE, ({"of_holder": name} for name in [*gone, *changed]))
        self._execute(DELETE[section], ({"of_name": name} for name in gone))
        rows = (row_of(section, name, records[name]) for name in changed)
        self._execute(UPDATE[section], ({"of_name": row["name"], **row} for row in rows))
        table = SECTIONS[section]
        self._insert(table, (row_of(section, name, records[name]) for name in new))
        if section == "users":
            self._insert(NUMBERS, _number_rows({name: records[name] for name in [*changed, *new]}))

    def insert_records(self, document: InventoryDocument) -> None:
        """Insert the records of a document into a new account."""
        for section, table in SECTIONS.items():
            records: Mapping[str, Record] = document.get(section) or {}
            self._insert(table, (row_of(section, name, record) for name, record in records.items()))
        self._insert(NUMBERS, _number_rows(document.get("users") or {}))

    def _insert(self, table: Table, rows: Iterable[dict[str, Any]]) -> None:
        self._execute(insert(table), rows, "account")

    def _execute(
        self, statement: Any, rows: Iterable[dict[str, Any]], account: str = "of_account"
    ) -> None:
        """Write rows in blocks: all rows of a large account at once would take much memory."""
        complete = ({account: self._account, **row} for row in rows)
        while block := list(islice(complete, _ROWS_PER_STATEMENT)):
            self._connection.execute(statement, block)


def _head_of(document: InventoryDocument) -> str:
    """Write a document without its records."""
    return json.dumps(
        {k: {} if k in SECTIONS and v is not None else v for k, v in document.items()}
    )


def _number_rows(users: Mapping[str, Record]) -> Iterator[dict[str, str]]:
    for name, user in users.items():
        for space, value in numbers_of(as_user(user)):
            yield {"space": space, "value": value, "holder": name}


@contextmanager
def garbage_collection_paused() -> Iterator[None]:
    """Pause garbage collection while many objects are built, which saves a third of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
