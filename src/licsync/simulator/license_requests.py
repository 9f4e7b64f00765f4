"""Checks the licenses that a user document requests (domain.md, 10.4.1; UG, "License Changes")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from licsync.model.catalog import SINGLE_PLANES
from licsync.model.inventory import Record, as_user, numbers_of
from licsync.simulator.licenses import did_license_id
from licsync.simulator.problems import invalid
from licsync.simulator.simulation import Simulation
from licsync.simulator.transaction_cache import CachedRecords
from licsync.simulator.users import get_path


def requested_licenses(
    sim: Simulation, records: CachedRecords, before: Record, body: Any
) -> list[str]:
    """List the units that a user document requests, without those that 8x8 assigns automatically.

    Raises:
        Problem: a unit is unknown, repeated, or does not fit what the user holds.
    """
    catalog, wanted = sim.settings.catalog, []
    filled: dict[str, str] = {}
    automatic = {
        did_license_id(sim, number)
        for space, number in numbers_of(as_user(before))
        if space == "phone-number"
    }
    for index, entry in enumerate(get_path(body, "serviceInfo.licenses") or ()):
        field, unit_id = f"serviceInfo.licenses[{index}].id", entry.get("id")
        if not unit_id:
            raise invalid("must not be null", field)
        unit = records.get(f"licenses/{unit_id}")
        if unit_id in automatic or (unit and catalog.is_automatic(unit["type"])):
            if not sim.settings.refuses_did:
                continue
            raise invalid("DID licenses are assigned automatically and must not be sent", field)
        if unit is None:
            raise invalid("License not found", field)
        if unit_id in wanted:
            raise invalid("License is given twice", field)
        for plane in sorted(catalog.planes(unit["type"]) & SINGLE_PLANES):
            if plane in filled:
                raise invalid(f"A user cannot hold two {plane.upper()} licenses", field)
            filled[plane] = unit_id
        wanted.append(unit_id)
    _refuse_swaps(sim, records, before, wanted, filled)
    return wanted


def _refuse_swaps(
    sim: Simulation,
    records: CachedRecords,
    before: Record,
    wanted: list[str],
    filled: Mapping[str, str],
) -> None:
    """Refuse to change a license in one update: remove it, wait, then assign the new one (UG)."""
    for service in before["services"]:
        unit = records.get(f"licenses/{service['license']}")
        if unit is None or service["license"] in wanted:
            continue
        for plane in sim.settings.catalog.planes(unit["type"]) & filled.keys():
            index = wanted.index(filled[plane])
            message = (
                "A license cannot be changed in one update: remove it, then apply the new license"
            )
            raise invalid(message, f"serviceInfo.licenses[{index}].id")
