"""The vendor's console in a box: an account in SQL tables, with the rules of `model.console.operations`."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from operator import itemgetter
from typing import Any, Literal

from sqlalchemy import (
    CompoundSelect,
    Table,
    bindparam,
    delete,
    insert,
    literal,
    select,
    text,
    union_all,
)
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import IntegrityError

from licsync.backends.local.failures import (
    UNSTORABLE,
    garbage_collection_paused,
    raising_backend_failed,
    reason_of,
)
from licsync.backends.local.partial_reader import PartialReader, Version
from licsync.backends.local.sql_records import SqlRecords, row_of
from licsync.backends.local.tables import ACCOUNTS, NUMBERS, SECTIONS
from licsync.diagnostics import Code, InputInvalid, error
from licsync.engine.ports import Clock, StepOutcome, StepRefused
from licsync.model.canonical import read_json
from licsync.model.capabilities import LOCAL
from licsync.model.catalog import Catalog
from licsync.model.console.operations import ConsoleRefusal, InMemoryRecords, perform
from licsync.model.console.step import Step
from licsync.model.declarations import KINDS
from licsync.model.inventory import Inventory, Record, numbers_of
from licsync.model.license import format_instant

_AT_ONCE = 5_000  # rows in one statement
_CLAIM = text(
    "INSERT INTO console_accounts (account, head, edition, source) VALUES (:account, :head, :edition, :source) "
    "ON CONFLICT DO NOTHING"
)
_MEANWHILE = "it was replaced or changed while the vendor was read"
_VERSION = select(ACCOUNTS.c.changed, ACCOUNTS.c.edition, ACCOUNTS.c.source).where(
    ACCOUNTS.c.account == bindparam("account")
)
_HEAD = select(ACCOUNTS.c.head).where(ACCOUNTS.c.account == bindparam("account"))


def _rows_of(*sections: str) -> CompoundSelect[Any]:
    """Read the head of an account, and all records of some sections."""
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


_EVERYTHING = _rows_of(*SECTIONS)
_PLACES = _rows_of(*(section for section in SECTIONS if section not in ("users", "licenses")))


class NotSwapped(Exception):
    """What the store has was left as it is; the text says why."""


class LocalBackend:
    """The embedded backend, a `licsync.engine.ports.Backend`.

    Its coroutines never wait for anything.

    Args:
        engine: a database whose tables are up to date, as `store.database.open_database` gives it.
        clock: the console's clock, for suspensions and the thirty days of a reinstatement.
        account: the account; several may live in one database.
        catalog: by which the console itself lets local numbers come and go with phone numbers, for
            whoever works in it without a plan. The steps of a plan name the units, so applying one
            needs no catalogue.
    """

    type = "local"
    capabilities = LOCAL

    def __init__(self, engine: Engine, clock: Clock, account: str, catalog: Catalog | None = None):
        self._engine = engine
        self._catalog = catalog
        self._clock = clock
        self._account = account

    @property
    def account(self) -> str:
        """The account's name."""
        return self._account

    # --- reading ----------------------------------------------------------------------------------

    async def read(self) -> Inventory:
        """Read everything. Raises BackendFailed."""
        return self.read_now()

    def read_now(self) -> Inventory:
        """Read everything, in one query and so of one moment, without an event loop.

        Raises BackendFailed.
        """
        return Inventory.from_document(self.dump())

    def dump(self) -> dict[str, Any]:
        """Give the inventory document, as it was loaded and since changed. Raises BackendFailed."""
        return self._read_document(_EVERYTHING)

    def _read_document(self, query: CompoundSelect[Any]) -> dict[str, Any]:
        with self._reading() as connection, garbage_collection_paused():
            rows = connection.execute(query, {"account": self._account}).all()
            return self._document(rows)

    @contextmanager
    def open_reader(self) -> Iterator[PartialReader | None]:
        """Look at the account; None where it is empty. Raises BackendFailed."""
        with self._reading() as connection, garbage_collection_paused():

            def execute(statement: str, values: Mapping[str, Any]) -> Iterable[Any]:
                return (tuple(row) for row in connection.execute(text(statement), values))

            yield PartialReader.open(execute, self._account, at_once=True)

    def _document(self, rows: Iterable[Sequence[Any]]) -> dict[str, Any]:
        names: dict[str, list[str]] = {section: [] for section in ("", *SECTIONS)}
        bodies: dict[str, list[str]] = {section: [] for section in ("", *SECTIONS)}
        for section, _, name, body in sorted(rows, key=itemgetter(1)):
            names[section].append(name)
            bodies[section].append(body)
        document: dict[str, Any] = read_json(bodies[""][0]) if bodies[""] else self._empty()
        for section in SECTIONS:
            if names[section] or document.get(section) is not None:
                records = map(read_json, bodies[section])
                document[section] = dict(zip(names[section], records, strict=True))
        return document

    def is_empty(self) -> bool:
        """Tell whether the account was never loaded and nothing was ever done in it.

        Raises BackendFailed.
        """
        with self._reading() as connection:
            return connection.execute(_HEAD, {"account": self._account}).first() is None

    async def fetch(self, keys: Iterable[str], *, whole: bool = False) -> dict[str, Record | None]:
        """Read just these records, which are always whole; None where there is none.

        Raises BackendFailed.
        """
        wanted = dict.fromkeys(keys)
        with self._reading() as connection:
            records = SqlRecords(connection, self._account)
            records.read(wanted)
            return {key: records.get(key) for key in wanted}

    # --- writing ----------------------------------------------------------------------------------

    async def perform(
        self, step: Step, before: Mapping[str, Record | None], note: Callable[[str], None]
    ) -> None:
        """Do one step, durably, before returning. Raises StepRefused, or BackendFailed."""
        self._perform([(step, before)])

    async def perform_all(
        self, steps: Sequence[tuple[Step, Mapping[str, Record | None]]]
    ) -> Sequence[StepRefused | None]:
        """Do steps one after the other, durably, in one transaction; where one is refused, each in its own."""
        with suppress(StepRefused):
            self._perform(steps)
            return [None] * len(steps)
        refusals: list[StepRefused | None] = []
        for one in steps:
            try:
                self._perform([one])
                refusals.append(None)
            except StepRefused as refusal:
                refusals.append(refusal)
        return refusals

    def _perform(self, steps: Sequence[tuple[Step, Mapping[str, Record | None]]]) -> None:
        """Do steps in one transaction, all or none. Raises StepRefused, or BackendFailed."""
        try:
            with self._writing() as connection:
                if (
                    connection.execute(_HEAD.with_for_update(), {"account": self._account}).first()
                    is None
                ):
                    self._claim(connection, self._empty())
                records = SqlRecords(connection, self._account)
                records.read(key for _, before in steps for key in before)
                for step, before in steps:
                    if (
                        changed := next((k for k in before if records.get(k) != before[k]), None)
                    ) is not None:
                        raise StepRefused(f"{changed} has changed meanwhile.")
                    perform(records, step, self._clock(), self._catalog)
                records.set_as_of(format_instant(self._clock()))
        except ConsoleRefusal as refusal:
            raise StepRefused(str(refusal)) from refusal
        except UNSTORABLE as fault:
            raise StepRefused(f"{step.name} cannot be stored: {reason_of(fault)}") from fault

    @contextmanager
    def records(self, use: Literal["look", "try", "change"]) -> Iterator[SqlRecords]:
        """Give the records within one transaction, to do several steps at once, all or nothing.

        Args:
            use: what for: only to look things up; to learn whether something would be refused, and
                take back whatever was done; or to change them.

        Raises:
            BackendFailed: the database cannot do its work, and nothing was changed.
        """
        if use == "look":
            with self._reading() as connection:
                yield SqlRecords(connection, self._account)
            return
        with (
            raising_backend_failed(),
            self._engine.connect() as connection,
            connection.begin() as transaction,
        ):
            if (
                connection.execute(_HEAD.with_for_update(), {"account": self._account}).first()
                is None
            ):
                self._claim(connection, self._empty())
            records = SqlRecords(connection, self._account)
            yield records
            if use == "try":
                transaction.rollback()
            else:
                records.set_as_of(format_instant(self._clock()))

    async def outcome_of(
        self, step: Step, before: Mapping[str, Record | None], ticket: str | None
    ) -> StepOutcome:
        """Tell what became of a step that was begun, by what it would have made of the records before."""
        if step.op == "service_address.create":
            with self._reading() as connection:
                found = SqlRecords(connection, self._account).find_address(step.args["content"])
            return "undone" if found is None else "done"
        now = await self.fetch(before)
        if now == before:
            return "undone"
        try:
            foretold = self._predict(step, before)
        except ConsoleRefusal:
            return "unknown"
        return "done" if _comparable(now, before) == _comparable(foretold, before) else "unknown"

    def recall(self, records: Iterable[Record | None]) -> None:
        """Learn nothing: a license takes nothing along that its record does not have; see the port."""

    def record_restores(self, found: Mapping[str, Mapping[str, Record]]) -> None:
        """Note nothing: licenses are changed in place, and lose nothing."""

    async def close(self) -> None:
        """Nothing is to be let go of: the database belongs to whoever opened it."""

    def _predict(self, step: Step, before: Mapping[str, Record | None]) -> dict[str, Record | None]:
        """Do a step on the records as they were, among the places and policies of today."""
        document = self._read_document(_PLACES)
        sections = (kind.section for kind in KINDS.values() if kind.name not in ("user", "license"))
        records = InMemoryRecords({section: document.get(section) or {} for section in sections})
        for key, record in before.items():
            records.put(key, record)
        perform(records, step, self._clock())
        return {key: records.get(key) for key in before}

    def version(self) -> Version | None:
        """Name the records as they are; None where the account is empty. Raises BackendFailed."""
        with self._reading() as connection:
            return self._version(connection)

    def load(self, document: Mapping[str, Any], source: str = "") -> None:
        """Replace everything by a document that has been checked.

        Args:
            document: the inventory document.
            source: what it was read from (`Version`).

        Raises:
            InputInvalid: it cannot be stored, and nothing was changed.
            BackendFailed: the database cannot do its work, and nothing was changed.
        """
        with self._storing() as connection:
            self._replace(connection, document, secrets.token_hex(8), source)

    def seed(self, document: Callable[[], Mapping[str, Any]], source: str = "") -> None:
        """Fill the account where it is empty; nobody else can fill it meanwhile.

        Raises as `load`.
        """
        with self._storing() as connection:
            if self._version(connection) is None and self._claim(
                connection, found := document(), source=source
            ):
                self._fill(connection, found)

    def swap(
        self,
        document: Mapping[str, Any],
        seen: Version | None,
        source: str,
        may: Callable[[Connection], bool],
        *,
        is_final: bool,
    ) -> Version:
        """Replace everything by what was read from the vendor, if what that is based on is unchanged.

        Args:
            document: the inventory document.
            seen: the account as it was before the vendor was asked; None where it was empty.
            source: what the document was read from (`Version`). A plan does not replace what was
                read elsewhere.
            may: asked in the same transaction: tells whether the caller may write at all.
            is_final: whether a run is over, whose result replaces what plans have read meanwhile.

        Raises:
            NotSwapped: somebody else wrote meanwhile, or works on the account; nothing was changed.
            InputInvalid, BackendFailed: as `load`.
        """
        with self._storing() as connection:
            now = self._version(connection, for_update=True)
            if not may(connection):
                raise NotSwapped("another run works on the account")
            edition = seen.edition if seen else ""
            if (now.edition if now else "") != edition if is_final else now != seen:
                raise NotSwapped(_MEANWHILE)
            if not is_final and now is not None and now.source != source:
                raise NotSwapped("it was read from another address, or with other settings")
            edition = secrets.token_hex(8) if is_final else edition
            if now is not None:
                self._replace(connection, document, edition, source)
            elif self._claim(connection, document, edition, source):
                self._fill(connection, document)
            else:
                raise NotSwapped(_MEANWHILE)
            written = self._version(connection)
            assert written is not None
            return written

    def _version(self, connection: Connection, *, for_update: bool = False) -> Version | None:
        query = _VERSION.with_for_update() if for_update else _VERSION
        row = connection.execute(query, {"account": self._account}).first()
        return Version(*row) if row is not None else None

    def _replace(
        self, connection: Connection, document: Mapping[str, Any], edition: str, source: str
    ) -> None:
        """Replace everything; where the account was empty and somebody else fills it meanwhile, that as well."""
        while True:
            # Everybody locks this row first: else two could wait for each other. Where there is
            # none, nothing is deleted: another transaction may fill the account between two
            # statements.
            if self._version(connection, for_update=True) is not None:
                for table in (NUMBERS, *SECTIONS.values(), ACCOUNTS):
                    connection.execute(delete(table).where(table.c.account == self._account))
            if self._claim(connection, document, edition, source):
                break
        self._fill(connection, document)

    @contextmanager
    def _storing(self) -> Iterator[Connection]:
        """Write documents in one transaction.

        Raises InputInvalid or BackendFailed, and nothing was changed.
        """
        try:
            with self._writing() as connection:
                yield connection
        except (IntegrityError, KeyError, TypeError, *UNSTORABLE) as fault:
            reason = reason_of(fault)
            raise InputInvalid(
                error(Code.INVENTORY_INVALID, f"The inventory document cannot be stored: {reason}.")
            ) from fault

    def _claim(
        self,
        connection: Connection,
        document: Mapping[str, Any],
        edition: str = "",
        source: str = "",
    ) -> bool:
        """Begin the account with the head of a document; False where somebody else did that first."""
        head = {k: {} if k in SECTIONS and v is not None else v for k, v in document.items()}
        row = {
            "account": self._account,
            "head": json.dumps(head),
            "edition": edition,
            "source": source,
        }
        return connection.execute(_CLAIM, row).rowcount == 1

    def _fill(self, connection: Connection, document: Mapping[str, Any]) -> None:
        """Insert the records of a document."""
        for section, table in SECTIONS.items():
            records: Mapping[str, Record] = document.get(section) or {}
            self._insert(
                connection,
                table,
                (row_of(section, name, record) for name, record in records.items()),
            )
        users: Mapping[str, Record] = document.get("users") or {}
        numbers = (
            {"space": space, "value": value, "holder": name}
            for name, user in users.items()
            for space, value in numbers_of(user)
        )
        self._insert(connection, NUMBERS, numbers)

    def _insert(self, connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
        """Insert rows, some thousands at a time: all of a large account would take much memory."""
        of_account = ({"account": self._account, **row} for row in rows)
        while some := list(islice(of_account, _AT_ONCE)):
            connection.execute(insert(table), some)

    def _empty(self) -> dict[str, Any]:
        head = {
            "format_version": "1",
            "account": self._account,
            "as_of": format_instant(self._clock()),
        }
        return head | {section: {} for section in SECTIONS}

    # --- transactions -----------------------------------------------------------------------------

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with (
            raising_backend_failed(),
            self._engine.execution_options(sqlite_begin="DEFERRED").connect() as connection,
        ):
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with raising_backend_failed(), self._engine.begin() as connection:
            yield connection


def _comparable(
    records: Mapping[str, Record | None], before: Mapping[str, Record | None]
) -> dict[str, Any]:
    """Leave out what depends on when a step was done: the time of a suspension, the id of a new record."""
    result: dict[str, Any] = {}
    for key, record in records.items():
        result[key] = dict(record) if record is not None else None
        if record is not None and before[key] is None:
            result[key].pop("id", None)
        if record is not None and isinstance(record.get("suspended"), dict):
            result[key]["suspended"] = {**record["suspended"], "at": None}
    return result
