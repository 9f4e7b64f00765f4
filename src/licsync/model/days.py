"""Days as people and spreadsheets write them: what a text says, and what it may mean.

Files have the ISO form alone. A table may have every form that means one day (`day_written`).
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, timedelta

_YEAR_FIRST = re.compile(
    r"([0-9]{4})\s?[-./年]\s?([0-9]{1,2})\s?[-./月]\s?([0-9]{1,2})日?"
    r"(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?)?"
)
_WITH_ZONE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ][0-9:.]+ ?(?:Z|UTC|[+-][0-9:]{2,6})")
_MONTH_NAMED = re.compile(
    r"([0-9]{1,2})(?:\.|st|nd|rd|th)?[ -]([^\W\d_]{3,9})\.?[ -]([0-9]{4}|[0-9]{2})"
)
_MONTH_FIRST = re.compile(r"([^\W\d_]{3,9})\.? ([0-9]{1,2})(?:st|nd|rd|th)?,? ([0-9]{4})")
_YEAR_LAST = re.compile(r"([0-9]{1,2})[./ -]([0-9]{1,2})[./ -]([0-9]{4}|[0-9]{2})")
_SERIAL = re.compile(r"[3-7][0-9]{4}")
_DAY_ZERO = date(1899, 12, 30)
_CENTURY = 2000

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janvier ene enero", "feb february februar févr février febrero",
            "mar march mär mrz märz mars marzo", "apr april avr avril abr abril",
            "may mai mayo", "jun june juni juin junio", "jul july juli juil juillet julio",
            "aug august août ago agosto", "sep sept september septembre septiembre",
            "oct october okt oktober octobre octubre", "nov november novembre noviembre",
            "dec december dez dezember déc décembre dic diciembre",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
"""Names of months in English, German, French and Spanish."""


def day_written(text: str) -> str | None:
    """Give the day, in ISO form, of a text that can mean only one: `2027/1/10`, `10 Jan 2027`.

    The time of day is dropped where it has no offset, as in the cells of spreadsheets.
    """
    if found := _YEAR_FIRST.fullmatch(text):
        year, month, day = map(int, found.groups())
        return _iso(year, month, day)
    if (found := _MONTH_NAMED.fullmatch(text)) and len(found[3]) == len("2027"):
        return _named(found[3], found[2], found[1])
    if found := _MONTH_FIRST.fullmatch(text):
        return _named(found[3], found[1], found[2])
    return None


def days_meant(text: str) -> list[str]:
    """List the days, in ISO form, that a text may mean: two of `3/4/2027`."""
    if day := day_written(text):
        return [day]
    if found := _WITH_ZONE.fullmatch(text):
        return [found[1]]
    if found := _MONTH_NAMED.fullmatch(text):
        day = _named(found[3], found[2], found[1])
        return [day] if day else []
    found = _YEAR_LAST.fullmatch(text)
    if found is None:
        return []
    first, second = int(found[1]), int(found[2])
    days = {_iso(_year(found[3]), *order) for order in ((second, first), (first, second))}
    return sorted(day for day in days if day)


def day_of_serial(text: str) -> str | None:
    """Give the day that a spreadsheet stores as a number, if it is from 1982 to 2119."""
    return (_DAY_ZERO + timedelta(int(text))).isoformat() if _SERIAL.fullmatch(text) else None


def _year(text: str) -> int:
    return int(text) + _CENTURY * (len(text) == len("27"))


def _named(year: str, month: str, day: str) -> str | None:
    return _iso(_year(year), _MONTHS.get(month.casefold(), 0), int(day))


def _iso(year: int, month: int, day: int) -> str | None:
    with suppress(ValueError):
        return date(year, month, day).isoformat()
    return None
