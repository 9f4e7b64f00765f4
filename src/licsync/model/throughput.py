"""How fast a backend performs changes, as data: the requests and the time that changes take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

REMEMBERED = 500
"""The number of operations of a kind in a moving average."""

ENOUGH = 10
"""The number of observed operations from which their average replaces the published time."""

_ODD = 4  # an operation counts with at most this multiple of the median


class ActionCost(NamedTuple):
    """The average cost of one action.

    Attributes:
        requests: the requests, without those that poll its operations.
        operations: the kinds of its operations.
    """

    requests: float
    operations: tuple[str, ...] = ()


class OperationSample(NamedTuple):
    """The cost of one observed operation.

    Attributes:
        seconds: the time until it was seen to be complete.
        requests: the requests that polled it.
    """

    seconds: float
    requests: float


class OperationStats(NamedTuple):
    """The average cost of operations of one kind.

    Attributes:
        seconds: the time from acceptance until the operation is seen to be complete.
        requests: the requests that poll one operation. A list of several is shared among them.
        seen: the number of observed operations in the average. 0 for a published time.
    """

    seconds: float
    requests: float
    seen: int = 0

    def merged_with(self, newer: Sequence[OperationSample]) -> OperationStats:
        """Add newer samples to the average. The newest count most.

        An operation far above the median counts as slow, but no more.
        """
        if not newer:
            return self
        from statistics import median  # slow to import, and only runs need it

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
    """How fast a backend performs changes.

    Attributes:
        requests_a_minute: the rate limit.
        operations_at_once: the number of concurrent operations.
        operations: the average cost of operations, by kind.
        at_first: the further requests that the first operations take.
        action_costs: the cost of an action, by `kind.verb`.
        default_cost: the cost of any other action.
        again: the further (or, negative, fewer) requests of an action after another action on the
            same record, by the last operation of the latter. An operation that was seen in a list
            must be waited for, and a record that was read need not be read again.
    """

    requests_a_minute: float
    operations_at_once: int
    operations: Mapping[str, OperationStats]
    at_first: float
    action_costs: Mapping[str, ActionCost]
    default_cost: ActionCost
    again: Mapping[str, float] = field(default_factory=dict)

    def cost_of(self, kind: str, verb: str) -> ActionCost:
        """Give the cost of an action."""
        return self.action_costs.get(f"{kind}.{verb}", self.default_cost)

    def with_observed(self, seen: Mapping[str, OperationStats]) -> Throughput:
        """Use observed averages for kinds with enough observed operations."""
        known = {
            kind: took
            for kind, took in seen.items()
            if took.seen >= ENOUGH and kind in self.operations
        }
        return replace(self, operations={**self.operations, **known}) if known else self


class Effort(NamedTuple):
    """What one thing in the console takes.

    Attributes:
        clicks: the clicks, without those in fields to type in.
        seconds: the time.
    """

    clicks: int
    seconds: int

    def times(self, number: int) -> Effort:
        """Multiply."""
        return Effort(self.clicks * number, self.seconds * number)

    def plus(self, *others: Effort) -> Effort:
        """Add."""
        every = (self, *others)
        return Effort(sum(e.clicks for e in every), sum(e.seconds for e in every))


@dataclass(frozen=True, slots=True)
class ConsoleEffort:
    """What work in the console takes.

    The clicks are those of the vendor's instructions. The times are estimates for somebody who
    knows the console; an account may have its own under `backend.effort`.

    Attributes:
        visit: to open the page of a user and to save it.
        field: to set one field there.
        license: to select or to remove one license there.
        menu: to activate or to deactivate a user, or to delete one.
        create: to open the page of a new user and to save it.
        bulk_edit: to open the bulk edit, to review it and to confirm it.
        bulk_field: to set one field there.
        tick: to tick the name of one user.
        filter: to set one filter of the list of users.
        upload: to upload, validate and process one file of new users.
        row: one row of that file.
        page: to open and save anything else, such as a site.
        request: to ask 8x8 for something.
    """

    visit: Effort
    field: Effort
    license: Effort
    menu: Effort
    create: Effort
    bulk_edit: Effort
    bulk_field: Effort
    tick: Effort
    filter: Effort
    upload: Effort
    row: Effort
    page: Effort
    request: Effort

    def with_own(self, declared: Mapping[str, Mapping[str, int]]) -> ConsoleEffort:
        """Use the figures that an account states."""
        own: dict[str, Effort] = {}
        for name, figures in declared.items():
            known: Effort = getattr(self, name)
            own[name] = Effort(
                figures.get("clicks", known.clicks), figures.get("seconds", known.seconds)
            )
        return replace(self, **own)


CONSOLE_EFFORT = ConsoleEffort(
    visit=Effort(3, 30),
    field=Effort(1, 8),
    license=Effort(2, 15),
    menu=Effort(3, 15),
    create=Effort(3, 40),
    bulk_edit=Effort(4, 60),
    bulk_field=Effort(2, 10),
    tick=Effort(1, 3),
    filter=Effort(2, 8),
    upload=Effort(6, 180),
    row=Effort(0, 2),
    page=Effort(4, 60),
    request=Effort(0, 300),
)
"""The figures of an account that states none."""
