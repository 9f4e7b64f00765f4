"""Finds numbers that cannot be assigned: those of ring groups, and what 8x8 says of others."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Iterator

from licsync.backends.api.backend import AdminApiBackend
from licsync.backends.api.diagnose import PRODUCTS
from licsync.backends.api.mapping import holder_of
from licsync.backends.api.mirror import AccountMirror
from licsync.backends.api.pagination import ListRefused, scroll
from licsync.backends.api.transport import Request
from licsync.backends.http.rate_limit import Urgency
from licsync.backends.http.transport import path_of
from licsync.diagnostics import Code, Diagnostic, Span, warning
from licsync.engine.ports import BackendFailed
from licsync.model.inventory import Inventory
from licsync.planning.actions import Action
from licsync.planning.order.dependencies import required_by

_FEW = 20
"""How many phone numbers are looked up one by one; for more, the list of all is read."""

_NOT_SHOWN = (403, 404)
"""Statuses of a list that the key may not read, or that is not open to the account."""

_PORTING = {
    "PORTING": "is being ported (PORTING)",
    "PRE_PORTING": "waits to be ported (PRE_PORTING)",
}


_LISTED = "Or list them as 'holders' in the inventory that you load."


async def read_with_groups(backend: AdminApiBackend) -> Inventory:
    """Read everything, and the ring groups, whose numbers nobody else can have.

    Raises:
        BackendFailed: a list cannot be read.
    """
    await backend.reader.read_all()
    mirror = backend.mirror
    try:
        groups = await scroll(backend.api, "/ring-groups", "ringgroups")
        mirror.groups = [holder for group in groups if (holder := holder_of(group)) is not None]
    except ListRefused as fault:
        if fault.status not in _NOT_SHOWN:
            raise
        mirror.groups_refused = fault.status
    return backend.inventory()


async def look_up_numbers(backend: AdminApiBackend, numbers: Collection[str]) -> Inventory:
    """Ask the vendor what phone numbers are that nobody is seen to have.

    Returns:
        what was seen so far, where those that are assigned all the same are the numbers of a holder
        that the API does not show.

    Raises:
        BackendFailed: the vendor does not say.
    """
    mirror = backend.mirror
    if len(numbers) <= _FEW:
        await asyncio.gather(*(_look_up(backend, number) for number in sorted(numbers)))
        return backend.inventory()
    try:
        rows = await scroll(backend.api, "/phone-numbers", "phonenumbers", size=100)
    except ListRefused as fault:
        if fault.status not in _NOT_SHOWN:
            raise
        mirror.numbers_refused = fault.status
    else:
        known = {str(row["phoneNumber"]): row for row in rows}
        mirror.numbers |= {number: known.get(number) for number in numbers}
    return backend.inventory()


async def _look_up(backend: AdminApiBackend, number: str) -> None:
    request = Request("GET", path_of("phone-numbers", number), "phonenumbers")
    answer = await backend.api.get(request, Urgency.START)
    if answer.status == 403:
        backend.mirror.numbers_refused = 403
    elif answer.status in (400, 404):  # not one of the account's
        backend.mirror.numbers[number] = None
    elif answer.outcome != "accepted" or not isinstance(answer.body, dict):
        raise BackendFailed(
            f"The phone number {number} cannot be looked up: "
            f"{answer.reason or 'the answer is not a phone number'}."
        )
    else:
        backend.mirror.numbers[number] = answer.body


def number_warnings(
    mirror: AccountMirror, actions: Iterable[Action], place: Span | None = None
) -> Iterator[Diagnostic]:
    """Say which numbers that a plan gives out may not be free, and what nobody could look at.

    Args:
        mirror: what was seen of the account.
        actions: those of the plan.
        place: where the files say which backend it is.
    """
    needs = ((action, *need) for action in actions for need in required_by(action))
    taken = [(action, space, number) for action, space, number in needs if space != "unit"]
    if taken and mirror.groups_refused is not None:
        message = (
            f"The API key may not read ring groups ({mirror.groups_refused}), "
            "so licsync does not know which numbers they hold."
        )
        yield warning(Code.HOLDERS_UNKNOWN, message, place, f"{_give('ring groups')} {_LISTED}")
    if any(space == "phone-number" for _, space, _ in taken) and mirror.numbers_refused is not None:
        message = (
            f"The API key may not read phone numbers ({mirror.numbers_refused}), "
            "so licsync does not know which ones are free."
        )
        yield warning(Code.HOLDERS_UNKNOWN, message, place, _give("phone numbers"))
    for action, space, number in taken:
        if space == "phone-number" and number in mirror.numbers:
            yield from _number_warning(number, mirror.numbers[number], action)


def _give(about: str) -> str:
    return f"Give the key the product '{PRODUCTS[about][2]}' in the Admin Console, under API keys."


def _number_warning(
    number: str, document: dict[str, object] | None, action: Action
) -> Iterator[Diagnostic]:
    subject = f"The phone number {number}, which {action.name} is to have,"
    if document is None:
        message = (
            f"{subject} is not known to the vendor as one of the account's, so it may be refused."
        )
        yield warning(
            Code.NUMBER_UNKNOWN,
            message,
            action.source,
            "Order or port it first, or correct the number.",
        )
    elif (state := str(document.get("status") or "")) in _PORTING:
        message = f"{subject} {_PORTING[state]}, so it may be refused until that is done."
        temporary = document.get("temporaryNumber")
        hint = (
            f"Until then, its temporary number is {temporary}."
            if temporary
            else "Wait until it is ported."
        )
        yield warning(Code.NUMBER_PORTING, message, action.source, hint)
