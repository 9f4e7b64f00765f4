"""Makes an inventory document of tables: of `licsync export`, or of lists of users and licenses from elsewhere.

What tables do not say is made up where nothing depends on it (ids), and absent elsewhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from licsync.diagnostics import Code, Diagnostic, Span, error, ordered
from licsync.model import phones
from licsync.model.catalog import Catalog, type_of
from licsync.model.cells import unguarded
from licsync.model.declarations import Extension, Features, ServiceAddress, Site, UserAttributes
from licsync.model.desired import DEFAULT_POLICY
from licsync.model.document import faults_of
from licsync.model.fields import fields_of
from licsync.model.inventory import Record
from licsync.model.sheet import Row, Sheet
from licsync.planning.columns import Columns, table_of, unreadable_cells
from licsync.planning.onboarding import values
from licsync.planning.onboarding.values import CellRefused

_USER_HEADINGS = {
    "user": "user|user name|username|login",
    **{name: name.replace("_", " ") for name in fields_of(UserAttributes)},
    "email": "email|e mail|email address|primary email",
    "policy": "policy|profile policy|policy profile",
    "license": "license|license id",
    "type": "type|license type|license name",
    "country": "country|license country",
    "service_address": "service address",
    "extension": "extension|extension number",
    "phone_numbers": "phone numbers|phone number",
    **{
        name: name.replace("_", " ")
        for name in (*fields_of(Extension), *fields_of(Features))
        if name not in ("number", "phone_numbers", "features")
    },
    "ring_groups": "ring groups",
    "call_queues": "call queues",
}
_UNIT_HEADINGS = {
    "id": "id|license id|license",
    "type": "type|license type|license name",
    "country": "country",
    "status": "status|license status",
    "user": "user|assigned to|user name|username",
    "service_address": "service address",
    "suspended": "suspended|suspension|reason",
    "suspended_at": "suspended at|suspended since",
}
_SITE_HEADINGS = {"site": "site|site name", **{name: name.replace("_", " ") for name in fields_of(Site)}}
_ADDRESS_HEADINGS = {"id": "id", **{name: name.replace("_", " ") for name in fields_of(ServiceAddress)}}
_POLICY_HEADINGS = {"policy": "policy", "setting": "setting", "value": "value"}


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of table: what its columns are called, which it has at least, and which cells no row lacks."""

    headings: Mapping[str, str]
    columns: frozenset[str]
    cells: tuple[str, ...]


_TABLES: Mapping[str, _Kind] = {
    "users": _Kind(_USER_HEADINGS, frozenset(("user", "first_name")), ("user",)),
    "licenses": _Kind(_UNIT_HEADINGS, frozenset(("id", "type")), ("id", "type", "country")),
    "sites": _Kind(_SITE_HEADINGS, frozenset(("site", "pbx")), ("site",)),
    "service_addresses": _Kind(_ADDRESS_HEADINGS, frozenset(("id", "city")), ("id",)),
    "policies": _Kind(_POLICY_HEADINGS, frozenset(("policy", "setting")), ("policy",)),
}

_INTERNATIONAL = re.compile(r"\+[1-9][0-9]{5,14}")
_UNREAD = "XX"
"""Stands for a country that could not be read, which is told."""

_DERIVED = frozenset(("pool", "unassigned", "suspended"))
"""Tables of an export that say nothing of their own."""


