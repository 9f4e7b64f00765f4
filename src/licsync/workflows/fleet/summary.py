"""Summarizes what a command found out about an account, for the fleet that it belongs to."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from licsync.engine.fleet import AccountSummary, LicenseUse
from licsync.model.license import state_of
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
        "licenses": license_uses(inventory),
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


def license_uses(inventory: Inventory | None) -> list[LicenseUse]:
    """Count the units of each type and country that the account owns, by their state."""
    if inventory is None:
        return []
    counts = Counter(
        [(unit["type"], unit["country"], state_of(unit)) for unit in inventory.licenses.values()]
    )
    for (kind, country, _), number in inventory.in_sync_totals.units.items():
        counts[kind, country, "assigned"] += number
    uses: dict[tuple[str, str], LicenseUse] = {}
    for (kind, country, state), number in sorted(counts.items()):
        if state == "suspended:removed":
            continue  # by 8x8: the account does not own it any more
        use = uses.setdefault(
            (kind, country),
            LicenseUse(type=kind, country=country, owned=0, assigned=0, suspended=0),
        )
        use["owned"] += number
        use["assigned"] += number if state == "assigned" else 0
        use["suspended"] += number if state == "suspended:user_inactive" else 0
    return list(uses.values())


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
