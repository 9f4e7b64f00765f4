"""Parses postal addresses on one line, as consoles show them."""

from __future__ import annotations

import re

from licsync.model.inventory import Record
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


def _street(text: str) -> re.Match[str] | None:
    return _NUMBER_FIRST.fullmatch(text) or _NUMBER_LAST.fullmatch(text)


def _country(text: str) -> str | None:
    try:
        return values.country_code(text)
    except CellRefused:
        return None


def line_of(address: Record) -> str:
    """Normalize an address, to compare it with one on one line."""
    order = ("street_number", "street_name", "secondary_location", "city", "state", "postal")
    return values.fold(" ".join(str(address[name]) for name in order if address.get(name)))
