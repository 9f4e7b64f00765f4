"""Days of a period: what is recorded of them, and what is not."""

from __future__ import annotations

from datetime import date

from licsync.model.pool_use import DayOfUse, PoolUse
from licsync.planning.period.days import (
    Period,
    days_in_state,
    days_of_pools,
    together,
)

TODAY = date(2026, 11, 5)


def day(number: int, month: int = 11) -> date:
    return date(2026, month, number)


def recorded(*pools: PoolUse, on: date) -> dict[date, DayOfUse]:
    return {on: DayOfUse(f"{on}T09:00:00Z", pools)}


def test_a_month_has_its_days_and_its_name() -> None:
    december = Period.of_month(day(1, 12))
    assert (december.last, december.title, len(december.days)) == (day(31, 12), "2026-12", 31)
    assert december.months == [day(1, 12)]
    period = Period(day(15, 10), day(14))
    assert period.title == "2026-10-15 to 2026-11-14"
    assert period.months == [day(1, 10), day(1)]
    assert day(14) in period
    assert day(15) not in period


def test_a_day_without_a_record_is_not_recorded_and_never_nothing() -> None:
    x2 = PoolUse("x2", "US", assigned=2, unassigned=1)
    known = {
        **recorded(x2, on=day(2)), **recorded(x2, on=day(3)),
        **recorded(PoolUse("x4", "US", assigned=1), on=day(4)),
        **recorded(PoolUse("x6", "US", assigned=1), on=day(31, 10)),
    }  # fmt: skip
    period = Period(day(1), day(7))
    rows = [
        (one.pool[0], one.first.day, one.last.day, one.state, one.use and one.use.owned)
        for one in together(days_of_pools(period, known, TODAY))
    ]
    assert rows == [
        ("x2", 1, 1, "not recorded", None), ("x2", 2, 3, "recorded", 3),
        ("x2", 4, 4, "recorded", 0), ("x2", 5, 5, "not recorded", None),
        ("x2", 6, 7, "to come", None),
        ("x4", 1, 1, "not recorded", None), ("x4", 2, 3, "recorded", 0),
        ("x4", 4, 4, "recorded", 1), ("x4", 5, 5, "not recorded", None),
        ("x4", 6, 7, "to come", None),
    ]  # fmt: skip
    assert days_in_state(period, known, TODAY, "not recorded") == [day(1), day(5)]
    assert days_of_pools(period, {}, TODAY) == []
    assert list(together([])) == []
