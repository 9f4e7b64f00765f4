"""Writes ahead what a run does: a step is intended, has its effect, and is settled, in this order, whatever happens.

Where the backend can do several steps in one transaction (`RunContext.batch`), the steps of all groups
that are under way are intended in one write, have their effects in one more, and are settled with
the intents of those that come next. The order is the same for each of them, and after a kill each
of them is asked for by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from licsync.diagnostics import CredentialsMissing
from licsync.engine.batching import Batcher
from licsync.engine.context import RunContext
from licsync.engine.ports import BackendFailed, JournalEntry, StepRefused
from licsync.model.console.step import Step, keys_of_step
from licsync.model.inventory import Record

Effect = tuple[Step, Mapping[str, Record | None]]


_ROUNDS = 20
"""Rounds of the event loop in which a step that is under way ends, and the next group has come to its first intent."""


class Journal:
    """The journal of a run that goes on.

    Args:
        run: id of the run.
        world: its store and backend.

    Attributes:
        open_ends: the actions of which a step may have taken effect, and was not read back.
    """

    def __init__(self, run: str, context: RunContext):
        self._run = run
        self._world = context
        self._unsettled: list[JournalEntry] = []
        self.open_ends: set[str] = set()
        self._intend = Batcher(self._record_intents, _ROUNDS)
        self._perform = Batcher(self._perform_all)
        self._read_back = Batcher(self._read_all)

    async def run_step(self, entry: JournalEntry) -> JournalEntry:
        """Record a step as intended, and do it; give its end, refused or done, which is to be settled.

        Raises:
            StepUncertain: it cannot be told whether it took effect.
        """
        step, is_batched = entry.step, self._world.batch is not None
        await (self._intend(entry) if is_batched else self._record_intents([entry]))
        self.open_ends.add(entry.action)
        try:
            refusal = await (
                self._perform((step, entry.before)) if is_batched else self._send(entry)
            )
        except (BackendFailed, CredentialsMissing):  # nothing was sent
            self.open_ends.discard(entry.action)
            raise
        if refusal is not None:
            self.open_ends.discard(entry.action)
            return replace(entry, state="refused", reason=str(refusal))
        keys = keys_of_step(step)
        after = await (self._read_back(keys) if is_batched else self._world.backend.fetch(keys))
        self.open_ends.discard(entry.action)
        return replace(entry, state="done", after=after)

    def record_result(self, entry: JournalEntry) -> None:
        """Record how a step ended; where intents follow at once, that is written with them."""
        self._unsettled.append(entry)
        if self._world.batch is None and self._world.parallelism > 1:
            self.record_pending_results()

    def record_pending_results(self) -> None:
        """Record what is not recorded yet."""
        if self._unsettled:
            self._world.store.record_results(self._run, *self._unsettled)
            self._unsettled = []

    async def _record_intents(self, entries: Sequence[JournalEntry]) -> Sequence[None]:
        settled = self._unsettled
        self._world.store.record_intents(self._run, *entries, settled=settled)
        self._unsettled = self._unsettled[len(settled) :]
        return [None] * len(entries)

    async def _send(self, entry: JournalEntry) -> StepRefused | None:
        def note(ticket: str) -> None:
            entry.ticket = ticket
            self._world.store.record_operation(self._run, entry)

        try:
            await self._world.backend.perform(entry.step, entry.before, note)
        except StepRefused as refusal:
            return refusal
        return None

    async def _perform_all(self, effects: Sequence[Effect]) -> Sequence[StepRefused | None]:
        assert self._world.batch is not None
        return await self._world.batch.perform_all(effects)

    async def _read_all(
        self, wanted: Sequence[Sequence[str]]
    ) -> Sequence[dict[str, Record | None]]:
        found = await self._world.backend.fetch(
            dict.fromkeys(key for keys in wanted for key in keys)
        )
        return [{key: found[key] for key in keys} for keys in wanted]
