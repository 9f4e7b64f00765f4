"""Who of the inventory may be a user of the files by another user name.

A plan that removes users asks for signs that leave little doubt (`PossibleUsers.most_probable`). A
note about a new user makes do with less (`PossibleUsers.namesake`). Candidates are looked up, never
compared with each other, so that many leavers and many new users cost little.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Literal, NamedTuple, TypeVar

from licsync.diagnostics import Code, Diagnostic, Span, info
from licsync.model.declarations import User
from licsync.model.inventory_document import InventoryUser

NAMES_OF_PEOPLE: tuple[Literal["first_name", "last_name"], ...] = ("first_name", "last_name")

SAME_EMAIL = "the e-mail address is the same"
_SAME_PERSON = "first and last name are the same"
_SIMILAR = "the user names are similar"
_OTHER_DOMAIN = "the user names differ only in the domain"

_Key = TypeVar("_Key")

_SHORTEST = 3
"""How many letters two user names have in common at least, if nothing else is known."""

_ENOUGH = 20
"""How many users with the same e-mail address or name are looked at; they can be very many."""


class Match(NamedTuple):
    """A user of the inventory, and what tells that it may be a user of the files."""

    name: str
    signs: list[str]


class PossibleUsers:
    """Users of the inventory that no file names, by what tells who they are.

    Args:
        names: their names.
        users: the users of the inventory.
    """

    def __init__(self, names: Collection[str], users: Mapping[str, InventoryUser]):
        self._names = names
        self._users = users

    def most_probable(self, name: str, declared: User) -> Match | None:
        """Find the user with the most signs; the same e-mail address counts more than others.

        Args:
            name: the user name in the files.
            declared: what the files declare of the user.
        """
        found = self._signs(name, declared)
        if not found:
            return None
        best = max(found, key=lambda other: (SAME_EMAIL in found[other], len(found[other])))
        return Match(best, found[best])

    def namesake(self, name: str, declared: User) -> str | None:
        """Find a user with the same first or last name, and the most similar user name.

        Args:
            name: the user name in the files.
            declared: what the files declare of the user.
        """
        own = ((field, declared.get(field)) for field in NAMES_OF_PEOPLE)
        keys = [(field, value.casefold()) for field, value in own if value]
        near = (self._namesakes[key].nearest(name) for key in keys if key in self._namesakes)
        length, found = max(near, key=lambda one: one[0], default=(0, ""))
        return found if length else None

    def similar(self, name: str) -> str | None:
        """Find the user with the most similar user name."""
        length, found = self._everybody.nearest(name)
        return found if length >= _SHORTEST else None

    def _signs(self, name: str, declared: User) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        emails = {declared.get("email") or name, declared.get("previously") or name}
        for email in sorted({email.casefold() for email in emails}):
            for other in self._by_email.get(email, [])[:_ENOUGH]:
                found[other].append(SAME_EMAIL)
        if person := _full_name(declared):
            for other in self._by_person.get(person, [])[:_ENOUGH]:
                found[other].append(_SAME_PERSON)
        for other in self._by_local_part.get(_local_part(name), [])[:_ENOUGH]:
            found[other].append(_OTHER_DOMAIN)
        parts = sorted(_with_a_letter_less(name))
        for other in dict.fromkeys(o for part in parts for o in self._by_part.get(part, ())):
            if is_mistyped(name, other) and _OTHER_DOMAIN not in found[other]:
                found[other].append(_SIMILAR)
        return found

    @cached_property
    def _by_email(self) -> Mapping[str, list[str]]:
        return _grouped(
            ((user.get("email") or "").casefold(), name) for name, user in self._records()
        )

    @cached_property
    def _by_person(self) -> Mapping[str, list[str]]:
        return _grouped((_full_name(user), name) for name, user in self._records())

    @cached_property
    def _by_local_part(self) -> Mapping[str, list[str]]:
        return _grouped((_local_part(name), name) for name in self._names)

    @cached_property
    def _by_part(self) -> Mapping[str, list[str]]:
        return _grouped((part, name) for name in self._names for part in _with_a_letter_less(name))

    @cached_property
    def _namesakes(self) -> dict[tuple[str, str], _UserNames]:
        by_name = _grouped(
            ((field, (user.get(field) or "").casefold()), name)
            for name, user in self._records()
            for field in NAMES_OF_PEOPLE
        )
        return {key: _UserNames(names) for key, names in by_name.items()}

    @cached_property
    def _everybody(self) -> _UserNames:
        return _UserNames(self._names)

    def _records(self) -> Iterator[tuple[str, InventoryUser]]:
        return ((name, self._users[name]) for name in self._names)


def possible_rename_note(
    name: str, declared: User, unlisted: PossibleUsers, source: Span | None
) -> Iterator[Diagnostic]:
    """Note that a new user may be somebody whom no file names.

    Args:
        name: the user name in the files.
        declared: what the files declare of the user.
        unlisted: the users of the inventory that no file names.
        source: the place of the user in the files.
    """
    if former := unlisted.namesake(name, declared):
        message = f"The user '{name}' is new, and no file names '{former}', "
        message += "who has the same first or last name."
        hint = f"If this is a rename, add 'previously: {former}'. "
        hint += "Otherwise nothing is carried over from that user."
        yield info(Code.UNLISTED_USER, message, source, hint)


class _UserNames:
    """User names in order, so that similar ones are found without looking at all of them."""

    def __init__(self, names: Iterable[str]):
        by_local = sorted((_local_part(name), name) for name in names)
        self._ordered = (by_local, sorted((local[::-1], name) for local, name in by_local))

    def nearest(self, name: str) -> tuple[int, str]:
        """Find the name with the most letters in common, at the beginning or at the end.

        Domains do not count.

        Returns:
            how many letters, and the name.
        """
        local = _local_part(name)
        found = [(0, "")]
        for own, ordered in zip((local, local[::-1]), self._ordered, strict=True):
            place = bisect_left(ordered, (own, ""))
            for text, other in ordered[max(0, place - 1) : place + 1]:
                found.append((_letters_in_common(own, text), other))
        return max(found, key=lambda one: one[0])


def _local_part(name: str) -> str:
    return name.casefold().partition("@")[0]


def _letters_in_common(one: str, other: str) -> int:
    """Count the letters with which both texts begin."""
    count = 0
    for letter, same in zip(one, other, strict=False):
        if letter != same:
            break
        count += 1
    return count


def _grouped(pairs: Iterable[tuple[_Key, str]]) -> dict[_Key, list[str]]:
    found: dict[_Key, list[str]] = defaultdict(list)
    for key, name in pairs:
        found[key].append(name)
    return found


def _with_a_letter_less(name: str) -> set[str]:
    """Return a name, and what is left of it without each of its letters.

    Names that one letter tells apart share one of these.
    """
    folded = name.casefold()
    return {folded, *(folded[:at] + folded[at + 1 :] for at in range(len(folded)))}


def _full_name(record: Mapping[str, object]) -> str:
    """Give the name of a person; empty if a part of it is unknown."""
    parts = [str(record.get(name) or "").casefold() for name in NAMES_OF_PEOPLE]
    return " ".join(parts) if all(parts) else ""


def is_mistyped(one: str, other: str) -> bool:
    """Tell whether one letter tells two names apart, or two that are exchanged.

    Another digit is another name: `room1` and `room2` are two rooms.
    """
    if abs(len(one) - len(other)) > 1:
        return False
    one, other = one.casefold(), other.casefold()
    while one and other and one[0] == other[0]:
        one, other = one[1:], other[1:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    if any(letter.isdigit() for letter in one + other):
        return False
    return max(len(one), len(other)) <= 1 or (len(one) == 2 and one == other[::-1])
