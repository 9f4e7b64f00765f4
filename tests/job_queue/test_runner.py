"""Whoever waits for workers always learns what became of a job."""

from __future__ import annotations

import asyncio
import threading

import pytest

from licsync.diagnostics import InputInvalid
from licsync.engine.fleet import AccountJob, AccountResult, OnResult
from licsync.job_queue.database import JobQueue
from licsync.job_queue.jobs import QueuedJob
from licsync.job_queue.runner import QueueRunner
from licsync.job_queue.worker import FleetWorker
from tests.job_queue.conftest import Execute
from tests.support.fleet_queue import FAST, StandInAccounts, working

JOBS = [
    AccountJob("a", "/srv/a", "o1", "apply", ("--digest", "sha256:1")),
    AccountJob("b", "/srv/b", "o2", "plan"),
]


class Held(StandInAccounts):
    """Accounts whose jobs run until they are stopped."""

    def __init__(self) -> None:
        super().__init__({}, {}, ())
        self.started, self.release = threading.Semaphore(0), threading.Event()

    async def run(self, job: QueuedJob, stop: asyncio.Event) -> AccountResult:
        self.started.release()
        while not (self.release.is_set() or stop.is_set()):
            await asyncio.sleep(0.01)
        return AccountResult(job.account, job.verb, 0, "", "")


def _taking(results: list[AccountResult]) -> OnResult:
    def take(result: AccountResult) -> bool:
        results.append(result)
        return True

    return take


def test_without_a_worker_there_is_a_diagnostic_and_nothing_stays_in_the_queue(
    queue_url: str, execute: Execute
) -> None:
    runner = QueueRunner(JobQueue(queue_url, "tests"), "tests", 2, poll=0.02, patience=0.2)
    results: list[AccountResult] = []
    with pytest.raises(InputInvalid, match="No worker of the fleet is running"):
        runner.run(JOBS, _taking(results))
    assert not results
    assert {row["status"] for row in execute("SELECT status::text FROM procrastinate_jobs")} == {
        "cancelled"
    }


def test_a_job_that_the_queue_lost_has_a_result(queue_url: str, execute: Execute) -> None:
    accounts, results = Held(), list[AccountResult]()

    def lose() -> None:
        for _ in JOBS:
            accounts.started.acquire()
        execute("DELETE FROM procrastinate_jobs")

    losing = threading.Thread(target=lose)
    with working(FleetWorker(JobQueue(queue_url, "tests"), accounts, 2, FAST)):
        losing.start()
        runner = QueueRunner(JobQueue(queue_url, "tests"), "tests", 2, poll=0.02)
        assert runner.run(JOBS, _taking(results)) == "done"
        accounts.release.set()
    losing.join()
    assert {(result.account, result.exit_code) for result in results} == {("a", 4), ("b", 1)}
    assert all("The queue lost this job" in result.error for result in results)


def test_the_same_job_of_somebody_else_is_waited_for(queue_url: str) -> None:
    accounts, first, second = Held(), list[AccountResult](), list[AccountResult]()

    def runner() -> QueueRunner:
        return QueueRunner(JobQueue(queue_url, "tests"), "tests", 2, poll=0.02)

    other = threading.Thread(target=lambda: runner().run(JOBS, _taking(second)))
    with working(FleetWorker(JobQueue(queue_url, "tests"), accounts, 2, FAST)):
        other.start()
        accounts.started.acquire()
        accounts.release.set()
        assert runner().run(JOBS, _taking(first)) == "done"
        other.join()
    for results in (first, second):
        assert sorted(result.account for result in results) == ["a", "b"]
