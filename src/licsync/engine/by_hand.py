"""Notes in the inventory what was done by hand where the backend does not show it.

What it comes to is foretold by the rules of the console, as for anything that licsync does itself.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from licsync.diagnostics import Code, InputInvalid, error
from licsync.engine.steps import groups
from licsync.model.console import ConsoleRefusal, MemoryRecords, perform
from licsync.model.inventory import SECTIONS, Inventory
from licsync.planning.plan import Action, Plan


def confirmable(plan: Plan) -> list[Action]:
    """List the manual actions that the backend does not show and that need nothing which is still to be done.

    Who has which license every backend shows, so such an action is not among them.
    """
    found: list[Action] = []
    ids: set[str] = set()
    for action in plan.actions:
        is_shown = not action.unseen or (action.kind == "license" and action.resource.startswith("users/"))
        if action.manual and not is_shown and action.ring is None and ids.issuperset(action.needs):
            ids.add(action.id)
            found.append(action)
    return found


def confirmed(plan: Plan, inventory: Inventory, now: datetime) -> dict[str, Any]:
    """Give the inventory document as it is once the confirmable actions of a plan were done by hand.

    Args:
        plan: a plan of that inventory.
        inventory: what is known.
        now: when they were done.

    Raises:
        InputInvalid: the console would have refused one of them.
    """
    done = replace(plan, actions=[replace(action, manual=False) for action in confirmable(plan)])
    records = MemoryRecords({section: getattr(inventory, section) for section in SECTIONS})
    for group in groups(done, {f"users/{name}": user for name, user in inventory.users.items()}):
        for task in group.tasks:
            try:
                perform(records, task.step, now)
            except ConsoleRefusal as refusal:
                message = f"{task.step.target}: {refusal} Nothing was noted."
                raise InputInvalid(error(Code.INVENTORY_INVALID, message, hint="Plan again.")) from refusal
    return inventory.to_document() | {section: records.sections[section] for section in SECTIONS}
