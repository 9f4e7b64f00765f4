"""A worker forgets no job, and takes one back from a dead worker alone."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg
import pytest

from licsync.engine.fleet import AccountResult
from licsync.job_queue.database import JobQueue
from licsync.job_queue.jobs import MOST_DEATHS, QueuedJob
from licsync.job_queue.worker import FleetWorker
from tests.job_queue.conftest import Execute
from tests.support.fleet_queue import FAST, StandInAccounts, working
from tests.support.patience import PATIENCE

FLEET = "tests"


@dataclass(slots=True)
class Script(StandInAccounts):
    """Accounts whose jobs end as a script says; the last entry stays."""

    jobs: Any = field(default_factory=dict)
    environ: Any = field(default_factory=dict)
    processes: Any = None
    ends: dict[str, list[int]] = field(default_factory=dict)
    seconds: float = 0
    ran: list[QueuedJob] = field(default_factory=list)
    schedule: list[QueuedJob] = field(default_factory=list)

    async def run(self, job: QueuedJob, stop: asyncio.Event) -> AccountResult:
        self.ran.append(job)
        ends = self.ends.get(job.account, [0])
        code = ends.pop(0) if len(ends) > 1 else ends[0]
        if self.seconds:
            try:
                await asyncio.wait_for(stop.wait(), self.seconds)
                code = 130
            except TimeoutError:
                pass
        return AccountResult(job.account, job.verb, code, "", "")

    def due(self, busy: Collection[str]) -> Sequence[QueuedJob]:
        return [job for job in self.schedule if job.queueing_lock not in busy]


def _defer(url: str, *jobs: QueuedJob) -> None:
    async def defer() -> None:
        queue = JobQueue(url, FLEET)
        await queue.prepare()
        async with queue.app.open_async():
            for job in jobs:
                assert await queue.defer(job)

    asyncio.run(defer())


def _until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _statuses(execute: Execute) -> list[tuple[str, str]]:
    rows = execute(
        "SELECT args ->> 'account' AS account, status::text FROM procrastinate_jobs "
        "WHERE task_name = 'licsync.account' ORDER BY id"
    )
    return [(row["account"], row["status"]) for row in rows]


def test_a_locked_account_is_tried_again_and_a_refused_one_is_not(
    queue_url: str, execute: Execute
) -> None:
    accounts = Script(ends={"locked": [5, 5, 0], "refused": [3]})
    pace = replace(FAST, retries=(0.1, 0.1, 0.1))
    _defer(queue_url, QueuedJob("locked", "o1", "drift"), QueuedJob("refused", "o2", "apply"))
    with working(FleetWorker(JobQueue(queue_url, FLEET), accounts, 2, pace)):
        _until(lambda: len(accounts.ran) == 4)
        _until(lambda: "doing" not in str(_statuses(execute)))
    codes = [(result.account, result.exit_code) for result in accounts.recorded]
    assert sorted(codes) == [("locked", 0), ("locked", 5), ("locked", 5), ("refused", 3)]
    assert [job.attempt for job in accounts.ran if job.account == "locked"] == [0, 1, 2]


def _abandon(execute: Execute, seconds: int) -> None:
    """Let a worker that was seen so long ago hold every job that waits."""
    execute("INSERT INTO procrastinate_workers DEFAULT VALUES")
    execute(
        "UPDATE procrastinate_workers SET last_heartbeat = now() - make_interval(secs => %s)",
        seconds,
    )
    execute(
        "UPDATE procrastinate_jobs SET status = 'doing', "
        "worker_id = (SELECT max(id) FROM procrastinate_workers)"
    )


def test_the_job_of_a_dead_worker_is_done_again_as_a_resume(
    queue_url: str, execute: Execute
) -> None:
    _defer(queue_url, QueuedJob("a", "o", "apply"))
    _abandon(execute, 600)
    accounts = Script()
    with working(FleetWorker(JobQueue(queue_url, FLEET), accounts, 1, FAST)):
        _until(lambda: len(accounts.recorded) == 1)
        _until(lambda: _statuses(execute) == [("a", "failed"), ("a", "succeeded")])
    assert [(job.deaths, job.resume) for job in accounts.ran] == [(1, True)]


def test_the_same_job_that_waits_by_now_keeps_no_job_of_a_dead_worker_from_being_done(
    queue_url: str, execute: Execute
) -> None:
    job = QueuedJob("a", "o", "drift")
    _defer(queue_url, job)
    _abandon(execute, 600)
    _defer(queue_url, job)
    accounts = Script()
    with working(FleetWorker(JobQueue(queue_url, FLEET), accounts, 1, FAST)):
        _until(lambda: len(accounts.recorded) == 2)
    assert [job.deaths for job in accounts.ran] == [0, 1]


def test_a_job_that_kills_its_workers_has_a_result(queue_url: str, execute: Execute) -> None:
    lost = QueuedJob("a", "o", "apply", run="r", deaths=MOST_DEATHS - 1)
    _defer(queue_url, lost, replace(lost, account="b", organization="p", run=""))
    _abandon(execute, 600)
    accounts = Script()
    with working(FleetWorker(JobQueue(queue_url, FLEET), accounts, 1, FAST)):
        _until(lambda: len(accounts.recorded) == 2)
    assert not accounts.ran
    for recorded in accounts.recorded:  # an apply also where somebody waits: who may have died
        assert recorded.exit_code == 1
        assert f"{MOST_DEATHS} workers died" in recorded.error
    assert {recorded.account for recorded in accounts.recorded} == {"a", "b"}
    assert execute("SELECT run, position, is_final FROM results") == [
        {"run": "r", "position": 0, "is_final": True}
    ]


@pytest.mark.slow
def test_the_job_of_a_dead_worker_that_was_interrupted_is_not_done_again(
    queue_url: str, execute: Execute
) -> None:
    _defer(queue_url, QueuedJob("a", "o", "apply", run="r"))
    _abandon(execute, 600)
    execute("UPDATE procrastinate_jobs SET abort_requested = true")
    accounts = Script()
    with working(FleetWorker(JobQueue(queue_url, FLEET), accounts, 1, FAST)):
        _until(lambda: execute("SELECT 1 FROM results"))
    assert not accounts.ran
    assert _statuses(execute) == [("a", "failed")]


@pytest.mark.slow
def test_a_job_that_takes_longer_than_a_worker_may_be_silent_is_left_alone(
    queue_url: str, execute: Execute
) -> None:
    pace = replace(FAST, heartbeat=0.1, dead_after=0.5)
    slow, other = Script(seconds=2), Script()
    _defer(queue_url, QueuedJob("a", "o", "apply"))
    with working(FleetWorker(JobQueue(queue_url, FLEET), slow, 1, pace)):
        _until(lambda: slow.ran)
        with working(FleetWorker(JobQueue(queue_url, FLEET), other, 1, pace)):
            _until(lambda: slow.recorded)
    assert len(slow.ran) == 1
    assert not other.ran
    assert slow.recorded[0].exit_code == 0


@pytest.mark.slow
def test_a_worker_that_ends_shows_that_it_lives_until_its_last_job_ended(
    queue_url: str, execute: Execute
) -> None:
    """Procrastinate's own heartbeat ends when the worker is stopped."""

    class Stubborn(Script):
        async def run(self, job: QueuedJob, stop: asyncio.Event) -> AccountResult:
            self.ran.append(job)
            await stop.wait()
            await asyncio.sleep(1.5)
            return AccountResult(job.account, job.verb, 0, "", "")

    pace = replace(FAST, heartbeat=0.1, dead_after=0.5)
    stubborn, other = Stubborn(), Script()
    _defer(queue_url, QueuedJob("a", "o", "apply"))
    with working(FleetWorker(JobQueue(queue_url, FLEET), stubborn, 1, pace)) as end:
        _until(lambda: stubborn.ran)
        end()
        with working(FleetWorker(JobQueue(queue_url, FLEET), other, 1, pace)):
            _until(lambda: stubborn.recorded)
    assert not other.ran
    assert _statuses(execute) == [("a", "succeeded")]


