"""Builds an inventory document from tables of `licsync export`, or other user and license lists.

Ids that the tables lack are generated, because nothing depends on them; other missing values stay
absent. Users and licenses may be in one table or in two: the named holder of a license gets it,
with the extension of the holder's own row.
"""

from __future__ import annotations

from licsync.importing import cell_reader
from licsync.importing.extension_cells import read_extension
from licsync.importing.locations import Places
from licsync.importing.table_detection import FoundTables, Table
from licsync.importing.table_rows import UNREAD_COUNTRY, Rows
from licsync.model.catalog import Catalog, country_of_name, type_of
from licsync.model.declarations import UserAttributes
from licsync.model.desired import DEFAULT_POLICY
from licsync.model.fields import fields_of
from licsync.model.inventory import Record
from licsync.planning.declarable import unused
from licsync.spreadsheets import cell_values as values
from licsync.spreadsheets.cell_values import CellRefused
from licsync.spreadsheets.sheet import Row


class InventoryBuilder:
    """Builds an inventory document.

    Attributes:
        rows: the source rows, with their faults.
    """

    def __init__(
        self, found: FoundTables, catalog: Catalog, as_of: str, country: str | None = None
    ) -> None:
        self.rows = Rows(found)
        self._places = Places(self.rows, country)
        self._catalog = catalog
        self._as_of = as_of
        self._units: dict[str, Record] = {}
        self._users: dict[str, Record] = {}
        self._names: dict[str, str] = {}
        self._rows: dict[str, list[tuple[Table, Row]]] = {}
        self._says_licenses = any(
            table.kind.name == "licenses" or {"license", "type"} & table.columns.fields.keys()
            for table in found.tables
        )

    def document(self, account: str) -> Record:
        """Return the inventory document."""
        self._places.read()
        for table, row in self.rows.found.rows_of("users"):
            self._user(table, row)
        for table, row, key in self.rows.named_rows("licenses", "id"):
            if table.cell(row, "type"):
                self._units[key] = self._unit(table, row)
            else:
                self.rows.add_fault(table, row, "type", "The row has no type.")
        for name in self._users:
            self._assign_licenses(name)
        if not self._says_licenses:
            self.rows.concluded[
                "The tables do not list the licenses of users, so the files do not either"
            ] = len(self._users)
        for unit_id, unit in self._units.items():
            self._settle_status(unit_id, unit)
        for user in self._users.values():
            if user.get("site"):
                self._places.sites.setdefault(user["site"], {})
        return {
            "format_version": "1",
            "account": account,
            "as_of": self._as_of,
            "service_addresses": self._places.addresses,
            "sites": self._places.sites,
            "policies": self._policies(),
            "licenses": self._units,
            "users": self._users,
        }

    def _policies(self) -> dict[str, Record]:
        policies: dict[str, Record] = {
            user["policy"]: {"settings": {}} for user in self._users.values() if user.get("policy")
        }
        policies[DEFAULT_POLICY] = {"settings": {}}
        for table, row in self.rows.found.rows_of("policies"):
            name, setting = table.cell(row, "policy"), table.cell(row, "setting")
            settings = policies.setdefault(name, {"settings": {}})["settings"]
            if setting:
                value = table.cell(row, "value")
                settings[setting] = {"true": True, "false": False}.get(value, value or None)
        return policies

    # --- licenses ---------------------------------------------------------------------------------

    def _unit(self, table: Table, row: Row) -> Record:
        """Build the unit of a license row."""
        unit: Record = {"type": self._type(table.cell(row, "type"))}
        holder = table.cell(row, "user")
        status = self.rows.read(table, row, "status", cell_reader.unit_status)
        unit["country"] = self._country_of(table, row, table.cell(row, "type"), None)
        if address := table.cell(row, "service_address"):
            unit["service_address"] = self._places.address(table, row, address, unit["country"])
        unit["status"] = status or ("assigned" if holder else "unassigned")
        if holder and (other := self._other_holder(holder)):
            unit["holder"] = other
        elif holder:
            unit["user"] = self._holder(table, row, holder)
        if unit["status"] == "suspended":
            reason = self.rows.read(table, row, "suspended", cell_reader.reason)
            at = self.rows.read(table, row, "suspended_at", cell_reader.instant)
            unit["suspended"] = {
                key: said for key, said in (("reason", reason), ("at", at)) if said
            }
        return unit

    def _type(self, name: str) -> str:
        return type_of(name, self._catalog) or name

    def _country_of(self, table: Table, row: Row, name: str, site: str | None) -> str:
        """Find the country of a license: cell, address, site, import default, or license name."""
        if table.cell(row, "country"):
            return self.rows.read(table, row, "country", values.country_code) or UNREAD_COUNTRY
        own = table.cell(row, "service_address")
        if (
            known := self._places.country_of(own, self._places.address_of_site(site))
            or self._places.country
        ):
            return known
        if country := country_of_name(name):
            self.rows.concluded["The country of licenses comes from the end of their names"] += 1
            return country
        key = next(
            (key for key in ("country", "type", "license") if key in table.columns.fields), "type"
        )
        if key == "country":
            self.rows.add_fault(table, row, key, "The row has no country.")
        else:
            message = "The license has no country."
            self.rows.add_fault(
                table,
                row,
                key,
                message,
                "Add a Country column, or pass --country US for all licenses.",
            )
        return UNREAD_COUNTRY

    def _other_holder(self, text: str) -> Record | None:
        """Return the holder of a license if it is a ring group or the like, and not a user."""
        is_user = text in self._users or values.fold(text) in self._names
        return None if is_user else cell_reader.holder(text)

    def _holder(self, table: Table, row: Row, text: str) -> str:
        """Find the user of a license, by user name, e-mail, or unique full name."""
        name = self._names.get(values.fold(text)) if values.fold(text) else None
        if text in self._users:
            return text
        if name:
            return name
        message = (
            f"'{text}' is not a user in the tables."
            if name is None
            else f"Several users are named '{text}'."
        )
        hint = (
            "Write the user name. For a ring group, call queue, auto attendant or service,"
            " write 'Ring group: NAME'."
        )
        self.rows.add_fault(table, row, "user", message, hint)
        return text

    def _settle_status(self, unit_id: str, unit: Record) -> None:
        """Derive from the holder why a unit is suspended, if the tables do not say it."""
        holder = self._users.get(unit.get("user") or "", {})
        if holder.get("status") == "inactive" and unit["status"] == "assigned":
            unit["status"] = "suspended"
            self.rows.concluded["Licenses of inactive users are assumed to be suspended"] += 1
        if unit["status"] != "suspended":
            return
        suspended = unit.setdefault("suspended", {})
        if "reason" not in suspended and holder.get("status") == "inactive":
            suspended["reason"] = "user_inactive"
        if not {"reason", "user", "holder"} & {*suspended, *unit} and "at" in suspended:
            suspended["reason"] = "removed"  # a user who is inactive keeps the license
            self.rows.concluded["Suspended licenses that nobody holds: 8x8 removed them"] += 1
        if suspended.get("reason") == "user_inactive" and "at" not in suspended:
            suspended["at"] = self._as_of
            self.rows.concluded[
                "Licenses of inactive users are assumed to be suspended since today"
            ] += 1
        if not {"reason", "at"} <= suspended.keys():
            table, row = self.rows.places["licenses", unit_id]
            if "reason" not in suspended:
                message = "The table does not say why the license is suspended."
                hint = "Add columns Suspended (user_inactive or removed) and Suspended at (a date)."
            else:
                message = "The table does not say when the license was removed."
                hint = "Add the column Suspended at (a date)."
            self.rows.add_fault(table, row, "status", message, hint)
            unit["suspended"] = {"reason": "user_inactive", "at": self._as_of} | suspended

    # --- users ------------------------------------------------------------------------------------

    def _user(self, table: Table, row: Row) -> None:
        """Add a user row. Further rows of the same user may add values, but not contradict."""
        name = table.cell(row, "user") or table.cell(row, "email")
        if not name:
            self.rows.add_fault(table, row, "user", "The row has no user.")
            return
        said: Record = {
            key: text for key in fields_of(UserAttributes) if (text := table.cell(row, key))
        }
        if (whole := table.cell(row, "full_name")) and not {
            "first_name",
            "last_name",
        } <= said.keys():
            said = (
                dict(zip(("first_name", "last_name"), values.split_name(whole), strict=True)) | said
            )
        if status := self.rows.read(table, row, "status", cell_reader.user_status):
            said["status"] = status
        said |= {
            key: cell_reader.read_list(text)
            for key in ("ring_groups", "call_queues")
            if (text := table.cell(row, key))
        }
        known = self._names.get(values.fold(name), name)
        name = known if known and known.casefold() == name.casefold() else name
        user = self._users.setdefault(name, {})
        self.rows.places.setdefault(("users", name), (table, row))
        for key, value in said.items():
            if user.setdefault(key, value) != value:
                first = self.rows.places["users", name][1].line
                self.rows.add_fault(
                    table,
                    row,
                    key,
                    f"'{value}' contradicts row {first}: there '{name}' has '{user[key]}'.",
                )
        self._rows.setdefault(name, []).append((table, row))
        if pbx := table.cell(row, "pbx"):
            self._pbx(table, row, pbx)
        for spelling in (name, user.get("email", ""), *cell_reader.full_names(user)):
            folded = values.fold(str(spelling))
            self._names[folded] = name if self._names.get(folded, name) == name else ""

    def _pbx(self, table: Table, row: Row, pbx: str) -> None:
        site = table.cell(row, "site")
        if not site:
            self.rows.add_fault(table, row, "pbx", f"The PBX '{pbx}' has no site in this row.")
        elif self._places.sites.setdefault(site, {}).setdefault("pbx", pbx) != pbx:
            other = self._places.sites[site]["pbx"]
            message = f"Another row puts the site '{site}' on the PBX '{other}'."
            self.rows.add_fault(table, row, "pbx", message)

    def _assign_licenses(self, name: str) -> None:
        """Assign licenses from the user's rows and the license tables, with extensions."""
        user = self._users[name]
        user.setdefault("status", "active")
        listed = [unit_id for unit_id, unit in self._units.items() if unit.get("user") == name]
        services: dict[str, Record] = {}
        unassigned: list[tuple[Table, Row, Record]] = []
        claims = False
        for table, row in self._rows[name]:
            assigned = self._units_of_row(
                table, row, name, [u for u in listed if u not in services]
            )
            claims = claims or bool(assigned)
            for unit_id in assigned:
                services.setdefault(unit_id, {"license": unit_id})
                self.rows.places.setdefault(
                    ("users", name, "services", list(services).index(unit_id)), (table, row)
                )
            country = self._units.get(assigned[0], {}).get("country") if assigned else None
            extension = read_extension(
                self.rows, table, row, country or self._home_country(user, listed)
            )
            if extension and assigned:
                self._add_extension(table, row, services[self._carrier(assigned)], extension)
            elif extension:
                unassigned.append((table, row, extension))
        rest = [unit_id for unit_id in listed if unit_id not in services]
        contradicted = [
            u for u in rest if claims and self._catalog.is_single(self._units[u]["type"])
        ]
        for unit_id in contradicted:
            table, row = self.rows.places["licenses", unit_id]
            title = self._catalog.title(self._units[unit_id]["type"])
            self.rows.add_fault(
                table,
                row,
                "user",
                f"This list assigns {title} to '{name}', but the list of users does not.",
            )
        services |= {unit_id: {"license": unit_id} for unit_id in rest}
        for table, row, extension in unassigned:
            if services:
                self._add_extension(table, row, services[self._carrier(list(services))], extension)
            else:
                key = "extension" if table.cell(row, "extension") else "phone_numbers"
                message = (
                    f"'{name}' has an extension or settings here, but holds no license for them."
                )
                self.rows.add_fault(
                    table, row, key, message, "Name the license, or clear the cells."
                )
        if self._says_licenses:
            user["services"] = list(services.values())

    def _home_country(self, user: Record, listed: list[str]) -> str | None:
        """Find the country for the phone numbers of a user whose row names no license."""
        if listed:
            return str(self._units[self._carrier(listed)]["country"])
        return (
            self._places.country_of(self._places.address_of_site(user.get("site")))
            or self._places.country
        )

    def _carrier(self, unit_ids: list[str]) -> str:
        """Choose the license for an extension: the phone license, else the first suitable one."""
        kinds = {unit_id: self._units.get(unit_id, {}).get("type", "") for unit_id in unit_ids}
        uc = (unit_id for unit_id, kind in kinds.items() if "uc" in self._catalog.planes(kind))
        single = (unit_id for unit_id, kind in kinds.items() if self._catalog.is_single(kind))
        return next(uc, None) or next(single, None) or unit_ids[0]

    def _add_extension(self, table: Table, row: Row, service: Record, extension: Record) -> None:
        """Add an extension to a service. Values in two rows must be equal."""
        carried: Record = service.setdefault("extension", {})
        for key, value in extension.items():
            if carried.setdefault(key, value) != value:
                column = {"number": "extension"}.get(key, key)
                self.rows.add_fault(
                    table,
                    row,
                    column,
                    f"One license cannot have both '{carried[key]}' and '{value}'.",
                )

    def _units_of_row(self, table: Table, row: Row, name: str, listed: list[str]) -> list[str]:
        """Return the licenses that a user row names, by id or type; missing ones are added."""
        said, kinds = table.cell(row, "license"), table.cell(row, "type")
        ids = [said] if said in self._units else cell_reader.split_cell(said)
        if ids and not kinds and not any(part in self._units for part in ids):
            try:
                values.licenses(said, self._catalog)
                ids, kinds = [], said  # the column holds license types, not ids
            except CellRefused as refused:
                if " " in said:  # otherwise it is an id that no license table has
                    self.rows.add_fault(table, row, "license", str(refused), refused.hint)
                    return []
        if ids:
            types = self._kinds(table, row, kinds)
            for unit_id, kind in zip(
                ids, types * len(ids) if len(types) == 1 else types, strict=False
            ):
                if unit_id not in self._units:
                    self._add(unit_id, table, row, name, kind)
            return ids
        assigned: list[str] = []
        for kind in self._kinds(table, row, kinds):
            found = next(
                (u for u in listed if u not in assigned and self._fits(u, kind, table, row)), None
            )
            if found is None:
                found = unused(f"{name}-{len(assigned) + 1}", self._units)
                self._add(found, table, row, name, kind)
            assigned.append(found)
        return assigned

    def _kinds(self, table: Table, row: Row, text: str) -> list[str]:
        """Parse license types. Unknown ones are kept, and reported later."""
        if not text:
            return []
        try:
            return values.licenses(text, self._catalog)
        except CellRefused:
            return [self._type(part) for part in cell_reader.split_cell(text)]

    def _fits(self, unit_id: str, kind: str, table: Table, row: Row) -> bool:
        unit = self._units[unit_id]
        country = self.rows.read(table, row, "country", values.country_code)
        return unit["type"] == kind and (country is None or country == unit["country"])

    def _add(self, unit_id: str, table: Table, row: Row, name: str, kind: str) -> None:
        """Add a license that only its user's row names."""
        user = self._users[name]
        named = table.cell(row, "type") or table.cell(row, "license")
        country = self._country_of(table, row, named, user.get("site"))
        unit: Record = {"type": kind, "country": country, "status": "assigned", "user": name}
        if address := table.cell(row, "service_address"):
            unit["service_address"] = self._places.address(table, row, address, unit["country"])
        self._units[unit_id] = unit
        self.rows.places["licenses", unit_id] = table, row
