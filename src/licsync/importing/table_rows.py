"""Reads the rows of imported tables cell by cell, and records faults with their position."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from licsync.diagnostics import Code, Diagnostic, error, info
from licsync.importing.table_detection import FoundTables, Table
from licsync.spreadsheets.cell_values import CellRefused
from licsync.spreadsheets.row_checks import unreadable
from licsync.spreadsheets.sheet import Row

UNREAD_COUNTRY = "XX"
"""Replaces a country that could not be read, which is already reported."""

OLDER_LIST = (
    "If one list is older than the other, export both again. Otherwise correct the one that is "
    "wrong."
)
"""What to do if two lists contradict each other."""


@dataclass(slots=True)
class Rows:
    """Reads rows and collects their faults.

    Attributes:
        found: the tables.
        faults: what cannot be read.
        places: the source row of each part of the document.
        concluded: assumptions of the import, and how often each was made.
    """

    found: FoundTables
    faults: list[Diagnostic] = field(default_factory=list)
    places: dict[tuple[Any, ...], tuple[Table, Row]] = field(default_factory=dict)
    concluded: Counter[str] = field(default_factory=Counter)

    @property
    def conclusions(self) -> list[Diagnostic]:
        """The assumptions, as diagnostics."""
        return [
            info(Code.LEFT_OUT, f"{text} ({count:,}).") for text, count in self.concluded.items()
        ]

    def add_fault(
        self,
        table: Table,
        row: Row,
        key: str,
        message: str,
        hint: str | None = None,
        code: Code = Code.INVALID_VALUE,
    ) -> None:
        """Record a fault of a cell."""
        self.faults.append(error(code, message, table.span(row, key), hint))

    def read(self, table: Table, row: Row, key: str, read: Callable[[str], Any]) -> Any:
        """Parse a cell; None if it is empty or faulty. Faults are recorded."""
        text = table.cell(row, key)
        try:
            return read(text) if text else None
        except CellRefused as refused:
            if unreadable(key, text) is None:  # else `unreadable_cells` reports the cell
                self.add_fault(table, row, key, str(refused), refused.hint)
            return None

    def named_rows(
        self, kind: str, key: str, unnamed: list[tuple[Table, Row]] | None = None
    ) -> Iterator[tuple[Table, Row, str]]:
        """List the rows of named records. Equal rows in two tables count once.

        Args:
            kind: the kind of table.
            key: the field with the name.
            unnamed: collects the rows of tables without a column for the name.
        """
        for table, row in self.found.rows_of(kind):
            name = table.cell(row, key)
            if unnamed is not None and key not in table.columns.fields:
                unnamed.append((table, row))
                continue
            if not name:
                self.add_fault(table, row, key, f"The row has no {key.replace('_', ' ')}.")
                continue
            other, first = self.places.setdefault((kind, name), (table, row))
            if first is row:
                yield table, row, name
            elif other is table or _cells_of(table, row) != _cells_of(other, first):
                where = f"row {first.line}" + (
                    f" of {other.sheet.title}" if other is not table else ""
                )
                self.add_fault(table, row, key, f"'{name}' is already in {where}.")


def _cells_of(table: Table, row: Row) -> dict[str, str]:
    return {name: text for name in table.columns.fields if (text := table.cell(row, name))}
