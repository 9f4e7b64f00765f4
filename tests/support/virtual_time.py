"""An event loop in which waiting takes no time: its clock jumps to whatever happens next."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from tests.support.patience import PATIENCE

Result = TypeVar("Result")
START = datetime(2026, 11, 24, 9, tzinfo=UTC)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop with a clock of its own, from 0."""

    def __init__(self) -> None:
        self.now = 0.0
        super().__init__(_Jumping(self))

    def time(self) -> float:
        return self.now


class _Jumping(selectors.SelectSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self.loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready:
            return ready
        if timeout is None:  # only a thread can still wake the loop, such as the end of an executor
            ready = super().select(PATIENCE)
            assert ready, "everything waits, and nothing will happen"
            return ready
        self.loop.now += timeout
        return ready


def run_virtually(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine to its end."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(coroutine)


def virtual_clock() -> datetime:
    """Tell the time of the loop that runs."""
    return START + timedelta(seconds=asyncio.get_running_loop().time())
