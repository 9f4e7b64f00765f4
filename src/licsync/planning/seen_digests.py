"""The digests that bind a saved plan to the records that it touches or relies on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from licsync.model.inventory import digest
from licsync.planning.actions import Action
from licsync.planning.mentions import named_units
from licsync.planning.order.dependencies import REFERENCES
from licsync.planning.resolver import Resolver
from licsync.planning.users import PlannedUser


def seen_digests(
    actions: list[Action],
    planned_users: list[PlannedUser],
    resolver: Resolver,
) -> dict[str, str | None]:
    """Take the digest of every record that the plan touches or relies on, by key.

    The digest is None if there is no such record yet.
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
