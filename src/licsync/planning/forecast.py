"""Forecasts how many requests and minutes a plan takes through an API, and what is left of a run.

The cost of an action is data of the backend (`model.throughput`). It was measured on the simulator
in virtual time with the published limits (domain.md, section 10), and is corrected by the observed
operations of the account. Manual actions take no requests.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from licsync.model.throughput import Throughput
from licsync.planning.actions import Action
from licsync.planning.plan_document import Forecast

_BOTTLENECK_EXPONENT = 8
"""Exponent of the norm that combines two bottlenecks: the scarcer one decides nearly alone.

Where both are equally scarce, each waits for the other at times.
"""

_TRUST_SECONDS = 60.0
"""Elapsed forecast seconds after which a run's own speed counts as much as the forecast."""


class _Load(NamedTuple):
    """What actions take: requests, operations, and the seconds of all operations in sequence."""

    requests: float = 0.0
    operations: float = 0.0
    seconds: float = 0.0

    def without(self, other: _Load, share: float) -> _Load:
        return _Load(*(mine - share * its for mine, its in zip(self, other, strict=True)))


def forecast(actions: Iterable[Action], pace: Throughput) -> Forecast | None:
    """Add up what actions take; None if there is nothing to wait for.

    Args:
        actions: the actions of the plan.
        pace: how fast the backend takes changes.
    """
    todo = [action for action in actions if not action.manual]
    if not todo:
        return None
    whole = _total(_loads(todo, pace).values())
    kinds = {kind for action in todo for kind in pace.cost_of(action.kind, action.verb).operations}
    seen = sum(pace.operations[kind].seen for kind in kinds)
    return Forecast(round(_requests(whole, pace)), _minutes(_seconds(whole, pace)), seen)


class Countdown:
    """What is left of a run: the forecast of its open actions, at the speed observed so far.

    Args:
        actions: the actions of the run in the order of the plan, without manual ones.
        pace: how fast the backend takes changes.
    """

    def __init__(self, actions: Iterable[Action], pace: Throughput):
        self._pace = pace
        self._loads = _loads(actions, pace)
        self._begun: set[str] = set()
        self._whole = self._left = _total(self._loads.values())

    @property
    def actions(self) -> int:
        """The number of actions left."""
        return len(self._loads)

    def begin(self, action: str) -> None:
        """Note that an action is under way: half of it counts as done."""
        if action in self._loads:
            self._begun.add(action)
            self._left = self._left.without(self._loads[action], 0.5)

    def end(self, action: str) -> bool:
        """Note that an action has ended in any way; return whether it was still open."""
        load = self._loads.pop(action, None)
        if load is not None:
            self._left = self._left.without(load, 0.5 if action in self._begun else 1.0)
        return load is not None

    def forecast(self, seconds: float) -> Forecast:
        """Forecast what is left of a run after so many seconds."""
        if not self._loads:
            return Forecast(0, 0.0)
        left, whole = (_seconds(load, self._pace) for load in (self._left, self._whole))
        speed = (_TRUST_SECONDS + seconds) / (_TRUST_SECONDS + whole - left)
        return Forecast(round(_requests(self._left, self._pace)), _minutes(left * speed))


def _loads(actions: Iterable[Action], pace: Throughput) -> dict[str, _Load]:
    """Return what each action takes, by its id."""
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
    """Return the seconds that a load takes; requests or operations are the bottleneck."""
    by_requests = _requests(load, pace) * 60 / pace.requests_a_minute
    # the last operation runs alone, with free slots beside it
    last = load.seconds / load.operations if load.operations else 0.0
    by_operations = load.seconds / pace.operations_at_once + last
    return _norm(by_requests, by_operations)


def _norm(*seconds: float) -> float:
    """Combine bottlenecks: a little more than the longest."""
    total = sum(value**_BOTTLENECK_EXPONENT for value in seconds)
    return float(total ** (1 / _BOTTLENECK_EXPONENT))
