"""Phone numbers that are held, were held, or are claimed; holders are not shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from licsync.model.inventory import Inventory, as_user, numbers_of
from licsync.simulator.licenses import country_of
from licsync.simulator.problems import Detail, Problem, not_found
from licsync.simulator.simulation import Simulation
from licsync.simulator.transaction_cache import CachedRecords


def number_document(sim: Simulation, number: str, is_held: bool) -> dict[str, Any]:
    """Show a number.

    What is kept of it (its porting, say) is laid over what follows from who holds it.
    """
    stored = sim.documents.get("numbers", number) or {}
    return {
        "phoneNumber": number,
        "nationalFormattedNumber": _national(number),
        "country": country_of(number),
        "category": "LOCAL",
        "origin": "CLAIMED",
        "status": "ASSIGNED" if is_held else "AVAILABLE",
        **stored,
    }


def _national(number: str) -> str:
    import phonenumbers

    try:
        return phonenumbers.format_number(
            phonenumbers.parse(number), phonenumbers.PhoneNumberFormat.NATIONAL
        )
    except phonenumbers.NumberParseException:
        return number


def numbers_of_groups(sim: Simulation) -> Iterator[str]:
    """List the numbers that ring groups hold."""
    for _, group in sim.documents.all("ring_groups"):
        for entry in group["body"].get("phoneNumbers") or ():
            if entry.get("phoneNumber"):
                yield entry["phoneNumber"]


def list_numbers(sim: Simulation, inventory: Inventory) -> list[dict[str, Any]]:
    """Show every number that is known, in order."""
    of_users = (number for user in inventory.users.values() for number in numbers_of(user))
    held = {value for space, value in of_users if space == "phone-number"}
    held |= {number for space, number in inventory.holder_numbers if space == "phone-number"} | set(
        numbers_of_groups(sim)
    )
    known = held | {number for number, _ in sim.documents.all("numbers")}
    return [number_document(sim, number, number in held) for number in sorted(known)]


def one_number(sim: Simulation, records: CachedRecords, number: str) -> dict[str, Any]:
    """Show one number.

    Raises:
        Problem: the request is invalid (400), or there is none (404).
    """
    if not re.fullmatch(r"\+\d+", number, re.ASCII):
        message = f"Invalid phone number {number}"
        raise Problem(
            400,
            "Invalid phone number",
            Detail("VALIDATION_ERROR", message, "phoneNumber"),
            detail=message,
        )
    is_held = records.holder("phone-number", number) is not None or number in set(
        numbers_of_groups(sim)
    )
    if not is_held and sim.documents.get("numbers", number) is None:
        customer = sim.settings.customer_id
        raise not_found(
            f"Phone number not found: customerId: {customer} phoneNumber: {number}",
            "Phone number not found",
        )
    return number_document(sim, number, is_held)


def remember(sim: Simulation, before: Mapping[str, Any], after: Mapping[str, Any] | None) -> None:
    """Keep the numbers that a user gave up: the company goes on owning them (NUMRET)."""
    still = set(numbers_of(as_user(after or {})))
    for space, number in set(numbers_of(as_user(before))) - still:
        if space == "phone-number" and sim.documents.get("numbers", number) is None:
            sim.documents.put("numbers", number, {})


SEARCHABLE = frozenset(("phoneNumber", "country", "category", "origin", "status"))
"""What numbers can be filtered by (PG)."""

SORTABLE = frozenset(("phoneNumber", "country", "category"))
"""What numbers can be sorted by (PG)."""
