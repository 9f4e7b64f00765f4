"""Days as people and spreadsheets write them, for hints: only the ISO form is read."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, timedelta

_YEAR_LAST = re.compile(r"([0-9]{1,2})[./ -]([0-9]{1,2})[./ -]([0-9]{4})")
_SERIAL = re.compile(r"[3-7][0-9]{4}")
_DAY_ZERO = date(1899, 12, 30)


def days_meant(text: str) -> list[str]:
    """List the days, in ISO form, that a text with the year last may mean: `31.12.2026`."""
    found = _YEAR_LAST.fullmatch(text)
    if found is None:
        return []
    first, second, year = map(int, found.groups())
    days = set()
    for month, day in ((second, first), (first, second)):
        with suppress(ValueError):
            days.add(date(year, month, day).isoformat())
    return sorted(days)


def day_of_serial(text: str) -> str | None:
    """Give the day that a spreadsheet stores as a number, if it is from 1982 to 2119."""
    return (_DAY_ZERO + timedelta(int(text))).isoformat() if _SERIAL.fullmatch(text) else None
