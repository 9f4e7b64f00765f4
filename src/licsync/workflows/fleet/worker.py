"""What a worker does with the jobs of a fleet: it runs them as its own fleet file says."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from importlib.util import find_spec
from os.path import isabs
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from licsync.diagnostics import Code, InputInvalid, LicsyncError, error
from licsync.diagnostics.exit_codes import Exit
from licsync.engine.fleet import AccountJob, AccountResult, AccountSummary, FleetRunner, FleetVerb
from licsync.engine.fleet_status import QueueStatus
from licsync.engine.ports import StoreFailed
from licsync.model.fleet import FleetMember
from licsync.model.license import format_instant
from licsync.signals import on_termination
from licsync.workflows.fleet.child import Interruption, run_job
from licsync.workflows.fleet.fleet import OpenFleet, checked_out_file, make_job, open_fleet
from licsync.workflows.fleet.messages import FleetMessages
from licsync.workflows.fleet.processes import NEW_PROCESSES, ForkedProcesses, Processes
from licsync.workflows.fleet.results import open_results, prune_results, remember, state_of
from licsync.workflows.fleet.status import due_members
from licsync.workflows.storage import store_cipher

if TYPE_CHECKING:
    from licsync.job_queue.database import JobQueue
    from licsync.job_queue.jobs import QueuedJob
    from licsync.job_queue.worker import Pace
    from licsync.store.fleet_results import FleetResults

_POSTGRESQL = ("postgresql:", "postgresql+", "postgres:")
_FRESH_SECONDS = 30

_APPLIED = "A worker already applied this plan, and died before it could report it.\n"

_NO_IDENTITY = (
    "'{}' declares neither backend.customer_id nor identity, so another machine cannot tell it "
    "from a copy. Write into its account.yaml what this prints: licsync store adopt DIR\n"
)

_WORDS = frozenset(
    ("--auto-approve", "--digest", "--due", "--jobs", "--now", "--redact", "--require-fresh")
) | {"--resume"}
"""The options that a job of the queue may have: none of them names a file or a store."""


class FleetAccounts:
    """The accounts of a fleet for a worker (`licsync.job_queue.worker.Accounts`).

    Args:
        path: the fleet file of this machine, or its directory.
        results: what the fleet remembers.
        state: the URL of the store; None for what the fleet file says.
        environ: the environment variables, in which the secrets of accounts are looked up.
        processes: starts the processes of jobs.
        say: takes messages for people.
    """

    def __init__(
        self,
        path: Path,
        results: FleetResults,
        state: str | None = None,
        environ: Mapping[str, str] = os.environ,
        processes: Processes = NEW_PROCESSES,
        say: Callable[[str], None] = lambda text: None,
    ):
        self._path, self._results, self._state = path, results, state
        self._environ = dict(environ) if state is None else {**environ, "LICSYNC_STATE": state}
        self._processes, self._say = processes, say
        self._opened: tuple[float, OpenFleet] | None = None

    def _fleet(self) -> OpenFleet:
        """Open the fleet, at most twice a minute: a checkout may be renewed at any time.

        Another checkout counts at once: the old one may be deleted soon.
        """
        now = monotonic()
        if self._opened is not None:
            at, fleet = self._opened
            if now - at <= _FRESH_SECONDS and fleet.file == checked_out_file(self._path):
                return fleet
        fleet = open_fleet(self._path)
        self._opened = now, fleet
        return fleet

    async def run(self, job: QueuedJob, stop: asyncio.Event) -> AccountResult:
        """Run a job; end it after the steps in flight when `stop` is set."""
        try:
            ready = await asyncio.to_thread(self._prepared, job)
        except LicsyncError as fault:
            message = "".join(f"{one.message}\n" for one in fault.diagnostics)
            return _result(job, Exit.FAILED, message)
        if isinstance(ready, AccountResult):
            return ready
        interruption = Interruption()

        async def interrupt() -> None:
            await stop.wait()
            interruption.request()

        watching = asyncio.create_task(interrupt())
        try:
            result = await self._run(job, ready, interruption)
        finally:
            watching.cancel()
        if not job.run:  # nobody waits for the result
            await asyncio.to_thread(self._send_messages, result)
        return result

    def _send_messages(self, result: AccountResult) -> None:
        messages = FleetMessages()
        messages.take(result)
        try:
            fleet = self._fleet()
            state = state_of(fleet, self._state, self._environ)
            faults = messages.send(fleet, state, result.finished_at)
        except LicsyncError as fault:
            faults = list(fault.diagnostics)
        for one in faults:
            self._say(f"{result.account}: {one.message}")

    def _prepared(self, job: QueuedJob) -> AccountJob | AccountResult:
        """Make the command of a job out of this machine's fleet file, or say why it has none."""
        unknown = [word for word in job.arguments if word.startswith("-") and word not in _WORDS]
        if unknown:
            return _result(job, Exit.REFUSED, f"A worker does not take {', '.join(unknown)}.\n")
        fleet = self._fleet()
        member = next((one for one in fleet.members if one.account == job.account), None)
        if member is None:
            message = (
                f"'{job.account}' is not in the fleet file of this worker. Is it up to date?\n"
            )
            return _result(job, Exit.FAILED, message)
        if job.verb == "apply" and not member.may_apply:
            return _result(job, Exit.REFUSED, f"The mode of '{job.account}' is plan-only.\n")
        ready = self._job(fleet, member, job.verb, job.arguments)
        if job.verb == "apply" and isabs(ready.organization):
            return _result(job, Exit.REFUSED, _NO_IDENTITY.format(job.account))
        return ready

    def _job(
        self, fleet: OpenFleet, member: FleetMember, verb: FleetVerb, words: Sequence[str] = ()
    ) -> AccountJob:
        return make_job(fleet, member, verb, words, is_state_given=self._state is not None)

    async def _run(
        self, job: QueuedJob, ready: AccountJob, interruption: Interruption
    ) -> AccountResult:
        """Run a command. An apply that may have begun is resumed first."""
        if job.verb == "apply" and job.resume and "--resume" not in job.arguments:
            words = ("--resume", *_state_words(ready.arguments))
            resumed = await self._command(replace(ready, arguments=words), interruption)
            digest = _digest(job.arguments)
            if resumed.exit_code or interruption.requested:
                return resumed
            if digest is not None:
                applied = await asyncio.to_thread(self._applied, ready, digest)
                if applied is not None:
                    return replace(resumed, summary=applied, error=resumed.error + _APPLIED)
        return await self._command(ready, interruption)

    async def _command(self, job: AccountJob, interruption: Interruption) -> AccountResult:
        return await run_job(job, self._environ, interruption, self._processes)

    def _applied(self, job: AccountJob, digest: str) -> AccountSummary | None:
        """Summarize the last run of an account if it applied this very plan.

        It did if the command ended well, and the worker died before it could say so.
        """
        from licsync.planning.plan import Plan
        from licsync.workflows.account import open_account
        from licsync.workflows.fleet.summary import summarize_plan
        from licsync.workflows.session import Session

        state = state_of(self._fleet(), self._state, self._environ)
        session = Session(Path(job.directory), state=state, read_only=True)
        with closing(open_account(session)) as account:
            if not account.storage.exists():
                return None
            runs = account.storage.runs().runs(account.name)
        if not runs or runs[0].state != "done" or runs[0].plan.get("digest") != digest:
            return None
        summary = summarize_plan(Plan.from_json(runs[0].plan), None)
        return {**summary, "applied": summary["changes"]}

    def due(self, busy: Collection[str]) -> Sequence[QueuedJob]:
        """Return the checks for drift that are due now, but those that wait or run already."""
        from licsync.job_queue.jobs import queued

        try:
            fleet = self._fleet()
            due = due_members(fleet.members, self._results, datetime.now(UTC))
        except LicsyncError as fault:
            self._say(f"licsync cannot find out what is due: {fault.diagnostics[0].message}")
            return []
        jobs = [queued(self._job(fleet, member, "drift"), fleet.fleet["name"]) for member in due]
        return [job for job in jobs if job.queueing_lock not in busy]

    def record(self, result: AccountResult) -> None:
        """Record what a job ended with."""
        try:
            remember(self._results, result)
        except StoreFailed as fault:
            self._say(f"{result.account}: {fault.diagnostics[0].message}")

    def lost_result(self, job: QueuedJob, reason: str) -> AccountResult:
        """Make the result of a job that cannot be run."""
        from licsync.job_queue.jobs import unfinished_code

        return _result(job, unfinished_code(job.verb), f"{reason}\n")

    def prune(self) -> None:
        """Delete results that are older than the fleet keeps them.

        Raises:
            InputInvalid: the fleet file has faults.
            Refused: the fleet file names another fleet or store than when the worker started.
            StoreFailed: the store of the fleet cannot be written.
        """
        prune_results(self._fleet(), self._results, datetime.now(UTC))


