"""Parses cells of a spreadsheet; each function raises `CellRefused` for text it cannot parse."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import date
from functools import cache, lru_cache
from typing import Any, get_args

from licsync.diagnostics import did_you_mean
from licsync.model import phone_numbers as phones
from licsync.model.catalog import Catalog, type_of
from licsync.model.days import day_of_serial, day_written, days_meant
from licsync.model.declarations import Locale
from licsync.model.fields import Email
from licsync.model.text_normalization import normalized
from licsync.planning.calendar import known_zones, zone_hint
from licsync.spreadsheets.sheet import damage

_COPIED = re.compile(r"[^<>]*<([^<>]+)>|mailto:([^?]+).*", re.IGNORECASE)
"""An address as programs copy it: `Ada Lopez <ada@acme.example>`, `mailto:ada@acme.example`."""

_SCIENTIFIC = re.compile(r"[+-]?\d+(?:[.,]\d+)?[eE][+-]?\d+")
_FRACTION = re.compile(r"\d+[.,]0+")
_DOTTED_DAY = re.compile(r"(\d\d)\.(\d\d)\.(\d{4})(?: \d\d:\d\d(?::\d\d)?)?")
_LICENSES = re.compile(r"[,;+|/\n]")
_GROUPS = re.compile(r"[;|\n]")
_COMMA = re.compile(",")
_COMMON_NAME = re.compile(r"CN=((?:\\.|[^,\\])+)", re.IGNORECASE)
_EMAIL = re.compile(get_args(Email)[1].pattern)
_LOCALES = frozenset(get_args(Locale))
_ACTIVE = re.compile(
    "active|aktiv|actif|activ[oa]|enabled|employed|yes|true|1|current|verified|confirmed|regular|permanent"
    "|ja|wahr|oui|vrai|si|verdadero"
    "|(?:full|part) ?time(?: employee)?|vollzeit|teilzeit|(?:un)?befristet|angestellt|beschaftigt"
    "|temps (?:plein|partiel)|cdi|cdd|jornada completa|media jornada|contractor|probation|probezeit"
    "|staged|provisioned|password expired|recovery|invited|invitation pending"
)
"""Statuses of current or future employees, in directories and HR systems; kinds of contract."""

_LEFT = re.compile(
    "(?:in|not )active|inaktiv|inactif|inactiv[oa]|disabled|deactivated|suspended|blocked|archived"
    "|deleted|deprovisioned|terminated(?: (?:in)?voluntary)?|left|leaver|former(?: employee)?"
    "|ex employee|resigned|retired|dismissed|laid off|deceased|offboarded"
    "|(?:not|no longer) employed|no|false|0"
    "|gesperrt|deaktiviert|ausgeschieden|ausgetreten|gekundigt|entlassen|verstorben|nein|falsch"
    "|desactive|parti|sorti|demissionne|licencie|retraite|non|faux"
    "|desactivad[oa]|de baja|cesad[oa]|despedid[oa]|jubilad[oa]|falso"
)
"""Statuses of people who have left."""


_COUNTRIES = {
    "AT": "osterreich|autriche",
    "AU": "australien|australie",
    "BE": "belgien|belgique|belgica",
    "CA": "kanada",
    "CH": "schweiz|suisse|suiza",
    "DE": "deutschland|allemagne|alemania",
    "DK": "danemark",
    "ES": "spanien|espagne|espana",
    "FR": "frankreich|francia",
    "GB": "uk|england|great britain|grossbritannien|vereinigtes konigreich|royaume uni|reino unido",
    "IE": "irland|irlande",
    "IT": "italien|italie",
    "NL": "holland|niederlande|pays bas|paises bajos",
    "PL": "polen|pologne|polonia",
    "PT": "portugal",
    "SE": "schweden|suede|suecia",
    "US": "usa|vereinigte staaten|etats unis|estados unidos|united states of america",
}
"""Country names in German, French and Spanish that differ from the English ones."""


class CellRefused(ValueError):
    """A cell cannot be parsed; has a hint about what to do."""

    def __init__(self, message: str, hint: str | None = None):
        super().__init__(message)
        self.hint = hint


@lru_cache(maxsize=10_000)
def fold(text: str) -> str:
    """Normalize text for comparison: no case, accents or punctuation."""
    plain = normalized("NFKD", text.replace("ß", "ss"))
    plain = "".join(c for c in plain if not unicodedata.combining(c)).casefold()
    return " ".join("".join(c if c.isalnum() else " " for c in plain).split())


def check_undamaged(text: str) -> None:
    """Check that a cell does not hold a spreadsheet error instead of a value.

    Raises:
        CellRefused: it does.
    """
    if found := damage(text):
        raise CellRefused(*found)


def check_length(text: str, what: str, most: int | None) -> None:
    """Check that a text is not longer than files may have it.

    Raises:
        CellRefused: it is.
    """
    if most is not None and len(text) > most:
        raise CellRefused(f"The {what} has {len(text):,} characters, more than {most:,}.")


def check_whole(text: str, what: str) -> None:
    """Check that a number is whole and not in scientific notation.

    Raises:
        CellRefused: it is not; Excel lost its last digits.
    """
    if any(c.isdigit() and not c.isascii() for c in text):
        meant = "".join(str(unicodedata.digit(c, c)) for c in unicodedata.normalize("NFKC", text))
        raise CellRefused(f"'{text}' has digits other than 0 to 9.", f"Write '{meant}'.")
    if _SCIENTIFIC.fullmatch(text):
        raise CellRefused(
            f"'{text}' is a long number that Excel shortened: its last digits are lost.",
            "Format the column as text in the source and export it again.",
        )
    if _FRACTION.fullmatch(text):
        raise CellRefused(
            f"'{text}' is a number with a fraction, not {what}.",
            "Format the column as text and export it again.",
        )


def digits(text: str, what: str) -> str:
    """Parse an identifier of 1 to 10 digits, with leading zeros.

    Raises:
        CellRefused: the text is something else.
    """
    check_whole(text, what)
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise CellRefused(f"'{text}' is not {what}: write 1 to 10 digits.")
    return text


def phone_numbers(text: str, country: str | None) -> list[str]:
    """Parse one or more phone numbers, in the notation of a country.

    Bare digits may be the international form without its plus, as in the vendor's bulk upload
    (domain.md, 8.4).

    Raises:
        CellRefused: a part is not a phone number, or is ambiguous.
    """
    check_whole(text, "a phone number")
    return [_phone_number(part, country) for part in phones.split_numbers(text, country)]


def _phone_number(text: str, country: str | None) -> str:
    check_whole(text, "a phone number")
    found = phones.possible_numbers(text, country)
    if len(found) == 1:
        return found[0]
    if found:
        message = f"'{text}' is ambiguous: it can be {' or '.join(found)}."
        raise CellRefused(message, "Write the number with + and the country code.")
    if phones.has_extension(text):
        hint = "Write the phone number alone; the extension number has its own column."
        raise CellRefused(f"'{text}' is a phone number with an extension.", hint)
    where = f" in {country}" if country else ""
    hint = "Write it with + and the country code, such as +12065550101."
    raise CellRefused(f"'{text}' is not a phone number{where}.", hint)


def one_of(text: str, known: Collection[str], what: str) -> str:
    """Find a known name, ignoring case and accents.

    Raises:
        CellRefused: the name is unknown.
    """
    if text in known:
        return text
    by_fold = {fold(name): name for name in known}
    if fold(text) in by_fold:
        return by_fold[fold(text)]
    hint = did_you_mean(text, known) or (
        f"Known: {', '.join(sorted(known)[:8])}." if known else None
    )
    raise CellRefused(f"There is no {what} '{text}'.", hint or f"Declare the {what} first.")


def licenses(text: str, catalog: Catalog) -> list[str]:
    """Parse license types: keys, titles or names of the vendor.

    Raises:
        CellRefused: a type is unknown.
    """
    parts = [part.strip() for part in _LICENSES.split(text) if part.strip()]
    found = [type_of(part, catalog) for part in parts]
    kinds = [kind for kind in found if kind]
    if len(kinds) == len(found):
        return kinds
    if whole := type_of(text, catalog):  # a name that contains a separator
        return [whole]
    unknown = next(part for part, kind in zip(parts, found, strict=True) if kind is None)
    known = [*catalog.types, *(entry.get("title", key) for key, entry in catalog.types.items())]
    raise CellRefused(f"'{unknown}' is not a license type.", did_you_mean(unknown, known))


@cache
def country_code(text: str) -> str:
    """Parse a country: a two- or three-letter code, or a name.

    Raises:
        CellRefused: the country is unknown.
    """
    import pycountry  # loads its data on first use

    spelled = fold(text)
    for code, names in _COUNTRIES.items():
        if spelled in names.split("|"):
            return code
    if not any(c.isdigit() for c in text):  # numbers are codes, too, but few people mean those
        with suppress(LookupError):
            return str(pycountry.countries.lookup(text).alpha_2)
    raise CellRefused(f"'{text}' is not a country.", "Write its two-letter code, such as US.")


def email(text: str) -> str:
    """Parse an e-mail address.

    Raises:
        CellRefused: the text is something else.
    """
    inner = _copied_address(text)
    if inner or not is_email(text):
        hint = f"Write '{inner}'." if is_email(inner) else None
        raise CellRefused(f"'{text}' is not an e-mail address.", hint)
    return text


def user_name(text: str) -> str:
    """Parse a user name: any text but an address that was copied from a mail program.

    Raises:
        CellRefused: the text is something else.
    """
    if is_email(inner := _copied_address(text)):
        raise CellRefused(f"'{text}' is not a user name.", f"Write '{inner}'.")
    return text


def _copied_address(text: str) -> str:
    """Return the address in `Ada Lopez <ada@acme.example>` or `mailto:ada@acme.example`."""
    copied = _COPIED.fullmatch(text)
    return (copied[1] or copied[2]) if copied else ""


def is_email(text: str) -> bool:
    """Return whether a text is an e-mail address."""
    return len(text) <= 128 and _EMAIL.fullmatch(text) is not None


def locale(text: str) -> str:
    """Parse a locale, such as de-DE or de_DE.

    Raises:
        CellRefused: the locale is unknown.
    """
    return one_of(text.replace("_", "-"), _LOCALES, "locale")


def timezone(text: str) -> str:
    """Parse an IANA time zone, ignoring case.

    Raises:
        CellRefused: the time zone is unknown.
    """
    zones = known_zones()
    found = zones.get("_".join(text.split()).casefold())
    if zones and found is None:
        hint = zone_hint(text, ", or map it in a mapping file (values: timezone)")
        raise CellRefused(f"'{text}' is not a time zone.", hint)
    return found or text


def day(text: str) -> str:
    """Parse a date in any form that means one day: 2026-12-31, 31.12.2026, 31 Dec 2026.

    Raises:
        CellRefused: the text is not a date, or may mean several days.
    """
    dotted = _DOTTED_DAY.fullmatch(text)
    plain = "-".join(reversed(dotted.groups())) if dotted else text
    with suppress(ValueError):
        return date.fromisoformat(plain).isoformat()
    if written := day_written(text):
        return written
    days, serial = days_meant(text), day_of_serial(text)
    hint = f"Write {' or '.join(days)}." if days else None
    if serial:
        hint = f"If it is the number of a day in a spreadsheet, write {serial}."
    raise CellRefused(f"'{text}' is not a date: write YYYY-MM-DD.", hint)


def is_active(text: str) -> bool:
    """Return whether a status is that of a current or future employee."""
    return _ACTIVE.fullmatch(fold(text)) is not None


def has_left(text: str) -> bool:
    """Return whether a status says that the person has left.

    Raises:
        CellRefused: the status says neither that the person has left, nor that the person is here.
    """
    if _LEFT.fullmatch(fold(text)):
        return True
    if is_active(text):
        return False
    raise CellRefused(
        f"'{text}' does not say whether the person has left.",
        f"Write active or terminated, or translate it: values: {{status: {{'{text}': active}}}}.",
    )


def groups(text: str) -> list[str]:
    """Parse a list of groups, also as distinguished names: `CN=Sales,OU=Groups; CN=All`."""
    found = []
    for part in _GROUPS.split(text):
        name = _COMMON_NAME.match(part.strip())
        found += [name[1].replace("\\,", ",")] if name else _COMMA.split(part)
    return [name.strip() for name in found if name.strip()]


def split_name(text: str) -> Sequence[str]:
    """Split a full name into first and last name: `Lopez, Ada` or `Ada Maria Lopez`."""
    if "," in text:
        last, first = (part.strip() for part in text.split(",", 1))
    else:
        first, _, last = text.rpartition(" ")
    return first, last


def as_text(value: Any) -> str:
    """Format a value like a cell, for comparison."""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
