"""Carries out a plan on the console's rules, without a store or a backend."""

from __future__ import annotations

from plan_building import NOW

from licsync.engine.steps import groups, restored
from licsync.model.console import MemoryRecords, perform
from licsync.model.inventory import SECTIONS, Inventory, Record
from licsync.model.step import touched
from licsync.planning.plan import Plan


def carried_out(plan: Plan, there: Inventory) -> Inventory:
    """Do every step of a plan on the console's rules alone."""
    records = MemoryRecords({section: getattr(there, section) for section in SECTIONS})
    before: dict[int, dict[str, Record | None]] = {}
    for group in groups(plan, {f"users/{name}": user for name, user in there.users.items()}):
        for task in group.tasks:
            step = task.step if task.restores is None else restored(task.step, before[task.restores])
            before[task.position] = {key: records.get(key) for key in touched(step)}
            perform(records, step, NOW)
    return Inventory.from_document({"account": there.account, "format_version": "1", **records.sections})
