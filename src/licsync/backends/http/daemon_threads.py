"""Threads for which nobody waits at the end: a name server that does not answer holds nobody up.

The resolver of the system takes as long as it likes and cannot be interrupted. A connection gives
up after its timeout, but an event loop that ends waits for the threads of its executor.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Thread
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class DaemonThreads(ThreadPoolExecutor):
    """Runs each call in a thread of its own, which ends with the process at the latest."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run a call in a thread."""
        future: Future[T] = Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = fn(*args, **kwargs)
            except BaseException as fault:
                future.set_exception(fault)
            else:
                future.set_result(result)

        Thread(target=run, name="resolver", daemon=True).start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End without waiting for the threads."""
        super().shutdown(wait=False, cancel_futures=cancel_futures)
