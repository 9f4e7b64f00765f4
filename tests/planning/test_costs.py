"""What licenses cost, by who pays: every grouping adds up to the bill, to the last digit."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licsync.model.prices import price_on, repeated_days
from licsync.planning.calendar import months_from
from licsync.planning.costs import DIMENSIONS, account_costs, prices_on, summarize
from licsync.planning.plan import Plan
from licsync.planning.plan_document import CostChange
from tests.support.accounts import desired, inventory, pool, unit, user
from tests.support.planning import planned, what_if
from tests.support.samples import examples

NOVEMBER = date(2026, 11, 1)
USD = {"amount": "10.00", "currency": "USD"}
GBP = {"amount": "7.5", "currency": "GBP"}


def rows(costs: Any, *by: Any) -> list[tuple[Any, ...]]:
    return [
        (*row.key, row.currency, row.number, *map(str, row.amounts.values()))
        for row in summarize(costs.groups, by)
    ]


def test_three_cost_centers_by_hand() -> None:
    """Two active users, an inactive one, one without a cost center, spare and removed units."""
    there = inventory(
        {
            "L1": "x2", "L2": "x4", "L3": "x2", "L4": unit("x2", "A3", "GB"), "L5": "x2",
            "L6": unit("x2", removed="2026-11-10T00:00:00Z"), "L7": "lobby",
            "L8": unit("x2") | {"status": "assigned", "holder": {"kind": "service", "name": "?"}},
        },
        {
            "ada": user(["L1"], department="Sales"),
            "bo": user(["L2"], site="Seattle"),
            "cy": user(["L3"], status="inactive", department=""),
            "di": user(["L4"]),
        },
    )  # fmt: skip
    wanted = desired(
        {
            "ada": {"cost_center": "100", "department": "Marketing"},
            "new": {"previously": "bo", "cost_center": "100", "department": "Field"},
            "cy": {"cost_center": "200", "department": "Support"},
        },
        pools=[pool("x2", price=USD), pool("x4", price={"amount": "28.005", "currency": "USD"}),
               pool("x2", "GB", price=GBP), {"type": "lobby"}],
    )  # fmt: skip
    costs = account_costs(wanted, there, [NOVEMBER])
    assert rows(costs, "cost_center") == [
        ("", "GBP", 1, "7.5", "0", "0"),
        ("", "USD", 2, "10.00", "0", "10.00"),
        ("100", "USD", 2, "38.005", "0", "0"),
        ("200", "USD", 1, "0", "10.00", "0"),
    ]
    assert rows(costs, "department") == [
        ("", "GBP", 1, "7.5", "0", "0"),
        ("", "USD", 3, "10.00", "10.00", "10.00"),
        ("Field", "USD", 1, "28.005", "0", "0"),
        ("Sales", "USD", 1, "10.00", "0", "0"),
    ]
    assert rows(costs, "site", "type")[:2] == [
        ("HQ", "x2", "GBP", 1, "7.5", "0", "0"),
        ("", "x2", "USD", 2, "10.00", "0", "10.00"),
    ]
    assert rows(costs) == [("GBP", 1, "7.5", "0", "0"), ("USD", 5, "48.005", "10.00", "10.00")]
    assert costs.unpriced == {("lobby", "US", "2026-11"): 1}


def test_each_month_has_the_price_of_its_first_day() -> None:
    listed = [USD | {"valid_from": "2027-01-01", "amount": "12.00"}, USD,
              GBP | {"valid_from": "2027-02-02"}]  # fmt: skip
    wanted = desired(
        pools=[pool("x2", price=listed), pool("x4", price=[GBP | {"valid_from": "2027-01-01"}])]
    )
    months = months_from(date(2026, 12, 24), 4)
    assert [str(month) for month in months] == [
        "2026-12-01", "2027-01-01", "2027-02-01", "2027-03-01",
    ]  # fmt: skip
    costs = account_costs(wanted, inventory({"L1": "x2", "L2": "x4"}), months)
    assert rows(costs, "month", "type") == [
        ("2027-01", "x4", "GBP", 1, "0", "0", "7.5"),
        ("2027-02", "x4", "GBP", 1, "0", "0", "7.5"),
        ("2027-03", "x2", "GBP", 1, "0", "0", "7.5"),
        ("2027-03", "x4", "GBP", 1, "0", "0", "7.5"),
        ("2026-12", "x2", "USD", 1, "0", "0", "10.00"),
        ("2027-01", "x2", "USD", 1, "0", "0", "12.00"),
        ("2027-02", "x2", "USD", 1, "0", "0", "12.00"),
    ]
    assert costs.unpriced == {("x4", "US", "2026-12"): 1}
    assert summarize(costs.groups, ())[1].total == Decimal("34.00")


def test_the_latest_price_that_has_come_counts() -> None:
    entry: Any = pool("x2", price=[USD, GBP | {"valid_from": "2027-01-01"}])
    assert price_on(entry, date(2026, 12, 31)) == USD
    assert price_on(entry, date(2027, 1, 1)) == GBP
    assert price_on(pool("x2"), NOVEMBER) is None  # type: ignore[arg-type]
    assert prices_on(desired(pools=[{"type": "x2", "price": USD}]), NOVEMBER) == {}
    twice: Any = pool("x2", price=[USD, GBP, USD | {"valid_from": "2027-01-01"}])
    assert list(repeated_days(twice)) == [1]


def test_a_plan_goes_by_the_price_of_its_day() -> None:
    listed = [USD, USD | {"amount": "12.00", "valid_from": "2026-11-24"}]
    (row,) = planned(desired(pools=[pool("x2", price=listed)]), inventory({"L1": "x2"})).licenses
    assert row.price == {"amount": "12.00", "currency": "USD"}


CENTERS = st.sampled_from([None, "100", "200", "Ü"])
AMOUNTS = st.decimals(0, 999, allow_nan=False, places=4).map(str)
KINDS = ("x2", "x4", "vcc-agent")


@examples(60)
@given(
    st.lists(st.tuples(CENTERS, st.sampled_from(KINDS), st.booleans()), max_size=6),
    st.lists(st.sampled_from(KINDS), max_size=3),
    st.lists(st.tuples(AMOUNTS, st.sampled_from(["USD", "GBP"])), min_size=3, max_size=3),
)
def test_every_grouping_adds_up_to_the_bill_exactly(
    people: list[Any], spare: list[str], prices: list[tuple[str, str]]
) -> None:
    units = {f"L{i}": kind for i, (_, kind, _) in enumerate(people)}
    units |= {f"S{i}": kind for i, kind in enumerate(spare)}
    users = {
        f"u{i}": user([f"L{i}"], status="active" if active else "inactive")
        for i, (_, _, active) in enumerate(people)
    }
    declared = {f"u{i}": {"cost_center": c} for i, (c, _, _) in enumerate(people) if c}
    pools = [
        pool(kind, price={"amount": amount, "currency": currency})
        for kind, (amount, currency) in zip(KINDS, prices, strict=True)
    ]
    costs = account_costs(desired(declared, pools=pools), inventory(units, users), [NOVEMBER])
    price = dict(zip(KINDS, prices, strict=True))
    bill: Counter[str] = Counter()
    for kind in units.values():
        bill[price[kind][1]] += Decimal(price[kind][0])  # type: ignore[assignment]
    for many in range(3):
        for by in combinations(DIMENSIONS, many):
            found: Counter[str] = Counter()
            for row in summarize(costs.groups, by):
                found[row.currency] += row.total  # type: ignore[assignment]
            assert found == bill


# --- what a plan changes --------------------------------------------------------------------------

PRICED = [pool("x2", price=USD), pool("x4", price={"amount": "28.00", "currency": "USD"}),
          pool("vcc-agent", price=GBP), pool("lobby")]  # fmt: skip


def changed(plan: Plan) -> dict[str, str]:
    return {
        ("unassigned" if c.unassigned else c.cost_center) + f" {c.currency}": c.change
        for c in plan.cost_centers
    }


def test_a_plan_says_what_each_cost_center_pays_more_or_less() -> None:
    there = inventory(
        {"L1": "x2", "L2": "x4", "L3": "vcc-agent", "L4": "lobby", "L5": "x2",
         "R1": unit("x2", removed="2026-11-20T00:00:00Z")},
        {"ada": user(["L1"]), "bo": user(["L3"]), "cy": user(["L5"])},
    )  # fmt: skip
    wanted = desired(
        {
            "ada": {"cost_center": "100", "licenses": ["x4"]},
            "bo": {"cost_center": "200", "licenses": []},
            "cy": {"status": "inactive", "cost_center": "300"},
            "di": {"site": "HQ", "licenses": ["lobby"]},
        },
        pools=[{**PRICED[0], "quantity": 3}, *PRICED[1:]],
    )
    plan = planned(wanted, there)
    assert changed(plan) == {
        "100 USD": "18.00",
        "200 GBP": "-7.5",
        "unassigned GBP": "7.5",
        "unassigned USD": "-8.00",
    }
    document = plan.to_json()
    assert document["cost_centers"][0] == {
        "cost_center": "100", "currency": "USD", "change": "18.00",
    }  # fmt: skip
    assert Plan.from_json(document) == plan


def test_without_cost_centers_a_plan_says_nothing_of_them() -> None:
    there = inventory({"L1": "x2"}, {"ada": user()})
    wanted = desired({"ada": {"licenses": ["x2"]}, "bo": {"cost_center": "1"}}, pools=PRICED)
    plan = planned(wanted, there)
    assert plan.cost_centers == []
    assert "cost_centers" not in plan.to_json()


def test_a_license_that_is_missing_is_paid_by_nobody() -> None:
    there = inventory({"L1": "x2"}, {"ada": user(["L1"]), "bo": user()})
    wanted = desired({"ada": {"cost_center": "1", "licenses": ["x4"]}}, pools=PRICED)
    assert planned(wanted, there).cost_centers == []


def test_what_is_bought_and_canceled_is_paid_as_unassigned() -> None:
    there = inventory({"L1": "x2"}, {"ada": user()})
    wanted = desired({"ada": {"cost_center": "1", "licenses": ["x2"]}}, pools=PRICED)
    plan = what_if(wanted, there, "buy x4:US:2", "buy vcc-agent:US:1", "buy lobby:US:1")
    assert plan.cost_centers == [
        CostChange("1", "USD", "10.00"),
        CostChange("", "GBP", "7.5", unassigned=True),
        CostChange("", "USD", "46.00", unassigned=True),
    ]
    assert what_if(wanted, there, "user ada=none", "buy x4:US:2").cost_centers == []


@pytest.mark.parametrize("seed", range(12))
def test_the_changes_of_a_plan_add_up_to_that_of_its_bill(seed: int) -> None:
    kinds = ["x2", "x4", "vcc-agent"]
    units = {f"L{i}": kinds[(seed + i) % 3] for i in range(6)}
    users = {f"u{i}": user([f"L{i}"]) for i in range(3)} | {"u3": user()}
    declared = {
        f"u{i}": {"cost_center": f"{i % 2}", "licenses": kinds[: (seed + i) % 3]} for i in range(4)
    }
    plan = planned(desired(declared, pools=PRICED), inventory(units, users))
    assert sum(Decimal(c.change) for c in plan.cost_centers if c.currency == "USD") == 0
    assert sum(Decimal(c.change) for c in plan.cost_centers if c.currency == "GBP") == 0
