"""Runs coroutines from code that is none."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run_coroutine(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine as `asyncio.run` does, whose task never holds the result.

    Before Python 3.13, `asyncio.run` restores the handler of SIGINT in a way that writes out the
    task with its result, twice (`repr`). With an inventory as the result, that took a tenth of a
    command.
    """
    import asyncio

    results: list[T] = []

    async def keep_result() -> None:
        results.append(await coroutine)

    asyncio.run(keep_result())
    return results[0]
