"""The ledger counts every unit of a plan, and adds up for any pools."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from licsync.model.desired import Desired
from licsync.model.inventory import Inventory, Record
from licsync.model.license import is_gone
from tests.support.accounts import desired, inventory, pool, unit, user
from tests.support.planning import NOW, codes, labels, planned, removed_unit, row

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
    there = inventory({"L1": removed_unit(4), "L2": unit("x4")}, {"ada": user(["L2"])})
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
        units[f"L{len(units)}"] = unit(kind) if age is None else removed_unit(age, kind)
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
