"""Tells the rows of a table from what stands between and below them, and checks their cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import lru_cache
from itertools import pairwise

from licsync.diagnostics import Code, Diagnostic, error, info, warning
from licsync.model.scalars import find_forbidden_character
from licsync.spreadsheets.columns import Columns, are_mostly
from licsync.spreadsheets.headings import HEADINGS, normalize_heading
from licsync.spreadsheets.sheet import Row, Sheet, damage

_TOTAL = re.compile(
    r"(?:grand )?totals?\b|sub ?total\b|summe\b|gesamt\b|anzahl\b|insgesamt\b|count\b|sum\b"
    r"|somme\b|suma\b",
    re.IGNORECASE,
)
_EXAMPLE = re.compile(r"(?:example|beispiel|exemple|ejemplo)\s*:", re.IGNORECASE)


_NO_HEADING = re.compile(r"[0-9@]")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?: [0-9:.]+)?|(?:[0-9]+ days?, )?[0-9]{1,2}:[0-9]{2}:[0-9]{2}"
)
"""A date, a time or a duration, as the readers of workbooks write it."""
_NO_DATE = (
    "Spreadsheet programs make dates of texts such as 3-5 or May 4. Format the column as text, and "
    "write the value again."
)
_ONE_TABLE = "Put each table into a sheet or file of its own."
_LONG = 10
_MANY_HEADINGS = 3
"""How many known headings in a row make it a heading row."""
_COMPARED = 100
"""How many rows of a table to look at for the forms of its columns."""
_MANY_COLUMNS = 3
"""In how many columns a table must have values before a row that lacks them is no row of it."""


def data_rows(
    sheet: Sheet, columns: Columns, rows: Iterable[Row], known: Mapping[str, str] = HEADINGS
) -> tuple[list[Row], list[Diagnostic]]:
    """Return the rows with data, and a note for each other row, also above the headings.

    Reading ends with an error at the headings of another table below this one.

    Args:
        sheet: the sheet.
        columns: which column is which field.
        rows: the rows below the headings.
        known: headings of tables (`first name|vorname`) by field.
    """
    rows = list(rows)
    data, notes = [], [*_rows_above(sheet, columns, rows, known)]
    end_above = _last_line(columns.header)
    for row in rows:
        texts = [cell for cell in row.cells if cell]
        reason = ""
        is_apart = row.line > end_above + 1
        end_above = _last_line(row)
        if row.cells != columns.header.cells and _is_heading_row(texts, known, is_apart=is_apart):
            message = (
                "This row has the headings of another table, so the rows from here on are not read."
            )
            notes.append(error(Code.LEFT_OUT, message, sheet.span(row), _ONE_TABLE))
            break
        if row.cells == columns.header.cells:
            reason = "it repeats the headings"
        elif _EXAMPLE.match(texts[0]):
            reason = "it is an example"
        elif _TOTAL.match(texts[0]) and len(texts) <= 3 and "@" not in "".join(texts):
            reason = "it is a total"
        if reason:
            notes.append(info(Code.LEFT_OUT, f"This row is not read: {reason}.", sheet.span(row)))
        else:
            data.append(row)
    return data, notes


def _last_line(row: Row) -> int:
    """Return the last line of a row of CSV, whose cells may have line breaks."""
    return row.line + sum(cell.count("\n") for cell in row.cells)


class _Form(Enum):
    """The form that the cells of a column have."""

    EMAIL = re.compile(r"\S+@\S+")
    NUMBER = re.compile(r"\+?[0-9][0-9 ()./-]*")


class _Forms:
    """The forms of the columns of a table, which tell a row of it from a title."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows[:_COMPARED]
        self._known: dict[int, _Form | None] = {}

    def of(self, at: int) -> _Form | None:
        """Return the form that most cells of a column have; None if they have none."""
        if at not in self._known:
            cells = [row.cells[at] for row in self._rows if at < len(row.cells) and row.cells[at]]
            self._known[at] = next(
                (form for form in _Form if are_mostly(cells, form.value.fullmatch)), None
            )
        return self._known[at]


def _rows_above(
    sheet: Sheet, columns: Columns, rows: Sequence[Row], known: Mapping[str, str]
) -> Iterator[Diagnostic]:
    """Report each row above the headings: a title is not read, anything else is an error."""
    forms = _Forms(rows)
    for row in sheet.rows:
        if row.line >= columns.header.line:
            return
        texts = [cell for cell in row.cells if cell]
        if _is_heading_row(texts, known, is_apart=True):
            message = "This row has the headings of another table, which is not read."
            yield error(Code.LEFT_OUT, message, sheet.span(row), _ONE_TABLE)
        elif _is_of_table(row, columns, forms):
            message = "This row is above the headings, but fills the columns of the table."
            hint = "Move it below the headings, or delete it."
            yield error(Code.LEFT_OUT, message, sheet.span(row), hint)
        else:
            message = "This row is not read: it is above the headings."
            yield info(Code.LEFT_OUT, message, sheet.span(row))


def _is_of_table(row: Row, columns: Columns, forms: _Forms) -> bool:
    """Tell whether a row above the headings may be one of the table.

    A title may have commas, which part it into as many cells as there are columns. It has no e-mail
    address where the rows of the table have one; in a table without addresses, no number.
    """
    read = columns.fields.values()
    filled = [(at, cell) for at, cell in enumerate(row.cells) if cell]
    if any(at >= len(columns.header.cells) for at, _ in filled):
        return False
    count = sum(at in read for at, _ in filled)
    for form in _Form:
        if cells := [cell for at, cell in filled if forms.of(at) is form]:
            return count > 1 and any(form.value.fullmatch(cell) for cell in cells)
    return count >= _MANY_COLUMNS and count * 2 >= len(read)


