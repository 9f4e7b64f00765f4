"""Reads files that list only users, without the users in sync (`incremental.in_sync`).

The rest of such a file is an ordinary document with few users or none. The users in sync can be
cached: they stay in sync while the file, the shared state and their records are the same.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any, cast

from licsync.config.assembly import expand_short_forms
from licsync.config.templates import apply_to_user
from licsync.config.validation import valid_entries
from licsync.config.yaml.entry_templates import EntryTemplates, read_by_template
from licsync.config.yaml.parser import Document, read
from licsync.incremental.in_sync import (
    SharedState,
    declared_numbers,
    find_in_sync,
    names_of,
    sum_totals,
)
from licsync.model.canonical import read_json
from licsync.model.inventory import InSyncTotals, Record
from licsync.model.inventory_document import Unit

SelectRecords = Callable[[str, Collection[str]], Mapping[str, str]]
"""Returns the existing records of a section of the inventory with some names, each as JSON."""


@dataclass(frozen=True, slots=True)
class ComparisonContext:
    """What the users of a file are compared with.

    Attributes:
        shared: everything of the account except users and their licenses.
        templates: the settings of each template.
        select: returns users and license units of the inventory.
    """

    shared: SharedState
    templates: Mapping[str, dict[str, Any]]
    select: SelectRecords


@dataclass(slots=True)
class UserFile:
    """One file of users.

    Attributes:
        document: the file without its users in sync.
        users: the names of the users in sync.
        units: the ids of the units that they hold.
        names: their names and e-mail addresses, hashed (`hash_all`).
        numbers: their numbers, hashed.
        in_sync_totals: the counts of them.
        records_digest: the digest of their records and units when they were compared.
    """

    document: Document
    users: list[str] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    names: array[int] = field(default_factory=lambda: array("Q"))
    numbers: array[int] = field(default_factory=lambda: array("Q"))
    in_sync_totals: InSyncTotals = field(default_factory=InSyncTotals)
    records_digest: bytes = b""

    def in_sync(self, section: str) -> list[str]:
        """List the users in sync, or the units that they hold, for a section of the inventory."""
        return self.users if section == "users" else self.units

    def current_records_digest(self, comparison: ComparisonContext) -> bytes:
        """Hash the current records of the users in sync and their units; empty if one is gone."""
        select = comparison.select
        return self.digest_of_records(select("users", self.users), select("licenses", self.units))

    def digest_of_records(self, users: Mapping[str, str], units: Mapping[str, str]) -> bytes:
        """Hash those of some records that are of users in sync; empty if one is gone."""
        try:
            texts = [*map(users.__getitem__, self.users), *map(units.__getitem__, self.units)]
        except KeyError:
            return b""
        return blake2b("\n".join(texts).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def read_user_file(
    data: bytes, name: str, comparison: ComparisonContext, entry_templates: EntryTemplates
) -> UserFile | None:
    """Read a file without its users in sync; None if it declares more than users."""
    document = read_by_template(data, name, entry_templates) or read(data, name)
    if document.root.keys() - {"users"}:
        return None
    return mark_in_sync(UserFile(document), comparison) or UserFile(document)


def mark_in_sync(file: UserFile, comparison: ComparisonContext) -> UserFile | None:
    """Take out the users of a file that are in sync by now; None if there are none."""
    document = file.document
    raw = document.root.get("users")
    if document.faults or not document.is_complete or not isinstance(raw, dict) or not raw:
        return None
    expand_short_forms({"users": raw})
    users = valid_entries("users", raw)
    if users is None:
        return None
    complete = {
        name: filled
        for name, user in users.items()
        if (filled := apply_to_user(user, comparison.templates)) is not None
    }
    user_texts = comparison.select("users", complete)
    records = _parse_records(user_texts)
    services = [service for r in records.values() for service in r.get("services") or ()]
    unit_texts = comparison.select("licenses", [service["license"] for service in services])
    units = cast(dict[str, Unit], _parse_records(unit_texts))  # the section has no other records
    found = find_in_sync(complete, records, units, comparison.shared)
    if not found.users:
        return None
    in_sync = set(found.users)
    rest = {name: user for name, user in raw.items() if name not in in_sync}
    positions = {
        path: place for path, place in document.places.items() if len(path) < 2 or path[1] in rest
    }
    result = UserFile(
        replace(document, root={"users": rest}, places=positions),
        file.users + found.users,
        file.units + found.units,
        file.names + hash_all(found.names),
        file.numbers + hash_all(found.numbers),
        sum_totals((file.in_sync_totals, found.totals)),
    )
    result.records_digest = (
        result.current_records_digest(comparison)
        if file.users
        else result.digest_of_records(user_texts, unit_texts)
    )
    return result


def _parse_records(texts: Mapping[str, str]) -> dict[str, Record]:
    return dict(zip(texts, map(read_json, texts.values()), strict=True))


def hash_all(texts: Iterable[str]) -> array[int]:
    """Hash names or numbers to 64 bits each.

    A collision looks like a conflict: licsync then compares every user.
    """
    digests = (
        blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest() for text in texts
    )
    return array("Q", b"".join(digests))


def has_no_conflicts(
    files: Collection[UserFile],
    users: Mapping[str, Mapping[str, Any]],
    records: Mapping[str, Record],
) -> bool:
    """Tell whether no other user has the name, e-mail address or number of a user in sync.

    Args:
        files: all files of users.
        users: the declared users that are not in sync.
        records: the users of the inventory that are not in sync.
    """
    taken: set[int] = set()
    for file in files:
        taken.update(file.names)
    others = hash_all(text for name, user in users.items() for text in names_of(name, user))
    emails = hash_all(
        record["email"].casefold() for record in records.values() if record.get("email")
    )
    if len(taken) != sum(len(file.names) for file in files) or not (
        taken.isdisjoint(others) and taken.isdisjoint(emails)
    ):
        return False
    taken.update(others)
    taken.update(hash_all(number for user in users.values() for number in declared_numbers(user)))
    return all(taken.isdisjoint(file.numbers) for file in files)
