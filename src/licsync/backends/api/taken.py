"""Numbers that are taken by what is no user: ring groups, and whatever else the vendor says to have a phone number."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from licsync.backends.api.backend import ApiBackend
from licsync.backends.api.pacing import Urgency
from licsync.backends.api.pages import ListRefused, scroll
from licsync.backends.api.translate import holder_of
from licsync.backends.api.transport import Request, Transport, path_of
from licsync.engine.ports import BackendFailed
from licsync.model.inventory import Inventory, Record

_FEW = 20
"""Phone numbers that are looked up one by one; of more, the list of those assigned is read, a hundred at a time."""


async def read_with_groups(backend: ApiBackend) -> Inventory:
    """Read everything, and the ring groups, whose numbers nobody else can have. Raises BackendFailed."""
    await backend.read()
    backend.seen.groups = await _group_holders(backend.api)
    return backend.inventory()


async def look_up(backend: ApiBackend, numbers: Collection[str]) -> Inventory:
    """Ask of phone numbers that nobody is seen to have whether they are assigned all the same.

    Returns:
        what was seen so far, where these are the numbers of a holder that the API does not show.

    Raises:
        BackendFailed: the vendor does not say.
    """
    backend.seen.assigned |= await _assigned(backend.api, numbers)
    return backend.inventory()


async def _group_holders(api: Transport) -> list[Record] | None:
    """Read the ring groups as holders of numbers; None where the key may not read them."""
    try:
        groups = await scroll(api, "/ring-groups", "ringgroups")
    except ListRefused as fault:
        if fault.status in (403, 404):
            return None
        raise
    return [holder for group in groups if (holder := holder_of(group)) is not None]


async def _assigned(api: Transport, numbers: Collection[str]) -> set[str]:
    """Say which of these phone numbers the vendor says to be assigned. One that it does not know is not."""
    if len(numbers) > _FEW:
        rows = await scroll(api, "/phone-numbers", "phonenumbers", size=100, filter="status==ASSIGNED")
        return {str(row["phoneNumber"]) for row in rows} & set(numbers)
    found = await asyncio.gather(*(_is_assigned(api, number) for number in sorted(numbers)))
    return {number for number, is_assigned in zip(sorted(numbers), found, strict=True) if is_assigned}


async def _is_assigned(api: Transport, number: str) -> bool:
    request = Request("GET", path_of("phone-numbers", number), "phonenumbers")
    answer = await api.get(request, Urgency.START)
    if answer.status in (400, 403, 404):  # not one of the account's, or the key may not read numbers
        return False
    if answer.outcome != "accepted" or not isinstance(answer.body, dict):
        raise BackendFailed(f"The phone number {number} cannot be looked up: {answer.reason or 'the answer is none'}.")
    return answer.body.get("status") == "ASSIGNED"
