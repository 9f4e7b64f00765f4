"""Service addresses: shown normalized, one for each content, never changed (domain.md, 6.3).

The inventory keeps an address as it was sent; normalising is what the vendor's validation provider
does to it, so what is read differs from what was written, though it is the same place.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

from licsync.model.declarations import ServiceAddress
from licsync.model.inventory_document import InventoryAddress
from licsync.model.license import format_instant
from licsync.simulator.bodies import Address, check
from licsync.simulator.problems import Detail, Problem, invalid, not_found
from licsync.simulator.simulation import Simulation
from licsync.simulator.transaction_cache import CachedRecords
from licsync.simulator.users import EPOCH


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


FIELDS = {_camel(name): name for name in ServiceAddress.__annotations__}
"""Where the vendor's JSON has what the inventory's record of an address has."""

_DIRECTIONS = {
    "NORTH": "N",
    "SOUTH": "S",
    "EAST": "E",
    "WEST": "W",
    **{d: d for d in ("N", "S", "E", "W", "NE", "NW", "SE", "SW")},
}


def normalized(content: Mapping[str, Any]) -> dict[str, Any]:
    """Write an address as 8x8 validates it.

    Street names are in capitals. In North America the direction has a field of its own.
    """
    shown = {
        theirs: " ".join(str(content[ours]).split())
        for theirs, ours in FIELDS.items()
        if content.get(ours)
    }
    if "streetName" in shown:
        first, _, rest = shown["streetName"].upper().partition(" ")
        direction = (
            _DIRECTIONS.get(first.rstrip("."))
            if shown["country"] in ("US", "CA") and rest
            else None
        )
        shown["streetName"] = rest if direction else shown["streetName"].upper()
        shown |= {"preDirectional": direction} if direction else {}
    return shown


def display_form(shown: Mapping[str, Any]) -> str:
    """Write an address in one line."""
    parts = (
        " ".join(shown[f] for f in ("streetNumber", "preDirectional", "streetName") if f in shown),
        shown.get("building"),
        shown.get("secondaryLocation"),
        " ".join(shown[f] for f in ("city", "state") if f in shown),
        shown.get("postal"),
    )
    return ", ".join(part for part in parts if part)


def address_document(
    sim: Simulation, identifier: str, content: Mapping[str, Any]
) -> dict[str, Any]:
    """Show an address, as lists do: without its use."""
    shown, made = normalized(content), sim.documents.get("addresses", identifier)
    return {"id": identifier, "displayForm": display_form(shown), **shown} | (
        made or {"createdTime": EPOCH, "origin": "ADMIN"}
    )


def address_with_use(sim: Simulation, records: CachedRecords, identifier: str) -> dict[str, Any]:
    """Show one address with how many use it.

    Raises:
        Problem: there is no such address (404).
    """
    content = records.get(f"service_addresses/{identifier}")
    if content is None:
        customer = sim.settings.customer_id
        raise not_found(
            f"Address not found: customerId: {customer} addressId: {identifier}",
            "Address not found",
        )
    return address_document(sim, identifier, content) | {
        "addressUsage": _usage(records, identifier)
    }


def _usage(records: CachedRecords, identifier: str) -> dict[str, int]:
    sites = list(records.sites_at(identifier))
    users = [user for site in sites for user in records.users_with("site", site)]
    services = chain.from_iterable(
        (records.get(f"users/{user}") or {}).get("services") or () for user in users
    )
    extensions = [service for service in services if service.get("extension") is not None]
    counts = {
        "site": len(sites),
        "userExtension": len(extensions),
        "license": len(list(records.units_at(identifier))),
    }
    return {"customer": 0, **counts, "userPersonal": 0, "trunk": 0, "operatorConnect": 0}


def create_address(sim: Simulation, body: Any) -> dict[str, Any]:
    """Make an address, or find the one that is the same (POST answers 200 either way).

    Raises:
        Problem: the body is not an address (400).
    """
    check(Address, body)
    if not re.fullmatch("[A-Z]{2}", body["country"]):
        raise invalid("Invalid country code", title="Failed to create address")
    content = {ours: body[theirs] for theirs, ours in FIELDS.items() if body.get(theirs)}
    found = _same(sim.read().service_addresses.items(), content)
    if found:
        return address_document(sim, *found)
    identifier = str(uuid.UUID(bytes=sim.random.randbytes(16), version=4))
    with sim.changing() as records:
        records.put(f"service_addresses/{identifier}", content)
        sim.documents.put(
            "addresses",
            identifier,
            {"createdTime": format_instant(sim.now()), "origin": "ADMIN_API"},
        )
    return address_document(sim, identifier, content)


def _same(
    addresses: Iterable[tuple[str, InventoryAddress]], content: Mapping[str, Any]
) -> tuple[str, InventoryAddress] | None:
    def key(address: Mapping[str, Any]) -> dict[str, str]:
        return {name: value.casefold() for name, value in normalized(address).items()}

    wanted = key(content)
    return min(
        (item for item in addresses if key(item[1]) == wanted),
        default=None,
        key=lambda item: item[0],
    )


def delete_address(sim: Simulation, identifier: str) -> None:
    """Remove an address that nothing uses.

    Raises:
        Problem: there is no such address (404), or something uses it (400).
    """
    with sim.changing() as records:
        if any(address_with_use(sim, records, identifier)["addressUsage"].values()):
            message = "Address is currently in use and cannot be deleted"
            raise Problem(400, message, Detail("BAD_REQUEST", message))
        records.put(f"service_addresses/{identifier}", None)
        sim.documents.put("addresses", identifier, None)


SEARCHABLE = frozenset((*FIELDS, "id", "displayForm", "preDirectional", "createdTime", "origin"))
"""What addresses can be filtered and sorted by."""