def test_a_worker_that_is_stopped_passes_its_job_on(queue_url: str, execute: Execute) -> None:
    first, second = Script(seconds=PATIENCE), Script()
    _defer(queue_url, QueuedJob("a", "o", "apply"))
    with working(FleetWorker(JobQueue(queue_url, FLEET), first, 1, FAST)):
        _until(lambda: first.ran)
    assert [result.exit_code for result in first.recorded] == [130]
    with working(FleetWorker(JobQueue(queue_url, FLEET), second, 1, FAST)):
        _until(lambda: second.recorded)
    assert [(job.resume, job.attempt, job.deaths) for job in second.ran] == [(True, 0, 0)]


@pytest.mark.slow
def test_a_job_that_is_interrupted_while_its_result_is_stored_has_one(
    queue_url: str, execute: Execute
) -> None:
    begun = threading.Event()

    class Slow(JobQueue):
        async def put_result(self, *given: Any, **more: Any) -> None:
            begun.set()
            await asyncio.sleep(0.5)
            await super().put_result(*given, **more)

    async def interrupt() -> None:
        queue = JobQueue(queue_url, FLEET)
        async with queue.app.open_async():
            await queue.cancel("r", running=True)

    _defer(queue_url, QueuedJob("a", "o", "apply", run="r"))
    with working(FleetWorker(Slow(queue_url, FLEET), Script(), 1, FAST)):
        assert begun.wait(PATIENCE)
        asyncio.run(interrupt())
        _until(lambda: _statuses(execute) == [("a", "succeeded")])
    assert execute("SELECT position, is_final FROM results") == [{"position": 0, "is_final": True}]


