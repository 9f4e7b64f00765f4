"""Ring groups and call queues: whatever the console takes a user out of, the plan has told."""

from __future__ import annotations

from typing import Any

import pytest

from licsync.model.inventory import Inventory, Record
from licsync.model.inventory_document import GROUPS
from licsync.planning.plan import Plan
from tests.support.accounts import desired, inventory, unit, user
from tests.support.plan_execution import carried_out
from tests.support.planning import changed, only, planned

UNITS = {"L1": unit(), "L2": unit("uc-cold-storage"), "L3": unit("vcc-agent"), "L4": unit("x4")}
MEMBER: Record = {"ring_groups": ["Main"], "call_queues": ["Help"]}


def plan_for(licenses: list[Any], services: dict[str, Any]) -> tuple[Plan, Inventory]:
    there = inventory(UNITS, {"ada": user(services, **MEMBER)})
    plan = planned(desired({"ada": {"licenses": licenses}}), there)
    return plan, carried_out(plan, there)


def emptied(**extension: Any) -> dict[str, Any]:
    return {"type": "x2", "extension": extension}


@pytest.mark.parametrize(
    ("licenses", "services", "is_lost"),
    [
        pytest.param(
            [emptied(number="")],
            {"L1": {"number": "1"}, "L2": {}},
            True,
            id="the last number is cleared",
        ),
        pytest.param([emptied()], {"L1": {"number": "1"}, "L2": {}}, True, id="all is cleared"),
        pytest.param(
            [emptied()],
            {"L1": {"features": {"frontdesk": True}}, "L2": {}},
            True,
            id="a feature is all there was",
        ),
        pytest.param(
            [emptied(devices=[])],
            {"L1": {"devices": [{"model": "Yealink T54W"}]}, "L2": {}},
            True,
            id="devices only",
        ),
        pytest.param(
            [emptied(number="")],
            {"L1": {"number": "1", "own": 1}, "L2": {}},
            False,
            id="more is left",
        ),
        pytest.param([emptied(number="")], {"L1": {"number": "1"}}, False, id="no license goes"),
        pytest.param(
            ["x2"],
            {"L1": {"number": "1"}, "L2": {"devices": [{"model": "T54W"}]}},
            False,
            id="one stays",
        ),
        pytest.param(
            ["uc-cold-storage"], {"L1": {"number": "1"}, "L2": {}}, True, id="the one without stays"
        ),
        pytest.param([], {"L1": {}, "L2": {}}, True, id="there was no extension"),
        pytest.param(
            ["vcc-agent"],
            {"L1": {"number": "1"}},
            True,
            id="a new one comes after the old one has gone",
        ),
        pytest.param(
            ["x4"], {"L1": {"number": "1"}, "L3": {"number": "2"}}, False, id="one becomes another"
        ),
        pytest.param(
            [{"type": "x4", "extension": {}}],
            {"L1": {"number": "1"}, "L2": {}},
            False,
            id="emptied after the other goes",
        ),
    ],
)
def test_groups_are_lost_exactly_where_the_console_removes_them(
    licenses: list[Any], services: dict[str, Any], is_lost: bool
) -> None:
    plan, after = plan_for(licenses, services)
    losses = [name for action in plan.actions for name in action.lost if name in GROUPS]
    kept = [name for action in plan.actions for name in action.kept if name in GROUPS]
    assert losses == (list(GROUPS) if is_lost else [])
    assert {name: after.users["ada"][name] for name in GROUPS} == (
        {name: [] for name in GROUPS} if is_lost else MEMBER
    )
    assert not (losses and kept)


def test_groups_that_are_lost_are_changes_of_the_unassignment() -> None:
    plan, _ = plan_for([emptied(number="")], {"L1": {"number": "1"}, "L2": {}})
    assert changed(only(plan, "unassign")) == {
        "ring_groups": (["Main"], []),
        "call_queues": (["Help"], []),
    }


def test_lost_groups_are_not_listed_as_kept() -> None:
    entries = [{"type": "x4", "extension": {}}, "vcc-agent"]
    there = inventory(UNITS, {"ada": user({"L1": {}, "L2": {}}, **MEMBER)})
    plan = planned(desired({"ada": {"licenses": entries}}), there)
    assert [*only(plan, "unassign").lost] == [*GROUPS]
    assert [*only(plan, "upgrade").kept] == []


def test_whose_number_is_on_its_way_to_somebody_else_loses_the_groups_with_another_license() -> (
    None
):
    users = {
        "ada": user({"L1": {"number": "1"}, "L2": {}}, **MEMBER),
        "bo": user({"L4": {"number": "2"}, "L3": {}}, **MEMBER),
    }
    there = inventory(UNITS, users)
    wanted = {
        "ada": {"licenses": [{"type": "x2", "extension": {"number": "2"}}]},
        "bo": {"licenses": [{"type": "x4", "extension": {"number": "1"}}]},
    }
    plan = planned(desired(wanted), there)
    after = carried_out(plan, there)
    for name in wanted:
        losses = [loss for a in plan.actions if a.name == name for loss in a.lost]
        assert bool(after.users[name]["ring_groups"]) is ("ring_groups" not in losses)


def test_extension_fields_that_8x8_adds_are_listed_as_lost() -> None:
    plan, _ = plan_for([], {"L1": {"number": "1", "caller_id": {"name": "Ada"}}})
    action = only(plan, "unassign")
    assert [*action.lost] == ["extension.number", "extension.caller_id", *GROUPS]
    assert changed(action)["extension.caller_id"] == ({"name": "Ada"}, None)


def test_user_fields_that_8x8_adds_are_listed_as_lost() -> None:
    there = inventory({}, {"ada": user(nickname="A", id="U1")})
    plan = planned(
        desired({}, account={"unlisted_users": "delete", "limits": {"delete": 1}}), there
    )
    assert changed(only(plan, "delete"))["nickname"] == ("A", None)
