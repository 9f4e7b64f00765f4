"""The runs of accounts in an SQL database, with a journal that is written ahead of every step."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.engine import Connection, Row

from licsync.engine.ports import AuditResult, JournalEntry, Run, RunState
from licsync.model.console.step import Step
from licsync.store import audit_log
from licsync.store.database import compact, statement_runner
from licsync.store.encryption import require_key
from licsync.store.tables import JOURNAL, RUNS, USED_PLANS
from licsync.store.work_orders import WorkOrderTables


class SqlStore(WorkOrderTables):
    """A `licsync.engine.ports.Store` on a database that `open_database` opened.

    Args:
        engine: the database.
        clock: measures the leases (see `LeasedStore`).
        lease_seconds: how long a lease holds without being renewed.
        cipher: encrypts what the journal holds of users.
        organization: the vendor's customer id (see `LeasedStore`).
    """

    # --- runs and their journal -------------------------------------------------------------------

    def is_used(self, checksum: str) -> bool:
        """Tell whether a plan file was applied already."""
        with self._reading() as connection:
            query = select(USED_PLANS.c.run).where(USED_PLANS.c.checksum == checksum)
            return connection.execute(query).first() is not None

    def begin(self, run: Run) -> None:
        """Record a run, its pre-images and its plan, which is used from now on.

        Raises:
            StoreFailed: earlier records are encrypted, and the key is missing.
        """
        with self._recording("The run cannot be recorded") as connection:
            require_key(statement_runner(connection), run.account, self._cipher)
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
            audit_log.begin_checksum(connection, run.id)
            audit_log.append_begin(connection, run.id)
            checksum = run.plan.get("checksum")
            used = select(USED_PLANS.c.run).where(USED_PLANS.c.checksum == checksum)
            if checksum and connection.execute(used).first() is None:
                connection.execute(insert(USED_PLANS).values(checksum=checksum, run=run.id))

    def record_intents(
        self, run: str, *entries: JournalEntry, settled: Sequence[JournalEntry] = ()
    ) -> None:
        """Record that steps are about to be sent, with pre-images, and how earlier steps ended."""
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
            with audit_log.updating_checksum(
                connection, run, {entry.position for entry in (*entries, *settled)}
            ):
                self._settle(connection, run, settled)
                connection.execute(_INTENT, rows)

    def record_operation(self, run: str, entry: JournalEntry) -> None:
        """Record the ticket of the last attempt at a step."""
        with (
            self._recording("The step's ticket cannot be recorded") as connection,
            audit_log.updating_checksum(connection, run, {entry.position}),
        ):
            connection.execute(
                _TICKET, [{"of_run": run, "at": entry.position, "ticket": entry.ticket}]
            )

    def record_results(self, run: str, *entries: JournalEntry) -> None:
        """Record how the last attempts at steps ended."""
        with (
            self._recording("The step's result cannot be recorded") as connection,
            audit_log.updating_checksum(connection, run, {entry.position for entry in entries}),
        ):
            self._settle(connection, run, entries)

    def finish(self, run: str, state: RunState, at: str) -> None:
        """Close a run."""
        with self._recording("The end of the run cannot be recorded") as connection:
            connection.execute(
                update(RUNS).where(RUNS.c.id == run).values(state=state, finished_at=at)
            )
            audit_log.append_end(connection, run)

    def reopen(self, run: str) -> None:
        """Reopen a run that was closed as failed."""
        with self._recording("The run cannot be opened again") as connection:
            connection.execute(
                update(RUNS).where(RUNS.c.id == run).values(state="open", finished_at=None)
            )
            audit_log.append_reopen(connection, run)

    def run(self, run: str) -> Run | None:
        """Read a run with its journal."""
        journal = select(JOURNAL).where(JOURNAL.c.run == run).order_by(JOURNAL.c.number)
        with self._reading() as connection:
            row = connection.execute(select(RUNS).where(RUNS.c.id == run)).first()
            rows = connection.execute(journal).all()
        if row is None:
            return None
        found = _run_of(row)
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
        """List the open runs of all accounts, without their journals and pre-images."""
        query = select(RUNS).where(RUNS.c.state == "open").order_by(RUNS.c.number)
        with self._reading() as connection:
            return [_run_of(row) for row in connection.execute(query).all()]

    def verify(self, account: str) -> AuditResult:
        """Verify that nobody altered the history of an account."""
        return audit_log.verify(self._engine, account)

    def runs(self, account: str) -> list[Run]:
        """List the runs, newest first, without their journals and pre-images."""
        query = select(RUNS).where(RUNS.c.account == account).order_by(RUNS.c.number.desc())
        with self._reading() as connection:
            return [_run_of(row) for row in connection.execute(query).all()]

    def prune(self, account: str, before: str, at: str) -> list[Run]:
        """Remove the data of users from old runs: journals, pre-images and the content of plans.

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
            found = [_run_of(row) for row in connection.execute(old).all()]
            for run in found:
                values = {
                    "plan": _text(audit_log.plan_listing(run.plan)),
                    "preimages": "{}",
                    "pruned_at": at,
                    "salt": None,
                }
                audit_log.remove_checksum(connection, run.id)
                audit_log.append_prune(connection, run.id, at)
                connection.execute(delete(JOURNAL).where(JOURNAL.c.run == run.id))
                connection.execute(update(RUNS).where(RUNS.c.id == run.id).values(**values))
        if found:
            compact(self._engine)
        return found

    # --- rows -------------------------------------------------------------------------------------

    def _seal_plan(self, plan: dict[str, Any]) -> dict[str, Any]:
        """Make what is stored of a plan; a key encrypts all that listing runs does not need."""
        return (
            audit_log.plan_listing(plan) | {"sealed": self._sealed(plan)}
            if self._cipher.keys
            else plan
        )

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


_INTENT = insert(JOURNAL)
_HERE = (JOURNAL.c.run == bindparam("of_run")) & (JOURNAL.c.position == bindparam("at"))
_LAST = update(JOURNAL).where(
    JOURNAL.c.number == select(func.max(JOURNAL.c.number)).where(_HERE).scalar_subquery()
)
"""Changes the last attempt at a step."""
_TICKET = _LAST.values(ticket=bindparam("ticket"))
_END = _LAST.values({name: bindparam(name) for name in ("state", "after", "reason")})


def _run_of(row: Row[Any]) -> Run:
    """Read the row of a run; its pre-images and journal are read where they are asked for."""
    return Run(
        id=row.id,
        account=row.account,
        plan=json.loads(row.plan),
        preimages={},
        actor=row.actor,
        started_at=row.started_at,
        state=row.state,
        finished_at=row.finished_at,
        link=row.link,
        pruned_at=row.pruned_at,
        planned_for=row.planned_for,
    )


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
