"""Builds an inventory document from tables of `licsync export`, or other user and license lists.

Ids that the tables lack are generated; other missing values stay absent. Users and licenses may be
in one table or in two: the named holder of a license gets it, with the extension of the holder's
own row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from functools import cached_property

from licsync.importing import cell_reader
from licsync.importing.exported import ExportedAccount
from licsync.importing.extension_cells import read_extension, settings_of_columns
from licsync.importing.locations import Places
from licsync.importing.people import People
from licsync.importing.policies import read_policies
from licsync.importing.settle_units import settle_unknown_unit
from licsync.importing.table_detection import FoundTables, Table
from licsync.importing.table_rows import OLDER_LIST, Rows
from licsync.importing.unit_rows import UnitRows, carrier
from licsync.model.catalog import Catalog
from licsync.model.declarations import UserAttributes
from licsync.model.fields import fields_of
from licsync.model.inventory import Inventory, Record
from licsync.model.inventory_document import GROUPS
from licsync.spreadsheets import cell_values as values
from licsync.spreadsheets.sheet import Row

_LICENSES = {"license", "type"}
_OF_USER_ROWS = frozenset(("type", "country", "user"))
"""What the license of a user's row says of its unit. The status in such a row is the user's."""

_NAMES = ("first_name", "last_name")


class InventoryBuilder:
    """Builds an inventory document.

    Args:
        found: the tables.
        catalog: the license types.
        as_of: the instant of the inventory.
        country: the country of licenses for which no table states it.
        known: the inventory that the tables renew; None if there is none. It supplies the users,
            addresses and sites that tables name without listing them.
        default_country: the country of licenses that nothing else tells.
        declared_addresses: service addresses that tables may write out on one line.

    Attributes:
        rows: the source rows, with their faults.
        loose: settings of users whose licenses no table lists, by user; they need `known`.
    """

    def __init__(
        self,
        found: FoundTables,
        catalog: Catalog,
        as_of: str,
        country: str | None = None,
        known: Inventory | None = None,
        default_country: str | None = None,
        declared_addresses: Collection[Record] = (),
    ) -> None:
        self.rows = Rows(found)
        self.loose: dict[str, Record] = {}
        self._known = known
        self._catalog = catalog
        self._as_of = as_of
        self._default_country = default_country
        self._places = Places(self.rows, country, known, declared_addresses)
        self._people = People(self.rows)
        self._users = self._people.users
        self._units = UnitRows(
            self.rows, self._places, self._people, catalog, known, default_country
        )
        self._rows: dict[str, list[tuple[Table, Row]]] = {}
        self._reported: dict[str, set[str]] = {}
        self._settings: dict[tuple[str, str], set[str]] = {}
        tables = [table for table in found.tables if table.kind.name == "users"]
        columns = [
            (table, name) for table in tables for name in _LICENSES & {*table.columns.fields}
        ]
        self._users_say_licenses = bool(columns)
        self._names_licenses = any(t.cell(row, name) for t, name in columns for row in t.rows)
        self._says_licenses = self._users_say_licenses or any(
            table.kind.name == "licenses" for table in found.tables
        )

    def document(self, account: str) -> Record:
        """Return the inventory document."""
        self._places.read()
        for table, row in self._distinct_rows():
            self._user(table, row)
        if self._known is not None and not self._users:
            for name, known in self._known.users.items():
                self._people.add_names(name, known)
        self._units.read_tables()
        self._units.settle_namesakes(self._rows)
        listed: dict[str, list[str]] = {}
        for unit_id, unit in self._units.units.items():
            listed.setdefault(unit.get("user") or "", []).append(unit_id)
        for name in self._users:
            self._assign_licenses(name, listed.get(name, []))
        self._units.refuse_unknown_types()
        if not self._says_licenses and self._known is None:
            self.rows.concluded[
                "The tables do not list the licenses of users, so the files do not either"
            ] = len(self._users)
        if self._known is None:
            for unit_id, unit in self._units.units.items():
                holder = self._users.get(unit.get("user") or "", {})
                settle_unknown_unit(self.rows, unit_id, unit, holder, self._as_of)
            for unit_id in self._units.unnamed:
                self._units.units[unit_id]["unnamed"] = True
        for user in self._users.values():
            if user.get("site"):
                self._places.sites.setdefault(user["site"], {})
        self._places.conclude_addresses(self._users, self._units.units.values())
        named = [user["policy"] for user in self._users.values() if user.get("policy")]
        return {
            "format_version": "1",
            "account": account,
            "as_of": self._as_of,
            "service_addresses": self._places.addresses,
            "sites": self._places.sites,
            "policies": read_policies(self.rows, named),
            "licenses": self._units.units,
            "users": self._users,
        }

    def exported(self, account: str) -> ExportedAccount:
        """Return the inventory document, and what the tables say and do not say."""
        document = self.document(account)
        kinds = {table.kind.name for table in self.rows.found.tables if table.rows}
        reported: dict[str, dict[str, frozenset[str]]] = {
            kind: {} for kind in ("licenses", "sites", "service_addresses")
        }
        for key, (table, _) in self.rows.places.items():
            if key[0] in reported and len(key) == 2:
                fields = frozenset(table.columns.fields)
                if "city" in fields and key[0] != "service_addresses":
                    fields |= {"service_address"}
                if key[0] == "licenses" and table.kind.name == "users":
                    fields = _OF_USER_ROWS | (fields & {"service_address"})
                reported[key[0]][key[1]] = fields
        reported["users"] = {name: frozenset(fields) for name, fields in self._reported.items()}
        for site, record in self._places.sites.items():
            # of a site that no table lists, each value comes from the rows of its users
            reported["sites"][site] = reported["sites"].get(site, frozenset()) | record.keys()
        policies = self.rows.found.rows_of("policies")
        return ExportedAccount(
            document=document,
            complete=frozenset(kinds),
            users_say_licenses=self._users_say_licenses,
            reported=reported,
            settings={key: frozenset(fields) for key, fields in self._settings.items()},
            loose=self.loose,
            unnamed_units=frozenset(self._units.unnamed),
            written_out=frozenset(self._units.by_line),
            listed_policies=frozenset(table.cell(row, "policy") for table, row in policies),
            unnamed_addresses=frozenset(self._places.unnamed),
            license_names=self._units.names,
        )

    def _distinct_rows(self) -> Iterator[tuple[Table, Row]]:
        """List the rows of users. A row that repeats another says nothing new.

        Within a table, equal rows may be several licenses of a type that a user may hold several
        of. In another table they are the same ones again.
        """
        counted: Counter[tuple[tuple[str, str], ...]] = Counter()
        for table in (table for table in self.rows.found.tables if table.kind.name == "users"):
            here: Counter[tuple[tuple[str, str], ...]] = Counter()
            for row in table.rows:
                cells = sorted((name, table.cell(row, name)) for name in table.columns.fields)
                filled = tuple((name, text) for name, text in cells if text)
                here[filled] += 1
                is_again = here[filled] > 1 and not self._may_repeat(table, row)
                if here[filled] <= counted[filled] or is_again:
                    self.rows.concluded["Rows of users that repeat another row count once"] += 1
                    continue
                counted[filled] += 1
                yield table, row

    def _may_repeat(self, table: Table, row: Row) -> bool:
        """Tell whether a row names a license of which a user may hold several."""
        kinds = self._units.kinds_of(table, row)
        return bool(kinds) and not any(map(self._catalog.is_single, kinds))

    # --- users ------------------------------------------------------------------------------------

    def _user(self, table: Table, row: Row) -> None:
        """Add a user row. Further rows of the same user may add values, but not contradict."""
        name = self.rows.read(table, row, "user", values.user_name)
        if not table.cell(row, "user"):
            name = self._name_of_email(table.cell(row, "email"))
            if not name:
                self.rows.add_fault(table, row, "user", "The row has no user.")
        if not name:
            return
        reported: Record = {
            key: text for key in fields_of(UserAttributes) if (text := table.cell(row, key))
        }
        if (whole := table.cell(row, "full_name")) and not reported.keys() >= set(_NAMES):
            reported = dict(zip(_NAMES, values.split_name(whole), strict=True)) | reported
        if status := self.rows.read(table, row, "status", cell_reader.user_status):
            reported["status"] = status
        reported |= {
            key: cell_reader.read_list(text) for key in GROUPS if (text := table.cell(row, key))
        }
        name = self._people.spelled(name)
        user = self._users.setdefault(name, {})
        self.rows.places.setdefault(("users", name), (table, row))
        for key, value in reported.items():
            if user.setdefault(key, value) != value:
                there, at = self.rows.places["users", name]
                file = "" if there is table else f" of {there.span(at, key).file}"
                first = f"row {at.line}{file}"
                message = f"'{value}' contradicts {first}: there '{name}' has '{user[key]}'."
                self.rows.add_fault(table, row, key, message, OLDER_LIST)
        self._rows.setdefault(name, []).append((table, row))
        if pbx := table.cell(row, "pbx"):
            self._pbx(table, row, pbx)
        self._people.add_names(name, user)
        fields = set(table.columns.fields)
        self._reported.setdefault(name, set()).update(
            fields | set(_NAMES) if "full_name" in fields else fields
        )

    def _name_of_email(self, email: str) -> str:
        """Return the known user with an e-mail address, else the address as the user name."""
        if self._known is None:
            return email
        return self._known_emails.get(email.casefold()) or email

    @cached_property
    def _known_emails(self) -> dict[str, str]:
        """The user of each e-mail address of the known inventory; empty if there are several."""
        found: dict[str, str] = {}
        for name, user in self._known.users.items() if self._known is not None else ():
            email = str(user.get("email") or name).casefold()
            found[email] = "" if email in found else name
        return found

    def _pbx(self, table: Table, row: Row, pbx: str) -> None:
        site = table.cell(row, "site")
        if not site:
            self.rows.add_fault(table, row, "pbx", f"The PBX '{pbx}' has no site in this row.")
        elif self._places.sites.setdefault(site, {}).setdefault("pbx", pbx) != pbx:
            other = self._places.sites[site]["pbx"]
            message = f"Another row puts the site '{site}' on the PBX '{other}'."
            self.rows.add_fault(table, row, "pbx", message)

    def _assign_licenses(self, name: str, listed: list[str]) -> None:
        """Assign licenses from the user's rows and the license tables, with extensions.

        Args:
            name: the user.
            listed: the licenses that license tables give the user.
        """
        user = self._users[name]
        if self._known is None:
            user.setdefault("status", "active")
        units = self._units.units
        services: dict[str, Record] = {}
        unassigned: list[tuple[Table, Row, Record]] = []
        claims = False
        for table, row in self._rows[name]:
            assigned = self._units.of_user_row(
                table, row, name, [u for u in listed if u not in services]
            )
            self._units.check_address(table, row, assigned)
            claims = claims or bool(assigned)
            for unit_id in assigned:
                services.setdefault(unit_id, {"license": unit_id})
                self.rows.places.setdefault(
                    ("users", name, "services", list(services).index(unit_id)), (table, row)
                )
            country = units.get(assigned[0], {}).get("country") if assigned else None
            extension = read_extension(
                self.rows, table, row, country or self._home_country(name, listed)
            )
            if assigned:
                named = {unit_id: services[unit_id] for unit_id in assigned}
                self._add_extension(table, row, name, named, extension)
            else:
                unassigned.append((table, row, extension))
        rest = [unit_id for unit_id in listed if unit_id not in services]
        has_column = any(_LICENSES & table.columns.fields.keys() for table, _ in self._rows[name])
        if claims or (has_column and self._names_licenses):  # an empty cell says that there is none
            self._refuse_unclaimed(name, rest)
        services |= {unit_id: {"license": unit_id} for unit_id in rest}
        for table, row, extension in unassigned:
            self._add_unassigned(table, row, name, services, extension)
        if self._says_licenses:
            user["services"] = list(services.values())

    def _refuse_unclaimed(self, name: str, unit_ids: list[str]) -> None:
        """Record a fault for each license that only a license table assigns to a user."""
        for unit_id in unit_ids:
            kind = self._units.units[unit_id]["type"]
            if self._catalog.is_single(kind):
                table, row = self.rows.places["licenses", unit_id]
                message = (
                    f"This list assigns {self._catalog.title(kind)} to '{name}',"
                    " but the list of users does not."
                )
                self.rows.add_fault(table, row, "user", message, OLDER_LIST)

    def _add_unassigned(
        self, table: Table, row: Row, name: str, services: dict[str, Record], extension: Record
    ) -> None:
        """Add the extension of a row that names no license: to the phone license of its user."""
        if services:
            self._add_extension(table, row, name, services, extension)
        elif self._says_licenses or self._known is None:
            if extension:
                key = "extension" if table.cell(row, "extension") else "phone_numbers"
                message = (
                    f"'{name}' has an extension or settings here, but holds no license for them."
                )
                self.rows.add_fault(
                    table, row, key, message, "Name the license, or clear the cells."
                )
        else:
            self._settings.setdefault((name, ""), set()).update(settings_of_columns(table))
            loose = {"extension": self.loose.setdefault(name, {})}
            self._merge_extension(table, row, loose, extension)

    def _home_country(self, name: str, listed: list[str]) -> str | None:
        """Find the country for the phone numbers of a user whose row names no license."""
        if listed:
            return str(self._units.units[self._units.carrier(listed)]["country"])
        if self._known is not None and (
            held := self._known.users.get(self._known.user_names.get(name.casefold(), ""))
        ):
            ids = [service["license"] for service in held.get("services") or ()]
            if ids:
                return self._known.pool_of(carrier(self._known.licenses, ids, self._catalog))[1]
        site = self._people.users[name].get("site")
        near = self._places.country_of(self._places.address_of_site(site))
        return near or self._places.country or self._default_country

    def _add_extension(
        self, table: Table, row: Row, name: str, services: dict[str, Record], extension: Record
    ) -> None:
        """Add an extension to the phone license of some licenses of a user."""
        unit_id = self._units.carrier(list(services))
        self._settings.setdefault((name, unit_id), set()).update(settings_of_columns(table))
        if extension:
            self._merge_extension(table, row, services[unit_id], extension)

    def _merge_extension(self, table: Table, row: Row, service: Record, extension: Record) -> None:
        """Add an extension to a service. Values in two rows must be equal."""
        carried: Record = service.setdefault("extension", {})
        for key, value in extension.items():
            if carried.setdefault(key, value) != value:
                column = {"number": "extension"}.get(key, key)
                message = f"One license cannot have both '{carried[key]}' and '{value}'."
                self.rows.add_fault(table, row, column, message)
