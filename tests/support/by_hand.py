"""Random accounts whose plans people carry out."""

from __future__ import annotations

from collections import Counter
from functools import partial

from licsync.diagnostics import has_errors
from licsync.model.capabilities import Capabilities
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory, services_of
from licsync.model.local_numbers import PhoneLicense, count_numbers
from licsync.planning.actions import Action
from licsync.planning.plan import Plan
from tests.support.accounts import CATALOG
from tests.support.planning import planned
from tests.support.random_plans import Account

BY_HAND = Capabilities({})
"""A backend that can do nothing by itself: people do everything in the console."""


def left_behind(plan: Plan) -> set[str]:
    """List the units that users give up who also move: no source says which move comes first.

    Local numbers that leave with their phone numbers are among them.
    """
    moves = {a.resource for a in plan.actions for c in a.changes if c.path == "site"}
    leaving = (u for a in plan.actions if a.resource in moves for u in (a.origin, *a.leaving_units))
    return {str(unit.id) for unit in leaving if unit is not None}


def is_applicable(account: Account) -> bool:
    """Tell whether a plan can be carried out."""
    return not has_errors(planned(*account, capabilities=BY_HAND).diagnostics)


REFUSED_NUMBERS = ("is free in", "only an unassigned one can be assigned")
"""What the console says if it wants, or took, more local numbers than were predicted."""


def is_predicted(account: Account) -> bool:
    """Tell whether a plan can be carried out, and what the console does by itself is known."""
    return is_applicable(account) and has_certain_numbers(
        planned(*account, capabilities=BY_HAND), *account
    )


def has_certain_numbers(plan: Plan, wanted: Desired, there: Inventory) -> bool:
    """Tell whether it can be predicted how many local numbers the console assigns by itself.

    It cannot where somebody with too few or too many of them gets other phone numbers in several
    steps (the numbers then bring what they need), and where files that declare them change phone
    numbers, too. No source says how the console counts then.
    """
    if not any(CATALOG.is_automatic(unit["type"]) for unit in there.licenses.values()):
        return True  # the account owns no local numbers, and the console takes none
    changing = Counter(action.name for action in plan.actions if _changes_numbers(action))
    paused = {a.name for a in plan.actions if changing[a.name] and (a.first_steps or a.split)}
    paused |= {name for name, number in changing.items() if number > 1}
    declared = {
        name
        for name, user in wanted.users.items()
        if any(CATALOG.is_automatic(entry["type"]) for entry in user.get("licenses") or ())
    }
    return declared.isdisjoint(changing) and not any(map(partial(_is_unbalanced, there), paused))


def _changes_numbers(action: Action) -> bool:
    """Tell whether an action changes what a user has phone numbers on."""
    return action.resource.startswith("users/") and (
        action.kind == "license" or any(c.path == "extension.phone_numbers" for c in action.changes)
    )


def _is_unbalanced(there: Inventory, name: str) -> bool:
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
