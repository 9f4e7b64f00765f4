"""Reads license units from the rows of license tables, and from the license cells of users."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from licsync.importing import cell_reader
from licsync.importing.license_types import how_to_declare, unknown_type
from licsync.importing.locations import Places
from licsync.importing.people import People
from licsync.importing.table_detection import Table
from licsync.importing.table_rows import OLDER_LIST, UNREAD_COUNTRY, Rows
from licsync.model.catalog import Catalog, country_of_name, type_of
from licsync.model.inventory import Inventory, Record
from licsync.planning.declarable import unused
from licsync.spreadsheets import cell_values as values
from licsync.spreadsheets.cell_values import CellRefused
from licsync.spreadsheets.sheet import Row


class UnitRows:
    """Collects the units of the tables.

    Attributes:
        units: the units by id.
        unnamed: the ids that were made up, because the tables have none or mark theirs as such.
        by_line: the ids of units whose service address is written out, not named by its id.
        names: how the tables call the licenses of each type and country.
    """

    def __init__(
        self,
        rows: Rows,
        places: Places,
        people: People,
        catalog: Catalog,
        known: Inventory | None = None,
        default_country: str | None = None,
    ) -> None:
        self.units: dict[str, Record] = {}
        self.unnamed: set[str] = set()
        self.by_line: set[str] = set()
        self.names: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._contested: dict[str, tuple[str, str]] = {}
        self._refused_types: set[str] = set()
        self._rows = rows
        self._places = places
        self._people = people
        self._catalog = catalog
        self._known = known
        self._has_ids = known is not None and bool(known.licenses)
        self._default_country = default_country

    def read_tables(self) -> None:
        """Read the license tables. Rows without an id get one."""
        unnamed: list[tuple[Table, Row]] = []
        for table, row, key in self._rows.named_rows("licenses", "id", unnamed):
            self._read_unit(table, row, key)
        for table, row in unnamed:
            key = unused(f"license-{len(self.unnamed) + 1}", self.units)
            self.unnamed.add(key)
            self._rows.places["licenses", key] = table, row
            self._read_unit(table, row, key)
        self._has_ids = self._has_ids or bool(self.units.keys() - self.unnamed)
        self._refuse_repeats()

    def _refuse_repeats(self) -> None:
        """Record a fault for each license that two tables list, if it would count twice."""
        tables: dict[int, tuple[Table, list[tuple[Row, Record]]]] = {}
        for unit_id, unit in self.units.items():
            table, row = self._rows.places["licenses", unit_id]
            tables.setdefault(id(table), (table, []))[1].append((row, unit))
        for later, (table, rows) in enumerate(tables.values()):
            for other, earlier in list(tables.values())[:later]:
                if "id" in table.columns.fields and "id" in other.columns.fields:
                    continue  # the ids tell which licenses are the same
                has_places = _has_places(table) and _has_places(other)
                seen = {_identity(unit, has_places) for _, unit in earlier}
                message = (
                    f"{other.sheet.title} lists a license like this too. Without ids, it is "
                    "unknown whether it is the same."
                )
                for row, unit in rows:
                    if _identity(unit, has_places) in seen:
                        self._rows.add_fault(table, row, "type", message, _ONE_LIST)

    def _read_unit(self, table: Table, row: Row, key: str) -> None:
        if table.cell(row, "type"):
            self._note_address(table, row, key)
            self._note_mark(table, row, key)
            self.units[key] = self._unit(table, row, key)
        else:
            self._rows.add_fault(table, row, "type", "The row has no type.")

    def _note_address(self, table: Table, row: Row, key: str) -> None:
        text = table.cell(row, "service_address")
        if text and not self._places.is_sure(text):
            self.by_line.add(key)

    def _note_mark(self, table: Table, row: Row, key: str) -> None:
        """Note an id that licsync made up (`views.export`), unless it did so for this account."""
        is_own = self._known is not None and key in self._known.licenses
        if self._rows.read(table, row, "unnamed", cell_reader.is_yes) and not is_own:
            self.unnamed.add(key)

    def _unit(self, table: Table, row: Row, unit_id: str) -> Record:
        """Build the unit of a license row."""
        unit: Record = {"type": self._type(table.cell(row, "type"))}
        by_status = self._rows.read(table, row, "status", cell_reader.status_cell)
        by_status = by_status or cell_reader.Assignment()
        by_holder = cell_reader.holder_cell(table.cell(row, "user"))
        unit["country"] = self.country_of(table, row, table.cell(row, "type"), None)
        self.names[unit["type"], unit["country"]].add(table.cell(row, "type"))
        if address := self._places.address_in_row(table, row, unit["country"]):
            unit["service_address"] = address
        self._add_holder(table, row, unit_id, unit, by_status, by_holder)
        is_held = "user" in unit or "holder" in unit or unit_id in self._contested
        unit["status"] = (
            by_status.status or by_holder.status or ("assigned" if is_held else "unassigned")
        )
        if unit["status"] == "suspended":
            reason = self._rows.read(table, row, "suspended", cell_reader.reason)
            at = self._rows.read(table, row, "suspended_at", cell_reader.instant)
            facts = (("reason", reason or by_status.reason), ("at", at))
            unit["suspended"] = {key: text for key, text in facts if text}
        return unit

    def _add_holder(
        self,
        table: Table,
        row: Row,
        unit_id: str,
        unit: Record,
        by_status: cell_reader.Assignment,
        by_holder: cell_reader.Assignment,
    ) -> None:
        """Add the holder to a unit: from its own cell, else from `Assigned to …` as the status."""
        text, key = by_holder.holder or by_status.holder, "user" if by_holder.holder else "status"
        if not text:
            return
        if other := self._people.other_holder(text):
            unit["holder"] = other
        elif self._people.namesakes(text):
            self._contested[unit_id] = text, key
        else:
            unit["user"] = self._people.holder(table, row, key, text)
        if (
            by_holder.holder
            and by_status.holder
            and not self._people.is_same(by_holder.holder, by_status.holder)
        ):
            message = f"'{text}' contradicts the status of this row: '{by_status.holder}'."
            self._rows.add_fault(table, row, key, message)

    def _type(self, name: str) -> str:
        return type_of(name, self._catalog) or name

    def country_of(self, table: Table, row: Row, name: str, site: str | None) -> str:
        """Find the country of a license: cell, address, site, import default, or license name."""
        if table.cell(row, "country"):
            return self._rows.read(table, row, "country", values.country_code) or UNREAD_COUNTRY
        own = table.cell(row, "service_address")
        if (
            known := self._places.country_of(own, self._places.address_of_site(site), text=own)
            or self._places.country
        ):
            return known
        if country := country_of_name(name):
            self._rows.concluded["The country of licenses comes from the end of their names"] += 1
            return country
        if country := self._known_country(name):
            return country
        key = next(
            (key for key in ("country", "type", "license") if key in table.columns.fields), "type"
        )
        if key == "country":
            hint = "Fill it, or pass --country US for all licenses without a country."
            self._rows.add_fault(table, row, key, "The row has no country.", hint)
        else:
            message = "The license has no country."
            self._rows.add_fault(
                table,
                row,
                key,
                message,
                "Add a Country column, or pass --country US for all licenses.",
            )
        return UNREAD_COUNTRY

    def _known_country(self, name: str) -> str | None:
        """Find the country of a license in the known inventory, if its type is in one only."""
        kind = type_of(name, self._catalog)
        units = self._known.licenses.values() if self._known else ()
        countries = {unit["country"] for unit in units if unit["type"] == kind}
        return countries.pop() if len(countries) == 1 else self._default_country

    def carrier(self, unit_ids: list[str]) -> str:
        """Choose the license of the tables for an extension (`carrier`)."""
        return carrier(self.units, unit_ids, self._catalog)

    def check_address(self, table: Table, row: Row, unit_ids: Collection[str]) -> None:
        """Refuse the address of a user's row if license tables give all its licenses others."""
        text = table.cell(row, "service_address")
        listed = {
            unit_id: place
            for unit_id in unit_ids
            if (place := self._rows.places.get(("licenses", unit_id))) and place[1] is not row
        }
        have = {self.units[unit_id].get("service_address"): unit_id for unit_id in listed}
        have.pop(None, None)
        if not text or not have:
            return
        country = self.units[next(iter(have.values()))]["country"]
        named = self._places.address(table, row, text, country)
        if named in have or named not in self._places.addresses:  # it is reported as unreadable
            return
        address, unit_id = next(iter(have.items()))
        there, first = listed[unit_id]
        address = there.cell(first, "service_address") or address
        message = (
            f"'{text}' contradicts row {first.line} of {there.sheet.file}: "
            f"the service address of the license is '{address}' there."
        )
        self._rows.add_fault(table, row, "service_address", message, OLDER_LIST)

    def of_user_row(self, table: Table, row: Row, name: str, listed: list[str]) -> list[str]:
        """Return the licenses that a user row names, by id or type; missing ones are added."""
        text, kinds = table.cell(row, "license"), table.cell(row, "type")
        text = "" if cell_reader.is_nothing(text) else text
        ids = [text] if text in self.units else cell_reader.split_cell(text)
        if ids and not kinds and not any(part in self.units for part in ids):
            try:
                values.licenses(text, self._catalog)
                ids, kinds = [], text  # the column holds license types, not ids
            except CellRefused as refused:
                if " " in text or not self._has_ids:  # else it is an id that no table has
                    parts = cell_reader.split_cell(text)
                    unknown = next((p for p in parts if not type_of(p, self._catalog)), text)
                    hint = how_to_declare(unknown, has_files=self._known is not None)
                    near = f"{refused.hint} " if refused.hint else ""
                    self._rows.add_fault(table, row, "license", str(refused), near + hint)
                    self._refused_types.add(unknown)
                    ids, kinds = [], text
        if ids:
            types = self._kinds(kinds)
            for unit_id, kind in zip(
                ids, types * len(ids) if len(types) == 1 else types, strict=False
            ):
                if unit_id not in self.units:
                    self._note_mark(table, row, unit_id)
                    self._add(unit_id, table, row, name, kind)
            return ids
        assigned: list[str] = []
        for kind in self._kinds(kinds):
            found = next(
                (u for u in listed if u not in assigned and self._fits(u, kind, table, row)), None
            )
            if found is None:
                found = unused(f"{name}-{len(assigned) + 1}", self.units)
                self.unnamed.add(found)
                self._add(found, table, row, name, kind)
            assigned.append(found)
        return assigned

    def refuse_unknown_types(self) -> None:
        """Record a fault for each license type that the catalog lacks, at its first row."""
        counts = Counter(unit["type"] for unit in self.units.values())
        first: dict[str, str] = {}
        for unit_id, unit in self.units.items():
            if unit["type"] not in self._catalog and unit["type"] not in self._refused_types:
                first.setdefault(unit["type"], unit_id)
        for name, unit_id in first.items():
            table, row = self._rows.places["licenses", unit_id]
            key = "type" if table.cell(row, "type") else "license"
            fault = unknown_type(
                name, counts[name], self._catalog, has_files=self._known is not None
            )
            self._rows.add_fault(table, row, key, fault.message, fault.hint, fault.code)

    def settle_namesakes(self, rows: Mapping[str, Sequence[tuple[Table, Row]]]) -> None:
        """Find out which of several people of one name holds a unit, or record a fault.

        Rows of users that name their licenses count first, then who held the unit before, then who
        alone is at the site of its service address.
        """
        for must_be_near in (True, False):
            for unit_id, (text, _) in list(self._contested.items()):
                claims = (
                    name
                    for name in self._people.namesakes(text)
                    if self._claims(name, unit_id, rows.get(name, ()))
                    and (not must_be_near or self._is_at_site_of(unit_id, name))
                )
                if name := next(claims, None):
                    self._settle(unit_id, name)
        for unit_id, (text, key) in list(self._contested.items()):
            names = self._people.namesakes(text)
            was = self._known.licenses.get(unit_id) if self._known else None
            before = [name for name in names if was and was.get("user") == name]
            near = [name for name in names if self._is_at_site_of(unit_id, name)]
            if only := next((found for found in (before, near) if len(found) == 1), None):
                self._settle(unit_id, only[0])
            else:
                table, row = self._rows.places["licenses", unit_id]
                self._people.add_fault(table, row, key, text)

    def _claims(self, name: str, unit_id: str, rows: Sequence[tuple[Table, Row]]) -> bool:
        """Tell whether a user's rows name more licenses of a unit's type than the user has."""
        kind = self.units[unit_id]["type"]
        wanted = sum(self.kinds_of(table, row).count(kind) for table, row in rows)
        held = [unit for unit in self.units.values() if unit.get("user") == name]
        return bool(wanted > sum(unit["type"] == kind for unit in held))

    def _is_at_site_of(self, unit_id: str, name: str) -> bool:
        address = self._places.address_of_site(self._people.site_of(name))
        return address is not None and self.units[unit_id].get("service_address") == address

    def _settle(self, unit_id: str, name: str) -> None:
        del self._contested[unit_id]
        self.units[unit_id]["user"] = name

    def kinds_of(self, table: Table, row: Row) -> list[str]:
        """List the license types that a user row names, if it names types."""
        return self._kinds(table.cell(row, "type") or table.cell(row, "license"))

    def _kinds(self, text: str) -> list[str]:
        """Parse license types. Unknown ones are kept, and reported later."""
        if cell_reader.is_nothing(text):
            return []
        try:
            return values.licenses(text, self._catalog)
        except CellRefused:
            return [self._type(part) for part in cell_reader.split_cell(text)]

    def _fits(self, unit_id: str, kind: str, table: Table, row: Row) -> bool:
        unit = self.units[unit_id]
        country = self._rows.read(table, row, "country", values.country_code)
        return unit["type"] == kind and (country is None or country == unit["country"])

    def _add(self, unit_id: str, table: Table, row: Row, name: str, kind: str) -> None:
        """Add a license that only its user's row names."""
        user = self._people.users[name]
        named = table.cell(row, "type") or table.cell(row, "license")
        country = self.country_of(table, row, named, user.get("site"))
        unit: Record = {"type": kind, "country": country, "status": "assigned", "user": name}
        if address := table.cell(row, "service_address"):
            self._note_address(table, row, unit_id)
            unit["service_address"] = self._places.address(table, row, address, unit["country"])
        self.units[unit_id] = unit
        self._rows.places["licenses", unit_id] = table, row


_ONE_LIST = (
    "If they are the same licenses, pass only one of the lists; --ignore-column also ignores "
    "sheets. If they are parts of one list, put them into one file."
)


def _has_places(table: Table) -> bool:
    return bool({"service_address", "city"} & table.columns.fields.keys())


def _identity(unit: Record, has_places: bool) -> tuple[str, ...]:
    """Give what distinguishes licenses without ids."""
    holder = unit.get("holder") or {}
    return (
        unit["type"],
        unit["country"],
        unit["status"],
        unit.get("user") or holder.get("name") or "",
        (unit.get("service_address") or "") if has_places else "",
    )


def carrier(units: dict[str, Any], unit_ids: list[str], catalog: Catalog) -> str:
    """Choose the license for an extension: the phone license, else the first suitable one."""
    kinds = {unit_id: units.get(unit_id, {}).get("type", "") for unit_id in unit_ids}
    uc = (unit_id for unit_id, kind in kinds.items() if "uc" in catalog.planes(kind))
    single = (unit_id for unit_id, kind in kinds.items() if catalog.is_single(kind))
    return next(uc, None) or next(single, None) or unit_ids[0]
