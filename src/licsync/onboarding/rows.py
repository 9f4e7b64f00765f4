"""Parses spreadsheet rows into people, with each fault by row and column."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from licsync.diagnostics import Code, Diagnostic, Span, error, info, warning
from licsync.model.declarations import USER_NAME, UserAttributes
from licsync.model.desired import SourceLookup, no_source
from licsync.model.field_limits import Accepts, transliterate
from licsync.model.fields import fields_with_marker
from licsync.model.labels import label
from licsync.onboarding.leavers import departure_reason, state_columns
from licsync.onboarding.mapping_schema import OnboardingMap
from licsync.planning.resolver import Resolver
from licsync.spreadsheets import cell_values as values
from licsync.spreadsheets.cell_values import CellRefused
from licsync.spreadsheets.columns import (
    Columns,
    data_rows,
    unreadable_cells,
)
from licsync.spreadsheets.sheet import Row, Sheet

Value = TypeVar("Value")
Templates = Mapping[str, Mapping[str, Any]]

_ACCEPTS = fields_with_marker(UserAttributes, Accepts)
_QUOTED = re.compile(r"'[+(\d]")
"""The apostrophe before a number that makes spreadsheet programs treat it as text."""

_BLANK = re.compile(r"\{(\w+)\}")


@dataclass(slots=True)
class PersonRow:
    """A parsed row.

    Attributes:
        row: the row.
        name: the user name.
        user: the declaration of the user, without licenses.
        kinds: the requested license types; None if the row says nothing.
        country: the country of the licenses, if it is not that of the site.
        extension: the requested extension number.
        phones: the requested phone numbers.
        voicemail: the e-mail address for voicemail.
        is_active: whether the row says that the person works here; None if it says nothing.
        skipped: why the row is skipped; empty if it is not.
    """

    row: Row
    name: str = ""
    user: dict[str, Any] = field(default_factory=dict)
    kinds: list[str] | None = None
    country: str | None = None
    extension: str | None = None
    phones: list[str] = field(default_factory=list)
    voicemail: str | None = None
    is_active: bool | None = None
    skipped: str = ""


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
        faults: errors and remarks.
    """

    sheet: Sheet
    columns: Columns
    mapping: OnboardingMap
    resolver: Resolver
    templates: Templates
    template: str | None = None
    is_ascii: bool = False
    where: SourceLookup = no_source
    today: date = date.max
    faults: list[Diagnostic] = field(default_factory=list)
    _departments: dict[str, str] = field(init=False)
    _unreadable: set[Span] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        """Collect existing departments, to spell those of the list alike."""
        records = (*self.resolver.desired.users.values(), *self.templates.values())
        named = (record.get("department") for record in records)
        self._departments = {values.fold(name): name for name in named if name}

    def people(self, rows: Sequence[Row]) -> list[PersonRow]:
        """Parse the rows."""
        rows, notes = data_rows(self.sheet, self.columns, rows)
        self.faults += notes
        found = list(unreadable_cells(self.sheet, self.columns, rows))
        self._unreadable = {fault.span for fault in found if fault.span}
        self.faults += found
        return [_Reader(self, row).person() for row in rows]

    def report(
        self,
        make: Callable[..., Diagnostic],
        row: Row,
        name: str,
        message: str,
        hint: str | None = None,
        code: Code = Code.INVALID_VALUE,
    ) -> None:
        """Report an error or remark about a cell, by field."""
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
        """Report an error or remark about a cell, by column, unless the cell is unreadable."""
        place = self.sheet.span(row, column or 0)
        if place not in self._unreadable:
            shown = (
                f"{self.columns.header.cells[column]}: {message}" if column is not None else message
            )
            self.faults.append(make(code, shown, place, hint))

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
        text = self.mapped_text(name, _at(row, at) if at is not None else "")
        return text or self.mapping.get("defaults", {}).get(name, "")

    def mapped_text(self, name: str, text: str) -> str:
        """Translate the text of a column by the mapping file; else only strip its apostrophe."""
        text = text[1:] if _QUOTED.match(text) else text
        mapped = self.mapping.get("values", {}).get(name, {})
        if text in mapped:
            return mapped[text]
        return {values.fold(key): value for key, value in mapped.items()}.get(
            values.fold(text), text
        )


