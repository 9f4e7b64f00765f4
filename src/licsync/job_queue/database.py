"""The queue's part of the database: the tables of Procrastinate, and the results on their way back.

They are in a schema of their own, one per version of Procrastinate's tables. So nothing has to be
migrated when Procrastinate is updated: workers of the new version begin with an empty queue, and
those of the old version finish theirs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import psycopg
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Job
from procrastinate.schema import SchemaManager
from procrastinate.types import JSONDict
from psycopg.sql import SQL, Identifier
from sqlalchemy.engine import make_url

from licsync.diagnostics import Code, error
from licsync.engine.fleet import AccountResult
from licsync.engine.fleet_status import QueueStatus
from licsync.engine.ports import StoreFailed
from licsync.job_queue.jobs import QueuedJob

ACCOUNT_TASK = "licsync.account"
"""The task that runs one job."""

DATABASE_FAULTS = (ConnectorException, psycopg.Error)
"""What is raised while the database cannot be used."""

_LOCK = 0x6C696371  # any number, the same for every licsync

_TABLES = """
CREATE TABLE results (
    run text, position integer, result text NOT NULL, is_final boolean NOT NULL,
    at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (run, position)
);
CREATE TABLE fleet_workers (
    id bigint PRIMARY KEY REFERENCES procrastinate_workers ON DELETE CASCADE,
    queue text NOT NULL, host text NOT NULL
);
CREATE INDEX live_jobs_of_run ON procrastinate_jobs ((args ->> 'run'))
    WHERE status IN ('todo', 'doing');
