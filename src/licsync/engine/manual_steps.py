"""Records confirmed manual steps in the inventory, where the backend does not show them.

The rules of the console predict their result, as for steps that licsync performs itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime

from licsync.diagnostics import Code, InputInvalid, error
from licsync.engine.predicted_inventory import console_steps
from licsync.model.backend_types import CONSOLE
from licsync.model.console.operations import ConsoleRefusal, InMemoryRecords, perform
from licsync.model.console.records import set_value
from licsync.model.inventory import SECTIONS, Inventory
from licsync.planning.actions import Action
from licsync.planning.plan import Plan

_EXTENSION = "extension."
_OWN_PATHS = {
    "create": "exists",
    "delete": "exists",
    "rename": "name",
    "suspend": "status",
    "reactivate": "status",
    "reinstate": "status",
}
"""What an action changes besides its changes, as the facts of a work order name it."""


def with_unseen(plan: Plan, hidden: Collection[tuple[str, str]]) -> Plan:
    """Give a plan whose actions say, too, what a work order could not verify.

    An earlier export may have shown a value that the exports since the work do not show.

    Args:
        plan: the plan.
        hidden: the facts of a work order that nothing showed, as resource and path.
    """
    actions = [
        action if action.unseen else replace(action, unseen={*_paths(action)} <= {*hidden})
        for action in plan.actions
    ]
    return replace(plan, actions=actions)


def _paths(action: Action) -> Iterator[tuple[str, str]]:
    """List what an action changes, except what happens by itself, as resource and path."""
    if action.kind == "license" and action.resource.startswith("users/"):
        yield action.resource, "licenses"
    elif action.verb in _OWN_PATHS:
        yield action.resource, _OWN_PATHS[action.verb]
    for change in action.changes:
        if change.reason not in ("automatic", "released"):
            yield action.resource, change.path


def confirmable(plan: Plan) -> list[Action]:
    """List the manual actions that the backend does not show and that wait for nothing.

    8x8's API shows who has which license or number, so changes of license and rings are not among
    them. An export of the console may not show it; of a ring, all actions are listed or none.
    """
    found: list[Action] = []
    ids: set[str] = set()
    rings: dict[str, list[Action]] = defaultdict(list)
    for action in plan.actions:
        if action.ring is not None:
            rings[action.ring].append(action)
    for action in plan.actions:
        together = rings[action.ring] if action.ring is not None else [action]
        known = ids | {other.id for other in together}
        if all(_is_confirmable(other, plan, known) for other in together):
            ids.add(action.id)
            found.append(action)
    return found


def _is_confirmable(action: Action, plan: Plan, done: Collection[str]) -> bool:
    is_of_holder = action.kind == "license" and action.resource.startswith("users/")
    is_seen_by_api = plan.backend != CONSOLE.name and (is_of_holder or action.ring is not None)
    is_shown = not action.unseen or is_seen_by_api
    has_unit = action.verb != "assign" or bool(action.license and action.license.id)
    return action.manual and not is_shown and has_unit and {*action.needs} <= {*done}


def confirm_manual_actions(plan: Plan, inventory: Inventory, now: datetime) -> dict[str, object]:
    """Give the inventory document with the confirmable actions of a plan done by hand.

    Args:
        plan: a plan of this inventory.
        inventory: the last known inventory.
        now: when they were done.

    Raises:
        InputInvalid: the console would have refused one of them.
    """
    done = confirmable(plan)
    records = InMemoryRecords({section: getattr(inventory, section) for section in SECTIONS})
    for step in console_steps(done, plan, inventory, records):
        try:
            perform(records, step, now)
        except ConsoleRefusal as refusal:
            message = f"{step.target}: {refusal} Nothing was recorded."
            raise InputInvalid(
                error(Code.INVENTORY_INVALID, message, hint="Plan again.")
            ) from refusal
    for action in done:
        for service in (records.sections["users"].get(action.name) or {}).get("services") or ():
            for change in action.changes:
                if change.license == service["license"] and "restore" in service:
                    set_value(service["restore"], change.path.removeprefix(_EXTENSION), None)
    return inventory.to_document() | {section: records.sections[section] for section in SECTIONS}
