"""The way back from a run: what is desired is what was, of just what the run changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from licsync.diagnostics import Code, Severity
from licsync.engine.undo import plan_undo
from licsync.model.capabilities import LOCAL
from licsync.planning.actions import Action, Change, UnitRef
from licsync.planning.plan import Plan, PlanOptions
from licsync.planning.undo.effect import RunEffect
from tests.support.accounts import ADDRESSES, LONDON, SITES, desired, inventory, unit, user
from tests.support.planning import NOW, changed, labels, only
from tests.support.undo_plans import effect, messages, undone

PARIS = {
    "street_number": "1",
    "street_name": "Rue Scribe",
    "city": "Paris",
    "postal": "75009",
    "country": "FR",
}


def errors(plan: Plan) -> list[str]:
    return [d.message for d in plan.diagnostics if d.severity is Severity.ERROR]


def test_a_run_that_changed_nothing_leaves_everybody_alone() -> None:
    there = inventory({}, {"ada": user(), "bo": user()})
    plan = undone(there, there)
    assert (plan.actions, plan.diagnostics) == ([], [])


def test_attributes_come_back_and_what_was_not_there_goes() -> None:
    before = inventory({}, {"ada": user(department="Sales"), "bo": user()})
    after = inventory({}, {"ada": user(job_title="Lead", department="Field"), "bo": user()})
    plan = undone(before, after)
    assert labels(plan) == ["update users/ada"]
    assert changed(plan.actions[0]) == {
        "job_title": ("Lead", None),
        "department": ("Field", "Sales"),
    }
    assert messages(plan) == []


def test_later_changes_by_others_stay_and_are_reported() -> None:
    before, after = (
        inventory({}, {"ada": user()}),
        inventory({}, {"ada": user(job_title="Lead")}),
    )
    now = inventory({}, {"ada": user(job_title="Lead", department="Field")})
    plan = undone(before, after, now=now)
    assert changed(plan.actions[0]) == {"job_title": ("Lead", None)}
    (message,) = messages(plan)
    assert (
        message == "Changed since the run: ada. Of that, only what the run had changed is undone."
    )


def test_a_status_comes_back() -> None:
    active, inactive = (
        inventory({}, {"ada": user()}),
        inventory({}, {"ada": user(status="inactive")}),
    )
    without = inventory(
        {}, {"ada": {k: v for k, v in user().items() if k != "status"} | {"services": []}}
    )
    assert labels(undone(active, inactive)) == ["reactivate users/ada"]
    assert labels(undone(inactive, active)) == ["suspend users/ada"]
    assert labels(undone(without, inactive)) == ["reactivate users/ada"]


def test_only_users_created_by_the_run_are_deleted() -> None:
    before = inventory({"L1": unit()}, {"bo": user()})
    after = inventory({"L1": unit()}, {"ada": user(["L1"]), "bo": user(), "cy": user()})
    now = inventory({"L1": unit()}, {"ada": user(["L1"]), "bo": user(), "di": user()})
    plan = undone(before, after, now=now)
    assert labels(plan) == ["unassign users/ada", "delete users/ada"]
    assert only(plan, "delete").why == "made by the run that is undone"
    assert messages(plan) == ["cy is gone since, and is not brought back."]
    assert not any(d.code is Code.UNLISTED_USER for d in plan.diagnostics)


def test_whom_the_run_has_created_is_no_probable_rename() -> None:
    """An undo knows who it is that it deletes, even if the run had deleted somebody similar."""
    person = {"first_name": "Ada", "last_name": "Lopez"}
    before = inventory({}, {"ada.lopez": user(**person)})
    after = inventory({}, {"ada.lopes": user(**person)})
    for account in ({}, {"acknowledge": [{"probable-rename": "Two people."}]}):
        plan = undone(before, after, files=desired(account=account))
        assert labels(plan) == ["delete users/ada.lopes", "create users/ada.lopez"]
        assert {d.code for d in plan.diagnostics} == {Code.NOT_UNDONE}


def test_a_deleted_user_is_recreated_with_license_and_numbers() -> None:
    extension = {"number": "1001", "features": {"analytics": "essentials"}}
    record = user({"L1": extension}, ring_groups=["Main"], call_queues=["Help"], department="Sales")
    before, after = inventory({"L1": unit()}, {"ada": record}), inventory({"L1": unit()}, {})
    plan = undone(before, after)
    assert labels(plan) == ["create users/ada", "assign users/ada"]
    assert changed(only(plan, "create"))["department"] == (None, "Sales")
    assert changed(only(plan, "assign"))["extension.number"] == (None, "1001")
    (message,) = messages(plan)
    assert "without password" in message
    assert changed(only(plan, "assign"))["ring_groups"] == ([], ["Main"])
    assert changed(only(plan, "assign"))["call_queues"] == ([], ["Help"])
    without = undone(inventory({}, {"ada": user()}), inventory({}, {}))
    assert messages(without)[0].endswith("PIN and call history.")


def test_a_deleted_user_who_exists_again_is_left_alone() -> None:
    before = inventory({}, {"ada": user()})
    plan = undone(before, inventory({}, {}), now=inventory({}, {"Ada": user()}))
    assert (plan.actions, messages(plan)) == ([], ["There is another ada since, who stays as is."])


def test_a_rename_is_taken_back() -> None:
    rename = Action("user", "rename", "users/eve", changes=[Change("name", "ada", "eve")])
    before, after = (
        inventory({}, {"ada": user()}),
        inventory({}, {"eve": user(job_title="Lead")}),
    )
    plan = undone(before, after, rename)
    assert labels(plan) == ["rename users/ada", "update users/ada"]
    gone = undone(before, inventory({}, {}), rename)  # renamed and deleted by the same run
    assert labels(gone) == ["create users/ada"]


def test_a_license_comes_back_with_what_it_carried_and_leaves_its_groups_to_people() -> None:
    units = {"L1": unit("x4"), "L2": unit("x2", "A2")}
    full = {
        "number": "1001",
        "call_forwarding": [{"when": "always", "to": "1"}],
        "features": {"switchboard_pro": True},
    }
    less = {"number": "1001", "features": {"switchboard_pro": False, "frontdesk": True}}
    before = inventory(units, {"ada": user({"L1": full}, ring_groups=["Main"])})
    after = inventory(units | {"L2": unit("x2")}, {"ada": user({"L2": less}, ring_groups=[])})
    lost = ("voicemail_pin", "ring_groups", "extension.devices")
    given, taken = UnitRef("L2", "x2", "US"), UnitRef("L1", "x4", "US")
    down = Action("license", "downgrade", "users/ada", given, taken, lost=lost)
    plan = undone(before, after, down)
    action = only(plan, "upgrade")
    assert (action.origin, action.license) == (UnitRef("L2", "x2", "US"), UnitRef("L1", "x4", "US"))
    assert changed(action)["extension.features.switchboard_pro"] == (False, True)
    assert changed(action)["extension.features.frontdesk"] == (True, None)
    assert "extension.call_forwarding" in changed(action)
    output = " ".join(messages(plan))
    assert "ada was in Main." in output
    assert "What ada has lost with its license stays lost: voicemail PIN." in output
    assert changed(only(plan, "relocate")) == {"service_address": ("A1", "A2")}


def test_a_license_that_others_took_or_gave_since_stays_so() -> None:
    units = {
        "L1": unit("x2"),
        "L2": unit("vcc-agent"),
        "L3": unit("uc-cold-storage"),
        "L4": unit("local-number"),
    }
    before = inventory(units, {"ada": user(["L1", "L2"])})
    after = inventory(units, {"ada": user({"L1": {"number": "1"}, "L2": {}})})
    now = inventory(units, {"ada": user({"L1": {"number": "1"}, "L3": {}, "L4": {}})})
    plan = undone(before, after, now=now)
    assert labels(plan) == ["update users/ada"]
    assert changed(plan.actions[0]) == {"extension.number": ("1", None)}


def test_of_two_alike_all_that_they_carry_tells_which_is_which() -> None:
    units = {"L1": unit("uc-cold-storage"), "L2": unit("uc-cold-storage")}
    before = inventory(units, {"ada": user({"L1": {"number": "1001"}, "L2": {"number": "1002"}})})
    after = inventory(units, {"ada": user({"L1": {"number": "1003"}, "L2": {"number": "1002"}})})
    (action,) = undone(before, after).actions
    assert changed(action) == {"extension.number": ("1003", "1001")}


def test_the_address_of_a_license_comes_back_and_a_unit_that_is_gone_does_not() -> None:
    same = {"features": {"analytics": "essentials"}}
    before = inventory(
        {"L1": unit(address="A2"), "L9": unit("vcc-agent")}, {"ada": user({"L1": same, "L9": {}})}
    )
    after = inventory({"L1": unit(address="A1")}, {"ada": user({"L1": same | {"number": "1"}})})
    whole = effect(before, after)
    known = RunEffect(
        {k: v for k, v in whole.before.items() if k != "licenses/L9"}, whole.after, []
    )
    plan = plan_undo(known, after, desired(), now=NOW, options=PlanOptions())
    assert labels(plan) == ["update users/ada", "relocate licenses/L1"]
    assert changed(only(plan, "relocate")) == {"service_address": ("A1", "A2")}


def test_where_nothing_but_an_address_was_changed_it_comes_back() -> None:
    users = {"ada": user(["L1", "L2"]), "bo": user(["L3"])}
    units = {"L1": unit(), "L2": unit("vcc-agent"), "L3": unit()}
    after = inventory(units, users)
    moved = {"L1": unit(address="A2"), "L2": unit("vcc-agent"), "L3": unit(address="A2")}
    now = inventory(units, {"ada": user(["L1", "L2"]), "bo": user()})
    plan = undone(inventory(moved, users), after, now=now)
    assert labels(plan) == ["relocate licenses/L1"]


def test_later_changes_that_prevent_an_undo_are_errors() -> None:
    units = {"L1": unit(), "L2": unit()}
    before = inventory(units, {"ada": user({"L1": {"number": "1001"}}), "bo": user(["L2"])})
    after = inventory(units, {"ada": user(["L1"]), "bo": user(["L2"])})
    now = inventory(units, {"ada": user(["L1"]), "bo": user({"L2": {"number": "1001"}})})
    assert any("1001" in message for message in errors(undone(before, after, now=now)))


def test_a_reinstated_license_stays() -> None:
    before = inventory({"L1": unit(removed="2026-11-20T00:00:00Z")}, {})
    plan = undone(before, inventory({"L1": unit()}, {}))
    assert plan.actions == []
    assert messages(plan) == ["L1 was reinstated, and stays so: only the vendor removes a license."]


def test_many_units_that_stay_elsewhere_are_counted() -> None:
    before = inventory({f"L{i}": unit(address="A1") for i in range(7)}, {})
    plan = undone(
        before, inventory({f"L{i}": unit(address="A2") for i in range(7)}, {}), capabilities=NOWHERE
    )
    assert "(L0, L1, L2, L3, L4, …)" in messages(plan)[0]


NOWHERE = replace(LOCAL, verbs={**LOCAL.verbs, "license": LOCAL.verbs["license"] - {"relocate"}})
"""A backend that binds no unit to another address."""


def test_units_that_nobody_has_go_back_to_the_addresses_that_they_had() -> None:
    """It is how many are where that comes back; those that others moved or took since stay."""
    was = {f"L{i}": unit(address="A1") for i in range(4)} | {"L4": unit("vcc-agent")}
    is_ = {f"L{i}": unit(address="A2") for i in range(4)} | {"L4": unit("vcc-agent")}
    now = is_ | {"L0": unit(address="A3"), "L9": unit(address="A2")}
    plan = undone(inventory(was, {}), inventory(is_, {}), now=inventory(now, {"bo": user(["L1"])}))
    assert [changed(action)["service_address"] for action in plan.actions] == [("A2", "A1")] * 2
    assert {action.verb for action in plan.actions} == {"relocate"}


def test_a_unit_that_was_unassigned_and_moved_comes_back_to_the_user_and_the_place() -> None:
    before = inventory(
        {"L1": unit(address="A2"), "L2": unit(address="A2")},
        {"ada": user(["L2"], site="Seattle")},
    )
    after = inventory(
        {"L1": unit(address="A2"), "L2": unit(address="A1")}, {"ada": user(site="Seattle")}
    )
    plan = undone(before, after)
    assert [(a.label, a.license and a.license.id) for a in plan.actions] == [
        ("license.assign", "L2")
    ]
    assert changed(plan.actions[0]) == {"service_address": ("A1", "A2")}


def test_an_address_that_was_made_again_under_another_id_is_found() -> None:
    lost = {key: value for key, value in ADDRESSES.items() if key != "A2"}
    before = inventory(
        {"L1": unit(address="A2"), "L2": unit("x4", address="A2")}, {"ada": user(["L2"])}
    )
    left = inventory(
        {"L1": unit(address="A1"), "L2": unit("x4")},
        {"ada": user(["L2"])},
        service_addresses=lost,
    )
    again = replace(left, service_addresses={**lost, "A8": ADDRESSES["A2"]})
    assert [changed(a)["service_address"] for a in undone(before, left, now=again).actions] == [
        ("A1", "A8")
    ] * 2
    assert labels(undone(before, left)) == [
        "create service_addresses/A2", "relocate licenses/L1", "relocate licenses/L2",
    ]  # fmt: skip
    whole = effect(before, left)  # where the run did not see it go, nothing is known of it
    part = RunEffect(
        {k: v for k, v in whole.before.items() if not k.startswith("service")}, whole.after, []
    )
    assert plan_undo(part, left, desired(), now=NOW, options=PlanOptions()).actions == []


def test_who_is_in_other_groups_by_now_stays_in_them() -> None:
    before = inventory(
        {"L1": unit()}, {"ada": user({"L1": {"number": "1"}}, ring_groups=["Main", "Door"])}
    )
    after = inventory({"L1": unit()}, {"ada": user(ring_groups=[])})
    now = inventory({"L1": unit()}, {"ada": user(ring_groups=["Door", "New"])})
    assert changed(only(undone(before, after, now=now), "assign"))["ring_groups"] == (
        ["Door", "New"],
        ["Door", "New", "Main"],
    )
    all_there = inventory({"L1": unit()}, {"ada": user(ring_groups=["Main", "Door"])})
    assert "ring_groups" not in changed(only(undone(before, after, now=all_there), "assign"))
    elsewhere = replace(LOCAL, user_paths=frozenset(("site",)))
    plan = undone(before, after, capabilities=elsewhere)
    assert "ring_groups" not in changed(only(plan, "assign"))
    assert messages(plan) == ["ada was in Main and Door."]


# --- places ---------------------------------------------------------------------------------------


def test_places_come_back_and_those_that_were_made_go() -> None:
    policies = {"Old": {"settings": {"a": True}}, "Same": {"settings": {"a": True, "b": False}}}
    before = inventory({}, {}, policies=policies)
    sites = {**SITES, "HQ": {"service_address": "A2"}, "Paris": {"service_address": "A4"}}
    made = {"New": {"settings": {}}, "Same": {"settings": {"a": False, "c": True}}}
    after = inventory(
        {}, {}, policies=made, sites=sites, service_addresses={**ADDRESSES, "A4": PARIS}
    )
    changes = tuple(Change(name, None, value) for name, value in PARIS.items())
    create = Action("service_address", "create", "service_addresses/paris", changes=changes)
    there_already = Action(
        "service_address",
        "create",
        "service_addresses/rome",
        changes=[Change("city", None, "Rome")],
    )
    files = desired(service_addresses={"paris": PARIS, "london": LONDON, "gone": None})
    plan = undone(before, after, create, there_already, files=files)
    assert sorted(labels(plan)) == [
        "create policies/Old", "delete policies/New", "delete service_addresses/A4",
        "delete sites/Paris", "update policies/Same", "update sites/HQ",
    ]  # fmt: skip
    same = next(a for a in plan.actions if a.resource == "policies/Same")
    assert changed(same) == {
        "settings.a": (False, True),
        "settings.b": (None, False),
        "settings.c": (True, None),
    }
    assert errors(plan) == []


def test_an_address_that_something_is_bound_to_stays() -> None:
    after = inventory({"L1": unit(address="A4")}, {}, service_addresses={**ADDRESSES, "A4": PARIS})
    changes = tuple(Change(name, None, value) for name, value in PARIS.items())
    create = Action("service_address", "create", "service_addresses/paris", changes=changes)
    plan = undone(inventory({"L1": unit(address="A4")}, {}), after, create)
    assert plan.actions == []
    assert "The service address 'A4' stays: L1 is bound to it." in messages(plan)


@pytest.mark.parametrize("is_back", [False, True])
def test_an_address_that_was_deleted_comes_back_unless_it_is_there(is_back: bool) -> None:
    before = inventory({}, {}, service_addresses={**ADDRESSES, "A4": PARIS})
    now = inventory({}, {}, service_addresses={**ADDRESSES, "A7": PARIS}) if is_back else None
    plan = undone(before, inventory({}, {}), now=now)
    assert labels(plan) == ([] if is_back else ["create service_addresses/A4"])