class Tables:
    """The tables of a set of files, as an inventory document under construction.

    Attributes:
        faults: what cannot be read.
        found: the sheet, the columns and the rows of each table that is there.
    """

    def __init__(self, sheets: Sequence[Sheet], catalog: Catalog) -> None:
        self.faults: list[Diagnostic] = []
        self.found: dict[str, tuple[Sheet, Columns, Sequence[Row]]] = {}
        self._catalog = catalog
        self._units: dict[str, Record] = {}
        self._users: dict[str, Record] = {}
        self._places: dict[tuple[Any, ...], tuple[str, Row]] = {}
        titles = {_title(sheet): sheet for sheet in sheets}
        others = [sheet for title, sheet in titles.items() if title not in (*_TABLES, *_DERIVED)]
        for name, kind in _TABLES.items():
            table = table_of([titles[name]] if name in titles else others, kind.headings, needed=kind.columns)
            if table:
                self.found[name] = table
                self.faults += unreadable_cells(*table)
                others = [sheet for sheet in others if sheet is not table[0]]

    def document(self, account: str, as_of: str) -> Record:
        """Give the inventory document; what is wrong with it is found by `checked`."""
        addresses = {row["id"]: _without(row, "id") for _, row in self._named("service_addresses", "id")}
        sites = {row["site"]: _without(row, "site") for _, row in self._named("sites", "site")}
        for place, row in self._named("licenses", "id"):
            self._units[row["id"]] = self._unit("licenses", place, row, row.get("status", "unassigned").casefold())
        for place, row in self._rows("users"):
            self._user(place, row, as_of)
        self._assign()
        for user in self._users.values():
            if user.get("site"):
                sites.setdefault(user["site"], {})
        policies: dict[str, Record] = {
            user["policy"]: {"settings": {}} for user in self._users.values() if user.get("policy")
        }
        policies[DEFAULT_POLICY] = {"settings": {}}
        for _, row in self._rows("policies"):
            settings = policies.setdefault(row["policy"], {"settings": {}})["settings"]
            if row.get("setting"):
                settings[row["setting"]] = {"true": True, "false": False}.get(row.get("value", ""), row.get("value"))
        return {
            "format_version": "1",
            "account": account,
            "as_of": as_of,
            "service_addresses": addresses,
            "sites": sites,
            "policies": policies,
            "licenses": self._units,
            "users": self._users,
        }

    def checked(self, document: Record) -> list[Diagnostic]:
        """Find what is wrong with the document of these tables, by row and column."""
        found = list(self.faults)
        nowhere = "users", self.found["users"][1].header
        for fault in faults_of(document, self._catalog):
            name, row = self._places.get(fault.path[:4]) or self._places.get(fault.path[:2], nowhere)
            keys = ["extension" if key == "number" else str(key) for key in fault.path[2:]]
            columns = self.found[name][1].fields
            column = next((key for key in reversed(keys) if key in columns), _TABLES[name].cells[0])
            found.append(error(Code.INVALID_VALUE, f"{fault.message}.", self._span(name, row, column), fault.hint))
        return ordered(found)

    def _named(self, name: str, key: str) -> Iterator[tuple[Row, dict[str, str]]]:
        """List the rows of a table of records that have a name each."""
        for place, row in self._rows(name):
            first = self._places.setdefault((name, row[key]), (name, place))[1]
            if first is place:
                yield place, row
            else:
                self._fault(name, place, key, f"'{row[key]}' stands in row {first.line} already.")

    def _rows(self, name: str) -> Iterator[tuple[Row, dict[str, str]]]:
        """List the rows of a table: what their cells say, by column; empty cells say nothing."""
        if name not in self.found:
            return
        _, columns, rows = self.found[name]
        for row in rows:
            cells = {key: unguarded(row.cells[at]) for key, at in columns.fields.items() if at < len(row.cells)}
            said = {key: cell for key, cell in cells.items() if cell}
            missing = [key for key in _TABLES[name].cells if key not in said]
            for key in missing:
                self._fault(name, row, key, f"The row has no {key.replace('_', ' ')}.")
            if not missing:
                yield row, said

    def _fault(self, name: str, row: Row, key: str, message: str, hint: str | None = None) -> None:
        self.faults.append(error(Code.INVALID_VALUE, message, self._span(name, row, key), hint))

    def _span(self, name: str, row: Row, key: str) -> Span:
        sheet, columns, _ = self.found[name]
        return sheet.span(row, columns.fields.get(key, 0))

    def _read(self, name: str, row: Row, key: str, text: str, read: Callable[[str], Any]) -> Any:
        """Read a cell; where it cannot be, that is noted, and nothing is known of it."""
        try:
            values.check_undamaged(text)
            return read(text)
        except CellRefused as refused:
            self._fault(name, row, key, str(refused), refused.hint)
            return None

    def _unit(self, name: str, place: Row, row: Mapping[str, str], status: str) -> Record:
        country = self._read(name, place, "country", row["country"], _country) or _UNREAD
        unit: Record = {"type": self._type(row["type"]), "country": country}
        unit |= {"service_address": row["service_address"]} if "service_address" in row else {}
        unit |= {"status": status} | ({"user": row["user"]} if "user" in row else {})
        if status == "suspended":
            unit["suspended"] = {"reason": row.get("suspended", ""), "at": row.get("suspended_at", "")}
        return unit

    def _type(self, name: str) -> str:
        return type_of(name, self._catalog) or name

    def _user(self, place: Row, row: dict[str, str], as_of: str) -> None:
        """Add a row: a user, or another license of one that is there."""
        name = row["user"]
        if name not in self._users:
            user: Record = {key: row[key] for key in fields_of(UserAttributes) if key in row}
            user["status"] = row.get("status", "active").casefold()
            user |= {key: _listed(row[key]) for key in ("ring_groups", "call_queues") if key in row}
            self._users[name] = user | {"services": []}
            self._places["users", name] = "users", place
        user = self._users[name]
        unit_id = row.get("license")
        if unit_id and "type" not in row and unit_id not in self._units and type_of(unit_id, self._catalog):
            row, unit_id = {**row, "type": unit_id}, None  # the column says what it is, not which
        if unit_id is None and "type" not in row:
            return
        unit_id = unit_id or f"{name}-{len(user['services']) + 1}"
        if unit_id not in self._units and "type" in row:
            if "country" not in row:
                column = "type" if "type" in self.found["users"][1].fields else "license"
                self._fault("users", place, column, f"It is not said of which country the license of '{name}' is.")
                return
            status = "suspended" if user["status"] == "inactive" else "assigned"
            since = {"suspended": "user_inactive", "suspended_at": as_of}
            self._units[unit_id] = self._unit("users", place, {**row, **since}, status)
            self._places["licenses", unit_id] = "users", place
        extension = self._extension(place, row, self._units.get(unit_id, {}).get("country"))
        self._places["users", name, "services", len(user["services"])] = "users", place
        user["services"].append({"license": unit_id, **({"extension": extension} if extension else {})})

    def _assign(self) -> None:
        """Give users the licenses that name them, where the list of users does not say what they hold."""
        held = {service["license"] for user in self._users.values() for service in user["services"]}
        for unit_id, unit in self._units.items():
            if unit_id not in held and unit.get("user") in self._users:
                self._users[unit["user"]]["services"].append({"license": unit_id})

    def _extension(self, place: Row, row: Mapping[str, str], country: str | None) -> Record:
        extension: Record = {}
        if "extension" in row:
            extension["number"] = self._read("users", place, "extension", row["extension"], _number) or ""
        if "phone_numbers" in row and country != _UNREAD:
            phones = self._read(
                "users", place, "phone_numbers", row["phone_numbers"], lambda text: _phones(text, country)
            )
            extension |= {"phone_numbers": phones} if phones else {}
        for key in ("call_forwarding", "devices"):
            if key in row:
                try:
                    extension[key] = json.loads(row[key])
                except ValueError:
                    message = f"The {key.replace('_', ' ')} are not in the form in which they are exported (JSON)."
                    self._fault("users", place, key, message)
        extension |= {key: row[key] for key in ("voicemail_email", "recording_mode") if key in row}
        features = {
            key: {"true": True, "false": False}.get(row[key], row[key]) for key in fields_of(Features) if key in row
        }
        return extension | ({"features": features} if features else {})


def _title(sheet: Sheet) -> str:
    """Name a sheet, or the file it is."""
    return (sheet.name or sheet.file.replace("\\", "/").rpartition("/")[2].partition(".")[0]).casefold()


def _without(row: Mapping[str, str], key: str) -> Record:
    return {name: value for name, value in row.items() if name != key}


def _country(text: str) -> str:
    return text if len(text) == 2 else values.country_code(text)


def _number(text: str) -> str:
    values.check_whole(text, "an extension number")
    return text


def _phones(cell: str, country: str | None) -> list[str]:
    """Read phone numbers; one in international form that no numbering plan knows is taken as it is."""
    values.check_whole(cell, "a phone number")
    return [phone for text in _listed(cell) for phone in _phone(str(text), country)]


def _phone(text: str, country: str | None) -> list[str]:
    if _INTERNATIONAL.fullmatch(text) and not phones.readings(text, country):
        return [text]
    return values.phone_numbers(text, country)


def _listed(cell: str) -> list[Any]:
    """Read a cell with several values: separated by commas, or JSON."""
    with suppress(ValueError):
        if isinstance(found := json.loads(cell), list):
            return found
    return [part.strip() for part in cell.replace(";", ",").split(",") if part.strip()]
