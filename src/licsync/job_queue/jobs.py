"""What the queue knows of a job, and what follows from a result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from os.path import isabs
from typing import cast

from licsync.diagnostics import Code
from licsync.diagnostics.exit_codes import Exit
from licsync.engine.fleet import AccountJob, AccountResult, FleetVerb

_UNREACHABLE = frozenset((Code.BACKEND_FAILED, Code.STORE_FAILED))
"""The errors of a command that could not reach the account, or the store."""

MOST_DEATHS = 10
"""How many workers may die during a job. Then the job is to blame."""


@dataclass(frozen=True, slots=True)
class QueuedJob:
    """A job in the queue. It names the account; a worker finds the rest in its own fleet file.

    So a row of the queue holds no secret, and cannot make a worker run a program of its choice.

    Attributes:
        account: the account's directory, relative to the fleet file.
        organization: what 8x8 limits together; no two jobs of it run at once.
        verb: the command.
        arguments: further words of its command line.
        run: who waits for the result; empty for a job of the schedule.
        position: which one of the jobs of that run it is.
        attempt: how many attempts came before.
        deaths: how many workers died during it.
        resume: whether an earlier attempt may have left an unfinished run.
    """

    account: str
    organization: str
    verb: FleetVerb
    arguments: tuple[str, ...] = ()
    run: str = ""
    position: int = 0
    attempt: int = 0
    deaths: int = 0
    resume: bool = False

    @property
    def queueing_lock(self) -> str:
        """What is the same for jobs of which one waiting is enough."""
        return f"{self.verb} {self.organization} {self.account}"

    def to_json(self) -> dict[str, object]:
        """Return the document form."""
        return asdict(self)

    @classmethod
    def from_json(cls, doc: Mapping[str, object]) -> QueuedJob:
        """Read the document form."""
        values = dict(doc) | {"arguments": tuple(cast(Sequence[str], doc["arguments"]))}
        return cls(**values)  # type: ignore[arg-type]


def queued(job: AccountJob, fleet: str, *, run: str = "", position: int = 0) -> QueuedJob:
    """Make what the queue knows of a job.

    The directory differs between machines, so it cannot stand for an organization there. Which
    store it is, each worker knows by itself.
    """
    organization = job.organization
    if isabs(organization):
        organization = f"{fleet}/{job.account}"
    place = job.arguments.index("--state") if "--state" in job.arguments else len(job.arguments)
    words = job.arguments[:place] + job.arguments[place + 2 :]
    return QueuedJob(job.account, organization, job.verb, words, run, position)


def next_attempt(
    job: QueuedJob, result: AccountResult, delays: Sequence[float], *, is_wanted: bool = True
) -> tuple[QueuedJob, float] | None:
    """Say whether a job is to be done again, and after how many seconds.

    It is if the account was locked or could not be reached, if a run was applied in part, and if
    the worker was stopped. Every other exit code stays, a refusal above all.

    Args:
        job: the job that ended.
        result: what it ended with.
        delays: the seconds before each further attempt.
        is_wanted: whether somebody wants the result; False after Ctrl-C by whoever waited for it.
    """
    if not is_wanted:
        return None
    if result.exit_code == Exit.INTERRUPTED:
        return replace(job, resume=True), 0
    is_locked = result.exit_code == Exit.LOCKED
    has_failed = result.exit_code == Exit.FAILED
    is_unreachable = has_failed and not _UNREACHABLE.isdisjoint(result.codes)
    is_partly = result.exit_code == Exit.PARTLY and job.verb == "apply"
    if not (is_locked or is_unreachable or is_partly) or job.attempt >= len(delays):
        return None
    return replace(job, attempt=job.attempt + 1, resume=True), delays[job.attempt]


def unfinished_code(verb: FleetVerb) -> int:
    """Return the exit code of a job that nobody knows the end of: an apply may be half done."""
    return Exit.PARTLY if verb == "apply" else Exit.FAILED


def after_death(job: QueuedJob) -> QueuedJob | None:
    """Say what follows when a worker died during a job; None if nothing does."""
    if job.deaths + 1 >= MOST_DEATHS:
        return None
    return replace(job, deaths=job.deaths + 1, resume=True)
