"""The inventory: what the console holds now, as records, with the indexes that planning needs.

Records are the plain dictionaries of the inventory document (contract, section 2), so licsync keeps
the keys that 8x8 adds.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import TypeVar, cast, overload

from licsync.model.canonical import FieldValue, canonical_json
from licsync.model.declarations import KINDS, Device, Extension
from licsync.model.fields import Unique, fields_with_marker
from licsync.model.inventory_document import (
    GROUPS,
    Holder,
    InventoryAddress,
    InventoryDocument,
    InventoryPolicy,
    InventorySite,
    InventoryUser,
    NumberHolder,
    Service,
    Unit,
)
from licsync.model.license import state_of
from licsync.model.places import PlaceKey, place_key

Record = dict[str, FieldValue]
"""A record of any kind, for code that reads fields by their name at run time."""

R = TypeVar("R")

SECTIONS = tuple(kind.section for kind in KINDS.values())
"""The sections of an inventory; a record's key is `section/name`."""

UNIQUE = {field: mark.space for field, mark in fields_with_marker(Extension, Unique).items()}
"""The fields of an extension that no two users share: field to space of values."""


NOTES = frozenset(("vendor", "restore"))
"""Keys of a service outside the console's state: a backend's notes and settings to restore."""


SPELLED = "spelled"
"""The key of a record for values that 8x8 stores in another form: path to `asked` and `stored`.

They do not count as differences as long as both stay the same.
"""


def without_notes(record: R) -> R:
    """Remove the notes of a record and of its services, to compare it."""
    if not isinstance(record, dict):
        return record
    plain: Record = record
    if SPELLED in plain:
        plain = {key: value for key, value in plain.items() if key != SPELLED}
    services = plain.get("services")
    if services and not all([NOTES.isdisjoint(service) for service in services]):
        rest = [{k: v for k, v in s.items() if k not in NOTES} for s in services]
        plain = {**plain, "services": rest}
    return cast(R, plain)  # the same type of record, with fewer keys


def digest(record: object) -> str:
    """Hash the canonical JSON of a record. The order of its keys does not matter."""
    return f"sha256:{sha256(canonical_json(without_notes(record))).hexdigest()}"


def digest_of_texts(pieces: Iterable[bytes]) -> str:
    """Hash canonical JSON in pieces."""
    found = sha256()
    for piece in pieces:
        found.update(piece)
    return f"sha256:{found.hexdigest()}"


@dataclass(frozen=True, slots=True)
class InSyncTotals:
    """Totals of the users that are in sync and left out of an inventory (`incremental.in_sync`).

    Attributes:
        users: the number of users.
        units: the number of their assigned units, by type, country and id of the service address.
        zones: the time zones of the users.
        seen_only: the number of those units that were only seen beside a phone number, by type and
            country.
        call_links: what calls to the users and their calls depend on
            (`call_links`).
    """

    users: int = 0
    units: Counter[tuple[str, str, str | None]] = field(default_factory=Counter)
    zones: set[str] = field(default_factory=set)
    seen_only: Counter[tuple[str, str]] = field(default_factory=Counter)
    call_links: set[str] = field(default_factory=set)


