"""Virtual time for the client and the simulator: a loop that can be used again, and clocks that
belong to it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from tests.support.virtual_time import VirtualLoop

Result = TypeVar("Result")

BEGIN = datetime(2026, 11, 24, tzinfo=UTC)


class Runner:
    """Runs coroutines one after the other in one virtual time."""

    def __init__(self, begin: datetime = BEGIN) -> None:
        self.begin = begin
        self.loop = VirtualLoop()
        self._runner = asyncio.Runner(loop_factory=lambda: self.loop)

    def __enter__(self) -> Runner:
        self._runner.__enter__()
        return self

    def __exit__(self, *exception: Any) -> None:
        self._runner.__exit__(*exception)

    def run(self, main: Coroutine[Any, Any, Result]) -> Result:
        return self._runner.run(main)

    def clock(self) -> datetime:
        """The wall clock that belongs to the loop's time."""
        return self.begin + timedelta(seconds=self.loop.now)


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine in virtual time."""
    with Runner() as runner:
        return runner.run(main)


def now() -> float:
    """The virtual time."""
    return asyncio.get_running_loop().time()


def clock() -> datetime:
    """The wall clock of the running virtual loop."""
    return BEGIN + timedelta(seconds=now())


def headers_at(seconds: float, **more: str) -> Mapping[str, str]:
    """The headers of an answer that a server gives at a virtual time."""
    moment = BEGIN + timedelta(seconds=seconds)
    return {"date": moment.strftime("%a, %d %b %Y %H:%M:%S GMT"), **more}
