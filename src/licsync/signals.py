"""The signals that end a process, and what to do instead of ending at once."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


def termination_signals() -> list[signal.Signals]:
    """List the signals that end a process. SIGHUP is not one of them under nohup."""
    found = [signal.SIGINT, signal.SIGTERM]
    hangup = getattr(signal, "SIGHUP", None)  # not on Windows
    if hangup is not None and signal.getsignal(hangup) is not signal.SIG_IGN:
        found.append(hangup)
    return found


@contextmanager
def on_termination(action: Callable[[], None]) -> Iterator[None]:
    """Call `action` in the running event loop for each signal that would end the process.

    Only the main thread can; elsewhere nothing changes.
    """
    import asyncio

    loop, numbers = asyncio.get_running_loop(), []
    for number in termination_signals():
        with suppress(ValueError, RuntimeError):  # not on Windows: that is one, too
            loop.add_signal_handler(number, action)
            numbers.append(number)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
