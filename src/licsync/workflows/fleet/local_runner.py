"""Runs the jobs of a fleet on this machine, each in a child process."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Collection, Mapping, Sequence

from licsync.engine.fleet import AccountJob, AccountResult, OnResult, RunEnd
from licsync.signals import on_termination
from licsync.workflows.fleet.child import Interruption, run_job
from licsync.workflows.fleet.processes import NEW_PROCESSES, Processes

_INTERRUPTED = (
    "Interrupted: licsync finishes the steps in flight and starts no further account. "
    "Interrupt again to stop now."
)


class LocalRunner:
    """A `FleetRunner` (`engine.fleet`) with asyncio and child processes.

    Args:
        at_once: how many jobs may run at once.
        environ: the environment variables, in which the secrets of accounts are looked up.
        processes: starts the child processes.
        say: takes messages for people.
    """

    def __init__(
        self,
        at_once: int,
        environ: Mapping[str, str] = os.environ,
        processes: Processes = NEW_PROCESSES,
        say: Callable[[str], None] = lambda text: None,
    ):
        self._at_once = at_once
        self._environ = environ
        self._processes = processes
        self._say = say

    def run(self, jobs: Sequence[AccountJob], on_result: OnResult) -> RunEnd:
        """Run the jobs, and return when none of them runs any more."""
        return asyncio.run(self._run(jobs, on_result))

    async def _run(self, jobs: Sequence[AccountJob], on_result: OnResult) -> RunEnd:
        interruption = Interruption()
        waiting, running = list(jobs), dict[asyncio.Task[AccountResult], AccountJob]()
        may_start = True

        def interrupt() -> None:
            if not interruption.requested:
                self._say(_INTERRUPTED)
            interruption.request()

        with on_termination(interrupt):
            try:
                while running or (waiting and may_start and not interruption.requested):
                    while may_start and not interruption.requested:
                        job = self._next(waiting, running.values())
                        if job is None:
                            break
                        waiting.remove(job)
                        work = run_job(job, self._environ, interruption, self._processes)
                        running[asyncio.create_task(work)] = job
                    done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                    for task in done:
                        del running[task]
                        may_start = on_result(task.result()) and may_start
            finally:
                if running:  # somebody else failed
                    interruption.request()
                    await asyncio.wait(running)
        if interruption.requested:
            return "interrupted"
        return "stopped" if waiting else "done"

    def _next(
        self, waiting: Sequence[AccountJob], running: Collection[AccountJob]
    ) -> AccountJob | None:
        """Choose the next job: the first whose organization is free, if there is room."""
        if len(running) >= self._at_once:
            return None
        busy = {job.organization for job in running}
        return next((job for job in waiting if job.organization not in busy), None)
