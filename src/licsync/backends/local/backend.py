"""The local backend: an account in SQL tables, under the rules of `model.console.operations`."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Literal

from sqlalchemy import CompoundSelect, text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import IntegrityError

from licsync.backends.local.documents import (
    EVERYTHING,
    SMALL_SECTIONS,
    AccountDocument,
    NotSwapped,
    garbage_collection_paused,
)
from licsync.backends.local.partial_reader import PartialReader, Version
from licsync.backends.local.sql_records import (
    UNSTORABLE,
    SqlRecords,
    raising_backend_failed,
    reason_of,
)
from licsync.backends.local.step_outcome import outcome_by_effect
from licsync.backends.local.tables import SECTIONS
from licsync.diagnostics import Code, InputInvalid, error
from licsync.engine.ports import (
    Clock,
    NoteTicket,
    StepFailure,
    StepOutcome,
    StepRefused,
    StepRequest,
    perform_each,
)
from licsync.model.capabilities import LOCAL
from licsync.model.catalog import Catalog
from licsync.model.console.operations import ConsoleRefusal, perform
from licsync.model.console.step import Step
from licsync.model.inventory import Inventory, Record
from licsync.model.license import format_instant
from licsync.model.pool_use import PoolUse


class LocalBackend:
    """The embedded backend, a `licsync.engine.ports.Backend`.

    Its coroutines never wait for anything.

    Args:
        engine: a database whose tables are up to date, as `store.database.open_database` gives it.
        clock: the console's clock, for suspensions and the thirty days of a reinstatement.
        account: the account; several may live in one database.
        catalog: by which the console itself lets local numbers come and go with phone numbers, for
            whoever works in it without a plan. The steps of a plan name the units, so applying one
            needs no catalog.
        is_account: whether the records are the account itself, not what an export showed.
    """

    type = "local"
    capabilities = LOCAL
    batch_size = 200

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        account: str,
        catalog: Catalog | None = None,
        *,
        is_account: bool = True,
    ):
        self._engine = engine
        self._catalog = catalog
        self._is_account = is_account
        self._clock = clock
        self._account = account

    @property
    def account(self) -> str:
        """The account's name."""
        return self._account

    # --- reading ----------------------------------------------------------------------------------

    async def read(self) -> Inventory:
        """Read everything.

        Raises:
            BackendFailed: the database cannot do its work.
        """
        return self.read_now()

    def read_now(self) -> Inventory:
        """Read everything, in one query and so of one moment, without an event loop.

        Raises:
            BackendFailed: the database cannot do its work.
        """
        return Inventory.from_document(self.dump())

    def dump(self) -> dict[str, Any]:
        """Give the inventory document, as it was loaded and since changed.

        Raises:
            BackendFailed: the database cannot do its work.
        """
        return self._read_document(EVERYTHING)

    def pool_use(self) -> tuple[str, tuple[PoolUse, ...]]:
        """Count the units by type, country and state; gives also when the inventory was seen.

        Raises:
            BackendFailed: the database cannot do its work.
        """
        with self._reading() as connection:
            return AccountDocument(connection, self._account).pool_use()

    @contextmanager
    def open_reader(self) -> Iterator[PartialReader | None]:
        """Look at the account; None where it is empty.

        Raises:
            BackendFailed: the database cannot do its work.
        """
        with self._reading() as connection, garbage_collection_paused():

            def execute(statement: str, values: Mapping[str, Any]) -> Iterable[Any]:
                return (tuple(row) for row in connection.execute(text(statement), values))

            yield PartialReader.open(execute, self._account, at_once=True)

    def _read_document(self, query: CompoundSelect[Any]) -> dict[str, Any]:
        with self._reading() as connection, garbage_collection_paused():
            document = AccountDocument(connection, self._account).read(query)
        return document if document is not None else self._empty()

    def is_empty(self) -> bool:
        """Tell whether the account was never loaded and never changed.

        Raises:
            BackendFailed: the database cannot do its work.
        """
        with self._reading() as connection:
            return not AccountDocument(connection, self._account).exists()

    async def fetch(self, keys: Iterable[str], *, whole: bool = False) -> dict[str, Record | None]:
        """Read just these records, which are always whole; None where there is none.

        Raises:
            BackendFailed: the database cannot do its work.
        """
        wanted = dict.fromkeys(keys)
        with self._reading() as connection:
            records = SqlRecords(connection, self._account)
            records.read(wanted)
            return {key: records.get(key) for key in wanted}

    # --- writing ----------------------------------------------------------------------------------

    async def perform_all(self, requests: Sequence[StepRequest]) -> Sequence[StepFailure | None]:
        """Perform steps in one transaction; if one is refused, each in its own. See the port."""
        with suppress(StepRefused):
            self._perform(requests)
            return [None] * len(requests)
        return await perform_each(self._perform_one, requests)

    async def _perform_one(
        self, step: Step, before: Mapping[str, Record | None], note: NoteTicket
    ) -> None:
        self._perform([StepRequest(step, before, note)])

    def _perform(self, requests: Sequence[StepRequest]) -> None:
        """Perform steps in one transaction, all or none.

        Raises:
            StepRefused: the console refuses one of them.
            BackendFailed: the database cannot do its work.
        """
        try:
            with self._writing() as connection:
                self._ensure_account(connection)
                records = SqlRecords(connection, self._account)
                records.read(key for request in requests for key in request.before)
                for request in requests:
                    step, before = request.step, request.before
                    changed = next((key for key in before if records.get(key) != before[key]), None)
                    if changed is not None:
                        raise StepRefused(f"{changed} has changed since it was read.")
                    perform(records, step, self._clock(), self._catalog)
                if self._is_account:
                    records.set_as_of(format_instant(self._clock()))
        except ConsoleRefusal as refusal:
            raise StepRefused(str(refusal)) from refusal
        except UNSTORABLE as fault:
            raise StepRefused(f"{step.name} cannot be stored: {reason_of(fault)}") from fault

    def _ensure_account(self, connection: Connection) -> None:
        """Lock the account, and create it if it does not exist."""
        document = AccountDocument(connection, self._account)
        if not document.exists(for_update=True):
            document.create(self._empty())

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
            self._ensure_account(connection)
            records = SqlRecords(connection, self._account)
            yield records
            if use == "try":
                transaction.rollback()
            else:
                records.set_as_of(format_instant(self._clock()))

    def try_step(self, step: Step) -> None:
        """Learn whether the console would refuse a step; nothing is changed.

        Raises:
            StepRefused: it would.
            BackendFailed: the database cannot do its work.
        """
        try:
            with self.records("try") as records:
                perform(records, step, self._clock(), self._catalog)
        except ConsoleRefusal as refusal:
            raise StepRefused(str(refusal)) from refusal

    async def outcome_of(
        self, step: Step, before: Mapping[str, Record | None], ticket: str | None
    ) -> StepOutcome:
        """Find out what became of a step by what it would have made of its records."""
        if step.op == "service_address.create":
            with self._reading() as connection:
                found = SqlRecords(connection, self._account).find_address(step.args["content"])
            return "undone" if found is None else "done"
        now = await self.fetch(before)
        if now == before:
            return "undone"
        places = self._read_document(SMALL_SECTIONS)
        return outcome_by_effect(step, before, now, places, self._clock())

    def recall(self, records: Iterable[Record | None]) -> None:
        """Do nothing: the records hold everything that a license carries; see the port."""

    def record_restores(self, found: Mapping[str, Mapping[str, Record]]) -> None:
        """Note nothing: licenses are changed in place, and lose nothing."""

    async def close(self) -> None:
        """Nothing is to be let go of: the database belongs to whoever opened it."""

    def version(self) -> Version | None:
        """Name the records as they are; None where the account is empty.

        Raises:
            BackendFailed: the database cannot do its work.
        """
        with self._reading() as connection:
            return AccountDocument(connection, self._account).version()

    def load(self, document: Mapping[str, Any], source: str = "") -> None:
        """Replace everything by a document that has been checked.

        Args:
            document: the inventory document.
            source: what it was read from (`Version`).

        Raises:
            InputInvalid, BackendFailed: it cannot be stored. Nothing was changed.
        """
        with self._storing() as connection:
            AccountDocument(connection, self._account).replace(
                document, secrets.token_hex(8), source
            )

    def seed(self, document: Callable[[], Mapping[str, Any]], source: str = "") -> None:
        """Fill the account where it is empty; nobody else can fill it meanwhile.

        Raises:
            InputInvalid, BackendFailed: it cannot be stored. Nothing was changed.
        """
        with self._storing() as connection:
            stored = AccountDocument(connection, self._account)
            if stored.version() is None and stored.create(found := document(), source=source):
                stored.insert_records(found)

    def swap(
        self,
        document: Mapping[str, Any],
        seen: Version | None,
        source: str,
        may: Callable[[Connection], bool],
        *,
        is_final: bool,
    ) -> Version:
        """Replace everything with what was read from 8x8, if its basis is unchanged.

        Args:
            document: the inventory document.
            seen: the account as it was before the vendor was asked; None where it was empty.
            source: what the document was read from.
            may: asked in the same transaction: tells whether the caller may write at all.
            is_final: whether a run is over. Its result replaces what plans have read.

        Raises:
            NotSwapped: somebody else wrote meanwhile, or works on the account; nothing was changed.
            InputInvalid, BackendFailed: as `load`.
        """
        with self._storing() as connection:
            stored = AccountDocument(connection, self._account)
            now = stored.version(for_update=True)
            if not may(connection):
                raise NotSwapped("another run works on the account")
            return stored.swap(document, seen, now, source, is_final=is_final)

    @contextmanager
    def _storing(self) -> Iterator[Connection]:
        """Write documents in one transaction.

        Raises:
            InputInvalid, BackendFailed: they cannot be stored. Nothing was changed.
        """
        try:
            with self._writing() as connection:
                yield connection
        except (IntegrityError, KeyError, TypeError, *UNSTORABLE) as fault:
            reason = reason_of(fault)
            raise InputInvalid(
                error(Code.INVENTORY_INVALID, f"The inventory document cannot be stored: {reason}.")
            ) from fault

    def _empty(self) -> dict[str, Any]:
        head = {
            "format_version": "1",
            "account": self._account,
            "as_of": format_instant(self._clock()) if self._is_account else "",
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
