"""Finds the tables of an account in sheets: their kinds, their columns, and what is not read.

Every sheet and column is read, reported as unused, or refused: nothing is dropped silently.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from licsync.diagnostics import Code, Diagnostic, Span, error
from licsync.model.catalog import Catalog, type_of
from licsync.model.declarations import Extension, Features, ServiceAddress, UserAttributes
from licsync.model.fields import fields_of
from licsync.spreadsheets.cells import unescape_formula
from licsync.spreadsheets.columns import (
    HEADINGS,
    Columns,
    column_title,
    data_rows,
    guess_columns,
    normalize_heading,
    positions_of,
    table_of,
    unknown_headings,
    unreadable_cells,
)  # fmt: skip
from licsync.spreadsheets.sheet import Row, Sheet
from licsync.spreadsheets.unread_columns import content_of, is_phone


def _fields(declaration: type, *without: str) -> dict[str, str]:
    return {name: name.replace("_", " ") for name in fields_of(declaration) if name not in without}


_TYPE = (
    "type|license type|license types|license name|lizenztyp|lizenzart|type de license"
    "|tipo de licensia|product|sku|subscription|subscription type"
)

_LICENSE_ID = (
    "license id|license ids|license nr|license number|license no|lizenz id|lizenznummer"
    "|subscription id"
)
_ADDRESS = "service address|service address id|address|adresse|anschrift|direccion|standortadresse"

_USER_HEADINGS = {
    **_fields(UserAttributes),
    **{
        name: HEADINGS[name]
        for name in (
            "user", "first_name", "last_name", "full_name", "email", "site", "department",
            "job_title", "policy", "locale", "timezone", "status",
        )
    },
    "license": f"license|licenses|lizenz|lizenzen|{_LICENSE_ID}",
    "type": _TYPE,
    "country": f"license country|{HEADINGS['country']}",
    "pbx": "pbx|pbx name",
    "service_address": "service address|service address id|license address",
    "extension": HEADINGS["extension"],
    "phone_numbers": HEADINGS["phone"],
    **_fields(Extension, "number", "phone_numbers", "features"),
    **_fields(Features),
    "ring_groups": "ring groups|ring group",
    "call_queues": "call queues|call queue",
}  # fmt: skip
_UNIT_HEADINGS = {
    "id": f"id|license|{_LICENSE_ID}",
    "type": _TYPE,
    "country": f"license country|{HEADINGS['country']}",
    "status": "status|license status|lizenzstatus|state|assignment status",
    "user": "assigned to|assigned user|holder|held by|zugewiesen an|inhaber|attribue a|asignado a"
    f"|{HEADINGS['user']}",
    "service_address": _ADDRESS,
    "suspended": "suspended|suspension|suspension reason|reason",
    "suspended_at": "suspended at|suspended since|suspended on|suspension date|gesperrt seit"
    "|ausgesetzt seit|suspendu depuis|suspendue depuis|suspendido desde|suspendida desde",
}
_ADDRESS_FIELDS = _fields(ServiceAddress) | {
    "street_number": "street number|street no|house number|hausnummer|numero",
    "street_name": "street name|street|strasse|rue|calle",
    "city": "city|town|ort|stadt|ville|ciudad",
    "state": "state|province|county code|bundesland|provincia",
    "postal": "postal|postal code|zip|zip code|postcode|plz|postleitzahl|code postal|codigo postal",
    "country": HEADINGS["country"],
}
_SITE_HEADINGS = {
    "site": f"{HEADINGS['site']}|name",
    "service_address": _ADDRESS,
    "pbx": "pbx|pbx name",
    "locale": HEADINGS["locale"],
    "timezone": HEADINGS["timezone"],
    **_ADDRESS_FIELDS,
}
_ADDRESS_HEADINGS = {
    "id": "id|address id|service address id|service address|slug|key",
    **_ADDRESS_FIELDS,
}
_POLICY_HEADINGS = {"policy": HEADINGS["policy"], "setting": "setting", "value": "value"}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of table.

    Attributes:
        name: its name, which a file or sheet may have.
        headings: the headings of its fields.
        needed: the fields that it must have; one of these groups is enough.
        cells: the fields that every row must have.
    """

    name: str
    headings: Mapping[str, str]
    needed: tuple[tuple[str, ...], ...]
    cells: tuple[str, ...]


