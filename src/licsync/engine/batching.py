"""Does in one go what several tasks ask for at the same time, as databases group their commits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(slots=True)
class _Batch(Generic[Item, Result]):
    items: list[Item]
    done: asyncio.Future[Sequence[Result]] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Batcher(Generic[Item, Result]):
    """Collects what tasks ask for until all that can run have run, and does it at once, in the order it was asked for.

    Args:
        do: does all of it, and gives a result for each; what it raises, everybody gets that asked.
        rounds: of the event loop, in which nobody more has asked, before it is done. Tasks that
            have something else done together first come some rounds later, and whoever does not
            wait for them is never with them again.
    """

    def __init__(
        self, do: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]], rounds: int = 1
    ):
        self._do = do
        self._rounds = rounds
        self._next: _Batch[Item, Result] | None = None

    async def __call__(self, item: Item) -> Result:
        """Ask for one thing, and wait until it is done."""
        if (batch := self._next) is not None:
            batch.items.append(item)
            index = len(batch.items) - 1
            return (await batch.done)[index]
        batch = self._next = _Batch([item])
        try:
            await self._settled(batch)
            self._next = None
            results = await self._do(batch.items)
        except BaseException as fault:
            self._next = None
            if not batch.done.done():
                batch.done.set_exception(fault)
                batch.done.exception()  # nobody else may have asked
            raise
        if not batch.done.done():
            batch.done.set_result(results)
        return results[0]

    async def _settled(self, batch: _Batch[Item, Result]) -> None:
        """Wait until nobody joins any more."""
        quiet = 0
        while quiet < self._rounds:
            size = len(batch.items)
            await asyncio.sleep(0)
            quiet = quiet + 1 if len(batch.items) == size else 0
