"""Licenses as the vendor's API shows them: id, a name in its grammar, country (domain.md, 1.2)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any
from zlib import crc32

from licsync.model.catalog import Catalog
from licsync.model.inventory import Record
from licsync.simulator.simulation import Look, Simulation

_KNOWN_CODES = {"uc-cold-storage": "VOSVC0504"}
"""The one code that a vendor document shows; the others are made up and say so."""


def license_name(catalog: Catalog, kind: str, country: str) -> str:
    """Name a license: display name, code, a number and the country.

    The display name is the catalogue's first name of the vendor, else its title. A code that is not known begins
    with `SIM`.
    """
    names = catalog[kind].get("vendor_names") if kind in catalog else None
    display = names[0] if names else catalog.title(kind)
    code = _KNOWN_CODES.get(kind, f"SIM{crc32(kind.encode()) % 10_000:04}")
    return f"{display}-{code}-01-{country}"


def license_document(sim: Simulation, unit_id: str, unit: Record) -> dict[str, Any]:
    """Show a unit."""
    name = license_name(sim.settings.catalog, unit["type"], unit["country"])
    return {"id": unit_id, "name": name, "country": unit["country"]}


def licenses_of(sim: Simulation, look: Look, user: Record) -> Iterator[dict[str, Any]]:
    """List what a user holds: the units, and for each phone number a DID license that nobody assigned."""
    catalog, has_own = sim.settings.catalog, False
    for service in user.get("services") or ():
        unit = look(f"licenses/{service['license']}")
        if unit is not None:
            has_own = has_own or catalog.is_automatic(unit["type"])
            yield license_document(sim, service["license"], unit)
    if not has_own:  # the account's inventory knows no units for them
        for service in user.get("services") or ():
            for number in (service.get("extension") or {}).get("phone_numbers") or ():
                yield did_license(sim, number)


def did_license(sim: Simulation, number: str) -> dict[str, Any]:
    """Make up the DID license of a phone number; it is in the number's country."""
    kind = next((k for k in sorted(sim.settings.catalog.types) if sim.settings.catalog.is_automatic(k)), "local-number")
    country = country_of(number)
    return {
        "id": sim.derived_id("did", number),
        "name": license_name(sim.settings.catalog, kind, country),
        "country": country,
    }


@cache
def country_of(number: str) -> str:
    """Find the country of a phone number; the US where it cannot be told."""
    import phonenumbers

    try:
        region = phonenumbers.region_code_for_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        region = None
    return region if region and len(region) == 2 and region.isalpha() else "US"
