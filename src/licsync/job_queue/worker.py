"""A worker: takes jobs out of the queue, and sees to it that none is forgotten.

Procrastinate locks an organization while one of its jobs is `doing`. So that the lock ends where
the worker does, a worker shows regularly that it lives, also while it ends, and the others take
back the jobs of one that has not for long. How long a job takes says nothing: an apply of an hour
is normal.
"""

from __future__ import annotations

import asyncio
import logging
import platform
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any, Protocol

from procrastinate import JobContext
from procrastinate.jobs import Job, Status
from procrastinate.worker import Worker as ProcrastinateWorker

from licsync.engine.fleet import AccountResult
from licsync.job_queue.database import ACCOUNT_TASK, DATABASE_FAULTS, JobQueue, reason_of
from licsync.job_queue.jobs import MOST_DEATHS, QueuedJob, after_death, next_attempt
from licsync.telemetry import say_logs

_TICK = "licsync.tick"
_NEVER = 86_400.0
_SOON = 0.05
_KEEP_HOURS = 48
_PRUNE_SECONDS = 3_600


@dataclass(frozen=True, slots=True)
class Pace:
    """The intervals of a worker, in seconds.

    Attributes:
        heartbeat: between two heartbeats.
        dead_after: without a heartbeat until a worker counts as dead. It is many heartbeats, so
            that a slow machine, or a database that is restarted, costs nothing.
        poll: between two looks into an empty queue.
        tick: when due accounts and dead workers are looked for, as in cron.
        retries: before each further attempt. An account may be locked for an hour.
        offline: between two attempts to reach the database.
    """

    heartbeat: float = 10
    dead_after: float = 120
    poll: float = 1
    tick: str = "* * * * *"
    retries: Sequence[float] = (30, 60, 120, 240, 480, *(600,) * 7)
    offline: float = 5


class Accounts(Protocol):
    """What a worker needs to know of the accounts of its fleet."""

    async def run(self, job: QueuedJob, stop: asyncio.Event) -> AccountResult:
        """Run a job; end it after the steps in flight when `stop` is set."""
        ...

    def due(self, busy: Collection[str]) -> Sequence[QueuedJob]:
        """Return the jobs that are due now, but those whose queueing lock is busy."""
        ...

    def record(self, result: AccountResult) -> None:
        """Record what a job ended with."""
        ...

    def lost_result(self, job: QueuedJob, reason: str) -> AccountResult:
        """Make the result of a job that cannot be run."""
        ...

    def prune(self) -> None:
        """Delete old records."""
        ...


