"""The units and service addresses that a plan mentions, and what people read of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from licsync.model.license import has_console_id
from licsync.planning.actions import Action
from licsync.planning.manual.console_guide import places_in_steps
from licsync.planning.plan_document import Cost, UnnamedUnit
from licsync.planning.resolver import Resolver


def named_units(action: Action) -> list[str]:
    """List the ids of the units that an action names."""
    refs = [action.license, action.origin, *action.arriving_units, *action.leaving_units]
    ids = [ref.id for ref in refs if ref is not None]
    ids += [*action.units, *(change.license for change in action.changes)]
    return [unit_id for unit_id in ids if unit_id]


def unnamed_units(keys: Iterable[str], resolver: Resolver) -> dict[str, UnnamedUnit]:
    """Describe the units of which 8x8 has shown no id, by the id that licsync made up.

    Args:
        keys: the keys of the records that a plan touches or relies on.
        resolver: the inventory.
    """
    units = resolver.inventory.licenses
    found = [key.removeprefix("licenses/") for key in keys if key.startswith("licenses/")]
    return {
        unit_id: {
            "type": unit["type"],
            "country": unit["country"],
            "service_address": resolver.label_of_id(unit.get("service_address")),
        }
        for unit_id in found
        if (unit := units.get(unit_id)) and not has_console_id(unit)
    }


def named_addresses(
    actions: Sequence[Action], costs: Iterable[Cost], resolver: Resolver
) -> dict[str, dict[str, object]]:
    """Collect the postal content of every address that a plan names."""
    changes = (change for action in actions for change in action.changes)
    found: set[str | None] = {cost.service_address for cost in costs}
    found |= {action.name for action in actions if action.kind == "service_address"}
    found |= {*places_in_steps(actions, resolver)}
    keys = {f"licenses/{unit_id}" for action in actions for unit_id in named_units(action)}
    found |= {unit["service_address"] for unit in unnamed_units(keys, resolver).values()}
    for change in changes:
        if change.path == "service_address":
            found |= {change.before, change.after}
    labels = sorted(label for label in found if label is not None and label in resolver.contents)
    return {label: dict(sorted(resolver.contents[label].items())) for label in labels}
