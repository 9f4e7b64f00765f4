"""A period of whole days, and the recorded use of licenses on each of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from licsync.model.license import Pool
from licsync.model.pool_use import DayOfUse, PoolUse

LONGEST = 400
"""The most days of a period."""


@dataclass(frozen=True, slots=True)
class Period:
    """Some days of an account.

    Attributes:
        first: the first day.
        last: the last day, which belongs to it.
    """

    first: date
    last: date

    @classmethod
    def of_month(cls, first: date) -> Period:
        """Give a calendar month by its first day."""
        return cls(first, next_month(first) - timedelta(days=1))

    @property
    def days(self) -> list[date]:
        """All its days."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    @property
    def months(self) -> list[date]:
        """The first day of each month that it touches."""
        found = [self.first.replace(day=1)]
        while (following := next_month(found[-1])) <= self.last:
            found.append(following)
        return found

    @property
    def title(self) -> str:
        """The month, if it is one, else both days."""
        if self == Period.of_month(self.first.replace(day=1)):
            return self.first.isoformat()[:7]
        return f"{self.first} to {self.last}"

    def __contains__(self, day: date) -> bool:
        """Tell whether a day belongs to it."""
        return self.first <= day <= self.last


def next_month(day: date) -> date:
    """Give the first day of the month after that of a day."""
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)


DayState = Literal["recorded", "not recorded", "to come"]


@dataclass(frozen=True, slots=True)
class PoolDays:
    """The use of one pool on days that follow each other, and on which it is the same.

    Attributes:
        pool: type and country.
        first: the first day.
        last: the last day.
        state: whether the use on these days is known.
        use: the use; None unless it is recorded.
    """

    pool: Pool
    first: date
    last: date
    state: DayState
    use: PoolUse | None


def days_of_pools(period: Period, recorded: Mapping[date, DayOfUse], today: date) -> list[PoolDays]:
    """List each pool on each day of a period, by pool, then by day.

    Nothing is carried from one day to another: a day without a record is not recorded. A pool that
    a record does not name has no unit on that day.
    """
    pools = sorted({use.pool for day in _within(period, recorded) for use in day.pools})
    found = []
    for pool in pools:
        for day in period.days:
            use, state = None, _state(day, recorded, today)
            if state == "recorded":
                uses = (use for use in recorded[day].pools if use.pool == pool)
                use = next(uses, PoolUse(*pool))
            found.append(PoolDays(pool, day, day, state, use))
    return found


def together(days: Iterable[PoolDays]) -> Iterator[PoolDays]:
    """Join days that follow each other and are the same."""
    last: PoolDays | None = None
    for one in days:
        if last and (last.pool, last.state, last.use) == (one.pool, one.state, one.use):
            last = PoolDays(last.pool, last.first, one.last, last.state, last.use)
            continue
        if last:
            yield last
        last = one
    if last:
        yield last


def days_in_state(
    period: Period, recorded: Mapping[date, DayOfUse], today: date, state: DayState
) -> list[date]:
    """List the days of a period that are recorded, not recorded, or to come."""
    return [day for day in period.days if _state(day, recorded, today) == state]


def _state(day: date, recorded: Mapping[date, DayOfUse], today: date) -> DayState:
    if day in recorded:
        return "recorded"
    return "to come" if day > today else "not recorded"


def _within(period: Period, recorded: Mapping[date, DayOfUse]) -> Sequence[DayOfUse]:
    return [use for day, use in recorded.items() if day in period]
