"""Units that come and go by themselves, as steps: in one piece, in the halves of a ring, and on the
way back.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from licsync.engine.carried_license import complete_attach
from licsync.engine.compensation import compensating_step
from licsync.engine.steps import compile_steps
from licsync.model.console.operations import perform
from licsync.model.console.records import InMemoryRecords
from licsync.model.console.step import Step, keys_of_step
from licsync.model.inventory import SECTIONS, Record
from licsync.planning.actions import Action, Change, UnitChange, UnitRef
from licsync.planning.plan import Plan
from tests.support.accounts import inventory, unit, user

NOW = datetime(2026, 11, 24, tzinfo=UTC)
BOSTON = {"street_name": "Elm St", "city": "Boston", "country": "US"}
X2, X4 = UnitRef("L2", "x2", "US"), UnitRef("L4", "x4", "US")


def number(unit: str) -> UnitRef:
    return UnitRef(unit, "local-number", "US")


COMES = [
    UnitChange(number("N1"), arrives=True),
    Change("service_address", "seattle", "boston", "automatic", "N1"),
]
GOES = [UnitChange(number("N5"), arrives=False)]
PHONES = Change("extension.phone_numbers", ["+1"], ["+2"], license="L4")
ATTACHED = {"attached": {"N1": {"service_address": BOSTON}}}
DETACHED = {"detached": ["N5"]}


def steps_of(*actions: Action, status: str = "active") -> list[Step]:
    numbered = [replace(action, id=f"a{position}") for position, action in enumerate(actions, 1)]
    times = ("2026-11-24T00:00:00Z", "2026-11-25T00:00:00Z")
    plan = Plan("acme", "local", *times, "", numbered, addresses={"boston": BOSTON})
    ada = user(["L4", "N5"], status=status)
    return [task.step for group in compile_steps(plan, {"users/ada": ada}) for task in group.tasks]


def on_ada(kind: str, verb: str, *changes: Change, **fields: Any) -> Action:
    return Action(kind, verb, "users/ada", changes=list(changes), **fields)


WHOLE = [
    (on_ada("user", "update", PHONES, *COMES, *GOES),
     Step("user.update", "users/ada",
          {"set": {}, "extensions": {"L4": {"phone_numbers": ["+2"]}}, "addresses": {}})),
    (on_ada("license", "assign", *COMES, *GOES, license=X2),
     Step("license.attach", "users/ada", {"license": "L2", "extension": {}})),
    (on_ada("license", "downgrade", *COMES, *GOES, license=X2, origin=X4),
     Step("license.replace", "users/ada", {"from": "L4", "to": "L2", "extension": {}})),
    (on_ada("license", "unassign", *COMES, *GOES, origin=X4),
     Step("license.detach", "users/ada", {"license": "L4"})),
]  # fmt: skip


@pytest.mark.parametrize(
    ("action", "step"), WHOLE, ids=lambda v: v.label if isinstance(v, Action) else None
)
def test_they_come_and_go_with_the_step_of_their_action(action: Action, step: Step) -> None:
    [found] = steps_of(deepcopy(action))
    assert found == Step(step.op, step.target, {**step.args, "automatic": ATTACHED | DETACHED})
    assert {"licenses/N1", "licenses/N5"} <= set(keys_of_step(found))


SPLIT = [
    (WHOLE[0][0], Step("numbers.release", "users/ada", {"extensions": {"L4": ["phone_numbers"]}}),
     Step("user.update", "users/ada",
          {"set": {}, "extensions": {"L4": {"phone_numbers": ["+2"]}}, "addresses": {}})),
    (WHOLE[1][0], Step("numbers.release", "users/ada", {"extensions": {}}), WHOLE[1][1]),
    (WHOLE[2][0], Step("license.detach", "users/ada", {"license": "L4", "carried": True}),
     Step("license.attach", "users/ada",
          {"license": "L2", "origin": "L4", "changes": {}, "detached": ["N5"]})),
    (WHOLE[3][0], Step("license.detach", "users/ada", {"license": "L4"}),
     Step("user.update", "users/ada", {})),
]  # fmt: skip


@pytest.mark.parametrize(
    ("action", "first", "second"), SPLIT, ids=lambda v: v.label if isinstance(v, Action) else None
)
def test_where_a_ring_is_split_they_go_first_and_come_later(
    action: Action, first: Step, second: Step
) -> None:
    assert steps_of(replace(action, ring="r1", split=True)) == [
        Step(first.op, first.target, {**first.args, "automatic": DETACHED}),
        Step(second.op, second.target, {**second.args, "automatic": ATTACHED}),
    ]


def test_who_is_deactivated_is_suspended_with_what_came_and_without_what_went() -> None:
    steps = steps_of(on_ada("user", "update", PHONES, *COMES, *GOES), status="inactive")
    assert [(step.op, step.args.get("units")) for step in steps] == [
        ("user.reactivate", ["L4", "N5"]),
        ("user.update", None),
        ("user.suspend", ["L4", "N1"]),
    ]


def test_a_unit_that_is_lacking_is_in_no_step() -> None:
    lacking = UnitChange(UnitRef(None, "local-number", "US"), arrives=True)
    assert "automatic" not in steps_of(on_ada("user", "update", PHONES, lacking))[0].args


# --- the way back ---------------------------------------------------------------------------------


def records() -> InMemoryRecords:
    held = {"N5": None, "L4": {"number": "1", "phone_numbers": ["+1"]}, "N6": None, "L9": None}
    kinds = {"L2": "x2", "L4": "x4", "L9": "vcc-agent"}
    units = kinds | {name: unit("local-number", "A2") for name in ("N1", "N2", "N5", "N6")}
    there = inventory(
        units,
        {"ada": user(held, policy=None)},
        sites={"HQ": {}},
        service_addresses={"A2": BOSTON},
    )
    there.users["ada"]["services"][0] |= {"vendor": 1}
    return InMemoryRecords({section: getattr(there, section) for section in SECTIONS})


MOVING = {"automatic": {"attached": {"N1": {}, "N2": {}}, "detached": ["N5", "N6"]}}
BACK = [
    Step("user.update", "users/ada", {"extensions": {"L4": {"phone_numbers": ["+2"]}}, **MOVING}),
    Step("numbers.release", "users/ada", {"extensions": {"L4": ["phone_numbers"]}, **MOVING}),
    Step("license.attach", "users/ada", {"license": "L2", **MOVING}),
    Step("license.detach", "users/ada", {"license": "L4", **MOVING}),
    Step("license.detach", "users/ada", {"license": "L9", "automatic": {"detached": ["N6"]}}),
    Step(
        "license.replace",
        "users/ada",
        {"from": "L4", "to": "L2", "extension": {"number": "7"}, **MOVING},
    ),
    Step("user.update", "users/ada", {"automatic": {"attached": {"N1": {}}}}),
]


@pytest.mark.parametrize("step", BACK, ids=lambda step: step.op)
def test_a_step_is_taken_back_with_what_came_and_went(step: Step) -> None:
    there = records()
    was = deepcopy(there.sections)
    before: dict[str, Record | None] = {key: there.get(key) for key in keys_of_step(step)}
    perform(there, step, NOW)
    assert there.sections != was
    back = compensating_step(
        step, before, lambda address: there.get(f"service_addresses/{address}")
    )
    assert set(keys_of_step(back)) <= set(keys_of_step(step))
    perform(there, back, NOW)
    assert there.sections == was


def test_a_replaced_license_comes_back_to_its_position_among_the_others() -> None:
    there = records()
    detach = Step(
        "license.detach", "users/ada", {"license": "L4", "automatic": {"detached": ["N5"]}}
    )
    before = {key: there.get(key) for key in keys_of_step(detach)}
    perform(there, detach, NOW)
    args = {
        "license": "L2",
        "origin": "L4",
        "changes": {},
        "detached": ["N5"],
        "automatic": {"attached": {"N1": {}}},
    }
    perform(there, complete_attach(Step("license.attach", "users/ada", args), before), NOW)
    services = (there.get("users/ada") or {})["services"]
    assert [service["license"] for service in services] == ["L2", "N6", "L9", "N1"]
    assert services[0]["extension"] == {"number": "1", "phone_numbers": ["+1"]}
