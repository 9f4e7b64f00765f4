"""Records confirmed manual steps in the inventory, where the backend does not show them.

The rules of the console predict their result, as for steps that licsync performs itself.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from licsync.diagnostics import Code, InputInvalid, error
from licsync.engine.steps import compile_steps
from licsync.model.backend_types import CONSOLE
from licsync.model.console.operations import ConsoleRefusal, InMemoryRecords, perform
from licsync.model.console.records import set_value
from licsync.model.inventory import SECTIONS, Inventory
from licsync.planning.actions import Action
from licsync.planning.plan import Plan

_EXTENSION = "extension."


def confirmable(plan: Plan) -> list[Action]:
    """List the manual actions that the backend does not show and that wait for nothing.

    8x8's API shows who has which license, so such actions are not among them. An export of the
    console may not show it.
    """
    is_exported = plan.backend == CONSOLE.name
    found: list[Action] = []
    ids: set[str] = set()
    for action in plan.actions:
        is_of_holder = action.kind == "license" and action.resource.startswith("users/")
        is_shown = not action.unseen or (is_of_holder and not is_exported)
        has_unit = action.verb != "assign" or (action.license and action.license.id)
        is_ready = has_unit and action.ring is None and ids.issuperset(action.needs)
        if action.manual and not is_shown and is_ready:
            ids.add(action.id)
            found.append(action)
    return found


def confirm_manual_actions(plan: Plan, inventory: Inventory, now: datetime) -> dict[str, object]:
    """Give the inventory document with the confirmable actions of a plan done by hand.

    Args:
        plan: a plan of this inventory.
        inventory: the last known inventory.
        now: when they were done.

    Raises:
        InputInvalid: the console would have refused one of them.
    """
    done = replace(plan, actions=[replace(action, manual=False) for action in confirmable(plan)])
    records = InMemoryRecords({section: getattr(inventory, section) for section in SECTIONS})
    for group in compile_steps(
        done, {f"users/{name}": user for name, user in inventory.users.items()}
    ):
        for task in group.tasks:
            try:
                perform(records, task.step, now)
            except ConsoleRefusal as refusal:
                message = f"{task.step.target}: {refusal} Nothing was recorded."
                raise InputInvalid(
                    error(Code.INVENTORY_INVALID, message, hint="Plan again.")
                ) from refusal
    for action in done.actions:
        for service in (records.sections["users"].get(action.name) or {}).get("services") or ():
            for change in action.changes:
                if change.license == service["license"] and "restore" in service:
                    set_value(service["restore"], change.path.removeprefix(_EXTENSION), None)
    return inventory.to_document() | {section: records.sections[section] for section in SECTIONS}
