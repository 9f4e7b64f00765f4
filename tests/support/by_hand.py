"""Random accounts whose plans people carry out."""

from __future__ import annotations

from collections import Counter
from functools import partial

from licsync.diagnostics import has_errors
from licsync.model.capabilities import Capabilities
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory, services_of
from licsync.model.local_numbers import PhoneLicense, count_numbers
from licsync.planning.plan import Plan
from tests.support.accounts import CATALOG
from tests.support.planning import planned
from tests.support.random_plans import Account

BY_HAND = Capabilities({})
"""A backend that can do nothing by itself: people do everything in the console."""


def is_applicable(account: Account) -> bool:
    """Tell whether a plan can be carried out, and the console leaves one outcome only."""
    plan = planned(*account, capabilities=BY_HAND)
    return not has_errors(plan.diagnostics) and is_certain(plan, *account)


def is_certain(plan: Plan, wanted: Desired, there: Inventory) -> bool:
    """Tell whether the local numbers that the console chooses can be predicted.

    They cannot where it may take a unit that the plan moves to another address, where somebody with
    too few or too many of them is saved several times or gives phone numbers up for a while (the
    numbers then bring what they need), and where files that declare them change phone numbers too.
    """
    coming = {(ref.type, ref.country) for a in plan.actions for ref in a.arriving_units}
    moved = {
        (unit["type"], unit["country"])
        for action in plan.actions
        if action.verb in ("relocate", "reinstate") and (unit := there.licenses.get(action.name))
    }
    visits = Counter(a.name for a in plan.actions if a.resource.startswith("users/"))
    paused = {
        action.name
        for action in plan.actions
        if action.ring is not None or action.first_steps or action.split or visits[action.name] > 1
    }
    declared = {
        f"users/{name}"
        for name, user in wanted.users.items()
        if any(CATALOG.is_automatic(entry["type"]) for entry in user.get("licenses") or ())
    }
    entered = {
        a.resource for a in plan.actions for c in a.changes if c.path == "extension.phone_numbers"
    }
    if not declared.isdisjoint(entered):
        return False
    return coming.isdisjoint(moved) and not any(map(partial(_is_unbalanced, there), paused))


def _is_unbalanced(there: Inventory, name: str) -> bool:
    if not any(CATALOG.is_automatic(unit["type"]) for unit in there.licenses.values()):
        return False  # the account owns no local numbers, and the console takes none
    record = there.users.get(name) or there.users.get(name.replace("renamed", "u"))
    services = services_of(record)
    held = Counter(
        there.licenses[s["license"]]["country"]
        for s in services
        if CATALOG.is_automatic(there.licenses[s["license"]]["type"])
    )
    carriers = [
        PhoneLicense(
            *there.pool_of(s["license"]), (s.get("extension") or {}).get("phone_numbers") or ()
        )
        for s in services
        if not CATALOG.is_automatic(there.licenses[s["license"]]["type"])
    ]
    needed = {c: use.needed for c, use in count_numbers(CATALOG, carriers).items() if use.needed}
    return held != Counter(needed)
