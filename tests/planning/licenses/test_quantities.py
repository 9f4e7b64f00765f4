"""What is said of quantities: what to order or cancel, and which licenses are missing."""

from __future__ import annotations

from tests.support.accounts import desired, inventory, pool, unit, user
from tests.support.planning import codes, plan_for_quantity, planned, removed_unit, row

# --- what to order and what to cancel -------------------------------------------------------------


def test_what_cannot_come_back_must_be_ordered() -> None:
    plan = plan_for_quantity(5, L1=unit(), L2=removed_unit(4))
    (diagnostic,) = plan.diagnostics
    assert diagnostic.code == "order-more"
    assert diagnostic.message == "X2 · US: declared 5, owned 2; order 3 from 8x8."


def test_what_is_owned_beyond_the_quantity_can_be_cancelled() -> None:
    plan = plan_for_quantity(1, L1=unit(), L2=unit(), L3=unit())
    (diagnostic,) = plan.diagnostics
    assert diagnostic.code == "spare-licenses"
    assert diagnostic.message == "X2 · US: declared 1, owned 3; cancel 2 with 8x8."


def test_a_pool_of_a_type_that_nobody_owns_is_to_be_ordered() -> None:
    assert codes(plan_for_quantity(1)) == ["order-more"]
    assert codes(plan_for_quantity(0)) == []
    assert codes(plan_for_quantity(2, L1=unit())) == ["order-more"]


def test_the_country_of_a_pool_is_by_default_the_accounts() -> None:
    us = {"defaults": {"country": "US"}}
    assert codes(
        planned(desired(pools=[{"type": "x2", "quantity": 1}], account=us), inventory())
    ) == ["order-more"]
    plan = planned(
        desired(pools=[{"type": "x2", "quantity": 1}, pool("mystery", quantity=1)]), inventory()
    )
    assert (plan.licenses, plan.diagnostics) == ([], [])


# --- shortage -------------------------------------------------------------------------------------


def test_a_shortage_names_type_country_wanted_usable_and_how_many_are_missing() -> None:
    there = inventory(
        {"L1": unit("x4"), "L2": removed_unit(4, "x4")},
        {name: user() for name in ("ada", "bo", "cy")},
    )
    plan = planned(desired({name: {"licenses": ["x4"]} for name in ("ada", "bo", "cy")}), there)
    (diagnostic,) = plan.diagnostics
    assert (diagnostic.code, str(diagnostic.severity)) == ("license-shortage", "error")
    assert diagnostic.message == "X4 · US: need 3, 1 available (2 short)."
    assert row(plan, "x4").short_by == 2
    assert [a.license.id for a in plan.actions if a.license] == ["L1", None, None]


def test_units_of_another_country_do_not_help() -> None:
    plan = planned(
        desired({"ada": {"licenses": ["x2"]}}),
        inventory({"L1": unit(country="GB")}, {"ada": user()}),
    )
    assert codes(plan) == ["license-shortage"]


def test_a_shortage_leaves_the_ledger_without_negative_numbers() -> None:
    there = inventory({"L1": unit("x4")}, {"ada": user(["L1"]), "bo": user()})
    plan = planned(desired({"ada": {"licenses": ["x2"]}, "bo": {"licenses": ["x4"]}}), there)
    assert codes(plan) == ["license-shortage"]
    assert (row(plan, "x4").assigned_after, row(plan, "x4").unassigned_after) == (1, 0)
