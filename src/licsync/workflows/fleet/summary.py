"""Summarizes what a command found out about an account, for the fleet that it belongs to."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from licsync.engine.fleet import AccountSummary, LicenseUse
from licsync.views.phrases import money

if TYPE_CHECKING:
    from licsync.engine.events import Outcome
    from licsync.model.inventory import Inventory
    from licsync.planning.plan import Plan
    from licsync.planning.plan_document import Cost

REMOVALS = frozenset(("suspend", "unassign", "delete"))
"""The verbs that take something from somebody."""


def summarize_plan(plan: Plan, inventory: Inventory | None) -> AccountSummary:
    """Summarize a plan and the inventory that it was made of."""
    return {
        "changes": len(plan.actions),
        "removals": sum(action.verb in REMOVALS for action in plan.actions),
        "short_by": sum(row.short_by for row in plan.licenses),
        "costs": _cost_changes(plan.costs),
        "digest": plan.digest,
        "inventory_at": inventory_instant(inventory),
        "licenses": [
            LicenseUse(
                type=row.type,
                country=row.country,
                owned=row.assigned_before + row.suspended_before + row.unassigned_before,
                assigned=row.assigned_before,
                suspended=row.suspended_before,
            )
            for row in plan.licenses
        ],
    }


def summarize_run(outcome: Outcome) -> AccountSummary:
    """Summarize a run that was resumed. Its plan was made earlier."""
    actions = outcome.actions.values()
    return {
        "changes": len(actions),
        "removals": sum(action.verb in REMOVALS for action in actions),
        "short_by": 0,
        "costs": {},
        "digest": "",
        "inventory_at": "",
        "licenses": [],
        "applied": len(outcome.done),
    }


def inventory_instant(inventory: Inventory | None) -> str:
    """Return the instant of the oldest part of an inventory; empty if it is unknown."""
    if inventory is None:
        return ""
    return min(inventory.observed.values(), default=inventory.as_of)


def _cost_changes(costs: list[Cost]) -> dict[str, str]:
    """Sum up by currency how the monthly cost changes, where it does."""
    changes: dict[str, Decimal] = defaultdict(Decimal)
    for cost in costs:
        if (price := money(cost.price)) is not None:
            currency, amount = price
            used = cost.used_after - cost.used_before
            changes[currency] += amount * (used + cost.unused_after - cost.unused_before)
    return {currency: str(amount) for currency, amount in sorted(changes.items()) if amount}
