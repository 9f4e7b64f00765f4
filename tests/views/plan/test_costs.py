"""The monthly cost of a plan for people."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from licsync.config.catalog import load_catalog
from licsync.planning.actions import Action
from licsync.planning.plan import Plan
from licsync.planning.plan_document import Cost
from licsync.views import phrases as words
from licsync.views.plan import tables as money

CATALOG = load_catalog()
USD = {"amount": "10.00", "currency": "USD"}
ACTION = Action("user", "delete", "users/x")


def plan(*costs: Cost, **more: Any) -> Plan:
    return Plan("acme", "local", "", "", "", costs=list(costs), **{"actions": [ACTION], **more})


def test_rows_stand_for_what_changes_and_the_last_for_all() -> None:
    moved = (
        Cost("x2", "US", "a", USD, 2, 3, 1, 0),
        Cost("x2", "US", None, USD, 0, 0, 1, 2),
        Cost("x4", "US", "a", USD, 5, 5),
    )
    (table,) = money.cost_tables(plan(*moved), CATALOG)
    assert table == [
        ["USD per month", "used", "unused", "difference"],
        ["X2 · US · a", "20.00 → 30.00", "10.00 → 0.00", ""],
        ["X2 · US · no address", "0.00", "10.00 → 20.00", "+10.00"],
        ["all licenses", "70.00 → 80.00", "20.00", "+10.00"],
    ]
    (table,) = money.cost_tables(plan(*moved), CATALOG, verbose=True)
    assert ["X4 · US · a", "50.00", "0.00", ""] in table


def test_each_currency_has_its_own_table() -> None:
    euros = {"amount": "1.50", "currency": "EUR"}
    first, second = money.cost_tables(
        plan(Cost("x2", "US", "a", USD, 1), Cost("x2", "DE", "b", euros, 0, 1)), CATALOG
    )
    assert first[-1] == ["all licenses", "0.00 → 1.50", "0.00", "+1.50"]
    assert second[-1] == ["all licenses", "10.00 → 0.00", "0.00", "-10.00"]


def test_a_currency_in_which_nothing_changes_has_no_table() -> None:
    euros = {"amount": "1.50", "currency": "EUR"}
    both = plan(Cost("x2", "US", "a", USD, 1), Cost("x2", "DE", "b", euros, 1, 1))
    assert [table[0][0] for table in money.cost_tables(both, CATALOG)] == ["USD per month"]
    assert len(money.cost_tables(both, CATALOG, verbose=True)) == 2


@pytest.mark.parametrize("amount", ["NaN", "1e999999", "x", "Infinity"])
def test_a_price_that_cannot_be_reckoned_with_is_left_out(amount: str) -> None:
    assert (
        money.cost_tables(
            plan(Cost("x2", "US", "a", {"amount": amount, "currency": "USD"}, 1)), CATALOG
        )
        == []
    )


def test_nothing_to_do_costs_nothing() -> None:
    assert money.cost_tables(plan(Cost("x2", "US", "a", USD, 1, 1), actions=[]), CATALOG) == []
    assert Decimal(USD["amount"]) == 10


def test_amounts_have_all_the_decimals_that_it_takes_to_add_up() -> None:
    price = {"amount": "0.0050", "currency": "USD"}
    costs = (
        Cost("x2", "US", "a", price, 1, 2),
        Cost("x4", "US", "a", {"amount": "1000.5", "currency": "USD"}, 1, 1),
    )
    (table,) = money.cost_tables(plan(*costs), CATALOG, verbose=True)
    assert [row[1] for row in table[1:]] == ["0.005 → 0.01", "1,000.50", "1,000.505 → 1,000.51"]
    assert table[-1][3] == "+0.005"
    assert words.total([("USD", Decimal("0.125")), ("USD", Decimal("0.1251"))]) == "0.2501 USD"
    assert words.totals([("USD", Decimal("1.001"))], [("USD", Decimal("2"))]) == "1.001 → 2.00 USD"
    assert words.total([("USD", Decimal("1E+3"))]) == "1,000.00 USD"
