"""Tests of the checks and the oracle: a good plan passes, and every spoiled plan fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from licsync.model.inventory_document import InventoryDocument, InventoryUser
from tests.oracle.allocation import fewest_changes, fewest_in_all, lowest_units
from tests.oracle.expected import Demand
from tests.oracle.oracle import expect
from tests.oracle.settings import Holding, pairs, relation, settle
from tests.support.accounts import inventory_document, unit, user
from tests.support.plan_checks import Simulation
from tests.support.plan_form import check_form, check_ledger

Doc = dict[str, Any]

HQ = {"street_name": "W 34th St", "city": "New York", "country": "US"}
SEA = {"street_name": "Pine St", "city": "Seattle", "country": "US"}


def _inventory() -> InventoryDocument:
    def person(*held: str, number: str = "") -> InventoryUser:
        return user({unit_id: {"number": number} for unit_id in held}, policy="P")

    return inventory_document(
        {"L1": "x4", "L2": "x2", "L3": unit("x2", "A2")},
        {
            "ada@acme.example": person("L1", number="1001"),
            "bo@acme.example": person("L2", number="1002"),
            "cy@acme.example": person(),
        },
        service_addresses={"A1": HQ, "A2": SEA},
        sites={"HQ": {"service_address": "A1"}},
        policies={"P": {"settings": {}}},
    )


def _action(number: int, kind: str, verb: str, name: str, **more: Any) -> Doc:
    base = {
        "id": f"a{number}",
        "kind": kind,
        "verb": verb,
        "resource": name,
        "changes": [],
        "kept": [],
        "lost": [],
    }
    return {**base, "needs": [], "why": "the files say so", **more}


def _unit(identity: str, kind: str) -> Doc:
    return {"id": identity, "type": kind, "country": "US"}


def _plan() -> Doc:
    """Swap two licenses in a ring, and give the free one to a third user, who is suspended
    afterwards.
    """
    follows = {"path": "service_address", "before": "A2", "after": "A1", "reason": "automatic"}
    number = {"path": "extension.number", "before": None, "after": "1003", "reason": "declared"}
    ada, bo, cy = (f"users/{n}@acme.example" for n in ("ada", "bo", "cy"))
    x4, x2 = _unit("L1", "x4"), _unit("L2", "x2")
    actions = [
        _action(1, "license", "downgrade", ada, license=x2, ring="r1", **{"from": x4}),
        _action(2, "license", "upgrade", bo, license=x4, ring="r1", **{"from": x2}),
        _action(3, "license", "assign", cy, license=_unit("L3", "x2"), changes=[follows, number]),
        _action(4, "user", "suspend", cy, needs=["a3"]),
    ]
    summary = {"license.downgrade": 1, "license.upgrade": 1, "license.assign": 1, "user.suspend": 1}
    row = {"country": "US", "short_by": 0, "unassigned_after": 0}
    ledger = [
        {
            **row,
            "type": "x4",
            "owned": 1,
            "assigned_before": 1,
            "assigned_after": 1,
            "suspended": 0,
        },
        {
            **row,
            "type": "x2",
            "owned": 2,
            "assigned_before": 1,
            "assigned_after": 1,
            "suspended": 1,
        },
    ]
    return {"actions": actions, "summary": summary, "licenses": ledger}


def _simulated(plan: Doc) -> Simulation:
    simulation = Simulation(plan, _inventory(), {})
    simulation.run()
    return simulation


def test_a_good_plan_passes_and_ends_as_it_says() -> None:
    simulation = _simulated(_plan())
    assert (
        not check_form(_plan())
        + simulation.faults
        + check_ledger(_plan(), _inventory(), simulation.doc)
    )
    units = simulation.doc["licenses"]
    assert [units[u]["user"][:2] for u in ("L1", "L2", "L3")] == ["bo", "ad", "cy"]
    assert units["L3"]["status"] == "suspended"
    assert simulation.places["L3"] == HQ


def _spoil_order(plan: Doc) -> None:
    plan["actions"].insert(0, plan["actions"].pop())


def _spoil_ring(plan: Doc) -> None:
    plan["actions"].insert(1, plan["actions"].pop(2))


def _spoil_unit(plan: Doc) -> None:
    plan["actions"][2]["license"]["id"] = "L1"


def _spoil_type(plan: Doc) -> None:
    plan["actions"][2]["license"]["type"] = "x4"


def _spoil_origin(plan: Doc) -> None:
    plan["actions"][0]["from"]["id"] = "L3"


def _spoil_number(plan: Doc) -> None:
    plan["actions"][2]["changes"][1]["after"] = "1001"


def _spoil_address(plan: Doc) -> None:
    plan["actions"][2]["changes"][0]["before"] = "A1"


def _spoil_user(plan: Doc) -> None:
    plan["actions"][3]["resource"] = "users/nobody@acme.example"


def _spoil_lifting(plan: Doc) -> None:
    plan["actions"][3]["verb"] = "reactivate"


def _spoil_atomicity(plan: Doc) -> None:
    for action in plan["actions"]:
        action.pop("ring", None)


@pytest.mark.parametrize(
    "spoil",
    [
        *(_spoil_unit, _spoil_type, _spoil_origin, _spoil_number, _spoil_address),
        *(_spoil_user, _spoil_lifting, _spoil_atomicity),
    ],
)
def test_a_plan_that_cannot_be_executed_is_noticed(spoil: Callable[[Doc], None]) -> None:
    plan = _plan()
    spoil(plan)
    assert _simulated(plan).faults


@pytest.mark.parametrize(
    "spoil", [_spoil_order, _spoil_ring, lambda p: p["actions"][0].update(needs=["a3"])]
)
def test_a_plan_out_of_order_is_noticed(spoil: Callable[[Doc], None]) -> None:
    plan = _plan()
    spoil(plan)
    assert check_form(plan)


@pytest.mark.parametrize(
    "key", ["owned", "assigned_before", "assigned_after", "unassigned_after", "suspended"]
)
def test_a_wrong_ledger_is_noticed(key: str) -> None:
    plan = _plan()
    plan["licenses"][1][key] += 1
    assert check_ledger(plan, _inventory(), _simulated(_plan()).doc)


def test_pairing_goes_by_type_then_by_plane() -> None:
    held = [{"key": ("vo-editions", "US")}, {"key": ("vcc-agent", "US")}]
    bundle = {"type": "x8", "country": "US"}
    assert pairs(held, [bundle]) == [(held[0], bundle), (held[1], None)]
    agent = {"type": "vcc-agent", "country": "US"}
    assert pairs(held, [agent]) == [(held[1], agent), (held[0], None)]


def test_relations() -> None:
    kinds = [("x2", "x4"), ("x4", "x2"), ("lobby", "vo-basic"), ("x2", "vo-editions"), ("x2", "x2")]
    found = [relation((a, "US"), (b, "GB")) for a, b in kinds]
    assert found == ["upgrade", "downgrade", "upgrade", "change", "change"]


def test_features_of_a_downgrade() -> None:
    old = {"number": "1", "features": {"analytics": "supervisor", "switchboard_pro": True}}
    holding = Holding(("x3", "US"), {})
    settle(holding, {"key": ("x4", "US"), "extension": old}, {"recording_mode": "off"})
    assert holding.automatic == [("extension.features.analytics", "supervisor", "essentials")]
    features = {"analytics": "essentials", "switchboard_pro": True}
    assert holding.extension == {"number": "1", "features": features, "recording_mode": "off"}


def test_allocation_by_trying_everything() -> None:
    demand = Demand([HQ, SEA], {"L1": SEA, "L2": HQ, "L3": HQ}, {"L4": SEA})
    assert (fewest_changes(demand), lowest_units(Demand([SEA], demand.free))) == (0, {"L1"})
    assert lowest_units(Demand([SEA, SEA], demand.free)) == {"L1", "L2"}
    slugs = {"hq": HQ, "sea": SEA}
    assert fewest_in_all(demand, "sea", slugs) == 1
    assert fewest_in_all(demand, {"hq": 1, "sea": 1}, slugs) == 0


def test_the_oracle_on_a_shortage_that_a_freed_unit_ends() -> None:
    tree = (
        "account: {name: acme}\n"
        "users: {ada@acme.example: {licenses: [x2]}, cy@acme.example: {licenses: [x4]}}\n"
    )
    inventory = _inventory()
    expected = expect({"account.yaml": tree}, inventory, "2026-11-24T00:00:00Z")
    downgrade, assign = (
        ("license", "downgrade", "ada@acme.example"),
        ("license", "assign", "cy@acme.example"),
    )
    assert expected.actions == Counter({downgrade: 1, assign: 1})
    assert not expected.short
    more = deepcopy(inventory)
    more["licenses"]["L3"].update(
        status="suspended", suspended={"reason": "removed", "at": "2026-11-20T00:00:00Z"}
    )
    assert expect({"account.yaml": tree}, more, "2026-11-24T00:00:00Z").short == {("x2", "US"): 1}
