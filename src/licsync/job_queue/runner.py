"""Runs the jobs of a fleet on its workers, and waits for the results."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from time import monotonic

from licsync.diagnostics import Code, InputInvalid, error
from licsync.engine.fleet import AccountJob, AccountResult, OnResult, RunEnd
from licsync.job_queue.database import DATABASE_FAULTS, JobQueue, reporting_faults
from licsync.job_queue.jobs import QueuedJob, queued, unfinished_code
from licsync.model.license import format_instant
from licsync.signals import on_termination

_INTERRUPTED = (
    "Interrupted: the workers finish the steps in flight and start no further account of this run."
)

_LOST = "The queue lost this job: its result never arrived.\n"


class QueueRunner:
    """A `FleetRunner` (`engine.fleet`) that lets workers do the jobs.

    It puts no more jobs into the queue than may run, so that none starts after a stop.

    Args:
        queue: the jobs.
        fleet: the name of the fleet.
        at_once: how many jobs may run at once on each worker that lives.
        say: takes messages for people.
        poll: the seconds between two looks for results.
        patience: the seconds to wait for a worker while none lives, and for the database.
    """

    def __init__(
        self,
        queue: JobQueue,
        fleet: str,
        at_once: int,
        say: Callable[[str], None] = lambda text: None,
        poll: float = 0.1,
        patience: float = 60,
    ):
        self._queue, self._fleet, self._at_once, self._say = queue, fleet, at_once, say
        self._poll, self._patience = poll, patience

    def run(self, jobs: Sequence[AccountJob], on_result: OnResult) -> RunEnd:
        """Run the jobs, and return when none of them runs any more.

        Raises:
            InputInvalid: no worker lives.
            StoreFailed: the database cannot be used.
        """
        hint = "Jobs that workers have begun continue: see licsync fleet status."
        with reporting_faults("The queue of the fleet cannot be used", hint):
            return asyncio.run(self._run(jobs, on_result))

    async def _run(self, jobs: Sequence[AccountJob], on_result: OnResult) -> RunEnd:
        await self._queue.prepare()
        run = _Run(self._queue, self._fleet, jobs, on_result)

        def interrupt() -> None:
            if not run.is_interrupted:
                self._say(_INTERRUPTED)
            run.is_interrupted = True

        with on_termination(interrupt):
            async with self._queue.app.open_async():
                try:
                    await self._follow(run)
                finally:
                    await run.close()
        return run.end()

    async def _follow(self, run: _Run) -> None:
        """Put the jobs into the queue, and take their results, until nothing is left to do.

        A database that is away for a short while only delays that.
        """
        alone, offline = _Spell(self._patience), _Spell(self._patience)
        while not run.is_over:
            try:
                workers = len(await self._queue.workers())
                await run.advance(self._at_once * max(1, workers))
            except DATABASE_FAULTS:
                if offline.lasts(True):
                    raise
            else:
                offline.lasts(False)
                if alone.lasts(not workers and not run.is_running and not run.is_over):
                    message = "No worker of the fleet is running, so the jobs cannot be done."
                    hint = "Start one, on any machine: licsync fleet worker FLEET"
                    raise InputInvalid(error(Code.INVALID_VALUE, message, hint=hint))
            await asyncio.sleep(self._poll)


class _Spell:
    """Tells whether something has been so for too many seconds."""

    def __init__(self, seconds: float):
        self._seconds = seconds
        self._since: float | None = None

    def lasts(self, is_so: bool) -> bool:
        """Note whether it is so now, and tell whether it has been for too long."""
        if not is_so:
            self._since = None
        elif self._since is None:
            self._since = monotonic()
        return self._since is not None and monotonic() - self._since > self._seconds


class _Run:
    """The jobs of one call, by their positions: those to come, and those in the queue."""

    def __init__(
        self, queue: JobQueue, fleet: str, jobs: Sequence[AccountJob], on_result: OnResult
    ):
        self._queue, self._on_result = queue, on_result
        self._name = secrets.token_hex(8)
        self._to_come = {
            position: queued(job, fleet, run=self._name, position=position)
            for position, job in enumerate(jobs)
        }
        self._inside: dict[int, QueuedJob] = {}
        self._taken = set[int]()
        self._may_start, self._is_told_to_end = True, False
        self._left_out = 0
        self.is_running, self.is_interrupted = False, False

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do."""
        return not self._inside and not (self._may_start and self._to_come)

    def end(self) -> RunEnd:
        """Say how it ended."""
        if self.is_interrupted:
            return "interrupted"
        return "stopped" if self._to_come or self._left_out else "done"

    async def advance(self, at_once: int) -> None:
        """Take the results that are there, then fill the queue up."""
        if self.is_interrupted and not self._is_told_to_end:
            self._may_start = False
            await self._queue.cancel(self._name, running=True)
            self._is_told_to_end = True
        live = await self._queue.live(self._name)
        self.is_running = "doing" in live.values()
        for position in live.keys() & self._to_come.keys():  # the answer to putting it in was lost
            self._inside[position] = self._to_come.pop(position)
        for position, result in (await self._queue.results(self._name, self._taken)).items():
            self._take(position, result)
        if not self._may_start:
            await self._queue.cancel(self._name, running=False)
        for position in self._inside.keys() - live.keys():
            await self._miss(position)
        if self._may_start:
            for position, job in list(self._to_come.items()):
                if len(self._inside) >= at_once:
                    break
                if await self._queue.defer(job):
                    self._inside[position] = self._to_come.pop(position)

    def _take(self, position: int, result: AccountResult) -> None:
        self._taken.add(position)
        self._inside.pop(position, None)
        self._to_come.pop(position, None)
        self._may_start = self._on_result(result) and self._may_start

    async def _miss(self, position: int) -> None:
        """Account for a job that is in the queue no longer, and has no result that stays.

        One that was taken out before it started needs none. One that was to be tried again has that
        of its last attempt.
        """
        job = self._inside[position]
        found = await self._queue.results(self._name, self._taken, final=False)
        if position in found:
            self._take(position, found[position])
        elif self._may_start:
            now = format_instant(datetime.now(UTC))
            code = unfinished_code(job.verb)
            self._take(position, AccountResult(job.account, job.verb, code, now, now, error=_LOST))
        else:
            del self._inside[position]
            self._left_out += 1

    async def close(self) -> None:
        """Leave nothing in the queue."""
        with suppress(*DATABASE_FAULTS):
            await self._queue.cancel(self._name, running=False)
            await self._queue.forget(self._name)
