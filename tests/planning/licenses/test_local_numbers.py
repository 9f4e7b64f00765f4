"""Local numbers in plans: they come and go by themselves with phone numbers, and everybody can see
it before.
"""

from __future__ import annotations

from typing import Any

import pytest

from licsync.engine.steps import compile_steps
from licsync.model.catalog import Catalog, merge_types
from licsync.model.console.operations import InMemoryRecords, perform
from licsync.model.inventory import SECTIONS, Inventory
from licsync.planning.actions import Action, Change, UnitChange, UnitRef
from licsync.planning.plan import Plan
from tests.support.accounts import CATALOG, desired, inventory, unit, user
from tests.support.local_numbers import (
    BRITISH,
    FOUR,
    ONE,
    THREE,
    TWO,
    holds,
    local,
    moving,
    plan_of,
    with_phones,
)
from tests.support.planning import NOW, codes, labels, only, planned, row


def carried_out(plan: Plan, there: Inventory) -> Inventory:
    records = InMemoryRecords({section: getattr(there, section) for section in SECTIONS})
    for group in compile_steps(
        plan, {f"users/{name}": record for name, record in there.users.items()}
    ):
        for task in group.tasks:
            assert task.restores is None, "no type changes here"
            perform(records, task.step, NOW)
    return Inventory.from_document({"account": "acme", **records.sections})


def units_of(there: Inventory, name: str) -> list[str]:
    return sorted(s["license"] for s in there.users[name]["services"])


# --- coming ---------------------------------------------------------------------------------------


def test_a_number_beyond_the_one_included_brings_a_unit() -> None:
    there = inventory(
        {"L1": unit(), "L5": local("A2"), "L6": local("A1")}, {"ada": holds("L1", phones=(ONE,))}
    )
    plan = plan_of({"ada": with_phones(ONE, TWO)}, there)
    assert [*only(plan, "update").changes] == [
        Change("extension.phone_numbers", [ONE], [ONE, TWO], license="L1"),
        UnitChange(UnitRef("L6", "local-number", "US"), arrives=True),
    ]
    assert only(plan, "update").license == UnitRef("L1", "x2", "US")
    assert set(plan.saw) == {"users/ada", "licenses/L1", "licenses/L6"}
    assert (
        row(plan, "local-number").assigned_after,
        row(plan, "local-number").unassigned_after,
    ) == (1, 1)
    after = carried_out(plan, there)
    assert units_of(after, "ada") == ["L1", "L6"]
    assert plan_of({"ada": with_phones(ONE, TWO)}, after).actions == []


def test_the_unit_follows_to_the_place_of_its_license() -> None:
    there = inventory({"L1": unit(), "L5": local("A2")}, {"ada": holds("L1", phones=(ONE,))})
    plan = plan_of({"ada": with_phones(ONE, TWO)}, there)
    assert only(plan, "update").changes[-1] == Change(
        "service_address", "A2", "A1", "automatic", "L5"
    )
    assert only(plan, "update").license == UnitRef("L1", "x2", "US")
    assert carried_out(plan, there).licenses["L5"]["service_address"] == "A1"


def test_somebody_new_gets_them_with_the_license() -> None:
    there = inventory({"L1": unit("vo-editions"), "L5": local(), "L6": local()})
    wish = {"site": "HQ", **with_phones(ONE, TWO, kind="vo-editions")}
    plan = plan_of({"ada": wish}, there)
    assert moving(plan) == {"assign users/ada": (["L5", "L6"], [])}
    assert units_of(carried_out(plan, there), "ada") == ["L1", "L5", "L6"]


def test_they_are_of_the_country_of_the_number() -> None:
    units = {"L1": unit(), "L4": local(country="US"), "L5": local(country="GB")}
    plan = plan_of(
        {"ada": with_phones(ONE, BRITISH)}, inventory(units, {"ada": holds("L1", phones=(ONE,))})
    )
    assert moving(plan) == {"update users/ada": (["L5"], [])}


def test_a_type_that_includes_no_number_needs_one_for_the_number_that_stays() -> None:
    units = {"L1": unit(), "L2": unit("vo-editions"), "L5": local()}
    there = inventory(units, {"ada": holds("L1", phones=(ONE,))})
    plan = plan_of({"ada": {"licenses": ["vo-editions"]}}, there)
    assert moving(plan) == {"change users/ada": (["L5"], [])}
    assert units_of(carried_out(plan, there), "ada") == ["L2", "L5"]


