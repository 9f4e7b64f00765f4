"""A sheet: rows of text with their position in the file, and detection of damaged cells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from licsync.diagnostics import Span

UNCALCULATED = "#UNCALCULATED!"
"""The text of a formula cell whose result is not in the file."""

_ERROR = re.compile(
    r"#(N/A|NV|REF!|BEZUG!|VALUE!|WERT!|VALEUR!|¡VALOR!|¡REF!|NAME\?|NOM\?|¿NOMBRE\?|DIV/0!|¡DIV/0!|NUM!|ZAHL!|NOMBRE!"
    r"|¡NUM!|NULL!|¡NULO!|NUL!|SPILL!|CALC!|GETTING_DATA|FIELD!|BLOCKED!|UNKNOWN!|CONNECT!|BUSY!|ÜBERLAUF!|KALK!)"
    r"|Err:[0-9]{3}|#{3,}"
)
"""Error values of Excel, LibreOffice and Google Sheets in English, German, French and Spanish."""


_LOST = "\ufffd"
_MISREAD = re.compile("[ÂÃÄÅâ][^ -~]")
"""The first bytes of frequent letters in UTF-8, read as Windows-1252."""

NOTHING = frozenset("-‐‑‒–—−") | {"--", "---", "N/A", "n/a"}
"""Cells that say that there is nothing."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its line in the file, from 1, and its cells."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of a file that are not empty.

    Attributes:
        file: the file name for diagnostics, with the sheet name if the file has several.
        rows: the rows, including the heading row.
        name: the name of the sheet; empty for CSV.
        is_hidden: whether the sheet is hidden.
        hidden_rows: the lines that are hidden, by a filter or by hand.
        hidden_columns: the hidden columns, from 0.
        is_blind: whether error values and number formats of this file format are unreadable.
        row_format: how people call a row, by its line.
    """

    file: str
    rows: Sequence[Row]
    name: str = ""
    is_hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    is_blind: bool = False
    row_format: str = "row {}"

    @property
    def path(self) -> str:
        """The path of the file."""
        return self.file.removesuffix(f"#{self.name}")

    @property
    def title(self) -> str:
        """The name for people: the file, and the sheet if it has a name."""
        return f"{self.path}, sheet '{self.name}'" if self.name else self.path

    def row_title(self, line: int) -> str:
        """Name a row for people."""
        return self.row_format.format(line)

    def span(self, row: Row, column: int = 0) -> Span:
        """Return the position of a cell. `column` counts from 0, the span from 1."""
        return Span(self.file, row.line, column + 1)


def is_error_value(text: str) -> bool:
    """Return whether a text is what a spreadsheet program shows instead of a value."""
    return _ERROR.fullmatch(text) is not None


def damage(text: str) -> tuple[str, str] | None:
    """Return message and hint for a cell with an error instead of a value; None for other cells."""
    if text == UNCALCULATED:
        return (
            "The cell is a formula whose result is not in the file.",
            "Open the file in a spreadsheet program, which calculates it, and save it there.",
        )
    if is_error_value(text):
        return (
            f"'{text}' is a spreadsheet error, not a value.",
            "Correct the formula of this cell.",
        )
    if text.isascii():
        return None
    if _LOST in text:
        return (
            f"'{text}' has lost a character: the file was read in another encoding before.",
            "Write the character, or export the file again as UTF-8.",
        )
    if meant := _misread(text):
        return (
            f"'{text}' is UTF-8 that a program has read in another encoding.",
            f"It means '{meant}'. Export the file again as UTF-8, or read it without --encoding.",
        )
    return None


def _misread(text: str) -> str | None:
    """Return what a text means if it is UTF-8 that was read as Windows-1252: `MÃ¼ller`."""
    if not _MISREAD.search(text):
        return None
    try:
        return text.encode("cp1252").decode()
    except UnicodeError:
        return None
