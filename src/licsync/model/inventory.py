"""The inventory: what the console holds now, as records, with the indexes that planning needs.

Records are the plain dictionaries of the inventory document (contract, section 2), so nothing that
the vendor adds is lost on the way through.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any, cast

from licsync.model.canonical import canonical_json
from licsync.model.declarations import KINDS, Extension
from licsync.model.fields import Unique, fields_with_marker
from licsync.model.inventory_document import (
    InventoryAddress,
    InventoryPolicy,
    InventorySite,
    InventoryUser,
    NumberHolder,
    Service,
    Unit,
)
from licsync.model.license import state_of

Record = dict[str, Any]

SECTIONS = tuple(kind.section for kind in KINDS.values())
"""The sections of an inventory; a record's key is `section/name`."""

UNIQUE = {field: mark.space for field, mark in fields_with_marker(Extension, Unique).items()}
"""The settings of a license that no two users share (extension and phone numbers): field to space of values."""


def address_key(address: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """Canonical postal content: service addresses are the same where this is equal (contract, section 4)."""
    declaration = KINDS["service_address"].declaration
    return tuple(
        (name, " ".join(str(address[name]).split()).casefold())
        for name in declaration.__annotations__
        if address.get(name) not in (None, "")
    )


NOTES = frozenset(("vendor", "restore"))
"""What of a service is no state of the console: what a backend carries along, and what is to be put back by hand."""


SPELLED = "spelled"
"""The key of a record that notes values which the vendor stores otherwise than they were asked for: path to `asked` and
`stored`. They are no difference as long as both are so."""


def without_notes(record: Any) -> Any:
    """Give what counts of a record when it is compared: not its notes, nor those in its services."""
    if isinstance(record, dict) and SPELLED in record:
        record = {key: value for key, value in record.items() if key != SPELLED}
    services = record.get("services") if isinstance(record, dict) else None
    if not services or all([NOTES.isdisjoint(service) for service in services]):
        return record
    return {
        **record,
        "services": [{k: v for k, v in s.items() if k not in NOTES} for s in record["services"]],
    }


def digest(record: Any) -> str:
    """Hash a record's canonical JSON; equal records have equal digests whatever their key order."""
    return f"sha256:{sha256(canonical_json(without_notes(record))).hexdigest()}"


def digest_of_texts(pieces: Iterable[bytes]) -> str:
    """Hash canonical JSON that comes in pieces."""
    found = sha256()
    for piece in pieces:
        found.update(piece)
    return f"sha256:{found.hexdigest()}"


@dataclass(frozen=True, slots=True)
class InSyncTotals:
    """What is left out of an inventory, of users that a plan has nothing to do for (`incremental.in_sync`).

    Attributes:
        users: how many they are.
        units: how many units they hold, all of them assigned, by type, country and id of the
            service address.
        zones: the time zones they are in.
    """

    users: int = 0
    units: Counter[tuple[str, str, str | None]] = field(default_factory=Counter)
    zones: set[str] = field(default_factory=set)


@dataclass(slots=False)
class Inventory:
    """Everything the console holds, by section and name.

    Of the `in_sync_totals` only the numbers are known.
    """

    account: str
    as_of: str
    service_addresses: dict[str, InventoryAddress] = field(default_factory=dict)
    sites: dict[str, InventorySite] = field(default_factory=dict)
    policies: dict[str, InventoryPolicy] = field(default_factory=dict)
    licenses: dict[str, Unit] = field(default_factory=dict)
    users: dict[str, InventoryUser] = field(default_factory=dict)
    holders: list[NumberHolder] = field(default_factory=list)
    in_sync_totals: InSyncTotals = field(default_factory=InSyncTotals)

    def __post_init__(self) -> None:
        """Have every section, also of a kind that no field above is for."""
        for section in SECTIONS:
            self.__dict__.setdefault(section, {})

    @property
    def user_count(self) -> int:
        """How many users there are."""
        return len(self.users) + self.in_sync_totals.users

    @property
    def unit_count(self) -> int:
        """How many license units there are."""
        return len(self.licenses) + self.in_sync_totals.units.total()

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
    def address_ids(self) -> dict[tuple[tuple[str, str], ...], str]:
        """Ids of service addresses by postal content; the lowest id where content repeats."""
        return {address_key(a): i for i, a in sorted(self.service_addresses.items(), reverse=True)}

    @cached_property
    def numbers(self) -> dict[tuple[str, str], str]:
        """Who has which extension or phone number: ("extension"|"phone-number", value) to user, or to what is none."""
        return self.holder_numbers | {
            use: name for name, user in self.users.items() for use in numbers_of(user)
        }

    @cached_property
    def holder_numbers(self) -> dict[tuple[str, str], str]:
        """Numbers that are held by what is no user, by a name for people."""
        return {
            use: holder_title(holder)
            for holder in self.holders
            for use in numbers_of_holder(holder)
        }

    @cached_property
    def owned(self) -> frozenset[tuple[str, str]]:
        """Type and country of every unit that the vendor has not removed."""
        return frozenset(
            (u["type"], u["country"])
            for u in self.licenses.values()
            if state_of(u) != "suspended:removed"
        )

    def pool_of(self, unit_id: str) -> tuple[str, str]:
        """Give type and country of a unit; question marks for one that is not listed."""
        unit = self.licenses.get(unit_id)
        return (unit["type"], unit["country"]) if unit else ("?", "?")

    def address_of_site(self, site: str | None) -> str | None:
        """Give the id of a site's service address."""
        record = self.sites.get(site) if site else None
        return record.get("service_address") if record else None

    def to_document(self) -> dict[str, Any]:
        """Give the inventory document of the contract, section 2."""
        head = {"format_version": "1", "account": self.account, "as_of": self.as_of}
        holders = {"holders": self.holders} if self.holders else {}
        return head | {section: getattr(self, section) for section in SECTIONS} | holders

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Inventory:
        """Take a document that has been checked; the records are shared, not copied."""
        inventory = cls(document["account"], document.get("as_of", ""))
        inventory.__dict__.update({section: document.get(section) or {} for section in SECTIONS})
        inventory.holders = document.get("holders") or []
        return inventory


def as_user(record: Mapping[str, Any] | None) -> InventoryUser | None:
    """Take a record of the section `users` for what it is, where records of any kind come together."""
    return cast(InventoryUser | None, record)  # the section has no other records


def as_unit(record: Mapping[str, Any] | None) -> Unit | None:
    """Take a record of the section `licenses` for what it is, as `as_user`."""
    return cast(Unit | None, record)  # the section has no other records


def services_of(record: Mapping[str, Any] | None) -> list[Service]:
    """List what a user's record says of the licenses that the user holds."""
    user = as_user(record)
    return (user.get("services") or []) if user is not None else []


def numbers_of_holder(holder: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """List the extension and phone numbers of what is no user: a ring group, a call queue, an auto attendant."""
    yield from (("extension", number) for number in as_list(holder.get("extension")))
    yield from (("phone-number", number) for number in as_list(holder.get("phone_numbers")))


def holder_title(holder: Mapping[str, Any]) -> str:
    """Name what is no user for people: its kind, and its name."""
    return f"{str(holder['kind']).replace('_', ' ')} '{holder['name']}'"


def is_filled(value: object) -> bool:
    """Tell whether there is anything in what a license carries: an extension that was emptied is none."""
    if isinstance(value, Mapping):
        return any(map(is_filled, value.values()))
    return value not in (None, "", [])


def numbers_of(user: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """List the extension and phone numbers that a user's record holds."""
    for service in user.get("services") or ():
        if extension := service.get("extension"):
            yield from numbers_in(extension)


def macs_of(user: Mapping[str, Any]) -> Iterator[str]:
    """List the MAC addresses of the desk phones that a user's record holds."""
    for service in user.get("services") or ():
        for device in (service.get("extension") or {}).get("devices") or ():
            if mac := mac_of(device):
                yield mac


def mac_of(device: Mapping[str, Any]) -> str:
    """Give the MAC address of a desk phone, without case and punctuation; empty where it has none."""
    return re.sub(r"[:.-]", "", device.get("mac_address") or "").casefold()


def numbers_in(extension: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List the numbers that an extension has: their space and what they are."""
    return [
        (space, number)
        for name, space in UNIQUE.items()
        if name in extension
        for number in as_list(extension[name])
    ]


def as_list(value: str | Sequence[str] | None) -> Sequence[str]:
    """Give the numbers of a field that holds one or several."""
    return (value,) if isinstance(value, str) and value else value or ()


def number_title(space: str) -> str:
    """Name a space of numbers for people."""
    return "extension number" if space == "extension" else space.replace("-", " ")
