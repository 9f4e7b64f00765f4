"""A worker of a fleet's queue in a thread, for jobs whose command is a stand-in for licsync."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from licsync.engine.fleet import AccountJob, AccountResult, OnResult, RunEnd
from licsync.job_queue.database import JobQueue
from licsync.job_queue.jobs import QueuedJob
from licsync.job_queue.runner import QueueRunner
from licsync.job_queue.worker import FleetWorker, Pace
from licsync.model.license import format_instant
from licsync.workflows.fleet.child import Interruption, run_job
from licsync.workflows.fleet.processes import Processes

FAST = Pace(heartbeat=0.2, dead_after=2, poll=0.05, tick="* * * * * *", retries=(), offline=0.1)


@dataclass(slots=True)
class StandInAccounts:
    """The accounts of jobs that are known beforehand."""

    jobs: Mapping[str, AccountJob]
    environ: Mapping[str, str]
    processes: Processes
    recorded: list[AccountResult] = field(default_factory=list)

    async def run(self, job: QueuedJob, stop: asyncio.Event) -> AccountResult:
        interruption = Interruption()

        async def interrupt() -> None:
            await stop.wait()
            interruption.request()

        watching = asyncio.create_task(interrupt())
        try:
            return await run_job(self.jobs[job.account], self.environ, interruption, self.processes)
        finally:
            watching.cancel()

    def due(self, busy: Collection[str]) -> Sequence[QueuedJob]:
        return ()

    def record(self, result: AccountResult) -> None:
        self.recorded.append(result)

    def lost_result(self, job: QueuedJob, reason: str) -> AccountResult:
        now = format_instant(datetime.now(UTC))
        return AccountResult(job.account, job.verb, 1, now, now, error=reason)

    def prune(self) -> None:
        pass


@contextmanager
def working(worker: FleetWorker) -> Iterator[Callable[[], None]]:
    """Let a worker work in a thread; gives what tells it to end."""
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(worker.serve(stop),))
    thread.start()

    def end() -> None:
        loop.call_soon_threadsafe(stop.set)

    try:
        yield end
    finally:
        end()
        thread.join()
        loop.close()


@dataclass(frozen=True, slots=True)
class RunnerWithWorker:
    """A queue's runner, and a worker while it runs."""

    url: str
    at_once: int
    environ: Mapping[str, str]
    processes: Processes

    def run(self, jobs: Sequence[AccountJob], on_result: OnResult) -> RunEnd:
        accounts = StandInAccounts({job.account: job for job in jobs}, self.environ, self.processes)
        worker = FleetWorker(JobQueue(self.url, "tests"), accounts, self.at_once, FAST)
        with working(worker):
            runner = QueueRunner(JobQueue(self.url, "tests"), "tests", self.at_once, poll=0.02)
            return runner.run(jobs, on_result)
