"""What differs between two inventories of one account, by record and path."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from licsync.importing.unit_rows import carrier
from licsync.model.catalog import Catalog
from licsync.model.declarations import ServiceAddress, SiteAttributes, UserAttributes
from licsync.model.fields import fields_of
from licsync.model.inventory import Inventory, holder_title
from licsync.model.inventory_document import GROUPS
from licsync.model.license import state_of
from licsync.model.places import place_key
from licsync.planning.comparison import EMPTY, lookup
from licsync.planning.licenses.settings import MARKS

EXISTS, NAME, LICENSES = "exists", "name", "licenses"
"""Paths about a record as a whole: whether it exists, its name, the licenses of a user."""

_PLAIN: Mapping[str, Sequence[str]] = {
    "users": (*fields_of(UserAttributes), *GROUPS),
    "sites": tuple(fields_of(SiteAttributes)),
    "service_addresses": tuple(fields_of(ServiceAddress)),
}


@dataclass(frozen=True, slots=True)
class RecordChange:
    """One value that differs: a path of a plan, or one about the record as a whole."""

    resource: str
    path: str
    before: object
    after: object

    def to_json(self) -> dict[str, object]:
        """Give the document form."""
        return {
            "resource": self.resource,
            "path": self.path,
            "before": self.before,
            "after": self.after,
        }


@dataclass(frozen=True, slots=True)
class PoolChange:
    """The numbers of units of one type in one country, before and after, by state."""

    type: str
    country: str
    before: Counter[str]
    after: Counter[str]

    def to_json(self) -> dict[str, object]:
        """Give the document form."""
        return {
            "type": self.type,
            "country": self.country,
            "before": dict(sorted(self.before.items())),
            "after": dict(sorted(self.after.items())),
        }


def inventory_changes(
    before: Inventory,
    after: Inventory,
    catalog: Catalog,
    renamed: Mapping[str, Mapping[str, str]],
) -> list[RecordChange]:
    """List what differs: users first, then licenses, then places and policies.

    Args:
        before: the previous inventory.
        after: the inventory.
        catalog: the license types.
        renamed: by section, the new names of records by their previous names.
    """
    found: list[RecordChange] = []
    for section in ("users", "licenses", "sites", "service_addresses", "policies"):
        names = {new: old for old, new in renamed.get(section, {}).items()}
        old, new = before.records(section), after.records(section)
        listed = {names.get(name, name) for name in new}
        for name in sorted({*new, *(name for name in old if name not in listed)}):
            resource = f"{section}/{name}"
            was, now = old.get(names.get(name, name)), new.get(name)
            if was is None or now is None:
                found.append(RecordChange(resource, EXISTS, was is not None, now is not None))
            elif name in names:
                found.append(RecordChange(resource, NAME, names[name], name))
            then = {} if was is None else _values(before, catalog, section, was)
            values = {} if now is None else _values(after, catalog, section, now)
            is_whole = was is None or now is None
            found += [
                RecordChange(resource, path, then.get(path), values.get(path))
                for path in dict.fromkeys((*then, *values))
                if then.get(path) != values.get(path) and (not is_whole or path == LICENSES)
            ]
    found += _other_units(before, after, found, renamed)
    return [change for change in found if not _is_same_address(before, after, change)]


def _other_units(
    before: Inventory,
    after: Inventory,
    found: Sequence[RecordChange],
    renamed: Mapping[str, Mapping[str, str]],
) -> list[RecordChange]:
    """List the units that have another user, where the licenses of no user tell it."""
    shown = {change.resource for change in found if change.path in (EXISTS, LICENSES)}
    users, units = renamed.get("users", {}), renamed.get("licenses", {})
    others = []
    for unit_id, unit in before.licenses.items():
        now = after.licenses.get(units.get(unit_id, unit_id))
        old = unit.get("user")
        was, new = users.get(old or "", old), now.get("user") if now else None
        if was and new and was != new and not {f"users/{was}", f"users/{new}"} & shown:
            resource = f"licenses/{units.get(unit_id, unit_id)}"
            others.append(RecordChange(resource, "user", was, new))
    return others


def _is_same_address(before: Inventory, after: Inventory, change: RecordChange) -> bool:
    """Tell whether only the id of an address differs."""
    if change.path != "service_address":
        return False
    was = before.service_addresses.get(str(change.before))
    now = after.service_addresses.get(str(change.after))
    return was is not None and now is not None and place_key(was) == place_key(now)


def pool_changes(before: Inventory, after: Inventory) -> list[PoolChange]:
    """List the pools whose numbers of units differ."""
    counts = [_counts(before), _counts(after)]
    pools = sorted(counts[0].keys() | counts[1].keys())
    found = [
        PoolChange(*pool, counts[0].get(pool, Counter()), counts[1].get(pool, Counter()))
        for pool in pools
    ]
    return [pool for pool in found if pool.before != pool.after]


def _counts(inventory: Inventory) -> dict[tuple[str, str], Counter[str]]:
    found: dict[tuple[str, str], Counter[str]] = {}
    for unit in inventory.licenses.values():
        pool = found.setdefault((unit["type"], unit["country"]), Counter())
        pool[state_of(unit)] += 1
    return found


def _values(
    inventory: Inventory, catalog: Catalog, section: str, record: Mapping[str, Any]
) -> dict[str, object]:
    """Give the values of a record by path, without empty ones."""
    values: Iterator[tuple[str, object]]
    if section == "policies":
        values = ((f"settings.{key}", v) for key, v in (record.get("settings") or {}).items())
    elif section == "licenses":
        values = _unit_values(record)
    else:
        values = ((path, record.get(path)) for path in _PLAIN[section])
    found = {path: value for path, value in values if value not in EMPTY}
    if section == "users":
        found |= _services(inventory, catalog, record.get("services") or ())
    return found


def _unit_values(unit: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """Yield what is of a unit alone. Its holder, and so its status, is a change of the user."""
    yield "service_address", unit.get("service_address")
    if unit.get("holder"):
        yield "holder", holder_title(unit["holder"])
    if unit["status"] == "suspended" and not unit.get("user"):
        yield "suspended", f"removed {unit['suspended']['at']}"
    yield "type", unit["type"]
    yield "country", unit["country"]


def _services(
    inventory: Inventory, catalog: Catalog, services: Sequence[Mapping[str, Any]]
) -> dict[str, object]:
    units: dict[str, Any] = dict(inventory.licenses)
    ids = [service["license"] for service in services]
    if not ids:
        return {}
    names = sorted(" ".join(inventory.pool_of(unit)) for unit in ids)
    found: dict[str, object] = {LICENSES: names}
    main = carrier(units, ids, catalog)
    for service in services:
        unit = service["license"]
        of_unit = "" if unit == main else f" ({inventory.pool_of(unit)[0]})"
        for path in MARKS:
            value = lookup(service.get("extension") or {}, path)
            if value not in EMPTY:
                found[f"extension.{path}{of_unit}"] = value
    return found
