"""Verifies that an inventory document contains every cell of the tables it was made from.

The check does not depend on how the document was built. It looks for the value of each cell in the
records of its row.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from licsync.diagnostics import Code, Diagnostic, error, info
from licsync.importing import cell_reader
from licsync.importing.table_detection import FoundTables, Table
from licsync.model.catalog import Catalog, type_of
from licsync.model.declarations import ServiceAddress, SiteAttributes, UserAttributes
from licsync.model.fields import fields_of
from licsync.model.inventory import Record
from licsync.model.inventory_validation import faults_of
from licsync.model.places import is_same_spelling
from licsync.spreadsheets import cell_values as values
from licsync.spreadsheets.cell_values import CellRefused
from licsync.spreadsheets.sheet import Row

_FEW = 3
"""How many faults of one kind are reported one by one."""

_NOTHING: Mapping[Any, Any] = MappingProxyType({})

_QUOTED = re.compile(r"'[^']*'|\d+")


def faults_of_tables(
    document: Record,
    places: Mapping[tuple[Any, ...], tuple[Table, Row]],
    found: FoundTables,
    catalog: Catalog,
) -> list[Diagnostic]:
    """Find the faults of an inventory document, by row and column of its tables."""
    faults = []
    anywhere = next(
        ((table, table.columns.header) for table in found.tables if table.kind.name == "users"),
        None,
    )
    for fault in faults_of(document, catalog):
        place = places.get(fault.path[:4]) or places.get(fault.path[:2]) or anywhere
        if place is None:
            faults.append(error(Code.INVALID_VALUE, f"{fault.message}.", None, fault.hint))
            continue
        table, row = place
        keys = ["extension" if key == "number" else str(key) for key in fault.path[2:]]
        columns = table.columns.fields
        first = (
            "user"
            if "user" in columns and fault.path[0] == "users"
            else next(iter(table.kind.cells), "email")
        )
        column = next((key for key in reversed(keys) if key in columns), first)
        faults.append(
            error(Code.INVALID_VALUE, f"{fault.message}.", table.span(row, column), fault.hint)
        )
    return faults


def find_unaccounted(
    found: FoundTables,
    document: Record,
    catalog: Catalog,
    places: Mapping[tuple[Any, ...], tuple[Table, Row]] = _NOTHING,
    loose: Mapping[str, Record] = _NOTHING,
) -> Iterator[Diagnostic]:
    """Find cells of the tables that the document lacks.

    Args:
        found: the tables.
        document: the inventory document of the tables.
        catalog: the license types.
        places: the source row of each part of the document.
        loose: settings of users whose licenses no table lists.
    """
    check = _DocumentIndex(document, catalog, places, loose)
    checks: Mapping[str, Callable[[Table, Row], Iterable[str]]] = {
        "users": check.of_user,
        "licenses": check.of_unit,
        "sites": check.of_site,
        "service_addresses": check.of_address,
        "policies": check.of_policy,
    }
    for table in found.tables:
        for row in table.rows:
            for name in checks[table.kind.name](table, row):
                text, heading = table.cell(row, name), table.columns.heading(name)
                message = f"'{text}' in the column '{heading}' is missing from the account."
                yield error(Code.LEFT_OUT, message, table.span(row, name))
    if check.countries:
        rows = "1 row" if check.countries == 1 else f"{check.countries:,} rows"
        message = f"The country of {rows} is unused: no user there holds a license."
        yield info(Code.LEFT_OUT, message)


def group_faults(found: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Report many faults of one kind and column once, with the rows of the others."""
    groups: dict[tuple[Any, ...], list[Diagnostic]] = {}
    for one in found:
        place = (one.span.file, one.span.column) if one.span else None
        groups.setdefault((one.severity, one.code, place, _QUOTED.sub("", one.message)), []).append(
            one
        )
    grouped = []
    for same in groups.values():
        if len(same) <= _FEW:
            grouped += same
            continue
        lines = [str(one.span.line) for one in same[1:] if one.span]
        others = f"{len(same) - 1:,} more places."
        if lines:
            end = ", …" if len(lines) > 10 else "."
            others = f"{len(same) - 1:,} more rows: {', '.join(lines[:10])}{end}"
        message = f"{same[0].message} The same applies to {others}"
        grouped.append(replace(same[0], message=message))
    return grouped


