"""What a command says of an account in numbers."""

from __future__ import annotations

from collections import Counter

from licsync.engine.events import Outcome
from licsync.model.inventory import InSyncTotals
from licsync.planning.actions import Action
from licsync.planning.plan import Plan
from licsync.planning.plan_document import Cost, LedgerRow
from licsync.workflows.fleet.summary import (
    inventory_instant,
    license_uses,
    summarize_plan,
    summarize_run,
)
from tests.support.accounts import SUSPENDED_AT, inventory, unit, user

ACTIONS = [
    Action("user", "suspend", "users/ada", id="a1"),
    Action("license", "unassign", "users/bo", id="a2"),
    Action("user", "update", "users/cy", id="a3"),
]
USD, EUR = {"amount": "28.00", "currency": "USD"}, {"amount": "24.50", "currency": "EUR"}


def test_a_plan_in_numbers() -> None:
    short = [LedgerRow("x2", "US", short_by=2), LedgerRow("x4", "GB", short_by=1)]
    costs = [
        Cost("x2", "US", None, USD, used_before=2, used_after=1, unused_after=1),
        Cost("x4", "GB", None, EUR, used_after=2, unused_before=1),
        Cost("x4", "GB", "hq", EUR, used_after=1),
        Cost("x8", "GB", None, {"amount": "?", "currency": "USD"}, used_after=9),
    ]
    plan = Plan("acme", "local", "", "", "", ACTIONS, licenses=short, costs=costs)
    found = summarize_plan(plan, None)
    assert (found["changes"], found["removals"], found["short_by"]) == (3, 2, 3)
    assert found["costs"] == {"EUR": "49.00"}
    assert found["digest"] == plan.digest
    assert (found["inventory_at"], found["licenses"]) == ("", [])


def test_every_license_counts_whatever_the_plan_names() -> None:
    units = {
        "L1": "x2", "L2": "x2", "L3": "x2", "L4": unit("x4", country="GB"),
        "L5": unit("x2", removed=SUSPENDED_AT), "L6": unit("x8", removed=SUSPENDED_AT),
    }  # fmt: skip
    users = {"ada": user(["L1"]), "bo": user(["L2"], status="inactive")}
    found = inventory(units, users)
    found.in_sync_totals = InSyncTotals(units=Counter({("x2", "US", "A1"): 5}))
    assert license_uses(found) == [
        {"type": "x2", "country": "US", "owned": 8, "assigned": 6, "suspended": 1},
        {"type": "x4", "country": "GB", "owned": 1, "assigned": 0, "suspended": 0},
    ]


def test_an_inventory_is_as_old_as_its_oldest_part() -> None:
    found = inventory()
    assert inventory_instant(found) == "2026-11-24T00:00:00Z"
    found.observed = {"users": "2026-11-20T00:00:00Z", "licenses": "2026-11-10T00:00:00Z"}
    assert inventory_instant(found) == "2026-11-10T00:00:00Z"


def test_a_resumed_run_in_numbers() -> None:
    outcome = Outcome("r1", done=["a1"], actions={action.id: action for action in ACTIONS})
    found = summarize_run(outcome)
    assert (found["changes"], found["removals"], found.get("applied")) == (3, 2, 1)