KINDS = (
    Kind("licenses", _UNIT_HEADINGS, (("id", "type"),), ("id", "type")),
    Kind(
        "users",
        _USER_HEADINGS,
        tuple(
            (login, name)
            for login in ("user", "email")
            for name in (
                "first_name",
                "last_name",
                "full_name",
                "extension",
                "phone_numbers",
                "license",
                "type",
            )
        ),
        (),
    ),
    Kind("policies", _POLICY_HEADINGS, (("policy", "setting"),), ("policy",)),
    Kind(
        "sites",
        _SITE_HEADINGS,
        tuple(
            ("site", other) for other in ("pbx", "service_address", "locale", "timezone", "city")
        ),
        ("site",),
    ),
    Kind(
        "service_addresses",
        _ADDRESS_HEADINGS,
        (("id", "city"), ("id", "street_name"), ("id", "postal")),
        ("id",),
    ),
)
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
        return unescape_formula(row.cells[at]) if at is not None and at < len(row.cells) else ""

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


def heading_score(row: Row) -> int:
    """Count how many cells of a row are known headings, of the kind of table that fits best."""
    return max(len(guess_columns(row, kind.headings).fields) for kind in KINDS)


def find_tables(
    sheets: Sequence[Sheet], catalog: Catalog, ignored: Collection[str] = ()
) -> FoundTables:
    """Find the tables in sheets.

    Args:
        sheets: the sheets of all files.
        catalog: recognizes columns of license names.
        ignored: headings of columns and names of sheets to ignore.
    """
    found = FoundTables()
    is_export = any(_title(sheet) == "licenses" for sheet in sheets)
    unread = {name.casefold() for name in ignored}
    for sheet in sheets:
        if not sheet.rows:
            continue
        table = _table(sheet, ignored)
        if _title(sheet) in unread:
            _add_remark(found, sheet, "not read, as --ignore-column says")
        elif sheet.is_hidden:
            _add_remark(found, sheet, "not read: the sheet is hidden")
        elif is_export and _DERIVED.get(_title(sheet)) in sheet.rows[0].cells:
            _add_remark(found, sheet, "not used: the licenses table says the same")
        elif table is None:
            _add_remark(found, sheet, "not used: no row has headings that licsync knows")
            found.faults += _lost_sheet(sheet, catalog)
        else:
            found.tables.append(table)
            rows, notes = data_rows(sheet, table.columns, table.rows)
            table.rows = rows
            table.columns.resolve_repeated(rows)
            found.notes += notes
            found.faults += unreadable_cells(sheet, table.columns, rows)
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


def _title(sheet: Sheet) -> str:
    """Return the name of a sheet, or of its file if it has none."""
    return (
        sheet.name or sheet.file.replace("\\", "/").rpartition("/")[2].partition(".")[0]
    ).casefold()


def _add_remark(found: FoundTables, sheet: Sheet, what: str) -> None:
    found.remarks.append(f"{sheet.title}: {what}.")


def _table(sheet: Sheet, ignored: Collection[str]) -> Table | None:
    """Detect the kind of table of a sheet, by its name, else by its headings."""
    kinds = sorted(KINDS, key=lambda kind: kind.name != _title(sheet))
    tables = [table for kind in kinds if (table := _table_of_kind(kind, sheet, ignored))]
    if not tables or tables[0].kind.name == _title(sheet):
        return tables[0] if tables else None
    people = next(
        (t for t in tables if t.kind.name == "users" and _NAMES & t.columns.fields.keys()), None
    )
    return people or tables[0]


def _table_of_kind(kind: Kind, sheet: Sheet, ignored: Collection[str]) -> Table | None:
    best: Table | None = None
    for needed in kind.needed:
        table = table_of([sheet], kind.headings, needed=needed, ignored=ignored)
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
        if at in table.columns.repeated:
            first = header.cells[fields[table.columns.repeated[at]]]
            what = f"other values than '{first}', which means the same"
        unused.append(heading)
        if what and cells:
            count = f"{len(cells):,} cell{'s' * (len(cells) > 1)}"
            message = f"The import would drop the column '{heading}' ({count}), which holds {what}."
            hint = "Rename the heading (see docs/moving-in.md), or ignore the column"
            hint = f"{hint}: --ignore-column '{column_title(header, at)}'."
            found.faults.append(error(Code.LEFT_OUT, message, table.sheet.span(header, at), hint))
    columns = ", ".join(f"'{header.cells[at]}' is {name}" for at, name in sorted(read.items()))
    rest = f" Ignored: {', '.join(map(repr, unused))}." if unused else ""
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
                    "Give its columns headings (see docs/moving-in.md),"
                    f" or ignore the sheet: --ignore-column '{title}'."
                )
                yield error(Code.LEFT_OUT, message, sheet.span(row, at), hint)
                return