class FleetWorker:
    """A worker of one fleet.

    Args:
        queue: the jobs.
        accounts: the accounts of the fleet.
        at_once: how many jobs may run at once.
        pace: its intervals.
        say: takes messages for people.
    """

    def __init__(
        self,
        queue: JobQueue,
        accounts: Accounts,
        at_once: int,
        pace: Pace = Pace(),
        say: Callable[[str], None] = lambda text: None,
    ):
        self._queue, self._accounts, self._at_once = queue, accounts, at_once
        self._pace, self._say = pace, say
        self._running: dict[int, asyncio.Event] = {}
        self._finished: set[int] = set()
        self._is_ending = False
        self._pruned_at: float | None = None
        self._add_tasks()

    def _add_tasks(self) -> None:
        app, name = self._queue.app, self._queue.name

        @app.task(name=ACCOUNT_TASK, queue=name, pass_context=True)
        async def account(context: JobContext, /, **document: object) -> None:
            number = context.job.id
            assert number is not None
            await self._perform(number, QueuedJob.from_json(document))

        @app.periodic(cron=self._pace.tick, periodic_id=name)
        @app.task(name=_TICK, queue=name, queueing_lock=f"tick of {name}", priority=1)
        async def tick(timestamp: int) -> None:
            await self._tick()

    async def serve(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, also across failures of the database.

        Raises:
            StoreFailed: the database cannot be used from the beginning.
        """
        await self._queue.prepare()
        self._say("The worker runs. It ends with Ctrl-C, after the steps in flight.")
        while not stop.is_set():
            try:
                async with self._queue.app.open_async():
                    await self._serve(stop)
            except DATABASE_FAULTS as fault:
                self._say(f"The database cannot be used: {reason_of(fault)}. Trying again.")
            if not stop.is_set():
                await _wait(stop, self._pace.offline)

    async def _serve(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, or the database fails.

        If this task is canceled, the jobs end as they do when `stop` is set.
        """
        worker: Any = ProcrastinateWorker(  # some of its methods have no types
            self._queue.app,
            queues=[self._queue.name],
            concurrency=self._at_once,
            fetch_job_polling_interval=self._pace.poll,
            abort_job_polling_interval=self._pace.poll,
            listen_notify=False,  # a listener that loses its connection ends the worker
            install_signal_handlers=False,
            update_heartbeat_interval=_NEVER,  # ends with the side tasks, before the last job does
            stalled_worker_timeout=_NEVER,
        )
        beating = asyncio.create_task(self._beat(worker))
        working = asyncio.create_task(worker.run())
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            stop.set()
        if stop.is_set():
            self._is_ending = True
            for event in self._running.values():
                event.set()
        worker.stop()
        await _outlast(working)
        for task in (beating, stopping):
            task.cancel()
        await _outlast(beating, stopping)
        faults = [task.exception() for task in (working, beating) if not task.cancelled()]
        if (this := asyncio.current_task()) and this.cancelling():
            raise asyncio.CancelledError
        for fault in faults:
            if fault is not None:
                raise fault

    # --- jobs -------------------------------------------------------------------------------------

    async def _perform(self, number: int, job: QueuedJob) -> None:
        """Run a job to its end, also when canceled: then nobody wants it to be tried again."""
        stop, unwanted = asyncio.Event(), asyncio.Event()
        self._running[number] = stop
        if self._is_ending:
            stop.set()
        try:
            work = asyncio.create_task(self._run(number, job, stop, unwanted))
            while not work.done():
                try:
                    await asyncio.shield(work)
                except asyncio.CancelledError:
                    unwanted.set()
                    stop.set()
            work.result()
        finally:
            del self._running[number]

    async def _run(
        self, number: int, job: QueuedJob, stop: asyncio.Event, unwanted: asyncio.Event
    ) -> None:
        self._say(f"{job.account}: {job.verb} starts.")
        result = await self._accounts.run(job, stop)
        again = next_attempt(job, result, self._pace.retries, is_wanted=not unwanted.is_set())
        ending = f"{job.account}: {job.verb} ended with exit code {result.exit_code}"
        self._say(f"{ending}; again in {again[1]:.0f} s." if again else f"{ending}.")
        await self._record(job, result)
        await self._certainly(partial(self._follow, number, job, result, again))
        self._finished.add(number)

    async def _record(self, job: QueuedJob, result: AccountResult) -> None:
        """Record the result of a job of the schedule, and of an apply.

        Whoever waits for a result records it, too, but may have died, and an apply must be seen.
        """
        if not job.run or job.verb == "apply":
            await asyncio.to_thread(self._accounts.record, result)

    async def _follow(
        self,
        number: int,
        job: QueuedJob,
        result: AccountResult,
        again: tuple[QueuedJob, float] | None,
    ) -> None:
        await self._queue.put_result(job, result, is_final=again is None)
        if again is not None:
            await self._queue.defer(*again, after=number)

    async def _certainly(self, action: Callable[[], Awaitable[None]]) -> None:
        """Do what must not get lost, as soon as the database can be used."""
        while True:
            try:
                await action()
            except DATABASE_FAULTS:
                if self._is_ending:
                    raise
                await asyncio.sleep(self._pace.offline)
            else:
                return

    # --- life and death ---------------------------------------------------------------------------

    async def _beat(self, worker: Any) -> None:
        """Show that this worker lives, and give back what it has, but does not run.

        A job gets lost between the two where the database fails while it answers.
        """
        manager, host, suspects = self._queue.app.job_manager, platform.node(), set[int]()
        while worker.worker_id is None:
            await asyncio.sleep(_SOON)
        while True:
            with suppress(*DATABASE_FAULTS):
                if (me := worker.worker_id) is not None:
                    await self._queue.beat(me, host)
                    jobs = {
                        job.id: job
                        for job in await manager.list_jobs_async(status="doing", worker_id=me)
                        if job.id is not None and job.id not in self._running
                    }
                    for number in suspects & set(jobs):
                        await self._give_back(jobs[number])
                    suspects = set(jobs)
                    self._finished &= suspects
            # a query that is canceled may end with its answer, or a fault, instead
            if (this := asyncio.current_task()) and this.cancelling():
                return
            await asyncio.sleep(self._pace.heartbeat)

    async def _give_back(self, job: Job) -> None:
        """End a job that nobody runs, and let it be done again."""
        assert job.id is not None
        if job.id in self._finished:
            await self._queue.app.job_manager.finish_job_by_id_async(
                job.id, Status.SUCCEEDED, delete_job=False
            )
            return
        if job.task_name == ACCOUNT_TASK:
            lost = QueuedJob.from_json(job.task_kwargs)
            again = after_death(lost)
            if await self._queue.is_unwanted(job.id):
                result = self._accounts.lost_result(
                    lost, "A worker died while it ran this. Interrupted."
                )
                await self._queue.put_result(lost, result)
            elif again is not None:
                self._say(f"{lost.account}: {lost.verb} was left by a worker that died; again.")
                await self._queue.defer(again, after=job.id)
            else:
                reason = f"{MOST_DEATHS} workers died while they ran it."
                result = self._accounts.lost_result(lost, reason)
                await self._record(lost, result)
                await self._queue.put_result(lost, result)
        await self._queue.app.job_manager.finish_job_by_id_async(
            job.id, Status.FAILED, delete_job=False
        )

    async def _tick(self) -> None:
        """Take back the jobs of dead workers, and find what is due."""
        for job in await self._queue.abandoned(self._pace.dead_after):
            await self._give_back(job)
        for due in await asyncio.to_thread(self._accounts.due, await self._queue.busy()):
            await self._queue.defer(due)
        now = monotonic()
        if self._pruned_at is None or now - self._pruned_at > _PRUNE_SECONDS:
            self._pruned_at = now
            await asyncio.to_thread(self._accounts.prune)
            await self._queue.prune(_KEEP_HOURS)


def silence_logs(say: Callable[[str], None]) -> None:
    """Say warnings of Procrastinate and of the pool as messages, without tracebacks."""
    say_logs(("procrastinate", "psycopg"), logging.WARNING, say)


async def _outlast(*tasks: asyncio.Task[Any]) -> None:
    """Wait until tasks have ended, also when this one is canceled meanwhile."""
    while running := [task for task in tasks if not task.done()]:
        with suppress(asyncio.CancelledError):
            await asyncio.wait(running)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
