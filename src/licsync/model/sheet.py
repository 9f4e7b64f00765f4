"""A sheet as it was read: rows of text, each with its place in the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from licsync.diagnostics import Span


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the number of its line in the file, from 1, and its cells."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of a file that say something.

    Attributes:
        file: the name of the file, for diagnostics.
        rows: the rows that are not empty, the one with the headings among them.
        name: the name of the sheet, where the file can have several.
    """

    file: str
    rows: Sequence[Row]
    name: str = ""

    def span(self, row: Row, column: int = 0) -> Span:
        """Give the place of a cell; columns count from 0 here, and from 1 in the place."""
        return Span(self.file, row.line, column + 1)
