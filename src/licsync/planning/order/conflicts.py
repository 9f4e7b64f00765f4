"""What became of the things that a plan gives out or deletes, between planning and applying.

A saved plan is bound to the records that it touches. What it gives out may have been taken by
somebody whom it does
not touch, and what it deletes may have come into use: the console would refuse that halfway.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from licsync.diagnostics import Code, Diagnostic, error
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory, number_title
from licsync.planning.named_resources import deletion_diagnostics
from licsync.planning.order.dependencies import gives_up, takes
from licsync.planning.plan import Action
from licsync.planning.resolver import Resolver

HeldNumber = tuple[Action, str, str, str]
"""An action, the space and the value of a number that it needs, and who has that and does not give it up."""


def held_elsewhere(actions: Sequence[Action], inventory: Inventory) -> Iterator[HeldNumber]:
    """List the numbers that actions need and that none of them frees."""
    given_up = {thing for action in actions for thing in gives_up(action)}
    for action in actions:
        for space, number in takes(action):
            holder = inventory.numbers.get((space, number))
            if holder is not None and (space, number) not in given_up:
                yield action, space, number, holder


def find_conflicts(
    actions: Sequence[Action], desired: Desired, inventory: Inventory
) -> Iterator[Diagnostic]:
    """Name what stands in the way of actions by now.

    Args:
        actions: those that are still to be done.
        desired: what the files declare.
        inventory: what the console holds now.
    """
    former = {
        a.name: str(c.before)
        for a in actions
        if a.verb == "rename"
        for c in a.changes
        if c.path == "name"
    }
    for action, space, number, holder in held_elsewhere(actions, inventory):
        if holder not in (action.name, former.get(action.name)):
            message = f"{action.name} would get the {number_title(space)} {number}, which {holder} has by now."
            yield error(Code.PLAN_STALE, message, action.source, "Make a new plan.")
    # what the files say of an address is no use of it
    console_only = replace(desired, service_addresses={})
    for found in deletion_diagnostics(list(actions), Resolver(console_only, inventory)):
        yield replace(found, code=Code.PLAN_STALE, hint="Make a new plan.")