def test_the_loss_of_a_license_that_included_the_number_of_another_brings_one() -> None:
    units = {"L1": unit(), "L2": unit("vcc-agent"), "L5": local()}
    current = user({"L1": {"number": "1"}, "L2": {"number": "2", "phone_numbers": [ONE]}})
    plan = plan_of({"ada": {"licenses": ["vcc-agent"]}}, inventory(units, {"ada": current}))
    assert moving(plan) == {"unassign users/ada": (["L5"], [])}


def test_a_deactivated_user_holds_it_suspended() -> None:
    there = inventory(
        {"L1": unit(), "L5": local()}, {"ada": holds("L1", phones=(ONE,), status="inactive")}
    )
    plan = plan_of({"ada": with_phones(ONE, TWO)}, there)
    assert (row(plan, "local-number").suspended, row(plan, "local-number").unassigned_after) == (
        1,
        0,
    )
    after = carried_out(plan, there)
    assert after.licenses["L5"]["status"] == "suspended"
    assert [s.args.get("units") for s in steps(plan, there)] == [["L1"], None, ["L1", "L5"]]


def steps(plan: Plan, there: Inventory) -> list[Any]:
    preimages = {f"users/{name}": record for name, record in there.users.items()}
    return [task.step for group in compile_steps(plan, preimages) for task in group.tasks]


# --- going ----------------------------------------------------------------------------------------


def test_a_unit_goes_with_the_number_that_needed_it() -> None:
    there = inventory({"L1": unit(), "L5": local()}, {"ada": holds("L1", "L5", phones=(ONE, TWO))})
    plan = plan_of({"ada": with_phones(TWO)}, there)
    assert only(plan, "update").changes[-1] == UnitChange(
        UnitRef("L5", "local-number", "US"), arrives=False
    )
    assert set(plan.saw) == {"users/ada", "licenses/L1", "licenses/L5"}
    after = carried_out(plan, there)
    assert units_of(after, "ada") == ["L1"]
    assert plan_of({"ada": with_phones(TWO)}, after).actions == []


def test_units_that_leave_with_a_license_are_not_separate_unassignments() -> None:
    there = inventory(
        {"L1": unit(), "L5": local(), "L6": local()},
        {"ada": holds("L1", "L5", "L6", phones=(ONE,))},
    )
    plan = plan_of({"ada": {"licenses": []}}, there)
    assert labels(plan) == ["unassign users/ada", "unassign users/ada"]
    assert moving(plan) == {"unassign users/ada": ([], ["L6"])}
    assert plan.actions[0].origin == UnitRef("L5", "local-number", "US"), (
        "one more than its numbers: by an action"
    )
    assert units_of(carried_out(plan, there), "ada") == []


def test_who_is_suspended_keeps_them() -> None:
    there = inventory({"L1": unit(), "L5": local()}, {"ada": holds("L1", "L5", phones=(ONE, TWO))})
    plan = plan_of({"ada": {"status": "inactive"}}, there)
    assert labels(plan) == ["suspend users/ada"]
    assert row(plan, "local-number").suspended == 1


def test_who_is_deleted_leaves_none_behind() -> None:
    there = inventory({"L1": unit(), "L5": local()}, {"ada": holds("L1", "L5", phones=(ONE, TWO))})
    wanted = desired({}, account={"unlisted_users": "delete"})
    plan = planned(wanted, there)
    assert moving(plan) == {"unassign users/ada": ([], ["L5"])}
    after = carried_out(plan, there)
    assert after.users == {}
    assert after.licenses["L5"]["status"] == "unassigned"


def test_a_license_that_includes_a_number_sends_one_away() -> None:
    units = {"L1": unit("vo-editions"), "L2": unit(), "L5": local()}
    plan = plan_of(
        {"ada": {"licenses": ["x2"]}}, inventory(units, {"ada": holds("L1", "L5", phones=(ONE,))})
    )
    assert moving(plan) == {"change users/ada": ([], ["L5"])}


def test_a_unit_that_goes_is_bound_to_where_the_pool_wants_it() -> None:
    there = inventory(
        {"L1": unit(), "L5": local("A1")}, {"ada": holds("L1", "L5", phones=(ONE, TWO))}
    )
    pools = [{"type": "local-number", "country": "US", "unassigned_address": "A2"}]
    plan = plan_of({"ada": with_phones(ONE)}, there, pools=pools)
    assert labels(plan) == ["update users/ada", "relocate licenses/L5"]
    assert [*plan.actions[1].needs] == ["a1"]
    assert carried_out(plan, there).licenses["L5"]["service_address"] == "A2"


