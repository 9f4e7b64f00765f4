"""The store in an SQL database: one lease for each account, and a journal that is written before anything is done."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, text, update
from sqlalchemy.engine import Connection, Engine, Row
from sqlalchemy.exc import IntegrityError

from licsync.diagnostics import Code, Locked, error
from licsync.engine.ports import AuditResult, Clock, JournalEntry, Lease, Run, RunState, StoreFailed
from licsync.model.console.step import Step
from licsync.model.license import format_instant, parse_instant
from licsync.store import audit_log as chain
from licsync.store import journal_checksums as sums
from licsync.store.database import (
    compact,
    file_of,
    file_system_now,
    raising_store_failed,
    written_at,
)
from licsync.store.encryption import Cipher
from licsync.store.process_identity import Process, is_dead, this_process
from licsync.store.row_mapping import run_of
from licsync.store.tables import JOURNAL, LEASES, RUNS, USED_PLANS

_ORGANIZATION = "\x1forganization "  # which no account's name begins with

_ATTEMPTS = 20  # at a lease that many take and release at the same time

LEASE_SECONDS = 60
"""How long a lease holds without being renewed; every write renews it, and the engine between them."""


class SqlStore:
    """A `licsync.engine.ports.Store` on a database that `open_database` opened.

    Args:
        engine: the database.
        clock: measures the leases. By default the clock of the store: of the database server, or
            for SQLite of the file system that the file lies on; never one that was set for
            planning.
        lease_seconds: how long a lease holds without being renewed.
        seal: encrypts what the journal holds of users.
        organization: the vendor's customer id, where it is known: all accounts of an organization
            share one lease, since they share what the vendor allows it.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Clock | None = None,
        lease_seconds: float = LEASE_SECONDS,
        cipher: Cipher | None = None,
        organization: str | None = None,
    ):
        self._organization = organization
        self._engine = engine
        self._clock = clock
        self._lease_seconds = lease_seconds
        self._seal = cipher or Cipher()
        self._lease: Lease | None = None

    # --- the lease --------------------------------------------------------------------------------

    @contextmanager
    def lock(self, account: str, owner: str, link: str | None = None) -> Iterator[Lease]:
        """Hold the account's lease.

        A lease that is over, or whose process on this machine is dead, is taken over.
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
        """Renew the lease that is held. Raises Locked where it is held no longer."""
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
                title = _title(scope)
                raise _locked(row, f"{title[0].upper()}{title[1:]} is locked by {_holder(row)}")
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
        """Tell, within a transaction, whether nobody works on the account."""
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

    # --- runs and their journal -------------------------------------------------------------------

    def is_used(self, checksum: str) -> bool:
        """Tell whether a plan file was applied already."""
        with self._reading() as connection:
            query = select(USED_PLANS.c.run).where(USED_PLANS.c.checksum == checksum)
            return connection.execute(query).first() is not None

    def begin(self, run: Run) -> None:
        """Record a run, its pre-images and its plan, which is used from now on."""
        with self._recording("The run cannot be recorded") as connection:
            row: dict[str, Any] = {
                "id": run.id,
                "account": run.account,
                "actor": run.actor,
                "state": run.state,
            }
            row |= {"started_at": run.started_at, "link": run.link, "planned_for": run.planned_for}
            row |= {
                "plan": _text(self._seal_plan(run.plan)),
                "preimages": self._sealed(run.preimages),
            }
            connection.execute(insert(RUNS).values(**row, salt=secrets.token_hex(16)))
            sums.begin(connection, run.id)
            chain.append_begin(connection, run.id)
            checksum = run.plan.get("checksum")
            used = select(USED_PLANS.c.run).where(USED_PLANS.c.checksum == checksum)
            if checksum and connection.execute(used).first() is None:
                connection.execute(insert(USED_PLANS).values(checksum=checksum, run=run.id))

    def record_intents(
        self, run: str, *entries: JournalEntry, settled: Sequence[JournalEntry] = ()
    ) -> None:
        """Record that steps are about to be sent, with what they will overwrite, and how those before ended."""
        with self._recording("The step cannot be recorded") as connection:
            rows = [
                {
                    "run": run,
                    "position": entry.position,
                    "action": entry.action,
                    "ticket": entry.ticket,
                }
                | {
                    "state": "intended",
                    "step": self._sealed(entry.step.to_json()),
                    "before": self._sealed(entry.before),
                }
                for entry in entries
            ]
            with sums.updating_sum(
                connection, run, {entry.position for entry in (*entries, *settled)}
            ):
                self._settle(connection, run, settled)
                connection.execute(_INTENT, rows)

    def record_operation(self, run: str, entry: JournalEntry) -> None:
        """Record the ticket of the last attempt at a step."""
        with (
            self._recording("The step's ticket cannot be recorded") as connection,
            sums.updating_sum(connection, run, {entry.position}),
        ):
            connection.execute(
                _TICKET, [{"of_run": run, "at": entry.position, "ticket": entry.ticket}]
            )

    def record_results(self, run: str, *entries: JournalEntry) -> None:
        """Record how the last attempts at steps ended."""
        with (
            self._recording("The step's result cannot be recorded") as connection,
            sums.updating_sum(connection, run, {entry.position for entry in entries}),
        ):
            self._settle(connection, run, entries)

    def finish(self, run: str, state: RunState, at: str) -> None:
        """Close a run."""
        with self._recording("The end of the run cannot be recorded") as connection:
            connection.execute(
                update(RUNS).where(RUNS.c.id == run).values(state=state, finished_at=at)
            )
            chain.append_end(connection, run)

    def reopen(self, run: str) -> None:
        """Go on with a run that was closed as failed."""
        with self._recording("The run cannot be opened again") as connection:
            connection.execute(
                update(RUNS).where(RUNS.c.id == run).values(state="open", finished_at=None)
            )
            chain.append_reopen(connection, run)

    def run(self, run: str) -> Run | None:
        """Read a run with its journal."""
        journal = select(JOURNAL).where(JOURNAL.c.run == run).order_by(JOURNAL.c.number)
        with self._reading() as connection:
            row = connection.execute(select(RUNS).where(RUNS.c.id == run)).first()
            rows = connection.execute(journal).all()
        if row is None:
            return None
        found = run_of(row)
        if "sealed" in found.plan:
            found.plan = self._opened(found.plan["sealed"])
        return replace(
            found, preimages=self._opened(row.preimages), entries=[self._entry(r) for r in rows]
        )

    def open_run(self, account: str) -> Run | None:
        """Find the run that was begun and not finished, with its journal."""
        query = (
            select(RUNS.c.id)
            .where(RUNS.c.account == account, RUNS.c.state == "open")
            .order_by(RUNS.c.number)
        )
        with self._reading() as connection:
            found = connection.scalar(query)
        return self.run(found) if found is not None else None

    def open_runs(self) -> list[Run]:
        """List the runs of all accounts that were begun and not finished, without their journals and pre-images."""
        query = select(RUNS).where(RUNS.c.state == "open").order_by(RUNS.c.number)
        with self._reading() as connection:
            return [run_of(row) for row in connection.execute(query).all()]

    def verify(self, account: str) -> AuditResult:
        """Look whether the history of an account is as it was written."""
        return chain.verify(self._engine, account)

    def runs(self, account: str) -> list[Run]:
        """List the runs, newest first, without their journals and pre-images."""
        query = select(RUNS).where(RUNS.c.account == account).order_by(RUNS.c.number.desc())
        with self._reading() as connection:
            return [run_of(row) for row in connection.execute(query).all()]

    def prune(self, account: str, before: str, at: str) -> list[Run]:
        """Remove what old runs hold of users: their journals and pre-images, and what their plans did.

        The runs stay in the history, and their plans stay used. A run that is open is left alone,
        and so is the last one, which a resume may go on with.

        Args:
            account: whose runs.
            before: those that were finished before this instant.
            at: when they are pruned.

        Returns:
            the runs that were pruned, newest first.
        """
        with self._recording("The store cannot be pruned") as connection:
            ended = select(RUNS).where(
                RUNS.c.account == account, RUNS.c.state != "open", RUNS.c.pruned_at.is_(None)
            )
            last = (
                select(func.max(RUNS.c.number)).where(RUNS.c.account == account).scalar_subquery()
            )
            old = ended.where(RUNS.c.finished_at < before, RUNS.c.number != last).order_by(
                RUNS.c.number.desc()
            )
            found = [run_of(row) for row in connection.execute(old).all()]
            for run in found:
                values = {
                    "plan": _text(chain.plan_listing(run.plan)),
                    "preimages": "{}",
                    "pruned_at": at,
                    "salt": None,
                }
                sums.remove(connection, run.id)
                chain.append_prune(connection, run.id, at)
                connection.execute(delete(JOURNAL).where(JOURNAL.c.run == run.id))
                connection.execute(update(RUNS).where(RUNS.c.id == run.id).values(**values))
        if found:
            compact(self._engine)
        return found

    # --- rows -------------------------------------------------------------------------------------

    def _seal_plan(self, plan: dict[str, Any]) -> dict[str, Any]:
        """Make what is stored of a plan: with a key, all that is not needed to list its run is sealed."""
        return (
            chain.plan_listing(plan) | {"sealed": self._sealed(plan)} if self._seal.keys else plan
        )

    def _sealed(self, value: Any) -> str:
        return self._seal.encrypt(json.dumps(value, separators=(",", ":")))

    def _opened(self, stored: str) -> Any:
        return json.loads(self._seal.decrypt(stored))

    def _settle(self, connection: Connection, run: str, entries: Sequence[JournalEntry]) -> None:
        rows = [
            {"of_run": run, "at": entry.position, "state": entry.state, "reason": entry.reason}
            | {"after": self._sealed(entry.after) if entry.after is not None else None}
            for entry in entries
        ]
        if rows:
            connection.execute(_END, rows)

    def _entry(self, row: Row[Any]) -> JournalEntry:
        return JournalEntry(
            position=row.position,
            action=row.action,
            step=Step.from_json(self._opened(row.step)),
            state=row.state,
            before=self._opened(row.before),
            after=self._opened(row.after) if row.after is not None else None,
            reason=row.reason,
            ticket=row.ticket,
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
_INTENT = insert(JOURNAL)
_HERE = (JOURNAL.c.run == bindparam("of_run")) & (JOURNAL.c.position == bindparam("at"))
_LAST = update(JOURNAL).where(
    JOURNAL.c.number == select(func.max(JOURNAL.c.number)).where(_HERE).scalar_subquery()
)
"""Changes the last attempt at a step."""
_TICKET = _LAST.values(ticket=bindparam("ticket"))
_END = _LAST.values({name: bindparam(name) for name in ("state", "after", "reason")})


def _held(lease: Lease) -> Any:
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
            hint="Wait for it, or break the lock with `licsync unlock DIR` if that run is certainly dead.",
        )
    )


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
