"""Reads service addresses and sites from imported tables."""

from __future__ import annotations

from licsync.importing.one_line_addresses import address_of_line, line_of
from licsync.importing.table_detection import Table
from licsync.importing.table_rows import Rows
from licsync.model.declarations import ServiceAddress, SiteAttributes
from licsync.model.fields import fields_of
from licsync.model.inventory import Record
from licsync.planning.declarable import unused
from licsync.spreadsheets import cell_values as values
from licsync.spreadsheets.sheet import Row

_ONE_LINE = "Service addresses were read from single lines; check them in places.yaml"


class Places:
    """Collects service addresses and sites.

    Attributes:
        addresses: the service addresses by id.
        sites: the sites by name.
        country: the country of addresses that have none.
    """

    def __init__(self, rows: Rows, country: str | None) -> None:
        self.addresses: dict[str, Record] = {}
        self.sites: dict[str, Record] = {}
        self.country = country
        self._rows = rows

    def read(self) -> None:
        """Read the tables of service addresses and sites."""
        for table, row, key in self._rows.named_rows("service_addresses", "id"):
            self.addresses[key] = self._address_of_row(table, row)
        for table, row, key in self._rows.named_rows("sites", "site"):
            self.add_site(table, row, key)

    def country_of(self, *addresses: str | None) -> str | None:
        """Return the country of the first of these addresses that has one."""
        found = (self.addresses.get(address or "", {}).get("country") for address in addresses)
        return next((str(country) for country in found if country), None)

    def address_of_site(self, site: str | None) -> str | None:
        """Return the id of the service address of a site."""
        return self.sites.get(site or "", {}).get("service_address")

    def _address_of_row(self, table: Table, row: Row) -> Record:
        fields = {
            name: text for name in fields_of(ServiceAddress) if (text := table.cell(row, name))
        }
        if country := self._rows.read(table, row, "country", values.country_code):
            fields["country"] = country
        elif self.country and "country" not in fields:
            fields["country"] = self.country
        return fields

    def add_site(self, table: Table, row: Row, name: str) -> None:
        """Add the site of a row, with its address."""
        site = {
            key: text
            for key in fields_of(SiteAttributes)
            if (text := table.cell(row, key)) and key != "service_address"
        }
        own = self._address_of_row(table, row) if table.cell(row, "city") else None
        if own:
            site["service_address"] = self._address_id(own)
        elif text := table.cell(row, "service_address"):
            country = self._rows.read(table, row, "country", values.country_code)
            site["service_address"] = self.address(table, row, text, country or self.country)
        self.sites[name] = site

    def address(self, table: Table, row: Row, text: str, country: str | None) -> str:
        """Return the id of an address. The text is an id, or the whole address on one line."""
        if text in self.addresses:
            return text
        folded = values.fold(text)
        for key, address in self.addresses.items():
            if values.fold(key) == folded or line_of(address) == folded:
                return key
        found = address_of_line(text, country) if country else None
        if found is None:
            message = (
                f"'{text}' is not the id of a service address in the tables,"
                " and licsync cannot read it as an address."
            )
            hint = (
                "Add a table service_addresses with id, street number, street name, city, state,"
                " postal, country."
            )
            self._rows.add_fault(table, row, "service_address", message, hint)
            return text
        count = len(self.addresses)
        key = self._address_id(found)
        if len(self.addresses) > count:
            self._rows.concluded[_ONE_LINE] += 1
        return key

    def _address_id(self, address: Record) -> str:
        for key, other in self.addresses.items():
            if line_of(other) == line_of(address) and other.get("country") == address.get(
                "country"
            ):
                return key
        key = unused(f"A{len(self.addresses) + 1}", self.addresses)
        self.addresses[key] = address
        return key
