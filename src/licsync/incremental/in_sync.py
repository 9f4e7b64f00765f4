"""Finds users in sync: a plan has nothing to do and nothing to report for them.

Users in sync are left out of the desired state and of the inventory before planning compares the
two, and only counted (`model.inventory.InSyncTotals`). So the time of a plan depends on what has
changed and not on the size of the account. The conditions here are sufficient and cheaper than the
whole comparison. In doubt, a user is not in sync and planning compares it.

Each user is checked by itself. Two users may still have the same name, e-mail address or number.
These are listed too. If one is used twice, licsync compares every user.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, cached_property
from itertools import combinations
from typing import Any

from licsync.diagnostics import Code, Diagnostic, Severity
from licsync.model.declarations import KINDS, PLAIN, Extension, UserAttributes
from licsync.model.desired import Desired
from licsync.model.dialing_codes import is_abroad
from licsync.model.fields import Ref, fields_of, fields_with_marker
from licsync.model.inventory import (
    UNIQUE,
    InSyncTotals,
    Inventory,
    Record,
    as_list,
    as_user,
    mac_of,
    macs_of,
    numbers_in,
)
from licsync.model.inventory_document import InventoryUser, Unit
from licsync.model.license import state_of
from licsync.planning.comparison import differences
from licsync.planning.named_resources import plan_addresses, plan_named
from licsync.planning.validation.context import NAMED, Context
from licsync.planning.validation.licenses import clash
from licsync.planning.validation.numbers import leads_elsewhere

_OWN = frozenset(("external_id", "cost_center"))
"""Keys of licsync's own, which 8x8 never sees."""

_KEYS = fields_of(UserAttributes).keys() | _OWN | {"licenses"}
_REFERENCES = [
    (name, ref.kind)
    for name, ref in fields_with_marker(UserAttributes, Ref).items()
    if ref.kind in NAMED
]
_SIMPLE = frozenset(
    ("number", "phone_numbers", "call_forwarding", "voicemail_email", "recording_mode")
)
"""Settings that every license type has. Other settings depend on the catalog."""


Pool = tuple[str, str, str | None]
"""Type, country and id of the service address of a license unit."""


