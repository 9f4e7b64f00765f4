"""What the months of a period cost, by hand: recorded licenses, prices of the first day."""

from __future__ import annotations

from datetime import date
from typing import Any

from licsync.model.pool_use import DayOfUse, PoolUse
from licsync.planning.costs import summarize
from licsync.planning.period.month_costs import PeriodCosts, period_costs
from tests.support.accounts import desired, inventory, pool, unit, user

OCTOBER, NOVEMBER, DECEMBER = date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1)
TODAY = date(2026, 11, 24)
HELD = inventory(
    {"L1": "x2", "L2": "x2", "L3": "x2", "L4": "x4", "L5": unit("x2", "A3", "GB"), "L6": "lobby"},
    {
        "ada": user(["L1"]),
        "bo": user(["L2"], status="inactive"),
        "cy": user(["L4"]),
        "di": user(["L5"]),
    },
)
WANTED = desired(
    {"ada": {"cost_center": "100"}, "bo": {"cost_center": "200"}, "cy": {"cost_center": "100"}},
    pools=[
        pool("x2", price=[
            {"amount": "10.10", "currency": "USD"},
            {"amount": "20.20", "currency": "USD", "valid_from": "2026-11-02"},
        ]),
        pool("x4", price={"amount": "28.005", "currency": "USD"}),
        pool("x2", "GB", price={"amount": "7.5", "currency": "GBP"}),
        pool("lobby"),
    ],
)  # fmt: skip


def recorded(on: date, *pools: PoolUse) -> DayOfUse:
    return DayOfUse(f"{on}T09:00:00Z", pools)


def rows(costs: Any, *by: Any) -> list[tuple[Any, ...]]:
    return [
        (*row.key, row.currency, row.number, *map(str, row.amounts.values()))
        for row in summarize(costs.groups, by)
    ]


def october(costs: PeriodCosts, *by: Any) -> list[tuple[Any, ...]]:
    return [row[1:] for row in rows(costs.by_pool, "month", *by) if row[0] == "2026-10"]


def test_a_month_counts_its_last_recorded_day_at_the_prices_of_its_first() -> None:
    use = {
        date(2026, 10, 3): recorded(date(2026, 10, 3), PoolUse("x2", "US", 99)),
        date(2026, 10, 30): recorded(
            date(2026, 10, 30), PoolUse("x2", "US", 4, 1, 2, 8), PoolUse("x2", "GB", 2),
            PoolUse("lobby", "US", unassigned=3),
        ),
    }  # fmt: skip
    costs = period_costs(WANTED, HELD, [OCTOBER, NOVEMBER, DECEMBER], use, TODAY)
    assert [(str(m.first), m.source, m.at) for m in costs.months] == [
        ("2026-10-01", "recorded", "2026-10-30T09:00:00Z"),
        ("2026-11-01", "inventory", "2026-11-24T00:00:00Z"),
    ]
    assert october(costs, "type", "country") == [
        ("x2", "GB", "GBP", 2, "15.0", "0", "0"),
        ("x2", "US", "USD", 7, "40.40", "10.10", "20.20"),
    ]
    assert costs.by_pool.unpriced == {("lobby", "US", "2026-10"): 3, ("lobby", "US", "2026-11"): 1}


def test_three_cost_centers_by_hand_count_the_inventory_last_seen() -> None:
    use = {date(2026, 11, 3): recorded(date(2026, 11, 3), PoolUse("x2", "US", 1))}
    costs = period_costs(WANTED, HELD, [NOVEMBER], use, TODAY)
    assert rows(costs.by_pool, "type") == [("x2", "USD", 1, "10.10", "0", "0")]
    assert rows(costs.by_user, "cost_center") == [
        ("", "GBP", 1, "7.5", "0", "0"),
        ("", "USD", 1, "0", "0", "10.10"),
        ("100", "USD", 2, "38.105", "0", "0"),
        ("200", "USD", 1, "0", "10.10", "0"),
    ]