def without_remarks(
    sheet: Sheet, columns: Columns, rows: Sequence[Row]
) -> tuple[list[Row], list[Diagnostic]]:
    """Leave out rows of users that have one cell which is no e-mail address, and report each.

    Such a row is a remark below the table: `Page 1 of 3`, `Confidential`. A table of few columns
    may have users without other cells, so there a remark is what stands among e-mail addresses.
    """
    found, faults = [], []
    forms = _Forms(rows)
    name = columns.fields.get("user", columns.fields.get("email"))
    for row in rows:
        filled = [(at, cell) for at, cell in enumerate(row.cells) if cell]
        at, text = filled[0]
        is_many = len(columns.fields) >= _MANY_COLUMNS
        is_word = " " not in text and (at != name or "@" in text)
        if len(filled) > 1 or is_word or not (is_many or forms.of(at) is _Form.EMAIL):
            found.append(row)
            continue
        message = f"The row has only '{text}': it is a remark, or lacks its other cells."
        hint = "If it is a remark, delete the row. If it is a user, fill the other cells."
        faults.append(error(Code.INVALID_VALUE, message, sheet.span(row, at), hint))
    return found, faults


def _is_heading_row(texts: Sequence[str], known: Mapping[str, str], *, is_apart: bool) -> bool:
    """Tell whether at least half of the cells are headings. No heading has a digit or an @.

    Args:
        texts: the cells that are not empty.
        known: headings of tables by field.
        is_apart: whether an empty row precedes. Then a row of two headings is one, too.
    """
    if len(texts) < 2 or _NO_HEADING.search("".join(texts)):
        return False
    words = _words(tuple(known.values()))
    count = sum(normalize_heading(text) in words for text in texts)
    is_wide = count >= _MANY_HEADINGS and count * 2 >= len(texts)
    return is_wide or (is_apart and count == len(texts))


@lru_cache(maxsize=16)
def _words(known: tuple[str, ...]) -> frozenset[str]:
    return frozenset(word for texts in known for word in texts.split("|"))


_DATED = frozenset(
    ("start_on", "offboard_on", "left_on", "last_day", "suspended_at", "setting", "value")
)
"""The fields that may hold a date."""


def unreadable_cells(sheet: Sheet, columns: Columns, rows: Sequence[Row]) -> Iterator[Diagnostic]:
    """Report damaged cells in columns that are read, and cells without a heading."""
    names = {at: name for name, at in columns.fields.items()}
    for row in rows:
        for position in sorted(names):
            text = row.cells[position] if position < len(row.cells) else ""
            if found := unreadable(names[position], text):
                heading = columns.header.cells[position]
                yield error(
                    Code.INVALID_VALUE,
                    f"{heading}: {found[0]}",
                    sheet.span(row, position),
                    found[1],
                )
    yield from _without_heading(sheet, columns.header, rows)


def _without_heading(sheet: Sheet, header: Row, rows: Sequence[Row]) -> Iterator[Diagnostic]:
    """Report cells without a heading: by row beyond the last heading, else the first of a column.

    A column without a heading may number the rows.
    """
    width = max((at for at, heading in enumerate(header.cells, 1) if heading), default=0)
    hint = "Give the column a heading; in CSV, quote a cell that contains the separator."
    found = []
    for at in (at for at in range(width) if not header.cells[at]):
        filled = [row for row in rows if at < len(row.cells) and row.cells[at]]
        if filled and not _is_numbering([row.cells[at] for row in filled]):
            found.append((filled[0], at, "in a column without a heading"))
    for row in rows:
        beyond = next((at for at, cell in enumerate(row.cells[width:], width) if cell), None)
        if beyond is not None:
            found.append((row, beyond, "to the right of the last heading"))
    for row, at, where in found:
        message = f"'{row.cells[at]}' is {where}, so its meaning is unknown."
        yield error(Code.INVALID_VALUE, message, sheet.span(row, at), hint)


def _is_numbering(texts: Sequence[str]) -> bool:
    """Tell whether texts count up by one, from 0 or from 1."""
    if not all(text.isascii() and text.isdigit() and len(text) < _LONG for text in texts):
        return False
    is_first = texts[0] in ("0", "1")
    return is_first and all(int(two) - int(one) == 1 for one, two in pairwise(texts))


def short_rows(sheet: Sheet, columns: Columns, rows: Sequence[Row]) -> Iterator[Diagnostic]:
    """Report rows of a CSV file that end before a column that is read."""
    read = sorted(columns.fields.values())
    if sheet.name or not any(len(row.cells) > read[-1] for row in rows):
        return  # a workbook has no cells there, and a column that no row has is empty
    for row in rows:
        if len(row.cells) <= read[-1]:
            missing = next(at for at in read if at >= len(row.cells))
            message = (
                f"The row ends before the column '{columns.header.cells[missing]}': "
                "its cells from there on count as empty."
            )
            hint = "If that is wrong, a separator or a part of the row is missing."
            yield warning(Code.LEFT_OUT, message, sheet.span(row, 0), hint)


def unreadable(name: str, text: str) -> tuple[str, str] | None:
    """Return message and hint for a cell that cannot be read, whatever its field means.

    Args:
        name: the field.
        text: the cell.
    """
    if found := damage(text):
        return found
    if name not in _DATED and _MOMENT.fullmatch(text):
        return f"'{text}' is a date or a time.", _NO_DATE
    if not text.isprintable() and (character := find_forbidden_character(text)):
        code = f"U+{ord(character):04X}"
        plain = "".join(c for c in text if not find_forbidden_character(c))
        return (
            f"The cell contains the invisible character {code}.",
            f"Delete it, so that the cell reads '{plain}'.",
        )
    return None