def _is_of(address: Record, column: str, text: str) -> bool:
    """Tell whether an address has the value of a cell, however it is spelled."""
    country = str(address.get("country") or "")
    return column in fields_of(ServiceAddress) and is_same_spelling(
        column, text, address.get(column), country
    )


class _DocumentIndex:
    """Looks up table rows in an inventory document."""

    def __init__(
        self,
        document: Record,
        catalog: Catalog,
        places: Mapping[tuple[Any, ...], tuple[Table, Row]],
        loose: Mapping[str, Record],
    ) -> None:
        self.countries = 0
        self._document = document
        self._catalog = catalog
        self._loose = {name.casefold(): extension for name, extension in loose.items()}
        self._unit_of_row = {
            id(row): key[1] for key, (_, row) in places.items() if key[0] == "licenses"
        }
        self._user_of_email = {
            str(user.get("email")).casefold(): name for name, user in document["users"].items()
        }
        self._users = {name.casefold(): user for name, user in document["users"].items()}

    def of_user(self, table: Table, row: Row) -> Iterator[str]:
        """List the columns of a user row that the document lacks."""
        email = table.cell(row, "email").casefold()
        name = (table.cell(row, "user") or self._user_of_email.get(email, email)).casefold()
        user = self._users.get(name, {})
        services = user.get("services", ())
        extensions = [service.get("extension") or {} for service in services]
        extensions += [self._loose[name]] if name in self._loose else []
        checks = self._user_checks(user, services, extensions)
        for column in table.columns.fields:
            text = table.cell(row, column)
            if not text:
                continue
            if column in checks:
                is_there = checks[column](text)
            elif column in fields_of(UserAttributes):
                is_there = user.get(column) == text
            else:
                is_there = any(_has_setting(extension, column) for extension in extensions)
            if not is_there and column == "country" and not services:
                self.countries += 1
            elif not is_there:
                yield column

    def _user_checks(
        self, user: Record, services: Sequence[Record], extensions: Sequence[Record]
    ) -> Mapping[str, Callable[[str], bool]]:
        """Return for each derived column of a user how to look up a cell text."""
        units = [self._document["licenses"].get(service["license"], {}) for service in services]
        ids = {service["license"] for service in services}
        site = self._document["sites"].get(user.get("site") or "", {})
        types = Counter(str(unit.get("type")) for unit in units)
        full_name = {*values.fold(f"{user.get('first_name')} {user.get('last_name')}").split()}
        numbers = [n for extension in extensions for n in extension.get("phone_numbers") or ()]

        def has_license(text: str) -> bool:
            is_id = ids.issuperset(cell_reader.split_cell(text)) or text in ids
            return is_id or cell_reader.is_nothing(text) or not self._kinds(text) - types

        def has_numbers(text: str) -> bool:
            return all(_is_among(str(part), numbers) for part in cell_reader.read_list(text))

        return {
            "user": lambda text: bool(user),
            "full_name": lambda text: {*values.fold(text).split()} == full_name,
            "status": lambda text: user.get("status") == _read(cell_reader.user_status, text),
            "pbx": lambda text: site.get("pbx") == text,
            "license": has_license,
            "unnamed": lambda text: _read(cell_reader.is_yes, text) is not None,
            "type": has_license,
            "country": lambda text: (
                _read(values.country_code, text) in [unit.get("country") for unit in units]
            ),
            "service_address": lambda text: any(unit.get("service_address") for unit in units),
            "ring_groups": lambda text: user.get("ring_groups") == cell_reader.read_list(text),
            "call_queues": lambda text: user.get("call_queues") == cell_reader.read_list(text),
            "extension": lambda text: (
                text in [one.get("number") for one in extensions] or cell_reader.is_nothing(text)
            ),
            "phone_numbers": lambda text: cell_reader.is_nothing(text) or has_numbers(text),
        }

    def _kinds(self, text: str) -> Counter[str]:
        return Counter(
            _read(lambda cell: values.licenses(cell, self._catalog), text)
            or (type_of(part, self._catalog) or part for part in cell_reader.split_cell(text))
        )

    def of_unit(self, table: Table, row: Row) -> Iterator[str]:
        """List the columns of a license row that the document lacks."""
        key = table.cell(row, "id") or self._unit_of_row.get(id(row), "")
        unit = self._document["licenses"].get(key, {})
        suspended = unit.get("suspended") or {}
        address = self._document["service_addresses"].get(unit.get("service_address") or "", {})
        is_held = bool(unit.get("user") or unit.get("holder"))
        checks: Mapping[str, Callable[[str], bool]] = {
            "id": lambda text: bool(unit),
            "unnamed": lambda text: _read(cell_reader.is_yes, text) is not None,
            "type": lambda text: Counter([unit.get("type")]) == self._kinds(text),
            "country": lambda text: _read(values.country_code, text) == unit.get("country"),
            "status": lambda text: (
                (assignment := _read(cell_reader.status_cell, text)) is not None
                and unit.get("status") in (assignment.status, "suspended")
                and (is_held or not assignment.holder)
            ),
            "user": lambda text: is_held or not cell_reader.holder_cell(text).holder,
            "service_address": lambda text: bool(unit.get("service_address")),
            "suspended": lambda text: suspended.get("reason") == _read(cell_reader.reason, text),
            "suspended_at": lambda text: suspended.get("at") == _read(cell_reader.instant, text),
        }
        for column in table.columns.fields:
            text = table.cell(row, column)
            if not text:
                continue
            if not (checks[column](text) if column in checks else _is_of(address, column, text)):
                yield column

    def of_site(self, table: Table, row: Row) -> Iterator[str]:
        """List the columns of a site row that the document lacks."""
        site = self._document["sites"].get(table.cell(row, "site"), {})
        address = self._document["service_addresses"].get(site.get("service_address") or "", {})
        for column in table.columns.fields:
            text = table.cell(row, column)
            if not text or column == "site" or (column == "service_address" and site.get(column)):
                continue
            if column in fields_of(SiteAttributes) and site.get(column) == text:
                continue
            if column == "country" and _read(values.country_code, text) == address.get("country"):
                continue
            if not _is_of(address, column, text):
                yield column

    def of_address(self, table: Table, row: Row) -> Iterator[str]:
        """List the columns of an address row that the document lacks."""
        address = self._document["service_addresses"].get(table.cell(row, "id"), {})
        for column in table.columns.fields:
            text = table.cell(row, column)
            expected = _read(values.country_code, text) if text and column == "country" else text
            if text and column != "id" and address.get(column) != expected:
                yield column

    def of_policy(self, table: Table, row: Row) -> Iterator[str]:
        """List the columns of a policy row that the document lacks."""
        policy = self._document["policies"].get(table.cell(row, "policy"))
        if policy is None:
            yield "policy"
        elif (setting := table.cell(row, "setting")) and setting not in policy["settings"]:
            yield "setting"


def _has_setting(extension: Record, name: str) -> bool:
    return name in extension or name in (extension.get("features") or {})


def _read(read: Callable[[str], Any], text: str) -> Any:
    try:
        return read(text)
    except CellRefused:
        return None


def _is_among(text: str, phones: Iterable[str]) -> bool:
    """Return whether the digits of a text are the end of a phone number, or several numbers."""
    digits = re.sub(r"\D", "", text)
    has = "".join(phones)
    return bool(digits) and (digits.lstrip("0") in re.sub(r"\D", "", has) or digits[-6:] in has)
