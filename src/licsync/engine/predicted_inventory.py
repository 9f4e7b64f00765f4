"""Predicts the inventory that a plan leaves, by the console's rules alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from licsync.engine.carried_license import complete_attach
from licsync.engine.steps import compile_steps
from licsync.model.console.operations import InMemoryRecords, perform
from licsync.model.console.step import Step, keys_of_step
from licsync.model.inventory import SECTIONS, Inventory, Record
from licsync.planning.actions import Action
from licsync.planning.plan import Plan


def predict_outcome(plan: Plan, inventory: Inventory, now: datetime) -> Inventory:
    """Predict the inventory that a plan leaves, manual actions included.

    Args:
        plan: one that can be applied.
        inventory: the current inventory; it is not changed.
        now: the console's clock.

    Raises:
        ConsoleRefusal: the console refuses a step.
    """
    records = InMemoryRecords(
        {section: getattr(inventory, section) for section in SECTIONS}, inventory.holders
    )
    for step in console_steps(plan.actions, plan, inventory, records):
        perform(records, step, now)
    document: dict[str, object] = {
        "account": inventory.account,
        "as_of": inventory.as_of,
        "holders": inventory.holders,
        "observed": inventory.observed,
    }
    return Inventory.from_document(document | records.sections)


def console_steps(
    actions: Iterable[Action], plan: Plan, inventory: Inventory, records: InMemoryRecords
) -> Iterator[Step]:
    """Yield the steps of actions, manual ones included. Each is to be performed before the next.

    Args:
        actions: actions of the plan; of a ring, all or none.
        plan: the plan.
        inventory: the inventory that the plan was made of.
        records: the records that the steps are performed on.
    """
    before: dict[int, dict[str, Record | None]] = {}
    whole = replace(plan, actions=list(_automatic_actions(actions)))
    for group in compile_steps(
        whole, {f"users/{name}": user for name, user in inventory.users.items()}
    ):
        for task in group.tasks:
            step = (
                task.step
                if task.restores is None
                else complete_attach(task.step, before[task.restores])
            )
            before[task.position] = {key: records.get(key) for key in keys_of_step(step)}
            yield step


def _automatic_actions(actions: Iterable[Action]) -> Iterable[Action]:
    return (replace(action, manual=False) if action.manual else action for action in actions)
