"""The ports of the engine: what it needs of backends and stores.

Adapters implement these protocols; the engine knows nothing else of them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from msgspec import Struct

from licsync.diagnostics import Code, CredentialsMissing, InputInvalid, error
from licsync.model.canonical import FieldValue
from licsync.model.capabilities import Capabilities
from licsync.model.console.step import Step
from licsync.model.inventory import Inventory, Record

Clock = Callable[[], datetime]
"""Gives the current instant, with a time zone."""


class StepRefused(Exception):
    """The backend refused a step, certainly without effect; the message is its reason."""


class StepUncertain(Exception):
    """It is unknown whether a step took effect: it stays intended until a resume asks again."""


class BackendFailed(InputInvalid):
    """The backend cannot be used now; nothing was sent. The message says why."""

    def __init__(self, message: str):
        super().__init__(error(Code.BACKEND_FAILED, message))


class StoreFailed(InputInvalid):
    """The store cannot be opened, read or written; what was being recorded is not recorded."""


NoteTicket = Callable[[str], None]
"""Records what the backend calls a request that it has accepted (an operation's id)."""

StepFailure = StepRefused | StepUncertain | BackendFailed | CredentialsMissing
"""Why a step was not performed, or may not have been."""


class StepRequest(Struct, frozen=True):
    """One step that a backend is asked to perform.

    Attributes:
        step: what to do.
        before: the records it touches (`model.console.step.keys_of_step`), as recorded with the
            intent.
        note: to be called as soon as the request is accepted.
    """

    step: Step
    before: Mapping[str, Record | None]
    note: NoteTicket


StepOutcome = Literal["done", "undone", "partly", "unknown"]
"""What became of a step without a recorded result.

`partly`: it began, and performing it again completes it. `unknown`: a person has to look.
"""


class Backend(Protocol):
    """Where an account lives: in the local backend, or behind 8x8's API.

    Every method may raise BackendFailed, or CredentialsMissing where the backend does not accept
    the credentials.
    """

    @property
    def type(self) -> str:
        """The type's name in YAML: `local` or `8x8`."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What it can do; anything else becomes a manual step."""
        ...

    async def read(self) -> Inventory:
        """Read everything."""
        ...

    async def fetch(self, keys: Iterable[str], *, whole: bool = False) -> dict[str, Record | None]:
        """Read just these records, `section/name`; None for a record that does not exist.

        After every step the engine fetches what the step touched; what `perform_all` has just read
        back need not be read again.

        Args:
            keys: which records.
            whole: whether they must have all that restoring a license takes, which may cost a
                request each; otherwise what comparisons use is enough (`model.inventory.digest`).
        """
        ...

    @property
    def batch_size(self) -> int:
        """How many steps it performs in one transaction; 1 if it performs each by itself."""
        ...

    async def perform_all(self, requests: Sequence[StepRequest]) -> Sequence[StepFailure | None]:
        """Perform steps to their ends, durably and in their order.

        If the process dies meanwhile, each step took effect as a whole or not at all, or
        `outcome_of` tells how far it came.

        Args:
            requests: at most `batch_size` steps, no two of which touch a common record, neither
                among themselves nor with another call that is under way.

        Returns:
            For each step None if it is done; otherwise why not. `StepRefused`: certainly without
            effect, since the backend refused it or a record is not as `before` says.
            `StepUncertain`: it is unknown for now whether it took effect. `BackendFailed`,
            `CredentialsMissing`: nothing was sent.

        Raises:
            BackendFailed: none of the steps took effect.
        """
        ...

    async def outcome_of(
        self, step: Step, before: Mapping[str, Record | None], ticket: str | None
    ) -> StepOutcome:
        """Find out what became of a step that was begun and has no recorded result.

        Args:
            step: the step, as it was recorded.
            before: the records it touches, as they were when it was begun.
            ticket: what was noted (`StepRequest.note`); None if nothing was.

        Raises:
            StepUncertain: the step is still under way, or its result is not known yet.
        """
        ...

    def recall(self, records: Iterable[Record | None]) -> None:
        """Learn what an unfinished run overwrote, oldest record first, before it is resumed.

        The records' notes have what the backend needs to restore things (`model.inventory.NOTES`).
        """
        ...

    def record_restores(self, found: Mapping[str, Mapping[str, Record]]) -> None:
        """Note settings to restore by hand, as `restore` of the licenses concerned.

        The engine calls this before it closes the run, so that a resume repeats it after a kill.

        Args:
            found: settings of extensions, by user name and license.
        """
        ...

    async def close(self) -> None:
        """Close connections, which belong to one event loop; a later call opens them again."""
        ...


PerformStep = Callable[[Step, Mapping[str, Record | None], NoteTicket], Awaitable[None]]
"""Performs one step; raises a `StepFailure`."""


async def perform_each(
    perform: PerformStep, requests: Iterable[StepRequest]
) -> list[StepFailure | None]:
    """Implement `Backend.perform_all` where each step is performed by itself."""
    failures: list[StepFailure | None] = []
    for request in requests:
        try:
            await perform(request.step, request.before, request.note)
        except (StepRefused, StepUncertain, BackendFailed, CredentialsMissing) as failure:
            failures.append(failure)
        else:
            failures.append(None)
    return failures


StepState = Literal["intended", "done", "refused", "partly"]
RunState = Literal["open", "done", "failed", "abandoned"]


@dataclass(slots=True)
class JournalEntry:
    """One recorded attempt at one step of a run.

    `position` is the step's place among the run's steps (`engine.steps.groups`), from 0; the
    compensation of step p has the position -1 - p. Of several entries, the last one counts.

    Attributes:
        position: see above.
        action: id of its action.
        step: what the backend is asked to do.
        state: `intended` until its result is recorded; `partly` if a resume found it half done, to
            be performed again.
        before: the records it touches, before it.
        after: the same records, as read back.
        reason: why it was refused.
        ticket: the backend's name of the accepted request.
    """

    position: int
    action: str
    step: Step
    state: StepState
    before: dict[str, Record | None]
    after: dict[str, Record | None] | None = None
    reason: str | None = None
    ticket: str | None = None


@dataclass(slots=True)
class Run:
    """One apply: its plan, its pre-images, and its journal.

    Attributes:
        id: its name.
        account: what it works on.
        plan: the plan's document.
        preimages: every record that the plan touches, by key, before the run.
        actor: who runs it.
        started_at: when it began.
        state: `open` until it is finished; `failed` if something was not done; `abandoned` if it is
            not to be resumed.
        finished_at: when it was finished.
        entries: its journal.
        link: the URL of the run (a CI job).
        pruned_at: when its journal and pre-images were pruned.
        planned_for: the instant of `--now`, if it is not that of the clock.
    """

    id: str
    account: str
    plan: dict[str, FieldValue]
    preimages: dict[str, Record | None]
    actor: str
    started_at: str
    state: RunState = "open"
    finished_at: str | None = None
    entries: list[JournalEntry] = field(default_factory=list)
    link: str | None = None
    pruned_at: str | None = None
    planned_for: str | None = None


@dataclass(slots=True)
class AuditResult:
    """The result of verifying a history.

    Attributes:
        entries: how many there are.
        head: the hash of the last entry, to be noted elsewhere.
        runs: how many runs the chain covers.
        before: how many runs are older than the chain.
        orders: how many work orders there are.
        faults: what was altered, as messages.
        has_head: whether the requested hash is that of an entry; None if none was requested.
    """

    entries: int = 0
    head: str | None = None
    runs: int = 0
    before: int = 0
    orders: int = 0
    faults: list[str] = field(default_factory=list)
    has_head: bool | None = None

    @property
    def is_sound(self) -> bool:
        """Tell whether nothing was altered, and the requested hash was found."""
        return not self.faults and self.has_head is not False


class Lease(Struct, frozen=True):
    """A held lock: by whom, since when, until when unless renewed; `token` fences writes.

    `seconds` is how long it holds without being renewed, and `link` where its run can be looked at.
    """

    account: str
    owner: str
    since: str
    until: str
    token: str
    seconds: float
    link: str | None = None


class Store(Protocol):
    """Keeps the lock, the journal, and which plans were used.

    Every write is durable when it returns.

    Every write under `lock` renews the lease, and is refused (`Locked`) once the lease is no longer
    held. Every method raises StoreFailed if the store cannot do its work.
    """

    def lock(
        self, account: str, owner: str, link: str | None = None
    ) -> AbstractContextManager[Lease]:
        """Hold the account's lease, by the store's own clock.

        Raises:
            Locked: another run holds it. The message names it, since when and until when.
        """
        ...

    def renew(self) -> None:
        """Renew the held lease between writes.

        Raises:
            Locked: it is no longer held.
        """
        ...

    def unlock(self, account: str) -> Lease | None:
        """Break the account's lease; returns what was broken."""
        ...

    def is_used(self, checksum: str) -> bool:
        """Tell whether a plan file was applied already."""
        ...

    def begin(self, run: Run) -> None:
        """Record a run, its pre-images and its plan, which counts as used from now on."""
        ...

    def open_run(self, account: str) -> Run | None:
        """Find the open run, with its journal."""
        ...

    def record_intents(
        self, run: str, *entries: JournalEntry, settled: Sequence[JournalEntry] = ()
    ) -> None:
        """Record that steps are about to be sent, with what they will overwrite.

        In the same write, since writing takes the time, record earlier results as `record_results`
        does.
        """
        ...

    def record_operation(self, run: str, entry: JournalEntry) -> None:
        """Record the ticket of a step that the backend has accepted."""
        ...

    def record_results(self, run: str, *entries: JournalEntry) -> None:
        """Record results: done or partly with what was read back, or refused with the reason."""
        ...

    def finish(self, run: str, state: RunState, at: str) -> None:
        """Close a run."""
        ...

    def reopen(self, run: str) -> None:
        """Reopen a run that was closed as failed."""
        ...

    def run(self, run: str) -> Run | None:
        """Read a run with its journal, oldest entry first."""
        ...

    def verify(self, account: str) -> AuditResult:
        """Verify that the history of an account was not altered."""
        ...

    def runs(self, account: str) -> list[Run]:
        """List the runs, newest first, without their journals and pre-images."""
        ...
