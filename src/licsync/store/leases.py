"""The leases of accounts in an SQL database."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, insert, select, text, update
from sqlalchemy.engine import Connection, Engine, Row
from sqlalchemy.exc import IntegrityError

from licsync.diagnostics import Code, Locked, error
from licsync.engine.ports import Clock, Lease, StoreFailed
from licsync.model.labels import capitalized
from licsync.model.license import format_instant, parse_instant
from licsync.store.database import file_of, raising_store_failed
from licsync.store.processes import Process, is_dead, this_process
from licsync.store.tables import LEASES

_ORGANIZATION = "\x1forganization "  # which no account's name begins with

_ATTEMPTS = 20  # at a lease that many take and release at the same time

LEASE_SECONDS = 60
"""How long a lease holds unless renewed, by every write and by the engine between writes."""


class LeasedStore:
    """The leases of accounts; whatever is recorded under a lease renews it in the same transaction.

    Args:
        engine: the database.
        clock: measures the leases. By default the clock of the store: that of the database server,
            or for SQLite that of the file system with its file; never one that was set for
            planning.
        lease_seconds: how long a lease holds without being renewed.
        organization: the vendor's customer id, if it is known. All accounts of an organization
            share one lease, since they share the vendor's limits.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Clock | None = None,
        lease_seconds: float = LEASE_SECONDS,
        organization: str | None = None,
    ):
        self._organization = organization
        self._engine = engine
        self._clock = clock
        self._lease_seconds = lease_seconds
        self._lease: Lease | None = None

    @contextmanager
    def lock(self, account: str, owner: str, link: str | None = None) -> Iterator[Lease]:
        """Hold the account's lease.

        A lease that is over, or whose process on this machine is dead, is taken over.

        Raises:
            Locked: another run holds the lease.
            StoreFailed: the store cannot be written.
        """
        lease = self._acquire(account, owner, link)
        self._lease = lease
        try:
            yield lease
        finally:
            self._lease = None
            with suppress(StoreFailed), self._writing("The lock cannot be released") as connection:
                connection.execute(delete(LEASES).where(_held(lease)))

    def renew(self) -> None:
        """Renew the lease that is held.

        Raises:
            Locked: the lease is no longer held.
            StoreFailed: the store cannot be written.
        """
        with self._recording("The lock cannot be renewed"):
            pass

    def _acquire(self, account: str, owner: str, link: str | None) -> Lease:
        with raising_store_failed("The account cannot be locked"):
            for _ in range(_ATTEMPTS):
                # somebody else was first, and can be seen now, or has ended by now
                with suppress(IntegrityError):
                    return self._try(account, owner, link)
            return self._try(account, owner, link)

    def _scope(self, account: str) -> str:
        """Name what is leased for an account, as the table has it."""
        return account if self._organization is None else f"{_ORGANIZATION}{self._organization}"

    def _try(self, account: str, owner: str, link: str | None) -> Lease:
        process = this_process()
        scope = self._scope(account)
        with self._engine.begin() as connection:
            now = self._now(connection)
            row = connection.execute(
                select(LEASES).where(LEASES.c.account == scope).with_for_update()
            ).first()
            if row is not None and not self._is_over(connection, row):
                what = capitalized(_title(scope))
                raise _locked(row, f"{what} is locked by {_holder(row)}")
            until = format_instant(now + timedelta(seconds=self._lease_seconds))
            token = secrets.token_hex(16)
            lease = Lease(
                scope, owner, format_instant(now), until, token, self._lease_seconds, link
            )
            values: dict[str, Any] = {
                "token": token,
                "owner": owner,
                "since": lease.since,
                "until": until,
            }
            values |= {
                "host": process.host,
                "process": process.number,
                "born": process.born,
                "link": link,
            }
            if row is None:
                connection.execute(insert(LEASES).values(account=scope, **values))
            else:
                connection.execute(update(LEASES).where(LEASES.c.account == scope).values(**values))
        return lease

    def _renew(self, connection: Connection, lease: Lease) -> None:
        until = format_instant(self._now(connection) + timedelta(seconds=self._lease_seconds))
        here = {"of_account": lease.account, "of_token": lease.token, "until": until}
        if connection.execute(_RENEW, here).rowcount:
            return
        row = connection.execute(select(LEASES).where(LEASES.c.account == lease.account)).first()
        if row is not None:
            raise _locked(
                row, f"The lock of {_title(lease.account)} was taken over by {_holder(row)}"
            )
        message = f"The lock of {_title(lease.account)} was broken while the run went on."
        raise Locked(error(Code.LOCKED, message))

    def is_free(self, connection: Connection, account: str) -> bool:
        """Tell, within a transaction, whether no run holds the lease of the account."""
        row = connection.execute(
            select(LEASES).where(LEASES.c.account == self._scope(account))
        ).first()
        return row is None or self._is_over(connection, row)

    def holds(self, connection: Connection) -> bool:
        """Renew the lease within a transaction, and tell whether it is held still."""
        if self._lease is None:
            return False
        try:
            self._renew(connection, self._lease)
        except Locked:
            return False
        return True

    def _is_over(self, connection: Connection, row: Row[Any]) -> bool:
        now, until = self._now(connection), parse_instant(row.until)
        longest = timedelta(seconds=max(self._lease_seconds, LEASE_SECONDS))
        file = file_of(self._engine)
        # an older licsync on a machine whose clock is ahead
        if file is not None and until > now + 2 * longest:
            until = written_at(file) + longest  # every renewal writes to the file
        return until <= now or is_dead(_process(row))

    def unlock(self, account: str) -> Lease | None:
        """Break the account's lease; returns what was broken."""
        here = LEASES.c.account == self._scope(account)
        with self._writing("The lock cannot be broken") as connection:
            row = connection.execute(select(LEASES).where(here)).first()
            connection.execute(delete(LEASES).where(here))
        if row is None:
            return None
        return Lease(
            row.account, row.owner, row.since, row.until, row.token, self._lease_seconds, row.link
        )

    # --- transactions -----------------------------------------------------------------------------

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        reader = self._engine.execution_options(sqlite_begin="DEFERRED")
        with raising_store_failed("The store cannot be read"), reader.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self, what: str) -> Iterator[Connection]:
        with raising_store_failed(what), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _recording(self, what: str) -> Iterator[Connection]:
        """Write under the lease: in the same transaction it is renewed, or found lost."""
        if self._lease is None:
            raise RuntimeError("A run is recorded only while the account is locked.")
        with self._writing(what) as connection:
            self._renew(connection, self._lease)
            yield connection

    def _now(self, connection: Connection) -> datetime:
        if self._clock is not None:
            return self._clock()
        if connection.dialect.name == "postgresql":
            return connection.scalar(text("SELECT clock_timestamp()")) or datetime.now(UTC)
        file = file_of(self._engine)
        return file_system_now(file) if file is not None else datetime.now(UTC)


