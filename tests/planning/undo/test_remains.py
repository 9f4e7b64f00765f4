"""An undo plan names exactly what it does not restore, record by record."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from licsync.model.capabilities import LOCAL as LOCAL_CONSOLE
from licsync.model.inventory import Inventory
from licsync.planning.actions import Action, Change
from licsync.planning.undo.remains import remaining_differences
from tests.support.accounts import ADDRESSES, CATALOG, SITES, inventory, unit, user
from tests.support.planning import changed, labels
from tests.support.undo_plans import effect, messages, undone

PARIS = {
    "street_number": "1",
    "street_name": "Rue Scribe",
    "city": "Paris",
    "postal": "75009",
    "country": "FR",
}
LOCAL = "local-number"


def remarks(before: Inventory, after: Inventory, end: Inventory, known: Any = ()) -> list[str]:
    return [
        d.message for d in remaining_differences(effect(before, after), after, end, known, CATALOG)
    ]


def test_a_new_day_of_suspension_is_reported() -> None:
    before = inventory({"L1": unit(), "L2": unit()}, {"ada": user(["L1"], status="inactive")})
    plan = undone(before, inventory({"L1": unit(), "L2": unit()}, {"ada": user(["L1"])}))
    assert labels(plan) == ["suspend users/ada"]
    assert messages(plan) == ["Not as before the run: day and reason of the suspension (L1)."]


def test_fields_that_8x8_adds_are_lost_with_the_license_and_reported() -> None:
    before = inventory(
        {"L1": unit()}, {"ada": user({"L1": {"number": "1", "caller_id": {"name": "A"}}})}
    )
    plan = undone(before, inventory({"L1": unit()}, {"ada": user()}))
    assert messages(plan) == ["Not as before the run: caller id of L1 (ada)."]


def test_records_that_stay_or_do_not_come_back_are_counted_together() -> None:
    some, none = inventory({}, {"ada": user(), "bo": user()}), inventory({}, {})
    assert remarks(none, some, some) == ["ada and bo stay."]
    assert remarks(some, none, none) == ["ada and bo do not come back."]
    assert remarks(some, none, inventory({}, {"ada": user()})) == ["bo does not come back."]
    assert remarks(some, none, none, {("users/ada", "")}) == ["bo does not come back."]


def test_a_reported_change_is_not_reported_again() -> None:
    before, after = inventory({}, {"ada": user(id="U1")}), inventory({}, {})
    end = inventory({}, {"ada": user(id="U2", nickname="A")})
    assert remarks(before, after, end, {("users/ada", "id")}) == [
        "Not as before the run: nickname (ada)."
    ]
    assert remarks(before, after, end, {("users/ada", "id"), ("users/ada", "nickname")}) == []


def test_what_others_changed_since_is_not_the_doing_of_the_run() -> None:
    before, after = (
        inventory({}, {"ada": user()}),
        inventory({}, {"ada": user(job_title="Lead")}),
    )
    now = inventory({}, {"ada": user(job_title="Lead", department="Field")})
    end = inventory({}, {"ada": user(department="Field")})
    assert [
        d.message for d in remaining_differences(effect(before, after), now, end, (), CATALOG)
    ] == []


def test_somebody_whom_the_run_did_not_touch_and_taking_back_does_is_named() -> None:
    there = inventory({"L1": unit()}, {"ada": user(["L1"])})
    end = inventory({"L1": unit(address="A2")}, {"ada": user(["L1"])})
    assert [
        d.message for d in remaining_differences(effect(there, there), there, end, (), CATALOG)
    ] == ["Not as before the run: service address (L1)."]


def test_a_service_address_is_the_same_under_another_id() -> None:
    lost = {key: value for key, value in ADDRESSES.items() if key != "A2"}
    before = inventory({"L1": unit(address="A2")}, {})
    after = inventory({"L1": unit()}, {}, service_addresses=lost)
    end = inventory(
        {"L1": unit(address="A9")}, {}, service_addresses={**lost, "A9": ADDRESSES["A2"]}
    )
    assert remarks(before, after, end) == []
    assert remarks(before, after, after) == [
        "Not as before the run: service address (L1).",
        "A2 does not come back.",
    ]


def test_empty_values_count_as_absent() -> None:
    before = inventory(
        {"L1": unit()}, {"ada": user({"L1": {"features": {}, "number": "1"}}, job_title="")}
    )
    after = inventory({"L1": unit()}, {"ada": user()})
    end = inventory(
        {"L1": unit()}, {"ada": user({"L1": {"number": "1", "devices": []}}, ring_groups=[])}
    )
    assert remarks(before, after, end) == []


def test_an_address_that_the_run_made_goes_with_the_units_that_leave_it() -> None:
    before = inventory({"L1": unit(address="A1")}, {})
    after = inventory({"L1": unit(address="A4")}, {}, service_addresses={**ADDRESSES, "A4": PARIS})
    changes = tuple(Change(name, None, value) for name, value in PARIS.items())
    create = Action("service_address", "create", "service_addresses/paris", changes=changes)
    plan = undone(before, after, create)
    assert labels(plan) == ["relocate licenses/L1", "delete service_addresses/A4"]
    assert messages(plan) == []


def test_a_unit_comes_back_to_the_user_who_was_renamed() -> None:
    rename = Action("user", "rename", "users/eve", changes=[Change("name", "ada", "eve")])
    before = inventory({"L1": unit(address="A2")}, {"ada": user(["L1"])})
    plan = undone(before, inventory({"L1": unit()}, {"eve": user(["L1"])}), rename)
    assert labels(plan) == ["rename users/ada", "relocate licenses/L1"]


def test_local_numbers_that_no_phone_number_asks_for_come_back_too() -> None:
    units = {"L1": unit(LOCAL, "A2"), "L2": unit(), "L3": unit(LOCAL)}
    before = inventory(units, {"ada": user({"L1": {}, "L2": {"phone_numbers": ["+12065550101"]}})})
    plan = undone(before, inventory(units | {"L1": unit(LOCAL)}, {"ada": user()}))
    assert [(a.verb, a.license and a.license.id) for a in plan.actions] == [
        ("assign", "L1"),
        ("assign", "L2"),
    ]
    assert changed(plan.actions[0]) == {"service_address": ("A1", "A2")}
    assert messages(plan) == []


def test_nobody_gets_a_local_number_that_there_was_not() -> None:
    units = {"L1": unit(), "L2": unit(LOCAL)}
    two = {"phone_numbers": ["+12065550101", "+12065550102"]}
    plan = undone(
        inventory(units, {"ada": user({"L1": two})}), inventory(units, {"ada": user(["L1"])})
    )
    (action,) = plan.actions
    assert action.arriving_units == []
    assert messages(plan) == []


def test_a_user_gets_another_unit_where_the_own_one_is_taken_by_now() -> None:
    units = {"L1": unit(address="A2"), "L2": unit()}
    before = inventory(units, {"ada": user(["L2"])})
    after = inventory(units | {"L1": unit()}, {"ada": user()})
    now = inventory(units | {"L1": unit()}, {"ada": user(), "bo": user(["L2"])})
    plan = undone(before, after, now=now)
    assert [(a.verb, a.license and a.license.id) for a in plan.actions] == [("assign", "L1")]
    assert any("license L2" in message for message in messages(plan))


def test_a_reinstated_unit_in_use_is_reported_and_moves_back() -> None:
    removed = unit("vcc-agent", "A2", removed="2026-11-20T00:00:00Z")
    before = inventory({"L1": removed}, {"ada": user(status="inactive")})
    plan = undone(
        before, inventory({"L1": unit("vcc-agent")}, {"ada": user(["L1"], status="inactive")})
    )
    assert labels(plan) == ["unassign users/ada", "relocate licenses/L1"]
    assert messages(plan) == ["L1 was reinstated, and stays so: only the vendor removes a license."]


def test_a_recreated_user_gets_no_new_defaults() -> None:
    bare = {"status": "active", "services": []}
    plan = undone(inventory({}, {"ada": bare}), inventory({}, {}))
    assert changed(plan.actions[0]) == {"status": (None, "active")}
    assert len(messages(plan)) == 1


def test_a_step_that_the_console_would_refuse_is_reported_first() -> None:
    there = {"L1": unit()}
    before, after = (
        inventory(there, {"ada": user(["L1"], site=None)}),
        inventory(there, {"ada": user(site=None)}),
    )
    assert messages(undone(before, after)) == [
        "The console will refuse a part: ada has no site: set it before a license is assigned."
    ]
    elsewhere = replace(
        LOCAL_CONSOLE, user_paths=frozenset(("site",))
    )  # of another console not everything is known
    assert messages(undone(before, after, capabilities=elsewhere)) == []


def test_licenses_that_followed_their_site_come_back_with_it_and_those_elsewhere_stay() -> None:
    users = {"ada": user(["L1"]), "bo": user(["L2"]), "cy": user(site=None)}
    was = {"L1": unit(address="A2"), "L2": unit(address="A3")}
    is_ = {"L1": unit(address="A1"), "L2": unit(address="A3")}
    before = inventory(was, users, sites={**SITES, "HQ": {"service_address": "A2"}})
    plan = undone(before, inventory(is_, users))
    assert labels(plan) == ["update sites/HQ", "relocate licenses/L1"]
    assert messages(plan) == []


def test_who_holds_a_license_where_the_site_goes_back_from_keeps_the_address() -> None:
    """The run moved the site to where the license was already."""
    users = {"ada": user(["L1"])}
    before = inventory(
        {"L1": unit(address="A1")}, users, sites={**SITES, "HQ": {"service_address": "A2"}}
    )
    plan = undone(before, inventory({"L1": unit(address="A1")}, users))
    assert labels(plan) == ["update sites/HQ"]
    assert messages(plan) == []