@dataclass(slots=False)
class Inventory:
    """The records of the console, by section and name.

    Users in `in_sync_totals` are left out; only their totals are known. `observed` says when an
    export or SCIM last said a section or a path (`model.observed`).
    """

    account: str
    as_of: str
    service_addresses: dict[str, InventoryAddress] = field(default_factory=dict)
    sites: dict[str, InventorySite] = field(default_factory=dict)
    policies: dict[str, InventoryPolicy] = field(default_factory=dict)
    licenses: dict[str, Unit] = field(default_factory=dict)
    users: dict[str, InventoryUser] = field(default_factory=dict)
    holders: list[NumberHolder] = field(default_factory=list)
    observed: dict[str, str] = field(default_factory=dict)
    in_sync_totals: InSyncTotals = field(default_factory=InSyncTotals)

    def __post_init__(self) -> None:
        """Add the sections of kinds without a field above."""
        for section in SECTIONS:
            self.__dict__.setdefault(section, {})

    @property
    def user_count(self) -> int:
        """The number of users."""
        return len(self.users) + self.in_sync_totals.users

    @property
    def unit_count(self) -> int:
        """The number of license units."""
        return len(self.licenses) + self.in_sync_totals.units.total()

    @property
    def lists_licenses(self) -> bool:
        """Whether a list of the owned licenses was read. Else only those that users hold are known.

        Neither 8x8's API (domain.md, 10.1) nor an export of users shows others.
        """
        if self.observed:
            return "licenses" in self.observed
        seen_only = len([1 for unit in self.licenses.values() if unit.get("seen_only")])
        return self.unit_count > seen_only + self.in_sync_totals.seen_only.total()

    def get(self, key: str) -> Mapping[str, object] | None:
        """Look a record up by `section/name`."""
        section, _, name = key.partition("/")
        return self.records(section).get(name)

    def records(self, section: str) -> Mapping[str, Mapping[str, object]]:
        """Give the records of a section by name, for code that handles records of any kind."""
        records: Mapping[str, Mapping[str, object]] = getattr(self, section)
        return records

    def digests(self) -> dict[str, str]:
        """Give the digests of users and units, by key."""
        return {
            f"{section}/{name}": digest(record)
            for section, records in (("users", self.users), ("licenses", self.licenses))
            for name, record in records.items()
        }

    @cached_property
    def user_names(self) -> dict[str, str]:
        """User names by their caseless form."""
        return {name.casefold(): name for name in self.users}

    @cached_property
    def address_ids(self) -> dict[PlaceKey, str]:
        """Ids of service addresses by place; the lowest id where a place repeats."""
        return {place_key(a): i for i, a in sorted(self.service_addresses.items(), reverse=True)}

    @cached_property
    def numbers(self) -> dict[tuple[str, str], str]:
        """The holder of each number, by space (`extension` or `phone-number`) and value."""
        return self.holder_numbers | {
            use: name for name, user in self.users.items() for use in numbers_of(user)
        }

    @cached_property
    def holder_numbers(self) -> dict[tuple[str, str], str]:
        """The title of the holder, by number, for numbers that no user holds."""
        return {
            use: holder_title(holder)
            for holder in self.holders
            for use in numbers_of_holder(holder)
        }

    @cached_property
    def owned(self) -> frozenset[tuple[str, str]]:
        """Type and country of every unit that 8x8 has not removed."""
        return frozenset(
            (u["type"], u["country"])
            for u in self.licenses.values()
            if state_of(u) != "suspended:removed"
        )

    def pool_of(self, unit_id: str) -> tuple[str, str]:
        """Give type and country of a unit; question marks for an unknown unit."""
        unit = self.licenses.get(unit_id)
        return (unit["type"], unit["country"]) if unit else ("?", "?")

    def address_of_site(self, site: str | None) -> str | None:
        """Give the id of a site's service address."""
        record = self.sites.get(site) if site else None
        return record.get("service_address") if record else None

    def to_document(self) -> dict[str, object]:
        """Give the inventory document of the contract, section 2."""
        head: dict[str, object]
        head = {"format_version": "1", "account": self.account, "as_of": self.as_of}
        holders = {"holders": self.holders} if self.holders else {}
        observed = {"observed": self.observed} if self.observed else {}
        records = {section: getattr(self, section) for section in SECTIONS}
        return head | observed | records | holders

    @classmethod
    def from_document(cls, document: Mapping[str, object]) -> Inventory:
        """Build the inventory from a checked document. It shares the records of the document."""
        checked = cast(InventoryDocument, document)
        inventory = cls(checked["account"], checked.get("as_of", ""))
        inventory.__dict__.update({section: document.get(section) or {} for section in SECTIONS})
        inventory.holders = checked.get("holders") or []
        inventory.observed = checked.get("observed") or {}
        return inventory


@overload
def as_user(record: Mapping[str, object]) -> InventoryUser: ...
@overload
def as_user(record: Mapping[str, object] | None) -> InventoryUser | None: ...
def as_user(record: Mapping[str, object] | None) -> InventoryUser | None:
    """Give a record of the section `users` its type, in code that reads records of any kind."""
    return cast(InventoryUser | None, record)  # the section has no other records


