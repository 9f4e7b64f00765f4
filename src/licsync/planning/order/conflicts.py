"""Conflicts: what other users took between planning and applying.

A saved plan is bound to the records that it touches. A user whom it does not touch may have taken a
number or a name that the plan assigns, or may use a resource that it deletes. The console would
refuse the plan halfway.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from licsync.diagnostics import Code, Diagnostic, error
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory, number_title
from licsync.planning.actions import Action, former_name
from licsync.planning.named_resources import deletion_diagnostics
from licsync.planning.order.dependencies import released_by, required_by
from licsync.planning.resolver import Resolver

HeldNumber = tuple[Action, str, str, str]
"""An action, the kind and value of a number that it needs, and the user who keeps that number."""


def held_elsewhere(actions: Sequence[Action], inventory: Inventory) -> Iterator[HeldNumber]:
    """List the numbers that actions need and that no action releases."""
    released = {asset for action in actions for asset in released_by(action)}
    for action in actions:
        for space, number in required_by(action):
            holder = inventory.numbers.get((space, number))
            if holder is not None and (space, number) not in released:
                yield action, space, number, holder


def find_conflicts(
    actions: Sequence[Action], desired: Desired, inventory: Inventory
) -> Iterator[Diagnostic]:
    """Report what blocks the actions of a saved plan now.

    Args:
        actions: the open ones.
        desired: what the files declare.
        inventory: what the console holds now.
    """
    former = {a.name: former_name(a) for a in actions if a.verb == "rename"}
    for action, space, number, holder in held_elsewhere(actions, inventory):
        if holder not in (action.name, former.get(action.name)):
            message = (
                f"{action.name} needs the {number_title(space)} {number}, which {holder} now holds."
            )
            yield error(Code.PLAN_STALE, message, action.source, "Make a new plan.")
    yield from _taken_names(actions, frozenset(former.values()), inventory)
    # a declaration of an address does not use it
    console_only = replace(desired, service_addresses={})
    for found in deletion_diagnostics(list(actions), Resolver(console_only, inventory)):
        yield replace(found, code=Code.PLAN_STALE, hint="Make a new plan.")


def _taken_names(
    actions: Sequence[Action], released: Collection[str | None], inventory: Inventory
) -> Iterator[Diagnostic]:
    """Report new names that somebody has taken in another spelling; user names ignore case.

    Where the spelling is the same, the record itself shows it.
    """
    for action in actions:
        if action.kind == "user" and action.verb in ("create", "rename"):
            holder = inventory.user_names.get(action.name.casefold(), action.name)
            if holder != action.name and holder not in released:
                message = f"The user name {action.name} is now taken: {holder} exists."
                yield error(Code.PLAN_STALE, message, action.source, "Make a new plan.")