"""

_LIVE = "FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND queue_name = %(queue)s"

Seal = Callable[[str], str]
"""Encrypts or decrypts a text, where the store has a key."""


class JobQueue:
    """The jobs and results of one fleet.

    Args:
        url: the URL of the database, `postgresql://…`.
        fleet: the name of the fleet.
        seal: encrypts what is stored of users.
        unseal: decrypts it.
    """

    def __init__(self, url: str, fleet: str, seal: Seal = str, unseal: Seal = str):
        self._conninfo = (
            make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        )
        self.name = _queue_name(fleet)
        self._seal, self._unseal = seal, unseal
        self._connector = PsycopgConnector(
            conninfo=self._conninfo,
            configure=_use_schema,
            kwargs={"connect_timeout": 10, "application_name": "licsync fleet"},
            min_size=1,
            max_size=4,
            timeout=30,
        )
        self.app = App(connector=self._connector)

    async def prepare(self) -> None:
        """Make the tables, if they are not there.

        Raises:
            StoreFailed: the database cannot be reached, or the role may not make a schema.
        """
        hint = (
            "Workers need a PostgreSQL that they reach, and a role that may create a schema: "
            f"GRANT CREATE ON DATABASE … TO …; or: CREATE SCHEMA {schema_name()}"
        )
        with reporting_faults("The queue of the fleet cannot be opened", hint):
            async with (
                await psycopg.AsyncConnection.connect(
                    self._conninfo, connect_timeout=10
                ) as database,
                database.transaction(),
            ):
                await database.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
                found = await database.execute(
                    "SELECT 1 FROM pg_namespace WHERE nspname = %s", [schema_name()]
                )
                if await found.fetchone() is None:
                    here = Identifier(schema_name())
                    await database.execute(SQL("CREATE SCHEMA {}").format(here))
                    await database.execute(SQL("SET LOCAL search_path TO {}").format(here))
                    await database.execute(SchemaManager.get_schema())
                    await database.execute(_TABLES)

    async def defer(self, job: QueuedJob, delay: float = 0, *, after: int | None = None) -> bool:
        """Put a job into the queue; False if the same one is waiting there already.

        Args:
            job: the job.
            delay: the seconds until it may start.
            after: the number of the job that it continues. It then waits beside the same one.
        """
        again = "" if after is None else f" after {after}"
        task = self.app.configure_task(
            ACCOUNT_TASK,
            queue=self.name,
            lock=job.organization,
            queueing_lock=job.queueing_lock + again,
            schedule_in={"seconds": round(delay)} if delay else None,
        )
        try:
            await task.defer_async(**cast(JSONDict, job.to_json()))
        except AlreadyEnqueued:
            return False
        return True

    async def busy(self) -> set[str]:
        """Return the queueing locks of the jobs that wait or run, without what continues them."""
        rows = await self._rows(f"SELECT args {_LIVE} AND task_name = %(task)s", task=ACCOUNT_TASK)
        return {QueuedJob.from_json(row["args"]).queueing_lock for row in rows}

    async def live(self, run: str) -> dict[int, str]:
        """Return the jobs of a run that wait (`todo`) or run (`doing`), by position."""
        rows = await self._rows(
            f"SELECT args, status {_LIVE} AND args ->> 'run' = %(run)s", run=run
        )
        return {row["args"]["position"]: row["status"] for row in rows}

    async def cancel(self, run: str, *, running: bool) -> None:
        """Take the waiting jobs of a run out of the queue.

        Args:
            run: the run.
            running: whether those that run shall end, too, after the steps in flight.
        """
        rows = await self._rows(f"SELECT id, status {_LIVE} AND args ->> 'run' = %(run)s", run=run)
        for row in rows:
            if running or row["status"] == "todo":
                await self.app.job_manager.cancel_job_by_id_async(row["id"], abort=running)

    async def is_unwanted(self, number: int) -> bool:
        """Tell whether whoever waited for a job has told it to end (`cancel`)."""
        jobs = list(await self.app.job_manager.list_jobs_async(id=number))
        return any(job.abort_requested for job in jobs)

    async def put_result(
        self, job: QueuedJob, result: AccountResult, *, is_final: bool = True
    ) -> None:
        """Store the result of a job for who waits for it. The first final one stays."""
        if job.run:
            await self._connector.execute_query_async(
                "INSERT INTO results (run, position, result, is_final) "
                "VALUES (%(run)s, %(position)s, %(result)s, %(is_final)s) "
                "ON CONFLICT (run, position) DO UPDATE SET result = EXCLUDED.result, "
                "is_final = EXCLUDED.is_final WHERE NOT results.is_final",
                run=job.run,
                position=job.position,
                result=self._seal(json.dumps(result.to_json())),
                is_final=is_final,
            )

    async def results(
        self, run: str, taken: Collection[int], *, final: bool = True
    ) -> dict[int, AccountResult]:
        """Return the results of a run by position, but those that were taken already.

        Args:
            run: the run.
            taken: the positions whose results were taken.
            final: whether only those that stay are asked for.
        """
        rows = await self._rows(
            "SELECT position, result FROM results WHERE run = %(run)s "
            "AND NOT position = ANY(%(taken)s::integer[]) AND (is_final OR NOT %(final)s) "
            "ORDER BY at",
            run=run,
            taken=list(taken),
            final=final,
        )
        return {
            row["position"]: AccountResult.from_json(json.loads(self._unseal(row["result"])))
            for row in rows
        }

    async def forget(self, run: str) -> None:
        """Delete the results of a run."""
        await self._connector.execute_query_async(
            "DELETE FROM results WHERE run = %(run)s", run=run
        )

    async def beat(self, worker: int, host: str) -> None:
        """Show that a worker of this fleet lives.

        Args:
            worker: its number.
            host: the machine that it runs on.
        """
        await self.app.job_manager.update_heartbeat(worker)
        await self._connector.execute_query_async(
            "INSERT INTO fleet_workers SELECT id, %(queue)s, %(host)s FROM procrastinate_workers "
            "WHERE id = %(worker)s ON CONFLICT DO NOTHING",
            queue=self.name,
            host=host,
            worker=worker,
        )

    async def workers(self, within: float = 60) -> list[str]:
        """Return the machines of the workers that showed within so many seconds that they live."""
        rows = await self._rows(
            "SELECT host FROM fleet_workers JOIN procrastinate_workers USING (id) "
            "WHERE queue = %(queue)s "
            "AND last_heartbeat > now() - make_interval(secs => %(within)s) ORDER BY host",
            within=within,
        )
        return [row["host"] for row in rows]

    async def status(self) -> QueueStatus | None:
        """Count the workers and the jobs; None if the queue was never used."""
        found = await self._rows("SELECT to_regclass('fleet_workers') IS NOT NULL AS there")
        if not found[0]["there"]:
            return None
        rows = await self._rows(
            "SELECT count(*) FILTER (WHERE status = 'doing') AS running, "
            "count(*) FILTER (WHERE status = 'todo') AS waiting, "
            "count(*) FILTER (WHERE status = 'todo' AND scheduled_at > now()) AS later "
            f"{_LIVE} AND task_name = %(task)s",
            task=ACCOUNT_TASK,
        )
        return QueueStatus(await self.workers(), **rows[0])

    async def abandoned(self, dead_after: float) -> list[Job]:
        """Return the jobs of workers that have not shown for so many seconds that they live.

        None, while the server is up for less time than that: the workers could not show it.
        """
        up = await self._rows(
            "SELECT now() - pg_postmaster_start_time() > %(least)s AS up",
            least=timedelta(seconds=dead_after),
        )
        if not up[0]["up"]:
            return []
        return list(
            await self.app.job_manager.get_stalled_jobs(
                queue=self.name, seconds_since_heartbeat=dead_after
            )
        )

    async def prune(self, hours: int) -> None:
        """Delete finished jobs and results that nobody took, older than so many hours."""
        await self.app.job_manager.delete_old_jobs(
            nb_hours=hours,
            queue=self.name,
            include_failed=True,
            include_cancelled=True,
            include_aborted=True,
        )
        await self._connector.execute_query_async(
            "DELETE FROM results WHERE at < now() - make_interval(hours => %(hours)s)", hours=hours
        )

    async def _rows(self, query: str, **values: Any) -> list[dict[str, Any]]:
        found = await self._connector.execute_query_all_async(
            cast(Any, query), queue=self.name, **values
        )
        return list(found)


def _queue_name(fleet: str) -> str:
    """Name the queue of a fleet in 40 bytes: Procrastinate makes the name of a channel of it."""
    name = f"fleet {fleet}"
    return name if len(name.encode()) <= 40 else f"fleet {sha256(fleet.encode()).hexdigest()[:32]}"


@contextmanager
def reporting_faults(what: str, hint: str | None = None) -> Iterator[None]:
    """Turn a fault of the database into StoreFailed, beginning with `what`.

    Raises:
        StoreFailed: the database cannot do its work.
    """
    try:
        yield
    except DATABASE_FAULTS as fault:
        message = f"{what}: {reason_of(fault)}."
        raise StoreFailed(error(Code.STORE_FAILED, message, hint=hint)) from fault


def reason_of(fault: BaseException) -> str:
    """Say in a line why the database cannot be used."""
    return str(fault.__cause__ or fault).strip().partition("\n")[0].rstrip(".")


@cache
def schema_name() -> str:
    """Name the schema by the newest version of Procrastinate's tables."""
    files = Path(SchemaManager.get_migrations_path()).glob("*.sql")
    newest = max(file.name.partition("_")[0] for file in files)
    return f"licsync_queue_{newest.replace('.', '_')}"


async def _use_schema(connection: psycopg.AsyncConnection) -> None:
    async with connection.transaction():
        await connection.execute(SQL("SET search_path TO {}").format(Identifier(schema_name())))
