"""Which actions of a plan are manual, and what the plan says of them."""

from __future__ import annotations

from dataclasses import replace

from licsync.model.capabilities import LOCAL, Capabilities
from tests.support.accounts import desired, inventory, unit, user
from tests.support.planning import codes, labels, planned

NOTHING = Capabilities({})
UNITS = {"L1": unit("x4"), "L2": unit(), "L3": unit(removed="2026-11-20T00:00:00Z")}


def test_what_the_backend_can_do_is_not_manual() -> None:
    there = inventory({"L1": unit()}, {"ada": user()})
    able = Capabilities({"license": frozenset(("assign",))})
    plan = planned(
        desired({"ada": {"licenses": ["x2"], "department": "Ops"}}), there, capabilities=able
    )
    assert {a.verb: a.manual for a in plan.actions} == {"update": True, "assign": False}
    (diagnostic,) = plan.diagnostics
    assert (diagnostic.code, diagnostic.message, diagnostic.hint) == (
        "manual-step",
        "Manual actions in 8x8's console: 1 of 2 (update users/ada).",
        "Export them as a checklist with --format runbook.",
    )


def test_many_are_counted_and_the_first_of_them_named() -> None:
    users = {name: user() for name in "abcd"}
    wanted = {name: {"department": "Ops"} for name in "abcd"}
    plan = planned(desired(wanted), inventory({}, users), capabilities=NOTHING)
    output = (
        "Manual actions in 8x8's console: 4 of 4 (update users/a, update users/b, "
        "update users/c, …)."
    )
    assert plan.diagnostics[0].message == output


def test_what_waits_for_people_is_counted() -> None:
    able = replace(LOCAL, verbs={**LOCAL.verbs, "policy": frozenset()})
    wanted = desired(
        {"new": {"policy": "Strict", "site": "HQ", "licenses": ["x2"]}}, policies={"Strict": {}}
    )
    plan = planned(wanted, inventory({"L1": unit()}), capabilities=able)
    assert labels(plan) == ["create policies/Strict", "create users/new", "assign users/new"]
    assert [d.message for d in plan.diagnostics] == [
        "Manual actions in 8x8's console: 1 of 3 (create policies/Strict).",
        "Manual steps block 2 actions.",
    ]


def test_what_the_backend_does_not_show_has_to_be_confirmed() -> None:
    able = replace(
        LOCAL, verbs={**LOCAL.verbs, "policy": frozenset()}, hidden=frozenset(("policies",))
    )
    plan = planned(desired(policies={"Strict": {}}), inventory(), capabilities=able)
    assert plan.actions[0].unseen
    assert codes(plan) == ["manual-step", "manual-step"]
    assert plan.diagnostics[1].message == "licsync cannot verify the manual steps of 1 action."
    able = replace(able, verbs={"policy": frozenset()})
    mixed = planned(desired({"new": {}}, policies={"Strict": {}}), inventory(), capabilities=able)
    assert {a.resource: a.unseen for a in mixed.actions} == {
        "policies/Strict": True,
        "users/new": False,
    }


def test_a_ring_of_which_people_do_a_part_is_theirs() -> None:
    users = {"ada": user(["L1"]), "bo": user(["L2"])}
    there = inventory({"L1": unit("x4"), "L2": unit()}, users)
    able = replace(LOCAL, verbs={**LOCAL.verbs, "license": frozenset(("upgrade",))})
    plan = planned(
        desired({"ada": {"licenses": ["x2"]}, "bo": {"licenses": ["x4"]}}), there, capabilities=able
    )
    assert {(a.verb, a.ring, a.manual) for a in plan.actions} == {
        ("downgrade", "r1", True),
        ("upgrade", "r1", True),
    }
