"""Suggests how to write a value that is nearly right: `Write '7d'.` for `7 days`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, get_args
from unicodedata import normalize

from licsync.model.days import day_of_serial, days_meant
from licsync.model.fields import Amount, Country, Duration, PhoneNumber, ValueKind
from licsync.model.phone_numbers import possible_numbers
from licsync.model.wrong_values import quote

_DURATION = re.compile(r"([0-9]{1,4}) ?(?:(w|weeks?|wochen?)|d|days?|tage?n?)?", re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"[0-9]{1,9},[0-9]{1,2}")
_DIGITS = re.compile(r"[1-9][0-9]{10,14}")
_WHOLE = re.compile(r"([0-9]{1,12})(?:\.0+)?")
_SHARE = re.compile(r"([0-9]{1,9})(?:\.0+)? ?%")
_COMPACT_DAY = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_BOOLEANS = dict.fromkeys(("yes", "on", "y", "1", "true", "enabled"), "true") | dict.fromkeys(
    ("no", "off", "n", "0", "false", "disabled"), "false"
)
_CHOICES = {"true": frozenset(("active",)), "false": frozenset(("inactive", "off"))}
"""The choices that mean true or false."""
_ALL = 100
_WITH_COUNTRY_CODE = "Write it with + and the country code."


def respelled(pattern: str, value: str) -> str | None:
    """Suggest a text that matches a pattern of `model.fields`; None if none is near."""
    plain = normalize("NFKC", value).strip()
    if pattern == _pattern(PhoneNumber):
        return _phone_number(plain)
    joined = "".join(plain.split())
    near: Sequence[str | None] = (plain, joined, joined.upper(), joined.lower())
    if pattern == _pattern(Duration):
        near = (*near, _duration(plain))
    elif pattern == _pattern(Amount) and _DECIMAL_COMMA.fullmatch(plain):
        near = (*near, plain.replace(",", "."))
    elif pattern == _pattern(Country):
        near = (*near, _country(plain))
    found = next((text for text in near if text and re.fullmatch(pattern, text)), None)
    return f"Write '{found}'." if found else None


def converted(kind: ValueKind, value: object) -> str | None:
    """Suggest how to write a value that a decoder of `model.fields` refuses.

    Args:
        kind: the kind of value that its field takes.
        value: what the file has instead.
    """
    return _HINTS[kind](value.strip()) if isinstance(value, str) else None


def chosen(value: str, options: Sequence[str]) -> str | None:
    """Suggest the option that a word for true or false means: `Write active.` for `on`."""
    meant = _CHOICES.get(_BOOLEANS.get(value.strip().casefold(), ""), frozenset())
    found = [option for option in options if option in meant]
    return f"Write {found[0]}." if len(found) == 1 else None


def _pattern(text: Any) -> str:
    pattern: str = get_args(text)[1].pattern
    return pattern


def _phone_number(plain: str) -> str | None:
    texts = [plain] if plain.startswith(("+", "00")) else []
    if _DIGITS.fullmatch(plain):
        texts = [f"+{plain}"]
    found = [number for text in texts for number in possible_numbers(text, None)]
    if found:
        return f"Write '{found[0]}'."
    return _WITH_COUNTRY_CODE if any(c.isdigit() for c in plain) else None


def _duration(plain: str) -> str | None:
    found = _DURATION.fullmatch(plain)
    if found is None:
        return None
    return f"{found[1]}{'w' if found[2] else 'd'}"


def _country(plain: str) -> str | None:
    from licsync.spreadsheets.cell_values import CellRefused, country_code

    with suppress(CellRefused):
        return country_code(plain)
    return None


def _day(plain: str) -> str | None:
    compact = _COMPACT_DAY.fullmatch(plain)
    days = days_meant("-".join(compact.groups()) if compact else plain)
    if days:
        return f"For {quote(plain)}, write {' or '.join(days)}."
    serial = day_of_serial(plain)
    return f"If it is the number of a day in a spreadsheet, write {serial}." if serial else None


def _whole_number(plain: str) -> str | None:
    found = _WHOLE.fullmatch(plain)
    return f"Write {int(found[1])}." if found else None


def _boolean(plain: str) -> str | None:
    meant = _BOOLEANS.get(plain.casefold())
    return f"Write {meant}." if meant else None


def _share(plain: str) -> str | None:
    found = _SHARE.fullmatch(plain)
    if found is None:
        return _whole_number(plain)
    return f"Write {int(found[1])}%." if int(found[1]) <= _ALL else "Write at most 100%."


_HINTS: Mapping[ValueKind, Callable[[str], str | None]] = {
    "count or share": _share,
    "day": _day,
    "whole number": _whole_number,
    "boolean": _boolean,
}
"""How to write a value, by the kind that its field takes."""
