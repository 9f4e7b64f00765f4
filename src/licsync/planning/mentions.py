"""What a plan mentions: units and service addresses, and the records that it is bound to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from licsync.model.inventory import digest
from licsync.model.license import has_console_id
from licsync.planning.actions import Action
from licsync.planning.manual.console_guide import places_in_steps
from licsync.planning.order.dependencies import REFERENCES
from licsync.planning.plan_document import Cost, UnnamedUnit
from licsync.planning.resolver import Resolver
from licsync.planning.users import PlannedUser


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
    if manual := [action for action in actions if action.manual]:
        found |= {*places_in_steps(manual, resolver)}
    keys = {f"licenses/{unit_id}" for action in actions for unit_id in named_units(action)}
    found |= {unit["service_address"] for unit in unnamed_units(keys, resolver).values()}
    for change in changes:
        if change.path == "service_address":
            found |= {change.before, change.after}
    labels = sorted(label for label in found if label is not None and label in resolver.contents)
    return {label: dict(sorted(resolver.contents[label].items())) for label in labels}


def seen_digests(
    actions: list[Action],
    planned_users: list[PlannedUser],
    resolver: Resolver,
) -> dict[str, str | None]:
    """Take the digest of every record that the plan touches or relies on, by key.

    A saved plan is stale if one of them differs. The digest is None if there is no such record yet.
    """
    inventory = resolver.inventory
    records: dict[str, Mapping[str, object] | None] = dict(
        _relied_on(actions, planned_users, resolver)
    )
    units, users = inventory.licenses, inventory.users
    for action in actions:
        ids = named_units(action)
        user = users.get(action.name) if action.resource.startswith("users/") else None
        if user is not None:
            records[action.resource] = user
            if user.get("status") == "inactive":  # suspended anew after whatever is changed
                ids += [service["license"] for service in user.get("services") or ()]
        elif action.kind != "service_address" or action.verb == "delete":
            records[action.resource] = inventory.get(action.resource)
        if action.verb == "rename":
            records |= {
                f"users/{c.before}": users.get(str(c.before))
                for c in action.changes
                if c.path == "name"
            }
        records |= {f"licenses/{unit}": units.get(unit) for unit in ids}
    seen = {key: digest(record) if record is not None else None for key, record in records.items()}
    return dict(sorted(seen.items()))


def _relied_on(
    actions: list[Action], planned_users: list[PlannedUser], resolver: Resolver
) -> Iterator[tuple[str, Mapping[str, object] | None]]:
    """Find the records that changes name, and the sites that licenses get their address from."""
    inventory = resolver.inventory
    changes = (change for action in actions for change in action.changes)
    named = {(c.path, c.after) for c in changes if c.path in REFERENCES and c.after}
    ids = {label: address for address, label in sorted(resolver.labels.items(), reverse=True)}
    for path, name in named:
        key = ids.get(name, name) if path == "service_address" else name
        record = inventory.get(f"{REFERENCES[path]}/{key}")
        if record is not None:  # else the plan makes it
            yield f"{REFERENCES[path]}/{key}", record
    sites = {planned.resource: planned.site for planned in planned_users}
    for site in {
        sites.get(a.resource) for a in actions if a.kind == "license" and a.license is not None
    }:
        if site in inventory.sites:
            yield f"sites/{site}", inventory.sites[site]
