"""From actions to steps: the steps of each kind of action, and the steps that undo them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from licsync.engine.carried_license import complete_attach
from licsync.engine.compensation import compensating_step
from licsync.engine.steps import Task, compile_steps
from licsync.model.console.operations import perform
from licsync.model.console.records import InMemoryRecords
from licsync.model.console.step import Step, keys_of_step
from licsync.model.inventory import SECTIONS
from licsync.planning.actions import Action, Change, UnitRef
from licsync.planning.plan import Plan
from tests.support.accounts import inventory, user

SEATTLE = {"street_name": "Pine St", "city": "Seattle", "country": "US"}
BOSTON = {"street_name": "Elm St", "city": "Boston", "country": "US"}
X2, X4 = UnitRef("L2", "x2", "US"), UnitRef("L4", "x4", "US")
NUMBER = Change("extension.number", "1", "2")
ADA: dict[str, Any] = {
    "id": "U1", "status": "active", "site": "HQ", "ring_groups": ["Main"], "call_queues": [],
    "services": [
        {"license": "L9"},
        {"vendor": True, "license": "L4", "extension": {
            "number": "1", "phone_numbers": ["+12065550101"],
            "features": {"analytics": "supervisor", "frontdesk": True},
        }},
    ],
}  # fmt: skip


def plan_of(*actions: Action) -> Plan:
    numbered = [replace(action, id=f"a{number}") for number, action in enumerate(actions, 1)]
    times = ("2026-11-24T00:00:00Z", "2026-11-25T00:00:00Z")
    addresses = {"seattle": SEATTLE, "boston": BOSTON}
    return Plan("acme", "local", *times, "", numbered, addresses=addresses)


def steps_of(*actions: Action, **users: dict[str, Any]) -> list[Step]:
    preimages = {f"users/{name}": record for name, record in users.items()}
    return [
        task.step for group in compile_steps(plan_of(*actions), preimages) for task in group.tasks
    ]


def on_ada(kind: str, verb: str, *changes: Change, **fields: Any) -> Action:
    return Action(kind, verb, "users/ada", changes=list(changes), **fields)


PLACED = Change("service_address", "seattle", "boston", "automatic")
SINGLE = [
    (on_ada("user", "create", Change("status", None, "inactive"), Change("site", None, "HQ")),
     Step("user.create", "users/ada", {"set": {"status": "inactive", "site": "HQ"}})),
    (on_ada("user", "update", Change("job_title", "a", None),
            Change("extension.features.analytics", "supervisor", "essentials", license="L4"),
            Change("service_address", "seattle", "boston", license="L9")),
     Step("user.update", "users/ada",
          {"set": {"job_title": None}, "addresses": {"L9": BOSTON},
           "extensions": {"L4": {"features.analytics": "essentials"}}})),
    (on_ada("user", "suspend", units=["L4"]),
     Step("user.suspend", "users/ada", {"units": ["L9", "L4"]})),
    (on_ada("user", "delete"), Step("user.delete", "users/ada")),
    (on_ada("license", "assign", PLACED, Change("extension.number", None, "7"),
            Change("extension.devices", None, []),
            Change("extension.features.analytics", None, "essentials"), license=X2),
     Step("license.attach", "users/ada",
          {"license": "L2", "service_address": BOSTON,
           "extension": {"number": "7", "features": {"analytics": "essentials"}}})),
    (on_ada("license", "downgrade", NUMBER, Change("extension.devices", [{}], None), license=X2,
            origin=X4),
     Step("license.replace", "users/ada",
          {"from": "L4", "to": "L2", "extension": {"number": "2", "devices": None}})),
    (on_ada("license", "unassign", Change("ring_groups", ["Main"], []), origin=X4),
     Step("license.detach", "users/ada", {"license": "L4"})),
    (Action("license", "relocate", "licenses/L2", changes=[PLACED]),
     Step("license.relocate", "licenses/L2", {"service_address": BOSTON})),
    (Action("license", "reinstate", "licenses/L2"), Step("license.reinstate", "licenses/L2")),
    (Action("policy", "create", "policies/P", changes=[Change("settings.a.b", None, True)]),
     Step("policy.put", "policies/P", {"set": {"settings": {"a.b": True}}})),
    (Action("policy", "update", "policies/P", changes=[Change("settings.a", True, None)]),
     Step("policy.put", "policies/P", {"set": {"settings": {"a": None}}})),
    (Action("policy", "delete", "policies/P"), Step("policy.delete", "policies/P")),
    (Action("site", "create", "sites/HQ", changes=[PLACED, Change("pbx", None, "p1")]),
     Step("site.put", "sites/HQ", {"set": {"service_address": BOSTON, "pbx": "p1"}})),
    (Action("site", "update", "sites/HQ", changes=[PLACED]),
     Step("site.put", "sites/HQ", {"set": {"service_address": BOSTON}})),
    (Action("site", "delete", "sites/HQ"), Step("site.delete", "sites/HQ")),
    (Action("service_address", "create", "service_addresses/boston"),
     Step("service_address.create", "service_addresses/boston", {"content": BOSTON})),
    (Action("service_address", "delete", "service_addresses/A1"),
     Step("service_address.delete", "service_addresses/A1")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("action", "step"), SINGLE, ids=lambda v: v.label if isinstance(v, Action) else None
)
def test_an_action_is_one_step(action: Action, step: Step) -> None:
    assert steps_of(action, ada=ADA) == [step]


def test_positions_count_on_through_the_groups() -> None:
    plan = plan_of(
        on_ada("user", "update", Change("job_title", None, "x")),
        Action("policy", "create", "policies/P", manual=True),
        Action("policy", "create", "policies/Q"),
    )
    found = compile_steps(plan, {"users/ada": ADA | {"status": "inactive"}})
    assert [[task.position for task in group.tasks] for group in found] == [[0, 1, 2], [], [3]]
    assert [group.manual for group in found] == [False, True, False]
    assert {task.action for task in found[0].tasks} == {"a1"}


# --- who is deactivated is reactivated for it -----------------------------------------------------


def test_a_deactivated_user_is_edited_between_reactivation_and_suspension() -> None:
    inactive = ADA | {"status": "inactive"}
    steps = steps_of(
        on_ada("user", "update", Change("job_title", None, "x")),
        on_ada("license", "downgrade", license=X2, origin=X4),
        on_ada("license", "unassign", origin=UnitRef("L9", "vcc-agent", "US")),
        on_ada("user", "delete"),
        ada=inactive,
    )
    assert [step.op for step in steps] == [
        "user.reactivate", "user.update", "user.suspend",
        "user.reactivate", "license.replace", "user.suspend",
        "user.reactivate", "license.detach", "user.suspend", "user.delete",
    ]  # fmt: skip
    held = [step.args["units"] for step in steps if "units" in step.args]
    assert held == [["L9", "L4"], ["L9", "L4"], ["L9", "L4"], ["L9", "L2"], ["L9", "L2"], ["L2"]]


def test_the_status_is_followed_through_the_plan() -> None:
    ops = [
        step.op
        for step in steps_of(
            on_ada("user", "reactivate"),
            on_ada("license", "upgrade", license=X4, origin=X2),
            on_ada("user", "suspend"),
            on_ada("license", "unassign", origin=X4),
            ada={"status": "inactive", "services": [{"license": "L2"}]},
        )
    ]
    assert ops == [
        "user.reactivate", "license.replace", "user.suspend", "user.reactivate", "license.detach",
        "user.suspend",
    ]  # fmt: skip


def test_a_new_user_who_is_inactive_gets_the_license_all_the_same() -> None:
    steps = steps_of(
        on_ada("user", "create", Change("status", None, "inactive")),
        on_ada("license", "assign", license=X2),
    )
    assert [(step.op, step.args.get("units")) for step in steps[1:]] == [
        ("user.reactivate", []),
        ("license.attach", None),
        ("user.suspend", ["L2"]),
    ]


def test_a_renamed_user_is_the_same_user() -> None:
    renamed = Action(
        "user", "rename", "users/ada", changes=[Change("name", "eve", "ada")], units=["old"]
    )
    steps = steps_of(
        renamed,
        on_ada("user", "update", Change("job_title", None, "x")),
        eve=ADA | {"status": "inactive"},
    )
    assert steps[0] == Step("user.rename", "users/eve", {"to": "ada", "units": ["L9", "L4"]})
    assert [step.op for step in steps[1:]] == ["user.reactivate", "user.update", "user.suspend"]


def test_a_suspension_touches_the_licenses_that_are_held_by_then() -> None:
    steps = steps_of(
        on_ada("license", "assign", license=X2),
        on_ada("user", "suspend", units=["L4", "L9"]),
        ada=ADA,
    )
    assert keys_of_step(steps[1]) == ["users/ada", "licenses/L9", "licenses/L4", "licenses/L2"]


# --- rings ----------------------------------------------------------------------------------------


def swap(**split: Any) -> list[Action]:
    return [
        Action("license", "upgrade", "users/bo", X4, X2, ring="r1"),
        on_ada("license", "downgrade", NUMBER, PLACED, license=X2, origin=X4, ring="r1", **split),
    ]


def test_a_ring_is_opened_where_it_is_split() -> None:
    bo = {"status": "active", "services": [{"license": "L2"}]}
    [group] = compile_steps(plan_of(*swap(split=True)), {"users/ada": ADA, "users/bo": bo})
    assert [(task.step.op, task.action, task.restores) for task in group.tasks] == [
        ("license.detach", "a2", None),
        ("license.replace", "a1", None),
        ("license.attach", "a2", 0),
    ]
    assert [action.id for action in group.actions] == ["a1", "a2"]
    completed = complete_attach(group.tasks[2].step, {"users/ada": ADA, "licenses/L4": {}})
    assert completed.args == {
        "license": "L2",
        "service_address": BOSTON,
        "at": 1,
        "ring_groups": ["Main"],
        "service": {
            "vendor": True,
            "license": "L4",
            "extension": ADA["services"][1]["extension"] | {"number": "2"},
        },
    }
    assert ADA["services"][1]["extension"]["number"] == "1"


def tasks_of(*actions: Action, **users: dict[str, Any]) -> list[Task]:
    """The tasks where the backend does not change a license in place."""
    preimages = {f"users/{name}": record for name, record in users.items()}
    return [
        task
        for group in compile_steps(plan_of(*actions), preimages, in_place=False)
        for task in group.tasks
    ]


def test_a_license_that_is_not_changed_in_place_is_detached_and_attached() -> None:
    action = on_ada("license", "downgrade", NUMBER, PLACED, license=X2, origin=X4)
    detach, attach = tasks_of(action, ada=ADA)
    assert detach.step == Step("license.detach", "users/ada", {"license": "L4", "carried": True})
    assert (attach.action, attach.restores) == ("a1", detach.position)
    [split] = compile_steps(plan_of(*swap(split=True)), {"users/ada": ADA})
    assert attach.step == split.tasks[2].step
    [group] = compile_steps(plan_of(action), {"users/ada": ADA}, in_place=False)
    assert group.keys == {"users/ada", "licenses/L2", "licenses/L4"}


def test_in_a_ring_every_license_is_detached_and_attached() -> None:
    bo = {"status": "active", "services": [{"license": "L2"}]}
    tasks = tasks_of(*swap(split=True), ada=ADA, bo=bo)
    assert [(task.step.op, task.action, task.restores) for task in tasks] == [
        ("license.detach", "a2", None),
        ("license.detach", "a1", None),
        ("license.attach", "a1", 1),
        ("license.attach", "a2", 0),
    ]


def test_a_deactivated_user_is_reactivated_once_for_both_halves() -> None:
    inactive = ADA | {"status": "inactive"}
    tasks = tasks_of(on_ada("license", "downgrade", license=X2, origin=X4), ada=inactive)
    assert [(task.step.op, task.step.args.get("units")) for task in tasks] == [
        ("user.reactivate", ["L9", "L4"]), ("license.detach", None),
        ("license.attach", None), ("user.suspend", ["L9", "L2"]),
    ]  # fmt: skip


def test_other_actions_have_the_same_steps_without_changes_in_place() -> None:
    for action, step in SINGLE:
        if action.verb != "downgrade":
            assert [task.step for task in tasks_of(action, ada=ADA)] == [step]


def test_a_number_is_released_where_a_ring_of_numbers_is_split() -> None:
    def update(name: str, before: str, after: str, **split: Any) -> Action:
        changes = [
            Change("extension.number", before, after, license="L4"),
            Change("extension.phone_numbers", [], ["+12065550102"], license="L4"),
            Change("job_title", None, "x"),
        ]
        return Action("user", "update", f"users/{name}", changes=changes, ring="r1", **split)

    steps = steps_of(update("bo", "2", "1"), update("ada", "1", "2", split=True), ada=ADA)
    assert [step.op for step in steps] == ["numbers.release", "user.update", "user.update"]
    assert steps[0] == Step("numbers.release", "users/ada", {"extensions": {"L4": ["number"]}})
    assert steps[2].args["extensions"] == {"L4": {"number": "2", "phone_numbers": ["+12065550102"]}}


def test_a_split_action_that_only_gives_up_has_no_second_half() -> None:
    steps = steps_of(on_ada("license", "unassign", origin=X4, ring="r1", split=True), ada=ADA)
    assert steps == [Step("license.detach", "users/ada", {"license": "L4"})]


# --- the way back ---------------------------------------------------------------------------------

BACK = [
    Step("license.detach", "users/ada", {"license": "L4"}),
    Step("license.replace", "users/ada",
         {"from": "L4", "to": "L2", "extension": {"number": "5", "features.frontdesk": None}}),
    Step("license.attach", "users/ada", {"license": "L2", "extension": {"number": "5"}}),
    Step("numbers.release", "users/ada", {"extensions": {"L4": ["number", "phone_numbers"]}}),
    Step("user.update", "users/ada",
         {"set": {"job_title": "x", "site": "Lab"}, "addresses": {"L4": BOSTON},
          "extensions": {"L4": {"number": "5", "features.frontdesk": False}}}),
    Step("user.suspend", "users/ada", {"units": ["L9", "L4"]}),
    Step("user.reactivate", "users/bo", {"units": ["L5"]}),
]  # fmt: skip


@pytest.mark.parametrize("step", BACK, ids=lambda step: step.op)
def test_a_step_is_taken_back(step: Step) -> None:
    now = datetime(2026, 11, 1, tzinfo=UTC)
    users = {"ada": ADA, "bo": user(["L5"], status="inactive", site=None, policy=None)}
    units = {"L2": "x2", "L4": "x4", "L5": "x4", "L9": "x4"}
    places = {"A1": SEATTLE, "A2": BOSTON}
    there = inventory(units, users, sites={"HQ": {}, "Lab": {}}, service_addresses=places)
    records = InMemoryRecords({section: getattr(there, section) for section in SECTIONS})
    was = InMemoryRecords(records.sections).sections
    before = {key: records.get(key) for key in keys_of_step(step)}
    perform(records, step, now)
    assert records.sections != was
    perform(
        records,
        compensating_step(
            step, before, lambda address: records.get(f"service_addresses/{address}")
        ),
        now,
    )
    assert records.sections == was


def test_a_step_that_stands_alone_has_no_compensation() -> None:
    with pytest.raises(ValueError, match="stands alone"):
        compensating_step(
            Step("user.delete", "users/ada"), {"users/ada": ADA}, lambda address: None
        )
