"""What was done by hand and cannot be seen is noted in the inventory, so that it is not asked for
again.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from licsync.backends.api.capabilities import API
from licsync.diagnostics import InputInvalid
from licsync.engine.manual_steps import confirm_manual_actions, confirmable, with_unseen
from licsync.model.inventory import Inventory
from licsync.model.inventory_validation import check_document
from licsync.planning.actions import Action, Change, UnitRef
from licsync.planning.plan import Plan, PlanOptions
from licsync.planning.planner import make_plan
from tests.support import manual_account as world
from tests.support.accounts import inventory, unit, user
from tests.support.planning import NOW, labels


def test_what_waits_for_the_backend_or_can_be_seen_is_not_confirmed() -> None:
    plan = world.plan(allow_loss=True)
    assert labels(confirmable(plan)) == [
        "create policies/Sales Floor",
        "reinstate licenses/L9",
        "relocate licenses/L9",
    ]


def test_what_is_confirmed_is_not_asked_for_again() -> None:
    before = world.there()
    plan = world.plan(allow_loss=True, known=before)
    document = {"format_version": "1", **confirm_manual_actions(plan, before, NOW)}
    assert check_document(document) == []
    assert before.to_document() == world.there().to_document()
    again = world.plan(allow_loss=True, known=Inventory.from_document(document))
    asked = {a.resource for a in again.actions if a.manual and not a.needs}
    assert asked == {f"users/{world.CY}"}  # the site, which the API shows
    assert not any("Sales Floor" in a.resource for a in again.actions)


def test_settings_of_an_inactive_user_are_noted_too() -> None:
    there = inventory({"L1": unit("x4")}, {"ada": user(["L1"], status="inactive")})
    from tests.support.accounts import desired

    entry = {"type": "x4", "extension": {"call_forwarding": world.FORWARDING}}
    plan = make_plan(
        desired({"ada": {"licenses": [entry]}}), there, now=NOW, options=PlanOptions("8x8", API)
    )
    document = confirm_manual_actions(plan, there, NOW)
    ada = document["users"]["ada"]
    assert ada["services"][0]["extension"] == {"call_forwarding": world.FORWARDING}
    assert (ada["status"], document["licenses"]["L1"]["status"]) == ("inactive", "suspended")


def test_licenses_and_rings_are_left_to_what_the_backend_shows() -> None:
    common = {"manual": True, "unseen": True}
    actions = [
        Action("license", "assign", "users/ada", id="a1", **common),
        Action("user", "update", "users/ada", id="a2", ring="r1", **common),
        Action("policy", "update", "policies/a", id="a3", needs=["a1"], **common),
        Action("policy", "update", "policies/b", id="a4", **common),
        Action("policy", "update", "policies/c", id="a5", needs=["a4"], **common),
    ]
    assert [a.id for a in confirmable(replace(world.plan(), actions=actions))] == ["a4", "a5"]


def test_a_ring_that_no_export_shows_is_confirmed_as_a_whole() -> None:
    common = {"manual": True, "unseen": True}
    swap = [
        Action("user", "update", "users/ada", id="a1", ring="r1", needs=["a2"], **common),
        Action("user", "update", "users/bo", id="a2", ring="r1", needs=["a1"], **common),
        Action("license", "upgrade", "users/cy", id="a3", **common),
    ]
    plan = replace(world.plan(), backend="console", actions=swap)
    assert [a.id for a in confirmable(plan)] == ["a1", "a2", "a3"]
    swap[1] = replace(swap[1], unseen=False)
    assert [a.id for a in confirmable(replace(plan, actions=swap))] == ["a3"]


def test_a_license_that_is_not_there_cannot_be_confirmed() -> None:
    unit = UnitRef(None, "x2", "US")
    assign = Action(
        "license", "assign", "users/ada", license=unit, id="a1", manual=True, unseen=True
    )
    plan = replace(world.plan(), backend="console", actions=[assign])
    assert confirmable(plan) == []
    there = replace(assign, license=UnitRef("L1", "x2", "US"))
    assert confirmable(replace(plan, actions=[there])) == [there]


def test_what_a_work_order_could_not_verify_is_confirmed() -> None:
    by_hand = {"manual": True}
    title, queues = Change("job_title", "a", "b"), Change("call_queues", ["c"], [], "automatic")
    actions = [
        Action("user", "update", "users/ada", id="a1", changes=[title, queues], **by_hand),
        Action("license", "unassign", "users/ada", id="a2", changes=[queues], **by_hand),
        Action("user", "suspend", "users/ada", id="a3", **by_hand),
        Action("user", "update", "users/bo", id="a4", changes=[title], unseen=True, **by_hand),
    ]
    plan = replace(world.plan(), backend="console", actions=actions)
    shown = {
        "a1": ("users/ada", "job_title"),
        "a2": ("users/ada", "licenses"),
        "a3": ("users/ada", "status"),
    }
    assert [a.id for a in confirmable(with_unseen(plan, ()))] == ["a4"]
    for name, fact in shown.items():
        assert [a.id for a in confirmable(with_unseen(plan, [fact]))] == [name, "a4"]


def test_what_the_console_would_refuse_is_not_noted() -> None:
    lost = Action(
        "user",
        "update",
        "users/nobody",
        changes=[Change("department", None, "x")],
        manual=True,
        unseen=True,
        id="a1",
    )
    plan: Plan = replace(world.plan(), actions=[lost])
    with pytest.raises(InputInvalid) as refused:
        confirm_manual_actions(plan, world.there(), NOW)
    assert "There is no user nobody" in refused.value.diagnostics[0].message
