"""What fleets have run, and what came out: in the store, so that no runner needs to know it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Select, delete, func, insert, select, update
from sqlalchemy.engine import Connection, Engine, Row

from licsync.diagnostics.exit_codes import Exit
from licsync.engine.fleet import FAULTLESS, AccountResult, FleetRun, FleetVerb, RunEnd, StoredResult
from licsync.model.canonical import compact_json, read_json
from licsync.store.database import raising_store_failed
from licsync.store.processes import Process, is_dead, this_process
from licsync.store.tables import FLEET_RESULTS as RESULTS
from licsync.store.tables import FLEET_RUNS as RUNS

_COLUMNS = (
    "id", "fleet", "verb", "actor", "started_at", "link", "finished_at", "ending", "digest",
)  # fmt: skip


class FleetResults:
    """The runs and results of one fleet in a database of `open_database`.

    Args:
        engine: the database.
        fleet: the name of the fleet.
    """

    def __init__(self, engine: Engine, fleet: str):
        self._engine = engine
        self._fleet = fleet

    def begin_run(self, run: FleetRun) -> None:
        """Record that a run begins, in this process.

        Raises:
            StoreFailed: the store cannot be read or written.
        """
        process = this_process()
        row = {name: getattr(run, name) for name in _COLUMNS} | {
            "jobs": _text(run.jobs),
            "scope": None if run.scope is None else _text(run.scope),
            "host": process.host,
            "process": process.number,
            "born": process.born,
        }
        with self._writing() as connection:
            connection.execute(insert(RUNS).values(**row))

    def finish_run(self, run: str, ending: RunEnd, at: str, digest: str | None = None) -> None:
        """Record how a run ended.

        Raises:
            StoreFailed: the store cannot be read or written.
        """
        values = {"ending": ending, "finished_at": at} | ({"digest": digest} if digest else {})
        with self._writing() as connection:
            connection.execute(update(RUNS).where(RUNS.c.id == run).values(**values))

    def record(self, result: AccountResult, run: str | None = None) -> StoredResult:
        """Record a result; return it as recorded.

        Raises:
            StoreFailed: the store cannot be read or written.
        """
        with self._writing() as connection:
            since = self._drift_since(connection, result)
            row = {
                "run": run,
                "fleet": self._fleet,
                "account": result.account,
                "verb": result.verb,
                "exit_code": result.exit_code,
                "started_at": result.started_at,
                "finished_at": result.finished_at,
                "summary": None if result.summary is None else _text(result.summary),
                "error": result.error,
                "drift_since": since,
            }
            connection.execute(insert(RESULTS).values(**row))
        return StoredResult(result, run, since)

    def _drift_since(self, connection: Connection, result: AccountResult) -> str | None:
        """Say since when there has been drift: an earlier check, or this one."""
        drift = result.summary.get("drift") if result.summary else None
        if drift == 0:
            return None
        last = select(RESULTS.c.drift_since).where(
            RESULTS.c.fleet == self._fleet,
            RESULTS.c.account == result.account,
            RESULTS.c.verb == "drift",
        )
        known = connection.scalar(last.order_by(RESULTS.c.number.desc()).limit(1))
        return known or (result.started_at if drift else None)

    def last_run(self, verb: FleetVerb | None = None) -> FleetRun | None:
        """Give the last run, or the last one of a command.

        Raises:
            StoreFailed: the store cannot be read or written.
        """
        query = select(RUNS).where(RUNS.c.fleet == self._fleet)
        if verb is not None:
            query = query.where(RUNS.c.verb == verb)
        rows = self._rows(query.order_by(RUNS.c.number.desc()).limit(1))
        return _run(rows[0]) if rows else None

    def unfinished_runs(self) -> list[FleetRun]:
        """Give the runs that have not ended, as far as is known.

        Raises:
            StoreFailed: the store cannot be read or written.
        """
        query = select(RUNS).where(RUNS.c.fleet == self._fleet, RUNS.c.finished_at.is_(None))
        return [_run(row) for row in self._rows(query.order_by(RUNS.c.number))]

    def planned(self, digest: str) -> FleetRun | None:
        """Find the plan with a digest.

        Raises:
            StoreFailed: the store cannot be read or written.
        """
        query = select(RUNS).where(
            RUNS.c.fleet == self._fleet, RUNS.c.verb == "plan", RUNS.c.digest == digest
        )
        rows = self._rows(query.order_by(RUNS.c.number.desc()).limit(1))
        return _run(rows[0]) if rows else None

    def results_of(self, run: str) -> dict[str, StoredResult]:
        """Give the last result of each account in a run.

        Raises:
            StoreFailed: the store cannot be read or written.
        """
        query = select(RESULTS).where(RESULTS.c.run == run).order_by(RESULTS.c.number)
        return {row.account: _result(row) for row in self._rows(query)}

    def latest(self) -> dict[tuple[str, FleetVerb], StoredResult]:
        """Give the last result of each account and command.

        An apply that was locked or refused gives way to what another run has applied meanwhile.

        Raises:
            StoreFailed: the store cannot be read or written.
        """
        rows = self._rows(select(RESULTS).where(RESULTS.c.number.in_(self._newest())))
        return {(row.account, row.verb): _result(row) for row in rows}

    def last_success(self) -> dict[tuple[str, FleetVerb], str]:
        """Say when each account and command last ended without a fault.

        Raises:
            StoreFailed: the store cannot be read or written.
        """
        query = (
            select(RESULTS.c.account, RESULTS.c.verb, func.max(RESULTS.c.finished_at).label("at"))
            .where(RESULTS.c.fleet == self._fleet, RESULTS.c.exit_code.in_(FAULTLESS))
            .group_by(RESULTS.c.account, RESULTS.c.verb)
        )
        return {(row.account, row.verb): row.at for row in self._rows(query)}

    def prune(self, before: str) -> None:
        """Delete older runs and results, but the last result of each account and command.

        Raises:
            StoreFailed: the store cannot be read or written.
        """
        own = RESULTS.c.fleet == self._fleet
        with self._writing() as connection:
            numbers = list(connection.scalars(self._newest()))
            old = own & (RESULTS.c.finished_at < before) & RESULTS.c.number.not_in(numbers)
            connection.execute(delete(RESULTS).where(old))
            ended = (RUNS.c.fleet == self._fleet) & (RUNS.c.started_at < before)
            connection.execute(delete(RUNS).where(ended))

    def _newest(self) -> Select[tuple[int]]:
        """Select the numbers of the last results (`latest`)."""
        other = RESULTS.alias()
        run = select(RUNS.c.started_at).where(RUNS.c.id == RESULTS.c.run)
        run_began = run.correlate(RESULTS).scalar_subquery()
        applied_meanwhile = (
            select(other.c.number)
            .where(
                *(other.c[name] == RESULTS.c[name] for name in ("fleet", "account", "verb")),
                other.c.exit_code.in_((Exit.DONE, Exit.PARTLY)),
                other.c.finished_at >= func.coalesce(run_began, RESULTS.c.started_at),
            )
            .exists()
        )
        is_refused = RESULTS.c.exit_code.in_((Exit.LOCKED, Exit.REFUSED))
        counts = (RESULTS.c.verb != "apply") | ~is_refused | ~applied_meanwhile
        newest = select(func.max(RESULTS.c.number)).where(RESULTS.c.fleet == self._fleet, counts)
        return newest.group_by(RESULTS.c.account, RESULTS.c.verb)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with (
            raising_store_failed("What the fleet has run cannot be recorded"),
            self._engine.begin() as connection,
        ):
            yield connection

    def _rows(self, query: Any) -> list[Row[Any]]:
        reader = self._engine.execution_options(sqlite_begin="DEFERRED")
        with raising_store_failed("The store cannot be read"), reader.connect() as connection:
            return list(connection.execute(query))


def _text(document: object) -> str:
    return compact_json(document).decode()


def _run(row: Row[Any]) -> FleetRun:
    values = {name: getattr(row, name) for name in _COLUMNS}
    process = Process(row.host, row.process, row.born)
    is_here = row.finished_at is None and process.host == this_process().host
    return FleetRun(
        **values,
        jobs=read_json(row.jobs),
        scope=tuple(read_json(row.scope)) if row.scope else None,
        is_alive=is_here and not is_dead(process),
    )


def _result(row: Row[Any]) -> StoredResult:
    summary = None if row.summary is None else read_json(row.summary)
    result = AccountResult(
        row.account,
        row.verb,
        row.exit_code,
        row.started_at,
        row.finished_at,
        summary,
        error=row.error,
    )
    return StoredResult(result, row.run, row.drift_since)
