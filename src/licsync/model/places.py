"""Which postal addresses are one place, however they are spelled.

`500 Pine Street` and `500 PINE ST` are one place. A service address is what emergency services are
sent to, so only abbreviations of postal standards count, each only where it has one meaning: a type
of street at the end (or, in French, at the beginning), a direction before or behind a name, a word
for a part of a building beside its number. House numbers, parts of buildings and postal codes have
to be equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from licsync.model.declarations import KINDS
from licsync.model.street_words import (
    DIRECTIONS,
    FRENCH_TYPES,
    GERMAN_ENDINGS,
    STATES,
    STREET_TYPES,
    UNITS,
    WITH_DIRECTIONS,
    WITH_ENDINGS,
    WITH_FRENCH_TYPES,
    WITH_STREET_TYPES,
)

PlaceKey = tuple[tuple[str, str], ...]
"""The fields of an address in their standard spelling."""

_STREETS = frozenset(("street_name", "dependent_street"))
_PARTS = frozenset(("building", "secondary_location"))


def address_key(address: Mapping[str, object]) -> PlaceKey:
    """Give the canonical postal content. Equal addresses have equal content (contract, 4)."""
    declaration = KINDS["service_address"].declaration
    return tuple(
        (name, " ".join(str(address[name]).split()).casefold())
        for name in declaration.__annotations__
        if address.get(name) not in (None, "")
    )


def place_key(address: Mapping[str, object]) -> PlaceKey:
    """Give the fields of an address in one spelling: equal for addresses of one place."""
    country = str(address.get("country") or "").strip().upper()
    return tuple((name, standard(name, text, country)) for name, text in address_key(address))


def is_same_spelling(field: str, one: object, other: object, country: str) -> bool:
    """Tell whether two values of a field of an address are spellings of one value."""
    texts = [" ".join(str(value or "").split()).casefold() for value in (one, other)]
    return standard(field, texts[0], country) == standard(field, texts[1], country)


@cache
def standard(field: str, text: str, country: str) -> str:
    """Give the standard spelling of a field, in lower case.

    Args:
        field: the field of the address.
        text: its value, in lower case and with single spaces.
        country: the country of the address.
    """
    if field == "postal":
        return text.replace(" ", "")
    if field == "state":
        return STATES.get(country, {}).get(text, text)
    words = text.replace(".", " ").replace(",", " ").split()
    if field in _STREETS:
        words = _street(words, country)
    elif field in _PARTS:
        words = [_part(word, place, words) for place, word in enumerate(words)]
    return " ".join(words) or text


def _street(words: list[str], country: str) -> list[str]:
    found = [*words]
    end = len(found) - 1
    has_directions = country in WITH_DIRECTIONS
    if has_directions and end >= 1 and found[end] in DIRECTIONS:
        found[end] = DIRECTIONS[found[end]]
        end -= 1
    has_type = country in WITH_STREET_TYPES and end >= 1 and found[end] in STREET_TYPES
    if has_type:
        found[end] = STREET_TYPES[found[end]]
        end -= 1
    # `North St` is a street of that name, and `N St` another one
    if has_directions and end >= 1 and found[0] in DIRECTIONS:
        found[0] = DIRECTIONS[found[0]]
    if country in WITH_FRENCH_TYPES and len(found) > 1:
        found[0] = FRENCH_TYPES.get(found[0], found[0])
    if country in WITH_ENDINGS and found:
        for ending, short in GERMAN_ENDINGS.items():
            if found[-1].endswith(ending):
                found[-1] = found[-1].removesuffix(ending) + short
                break
    return found


def _part(word: str, place: int, words: list[str]) -> str:
    """Abbreviate what a number of a part of a building is of: `Suite 900`, `3rd Floor`."""
    is_at_an_end = place in (0, len(words) - 1) and len(words) > 1
    return UNITS.get(word, word) if is_at_an_end else word
