"""Proves against the tables themselves that an inventory document has all that they say: each cell is accounted for.

The document is not asked how it was made. A cell counts where what it says is found in the records
of its row.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from licsync.diagnostics import Code, Diagnostic, error, info
from licsync.importing import cell_reader as reading
from licsync.importing.table_detection import FoundTables, Table
from licsync.model.catalog import Catalog
from licsync.model.declarations import ServiceAddress, SiteAttributes, UserAttributes
from licsync.model.fields import fields_of
from licsync.model.inventory import Record
from licsync.model.inventory_validation import faults_of
from licsync.spreadsheets import cell_values as values
from licsync.spreadsheets.cell_values import CellRefused
from licsync.spreadsheets.sheet import Row

_FEW = 3
"""Faults of one kind that are told one by one."""

_QUOTED = re.compile(r"'[^']*'|\d+")


def faults_of_tables(
    document: Record,
    places: Mapping[tuple[Any, ...], tuple[Table, Row]],
    found: FoundTables,
    catalog: Catalog,
) -> list[Diagnostic]:
    """Find what is wrong with the document of tables, by row and column."""
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
    found: FoundTables, document: Record, catalog: Catalog
) -> Iterator[Diagnostic]:
    """Find cells of the tables that are not in the document."""
    check = _DocumentIndex(document, catalog)
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
                message = f"'{table.cell(row, name)}' of the column '{table.columns.heading(name)}' is not in the account."
                yield error(Code.LEFT_OUT, message, table.span(row, name))
    if check.countries:
        rows = "1 row" if check.countries == 1 else f"{check.countries:,} rows"
        message = f"The country of {rows} is not used: nobody there holds a license."
        yield info(Code.LEFT_OUT, message)


def group_faults(found: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Tell many faults of one cause and column once, with the rows of the others."""
    groups: dict[tuple[Any, ...], list[Diagnostic]] = {}
    for one in found:
        place = (one.span.file, one.span.column) if one.span else None
        groups.setdefault((one.severity, one.code, place, _QUOTED.sub("", one.message)), []).append(
            one
        )
    told = []
    for same in groups.values():
        if len(same) <= _FEW:
            told += same
            continue
        lines = [str(one.span.line) for one in same[1:] if one.span]
        rows = (
            f" more rows: {', '.join(lines[:10])}{', …' if len(lines) > 10 else '.'}"
            if lines
            else " more places."
        )
        told.append(
            replace(same[0], message=f"{same[0].message} So it is in {len(same) - 1:,}{rows}")
        )
    return told


class _DocumentIndex:
    """What a document says of the rows of tables."""

    def __init__(self, document: Record, catalog: Catalog) -> None:
        self.countries = 0
        self._document = document
        self._catalog = catalog
        self._users = {name.casefold(): user for name, user in document["users"].items()}

    def of_user(self, table: Table, row: Row) -> Iterator[str]:
        """List the columns of a row of users that are not in the document."""
        name = table.cell(row, "user") or table.cell(row, "email")
        user = self._users.get(name.casefold(), {})
        services = user.get("services", ())
        units = [self._document["licenses"].get(service["license"], {}) for service in services]
        extensions = [service.get("extension") or {} for service in services]
        for column in table.columns.fields:
            if (text := table.cell(row, column)) and not self._of_user(
                column, text, user, units, extensions, services
            ):
                if column == "country" and not units:
                    self.countries += 1
                else:
                    yield column

    def _of_user(
        self,
        column: str,
        text: str,
        user: Record,
        units: Sequence[Record],
        extensions: Sequence[Record],
        services: Sequence[Record],
    ) -> bool:
        if column == "user":
            return bool(user)
        if column == "full_name":
            said = {*values.fold(text).split()}
            return said == {
                *values.fold(f"{user.get('first_name')} {user.get('last_name')}").split()
            }
        if column == "status":
            return bool(user.get("status") == _read(reading.user_status, text))
        if column in fields_of(UserAttributes):
            return bool(user.get(column) == text)
        if column == "pbx":
            return bool(self._document["sites"].get(user.get("site") or "", {}).get("pbx") == text)
        if column in ("license", "type"):
            held = Counter(str(unit.get("type")) for unit in units)
            ids = {service["license"] for service in services}
            return (
                ids.issuperset(reading.split_cell(text))
                or text in ids
                or not self._kinds(text) - held
            )
        if column == "country":
            return _read(values.country_code, text) in [unit.get("country") for unit in units]
        if column == "service_address":
            return any(unit.get("service_address") for unit in units)
        if column in ("ring_groups", "call_queues"):
            return bool(user.get(column) == reading.read_list(text))
        if column == "extension":
            return text in [extension.get("number") for extension in extensions]
        if column == "phone_numbers":
            has = [
                phone for extension in extensions for phone in extension.get("phone_numbers") or ()
            ]
            return all(_is_among(str(part), has) for part in reading.read_list(text))
        return any(
            column in extension or column in (extension.get("features") or {})
            for extension in extensions
        )

    def _kinds(self, text: str) -> Counter[str]:
        return Counter(
            _read(lambda cell: values.licenses(cell, self._catalog), text)
            or reading.split_cell(text)
        )

    def of_unit(self, table: Table, row: Row) -> Iterator[str]:
        """List the columns of a row of licenses that are not in the document."""
        unit = self._document["licenses"].get(table.cell(row, "id"), {})
        suspended = unit.get("suspended") or {}
        there: Mapping[str, Callable[[str], bool]] = {
            "id": lambda text: bool(unit),
            "type": lambda text: Counter([unit.get("type")]) == self._kinds(text),
            "country": lambda text: _read(values.country_code, text) == unit.get("country"),
            "status": lambda text: (
                unit.get("status") in (_read(reading.unit_status, text), "suspended")
            ),
            "user": lambda text: bool(unit.get("user") or unit.get("holder")),
            "service_address": lambda text: bool(unit.get("service_address")),
            "suspended": lambda text: suspended.get("reason") == _read(reading.reason, text),
            "suspended_at": lambda text: suspended.get("at") == _read(reading.instant, text),
        }
        for column in table.columns.fields:
            if (text := table.cell(row, column)) and not there[column](text):
                yield column

    def of_site(self, table: Table, row: Row) -> Iterator[str]:
        """List the columns of a row of sites that are not in the document."""
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
            if column not in fields_of(ServiceAddress) or address.get(column) != text:
                yield column

    def of_address(self, table: Table, row: Row) -> Iterator[str]:
        """List the columns of a row of addresses that are not in the document."""
        address = self._document["service_addresses"].get(table.cell(row, "id"), {})
        for column in table.columns.fields:
            text = table.cell(row, column)
            said = _read(values.country_code, text) if text and column == "country" else text
            if text and column != "id" and address.get(column) != said:
                yield column

    def of_policy(self, table: Table, row: Row) -> Iterator[str]:
        """List the columns of a row of policies that are not in the document."""
        policy = self._document["policies"].get(table.cell(row, "policy"))
        if policy is None:
            yield "policy"
        elif (setting := table.cell(row, "setting")) and setting not in policy["settings"]:
            yield "setting"


def _read(read: Callable[[str], Any], text: str) -> Any:
    try:
        return read(text)
    except CellRefused:
        return None


def _is_among(text: str, phones: Iterable[str]) -> bool:
    """Tell whether the digits of a text are the last ones of a phone number, or those of several stand there."""
    digits = re.sub(r"\D", "", text)
    has = "".join(phones)
    return bool(digits) and (digits.lstrip("0") in re.sub(r"\D", "", has) or digits[-6:] in has)
