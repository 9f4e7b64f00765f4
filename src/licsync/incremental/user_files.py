"""Reads files that list users and nothing else, without the users that are settled (`incremental.in_sync`).

What is left of such a file is a document like any other, with few users in it or none. What was
found settled in it
can be kept (`incremental.cache`): it holds as long as the file, what is around it, and the records
of its settled users are the same.
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

Texts = Callable[[str, Collection[str]], Mapping[str, str]]
"""Gives records of a section of the inventory, those of the names that there are, each as JSON."""


@dataclass(frozen=True, slots=True)
class ComparisonContext:
    """What the users of a file are compared with.

    Attributes:
        around: everything of the account but users.
        templates: what each template says.
        texts: the users and license units of the inventory.
    """

    around: SharedState
    templates: Mapping[str, dict[str, Any]]
    texts: Texts


@dataclass(slots=True)
class UserFile:
    """One file of users.

    Attributes:
        document: what it says of the users that are not settled.
        users: the names of those that are.
        units: the ids of the units that these hold.
        names: the names and e-mails that these have, hashed (`hash_all`).
        numbers: the numbers that these have, hashed.
        in_sync_totals: what is counted of these.
        seen_digest: names the records of these, and of their units (`UserFile.records_digest`).
    """

    document: Document
    users: list[str] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    names: array[int] = field(default_factory=lambda: array("Q"))
    numbers: array[int] = field(default_factory=lambda: array("Q"))
    in_sync_totals: InSyncTotals = field(default_factory=InSyncTotals)
    seen_digest: bytes = b""

    def in_sync(self, section: str) -> list[str]:
        """Name the settled users, or the units that they hold, by the section of the inventory that they are in."""
        return self.users if section == "users" else self.units

    def records_digest(self, comparison: ComparisonContext) -> bytes:
        """Name the records of the settled users and of their units, as they are now; nothing where one is gone."""
        return self._records_digest(
            comparison.texts("users", self.users), comparison.texts("licenses", self.units)
        )

    def _records_digest(self, users: Mapping[str, str], units: Mapping[str, str]) -> bytes:
        try:
            texts = [*map(users.__getitem__, self.users), *map(units.__getitem__, self.units)]
        except KeyError:
            return b""
        return blake2b("\n".join(texts).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def read_user_file(
    data: bytes, name: str, comparison: ComparisonContext, entry_templates: EntryTemplates
) -> UserFile | None:
    """Read a file without its settled users; None where it lists more than users."""
    document = read_by_template(data, name, entry_templates) or read(data, name)
    if document.root.keys() - {"users"}:
        return None
    return mark_in_sync(UserFile(document), comparison) or UserFile(document)


def mark_in_sync(part: UserFile, comparison: ComparisonContext) -> UserFile | None:
    """Sort out who is settled by now among the users that a part has in full; None where nobody is."""
    document = part.document
    raw = document.root.get("users")
    if document.faults or not document.is_complete or not isinstance(raw, dict) or not raw:
        return None
    expand_short_forms({"users": raw})
    users = valid_entries("users", raw)
    if users is None:
        return None
    complete = {
        n: u
        for n, user in users.items()
        if (u := apply_to_user(user, comparison.templates)) is not None
    }
    of_users = comparison.texts("users", complete)
    records = _records(of_users)
    of_units = comparison.texts(
        "licenses", [s["license"] for r in records.values() for s in r.get("services") or ()]
    )
    units = cast(dict[str, Unit], _records(of_units))  # the section has no other records
    found = find_in_sync(complete, records, units, comparison.around)
    if not found.users:
        return None
    gone = set(found.users)
    left = {name: user for name, user in raw.items() if name not in gone}
    places = {
        path: place for path, place in document.places.items() if len(path) < 2 or path[1] in left
    }
    settled = UserFile(
        replace(document, root={"users": left}, places=places),
        part.users + found.users,
        part.units + found.units,
        part.names + hash_all(found.names),
        part.numbers + hash_all(found.numbers),
        sum_totals((part.in_sync_totals, found.totals)),
    )
    settled.seen_digest = (
        settled.records_digest(comparison)
        if part.users
        else settled._records_digest(of_users, of_units)
    )
    return settled


def _records(texts: Mapping[str, str]) -> dict[str, Record]:
    return dict(zip(texts, map(read_json, texts.values()), strict=True))


def hash_all(taken: Iterable[str]) -> array[int]:
    """Hash names or numbers to 64 bits each.

    Two may look the same that are not: then everybody is compared.
    """
    digests = (
        blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest() for text in taken
    )
    return array("Q", b"".join(digests))


def has_no_conflicts(
    parts: Collection[UserFile],
    users: Mapping[str, Mapping[str, Any]],
    records: Mapping[str, Record],
) -> bool:
    """Tell whether nobody takes a settled user's name, e-mail or number: no other one, and nobody who is compared.

    Args:
        parts: all that were read.
        users: who is compared, as the files say.
        records: who is compared, as the inventory says.
    """
    taken: set[int] = set()
    for part in parts:
        taken.update(part.names)
    others = hash_all(text for name, user in users.items() for text in names_of(name, user))
    emails = hash_all(
        record["email"].casefold() for record in records.values() if record.get("email")
    )
    if len(taken) != sum(len(part.names) for part in parts) or not (
        taken.isdisjoint(others) and taken.isdisjoint(emails)
    ):
        return False
    taken.update(others)
    taken.update(hash_all(number for user in users.values() for number in declared_numbers(user)))
    return all(taken.isdisjoint(part.numbers) for part in parts)
