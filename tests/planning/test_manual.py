"""What a backend cannot do is marked, and the plan says how the vendor's console does it."""

from __future__ import annotations

from typing import Any

import pytest
from plan_building import SEATTLE, desired, holder, inventory, labels, planned, unit

from licsync.planning.plan import Action

UNITS = {"L1": unit("x4"), "L2": unit(), "L3": unit(removed="2026-11-20T00:00:00Z")}


def by_hand(wanted: dict[str, Any] | None = None, **sections: Any) -> dict[str, Action]:
    """Plan for a backend that can do nothing."""
    there = inventory(UNITS, {"ada": holder(["L1"])}, policies={"Sales": {"settings": {"a": False}}})
    plan = planned(desired(wanted, **sections), there, capabilities=NOTHING)
    return dict(zip(labels(plan), plan.actions, strict=True))


def test_what_the_backend_can_do_is_not_manual() -> None:
    there = inventory({"L1": unit()}, {"ada": holder()})
    plan = planned(desired({"ada": {"licenses": ["x2"], "department": "Ops"}}), there, can=lambda k, v: v == "assign")
    assert {a.verb: a.manual for a in plan.actions} == {"update": True, "assign": False}
    (diagnostic,) = plan.diagnostics
    assert (diagnostic.code, diagnostic.message) == (
        "manual-step", "update users/ada has to be done in the console.",
    )  # fmt: skip


def test_a_license_change_is_explained_in_the_consoles_words() -> None:
    entry = {"type": "x2", "extension": {"number": "1009"}}
    assert by_hand({"ada": {"licenses": [entry]}})["downgrade users/ada"].steps == [
        "Go to Home > Users and edit ada.",
        "Open Services and permissions.",
        "Downgrade: X2.",
        "Set extension.number to 1009.",
        "Save the user.",
    ]


@pytest.mark.parametrize(
    ("user", "label", "step"),
    [
        ({"licenses": []}, "unassign users/ada", "Unassign: X4."),
        ({"department": "Ops"}, "update users/ada", "Set department to Ops."),
        ({"status": "inactive"}, "suspend users/ada", "Suspend: save the user."),
    ],
)
def test_what_happens_to_a_user_is_explained(user: dict[str, Any], label: str, step: str) -> None:
    assert step in by_hand({"ada": user})[label].steps


def test_a_relocation_is_explained_by_the_page_of_licenses() -> None:
    pools = [{"type": "x2", "country": "US", "unassigned_address": "sea"}]
    moved = by_hand(pools=pools, service_addresses={"sea": SEATTLE})["relocate licenses/L2"]
    assert moved.steps == [
        "Go to Home > Licenses.",
        "Expand X2 and select US.",
        "Unselect the filters Assigned and Suspended.",
        "At license L2, choose the service address 'sea'.",
        "Review the unsaved changes, then Save.",
    ]


def test_a_reinstatement_is_asked_of_billing() -> None:
    back = by_hand(pools=[{"type": "x2", "country": "US", "quantity": 2}])["reinstate licenses/L3"]
    assert back.steps == ["Ask 8x8 Billing to reinstate license L3 within 30 days of its removal."]


def test_a_policy_is_explained_by_the_page_of_policies() -> None:
    assert by_hand(policies={"Sales": {"settings": {"a": True}}})["update policies/Sales"].steps == [
        "Go to Home > User policies.",
        "Update the policy profile 'Sales'.",
        "Set a to True.",
    ]


def test_anything_else_is_named() -> None:
    assert by_hand(sites={"HQ": {"locale": "en-GB"}})["update sites/HQ"].steps == ["Update sites/HQ in the console."]
