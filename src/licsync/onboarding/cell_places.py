"""Finds the cell of a list that says a fact about a user."""

from __future__ import annotations

from collections.abc import Mapping

from licsync.diagnostics import Span
from licsync.onboarding.rows import ReadingContext
from licsync.spreadsheets.sheet import Row


class CellPlaces:
    """The `SourceLookup` of a desired state in which some users come from a spreadsheet.

    Args:
        reading: the table, and the desired state of all other users.
        rows: the rows of users, by user name.
    """

    _COLUMNS = (("number", "extension"), ("phone_numbers", "phone"), ("licenses", "license"))

    def __init__(self, reading: ReadingContext, rows: Mapping[str, Row]) -> None:
        self._reading = reading
        self._rows = rows

    def __call__(self, section: str, *path: str | int) -> Span | None:
        """Give the position of a cell, or of a fact in the files."""
        row = self._rows.get(str(path[0])) if section == "users" and path else None
        if row is None:
            return self._reading.resolver.desired.where(section, *path)
        column = next(
            (c for key, c in self._COLUMNS if key in path),
            str(path[1]) if len(path) > 1 else "user",
        )
        fields = self._reading.columns.fields
        return self._reading.sheet.span(row, fields.get(column, fields.get("email", 0)))