def _state_words(arguments: Sequence[str]) -> Sequence[str]:
    """Return what `make_job` says of the store."""
    place = arguments.index("--state") if "--state" in arguments else len(arguments)
    return arguments[place : place + 2]


def _digest(arguments: Sequence[str]) -> str | None:
    return arguments[arguments.index("--digest") + 1] if "--digest" in arguments else None


def _result(job: QueuedJob, code: int, message: str) -> AccountResult:
    now = format_instant(datetime.now(UTC))
    return AccountResult(job.account, job.verb, code, now, now, error=message)


def open_queue(fleet: OpenFleet, state: str | None = None) -> JobQueue:
    """Open the queue of a fleet's workers, in the store of the fleet.

    Args:
        fleet: the fleet.
        state: the URL of the store; None for what the fleet file says.

    Raises:
        InputInvalid: the extra is not installed, or the store is not PostgreSQL.
        CredentialsMissing: the variable that the fleet file names is not set.
        StoreFailed: the key of the store is invalid.
    """
    url = state_of(fleet, state)
    if url is None or not url.startswith(_POSTGRESQL):
        message = "Workers share a store and a queue in PostgreSQL, and this fleet has none."
        hint = "Write state: env:LICSYNC_STATE, and set LICSYNC_STATE=postgresql://…"
        raise InputInvalid(error(Code.INVALID_VALUE, message, fleet.declared.where(), hint))
    try:
        from licsync.job_queue.database import JobQueue
    except ModuleNotFoundError as fault:
        message = f"Workers need the package {fault.name}, which is not installed."
        hint = "Install it with: pip install 'licsync[fleet]'"
        raise InputInvalid(error(Code.INVALID_VALUE, message, hint=hint)) from fault
    cipher = store_cipher()
    cipher.encrypt("")  # reports an invalid key now
    return JobQueue(url, fleet.fleet["name"], cipher.encrypt, cipher.decrypt)


