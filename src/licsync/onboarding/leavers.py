"""Detects leavers by the columns about a person's employment; a list may have several."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

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
"""Heading words about the employment of a person."""

_OF_OTHERS = re.compile(
    r"\b(?:licenses?|marital|civil|password|visa|tax|vaccination|mfa|2sv|sync|phone|device|number|cost)\b"
)
"""Heading words about the state of something else."""


def state_columns(columns: Columns) -> Iterator[tuple[int, str]]:
    """List the columns about a person's employment, with the field of each."""
    yield from ((at, name) for name, at in columns.fields.items() if name in STATES)
    yield from ((at, name) for at, name in columns.repeated.items() if name in STATES)


def unknown_state_headings(
    columns: Columns, sheet: Sheet, ignored: frozenset[str]
) -> Iterator[Diagnostic]:
    """Report unknown headings about a person's employment: the rows may include leavers.

    Args:
        columns: which column is which field.
        sheet: the sheet.
        ignored: normalized headings to ignore.
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
        message = (
            f"The column '{heading}' may say who has left, but licsync does not know the heading."
        )
        hint = (
            f"Map it in a mapping file, columns: {{status: {heading}}}"
            f" (or enabled, disabled, left_on), or ignore it: --ignore-column '{heading}'."
        )
        yield error(Code.INVALID_VALUE, message, sheet.span(columns.header, position), hint)


@dataclass(frozen=True, slots=True)
class Employment:
    """What the employment columns of a row say of a person.

    Attributes:
        stated: why the person no longer works here, from a column that says whether; empty if the
            person does, or if no column says.
        day: the first day on which the person is no longer here, if a column names it.
        is_active: whether a column says that the person works here.
        column: the position of the column that says most.
    """

    stated: str = ""
    day: date | None = None
    is_active: bool = False
    column: int | None = None

    def left(self, today: date) -> str:
        """Return why the person no longer works here today; empty if the person does."""
        is_past = self.day is not None and self.day <= today
        return self.stated or (f"the person left on {self.day}" if is_past else "")

    def with_cell(self, name: str, text: str, column: int) -> Employment:
        """Add what a cell says. The first column that says that the person has left counts.

        Raises:
            CellRefused: the cell is neither yes nor no, an unknown status, or not a date.
        """
        if name in _DAYS:
            day = departure_day(name, text)
            return replace(self, day=day or self.day, column=self._column(day is not None, column))
        reason = _reason(name, text)
        return replace(
            self,
            stated=self.stated or reason,
            is_active=self.is_active or not reason,
            column=self._column(bool(reason), column),
        )

    def _column(self, says_departure: bool, column: int) -> int | None:
        return column if says_departure and not self.stated else self.column


_DAYS = frozenset(("left_on", "last_day"))
_OPEN_END = 9999
"""The year by which HR systems say that an employment has no end."""


def departure_day(name: str, text: str) -> date | None:
    """Return the first day on which a person is no longer here; None for an open end.

    On a last day (`last_day`) the person is still here.

    Raises:
        CellRefused: the cell is not a date.
    """
    day = date.fromisoformat(values.day(text))
    if day.year == _OPEN_END:
        return None
    return day + timedelta(days=1) if name == "last_day" else day


def _reason(name: str, text: str) -> str:
    """Return why a person no longer works here, from a cell that says whether; empty if not."""
    if name == "status":
        return f"the status is '{text}'" if values.has_left(text) else ""
    folded = values.fold(text)
    if folded not in _TRUE | _FALSE:
        raise CellRefused(f"'{text}' is neither yes nor no.", "Write yes or no.")
    is_there = folded in _TRUE if name == "enabled" else folded in _FALSE
    return "" if is_there else "the account is disabled"
