"""The journal of a run: a step is recorded as intended, performed, and its result recorded.

The steps of all groups that are under way are taken together as far as the backend can perform them
in one transaction (`Backend.batch_size`): one write records their intents, one transaction performs
them, and their results are recorded with the intents that come next. The order is the same for each
step, and after a kill the backend is asked about each of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from licsync.diagnostics import CredentialsMissing
from licsync.engine.context import RunContext
from licsync.engine.ports import (
    BackendFailed,
    JournalEntry,
    StepFailure,
    StepRefused,
    StepRequest,
)
from licsync.model.console.step import keys_of_step
from licsync.model.inventory import Record

Item = TypeVar("Item")
Result = TypeVar("Result")

_ROUNDS = 20
"""Rounds of the event loop in which a step ends and the next group comes to its first intent."""


class Journal:
    """The journal of a run that is under way.

    Args:
        run: id of the run.
        context: its store and backend.

    Attributes:
        open_ends: ids of the actions of which a step may have taken effect and was not read back.
    """

    def __init__(self, run: str, context: RunContext):
        self._run = run
        self._context = context
        self._unrecorded: list[JournalEntry] = []
        self.open_ends: set[str] = set()
        self._is_batching = context.backend.batch_size > 1
        self._intend = Batcher(self._record_intents, _ROUNDS, enabled=self._is_batching)
        self._perform = Batcher(self._perform_all, enabled=self._is_batching)
        self._read_back = Batcher(self._read_all, enabled=self._is_batching)

    async def run_step(self, entry: JournalEntry) -> JournalEntry:
        """Record a step as intended and perform it.

        Returns:
            the entry with its result, refused or done, which is still to be recorded.

        Raises:
            StepUncertain: it is unknown whether the step took effect.
        """
        await self._intend(entry)
        self.open_ends.add(entry.action)
        try:
            failure = await self._perform(self._request_of(entry))
            if failure is not None and not isinstance(failure, StepRefused):
                raise failure
        except (BackendFailed, CredentialsMissing):  # nothing was sent
            self.open_ends.discard(entry.action)
            raise
        if failure is not None:
            self.open_ends.discard(entry.action)
            return replace(entry, state="refused", reason=str(failure))
        after = await self._read_back(keys_of_step(entry.step))
        self.open_ends.discard(entry.action)
        return replace(entry, state="done", after=after)

    def record_result(self, entry: JournalEntry) -> None:
        """Record the result of a step; if intents follow at once, one write records both."""
        self._unrecorded.append(entry)
        if not self._is_batching and self._context.parallelism > 1:
            self.record_pending_results()

    def record_pending_results(self) -> None:
        """Record the results that are not recorded yet."""
        if self._unrecorded:
            self._context.store.record_results(self._run, *self._unrecorded)
            self._unrecorded = []

    def _request_of(self, entry: JournalEntry) -> StepRequest:
        def note(ticket: str) -> None:
            entry.ticket = ticket
            self._context.store.record_operation(self._run, entry)

        return StepRequest(entry.step, entry.before, note)

    async def _record_intents(self, entries: Sequence[JournalEntry]) -> Sequence[None]:
        settled = self._unrecorded
        self._context.store.record_intents(self._run, *entries, settled=settled)
        self._unrecorded = self._unrecorded[len(settled) :]
        return [None] * len(entries)

    async def _perform_all(self, requests: Sequence[StepRequest]) -> Sequence[StepFailure | None]:
        return await self._context.backend.perform_all(requests)

    async def _read_all(
        self, wanted: Sequence[Sequence[str]]
    ) -> Sequence[dict[str, Record | None]]:
        keys = dict.fromkeys(key for some in wanted for key in some)
        found = await self._context.backend.fetch(keys)
        return [{key: found[key] for key in some} for some in wanted]


# --- batches --------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Batch(Generic[Item, Result]):
    items: list[Item]
    done: asyncio.Future[Sequence[Result]] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Batcher(Generic[Item, Result]):
    """Processes together what several tasks ask for at the same time, as databases group commits.

    It collects items until no task that can run adds another one, and processes them in the order
    in which they came.

    Args:
        process: processes all items and gives a result for each. An exception that it raises
            reaches every task that asked.
        rounds: rounds of the event loop without a new item before the batch is processed. Tasks
            that first went through another batcher come some rounds later; if they are not awaited
            once, they are never in the same batch again.
        enabled: whether to collect at all; otherwise every item is processed by itself at once.
    """

    def __init__(
        self,
        process: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]],
        rounds: int = 1,
        *,
        enabled: bool = True,
    ):
        self._process = process
        self._rounds = rounds
        self._enabled = enabled
        self._next: _Batch[Item, Result] | None = None

    async def __call__(self, item: Item) -> Result:
        """Ask for one item, and wait until it is processed."""
        if not self._enabled:
            return (await self._process([item]))[0]
        if (batch := self._next) is not None:
            batch.items.append(item)
            index = len(batch.items) - 1
            return (await batch.done)[index]
        batch = self._next = _Batch([item])
        try:
            await self._wait_for_items(batch)
            self._next = None
            results = await self._process(batch.items)
        except BaseException as fault:
            self._next = None
            if not batch.done.done():
                batch.done.set_exception(fault)
                batch.done.exception()  # perhaps no other task asked
            raise
        if not batch.done.done():
            batch.done.set_result(results)
        return results[0]

    async def _wait_for_items(self, batch: _Batch[Item, Result]) -> None:
        quiet = 0
        while quiet < self._rounds:
            size = len(batch.items)
            await asyncio.sleep(0)
            quiet = quiet + 1 if len(batch.items) == size else 0
