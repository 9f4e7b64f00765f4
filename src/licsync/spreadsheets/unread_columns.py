"""Detects account data in columns that are not read."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches

from licsync.diagnostics import Code, Diagnostic, warning
from licsync.model.catalog import Catalog, type_of
from licsync.model.phone_numbers import possible_numbers
from licsync.spreadsheets.columns import (
    IGNORED,
    Columns,
    are_mostly,
    column_title,
    normalize_heading,
    positions_of,
)
from licsync.spreadsheets.headings import HEADINGS
from licsync.spreadsheets.sheet import Row, Sheet

_PHONE = re.compile(r"(?:\+\s*\d|\(\d|0\d|\d+[ ./-]+\d)[\d\s()./-]{5,18}")
_DIGITS = re.compile(r"[1-9]\d{9,14}")
_SHORT = re.compile(r"\d{3,5}")
_LONG, _ALIKE = 5, 0.85
"""The least letters of a heading that may be misspelled, and how alike the right one is."""
_ANY_ID = re.compile(
    r"\b(?:id|nr|no|number|employee|personal\w*|personnel|staff|matricule|badge|cost\w*|kosten\w*|zip|plz|year)\b"
)


def is_phone(cell: str) -> bool:
    """Return whether a cell looks like a phone number."""
    return _PHONE.fullmatch(cell) is not None


def is_bare_phone(cell: str) -> bool:
    """Return whether a cell is an international phone number in digits, as the vendor writes it."""
    return _DIGITS.fullmatch(cell) is not None and bool(possible_numbers(f"+{cell}", None))


def content_of(heading: str, cells: Sequence[str], catalog: Catalog, sites: Collection[str]) -> str:
    """Describe what most cells of a column hold if it is account data; empty if it is not.

    Args:
        heading: the heading of the column.
        cells: its nonempty cells.
        catalog: recognizes license names.
        sites: the names of sites.
    """
    has_no_id = not _ANY_ID.search(normalize_heading(heading))
    if are_mostly(cells, lambda cell: is_phone(cell) or (has_no_id and is_bare_phone(cell))):
        return "phone numbers"
    if are_mostly(cells, lambda cell: type_of(cell, catalog) is not None):
        return "licenses"
    if are_mostly(cells, lambda cell: cell in sites):
        return "sites"
    is_short = len(set(cells)) == len(cells) > 1 and all(_SHORT.fullmatch(cell) for cell in cells)
    return "numbers that may be extensions" if is_short and has_no_id else ""


def heading_meant(heading: str, columns: Columns, known: Mapping[str, str]) -> str:
    """Find a known heading that differs in a letter or two, of a field that a table lacks.

    Args:
        heading: the heading.
        columns: the columns of the table.
        known: headings (`first name|vorname`) by field.
    """
    lacking = [texts for name, texts in known.items() if name not in columns.fields]
    words = [word for word in "|".join(lacking).split("|") if len(word) >= _LONG]
    near = get_close_matches(normalize_heading(heading), words, n=1, cutoff=_ALIKE)
    return near[0] if near else ""


def unread_columns(
    sheet: Sheet, columns: Columns, rows: Sequence[Row], catalog: Catalog, ignored: Collection[str]
) -> Iterator[Diagnostic]:
    """Warn about unread columns of a list of people that hold licenses or numbers.

    Args:
        sheet: the sheet.
        columns: which column is which field.
        rows: the rows of people.
        catalog: recognizes license names.
        ignored: headings of columns to ignore.
    """
    header, read = columns.header, {*columns.fields.values(), *columns.repeated}
    skipped = {at for heading in ignored for at in positions_of(header, heading)}
    for at, heading in enumerate(header.cells):
        if not heading or at in read or at in skipped or normalize_heading(heading) in IGNORED:
            continue
        rows_cells = [
            (row.cells[at], {row.cells[i] for i in read if i < len(row.cells)})
            for row in rows
            if at < len(row.cells)
        ]
        cells = [cell for cell, others in rows_cells if cell and cell not in others]
        if what := content_of(heading, cells, catalog, ()):
            hint = (
                "Map it in a mapping file (columns: …), put several values into one cell,"
                f" or ignore it: --ignore-column '{column_title(header, at)}'."
            )
            message = f"The column '{heading}' holds {what}, but is not read."
            yield warning(Code.LEFT_OUT, message, sheet.span(header, at), hint)
        elif cells and (near := heading_meant(heading, columns, HEADINGS)):
            message = f"The column '{heading}' is not read."
            hint = f"If it means '{near}', rename it; or ignore it"
            hint = f"{hint}: --ignore-column '{column_title(header, at)}'."
            yield warning(Code.LEFT_OUT, message, sheet.span(header, at), hint)
