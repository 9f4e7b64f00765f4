"""Plans the undo of a run, and reports what it does not restore."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from licsync.diagnostics import Code, has_errors, sort_diagnostics, warning
from licsync.engine.predicted_inventory import predict_outcome
from licsync.model.capabilities import LOCAL
from licsync.model.console.step import ConsoleRefusal
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory
from licsync.planning.plan import Plan, PlanOptions
from licsync.planning.undo.effect import RunEffect
from licsync.planning.undo.plan import created_addresses, plan_inverse
from licsync.planning.undo.remains import remaining_differences


def plan_undo(
    effect: RunEffect, inventory: Inventory, files: Desired, *, now: datetime, options: PlanOptions
) -> Plan:
    """Plan the undo of a run, with a diagnostic `not-undone` for whatever stays different.

    Args:
        effect: what the run did.
        inventory: what the console holds now.
        files: what the files declare; their account section, catalog and slugs apply here too.
        now: the current instant.
        options: the run's options; their targets are ignored.
    """
    plan, reported = plan_inverse(effect, inventory, files, now=now, options=options)
    try:
        end = inventory if has_errors(plan.diagnostics) else predict_outcome(plan, inventory, now)
        if unused := _unused(effect, inventory, end):
            plan, reported = plan_inverse(
                effect, inventory, files, now=now, options=options, unused=unused
            )
            end = predict_outcome(plan, inventory, now)
    except ConsoleRefusal as refusal:
        if options.capabilities == LOCAL:  # the rules of another backend are not fully known
            note = warning(Code.NOT_UNDONE, f"The console will refuse a part: {refusal}")
            return replace(plan, diagnostics=sort_diagnostics([*plan.diagnostics, note]))
        return plan
    if has_errors(plan.diagnostics):
        return plan  # it cannot be applied
    found = [
        *plan.diagnostics,
        *remaining_differences(effect, inventory, end, reported, files.catalog),
    ]
    return replace(plan, diagnostics=sort_diagnostics(found))


def _unused(effect: RunEffect, now: Inventory, end: Inventory) -> set[str]:
    """List the addresses that the run made and that nothing is bound to in the end."""
    users = [*end.licenses.values(), *end.sites.values()]
    bound = {record.get("service_address") for record in users}
    return {
        address
        for address in created_addresses(effect, now).values()
        if address in end.service_addresses
    } - bound
