"""Measures the phases of a command: seconds, and peak memory at their end.

`phase` costs nothing unless `start` was called (`--profile`) or spans are recorded. A nested phase
counts only for itself, so the seconds add up to those of the whole command.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field

REST = "everything else"
"""The name for time outside every phase, such as startup."""


@dataclass(slots=True)
class PhaseCost:
    """The cost of a phase: wall seconds, and peak memory of the process at its end."""

    seconds: float = 0.0
    peak_bytes: int = 0


@dataclass(slots=True)
class Profile:
    """The costs of the phases so far.

    Attributes:
        costs: by phase, in the order in which they first began.
        within: the open phases, innermost last.
        since: when the innermost phase began or resumed.
    """

    clock: Callable[[], float]
    costs: dict[str, PhaseCost] = field(default_factory=dict)
    within: list[str] = field(default_factory=lambda: [REST])
    since: float = 0.0

    def charge_phase(self) -> None:
        """Charge the time until now to the innermost phase."""
        now = self.clock()
        spent = self.costs.setdefault(self.within[-1], PhaseCost())
        spent.seconds += now - self.since
        spent.peak_bytes = peak_bytes()
        self.since = now


_running: list[Profile] = []

spans: list[Callable[[str], AbstractContextManager[object]]] = []
"""What records phases as spans, if anything does (`licsync.telemetry`)."""


def start(began: float | None = None, clock: Callable[[], float] = time.perf_counter) -> None:
    """Start measuring phases, from now or from `began`."""
    _running[:] = [Profile(clock, since=clock() if began is None else began)]


def stop() -> dict[str, PhaseCost]:
    """Stop measuring. Return the cost of each phase, `REST` last; empty if nothing was measured."""
    if not _running:
        return {}
    profile = _running.pop()
    profile.charge_phase()
    rest = profile.costs.pop(REST, PhaseCost())
    return {**profile.costs, REST: rest}


@contextmanager
def phase(name: str) -> Iterator[None]:
    """Measure a block as a phase; also a decorator for functions other than coroutines."""
    if not (_running or spans):
        yield
        return
    with spans[-1](name) if spans else nullcontext(), _charging(name):
        yield


@contextmanager
def _charging(name: str) -> Iterator[None]:
    """Charge the time of a block to a phase."""
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
    """Return the peak memory of this process, or of its largest ended child; 0 if unknown."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    who = resource.RUSAGE_CHILDREN if children else resource.RUSAGE_SELF
    return resource.getrusage(who).ru_maxrss * 1024
