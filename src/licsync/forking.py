"""Work on more than one core: forked processes that hand back a result.

A process that was forked sees everything that its parent had, so nothing is sent to it. Where there
is one core, or
no safe way to fork, or a process comes to no good end, the work is done by whoever asks for its
result: it is the same.
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
    """Work that another process does meanwhile, where that can be.

    Args:
        work: what to do. It must change nothing outside, and its result can be pickled.
        jobs: how many processes there may be; as many as there are cores where it is not given.
    """

    def __init__(self, work: Callable[[], Result], jobs: int | None = None):
        self._work = work
        self._found: tuple[Result] | None = None
        self._process = 0
        if can_fork(jobs):
            self._pipe, writing = os.pipe()
            self._process = os.fork()
            if not self._process:
                os.close(self._pipe)  # so that the new process ends when nobody reads any more
                _run_in_child(work, writing)
            os.close(writing)

    def result(self) -> Result:
        """Wait for the result, once. Raises what the work raises."""
        if self._found is None:
            self._found = self._received() if self._process else None
        if self._found is None:
            self._found = (self._work(),)
        return self._found[0]

    def __del__(self) -> None:
        """End a process whose result nobody wants any more."""
        if getattr(self, "_process", 0):
            os.close(self._pipe)
            os.kill(self._process, signal.SIGKILL)
            os.waitpid(self._process, 0)

    def _received(self) -> tuple[Result] | None:
        # pipe and process end here, even where this is interrupted
        process, self._process = self._process, 0
        try:
            with os.fdopen(self._pipe, "rb") as stream:
                data = stream.read()
        finally:
            os.waitpid(process, 0)
        try:
            return (pickle.loads(data),)
        except (EOFError, pickle.UnpicklingError):  # it came to no end
            return None


def _run_in_child(work: Callable[[], object], writing: int) -> None:
    """Do the work in the new process, and end it: nothing of its parent may run twice, whatever happens."""
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
    """Tell whether another process helps and is safe: on Linux, while no other thread may hold a lock."""
    threading = sys.modules.get("threading")
    is_alone = threading is None or threading.active_count() == 1
    return sys.platform == "linux" and is_alone and (cores() if jobs is None else jobs) > 1


def ending_signals() -> list[signal.Signals]:
    """List the signals that ask a process to end; a terminal that is closed is none where nohup says so."""
    found = [signal.SIGINT, signal.SIGTERM]
    hangup = getattr(signal, "SIGHUP", None)  # not on Windows
    if hangup is not None and signal.getsignal(hangup) is not signal.SIG_IGN:
        found.append(hangup)
    return found
