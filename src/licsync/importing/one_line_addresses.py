"""Parses postal addresses on one line, as consoles show them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from licsync.model.inventory import Record
from licsync.model.labels import postal
from licsync.model.places import address_key, place_key
from licsync.spreadsheets import cell_values as values
from licsync.spreadsheets.cell_values import CellRefused

_POSTAL = {
    "US": r"\d{5}(?:-\d{4})?",
    "CA": r"[A-Z]\d[A-Z] ?\d[A-Z]\d",
    "GB": r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}",
    "NL": r"\d{4} ?[A-Z]{2}",
    "IE": r"[A-Z]\d[\dW] ?[A-Z\d]{4}",
    "AU": r"\d{4}",
}
_ANY_POSTAL = r"\d{4,6}|\d{3} \d{2}|\d{2}-\d{3}"
_WITH_STATE = frozenset(("US", "CA", "AU"))
_IN_THE_US = re.compile(
    r"A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]"
    r"|T[NX]|UT|V[AT]|W[AIVY]",
    re.IGNORECASE,
)
"""The states of the US, some of which are written like countries."""

_STATE = re.compile(r"(?<!\S)[A-Z]{2,3}$")
_WITHIN = re.compile(
    r"(?:suite|ste|floor|fl|unit|apt|room|#|level|etage|\d+(?:st|nd|rd|th) floor)\b",
    re.IGNORECASE,
)
_BUILDING = re.compile(rf"(?:building|bldg)\b|{_WITHIN.pattern}", re.IGNORECASE)
_NUMBER_FIRST = re.compile(
    r"(?P<street_number>\d+\s?[A-Za-z]?(?:[-/]\d+[A-Za-z]?)?),?\s+(?P<street_name>\D.*)"
)
_NUMBER_LAST = re.compile(
    r"(?P<street_name>\D.*?)\s+(?P<street_number>\d+\s?[A-Za-z]?(?:[-/]\d+[A-Za-z]?)?)"
)


def address_of_line(line: str, country: str) -> Record | None:
    """Parse an address such as `500 Pine St, Seattle WA, 98101`.

    Args:
        line: street with number, city, state and postal code, separated by commas. A company or a
            part of the building may come first, and a country last.
        country: the country of the address.

    Returns:
        the address; None if some part is not recognized.
    """
    parts = [" ".join(part.split()) for part in line.split(",") if part.strip()]
    if len(parts) > 2 and _country(parts[-1]) == country:
        parts.pop()
    head = ""
    if len(parts) > 2 and (_BUILDING.match(parts[0]) or _street(parts[0]) is None):
        head = parts.pop(0)
    street = _street(parts[0]) if len(parts) > 1 else None
    if street is None:
        return None
    code = re.compile(rf"(?<!\S)(?:{_POSTAL.get(country, _ANY_POSTAL)})(?!\S)", re.IGNORECASE)
    postal, state, rest = "", "", []
    for part in parts[1:]:
        if not postal and (found := code.search(part)):
            postal, part = found[0], " ".join((part[: found.start()] + part[found.end() :]).split())
        if country in _WITH_STATE and not state and (found := _STATE.search(part)):
            state, part = found[0], part[: found.start()].strip()
        rest += [part] if part else []
    secondary = rest.pop(0) if len(rest) == 2 and _WITHIN.match(rest[0]) else ""
    if (
        not postal
        or len(rest) != 1
        or any(c.isdigit() for c in rest[0])
        or (country in _WITH_STATE and not state)
    ):
        return None
    address = {name: text.strip() for name, text in street.groupdict().items()}
    address |= {
        ("building" if _BUILDING.match(head) else "organization"): head,
        "secondary_location": secondary,
        "city": rest[0],
        "state": state,
        "postal": postal,
        "country": country,
    }
    return {name: text for name, text in address.items() if text}


def country_at_end(line: str) -> str | None:
    """Give the country that ends an address on one line; None if that may be a state of the US."""
    last = line.rpartition(",")[2].strip()
    return None if _IN_THE_US.fullmatch(last) else _country(last)


def _street(text: str) -> re.Match[str] | None:
    return _NUMBER_FIRST.fullmatch(text) or _NUMBER_LAST.fullmatch(text)


def _country(text: str) -> str | None:
    try:
        return values.country_code(text)
    except CellRefused:
        return None


_ON_LINE = ("street_number", "street_name", "city", "state", "postal")
_PARTS = ("building", "secondary_location")


def line_of(address: Record) -> str:
    """Write an address as a line of words, to compare how two of them are spelled."""
    order = (*_ON_LINE[:2], "secondary_location", *_ON_LINE[2:])
    return values.fold(" ".join(str(address[name]) for name in order if address.get(name)))


def is_same_place(one: Record, other: Record) -> bool:
    """Tell whether two addresses are one place, although a line may lack the part of the building.

    Whether a suite is a part of the building or a second line is left to whoever wrote it.
    """
    if one.get("country") != other.get("country") or _line(one) != _line(other):
        return False
    parts = [_parts(address) for address in (one, other)]
    has_second_line = one.get("secondary_location") or other.get("secondary_location")
    return parts[0] == parts[1] or not (all(parts) or has_second_line)


def _line(address: Record) -> str:
    key = dict(place_key(address))
    return values.fold(" ".join(key[name] for name in _ON_LINE if name in key))


def _parts(address: Record) -> list[str]:
    key = dict(place_key(address))
    return sorted(values.fold(key[name]) for name in _PARTS if name in key)


def find_place(address: Record, known: Mapping[str, Record]) -> str:
    """Find the known address that is the place of another one: the lowest id; empty for none.

    Where several places are possible, because the part of the building is missing, none is chosen.
    """
    names = sorted(known)
    key = address_key(address)
    for same in (
        [name for name in names if address_key(known[name]) == key],
        [name for name in names if place_key(known[name]) == place_key(address)],
    ):
        if same:
            return same[0]
    found = [name for name in names if is_same_place(address, known[name])]
    is_one = all(is_same_place(known[found[0]], known[name]) for name in found[1:])
    return found[0] if found and is_one else ""


def spelled_note(address: Record, name: str, known: Record) -> str:
    """Say that an address was read as a known one; empty if it is spelled like that one."""
    if line_of(address) == line_of(known) and _parts(address) == _parts(known):
        return ""
    return f"'{postal(address)}' was read as the address {name}, spelled '{postal(known)}'"