_RENEW = (
    update(LEASES)
    .where(
        (LEASES.c.account == bindparam("of_account")) & (LEASES.c.token == bindparam("of_token"))
    )
    .values(until=bindparam("until"))
)


def _held(lease: Lease) -> ColumnElement[bool]:
    return (LEASES.c.account == lease.account) & (LEASES.c.token == lease.token)


def _process(row: Row[Any]) -> Process:
    return Process(row.host, row.process, row.born)


def _title(scope: str) -> str:
    """Name for people what is leased."""
    found = scope.removeprefix(_ORGANIZATION)
    return f"account {scope}" if found == scope else f"organization {found}"


def _holder(row: Row[Any]) -> str:
    return f"{row.owner} ({', '.join(filter(None, (str(_process(row)), row.link)))})"


def _locked(row: Row[Any], what: str) -> Locked:
    return Locked(
        error(
            Code.LOCKED,
            f"{what} since {row.since}, until {row.until} unless renewed.",
            hint="Wait for it. If that run is certainly dead, break the lock: licsync unlock DIR.",
        )
    )


def written_at(file: Path) -> datetime:
    """Say when a file was written last, by the clock of its file system."""
    return datetime.fromtimestamp(file.stat().st_mtime, UTC)


def file_system_now(file: Path) -> datetime:
    """Give the instant by the clock of the file system that a file lies on.

    Machines that share a file need not agree on the time; the server of a share stamps what is
    written to it.
    """
    with tempfile.TemporaryFile(dir=file.parent) as stamp:
        stamp.write(b".")
        stamp.flush()
        return datetime.fromtimestamp(os.fstat(stamp.fileno()).st_mtime, UTC)
