"""Finds users in sync: a plan has nothing to do and nothing to report for them.

Users in sync are left out of the desired state and of the inventory before planning compares the
two, and only counted (`model.inventory.InSyncTotals`). So the time of a plan depends on what has
changed and not on the size of the account. The conditions (`incremental.conditions`) are sufficient
and cheaper than the whole comparison. In doubt, a user is not in sync and planning compares it.

Each user is checked by itself. Two users may still have the same name, e-mail address or number.
These are listed too. If one is used twice, licsync compares every user.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from msgspec import Struct, field

from licsync.diagnostics import Code, Diagnostic, Severity
from licsync.incremental.conditions import is_in_sync
from licsync.incremental.shared_state import SharedState
from licsync.model.inventory import (
    InSyncTotals,
    Record,
    as_user,
    call_links,
    mac_of,
    macs_of,
    numbers_in,
)
from licsync.model.inventory_document import InventoryUser, Unit

Pool = tuple[str, str, str | None, bool]
"""Type, country and id of the service address of a license unit, and whether it was only seen
beside a phone number.
"""


class InSyncUsers(Struct):
    """Users in sync, and what other users must not share with them.

    Attributes:
        users: their names, spelled as in the inventory.
        zones: the time zone of each; empty if unknown.
        units: the ids of the units that they hold.
        pools: the pool of each unit.
        names: the names, e-mail addresses and external ids that no other user may have.
        numbers: the numbers, desk phones and undeclared e-mail addresses that no other user may
            declare.
        counts: how many units, names and numbers each user has.
        call_links: what the calls of each user depend on (`model.inventory.call_links`).
    """

    users: list[str] = field(default_factory=list)
    zones: list[str] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    pools: list[Pool] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    counts: list[tuple[int, int, int]] = field(default_factory=list)
    call_links: list[tuple[str, ...]] = field(default_factory=list)

    @property
    def totals(self) -> InSyncTotals:
        """The counts of them."""
        return totals_of(self.users, self.pools, self.zones, self.call_links)


def totals_of(
    users: Sequence[str],
    pools: Iterable[Pool],
    zones: Iterable[str],
    call_links: Iterable[Iterable[str]],
) -> InSyncTotals:
    """Count users in sync, and the units that they hold."""
    links = set(chain.from_iterable(call_links))
    totals = InSyncTotals(len(users), zones={zone for zone in zones if zone}, call_links=links)
    for (type_, country, address, is_seen_only), number in Counter(pools).items():
        totals.units[type_, country, address] += number
        if is_seen_only:
            totals.seen_only[type_, country] += number
    return totals


def find_in_sync(
    users: Mapping[str, Mapping[str, Any]],
    records: Mapping[str, Record],
    units: Mapping[str, Unit],
    shared_state: SharedState,
) -> InSyncUsers:
    """Find the users in sync among declared users.

    Args:
        users: the declared users with templates applied.
        records: their records in the inventory, by the same names. A user without one is not in
            sync.
        units: the units that they hold, by id.
        shared_state: everything else of the account.
    """
    found = InSyncUsers()
    for name, user in users.items():
        record = records.get(name)
        if record is None:
            continue
        services = record.get("services") or ()
        held = {}
        for service in services:
            held[service["license"]] = units[service["license"]]
        if is_in_sync(name, user, record, held, shared_state):
            found.users.append(name)
            found.zones.append(shared_state.once(record.get("timezone") or ""))
            found.units += held
            for unit in held.values():
                found.pools.append(shared_state.once(_pool_of(unit)))
            names, numbers = names_of(name, user), _own_numbers(user, services)
            numbers += _held_undeclared(name, user, as_user(record))
            found.names += names
            found.numbers += numbers
            found.counts.append(shared_state.once((len(held), len(names), len(numbers))))
            found.call_links.append(shared_state.once(tuple(call_links(as_user(record)))))
    return found


def _pool_of(unit: Unit) -> Pool:
    is_seen_only = bool(unit.get("seen_only"))
    return unit["type"], unit["country"], unit.get("service_address"), is_seen_only


def _own_numbers(user: Mapping[str, Any], services: Sequence[Mapping[str, Any]]) -> list[str]:
    """List the numbers that a user in sync holds, and its declared ones if spelled differently."""
    held: list[str] = []
    for service in services:
        if extension := service.get("extension"):
            held += [f"{space}:{number}" for space, number in numbers_in(extension)]
    for entry, service in zip(user.get("licenses") or (), services, strict=False):
        declared = entry.get("extension")
        if declared and not declared.items() <= (service.get("extension") or {}).items():
            return [*{*held, *declared_numbers(user)}]
    return held


def _held_undeclared(name: str, user: Mapping[str, Any], record: InventoryUser) -> list[str]:
    """List what a user in sync holds and no user may declare: desk phones, an undeclared e-mail."""
    held = [f"device:{mac}" for mac in macs_of(record)]
    if "email" not in user:
        email = (record.get("email") or "").casefold()
        if email and email != name.casefold():
            held.append(email)
    return held


def names_of(name: str, user: Mapping[str, Any]) -> set[str]:
    """List the names, the e-mail address and the external id of a declared user."""
    own, email, before = name.casefold(), user.get("email"), user.get("previously")
    names = {own} if email is None else {own, email.casefold()}
    if before:
        names.add(before.casefold())
    if external_id := user.get("external_id"):
        names.add(f"external_id:{external_id.casefold()}")
    return names


def declared_numbers(user: Mapping[str, Any]) -> Iterator[str]:
    """List the numbers and desk phones of a declared user."""
    for entry in user.get("licenses") or ():
        extension = entry.get("extension") or {}
        for space, number in numbers_in(extension):
            yield f"{space}:{number}"
        for device in extension.get("devices") or ():
            yield f"device:{mac_of(device)}"


def sum_totals(parts: Iterable[InSyncTotals]) -> InSyncTotals:
    """Add up the counts of users in sync."""
    users, totals = 0, InSyncTotals()
    for part in parts:
        users += part.users
        totals.units.update(part.units)
        totals.zones.update(part.zones)
        totals.call_links.update(part.call_links)
        totals.seen_only.update(part.seen_only)
    return replace(totals, users=users)


_CERTAIN = frozenset(
    (Code.LIMIT_EXCEEDED, Code.PROTECTED_USER, Code.LOSS_NOT_ALLOWED, Code.INVENTORY_STALE)
)
"""Codes of errors that depend only on the actions of the plan, and on how many users there are."""


def is_doubtful(diagnostics: Iterable[Diagnostic]) -> bool:
    """Tell whether the diagnostics of a reduced state may differ from those of the whole state.

    Most errors, unknown references, and unanswered calls may name or suggest users in sync.
    """
    return any(
        (diagnostic.severity is Severity.ERROR and diagnostic.code not in _CERTAIN)
        or diagnostic.code in (Code.UNKNOWN_REFERENCE, Code.CALLS_UNANSWERED)
        for diagnostic in diagnostics
    )
