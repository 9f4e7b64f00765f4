"""Plans the way back from a run, and says what it does not bring back."""

from __future__ import annotations

from datetime import datetime

from licsync.diagnostics import Code, has_errors, ordered, warning
from licsync.engine.predicted_inventory import outcome
from licsync.model.capabilities import LOCAL
from licsync.model.console.step import ConsoleRefusal
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory
from licsync.planning.plan import Plan
from licsync.planning.planner import Options
from licsync.planning.undo.effect import Effect
from licsync.planning.undo.plan import created_addresses, way_back
from licsync.planning.undo.remains import remains


def plan_back(
    effect: Effect, inventory: Inventory, files: Desired, *, now: datetime, options: Options
) -> Plan:
    """Plan what takes a run back, with a diagnostic `not-undone` for whatever is not as it was then.

    Args:
        effect: what the run did.
        inventory: what the console holds now.
        files: what the files declare: their account section, catalogue and slugs hold here too.
        now: the day.
        options: the run's options; their targets are of no account.
    """
    plan, told = way_back(effect, inventory, files, now=now, options=options)
    try:
        end = inventory if has_errors(plan.diagnostics) else outcome(plan, inventory, now)
        if unused := _unused(effect, inventory, end):
            plan, told = way_back(effect, inventory, files, now=now, options=options, unused=unused)
            end = outcome(plan, inventory, now)
    except ConsoleRefusal as refusal:
        if options.capabilities == LOCAL:  # of another backend's console not everything is known
            note = warning(Code.NOT_UNDONE, f"The console will refuse a part: {refusal}")
            plan.diagnostics = ordered([*plan.diagnostics, note])
        return plan
    if has_errors(plan.diagnostics):
        return plan  # it cannot be applied as it is
    plan.diagnostics = ordered([*plan.diagnostics, *remains(effect, inventory, end, told)])
    return plan


def _unused(effect: Effect, now: Inventory, end: Inventory) -> set[str]:
    """List the addresses that the run made, and to which units are bound now but nothing in the end."""
    users = [*end.licenses.values(), *end.sites.values()]
    bound = {record.get("service_address") for record in users}
    return {
        address
        for address in created_addresses(effect, now).values()
        if address in end.service_addresses
    } - bound