@pytest.mark.parametrize("fault", [None, psycopg.OperationalError("cancellation failed")])
def test_a_worker_ends_though_its_sign_of_life_is_not_canceled(
    queue_url: str, fault: Exception | None
) -> None:
    """Before Python 3.12, `asyncio.wait_for` drops a cancellation if its answer is there, and
    psycopg 3.3.0 raises its own fault where the server does not cancel the query.
    """
    stop = asyncio.Event()

    class Uncancelable(JobQueue):
        async def beat(self, worker: int, host: str) -> None:
            stop.set()
            try:
                await asyncio.sleep(PATIENCE)
            except asyncio.CancelledError:
                if fault:
                    raise fault from None

    worker = FleetWorker(Uncancelable(queue_url, FLEET), Script(), 1, replace(FAST, heartbeat=60))

    async def serve() -> bool:
        _, still_running = await asyncio.wait([asyncio.create_task(worker.serve(stop))], timeout=30)
        return not still_running

    assert asyncio.run(serve())


def test_a_job_that_got_lost_in_a_living_worker_is_done(queue_url: str, execute: Execute) -> None:
    accounts = Script()
    with working(FleetWorker(JobQueue(queue_url, FLEET), accounts, 1, FAST)):
        _until(lambda: _table_is_there(execute))
        _until(lambda: execute("SELECT 1 FROM procrastinate_workers"))
        execute(  # as if the answer with this job had been lost
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status, lock, args, worker_id) "
            "SELECT %s, 'licsync.account', 'doing', 'o', %s, max(id) FROM procrastinate_workers",
            f"fleet {FLEET}",
            json.dumps(QueuedJob("a", "o", "plan").to_json()),
        )
        _until(lambda: accounts.recorded)
    assert [job.deaths for job in accounts.ran] == [1]


def _table_is_there(execute: Execute) -> bool:
    return execute("SELECT to_regclass('procrastinate_workers') AS found")[0]["found"] is not None


@pytest.mark.slow
def test_a_due_job_runs_once(queue_url: str, execute: Execute) -> None:
    accounts = Script(seconds=1.5)
    accounts.schedule = [QueuedJob(f"a{n}", f"o{n}", "drift") for n in range(3)]
    with (
        working(FleetWorker(JobQueue(queue_url, FLEET), accounts, 2, FAST)),
        working(FleetWorker(JobQueue(queue_url, FLEET), accounts, 2, FAST)),
    ):
        _until(lambda: len(accounts.ran) == 3)
        time.sleep(1.2)  # another look at the schedule, while they run
        accounts.schedule = []
        _until(lambda: len(accounts.recorded) == 3)
    assert sorted(job.account for job in accounts.ran) == ["a0", "a1", "a2"]


@pytest.mark.slow
@pytest.mark.parametrize("is_stopped", [False, True])
def test_a_worker_that_is_canceled_ends_its_jobs_and_is_canceled(
    queue_url: str, execute: Execute, is_stopped: bool
) -> None:
    class Slow(Script):
        async def run(self, job: QueuedJob, stop: asyncio.Event) -> AccountResult:
            result = await Script.run(self, job, stop)
            await asyncio.sleep(0.3)  # the steps in flight
            return result

    script = Slow(seconds=PATIENCE)
    _defer(queue_url, QueuedJob("a", "o", "plan"))

    async def serve() -> None:
        stop = asyncio.Event()
        worker = FleetWorker(JobQueue(queue_url, FLEET), script, 1, FAST)
        serving = asyncio.create_task(worker.serve(stop))
        while not script.ran:
            await asyncio.sleep(0.01)
        if is_stopped:
            stop.set()
            await asyncio.sleep(0.1)
        serving.cancel()
        await asyncio.wait((serving,), timeout=PATIENCE)
        assert serving.cancelled()

    asyncio.run(serve())
    assert _statuses(execute) == [("a", "succeeded"), ("a", "todo")]  # for another worker
