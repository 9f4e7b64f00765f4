"""Parses the rows of a list into people, with each fault by row and column."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar

from licsync.diagnostics import error, info, warning
from licsync.model.declarations import USER_NAME, User, UserAttributes
from licsync.model.field_limits import Accepts, transliterate
from licsync.model.fields import fields_with_marker
from licsync.model.inventory import as_list
from licsync.model.labels import label
from licsync.model.schema_markers import Bounds
from licsync.onboarding.leavers import Employment, state_columns
from licsync.onboarding.rows import PersonRow, ReadingContext, cell_at
from licsync.spreadsheets import cell_values as values
from licsync.spreadsheets.cell_values import CellRefused
from licsync.spreadsheets.sheet import Row

Value = TypeVar("Value")

_ACCEPTS = fields_with_marker(UserAttributes, Accepts)
ATTRIBUTES = (
    "first_name", "last_name", "email", "site", "job_title", "department", "policy", "locale",
    "timezone", "cost_center",
)  # fmt: skip
"""The attributes that a row may say, in the order in which files declare them."""
_LENGTHS = {
    name: bounds.max_length
    for name, bounds in fields_with_marker(User, Bounds).items()
    if bounds.max_length
}
"""How many characters files may have in a field."""

_BLANK = re.compile(r"\{(\w+)\}")


class RowReader:
    """Parses one row. Each fault is reported once."""

    def __init__(self, reading: ReadingContext, row: Row) -> None:
        self.reading = reading
        self.row = row
        self.found = PersonRow(row)
        self._values: dict[str, Any] = {}

    def person(self) -> PersonRow:
        """Parse the row. Faulty values are reported and left out."""
        found = self.found
        found.employment = self.employment
        found.skipped = self.employment.left(self.reading.today)
        if found.skipped:
            message = f"This row is skipped: {found.skipped}."
            self.reading.report_at(warning, self.row, self.employment.column, message)
            return found
        first, last = (self._required_name(name) for name in ("first_name", "last_name"))
        email = self.email
        found.external_id = self.external_id
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
        self._attributes(email, template)
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

    # --- the key of the person, and its employment -----------------------------------------------

    @cached_property
    def external_id(self) -> str:
        """The employee number; empty if there is none."""
        return self.read("external_id", _external_id) or ""

    @cached_property
    def email(self) -> str:
        """The e-mail address; empty if there is none."""
        return self.read("email", values.email) or ""

    @cached_property
    def employment(self) -> Employment:
        """What all employment columns say."""
        reading, found = self.reading, Employment()
        for position, name in state_columns(reading.columns):
            is_first = reading.columns.fields.get(name) == position
            text = (
                self.cell(name)
                if is_first
                else reading.mapped_text(name, cell_at(self.row, position))
            )
            try:
                if text:
                    found = found.with_cell(name, text, position)
            except CellRefused as refused:
                reading.report_at(error, self.row, position, str(refused), refused.hint)
        return found

    @property
    def leaves_on(self) -> str:
        """The first day on which the person is no longer here; empty if the row names none."""
        day = self.employment.day
        return self.read("offboard_on", values.day) or (day.isoformat() if day else "")

    @property
    def keys(self) -> list[str]:
        """The keys of the person, folded."""
        keys = (self.external_id, self.email, self.cell("user"))
        return [key.casefold() for key in keys if key]

    @cached_property
    def groups(self) -> frozenset[str]:
        """The groups of the person, as in `ReadingContext.memberships`."""
        found = set(values.groups(self.cell("groups")))
        for key in self.keys:
            found |= self.reading.memberships.get(key, frozenset())
        return frozenset(found)

    @cached_property
    def templates_of_groups(self) -> list[str]:
        """The templates of the groups, in the order of the mapping."""
        held = {values.fold(group) for group in self.groups}
        found: dict[str, None] = {}
        for group, names in self.reading.mapping.get("groups", {}).items():
            if values.fold(group) in held:
                found |= dict.fromkeys(as_list(names))
        return list(found)

    @cached_property
    def attributes(self) -> dict[str, str]:
        """The attributes that the row says. An empty cell says nothing."""
        found: dict[str, str | None] = {
            **self.names,
            "email": self.email,
            "site": self.read("site", self.reading.site),
            "job_title": self._text("job_title"),
            "department": self._text("department", self.reading.department),
            "policy": self.read(
                "policy", lambda text: values.one_of(text, self._policies(), "policy profile")
            ),
            "locale": self.read("locale", values.locale),
            "timezone": self.read("timezone", values.timezone),
            "cost_center": self.read("cost_center", lambda text: " ".join(text.split())),
        }
        return {name: value for name, value in found.items() if value}

    @cached_property
    def names(self) -> dict[str, str]:
        """The first and last name, also from one cell."""
        first, last = self.cell("first_name"), self.cell("last_name")
        if not (first and last) and (whole := self.cell("full_name")):
            first, last = values.split_name(whole)
        found = {}
        for name, text in (("first_name", first), ("last_name", last)):
            if plain := " ".join(text.split()):
                found[name] = self._spelled(
                    _ACCEPTS[name], label(name), self._column(name), plain, _LENGTHS[name]
                )
        return found

    def user_name(self) -> str:
        """Return the user name that the row says; empty if it says none."""
        text = self.cell("user")
        return self._spelled(USER_NAME, "user name", "user", text) if text else ""

    @property
    def starts_on(self) -> str:
        """The first day of the person; empty if it has come, or if the row names none."""
        day = self.read("start_on", values.day) or ""
        return day if day > self.reading.today.isoformat() else ""

    # --- cells ------------------------------------------------------------------------------------

    def cell(self, name: str) -> str:
        """Return the value of a cell, translated by the mapping file."""
        return self.reading.cell(self.row, name)

    def read(self, name: str, parse: Callable[[str], Value]) -> Value | None:
        """Parse a cell; None if it is empty or faulty. Faults are reported."""
        if name not in self._values:
            text = self.cell(name)
            try:
                values.check_undamaged(text)
                values.check_length(text, label(name), _LENGTHS.get(name))
                self._values[name] = parse(text) if text else None
            except CellRefused as refused:
                self.reading.report(error, self.row, name, str(refused), refused.hint)
                self._values[name] = None
        value: Value | None = self._values[name]
        return value

    def _required_name(self, name: str) -> str:
        """Return a name of a new user, or report that the row lacks it."""
        if name not in self.names:
            message = f"The row has no {label(name)}."
            self.reading.report(error, self.row, self._column(name), message)
        return self.names.get(name, "")

    def _column(self, name: str) -> str:
        return name if name in self.reading.columns.fields else "full_name"

    def _spelled(
        self, accepts: Accepts, title: str, column: str, text: str, most: int | None = None
    ) -> str:
        """Transliterate a text that the vendor refuses if `--ascii` is set, else report it.

        Args:
            accepts: what the vendor accepts.
            title: what the text is, for people.
            column: the field of its cell.
            text: the text.
            most: how many characters files may have.
        """
        try:
            values.check_undamaged(text)
            values.check_length(text, title, most)
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
        if self.cell("user"):
            name = self.read("user", values.user_name)
            return self._spelled(USER_NAME, "user name", "user", name) if name else ""
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
        """Choose the templates: from the cell, by group, by department or site, else the list's."""
        own = self.read(
            "template", lambda text: values.one_of(text, self.reading.templates, "template")
        )
        if own:
            return [own]
        if self.templates_of_groups:
            return self.templates_of_groups
        rules = self.reading.mapping.get("templates", {})
        by_group = {values.fold(group): names for group, names in rules.items()}
        for text in (self.cell("department"), site):
            if text and values.fold(text) in by_group:
                return list(as_list(by_group[values.fold(text)]))
        return [self.reading.template] if self.reading.template else []

    def _template_chain(self, template: Iterable[str]) -> list[Mapping[str, Any]]:
        return [self.reading.templates[name] for name in template]

    def _attributes(self, email: str, template: list[str]) -> None:
        """Declare what the templates do not set."""
        inherited: dict[str, Any] = {}
        for one in self._template_chain(template):
            inherited |= one
        own: dict[str, Any] = {
            **{key: self.attributes.get(key) for key in ATTRIBUTES},
            "email": email if email.casefold() != self.found.name.casefold() else "",
            "start_on": self.starts_on,
            "offboard_on": self.leaves_on,
        }
        declared = {
            key: value for key, value in own.items() if value and inherited.get(key) != value
        }
        names: dict[str, Any] = {"external_id": self.external_id} if self.external_id else {}
        if template:
            names["template"] = template[0] if len(template) == 1 else template
        self.found.user = names | declared

    def _text(self, name: str, known: Callable[[str], str | None] = lambda text: None) -> str:
        """Parse a text that the vendor accepts; a known value keeps its existing spelling."""
        text = " ".join(self.cell(name).split())
        return known(text) or (
            self._spelled(_ACCEPTS[name], label(name), name, text) if text else ""
        )


def _external_id(text: str) -> str:
    values.check_whole(text, "an employee number")
    return " ".join(text.split())
