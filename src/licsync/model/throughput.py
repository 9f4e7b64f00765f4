"""How fast a backend takes changes, as data: what changes take of its limits, and how long its operations take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import NamedTuple

REMEMBERED = 500
"""Of so many operations of a kind the average counts; of older ones nothing is left by then."""

ENOUGH = 10
"""So many operations of a kind must have been seen for their average to be worth more than what is published."""

_ODD = 4  # what took so many times as long as half of them does not pass for usual


class ActionCost(NamedTuple):
    """What one action takes: requests on average, without those that ask after its operations, and these, by kind."""

    requests: float
    operations: tuple[str, ...] = ()


class OperationSample(NamedTuple):
    """What one operation took: seconds until it was seen to be done, and requests that asked after it."""

    seconds: float
    requests: float


class OperationStats(NamedTuple):
    """What operations of one kind take, on average.

    Attributes:
        seconds: from when one is accepted until it is seen to be done.
        requests: that ask after one; a list that shows several is shared among them.
        seen: of how many this is the average; 0 where it is not of what was seen.
    """

    seconds: float
    requests: float
    seen: int = 0

    def merged_with(self, newer: Sequence[OperationSample]) -> OperationStats:
        """Average with what was seen since; the newest count most, and what never seems to end counts as slow."""
        if not newer:
            return self
        longest = _ODD * median(asked.seconds for asked in newer)
        older, count = min(self.seen, max(REMEMBERED - len(newer), 0)), len(newer)
        seconds = self.seconds * older + sum(min(asked.seconds, longest) for asked in newer)
        requests = self.requests * older + sum(asked.requests for asked in newer)
        whole = older + count
        return OperationStats(
            round(seconds / whole, 3), round(requests / whole, 3), min(whole, REMEMBERED)
        )


@dataclass(frozen=True, slots=True)
class Throughput:
    """How fast a backend takes changes.

    Attributes:
        requests_a_minute: as many as are made.
        operations_at_once: as many as are under way.
        operations: what they take, by kind.
        at_first: requests more that the first operations take.
        action_costs: what an action takes, by `kind.verb`.
        default_cost: what any other action takes.
        again: requests that an action takes more, or less, after another one on the same record, by
            the last operation of that: the end of one that was seen on a list must be waited for,
            and who was read need not be read again.
    """

    requests_a_minute: float
    operations_at_once: int
    operations: Mapping[str, OperationStats]
    at_first: float
    action_costs: Mapping[str, ActionCost]
    default_cost: ActionCost
    again: Mapping[str, float] = field(default_factory=dict)

    def cost_of(self, kind: str, verb: str) -> ActionCost:
        """Say what an action takes."""
        return self.action_costs.get(f"{kind}.{verb}", self.default_cost)

    def with_observed(self, seen: Mapping[str, OperationStats]) -> Throughput:
        """Give the pace by what operations were seen to take, where enough of them were."""
        known = {
            kind: took
            for kind, took in seen.items()
            if took.seen >= ENOUGH and kind in self.operations
        }
        return replace(self, operations={**self.operations, **known}) if known else self
