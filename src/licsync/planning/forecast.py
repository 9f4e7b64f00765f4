"""Foretells how many requests a plan takes through an API, and how long; and, while it is applied, what is left.

What one action takes is data of the backend (`model.throughput`): measured on the simulator in
virtual time with the published limits (domain.md, section 10), and corrected by what operations of
the account were seen to take. Actions by hand are nobody's requests.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from licsync.model.capabilities import Capabilities
from licsync.model.throughput import Throughput
from licsync.planning.plan import Action
from licsync.planning.plan_document import Forecast

_BOTH = 8
"""How sharply the scarcer of two things decides; where both are as scarce, each waits for the other at times."""

_TRUST = 60.0
"""Foretold seconds that are over before a run's own speed counts as much as what was foretold."""


class _Load(NamedTuple):
    """What something takes: requests, operations, and seconds in which these are under way, one after the other."""

    requests: float = 0.0
    operations: float = 0.0
    seconds: float = 0.0

    def without(self, other: _Load, share: float) -> _Load:
        return _Load(*(mine - share * its for mine, its in zip(self, other, strict=True)))


def forecast(actions: Iterable[Action], capabilities: Capabilities) -> Forecast | None:
    """Add up what actions take; None where there is nothing to wait for.

    Args:
        actions: the plan's.
        capabilities: what the backend can do, and how fast.
    """
    pace, todo = capabilities.throughput, [action for action in actions if not action.manual]
    if pace is None or not todo:
        return None
    whole = _total(_loads(todo, pace).values())
    kinds = {kind for action in todo for kind in pace.cost_of(action.kind, action.verb).operations}
    seen = sum(pace.operations[kind].seen for kind in kinds)
    return Forecast(round(_requests(whole, pace)), _minutes(_seconds(whole, pace)), seen)


class Countdown:
    """What is left of a run: what its actions were foretold to take, at the speed that it has shown.

    Args:
        actions: those that are to be done, in the order of the plan; none by hand.
        pace: how fast the backend takes changes.
    """

    def __init__(self, actions: Iterable[Action], pace: Throughput):
        self._pace = pace
        self._loads = _loads(actions, pace)
        self._begun: set[str] = set()
        self._whole = self._left = _total(self._loads.values())

    @property
    def actions(self) -> int:
        """Say how many actions are left."""
        return len(self._loads)

    def begin(self, action: str) -> None:
        """Note that an action is under way: half of it counts as done."""
        if action in self._loads:
            self._begun.add(action)
            self._left = self._left.without(self._loads[action], 0.5)

    def end(self, action: str) -> bool:
        """Note that an action is ended, however; tells whether it was one of those that are left."""
        load = self._loads.pop(action, None)
        if load is not None:
            self._left = self._left.without(load, 0.5 if action in self._begun else 1.0)
        return load is not None

    def forecast(self, seconds: float) -> Forecast:
        """Foretell what is left of a run that has gone on for so many seconds."""
        if not self._loads:
            return Forecast(0, 0.0)
        left, whole = (_seconds(load, self._pace) for load in (self._left, self._whole))
        speed = (_TRUST + seconds) / (_TRUST + whole - left)
        return Forecast(round(_requests(self._left, self._pace)), _minutes(left * speed))


def _loads(actions: Iterable[Action], pace: Throughput) -> dict[str, _Load]:
    """Say what each action takes, by its id."""
    loads: dict[str, _Load] = {}
    before: dict[str, str] = {}
    for action in actions:
        effort = pace.cost_of(action.kind, action.verb)
        waits = [pace.operations[kind] for kind in effort.operations]
        requests = effort.requests + sum(took.requests for took in waits)
        requests += pace.again.get(before.get(action.resource, ""), 0.0)
        loads[action.id] = _Load(requests, len(waits), sum(took.seconds for took in waits))
        if waits:
            before[action.resource] = effort.operations[-1]
    return loads


def _total(loads: Iterable[_Load]) -> _Load:
    return _Load(*(sum(column) for column in zip(_Load(), *loads, strict=True)))


def _minutes(seconds: float) -> float:
    return round(seconds / 60, 2)


def _requests(load: _Load, pace: Throughput) -> float:
    return load.requests + (pace.at_first if load.operations else 0.0)


def _seconds(load: _Load, pace: Throughput) -> float:
    """Say how long something takes: what is scarcer holds it up, requests or places for operations."""
    by_requests = _requests(load, pace) * 60 / pace.requests_a_minute
    # which is waited for with places free
    last = load.seconds / load.operations if load.operations else 0.0
    by_operations = load.seconds / pace.operations_at_once + last
    return float((by_requests**_BOTH + by_operations**_BOTH) ** (1 / _BOTH))
