"""Where the time of a command goes: the phases it has, each with its seconds and the memory by then.

`phase` costs nothing unless `start` was called (`--profile`). A phase within another one is counted
by itself, so the seconds add up to those of the whole command.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

REST = "everything else"
"""What is in no phase: starting, and what is too short to have a name."""


@dataclass(slots=True)
class PhaseCost:
    """What one phase took: wall seconds, and the most memory that the process had had when it ended."""

    seconds: float = 0.0
    peak_bytes: int = 0


@dataclass(slots=True)
class Profile:
    """What a command's phases took so far.

    Attributes:
        costs: by phase, in the order in which they first began.
        within: the phases that are open, the innermost last.
        since: when the innermost one began, or went on.
    """

    clock: Callable[[], float]
    costs: dict[str, PhaseCost] = field(default_factory=dict)
    within: list[str] = field(default_factory=lambda: [REST])
    since: float = 0.0

    def charge_phase(self) -> None:
        """Count the time until now for the innermost phase."""
        now = self.clock()
        spent = self.costs.setdefault(self.within[-1], PhaseCost())
        spent.seconds += now - self.since
        spent.peak_bytes = peak_bytes()
        self.since = now


_running: list[Profile] = []


def start(began: float | None = None, clock: Callable[[], float] = time.perf_counter) -> None:
    """Count phases from now on, or as if that had been done at `began`."""
    _running[:] = [Profile(clock, since=clock() if began is None else began)]


def stop() -> dict[str, PhaseCost]:
    """Count no longer, and give what each phase took, `REST` last; nothing where nothing was counted."""
    if not _running:
        return {}
    profile = _running.pop()
    profile.charge_phase()
    rest = profile.costs.pop(REST, PhaseCost())
    return {**profile.costs, REST: rest}


@contextmanager
def phase(name: str) -> Iterator[None]:
    """Count what is done within as a phase; also a decorator of functions that are no coroutines."""
    if not _running:
        yield
        return
    profile = _running[-1]
    profile.charge_phase()
    profile.within.append(name)
    profile.costs.setdefault(name, PhaseCost())
    try:
        yield
    finally:
        profile.charge_phase()
        profile.within.pop()


def peak_bytes(*, children: bool = False) -> int:
    """Give the most memory that this process ever had, or the largest of its children that ended; 0 if not known."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    who = resource.RUSAGE_CHILDREN if children else resource.RUSAGE_SELF
    return resource.getrusage(who).ru_maxrss * 1024
