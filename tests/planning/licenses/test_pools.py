"""License pools: reinstatement, and the addresses of unassigned units."""

from __future__ import annotations

from typing import Any

from licsync.model.inventory import Record
from licsync.planning.plan import Plan
from tests.support.accounts import LONDON, NEW_YORK, SEATTLE, desired, inventory, pool, unit, user
from tests.support.planning import (
    changed,
    codes,
    labels,
    only,
    plan_for_quantity,
    planned,
    removed_unit,
    row,
)

# --- reinstatement --------------------------------------------------------------------------------


def test_a_removed_unit_comes_back_when_the_quantity_asks_for_more_than_is_owned() -> None:
    plan = plan_for_quantity(2, L1=unit(), L2=removed_unit(4))
    assert labels(plan) == ["reinstate licenses/L2"]
    assert changed(only(plan, "reinstate")) == {"status": ("suspended", "unassigned")}
    assert only(plan, "reinstate").why == "removed 2026-11-20; the pool asks for 2"
    assert codes(plan) == []


def test_the_newest_removal_comes_back_first_and_of_equal_ones_the_lowest_id() -> None:
    assert labels(
        plan_for_quantity(1, L1=removed_unit(9), L2=removed_unit(3), L3=removed_unit(5))
    ) == ["reinstate licenses/L2"]
    assert labels(plan_for_quantity(1, L2=removed_unit(3), L1=removed_unit(3))) == [
        "reinstate licenses/L1"
    ]


def test_nothing_comes_back_that_the_quantity_does_not_ask_for() -> None:
    assert labels(plan_for_quantity(1, L1=unit(), L2=removed_unit(4))) == []
    assert labels(planned(desired(pools=[pool()]), inventory({"L1": removed_unit(4)}))) == []
    assert labels(planned(desired(), inventory({"L1": removed_unit(4)}))) == []


def test_a_removed_unit_can_come_back_until_thirty_days_are_over() -> None:
    last = plan_for_quantity(1, L1=removed_unit(29.999))
    assert labels(last) == ["reinstate licenses/L1"]
    over = plan_for_quantity(1, L1=removed_unit(30))
    assert (labels(over), codes(over)) == ([], ["order-more"])


def test_a_unit_that_is_gone_is_not_counted_as_suspended() -> None:
    assert (
        row(
            plan_for_quantity(1, L1=removed_unit(31), L2=removed_unit(1), L3=unit()), "x2"
        ).suspended
        == 1
    )


def test_units_of_inactive_users_count_as_owned() -> None:
    there = inventory(
        {"L1": unit(), "L2": removed_unit(1)}, {"ada": user(["L1"], status="inactive")}
    )
    assert labels(planned(desired(pools=[pool(quantity=1)]), there)) == []


def test_a_reinstated_unit_serves_who_waits_for_it() -> None:
    there = inventory({"L1": removed_unit(4)}, {"ada": user()})
    plan = planned(desired({"ada": {"licenses": ["x2"]}}, pools=[pool(quantity=1)]), there)
    assert labels(plan) == ["reinstate licenses/L1", "assign users/ada"]
    assert codes(plan) == []


def test_without_the_pool_asking_a_removed_unit_serves_nobody() -> None:
    plan = planned(
        desired({"ada": {"licenses": ["x2"]}}), inventory({"L1": removed_unit(4)}, {"ada": user()})
    )
    assert labels(plan) == ["assign users/ada"]
    assert only(plan, "assign").license is not None
    assert only(plan, "assign").license.id is None
    assert codes(plan) == ["license-shortage"]


# --- where unassigned units are bound -------------------------------------------------------------

PLACES = {"new-york": NEW_YORK, "seattle": SEATTLE, "london": LONDON}


def spread(wanted: Any, *, users: dict[str, Any] | None = None, **units: Record) -> Plan:
    there = inventory(units, {name: user() for name in users or {}})
    return planned(
        desired(users, pools=[pool(unassigned_address=wanted)], service_addresses=PLACES), there
    )


def test_unassigned_units_are_bound_to_the_address_of_the_pool() -> None:
    plan = spread("seattle", L1=unit(), L2=unit(address="A2"))
    assert labels(plan) == ["relocate licenses/L1"]
    assert changed(only(plan, "relocate")) == {"service_address": ("new-york", "seattle")}


def test_unassigned_units_are_spread_with_the_fewest_moves() -> None:
    plan = spread({"new-york": 1, "seattle": 1, "london": 1}, L1=unit(), L2=unit(), L3=unit())
    moves = {a.name: changed(a)["service_address"] for a in plan.actions}
    assert moves == {"L2": ("new-york", "london"), "L3": ("new-york", "seattle")}


def test_who_is_assigned_a_unit_gets_one_that_the_pool_does_not_want_where_it_is() -> None:
    plan = spread(
        "new-york",
        users={"ada": {"licenses": [{"type": "x2", "country": "US"}], "site": "London"}},
        L1=unit(), L2=unit(address="A2"),
    )  # fmt: skip
    assert labels(plan) == ["update users/ada", "assign users/ada"]
    assert only(plan, "assign").license.id == "L2"


def test_the_order_in_which_the_addresses_are_written_does_not_matter() -> None:
    one = spread({"london": 1, "seattle": 1}, L1=unit())
    other = spread({"seattle": 1, "london": 1}, L1=unit())
    assert one.to_json() == other.to_json()


def test_an_address_that_resolves_to_nothing_is_left_to_the_checks() -> None:
    assert labels(spread("atlantis", L1=unit())) == []


def test_a_unit_without_an_address_is_bound_too() -> None:
    assert changed(only(spread("seattle", L1=unit(address=None)), "relocate")) == {
        "service_address": (None, "seattle")
    }


def test_a_unit_that_is_freed_goes_where_the_pool_wants_it() -> None:
    there = inventory({"L1": unit()}, {"ada": user(["L1"])})
    wanted = desired(
        {"ada": {"licenses": []}},
        pools=[pool(unassigned_address="seattle")],
        service_addresses=PLACES,
    )
    plan = planned(wanted, there)
    assert labels(plan) == ["unassign users/ada", "relocate licenses/L1"]
    assert [*only(plan, "relocate").needs] == ["a1"]


def test_addresses_for_more_unassigned_units_than_there_are_do_not_stay_silent() -> None:
    def notes(plan: Plan) -> list[str]:
        return [d.message for d in plan.diagnostics if d.code == "left-as-is"]

    asked = "X2 · US: unassigned_address asks for {} unassigned licenses, and the plan leaves {}."
    two = {"seattle": 1, "london": 1}
    assert notes(spread(two, L1=unit())) == [asked.format(2, 1)]
    assert notes(spread(two)) == [asked.format(2, 0)]
    assert notes(spread(two, L1=unit(), L2=unit(), L3=unit())) == []
    ada = {"ada": {"licenses": ["x2"], "site": "HQ"}}
    assert notes(spread({"seattle": 1}, users=ada, L1=unit())) == [
        "X2 · US: unassigned_address asks for 1 unassigned license, and the plan leaves 0."
    ]
    none = "X2 · US: unassigned_address has no effect, because the account has no such license."
    assert notes(spread("seattle", L1=unit("x4"))) == [none]
    assert notes(spread("seattle", users=ada, L1=unit())) == [], "it counts from the next one on"
    ordered = desired(pools=[pool(unassigned_address="seattle", quantity=1)])
    assert notes(planned(ordered, inventory())) == [], "order-more says it"
