"""Tells from the columns about a person's state whether somebody is still there; a list may have several of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from licsync.diagnostics import Code, Diagnostic, error
from licsync.spreadsheets import cell_values as values
from licsync.spreadsheets.cell_values import CellRefused
from licsync.spreadsheets.columns import STATES, Columns, normalize_heading
from licsync.spreadsheets.sheet import Sheet

_TRUE = frozenset(
    ("true", "yes", "y", "ja", "j", "wahr", "oui", "o", "vrai", "si", "verdadero", "1", "x")
)
_FALSE = frozenset(["false", "no", "n", "nein", "falsch", "non", "faux", "falso", "0"])

_SPEAKS = re.compile(
    r"\b(?:status|statut|enabled|disabled|(?:in)?active|(?:in)?aktiv|(?:in)?actif|(?:in)?activo|blocked|gesperrt|bloque"
    r"|bloqueado|terminat(?:ed|ion)|leav(?:er|ing)|left|exit|austritt|ausgeschieden|ausgetreten|(?:ge)?kundig\w*"
    r"|deactivated|deaktiviert|suspended|archived|deleted|geloscht|offboard(?:ed|ing)|resign(?:ed|ation)|retired"
    r"|sortie|baja|cese|despido|locked|depart(?:ed|ure)|licenciement)\b"
)
"""Words of headings that speak of a person's state."""

_OF_OTHERS = re.compile(
    r"\b(?:licenses?|marital|civil|password|visa|tax|vaccination|mfa|2sv|sync|phone|device|number|cost)\b"
)
"""Words of headings that speak of the state of something else."""


def state_columns(columns: Columns) -> Iterator[tuple[int, str]]:
    """List the columns that say whether a person is there, with the field that each means."""
    yield from ((at, name) for name, at in columns.fields.items() if name in STATES)
    yield from ((at, name) for at, name in columns.repeated.items() if name in STATES)


def unknown_state_headings(
    columns: Columns, sheet: Sheet, ignored: frozenset[str]
) -> Iterator[Diagnostic]:
    """Find headings that speak of a person's state and are not understood: whoever has left may be among the rows.

    Args:
        columns: which column is which field.
        sheet: the sheet.
        ignored: spellings of headings that the user says are not to be read.
    """
    read = {*columns.fields.values(), *columns.repeated}
    for position, heading in enumerate(columns.header.cells):
        spelled = normalize_heading(heading)
        if (
            position in read
            or spelled in ignored
            or not _SPEAKS.search(spelled)
            or _OF_OTHERS.search(spelled)
        ):
            continue
        message = f"The column '{heading}' may say who has left, and is not understood."
        hint = (
            f"Say in a mapping file what it is, columns: {{status: {heading}}} (or enabled, disabled, left_on),"
            f" or leave it out: --ignore-column '{heading}'."
        )
        yield error(Code.INVALID_VALUE, message, sheet.span(columns.header, position), hint)


def departure_reason(name: str, text: str, today: date) -> str | None:
    """Say why somebody is not onboarded, from a cell of a state column; None where the person is there.

    Raises:
        CellRefused: the cell does not say it.
    """
    if name == "status":
        return None if values.is_active(text) else f"its status is '{text}'"
    if name == "left_on":
        day = values.day(text.partition(" ")[0] if text[4:5] == "-" else text)
        return f"the person left on {day}" if date.fromisoformat(day) <= today else None
    folded = values.fold(text)
    if folded not in _TRUE | _FALSE:
        raise CellRefused(f"'{text}' is neither yes nor no.", "Write yes or no.")
    is_there = folded in _TRUE if name == "enabled" else folded in _FALSE
    return None if is_there else "the account is disabled"
