"""Finds out which users of an export are users of the previous inventory, under which names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from licsync.spreadsheets.cell_values import fold

_Users = Mapping[str, Mapping[str, Any]]
_Evidence = Callable[[str, Mapping[str, Any]], Iterable[object]]


def match_users(
    previous: _Users, exported: _Users, loose: Mapping[str, Mapping[str, Any]]
) -> dict[str, str]:
    """Match users by name, else by e-mail address, else by a number together with a name.

    A number alone is not evidence: whoever follows a leaver gets the leaver's number.

    Args:
        previous: the users of the previous inventory.
        exported: the users of the export.
        loose: settings of users of the export whose licenses it does not list.

    Returns:
        the previous name of each matched user, by the name in the export.
    """
    names = {name.casefold(): name for name in previous}
    found = {name: names[name.casefold()] for name in exported if name.casefold() in names}

    def emails(name: str, user: Mapping[str, Any]) -> Iterator[object]:
        email = user.get("email") or (name if "@" in name else "")
        yield from ((str(email).casefold(),) if email else ())

    def numbers(name: str, user: Mapping[str, Any]) -> Iterator[object]:
        extensions = [service.get("extension") or {} for service in user.get("services") or ()]
        persons = [fold(str(user.get(key) or "")) for key in ("first_name", "last_name")]
        for extension in (*extensions, loose.get(name) or {}):
            numbers = (extension.get("number"), *(extension.get("phone_numbers") or ()))
            for number in filter(None, numbers):
                yield from ((number, at, person) for at, person in enumerate(persons) if person)

    for evidence in (emails, numbers):
        taken = set(found.values())
        before = {name: user for name, user in previous.items() if name not in taken}
        after = {name: user for name, user in exported.items() if name not in found}
        found |= _unique_pairs(_index(before, evidence), _index(after, evidence))
    return found


def _index(users: _Users, evidence: _Evidence) -> dict[object, str]:
    """Return the user of each piece of evidence that only one user has."""
    claims = [(one, name) for name, user in users.items() for one in set(evidence(name, user))]
    counts = Counter(one for one, _ in claims)
    return {one: name for one, name in claims if counts[one] == 1}


def _unique_pairs(before: Mapping[object, str], after: Mapping[object, str]) -> dict[str, str]:
    """Pair users whose evidence points to each other and to nobody else."""
    pairs = {(after[one], before[one]) for one in before.keys() & after.keys()}
    return {
        name: old
        for name, old in pairs
        if _count(pairs, 0, name) == 1 and _count(pairs, 1, old) == 1
    }


def _count(pairs: Collection[tuple[str, str]], side: int, name: str) -> int:
    return sum(pair[side] == name for pair in pairs)
