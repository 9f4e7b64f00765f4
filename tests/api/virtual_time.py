"""An event loop whose time jumps: whoever sleeps wakes at once, and the clock says that the time has passed."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

Result = TypeVar("Result")

BEGIN = datetime(2026, 11, 24, tzinfo=UTC)


class _Jumping(selectors.SelectSelector):
    """Instead of waiting for the next timer, moves the loop's time on to it."""

    loop: VirtualLoop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("everybody waits for something that will never happen")
        if not ready and timeout:
            self.loop.now += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """The loop. `now` is seconds since its beginning."""

    def __init__(self) -> None:
        self.now = 0.0
        selector = _Jumping()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        return self.now

    def clock(self) -> datetime:
        """The wall clock that belongs to the loop's time."""
        return BEGIN + timedelta(seconds=self.now)


class Runner:
    """Runs coroutines one after the other in one virtual time."""

    def __init__(self) -> None:
        self.loop = VirtualLoop()
        self._runner = asyncio.Runner(loop_factory=lambda: self.loop)

    def __enter__(self) -> Runner:
        self._runner.__enter__()
        return self

    def __exit__(self, *exception: Any) -> None:
        self._runner.__exit__(*exception)

    def run(self, main: Coroutine[Any, Any, Result]) -> Result:
        return self._runner.run(main)


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine in virtual time."""
    with Runner() as runner:
        return runner.run(main)


def now() -> float:
    """The virtual time."""
    return asyncio.get_running_loop().time()


def clock() -> datetime:
    """The wall clock of the running virtual loop."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return loop.clock()


def headers_at(seconds: float, **more: str) -> Mapping[str, str]:
    """The headers of an answer that a server gives at a virtual time."""
    moment = BEGIN + timedelta(seconds=seconds)
    return {"date": moment.strftime("%a, %d %b %Y %H:%M:%S GMT"), **more}