@dataclass(slots=True)
class InSyncUsers:
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
    """

    users: list[str] = field(default_factory=list)
    zones: list[str] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    pools: list[Pool] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    counts: list[tuple[int, int, int]] = field(default_factory=list)

    @property
    def totals(self) -> InSyncTotals:
        """The counts of them."""
        return totals_of(self.users, self.pools, self.zones)


def totals_of(users: Sequence[str], pools: Iterable[Pool], zones: Iterable[str]) -> InSyncTotals:
    """Count users in sync, and the units that they hold."""
    return InSyncTotals(len(users), Counter(pools), {zone for zone in zones if zone})


class SharedState:
    """Everything of an account except its users and their licenses.

    Args:
        desired: what the files declare besides users.
        inventory: the sites, service addresses and policies of the inventory.
    """

    def __init__(self, desired: Desired, inventory: Inventory):
        self.desired = desired
        # the date is irrelevant: no user in sync has a date
        self.context = Context(desired, inventory, datetime(1970, 1, 1, tzinfo=UTC))
        self.protected = {name.casefold() for name in desired.account.get("protected_users") or ()}
        self.sites = self.context.sites
        self.is_plain = cache(self._is_plain)
        self.are_compatible = cache(self._are_compatible)
        self.country_of_site = cache(self.context.resolver.country_of_site)

    def country_of(self, site: str, entry: Mapping[str, Any]) -> str | None:
        """Return the country of a license entry of a user at a site."""
        return entry.get("country") or self.country_of_site(site) or self.desired.country

    def _is_plain(self, kind: str) -> bool:
        """Tell whether a license type is neither automatic nor requires another one."""
        catalog = self.desired.catalog
        return (
            kind in catalog and not catalog.is_automatic(kind) and not catalog[kind].get("requires")
        )

    def _are_compatible(self, kinds: tuple[str, ...]) -> bool:
        """Tell whether a user can hold licenses of these different types together."""
        catalog = self.desired.catalog
        return all(kind in catalog for kind in kinds) and not any(
            clash(catalog, *both) for both in combinations(kinds, 2)
        )

    @cached_property
    def is_stable(self) -> bool:
        """Whether the plan changes only users and licenses.

        A change of a site, address or policy may affect any user.
        """
        resolver = self.context.resolver
        named = (action for kind in PLAIN for action in plan_named(KINDS[kind], resolver))
        is_deleted = any(
            None in getattr(self.desired, KINDS[kind].section).values() for kind in NAMED
        )
        return (
            not is_deleted
            and next(plan_addresses(resolver), None) is None
            and next(named, None) is None
        )


def is_in_sync(
    name: str,
    user: Mapping[str, Any],
    record: Record,
    units: Mapping[str, Unit],
    shared_state: SharedState,
) -> bool:
    """Tell whether a plan certainly has nothing to do and nothing to report for a user.

    Args:
        name: the name of the user, in the files and in the inventory.
        user: the declared user with templates applied.
        record: the user's record in the inventory.
        units: the license units that the user holds.
        shared_state: everything else of the account.
    """
    return (
        user.keys() <= _KEYS
        and user.get("status", "active") == "active" == record.get("status", "active")
        and name.isascii()
        and not record.get("scim_provider")
        and not (shared_state.protected and name.casefold() in shared_state.protected)
        and _are_assigned(units.values())
        and _is_same(UserAttributes, _attributes(user), record)
        and _is_placed(user, shared_state)
        and ("licenses" not in user or _has_its_licenses(user, record, units, shared_state))
    )


def _are_assigned(units: Iterable[Unit]) -> bool:
    for unit in units:  # noqa: SIM110 - `all` of this takes twice the time
        if state_of(unit) != "assigned":
            return False
    return True


def _attributes(user: Mapping[str, Any]) -> dict[str, Any]:
    attributes = dict(user)
    attributes.pop("licenses", None)
    attributes.pop("status", None)
    for name in _OWN:
        attributes.pop(name, None)
    return attributes


def _is_same(declaration: type, declared: Mapping[str, Any], current: Mapping[str, Any]) -> bool:
    """Compare declared with current values. Mostly they are equal, so that is checked first."""
    if declared.items() <= current.items():
        return True
    unequal = {
        key: value for key, value in declared.items() if key not in current or current[key] != value
    }
    return next(differences(declaration, unequal, current), None) is None


def _is_placed(user: Mapping[str, Any], shared_state: SharedState) -> bool:
    names = shared_state.context.names
    for name, kind in _REFERENCES:  # noqa: SIM110 - `all` of this takes twice the time
        if user.get(name) and user[name] not in names[kind]:
            return False
    return True


def _has_its_licenses(
    user: Mapping[str, Any], record: Record, units: Mapping[str, Unit], shared_state: SharedState
) -> bool:
    """Tell whether a user holds exactly the declared licenses, with their declared settings.

    Several licenses must be of different types, so that planning can pair them in one way only.
    """
    entries, services = user["licenses"], record.get("services") or []
    if len(entries) != len(services):
        return False
    if not entries:
        return True
    held = {units[service["license"]]["type"]: service for service in services}
    kinds = tuple([entry["type"] for entry in entries])
    if len(kinds) > 1 and not (
        len(held) == len(kinds) and held.keys() == set(kinds) and shared_state.are_compatible(kinds)
    ):
        return False
    site = user.get("site") or record.get("site")
    for entry in entries:
        service = held.get(entry["type"])
        if service is None or not _has_license(
            entry, units[service["license"]], service.get("extension") or {}, site, shared_state
        ):
            return False
    return _lead_elsewhere(entries, services)


def _has_license(
    entry: Mapping[str, Any],
    unit: Unit,
    held: Mapping[str, Any],
    site: str | None,
    shared_state: SharedState,
) -> bool:
    """Tell whether a unit, and the extension held with it, are as an entry declares them."""
    extension = entry.get("extension")
    return (
        shared_state.is_plain(entry["type"])
        and not entry.get("service_address")
        and site is not None
        and site in shared_state.sites
        and unit["country"] == shared_state.country_of(site, entry)
        and _is_at_home(entry, unit["country"], shared_state.country_of_site(site))
        and (extension is None or _has_settings(extension, held))
    )


def _is_at_home(entry: Mapping[str, Any], country: str, home: str | None) -> bool:
    """Tell whether a license and its numbers are certainly of the country of the user's site."""
    if entry.get("country") and home and entry["country"] != home:
        return False
    extension = entry.get("extension")
    return not extension or not any(
        is_abroad(number, country) for number in extension.get("phone_numbers") or ()
    )


