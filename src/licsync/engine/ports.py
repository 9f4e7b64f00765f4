"""What the engine needs of the world. Adapters implement these; the engine knows nothing else of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from licsync.diagnostics import InputInvalid
from licsync.model.inventory import Inventory, Record
from licsync.model.step import Step

Clock = Callable[[], datetime]
"""Gives the current instant, with a time zone."""


class StepRefused(Exception):
    """The backend refused a step, for certain without an effect; the message is the backend's reason."""


class BackendFailed(Exception):
    """The backend cannot be used at all now; nothing was sent."""


class StoreFailed(InputInvalid):
    """The store cannot be opened, read or written; what was being recorded is not recorded."""


class Backend(Protocol):
    """A place that holds the account: the embedded console, or the vendor's API.

    A step is all or nothing. After a kill the engine asks `happened` before it does anything else.
    """

    @property
    def type(self) -> str:
        """The type's name in YAML: `local` or `8x8`."""
        ...

    def can(self, kind: str, verb: str) -> bool:
        """Tell whether the backend can do such an action; what it cannot becomes a manual step."""
        ...

    def read(self) -> Inventory:
        """Read everything. Raises BackendFailed."""
        ...

    def fetch(self, keys: Iterable[str]) -> dict[str, Record | None]:
        """Read just these records, `section/name`; None where there is none. Raises BackendFailed."""
        ...

    def perform(self, step: Step) -> None:
        """Do one step, durably, before returning. Raises StepRefused, or BackendFailed."""
        ...

    def happened(self, step: Step, before: Mapping[str, Record | None]) -> bool | None:
        """Tell whether a step that was begun took effect; None where it cannot be told.

        Args:
            step: the step, as it was recorded.
            before: the records it touches (`model.step.touched`), as they were when it was begun.
        """
        ...


StepState = Literal["intended", "done", "refused"]
RunState = Literal["open", "done", "failed"]


@dataclass(slots=True)
class JournalEntry:
    """One attempt at one step of a run, as recorded.

    `position` is the step's place among the run's steps (`engine.steps.groups`), from 0; taking step p back
    has the position -1 - p. Where a position has several entries, the last one counts.
    """

    position: int
    action: str
    step: Step
    state: StepState
    before: dict[str, Record | None]
    after: dict[str, Record | None] | None = None
    reason: str | None = None


@dataclass(slots=True)
class Run:
    """One apply: its plan, what everything it touches was before, and how far it came."""

    id: str
    account: str
    plan: dict[str, Any]
    preimages: dict[str, Record | None]
    actor: str
    started_at: str
    state: RunState = "open"
    finished_at: str | None = None
    entries: list[JournalEntry] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Lease:
    """A held lock: who, since when, until when unless renewed; `token` fences writes."""

    account: str
    owner: str
    since: str
    until: str
    token: str


class Store(Protocol):
    """Keeps the lock, the journal, and which plans were used. Every write is durable when it returns.

    Every write between `lock` and its end renews the lease, and is refused (`Locked`) once the lease is no
    longer held. Every method raises StoreFailed where the store cannot do its work.
    """

    def lock(self, account: str, owner: str) -> AbstractContextManager[Lease]:
        """Hold the account's lease, by the store's own clock. Raises Locked, naming holder, since and until."""
        ...

    def unlock(self, account: str) -> Lease | None:
        """Break the account's lease; returns what was broken."""
        ...

    def is_used(self, checksum: str) -> bool:
        """Tell whether a plan file was applied already."""
        ...

    def begin(self, run: Run) -> None:
        """Record a run, its pre-images and its plan, which is used from now on, before anything is done."""
        ...

    def open_run(self, account: str) -> Run | None:
        """Find the run that was begun and not finished, with its journal."""
        ...

    def intend(self, run: str, entry: JournalEntry, settled: JournalEntry | None = None) -> None:
        """Record that a step is about to be sent, with what it will overwrite.

        In the same write, which is what takes the time, record how the one before ended: as `settle` does.
        """
        ...

    def settle(self, run: str, entry: JournalEntry) -> None:
        """Record how a step ended: done, with what was read back, or refused, with the reason."""
        ...

    def finish(self, run: str, state: RunState, at: str) -> None:
        """Close a run."""
        ...

    def reopen(self, run: str) -> None:
        """Go on with a run that was closed as failed."""
        ...

    def run(self, run: str) -> Run | None:
        """Read a run with its journal, in the order in which it was written."""
        ...

    def runs(self, account: str) -> list[Run]:
        """List the runs, newest first, without their journals."""
        ...
