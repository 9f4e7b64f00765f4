"""An account to apply, on a real store and the embedded console, with faults that can be put
anywhere.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any
from weakref import finalize

import pytest

from licsync.engine.context import RunContext
from licsync.engine.events import Event
from licsync.engine.ports import (
    JournalEntry,
    Lease,
    NoteTicket,
    Run,
    RunState,
    StepFailure,
    StepRefused,
    StepRequest,
    perform_each,
)
from licsync.model.console.step import Step
from licsync.model.inventory import Record
from licsync.planning.plan import Plan
from licsync.workflows.account import Account, open_account
from licsync.workflows.inventory import local_backend
from licsync.workflows.planning import PlanRequest, plan_stored
from licsync.workflows.session import Session
from tests.support.coroutines import perform_step
from tests.support.databases import hurry
from tests.support.paths import ACME, ROOT

EVERYTHING = ROOT / "tests" / "engine" / "everything"
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


class Killed(BaseException):
    """The process dies here."""


def die() -> None:
    """Die as a test can survive it."""
    raise Killed


def kill() -> None:
    """Die as nobody survives it."""
    os.kill(os.getpid(), signal.SIGKILL)


class Boundary:
    """Counts what is passed between the engine and the world; at one number the process dies."""

    def __init__(self, at: int | None = None, death: Callable[[], None] = die):
        self.at, self.death, self.passed = at, death, 0

    def cross(self) -> None:
        if self.passed == self.at:
            self.death()
        self.passed += 1


class FragileStore:
    """A store that may die before and after every write to the journal, so before and after every
    step too.
    """

    def __init__(self, inner: Any, boundary: Boundary):
        self.inner, self.boundary = inner, boundary

    def lock(
        self, account: str, owner: str, link: str | None = None
    ) -> AbstractContextManager[Lease]:
        return self.inner.lock(account, owner, link)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def begin(self, run: Run) -> None:
        self._around(self.inner.begin, run)

    def record_intents(
        self, run: str, *entries: JournalEntry, settled: Sequence[JournalEntry] = ()
    ) -> None:
        self._around(partial(self.inner.record_intents, settled=settled), run, *entries)

    def record_operation(self, run: str, entry: JournalEntry) -> None:
        self._around(self.inner.record_operation, run, entry)

    def record_results(self, run: str, *entries: JournalEntry) -> None:
        self._around(self.inner.record_results, run, *entries)

    def finish(self, run: str, state: RunState, at: str) -> None:
        self._around(self.inner.finish, run, state, at)

    def _around(self, write: Callable[..., None], *args: Any) -> None:
        self.boundary.cross()
        write(*args)
        self.boundary.cross()


class FragileConsole:
    """A backend that refuses the steps it is told to, and notes how many it performs at a time."""

    def __init__(self, inner: Any, refuses: Callable[[Step], bool]):
        self.inner, self.refuses = inner, refuses
        self.steps: list[Step] = []
        self.sizes: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    async def perform_all(self, requests: Sequence[StepRequest]) -> Sequence[StepFailure | None]:
        self.sizes.append(len(requests))
        if not any(self.refuses(request.step) for request in requests):
            self.steps += [request.step for request in requests]
            failures: Sequence[StepFailure | None] = await self.inner.perform_all(requests)
            return failures
        return await perform_each(self._perform, requests)

    async def _perform(
        self, step: Step, before: Mapping[str, Record | None], note: NoteTicket
    ) -> None:
        if self.refuses(step):
            raise StepRefused("The console says no.")
        self.steps.append(step)
        await perform_step(self.inner, step, before, note)


@cache
def seeded(source: Path) -> Path:
    """A copy of an account whose store is made and filled, to be copied many times.

    No `TemporaryDirectory`: from Python 3.13 on, a forked process forgets what is registered here,
    and would remove the directory as it forgets the object.
    """
    home = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    folder = Path(home) / source.name
    shutil.copytree(source, folder)
    account = open_account(Session(folder, at=NOW))
    local_backend(account)
    account.close()
    return folder


class Trial:
    """One copy of an account, its plan, and a world to apply it in."""

    def __init__(self, folder: Path, source: Path = ACME):
        if not folder.exists():
            shutil.copytree(seeded(source), folder)
        self.account: Account = open_account(Session(folder, at=NOW))
        finalize(self, self.account.close)
        hurry(self.account.storage.engine())
        self.plan: Plan = plan_stored(self.account, PlanRequest())[1]
        self.events: list[Event] = []

    def world(
        self,
        boundary: Boundary | None = None,
        refuses: Callable[[Step], bool] = lambda step: False,
        stop: Callable[[], bool] = lambda: False,
        at_once: int = 1,
    ) -> RunContext:
        local = local_backend(self.account)
        console: Any = FragileConsole(local, refuses)
        store: Any = FragileStore(self.account.storage.runs(), boundary or Boundary())
        return RunContext(
            console, store, self.account.session.now, "tester", self.events.append, stop, at_once
        )

    def dump(self) -> dict[str, Any]:
        return local_backend(self.account).dump()


def fault_text(fault: pytest.ExceptionInfo[Any]) -> str:
    """Give the one diagnostic of a fault as text."""
    [diagnostic] = fault.value.diagnostics
    return f"{diagnostic.code}: {diagnostic.message} {diagnostic.hint}"
