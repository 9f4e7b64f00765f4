"""License pools: reinstatement, addresses of unassigned units, shortage, and the ledger."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from licsync.model.desired import Desired
from licsync.model.inventory import Inventory, Record
from licsync.model.license import format_instant, is_gone
from licsync.planning.plan import Plan
from tests.support.accounts import LONDON, NEW_YORK, SEATTLE, desired, inventory, pool, unit, user
from tests.support.planning import NOW, changed, codes, labels, only, planned, row


def removed(days: float, kind: str = "x2", **more: Any) -> Record:
    """A unit that was removed so many days ago."""
    return unit(kind, removed=format_instant(NOW - timedelta(days=days)), **more)


def asked_for(quantity: int, **units: Record) -> Plan:
    return planned(desired(pools=[pool(quantity=quantity)]), inventory(units))


# --- reinstatement --------------------------------------------------------------------------------


def test_a_removed_unit_comes_back_when_the_quantity_asks_for_more_than_is_owned() -> None:
    plan = asked_for(2, L1=unit(), L2=removed(4))
    assert labels(plan) == ["reinstate licenses/L2"]
    assert changed(only(plan, "reinstate")) == {"status": ("suspended", "unassigned")}
    assert only(plan, "reinstate").why == "removed 2026-11-20; the pool asks for 2"
    assert codes(plan) == []


def test_the_newest_removal_comes_back_first_and_of_equal_ones_the_lowest_id() -> None:
    assert labels(asked_for(1, L1=removed(9), L2=removed(3), L3=removed(5))) == [
        "reinstate licenses/L2"
    ]
    assert labels(asked_for(1, L2=removed(3), L1=removed(3))) == ["reinstate licenses/L1"]


def test_nothing_comes_back_that_the_quantity_does_not_ask_for() -> None:
    assert labels(asked_for(1, L1=unit(), L2=removed(4))) == []
    assert labels(planned(desired(pools=[pool()]), inventory({"L1": removed(4)}))) == []
    assert labels(planned(desired(), inventory({"L1": removed(4)}))) == []


def test_a_removed_unit_can_come_back_until_thirty_days_are_over() -> None:
    last = asked_for(1, L1=removed(29.999))
    assert labels(last) == ["reinstate licenses/L1"]
    over = asked_for(1, L1=removed(30))
    assert (labels(over), codes(over)) == ([], ["order-more"])


def test_a_unit_that_is_gone_is_not_counted_as_suspended() -> None:
    assert row(asked_for(1, L1=removed(31), L2=removed(1), L3=unit()), "x2").suspended == 1


def test_units_of_inactive_users_count_as_owned() -> None:
    there = inventory({"L1": unit(), "L2": removed(1)}, {"ada": user(["L1"], status="inactive")})
    assert labels(planned(desired(pools=[pool(quantity=1)]), there)) == []


def test_a_reinstated_unit_serves_who_waits_for_it() -> None:
    there = inventory({"L1": removed(4)}, {"ada": user()})
    plan = planned(desired({"ada": {"licenses": ["x2"]}}, pools=[pool(quantity=1)]), there)
    assert labels(plan) == ["reinstate licenses/L1", "assign users/ada"]
    assert codes(plan) == []


def test_without_the_pool_asking_a_removed_unit_serves_nobody() -> None:
    plan = planned(
        desired({"ada": {"licenses": ["x2"]}}), inventory({"L1": removed(4)}, {"ada": user()})
    )
    assert labels(plan) == ["assign users/ada"]
    assert only(plan, "assign").license is not None
    assert only(plan, "assign").license.id is None
    assert codes(plan) == ["license-shortage"]


# --- what to order and what to cancel -------------------------------------------------------------


def test_what_cannot_come_back_must_be_ordered() -> None:
    plan = asked_for(5, L1=unit(), L2=removed(4))
    (diagnostic,) = plan.diagnostics
    assert diagnostic.code == "order-more"
    assert diagnostic.message == "X2 · US: declared 5, owned 2; order 3 from 8x8."


def test_what_is_owned_beyond_the_quantity_can_be_cancelled() -> None:
    plan = asked_for(1, L1=unit(), L2=unit(), L3=unit())
    (diagnostic,) = plan.diagnostics
    assert diagnostic.code == "spare-licenses"
    assert diagnostic.message == "X2 · US: declared 1, owned 3; cancel 2 with 8x8."


def test_a_pool_of_a_type_that_nobody_owns_is_to_be_ordered() -> None:
    assert codes(asked_for(1)) == ["order-more"]
    assert codes(asked_for(0)) == []
    assert codes(asked_for(2, L1=unit())) == ["order-more"]


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
        {"L1": unit("x4"), "L2": removed(4, "x4")}, {name: user() for name in ("ada", "bo", "cy")}
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


# --- the ledger -----------------------------------------------------------------------------------


def test_the_ledger_has_a_row_for_every_type_and_country_that_the_plan_or_a_pool_names() -> None:
    there = inventory(
        {"L1": unit("x4"), "L2": unit(), "L3": unit("x1"), "L4": unit("x8", "A3", "GB")},
        {"ada": user(["L1"])},
    )
    price = {"currency": "USD", "amount": "28.00"}
    pools = [pool("x8", "GB", quantity=1, price=price), pool("x3", quantity=0)]
    plan = planned(desired({"ada": {"licenses": ["x2"]}}, pools=pools), there)
    assert [(r.type, r.country) for r in plan.licenses] == [
        ("x2", "US"),
        ("x3", "US"),
        ("x4", "US"),
        ("x8", "GB"),
    ]
    assert row(plan, "x8", "GB").price == price
    assert row(plan, "x8", "GB").quantity == 1
    assert row(plan, "x4").quantity is None


@pytest.mark.parametrize(
    ("wanted", "status", "before", "after"),
    [
        ({"licenses": []}, "active", (1, 0, 0), (0, 0, 1)),
        ({"status": "inactive"}, "active", (1, 0, 0), (0, 1, 0)),
        ({"status": "active"}, "inactive", (0, 1, 0), (1, 0, 0)),
        ({"status": "active", "licenses": []}, "inactive", (0, 1, 0), (0, 0, 1)),
        ({"licenses": []}, "inactive", (0, 1, 0), (0, 0, 1)),
    ],
)
def test_the_ledger_counts_units_by_what_becomes_of_them(
    wanted: dict[str, Any], status: str, before: tuple[int, ...], after: tuple[int, ...]
) -> None:
    plan = planned(
        desired({"ada": wanted}), inventory({"L1": unit()}, {"ada": user(["L1"], status=status)})
    )
    found = row(plan, "x2")
    assert (found.assigned_before, found.suspended_before, found.unassigned_before) == before
    assert (found.assigned_after, found.suspended, found.unassigned_after) == after
    assert found.owned == 1


def test_a_new_user_who_is_inactive_holds_a_suspended_unit() -> None:
    new = {"status": "inactive", "site": "HQ", "licenses": ["x2"]}
    found = row(planned(desired({"ada": new}), inventory({"L1": unit()})), "x2")
    assert (found.owned, found.assigned_after, found.suspended, found.unassigned_after) == (
        1,
        0,
        1,
        0,
    )


def test_a_plan_does_not_outlive_what_it_reinstates() -> None:
    units = {"L1": unit(removed="2026-10-27T05:00:00Z"), "L2": unit(removed="2026-11-20T00:00:00Z")}
    plan = planned(
        desired(pools=[{"type": "x2", "country": "US", "quantity": 2}]), inventory(units)
    )
    assert len(plan.actions) == 2
    assert plan.expires_at == "2026-11-26T05:00:00Z"


def test_the_ledger_counts_only_what_a_narrowed_plan_does() -> None:
    there = inventory({"L1": removed(4), "L2": unit("x4")}, {"ada": user(["L2"])})
    wanted = desired({"ada": {"licenses": []}}, pools=[pool(quantity=1)])
    plan = planned(wanted, there, targets=["users/ada"])
    assert labels(plan) == ["unassign users/ada"]
    assert (row(plan, "x2").owned, row(plan, "x2").suspended, codes(plan)) == (0, 1, [])


# --- any pools ------------------------------------------------------------------------------------

KINDS = ("x2", "x4", "vcc-agent")


@st.composite
def stocks(draw: st.DrawFn) -> tuple[Desired, Inventory]:
    """Users who want what there may or may not be."""
    units: dict[str, Record] = {}
    users: dict[str, Record] = {}
    wishes: dict[str, Any] = {}
    kinds = st.lists(st.sampled_from(KINDS), unique=True, max_size=2).filter(
        lambda k: set(k) != {"x2", "x4"}
    )
    for i in range(draw(st.integers(0, 5))):
        held = {}
        for kind in draw(kinds):
            units[f"L{len(units)}"] = unit(kind)
            held[f"L{len(units) - 1}"] = {"number": f"{len(units)}"}
        users[f"u{i}"] = user(held, status=draw(st.sampled_from(("active", "inactive"))))
        wishes[f"u{i}"] = {
            "status": draw(st.sampled_from(("active", "inactive"))),
            **({"licenses": draw(kinds)} if draw(st.booleans()) else {}),
        }
    for _ in range(draw(st.integers(0, 4))):
        age = draw(st.sampled_from((None, 1, 20, 30, 45)))
        kind = draw(st.sampled_from(KINDS))
        units[f"L{len(units)}"] = unit(kind) if age is None else removed(age, kind)
    pools = [pool(k, quantity=draw(st.integers(0, 6))) for k in KINDS if draw(st.booleans())]
    return desired(wishes, pools=pools), inventory(units, users)


def by_state(there: Inventory, kind: str) -> Counter[str]:
    """Count the units of a type: assigned, unassigned, held by inactive users, or removed and not
    yet gone.
    """
    found: Counter[str] = Counter()
    for record in there.licenses.values():
        suspended = record.get("suspended", {})
        if record["type"] == kind and not is_gone(record, NOW):
            found[suspended.get("reason", record["status"])] += 1
    return found


@settings(deadline=None)
@given(stocks())
def test_the_ledger_adds_up(stock: tuple[Desired, Inventory]) -> None:
    wanted, there = stock
    plan = planned(wanted, there)
    for found in plan.licenses:
        before = by_state(there, found.type)
        back = sum(
            1
            for a in plan.actions
            if a.verb == "reinstate" and a.license and a.license.type == found.type
        )
        held_after = found.suspended - (before["removed"] - back)
        assert found.assigned_before == before["assigned"]
        assert found.unassigned_before == before["unassigned"]
        assert found.suspended_before == before["user_inactive"] + before["removed"]
        assert (
            found.owned
            == before["assigned"] + before["unassigned"] + before["user_inactive"] + back
        )
        assert found.owned == found.assigned_after + found.unassigned_after + held_after
        assert min(found.assigned_after, found.unassigned_after, held_after, found.short_by) >= 0


@settings(deadline=None)
@given(stocks())
def test_everybody_is_given_a_unit_of_their_own_unless_there_is_a_shortage(
    stock: tuple[Desired, Inventory],
) -> None:
    wanted, there = stock
    plan = planned(wanted, there)
    given_out = [
        a.license.id for a in plan.actions if a.resource.startswith("users/") and a.license
    ]
    assert ("license-shortage" in codes(plan)) == (None in given_out)
    assert sum(r.short_by for r in plan.licenses) == given_out.count(None)
    assert len(set(given_out) - {None}) == len(given_out) - given_out.count(None)


@settings(deadline=None)
@given(stocks())
def test_a_quantity_that_is_not_met_is_ordered_and_one_that_is_exceeded_can_be_cancelled(
    stock: tuple[Desired, Inventory],
) -> None:
    wanted, there = stock
    plan = planned(wanted, there)
    expected = []
    for found in plan.licenses:
        if found.quantity is not None and found.quantity != found.owned:
            expected.append("order-more" if found.quantity > found.owned else "spare-licenses")
    told = [code for code in codes(plan) if code in ("order-more", "spare-licenses")]
    assert sorted(told) == sorted(expected)
