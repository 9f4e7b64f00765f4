"""The console's choice of local numbers, if a step does not name units.

The steps of a plan name the units. A person in the console gets what the console chooses: units at
the user's address first, then those with the lowest id.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from licsync.model.catalog import Catalog
from licsync.model.console.records import Records
from licsync.model.console.step import (
    AttachedUnit,
    AutomaticUnits,
    ConsoleRefusal,
    as_address,
)
from licsync.model.inventory import Record, as_unit
from licsync.model.license import Pool, state_of
from licsync.model.local_numbers import PhoneLicense, balances


def choose_units(
    records: Records, catalog: Catalog, before: Record, after: Record
) -> AutomaticUnits:
    """Choose the units to attach and detach when a user's record changes.

    Args:
        records: the records before the change.
        catalog: defines the automatic license types.
        before: the user's record before the change.
        after: the user's record after the change.

    Returns:
        The `automatic` argument of a step (`model.console.step.Step`). Empty if no unit moves.

    Raises:
        ConsoleRefusal: the user has more phone numbers than the licenses include, and no unit is
            free (NUMLIC).
    """
    if before.get("services") == after.get("services"):
        return {}
    units = {
        s["license"]: records.get(f"licenses/{s['license']}") or {}
        for u in (before, after)
        for s in _held(u)
    }
    held: dict[Pool, list[str]] = {}
    for service in _held(after):
        unit = units[service["license"]]
        if catalog.is_automatic(unit["type"]) and not service.get("extension"):
            held.setdefault((unit["type"], unit["country"]), []).append(service["license"])
    counts = {pool: len(ids) for pool, ids in held.items()}
    was, will = (list(_carriers(catalog, user, units)) for user in (before, after))
    found = balances(catalog, was, will, counts, lambda pool: _is_owned(records, pool))
    here = (records.get(f"sites/{after.get('site')}") or {}).get("service_address")
    place: AttachedUnit = {}
    if here:
        place["service_address"] = as_address(records.get(f"service_addresses/{here}"))
    attached: dict[str, AttachedUnit] = {}
    for pool, number in found.items():
        free = [i for i in records.units_of(*pool, "unassigned") if i not in units]
        if number > len(free):
            raise ConsoleRefusal(
                f"Failed saving user settings: no {catalog.title(pool[0])} is free in {pool[1]}, "
                "and the phone numbers are more than the licenses include."
            )
        at = {i: (records.get(f"licenses/{i}") or {}).get("service_address") for i in free}
        attached |= {
            i: place for i in sorted(free, key=lambda i: (at[i] != here, i))[: max(0, number)]
        }
    detached: list[str] = []
    for pool, number in found.items():
        if number < 0:
            detached += units_to_release(held[pool], -number)
    return {"attached": attached, "detached": detached}


def units_to_release(held: list[str], number: int) -> list[str]:
    """Choose the units that a user loses: those with the highest ids."""
    return sorted(held)[len(held) - number :]


def _held(user: Record) -> list[Record]:
    return user.get("services") or []


def _carriers(
    catalog: Catalog, user: Record, units: Mapping[str, Record]
) -> Iterator[PhoneLicense]:
    for service in _held(user):
        unit, extension = units[service["license"]], service.get("extension") or {}
        if not catalog.is_automatic(unit["type"]):
            yield PhoneLicense(unit["type"], unit["country"], extension.get("phone_numbers") or ())


def _is_owned(records: Records, pool: Pool) -> bool:
    """Tell whether the account owns units. Removed units do not count."""
    statuses = ("unassigned", "assigned", "suspended")
    units = (
        records.get(f"licenses/{i}") for status in statuses for i in records.units_of(*pool, status)
    )
    return any(state_of(as_unit(unit)) != "suspended:removed" for unit in units)