def _at(row: Row, position: int) -> str:
    return row.cells[position] if position < len(row.cells) else ""


class _Reader:
    """Parses one row."""

    def __init__(self, reading: ReadingContext, row: Row) -> None:
        self.reading = reading
        self.row = row
        self.found = PersonRow(row)

    def person(self) -> PersonRow:
        """Parse the row. Faulty values are reported and left out."""
        found = self.found
        self._state()
        if found.skipped:
            return found
        first, last = self._names()
        email = self.read("email", values.email) or ""
        found.name = self._user_name(first, last, email)
        if found.name and not self.cell("email") and not values.is_email(found.name):
            self.reading.report(
                error,
                self.row,
                "email",
                "The row has no e-mail address, and the user name is not one.",
            )
        site = self.read("site", self.reading.site)
        template = self._template(site)
        self._attributes(first, last, email, site, template)
        site = site or next(
            (t["site"] for t in reversed(self._template_chain(template)) if "site" in t), None
        )
        home = self.reading.resolver.country_of_site(site) or self.reading.resolver.desired.country
        country = self.read("country", values.country_code)
        found.country = country if country != home else None
        catalog = self.reading.resolver.desired.catalog
        found.kinds = self.read("license", lambda text: values.licenses(text, catalog))
        found.extension = self.read(
            "extension", lambda text: values.digits(text, "an extension number")
        )
        found.phones = (
            self.read("phone", lambda text: values.phone_numbers(text, country or home)) or []
        )
        found.voicemail = self.read("voicemail_email", values.email)
        return found

    def _state(self) -> None:
        """Determine whether the person works here, from all employment columns."""
        reading, leaves_later = self.reading, False
        for position, name in state_columns(reading.columns):
            is_first = reading.columns.fields.get(name) == position
            text = (
                self.cell(name) if is_first else reading.mapped_text(name, _at(self.row, position))
            )
            if not text:
                continue
            try:
                self.found.skipped = departure_reason(name, text, reading.today) or ""
            except CellRefused as refused:
                reading.report_at(error, self.row, position, str(refused), refused.hint)
            if self.found.skipped:
                message = f"This row is skipped: {self.found.skipped}."
                reading.report_at(warning, self.row, position, message)
                return
            leaves_later = leaves_later or name == "left_on"
            self.found.is_active = True if name != "left_on" else self.found.is_active
        if leaves_later:
            hint = (
                "To offboard the user that day, map the column in a mapping file:"
                " columns: {offboard_on: HEADING}."
            )
            reading.report(
                warning,
                self.row,
                "left_on",
                "The person leaves later; licsync does not write that date.",
                hint,
            )

    def cell(self, name: str) -> str:
        return self.reading.cell(self.row, name)

    def read(self, name: str, parse: Callable[[str], Value]) -> Value | None:
        """Parse a cell; None if it is empty or faulty. Faults are reported."""
        text = self.cell(name)
        if not text:
            return None
        try:
            values.check_undamaged(text)
            return parse(text)
        except CellRefused as refused:
            self.reading.report(error, self.row, name, str(refused), refused.hint)
            return None

    def _names(self) -> tuple[str, str]:
        first, last = self.cell("first_name"), self.cell("last_name")
        if not (first and last) and (whole := self.cell("full_name")):
            first, last = values.split_name(whole)
        return self._accepted_name("first_name", first), self._accepted_name("last_name", last)

    def _accepted_name(self, name: str, text: str) -> str:
        """Return a name that the vendor accepts, or report it."""
        text = " ".join(text.split())
        shown = name if name in self.reading.columns.fields else "full_name"
        if not text:
            self.reading.report(error, self.row, shown, f"The row has no {label(name)}.")
            return text
        return self._spelled(_ACCEPTS[name], label(name), shown, text)

    def _spelled(self, accepts: Accepts, title: str, column: str, text: str) -> str:
        """Transliterate a text that the vendor refuses if `--ascii` is set, else report it."""
        try:
            values.check_undamaged(text)
        except CellRefused as refused:
            self.reading.report(error, self.row, column, str(refused), refused.hint)
            return text
        fault = accepts.fault(text)
        if fault is None:
            return text
        better = transliterate(accepts, text)
        better = None if better == text else better
        if better and self.reading.is_ascii:
            self.reading.report(
                info, self.row, column, f"The {title} '{text}' is written '{better}'."
            )
            return better
        hint = f"Write '{better}', or pass --ascii." if better else None
        report = error if self.reading.resolver.desired.backend == "8x8" else warning
        self.reading.report(report, self.row, column, f"The {title} '{text}' {fault}.", hint)
        return text

    def _user_name(self, first: str, last: str, email: str) -> str:
        if text := self.cell("user"):
            return self._spelled(USER_NAME, "user name", "user", text)
        if rule := self.reading.mapping.get("user_name"):
            parts = {"first_name": first, "last_name": last, "first": first[:1], "last": last[:1]}
            made = _BLANK.sub(
                lambda blank: "-".join(parts.get(blank[1], "").casefold().split()), rule
            )
            return transliterate(USER_NAME, made) or self._spelled(
                USER_NAME, "user name", "user", made
            )
        if email:
            return self._spelled(USER_NAME, "user name", "email", email)
        if not self.cell("email"):  # otherwise the bad address is already reported
            self.reading.report(error, self.row, "user", "The row has no user name.")
        return ""

    def _policies(self) -> Sequence[str]:
        desired, inventory = self.reading.resolver.desired, self.reading.resolver.inventory
        return list(dict.fromkeys((desired.policy, *desired.policies, *inventory.policies)))

    def _template(self, site: str | None) -> list[str]:
        """Choose the templates: from the cell, by department or site, else from the list."""
        rules = self.reading.mapping.get("templates", {})
        own = self.read(
            "template", lambda text: values.one_of(text, self.reading.templates, "template")
        )
        if own:
            return [own]
        by_group = {values.fold(group): names for group, names in rules.items()}
        for text in (self.cell("department"), site):
            if text and values.fold(text) in by_group:
                return by_group[values.fold(text)]
        return [self.reading.template] if self.reading.template else []

    def _template_chain(self, template: Iterable[str]) -> list[Mapping[str, Any]]:
        return [self.reading.templates[name] for name in template]

    def _attributes(
        self, first: str, last: str, email: str, site: str | None, template: list[str]
    ) -> None:
        """Declare what the templates do not set."""
        inherited: dict[str, Any] = {}
        for one in self._template_chain(template):
            inherited |= one
        own = {
            "first_name": first,
            "last_name": last,
            "email": email if email.casefold() != self.found.name.casefold() else "",
            "site": site,
            "job_title": self._text("job_title"),
            "department": self._text("department", self.reading.department),
            "policy": self.read(
                "policy", lambda text: values.one_of(text, self._policies(), "policy profile")
            ),
            "locale": self.read("locale", values.locale),
            "timezone": self.read("timezone", values.timezone),
            "offboard_on": self.read("offboard_on", values.day),
        }
        declared = {
            key: value for key, value in own.items() if value and inherited.get(key) != value
        }
        names: dict[str, Any] = {}
        if template:
            names["template"] = template[0] if len(template) == 1 else template
        self.found.user = names | declared

    def _text(self, name: str, known: Callable[[str], str | None] = lambda text: None) -> str:
        """Parse a text that the vendor accepts; a known value keeps its existing spelling."""
        text = " ".join(self.cell(name).split())
        return known(text) or (
            self._spelled(_ACCEPTS[name], label(name), name, text) if text else ""
        )
