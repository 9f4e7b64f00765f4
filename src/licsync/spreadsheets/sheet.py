"""A sheet as it was read: rows of text, each with its place in the file, and what damage its cells have."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from licsync.diagnostics import Span

UNCALCULATED = "#UNCALCULATED!"
"""The text of a cell with a formula whose result is not in the file."""

_ERROR = re.compile(
    r"#(N/A|NV|REF!|BEZUG!|VALUE!|WERT!|VALEUR!|¡VALOR!|¡REF!|NAME\?|NOM\?|¿NOMBRE\?|DIV/0!|¡DIV/0!|NUM!|ZAHL!|NOMBRE!"
    r"|¡NUM!|NULL!|¡NULO!|NUL!|SPILL!|CALC!|GETTING_DATA|FIELD!|BLOCKED!|UNKNOWN!|CONNECT!|BUSY!|ÜBERLAUF!|KALK!)"
    r"|Err:[0-9]{3}|#{3,}"
)
"""Error values as Excel, LibreOffice and Google Sheets show them, in English, German, French and Spanish."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the number of its line in the file, from 1, and its cells."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of a file that say something.

    Attributes:
        file: the name of the file, for diagnostics; with the name of the sheet where the file has
            several.
        rows: the rows that are not empty, the one with the headings among them.
        name: the name of the sheet, where the file can have several.
        is_hidden: whether a spreadsheet program does not show the sheet.
        hidden_rows: the lines that it does not show, by a filter or by hand.
        hidden_columns: the columns that it does not show, from 0.
        is_blind: whether the file's format hides error values and number formats from licsync.
    """

    file: str
    rows: Sequence[Row]
    name: str = ""
    is_hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    is_blind: bool = False

    @property
    def title(self) -> str:
        """Name the sheet for people: its file, and its own name where it has one."""
        file = self.file.removesuffix(f"#{self.name}")
        return f"{file}, sheet '{self.name}'" if self.name else file

    def span(self, row: Row, column: int = 0) -> Span:
        """Give the place of a cell; columns count from 0 here, and from 1 in the place."""
        return Span(self.file, row.line, column + 1)


def damage(text: str) -> tuple[str, str] | None:
    """Say what is wrong with a cell that holds an error in place of a value, and what to do about it."""
    if text == UNCALCULATED:
        return (
            "The cell is a formula whose result is not in the file.",
            "Open the file in a spreadsheet program, which calculates it, and save it there.",
        )
    if _ERROR.fullmatch(text):
        return (
            f"'{text}' is an error of the spreadsheet, not a value.",
            "Correct the formula of this cell.",
        )
    return None