def test_a_unit_that_goes_does_not_follow_its_user_or_site() -> None:
    there = inventory(
        {"L1": unit(), "L5": local("A1")}, {"ada": holds("L1", "L5", phones=(ONE, TWO))}
    )
    plan = plan_of({"ada": {"site": "Seattle", **with_phones(ONE)}}, there)
    assert [c.license for c in only(plan, "update").changes if c.path == "service_address"] == [
        "L1"
    ]
    moved = plan_of({"ada": with_phones(ONE)}, there, sites={"HQ": {"service_address": "A2"}})
    assert labels(moved) == ["update sites/HQ", "update users/ada", "relocate licenses/L1"]


# --- from one to another --------------------------------------------------------------------------


def test_a_unit_that_goes_from_one_serves_another() -> None:
    units = {"L1": unit(), "L2": unit(), "L5": local()}
    users = {
        "ada": holds("L1", phones=(ONE,)),
        "bo": holds("L2", "L5", phones=(TWO, THREE), number="1002"),
    }
    there = inventory(units, users)
    wishes = {"ada": with_phones(ONE, FOUR), "bo": with_phones(TWO)}
    plan = plan_of(wishes, there)
    assert moving(plan) == {"update users/bo": ([], ["L5"]), "update users/ada": (["L5"], [])}
    assert [(a.resource, [*a.needs]) for a in plan.actions] == [
        ("users/bo", []),
        ("users/ada", ["a1"]),
    ]
    after = carried_out(plan, there)
    assert units_of(after, "ada") == ["L1", "L5"]
    assert plan_of(wishes, after).actions == []


def test_numbers_that_are_swapped_take_their_unit_along_in_a_ring() -> None:
    units = {"L1": unit(), "L2": unit(), "L5": local()}
    users = {
        "ada": holds("L1", "L5", phones=(ONE, TWO)),
        "bo": holds("L2", phones=(THREE,), number="1002"),
    }
    there = inventory(units, users)
    wishes = {"ada": with_phones(THREE), "bo": with_phones(ONE, TWO)}
    plan = plan_of(wishes, there)
    assert [a.ring for a in plan.actions] == ["r1", "r1"]
    assert moving(plan) == {"update users/ada": ([], ["L5"]), "update users/bo": (["L5"], [])}
    after = carried_out(plan, there)
    assert (units_of(after, "ada"), units_of(after, "bo")) == (["L1"], ["L2", "L5"])
    assert plan_of(wishes, after).actions == []


def test_what_goes_and_comes_to_one_user_in_one_plan_stays() -> None:
    units = {"L1": unit(), "L2": unit("vcc-agent"), "L5": local()}
    current = user(
        {"L1": {"number": "1", "phone_numbers": [ONE, TWO]}, "L2": {"number": "2"}, "L5": {}}
    )
    entries = [
        {"type": "x2", "extension": {"phone_numbers": [ONE]}},
        {"type": "vcc-agent", "extension": {"phone_numbers": [TWO]}},
    ]
    plan = plan_of({"ada": {"licenses": entries}}, inventory(units, {"ada": current}))
    assert labels(plan) == ["update users/ada"]
    assert moving(plan) == {}


# --- a lack of them -------------------------------------------------------------------------------


def test_a_lack_is_known_at_plan_time() -> None:
    units = {"L1": unit(), "L2": unit(), "L5": local()}
    users = {"ada": holds("L1", phones=(ONE,)), "bo": holds("L2", phones=(TWO,), number="1002")}
    plan = plan_of(
        {"ada": with_phones(ONE, THREE), "bo": with_phones(TWO, FOUR)}, inventory(units, users)
    )
    assert codes(plan) == ["license-shortage"]
    assert plan.diagnostics[0].message == "Local Number · US: need 2, 1 available (1 short)."
    assert "fewer phone numbers" in (plan.diagnostics[0].hint or "")
    assert row(plan, "local-number").short_by == 1
    assert moving(plan) == {"update users/ada": (["L5"], []), "update users/bo": ([None], [])}
    assert "licenses/None" not in plan.saw


