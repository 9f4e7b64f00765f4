"""Runs work on other cores, in forked processes that return a result.

A forked process sees the memory of its parent, so nothing has to be sent to it. If there is only
one core, forking is unsafe, or the process dies, then `result` does the work itself, with the same
result.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from collections.abc import Callable
from typing import Generic, TypeVar

Result = TypeVar("Result")


class ForkedTask(Generic[Result]):
    """Work in another process, if possible.

    Args:
        work: the function to run. It must have no side effects, and a result that can be pickled.
        jobs: how many processes are allowed; by default the number of cores.
    """

    def __init__(self, work: Callable[[], Result], jobs: int | None = None):
        self._work = work
        self._found: tuple[Result] | None = None
        self._process = 0
        if can_fork(jobs):
            self._pipe, writing = os.pipe()
            self._process = os.fork()
            if not self._process:
                os.close(self._pipe)  # so that the child ends when nobody reads its result
                _run_in_child(work, writing)
            os.close(writing)

    def result(self) -> Result:
        """Wait for the result. Raises what the work raises."""
        if self._found is None:
            self._found = self._received() if self._process else None
        if self._found is None:
            self._found = (self._work(),)
        return self._found[0]

    def __del__(self) -> None:
        """Kill a process whose result is not needed."""
        if getattr(self, "_process", 0):
            os.close(self._pipe)
            os.kill(self._process, signal.SIGKILL)
            os.waitpid(self._process, 0)

    def _received(self) -> tuple[Result] | None:
        # release pipe and process even if this is interrupted
        process, self._process = self._process, 0
        try:
            with os.fdopen(self._pipe, "rb") as stream:
                data = stream.read()
        finally:
            os.waitpid(process, 0)
        try:
            return (pickle.loads(data),)
        except (EOFError, pickle.UnpicklingError):  # the child died
            return None


def _run_in_child(work: Callable[[], object], writing: int) -> None:
    """Run the work in the child and exit, so that no code of the parent runs twice."""
    try:
        data = pickle.dumps(work(), pickle.HIGHEST_PROTOCOL)
        with os.fdopen(writing, "wb") as stream:
            stream.write(data)
    finally:
        os._exit(0)


def cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1


def can_fork(jobs: int | None = None) -> bool:
    """Return whether forking helps and is safe: on Linux, without other threads that hold locks."""
    threading = sys.modules.get("threading")
    is_alone = threading is None or threading.active_count() == 1
    return sys.platform == "linux" and is_alone and (cores() if jobs is None else jobs) > 1
