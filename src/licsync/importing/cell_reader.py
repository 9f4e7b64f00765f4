"""Parses cells of user and license tables; each function raises `CellRefused` for bad text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from licsync.model import phone_numbers as phones
from licsync.model.license import parse_instant
from licsync.spreadsheets import cell_values as values
from licsync.spreadsheets.cell_values import CellRefused

_INTERNATIONAL = re.compile(r"\+[1-9][0-9]{5,14}")

_UNIT_STATUSES = {
    "assigned": "assigned|in use|used|active|zugewiesen|vergeben|belegt|attribue|attribuee"
    "|asignado|asignada|en uso",
    "unassigned": "unassigned|not assigned|available|free|unused|spare|verfugbar|frei"
    "|nicht zugewiesen|disponible|non attribue|libre|sin asignar|no asignada",
    "suspended": "suspended|inactive|gesperrt|ausgesetzt|suspendu|suspendue|suspendido|suspendida",
}
_REASONS = {
    "user_inactive": "user inactive|inactive|inactive user|user is inactive|benutzer inaktiv",
    "removed": "removed|removed by vendor|license removed|deleted|canceled|cancelled|entfernt",
}
_INACTIVE = re.compile(
    "inactive|inaktiv|inactif|inactivo|disabled|deactivated|suspended|gesperrt|deaktiviert|desactive|desactivado"
)


_HOLDERS = {
    "ring group": "ring_group",
    "rufgruppe": "ring_group",
    "call queue": "call_queue",
    "warteschlange": "call_queue",
    "auto attendant": "auto_attendant",
    "service": "service",
}
_KIND = "ring[ _]group|rufgruppe|call[ _]queue|warteschlange|auto[ _]attendant|service"
_HOLDER = re.compile(
    rf"(?:(?P<kind>{_KIND})\s*(?:[:–-]\s*|\s)(?P<name>.+)|(?P<first>.+?)\s*\((?P<last>{_KIND})\))",
    re.IGNORECASE,
)


_NOTHING = frozenset(
    ("", "none", "nobody", "no license", "no licenses", "not licensed", "unlicensed", "n a",
     "keine", "keine lizenz", "aucune", "aucune license", "ninguna", "sin licensia")
)  # fmt: skip
"""Texts of cells that say that there is nothing, folded, with `licens` for `licenc`; or a dash."""

_ASSIGNED_TO = re.compile(
    r"(?:assigned|in use|used|zugewiesen|vergeben|attribu[ée]e?|asignad[oa])"
    r"\s*(?::|\b(?:to|by|an|à|a)\b:?)\s*(?P<holder>\S.*)",
    re.IGNORECASE,
)
_SUSPENDED_FOR = re.compile(
    r"(?:suspended|gesperrt|ausgesetzt|suspendue?|suspendid[oa])\s*[-:–(,]\s*(?P<reason>[^()]+?)\)?",
    re.IGNORECASE,
)


_MARKS = {"yes": "yes|true|1|x", "no": "no|false|0"}


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a cell says about the assignment of a license: status, holder, reason if suspended."""

    status: str | None = None
    holder: str = ""
    reason: str | None = None


def is_nothing(text: str) -> bool:
    """Tell whether a cell says that there is nothing: `None`, `Unassigned`, a dash."""
    folded = values.fold(text).replace("licenc", "licens")
    return folded in _NOTHING or folded in _UNIT_STATUSES["unassigned"].split("|")


def status_cell(text: str) -> Assignment:
    """Parse the status of a license: `Assigned`, `Assigned to Ada Lopez`, `Suspended (removed)`."""
    if found := _ASSIGNED_TO.fullmatch(text):
        return Assignment("assigned", found["holder"].strip())
    if found := _SUSPENDED_FOR.fullmatch(text):
        return Assignment("suspended", reason=reason(found["reason"].strip()))
    return Assignment(unit_status(text))


def holder_cell(text: str) -> Assignment:
    """Parse the holder of a license: `Ada Lopez`, `Assigned to Ada Lopez`, `Unassigned`, a dash."""
    if found := _ASSIGNED_TO.fullmatch(text):
        return Assignment("assigned", found["holder"].strip())
    if is_nothing(text):
        is_unassigned = values.fold(text) in _UNIT_STATUSES["unassigned"].split("|")
        return Assignment("unassigned" if is_unassigned else None)
    return Assignment(holder=text)


def unit_status(text: str) -> str:
    """Parse the status of a license."""
    return _one_of(text, _UNIT_STATUSES, "status of a license: assigned, unassigned or suspended")


def reason(text: str) -> str:
    """Parse the reason for a suspended license."""
    return _one_of(text, _REASONS, "reason why a license is suspended: user_inactive or removed")


def user_status(text: str) -> str:
    """Parse the status of a user.

    Raises:
        CellRefused: the text is not one.
    """
    if _INACTIVE.fullmatch(values.fold(text)):
        return "inactive"
    if values.is_active(text):
        return "active"
    raise CellRefused(f"'{text}' is not a user status.", "Write active or inactive.")


def is_yes(text: str) -> bool:
    """Parse a mark: yes or no."""
    return _one_of(text, _MARKS, "mark: yes or no") == "yes"


def _one_of(text: str, meanings: dict[str, str], what: str) -> str:
    folded = values.fold(text)
    for name, spellings in meanings.items():
        if folded in spellings.split("|"):
            return name
    raise CellRefused(f"'{text}' is not a {what}.")


def instant(text: str) -> str:
    """Parse a date or an instant; a date means midnight UTC."""
    with suppress(ValueError):
        parse_instant(text)
        return text
    return f"{values.day(text)}T00:00:00Z"


def number(text: str) -> str:
    """Parse an extension number; empty if there is none."""
    if is_nothing(text):
        return ""
    return values.digits(text, "an extension number")


def holder(text: str) -> dict[str, str] | None:
    """Parse a holder other than a user: `Ring group: Main`, `Main (call queue)`; else None."""
    found = _HOLDER.fullmatch(text)
    if found is None:
        return None
    kind = values.fold(found["kind"] or found["last"])
    return {"kind": _HOLDERS[kind], "name": (found["name"] or found["first"]).strip()}


def phone_numbers(cell: str, country: str | None) -> list[str]:
    """Parse phone numbers. An international one outside every numbering plan is kept unchanged."""
    if is_nothing(cell):
        return []
    values.check_whole(cell, "a phone number")
    return [phone for text in read_list(cell) for phone in _phone(str(text), country)]


def _phone(text: str, country: str | None) -> list[str]:
    if _INTERNATIONAL.fullmatch(text) and not phones.possible_numbers(text, country):
        return [text]
    return values.phone_numbers(text, country)


def read_list(cell: str) -> list[Any]:
    """Parse a cell of several values: separated by commas, or JSON."""
    with suppress(ValueError):
        if isinstance(found := json.loads(cell), list):
            return found
    return split_cell(cell)


def split_cell(cell: str) -> list[str]:
    """Split a cell at commas, semicolons and line breaks."""
    return [part.strip() for part in re.split(r"[,;\n]", cell) if part.strip()]


def feature_value(text: str) -> Any:
    """Parse a feature: true, false, or a level."""
    return {"true": True, "false": False}.get(text.casefold(), text)


def full_names(user: Mapping[str, Any]) -> tuple[str, ...]:
    """Write the name of a user in both orders, if it has a first and a last name."""
    first, last = user.get("first_name", ""), user.get("last_name", "")
    return (f"{first} {last}", f"{last} {first}") if first and last else ()
