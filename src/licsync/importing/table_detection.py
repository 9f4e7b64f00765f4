"""Finds the tables of an account in sheets: their kinds, their columns, and what is not read.

Every sheet and column is read, reported as unused, or refused: nothing is dropped silently.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from licsync.diagnostics import Code, Diagnostic, Severity, Span, error, errors_of
from licsync.importing.table_kinds import ALL_HEADINGS, KINDS, LICENSES_WITHOUT_IDS, ONE_LINE, Kind
from licsync.model.catalog import Catalog, type_of
from licsync.spreadsheets.cells import unescape_formula
from licsync.spreadsheets.columns import (
    NO_HEADINGS,
    Columns,
    OwnHeadings,
    best_table,
    column_title,
    guess_columns,
    heading_candidates,
    normalize_heading,
    positions_of,
    unknown_headings,
)  # fmt: skip
from licsync.spreadsheets.row_checks import (
    data_rows,
    short_rows,
    unreadable_cells,
    without_remarks,
)
from licsync.spreadsheets.sheet import NOTHING, Row, Sheet
from licsync.spreadsheets.unread_columns import content_of, heading_meant, is_phone
from licsync.version import address_of

_HEADINGS = address_of("how-to/moving-in#tables")
_NAMES = frozenset(("first_name", "last_name", "full_name"))

_DERIVED = {"pool": "held_by_inactive", "unassigned": "days_left", "suspended": "days_left"}
"""Tables of `licsync export` that only repeat its table `licenses`, each with one heading."""

_REPEATS = {
    "users": frozenset(("title", "license status", "person", "address")),
    "licenses": frozenset(("title", "person", "address", "days left")),
}
"""Columns of an export that repeat another column in words."""


@dataclass(slots=True)
class Table:
    """A table: its kind, sheet, columns, and data rows."""

    kind: Kind
    sheet: Sheet
    columns: Columns
    rows: Sequence[Row]

    def cell(self, row: Row, name: str) -> str:
        """Return the text of a cell, by field."""
        at = self.columns.fields.get(name)
        if at is None or at >= len(row.cells):
            return ""
        text = "" if row.cells[at] in NOTHING else unescape_formula(row.cells[at])
        return " ".join(text.split()) if name in ONE_LINE else text

    def span(self, row: Row, name: str) -> Span:
        """Return the position of a cell, or of its row if the table lacks the column."""
        return self.sheet.span(row, self.columns.fields.get(name, 0))


@dataclass(slots=True)
class FoundTables:
    """The tables of a set of sheets.

    Attributes:
        tables: the tables to read.
        faults: unreadable cells, and columns that the import would drop.
        notes: rows that are not data.
        remarks: how each sheet and column was interpreted.
    """

    tables: list[Table] = field(default_factory=list)
    faults: list[Diagnostic] = field(default_factory=list)
    notes: list[Diagnostic] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def rows_of(self, name: str) -> Iterator[tuple[Table, Row]]:
        """List the rows of all tables of a kind."""
        for table in self.tables:
            if table.kind.name == name:
                yield from ((table, row) for row in table.rows)


def heading_score(row: Row, own: OwnHeadings = NO_HEADINGS) -> int:
    """Count how many cells of a row are known headings, of the kind of table that fits best."""
    return max(len(guess_columns(row, kind.headings, further=own).fields) for kind in KINDS)


def find_tables(
    sheets: Sequence[Sheet],
    catalog: Catalog,
    ignored: Collection[str] = (),
    own: OwnHeadings = NO_HEADINGS,
    only: Collection[str] = (),
) -> FoundTables:
    """Find the tables in sheets.

    Args:
        sheets: the sheets of all files.
        catalog: recognizes columns of license names.
        ignored: headings of columns and names of sheets to ignore.
        own: headings that the account declares, by field.
        only: the kinds of tables to read; empty for all.
    """
    found = FoundTables()
    is_export = any(_title(sheet) == "licenses" for sheet in sheets)
    unread = {name.casefold() for name in ignored}
    for sheet in sheets:
        if not sheet.rows:
            if not sheet.name:
                _add_remark(found, sheet, "not used: the file is empty")
            continue
        table = _table(sheet, ignored, own)
        if _title(sheet) in unread:
            _add_remark(found, sheet, "not read, as --ignore-column says")
        elif sheet.is_hidden:
            _add_remark(found, sheet, "not read: the sheet is hidden")
        elif is_export and _DERIVED.get(_title(sheet)) in sheet.rows[0].cells:
            _add_remark(found, sheet, "not used: the licenses table says the same")
        elif table is None:
            _add_remark(found, sheet, "not used: no row has headings that licsync knows")
            found.faults += _lost_sheet(sheet, catalog)
        elif only and table.kind.name not in only:
            _add_remark(found, sheet, f"not used: a table of {_words(table.kind.name)}")
        else:
            found.tables.append(table)
            rows, notes = data_rows(sheet, table.columns, table.rows, ALL_HEADINGS)
            found.faults += errors_of(notes)
            if table.kind.name == "users":
                rows, remarks = without_remarks(sheet, table.columns, rows)
                found.faults += remarks
            table.rows = rows
            table.columns.resolve_repeated(rows)
            found.notes += [note for note in notes if note.severity is not Severity.ERROR]
            found.faults += unreadable_cells(sheet, table.columns, rows)
            found.notes += short_rows(sheet, table.columns, rows)
    headers = [(table.sheet, table.columns.header) for table in found.tables]
    titles = {_title(sheet) for sheet in sheets}
    found.faults += unknown_headings(
        [name for name in ignored if name.casefold() not in titles], headers
    )
    sites = {
        table.cell(row, "site") for table, row in (*found.rows_of("users"), *found.rows_of("sites"))
    } - {""}
    for table in found.tables:
        _account_for_columns(found, table, catalog, sites, ignored)
    return found


def _words(kind: str) -> str:
    return kind.replace("_", " ")


def _title(sheet: Sheet) -> str:
    """Return the name of a sheet, or of its file if it has none."""
    return (
        sheet.name or sheet.file.replace("\\", "/").rpartition("/")[2].partition(".")[0]
    ).casefold()


def _add_remark(found: FoundTables, sheet: Sheet, what: str) -> None:
    found.remarks.append(f"{sheet.title}: {what}.")


def _table(sheet: Sheet, ignored: Collection[str], own: OwnHeadings) -> Table | None:
    """Detect the kind of table of a sheet, by its name, else by its headings."""
    kinds = sorted(KINDS, key=lambda kind: kind.name != _title(sheet))
    tables = [table for kind in kinds if (table := _table_of_kind(kind, sheet, ignored, own))]
    if not tables:
        return None
    people = next(
        (t for t in tables if t.kind.name == "users" and _NAMES & t.columns.fields.keys()), None
    )
    is_sure = tables[0].kind not in LICENSES_WITHOUT_IDS or people is None
    if tables[0].kind.name == _title(sheet) and is_sure:
        return tables[0]
    return people or tables[0]


def _table_of_kind(
    kind: Kind, sheet: Sheet, ignored: Collection[str], own: OwnHeadings
) -> Table | None:
    best: Table | None = None
    candidates = heading_candidates([sheet], kind.headings, ignored=ignored, further=own)
    for needed in kind.needed:
        table = best_table(candidates, needed)
        if table and (best is None or len(table[1].fields) > len(best.columns.fields)):
            best = Table(kind, *table)
    return best


# --- columns that are not read --------------------------------------------------------------------

_OF_INTEREST = re.compile(
    r"\b(?:phones?|telephone|telefon\w*|tel|mobile?s?|cell|handy|fax|did|rufnummer\w*|durchwahl\w*"
    r"|nebenstelle\w*|ext|extensions?|licenses?|lizenz\w*|licensia\w*|sku|subscriptions?|sites?"
    r"|standort\w*|location|branch|pbx|address(?:es)?|adresse|anschrift|forward\w*|voicemail\w*"
    r"|devices?|mac|ring groups?|call queues?|countr(?:y|ies)|land|pays|pais|status|suspended"
    r"|enabled|active|aktiv)\b"
)
"""Heading words of columns that may hold data of the account."""


def _account_for_columns(
    found: FoundTables,
    table: Table,
    catalog: Catalog,
    sites: Collection[str],
    ignored: Collection[str],
) -> None:
    """Report how each column was interpreted, and refuse to drop account data."""
    header, fields = table.columns.header, table.columns.fields
    read = {at: name for name, at in fields.items()}
    ignored_positions = {at for text in ignored for at in positions_of(header, text)}
    unused = []
    for at, heading in enumerate(header.cells):
        cells = [row.cells[at] for row in table.rows if at < len(row.cells) and row.cells[at]]
        if not heading or at in read:
            continue
        is_repeated = normalize_heading(heading) in _REPEATS.get(table.kind.name, ())
        what = (
            "" if at in ignored_positions or is_repeated else _what(heading, cells, catalog, sites)
        )
        if not what and at not in ignored_positions and not is_repeated:
            near = heading_meant(heading, table.columns, table.kind.headings)
            what = f"values of '{near}', if that is what its heading means" if near else ""
        if at in table.columns.repeated:
            first = header.cells[fields[table.columns.repeated[at]]]
            what = f"other values than '{first}', which means the same"
        unused.append(heading)
        if what and cells:
            count = f"{len(cells):,} cell{'s' * (len(cells) > 1)}"
            message = f"licsync would drop the column '{heading}' ({count}), which holds {what}."
            hint = (
                f"Rename the heading (see {_HEADINGS}), name it under columns: in the"
                " files of the account, or ignore the column"
            )
            hint = f"{hint}: --ignore-column '{column_title(header, at)}'."
            found.faults.append(error(Code.LEFT_OUT, message, table.sheet.span(header, at), hint))
    columns = ", ".join(f"'{header.cells[at]}' is {name}" for at, name in sorted(read.items()))
    rest = f" Not used: {', '.join(map(repr, unused))}." if unused else ""
    count = f"{len(table.rows):,} row{'s' * (len(table.rows) != 1)}"
    found.remarks.append(
        f"{table.sheet.title}: {count}, read as {table.kind.name}. {columns}.{rest}"
    )


def _what(heading: str, cells: Sequence[str], catalog: Catalog, sites: Collection[str]) -> str:
    """Describe account data in an unread column, by cells, else by heading; empty if none."""
    if what := content_of(heading, cells, catalog, sites):
        return what
    found = _OF_INTEREST.search(normalize_heading(heading))
    return f"data that may matter ('{found[0]}')" if found else ""


def _lost_sheet(sheet: Sheet, catalog: Catalog) -> Iterator[Diagnostic]:
    """Refuse to leave out a sheet that holds phone numbers or licenses."""
    for row in sheet.rows:
        for at, cell in enumerate(row.cells):
            what = ""
            if is_phone(cell):
                what = "a phone number"
            elif type_of(cell, catalog):
                what = "a license"
            if what:
                message = f"The sheet is not read, but holds {what}: '{cell}'."
                title = _title(sheet)
                hint = (
                    f"Give its columns headings (see {_HEADINGS}),"
                    f" or ignore the sheet: --ignore-column '{title}'."
                )
                yield error(Code.LEFT_OUT, message, sheet.span(row, at), hint)
                return
