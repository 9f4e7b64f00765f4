"""Licenses as the vendor's API shows them: id, a name in its grammar, country (domain.md, 1.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any
from zlib import crc32

from licsync.model.catalog import Catalog
from licsync.model.inventory import as_user, numbers_of
from licsync.simulator.simulation import Lookup, Simulation


def license_name(catalog: Catalog, kind: str, country: str) -> str:
    """Name a license: display name, code, a number and the country.

    The display name is the catalog's first name of the vendor, else its title. The vendor's codes
    are not known (but for one); these are made up, and begin with `SIM`.
    """
    names = catalog[kind].get("vendor_names") if kind in catalog else None
    display = names[0] if names else catalog.title(kind)
    return f"{display}-SIM{crc32(kind.encode()) % 10_000:04}-01-{country}"


def license_document(sim: Simulation, unit_id: str, unit: Mapping[str, Any]) -> dict[str, Any]:
    """Show a unit."""
    name = license_name(sim.settings.catalog, unit["type"], unit["country"])
    return {"id": unit_id, "name": name, "country": unit["country"]}


def licenses_of(
    sim: Simulation, lookup: Lookup, user: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """List what a user holds: units, and a DID license for each phone number without a unit.

    The inventory has units only for numbers beyond those that other licenses include; the vendor
    shows one for each.
    """
    catalog = sim.settings.catalog
    numbers = [value for space, value in numbers_of(as_user(user)) if space == "phone-number"]
    for service in user.get("services") or ():
        unit = lookup(f"licenses/{service['license']}")
        if unit is not None:
            yield license_document(sim, service["license"], unit)
            if catalog.is_automatic(unit["type"]) and numbers:
                numbers.pop()
    for kind in [kind for kind in sorted(catalog.types) if catalog.is_automatic(kind)][:1]:
        for number in numbers:
            country = country_of(number)
            name = license_name(catalog, kind, country)
            yield {"id": did_license_id(sim, number), "name": name, "country": country}


def did_license_id(sim: Simulation, number: str) -> str:
    """Give the id of the DID license of a phone number."""
    return sim.derived_id("did", number)


@cache
def country_of(number: str) -> str:
    """Find the country of a phone number; the US where it is unknown."""
    import phonenumbers

    try:
        region = phonenumbers.region_code_for_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        region = None
    return region if region and len(region) == 2 and region.isalpha() else "US"