@overload
def as_unit(record: Mapping[str, object]) -> Unit: ...
@overload
def as_unit(record: Mapping[str, object] | None) -> Unit | None: ...
def as_unit(record: Mapping[str, object] | None) -> Unit | None:
    """Give a record of the section `licenses` its type, as `as_user`."""
    return cast(Unit | None, record)  # the section has no other records


def services_of(record: Mapping[str, object] | None) -> list[Service]:
    """List the licenses that a user holds."""
    user = as_user(record)
    return (user.get("services") or []) if user is not None else []


def numbers_of_holder(holder: NumberHolder) -> Iterator[tuple[str, str]]:
    """List the extension and phone numbers of a holder other than a user, such as a ring group."""
    yield from (("extension", number) for number in as_list(holder.get("extension")))
    yield from (("phone-number", number) for number in as_list(holder.get("phone_numbers")))


def holder_title(holder: Holder) -> str:
    """Give the kind and the name of a holder other than a user, for people."""
    return f"{holder['kind'].replace('_', ' ')} '{holder['name']}'"


def is_filled(value: object) -> bool:
    """Tell whether a value has content. An extension of empty fields has none."""
    if isinstance(value, Mapping):
        return any(map(is_filled, value.values()))
    return value not in (None, "", [])


def numbers_of(user: InventoryUser) -> Iterator[tuple[str, str]]:
    """List the extension and phone numbers of a user, each with its space."""
    for service in user.get("services") or ():
        if extension := service.get("extension"):
            yield from numbers_in(extension)


def macs_of(user: InventoryUser) -> Iterator[str]:
    """List the MAC addresses of a user's desk phones."""
    for service in user.get("services") or ():
        if extension := service.get("extension"):
            for device in extension.get("devices") or ():
                if mac := mac_of(device):
                    yield mac


def mac_of(device: Device) -> str:
    """Give the MAC address of a desk phone, without case and punctuation. Empty if it has none."""
    return re.sub(r"[:.-]", "", device.get("mac_address") or "").casefold()


def call_links(user: InventoryUser) -> list[str]:
    """List what a user's calls depend on: forwarding targets and groups.

    `incremental.in_sync` keeps this of the users that it leaves out of a plan.
    """
    found: list[str] = []
    for service in user.get("services") or ():
        if extension := service.get("extension"):
            rules = extension.get("call_forwarding") or ()
            found += [f"to:{number_key(rule['to'])}" for rule in rules]
    for kind in GROUPS:
        if groups := user.get(kind):
            found += [f"{kind}:{name}" for name in names_of_groups(groups)]
    return found


def names_of_groups(groups: Iterable[object]) -> list[str]:
    """List the names of ring groups or call queues; 8x8 may say more of each than its name."""
    found = (one.get("name") if isinstance(one, Mapping) else one for one in groups)
    return [str(name) for name in found if name]


_LOCAL_DIGITS = 7
"""So many last digits of a phone number stay the same however it is written."""


def number_key(number: str) -> str:
    """Return a text that is the same for all spellings of a number; rarely for others, too."""
    digits = number.removeprefix("+")
    if not digits.isdecimal():  # seldom
        digits = re.sub("[^0-9]", "", number) or number
    return digits[-_LOCAL_DIGITS:]


def numbers_in(extension: Mapping[str, object]) -> list[tuple[str, str]]:
    """List the numbers of an extension, each with its space."""
    found: list[tuple[str, str]] = []
    for name, space in UNIQUE.items():
        numbers = extension.get(name)
        if isinstance(numbers, str):
            if numbers:
                found.append((space, numbers))
        elif numbers:
            found += [(space, number) for number in as_list(numbers)]
    return found


_LISTS = (list, tuple)  # one tuple: `list | tuple` would be built at each call


def as_list(value: object) -> Sequence[str]:
    """List the numbers of a field that has one number or several."""
    if isinstance(value, str):
        return (value,) if value else ()
    return value if isinstance(value, _LISTS) else ()


def number_title(space: str) -> str:
    """Give the name of a space of numbers for people."""
    return "extension number" if space == "extension" else space.replace("-", " ")
