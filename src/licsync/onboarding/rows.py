"""A list of people: its rows as people, and what its cells mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from licsync.diagnostics import Code, Diagnostic, Severity, Span
from licsync.model.desired import SourceLookup, no_source
from licsync.model.people_declarations import ListMapping
from licsync.onboarding.leavers import Employment
from licsync.planning.resolver import Resolver
from licsync.spreadsheets import cell_values as values
from licsync.spreadsheets.columns import Columns
from licsync.spreadsheets.row_checks import data_rows, short_rows, unreadable_cells
from licsync.spreadsheets.sheet import NOTHING, Row, Sheet

Templates = Mapping[str, Mapping[str, Any]]

_QUOTED = re.compile(r"'[+(\d]")
"""The apostrophe before a number that makes spreadsheet programs treat it as text."""


@dataclass(slots=True)
class PersonRow:
    """A parsed row.

    Attributes:
        row: the row.
        name: the user name.
        external_id: the employee number; empty if the row says nothing.
        user: the declaration of the user, without licenses.
        kinds: the requested license types; None if the row says nothing.
        country: the country of the licenses, if it is not that of the site.
        extension: the requested extension number.
        phones: the requested phone numbers.
        voicemail: the e-mail address for voicemail.
        employment: what the row says about the person's employment.
        skipped: why the row is skipped; empty if it is not.
    """

    row: Row
    name: str = ""
    external_id: str = ""
    user: dict[str, Any] = field(default_factory=dict)
    kinds: list[str] | None = None
    country: str | None = None
    extension: str | None = None
    phones: list[str] = field(default_factory=list)
    voicemail: str | None = None
    employment: Employment = field(default_factory=Employment)
    skipped: str = ""

    @property
    def is_active(self) -> bool:
        """Whether the row says that the person works here."""
        return self.employment.is_active


@dataclass(slots=True)
class ReadingContext:
    """The context for reading a table: what rows can refer to, how to read them, and their faults.

    Attributes:
        sheet: the sheet.
        columns: which column is which field.
        mapping: the mapping file.
        resolver: the desired state and the inventory.
        templates: the templates of the files.
        template: the template of rows that name none.
        is_ascii: whether to transliterate names that the vendor refuses.
        where: finds positions in the mapping file.
        today: the day that decides who has left.
        memberships: the groups of people, by employee number, e-mail address or user name.
        faults: errors and remarks.
    """

    sheet: Sheet
    columns: Columns
    mapping: ListMapping
    resolver: Resolver
    templates: Templates
    template: str | None = None
    is_ascii: bool = False
    where: SourceLookup = no_source
    today: date = date.max
    memberships: Mapping[str, frozenset[str]] = field(default_factory=dict)
    faults: list[Diagnostic] = field(default_factory=list)
    _departments: dict[str, str] = field(init=False)
    _unreadable: set[Span] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        """Collect existing departments, to spell those of the list alike."""
        records = (*self.resolver.desired.users.values(), *self.templates.values())
        named = (record.get("department") for record in records)
        self._departments = {values.fold(name): name for name in named if name}

    def data_rows(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Return the rows with data, and report the others and unreadable cells."""
        rows, notes = data_rows(self.sheet, self.columns, rows)
        self.faults += notes
        found = list(unreadable_cells(self.sheet, self.columns, rows))
        self._unreadable = {fault.span for fault in found if fault.span}
        self.faults += [*found, *short_rows(self.sheet, self.columns, rows)]
        return rows

    def report(
        self,
        make: Callable[..., Diagnostic],
        row: Row,
        name: str,
        message: str,
        hint: str | None = None,
        code: Code = Code.INVALID_VALUE,
    ) -> None:
        """Report an error or remark about a cell, by field.

        Args:
            make: makes the diagnostic: `error`, `warning` or `info`.
            row: the row of the cell.
            name: the field.
            message: what is wrong.
            hint: what to do.
            code: the code of the diagnostic.
        """
        if name in ("user", "email") and name not in self.columns.fields:
            name = "email" if name == "user" else "user"  # either replaces the other
        self.report_at(make, row, self.columns.fields.get(name), message, hint, code)

    def report_at(
        self,
        make: Callable[..., Diagnostic],
        row: Row,
        column: int | None,
        message: str,
        hint: str | None = None,
        code: Code = Code.INVALID_VALUE,
    ) -> None:
        """Report an error or remark about a cell, unless the cell is unreadable.

        Args:
            make: makes the diagnostic: `error`, `warning` or `info`.
            row: the row of the cell.
            column: the position of the column; None for the row as a whole.
            message: what is wrong.
            hint: what to do.
            code: the code of the diagnostic.
        """
        place = self.sheet.span(row, column or 0)
        if place not in self._unreadable:
            shown = (
                f"{self.columns.header.cells[column]}: {message}" if column is not None else message
            )
            self.faults.append(make(code, shown, place, hint))

    def has_error(self, row: Row, *names: str) -> bool:
        """Tell whether an error of a row was reported in the cell of one of these fields."""
        columns = (self.columns.fields[name] for name in names if name in self.columns.fields)
        places = {self.sheet.span(row, column) for column in columns}
        return any(d.severity is Severity.ERROR and d.span in places for d in self.faults)

    def site(self, text: str) -> str:
        """Find a site by name, ignoring case and accents.

        Raises:
            CellRefused: there is no such site.
        """
        desired, inventory = self.resolver.desired, self.resolver.inventory
        names = dict.fromkeys((*desired.sites, *inventory.sites))
        return values.one_of(
            text, [name for name in names if desired.sites.get(name, {}) is not None], "site"
        )

    def department(self, text: str) -> str | None:
        """Find an existing department, ignoring case and accents."""
        return self._departments.get(values.fold(text))

    def cell(self, row: Row, name: str) -> str:
        """Return the value of a cell, translated by the mapping file."""
        at = self.columns.fields.get(name)
        text = self.mapped_text(name, cell_at(row, at) if at is not None else "")
        return text or self.mapping.get("defaults", {}).get(name, "")

    def mapped_text(self, name: str, text: str) -> str:
        """Translate the text of a column by the mapping file; else only strip its apostrophe.

        A dash, or `N/A`, says that there is nothing.
        """
        text = text[1:] if _QUOTED.match(text) else text
        mapped = self.mapping.get("values", {}).get(name, {})
        if text in mapped:
            return mapped[text]
        if text in NOTHING:
            return ""
        return {values.fold(key): value for key, value in mapped.items()}.get(
            values.fold(text), text
        )


def cell_at(row: Row, position: int) -> str:
    """Return the text of a cell; empty beyond the end of the row."""
    return row.cells[position] if position < len(row.cells) else ""