def queue_status(fleet: OpenFleet, state: str | None) -> QueueStatus | None:
    """Look at the queue of a fleet's workers; None if it has none.

    Args:
        fleet: the fleet.
        state: the URL of the store; None for what the fleet file says.

    Raises:
        StoreFailed: the database cannot be used.
    """
    url = state_of(fleet, state)
    if url is None or not url.startswith(_POSTGRESQL) or find_spec("procrastinate") is None:
        return None
    queue = open_queue(fleet, state)

    async def look() -> QueueStatus | None:
        async with queue.app.open_async():
            return await queue.status()

    from licsync.job_queue.database import reporting_faults

    with reporting_faults("The queue of the fleet cannot be read"):
        return asyncio.run(look())


def queue_runner(
    fleet: OpenFleet, state: str | None, at_once: int, say: Callable[[str], None]
) -> FleetRunner:
    """Make what lets the workers of a fleet run its accounts.

    Args:
        fleet: the fleet.
        state: the URL of the store; None for what the fleet file says.
        at_once: how many accounts may run at once on each worker.
        say: takes messages for people.

    Raises:
        InputInvalid: the extra is not installed, or the store is not PostgreSQL.
        CredentialsMissing: the variable that the fleet file names is not set.
    """
    queue = open_queue(fleet, state)
    from licsync.job_queue.runner import QueueRunner
    from licsync.job_queue.worker import silence_logs

    silence_logs(lambda text: None)  # what the database says is reported if it stays away
    return QueueRunner(queue, fleet.fleet["name"], at_once, say)


def run_worker(
    path: Path,
    state: str | None,
    at_once: int | None,
    say: Callable[[str], None],
    pace: Pace | None = None,
) -> None:
    """Work on the jobs of a fleet until a signal ends it.

    Args:
        path: the fleet file, or its directory.
        state: the URL of the store; None for what the fleet file says.
        at_once: how many jobs may run at once; None for what the fleet file says.
        say: takes messages for people.
        pace: its intervals; None for the usual ones.

    Raises:
        LicsyncError: the fleet, its store or its queue cannot be used.
    """
    fleet = open_fleet(path)
    queue = open_queue(fleet, state)
    from licsync.job_queue.worker import FleetWorker, Pace, silence_logs

    silence_logs(say)
    with open_results(fleet, state) as results, closing(ForkedProcesses()) as processes:
        accounts = FleetAccounts(path, results, state, processes=processes, say=say)
        worker = FleetWorker(queue, accounts, at_once or fleet.at_once, pace or Pace(), say)

        async def serve() -> None:
            stop = asyncio.Event()
            with on_termination(stop.set):
                await worker.serve(stop)

        asyncio.run(serve())
