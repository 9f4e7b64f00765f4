"""Reads files that list only users, without the users in sync (`incremental.in_sync`).

The rest of such a file is an ordinary document with few users or none. The users in sync can be
cached: they stay in sync while their entry, the shared state and their records are the same. So of
an edited file licsync parses only the edited entries.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from licsync.config.assembly import expand_short_forms
from licsync.config.templates import apply_to_user
from licsync.config.validation import valid_entries
from licsync.config.yaml.document import Document
from licsync.config.yaml.entries import EntryTexts, split_entries
from licsync.config.yaml.parser import read
from licsync.incremental.in_sync import declared_numbers, find_in_sync, names_of
from licsync.incremental.in_sync_entries import InSyncEntries, entry_key, hash_all
from licsync.incremental.shared_state import SharedState
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
        is_same_inventory: whether no record has changed since the cached files were compared.
    """

    shared: SharedState
    templates: Mapping[str, dict[str, Any]]
    select: SelectRecords
    is_same_inventory: bool = False


@dataclass(slots=True)
class UserFile:
    """One file of users.

    Attributes:
        document: the file without its users in sync.
        in_sync: the entries of the users in sync.
        in_sync_totals: the counts of them.
        parsed: how many entries were parsed to make this.
    """

    document: Document
    in_sync: InSyncEntries = field(default_factory=InSyncEntries)
    in_sync_totals: InSyncTotals = field(default_factory=InSyncTotals)
    parsed: int = 0

    def in_sync_names(self, section: str) -> list[str]:
        """List the users in sync, or the units that they hold, for a section of the inventory."""
        return self.in_sync.users if section == "users" else self.in_sync.units


def read_user_file(
    data: bytes, name: str, comparison: ComparisonContext, cached: UserFile | None = None
) -> UserFile | None:
    """Read a file without its users in sync.

    Args:
        data: its content.
        name: its name.
        comparison: what its users are compared with.
        cached: the file as it was; None if that is unknown.

    Returns:
        the file; None if it declares more than users.
    """
    texts = split_entries(data)
    if cached is not None and texts is not None:
        file = _read_other_entries(texts, name, comparison, cached)
        if file is not None:
            return file
    document = read(data, name)
    if document.root.keys() - {"users"}:
        return None
    places = range(len(texts.entries)) if texts is not None else ()
    is_split = texts is not None and texts.agrees_with(document.places, places)
    return _without_in_sync(document, texts.entries if texts and is_split else None, comparison)


def _read_other_entries(
    texts: EntryTexts, name: str, comparison: ComparisonContext, cached: UserFile
) -> UserFile | None:
    """Read the entries that are not known to be in sync; None if the whole file must be read."""
    known = cached.in_sync
    positions = known.positions()
    found = [positions.get(entry_key(entry)) for entry in texts.entries]
    reusable = {position for position in found if position is not None}
    if not reusable or len(reusable) < sum(position is not None for position in found):
        return None  # an entry stands twice: the parser says where
    if not comparison.is_same_inventory:
        user_records = comparison.select("users", known.users)
        unit_records = comparison.select("licenses", known.units)
        reusable.intersection_update(known.unchanged(user_records, unit_records))
    others = [at for at, position in enumerate(found) if position not in reusable]
    document = read(texts.joined(others), name) if others else texts.without_entries(name)
    if document.faults or not texts.agrees_with(document.places, others):
        return None
    names = [path for path in document.places if len(path) > 1]
    places = {path: (texts.lines[at], texts.column) for path, at in zip(names, others, strict=True)}
    document = replace(document, places={**document.places, **places})
    file = _without_in_sync(document, [texts.entries[at] for at in others], comparison)
    file.in_sync = known.select(sorted(reusable)) + file.in_sync
    file.in_sync_totals = file.in_sync.totals
    return file


def _without_in_sync(
    document: Document, texts: Sequence[bytes] | None, comparison: ComparisonContext
) -> UserFile:
    """Take the users in sync out of a document.

    Args:
        document: the document, which declares only users.
        texts: the text of each entry; None if entries may depend on each other.
        comparison: what the users are compared with.
    """
    raw = document.root.get("users")
    if document.faults or not document.is_complete or not isinstance(raw, dict) or not raw:
        return UserFile(document)
    unread = UserFile(document, parsed=len(raw))
    expand_short_forms({"users": raw})
    users = valid_entries("users", raw)
    if users is None:
        return unread
    complete = {
        name: filled
        for name, user in users.items()
        if (filled := apply_to_user(user, comparison.templates)) is not None
    }
    user_records = comparison.select("users", complete)
    records = _parse_records(user_records)
    services = [service for r in records.values() for service in r.get("services") or ()]
    unit_records = comparison.select("licenses", [service["license"] for service in services])
    units = cast(dict[str, Unit], _parse_records(unit_records))  # the section has no other records
    found = find_in_sync(complete, records, units, comparison.shared)
    if not found.users:
        return unread
    in_sync = set(found.users)
    rest = {name: user for name, user in raw.items() if name not in in_sync}
    places = {
        path: place for path, place in document.places.items() if len(path) < 2 or path[1] in rest
    }
    named = dict(zip(raw, texts, strict=True)) if texts is not None else None
    return UserFile(
        replace(document, root={"users": rest}, places=places),
        InSyncEntries.of(found, named, user_records, unit_records),
        found.totals,
        len(raw),
    )


def _parse_records(texts: Mapping[str, str]) -> dict[str, Record]:
    return dict(zip(texts, map(read_json, texts.values()), strict=True))


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
    names, numbers = array("Q"), array("Q")
    for file in files:
        names += file.in_sync.names
        numbers += file.in_sync.numbers
    taken = set(names)
    others = hash_all(text for name, user in users.items() for text in names_of(name, user))
    emails = hash_all(
        record["email"].casefold() for record in records.values() if record.get("email")
    )
    if len(taken) != len(names) or not (taken.isdisjoint(others) and taken.isdisjoint(emails)):
        return False
    taken.update(others)
    taken.update(hash_all(number for user in users.values() for number in declared_numbers(user)))
    return taken.isdisjoint(numbers)