def _lead_elsewhere(
    entries: Iterable[Mapping[str, Any]], services: Iterable[Mapping[str, Any]]
) -> bool:
    """Tell whether no declared forwarding rule can lead to the user itself."""
    extensions = [extension for entry in entries if (extension := entry.get("extension"))]
    targets = [
        rule["to"] for extension in extensions for rule in extension.get("call_forwarding") or ()
    ]
    if not targets:
        return True
    held = [extension for service in services if (extension := service.get("extension"))]
    own: list[str] = []
    for extension in (*extensions, *held):
        for name in UNIQUE:
            own += as_list(extension.get(name))
    return all([leads_elsewhere(to, own) for to in targets])


def _has_settings(extension: Mapping[str, Any], held: Mapping[str, Any]) -> bool:
    if not extension or not extension.keys() <= _SIMPLE:
        return False
    for rule in extension.get("call_forwarding") or ():
        if "after_seconds" in rule and rule["when"] != "no_answer":
            return False
    for name in UNIQUE:
        numbers = extension.get(name)
        if isinstance(numbers, list) and len(numbers) > 1 and len(set(numbers)) < len(numbers):
            return False
    return _is_same(Extension, extension, held)


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
            found.zones.append(record.get("timezone") or "")
            found.units += held
            for unit in held.values():
                found.pools.append((unit["type"], unit["country"], unit.get("service_address")))
            names, numbers = names_of(name, user), _own_numbers(user, services)
            numbers += _held_undeclared(name, user, as_user(record))
            found.names += names
            found.numbers += numbers
            found.counts.append((len(held), len(names), len(numbers)))
    return found


def _own_numbers(user: Mapping[str, Any], services: Sequence[Mapping[str, Any]]) -> list[str]:
    """List the numbers that a user in sync holds, and its declared ones if spelled differently."""
    held: list[str] = []
    for service in services:
        if extension := service.get("extension"):
            for space, number in numbers_in(extension):
                held.append(f"{space}:{number}")
    for entry, service in zip(user.get("licenses") or (), services, strict=False):
        declared = entry.get("extension")
        if declared and not declared.items() <= (service.get("extension") or {}).items():
            return [*{*held, *declared_numbers(user)}]
    return held


def _held_undeclared(name: str, user: Mapping[str, Any], record: InventoryUser) -> Iterator[str]:
    """List what a user in sync holds and no user may declare: desk phones, an undeclared e-mail."""
    yield from (f"device:{mac}" for mac in macs_of(record))
    email = (record.get("email") or "").casefold()
    if email and "email" not in user and email != name.casefold():
        yield email


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
    users, units, zones = 0, Counter[tuple[str, str, str | None]](), set[str]()
    for part in parts:
        users += part.users
        units.update(part.units)
        zones |= part.zones
    return InSyncTotals(users, units, zones)


def is_doubtful(diagnostics: Iterable[Diagnostic]) -> bool:
    """Tell whether the diagnostics of a reduced state may differ from those of the whole state.

    Errors and unknown references may name or suggest users in sync.
    """
    return any(
        diagnostic.severity is Severity.ERROR or diagnostic.code is Code.UNKNOWN_REFERENCE
        for diagnostic in diagnostics
    )