def test_a_unit_that_the_pool_asks_back_serves() -> None:
    there = inventory(
        {"L1": unit(), "L5": local(removed="2026-11-20T00:00:00Z")},
        {"ada": holds("L1", phones=(ONE,))},
    )
    pools = [{"type": "local-number", "country": "US", "quantity": 1}]
    plan = plan_of({"ada": with_phones(ONE, TWO)}, there, pools=pools)
    assert labels(plan) == ["reinstate licenses/L5", "update users/ada"]
    assert [*plan.actions[1].needs] == ["a1"]
    assert units_of(carried_out(plan, there), "ada") == ["L1", "L5"]


@pytest.mark.parametrize("pools", [[], [{"type": "local-number", "country": "GB"}]])
def test_an_account_without_local_numbers_in_the_country_needs_none(
    pools: list[dict[str, Any]],
) -> None:
    there = inventory(
        {"L1": unit(), "L5": local(removed="2026-11-20T00:00:00Z")},
        {"ada": holds("L1", phones=(ONE,))},
    )
    plan = plan_of({"ada": with_phones(ONE, TWO)}, there, pools=pools)
    assert (moving(plan), plan.diagnostics) == ({}, [])


def test_a_declared_pool_is_enough_to_need_them() -> None:
    there = inventory({"L1": unit()}, {"ada": holds("L1", phones=(ONE,))})
    plan = plan_of(
        {"ada": with_phones(ONE, TWO)}, there, pools=[{"type": "local-number", "country": "US"}]
    )
    assert codes(plan) == ["license-shortage"]


@pytest.mark.parametrize(("rule", "found"), [("always", ["license-shortage"]), ("never", [])])
def test_the_catalogue_of_an_account_can_say_otherwise(rule: str, found: list[str]) -> None:
    catalog = Catalog(merge_types(CATALOG.types, {"local-number": {"enforced": rule}}))  # type: ignore[typeddict-item]
    there = inventory({"L1": unit()}, {"ada": holds("L1", phones=(ONE,))})
    assert codes(plan_of({"ada": with_phones(ONE, TWO)}, there, catalog=catalog)) == found


# --- what is left alone ---------------------------------------------------------------------------


def test_whoever_declares_local_numbers_manages_them() -> None:
    units = {"L1": unit(), "L5": local(), "L6": local()}
    wish = with_phones(ONE, TWO, THREE)
    wish["licenses"].append({"type": "local-number", "country": "US"})
    plan = plan_of({"ada": wish}, inventory(units, {"ada": holds("L1", phones=(ONE,))}))
    assert labels(plan) == ["update users/ada", "assign users/ada"]
    assert moving(plan) == {}


def test_what_was_lacking_or_too_much_before_is_left_alone() -> None:
    units = {"L1": unit(), "L2": unit(), "L5": local(), "L6": local(), "L7": local()}
    users = {"ada": holds("L1", phones=(ONE, TWO)), "bo": holds("L2", "L5", "L6", number="1002")}
    wishes: dict[str, Any] = {
        "ada": with_phones(ONE, TWO, number="1003"),
        "bo": {"department": "Sales"},
    }
    assert moving(plan_of(wishes, inventory(units, users))) == {}


def test_a_local_number_with_an_extension_of_its_own_is_a_license_like_any_other() -> None:
    units = {"L1": unit(), "L5": local(), "L6": local()}
    current = user(
        {"L1": {"number": "1", "phone_numbers": [ONE, TWO]}, "L5": {}, "L6": {"number": "7"}}
    )
    plan = plan_of({"ada": with_phones(ONE)}, inventory(units, {"ada": current}))
    assert moving(plan) == {"update users/ada": ([], ["L5"])}


def test_a_plan_with_them_reads_back_the_same() -> None:
    there = inventory({"L1": unit(), "L5": local("A2")}, {"ada": holds("L1", phones=(ONE,))})
    plan = plan_of({"ada": with_phones(ONE, TWO)}, there)
    again = Plan.from_json(plan.to_json())
    assert again.to_json() == plan.to_json()
    assert again.actions[0].arriving_units == [UnitRef("L5", "local-number", "US")]


def test_an_action_says_what_comes_and_goes() -> None:
    unit_ = UnitRef("L5", "local-number", "US")
    action = Action(
        "user",
        "update",
        "users/ada",
        changes=[UnitChange(unit_, arrives=False)],
    )
    assert (action.arriving_units, action.leaving_units) == ([], [unit_])
