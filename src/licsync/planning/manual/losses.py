"""What a license change loses where the backend takes one license away and gives another.

The console changes a license in place and keeps what both types share. The vendor's API cannot
(domain.md, C1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from licsync.model.capabilities import Capabilities
from licsync.model.declarations import Extension, LicenseEntry
from licsync.model.inventory_document import Service
from licsync.planning.actions import Action, Change
from licsync.planning.comparison import equivalent, flatten, lookup
from licsync.planning.licenses.settings import fallback, initial_value, may_have
from licsync.planning.resolver import Resolver

_EXTENSION = "extension."


def mark_losses(action: Action, resolver: Resolver, capabilities: Capabilities) -> Action:
    """Mark what a license change loses, and add changes that restore the known values.

    Args:
        action: an upgrade, downgrade or change, told as it would be in place.
        resolver: the inventory and the catalog.
        capabilities: of a backend that does not change licenses in place.

    Returns:
        the action as it is without that: `kept`, `lost`, `consent` and `changes` are others.
    """
    old, new = action.origin, action.license
    assert old is not None
    assert new is not None
    catalog = resolver.desired.catalog
    carried = _carried(str(old.id), resolver)
    gone: list[str] = []
    restored: list[Change] = []
    planes = catalog.planes(new.type)
    for path in [
        p for p in action.kept if p.startswith(_EXTENSION) and not capabilities.writes(p, planes)
    ]:
        value = lookup(carried, path)
        if value != value_on_new_license(resolver, capabilities, new.type, path):
            restored.append(Change(path, value, value, "restored"))
            gone.append(path)
    for loss in capabilities.lost:
        if not loss.planes & catalog.planes(old.type):
            continue
        path = loss.name.removeprefix(_EXTENSION)
        unknown = not capabilities.shows("users", loss.name) and lookup(carried, loss.name) is None
        if path == loss.name or (
            unknown and all(may_have(catalog, ref.type, path) for ref in (old, new))
        ):
            gone.append(loss.name)
    if not gone:
        return action
    order = {loss.name: position for position, loss in enumerate(capabilities.lost)}
    gone.sort(key=lambda name: order.get(name, len(order)))
    by_hand = {change.path for change in restored}
    return replace(
        action,
        kept=tuple(path for path in action.kept if path not in by_hand),
        changes=(*action.changes, *restored),
        lost=tuple(dict.fromkeys((*gone, *action.lost))),
        consent="needed",
    )


def value_on_new_license(
    resolver: Resolver, capabilities: Capabilities, kind: str, path: str
) -> object:
    """Return a setting on a newly assigned license: nothing if shown, the default if hidden."""
    if capabilities.shows("users", path):
        return None
    return initial_value(resolver.desired.catalog, kind, path.removeprefix(_EXTENSION))


def pending_restores(
    service: Service,
    kind: str,
    entries: Iterable[LicenseEntry],
    resolver: Resolver,
    able: Capabilities,
) -> Iterator[Change]:
    """List values that an earlier license change lost and nobody has restored yet.

    A declared value takes precedence, and so does a value that was seen or confirmed since.

    Args:
        service: the license to restore, as in the inventory.
        kind: the current or new type of the license.
        entries: the license entries of the user.
        resolver: provides the catalog.
        able: what the backend can do.
    """
    catalog = resolver.desired.catalog
    extensions = [entry.get("extension") or {} for entry in entries if entry["type"] == kind]
    declared = {path for extension in extensions for path, _, _ in flatten(Extension, extension)}
    for name, lost, marks in flatten(Extension, service.get("restore") or {}):
        path = f"{_EXTENSION}{name}"
        value, now = fallback(catalog, kind, name, lost), lookup(service, path)
        default = value_on_new_license(resolver, able, kind, path)
        is_open = (
            lost is not None
            and now in (None, default)
            and name not in declared
            and not able.writes(path, catalog.planes(kind))
        )
        if is_open and not equivalent(default, value, marks):
            yield Change(path, now, value, "restored")


def _carried(unit_id: str, resolver: Resolver) -> dict[str, object]:
    inventory = resolver.inventory
    holder = inventory.users[str(inventory.licenses[unit_id].get("user"))]
    service = next(s for s in holder["services"] if s["license"] == unit_id)
    return {"extension": service.get("extension") or {}}
