"""Reads service addresses and sites from imported tables."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from typing import cast

from licsync.importing.one_line_addresses import (
    address_of_line,
    country_at_end,
    find_place,
    is_same_place,
    line_of,
    spelled_note,
)
from licsync.importing.table_detection import Table
from licsync.importing.table_rows import Rows
from licsync.model.declarations import ServiceAddress, SiteAttributes
from licsync.model.fields import fields_of
from licsync.model.inventory import Inventory, Record
from licsync.planning.declarable import unused
from licsync.spreadsheets import cell_values as values
from licsync.spreadsheets.cell_values import CellRefused
from licsync.spreadsheets.sheet import Row

_ONE_LINE = "Service addresses were read from single lines; check them in places.yaml"
_OF_LICENSES = "Sites got the service address of their users' licenses; check them in places.yaml"

_ONE_LINE_NOW = "New service addresses were read from single lines"

_OF_LICENSES_NOW = "Sites without an address get the service address of their users' licenses"


class Places:
    """Collects service addresses and sites.

    Attributes:
        addresses: the service addresses by id, including the known ones.
        sites: the sites of the tables, by name.
        country: the country of addresses that have none.
        unnamed: the ids of addresses that were made up, because the tables have none.
    """

    def __init__(
        self,
        rows: Rows,
        country: str | None,
        known: Inventory | None = None,
        declared: Collection[Record] = (),
    ) -> None:
        addresses = cast(Mapping[str, Record], known.service_addresses if known else {})
        self.addresses: dict[str, Record] = dict(addresses)
        self.sites: dict[str, Record] = {}
        self.country = country
        self.unnamed: set[str] = set()
        self._known = known
        self._declared = declared
        self._replaced: Mapping[str, str] = {}
        self._found: dict[str, list[str]] = {}
        self._read: dict[tuple[str, str | None], Record | None] = {}
        self._places: dict[tuple[object, ...], tuple[str, str]] = {}
        self._rows = rows

    def read(self) -> None:
        """Read the tables of service addresses and sites."""
        listed: set[str] = set()
        for table, row, key in self._rows.named_rows("service_addresses", "id"):
            self.addresses[key] = self._address_of_row(table, row)
            listed.add(key)
        self._replaced = self._replaced_by(listed)
        for table, row, key in self._rows.named_rows("sites", "site"):
            self.add_site(table, row, key)

    def _replaced_by(self, listed: Collection[str]) -> Mapping[str, str]:
        """Return the new ids of known places that the tables list under other ids, by known id.

        The merge gives these places their new ids, so no table may name the old ones.
        """
        known = self._known.service_addresses if self._known else {}
        others = {key: self.addresses[key] for key in known if key not in listed}
        new = {key: find_place(self.addresses[key], others) for key in listed if key not in known}
        return {was: key for key, was in new.items() if was}

    def country_of(self, *addresses: str | None, text: str = "") -> str | None:
        """Return the country of the first of these addresses that has one.

        Args:
            addresses: ids.
            text: a known address that is written out.
        """
        addresses += tuple(self._named(text)) if text else ()
        found = (self.addresses.get(address or "", {}).get("country") for address in addresses)
        return next((str(country) for country in found if country), None)

    def address_of_site(self, site: str | None) -> str | None:
        """Return the id of the service address of a site."""
        known = self._known.address_of_site(site) if self._known else None
        return self.sites.get(site or "", {}).get("service_address", known)

    def conclude_addresses(self, users: Mapping[str, Record], units: Iterable[Record]) -> None:
        """Give a site without an address the address of its users' licenses, if it is only one.

        The console binds a license to the address of its user's site (domain.md, section 4, T2).
        """
        found: dict[str, set[str]] = {}
        for unit in units:
            user = users.get(unit.get("user") or "", {})
            if user.get("site") and unit.get("service_address"):
                found.setdefault(user["site"], set()).add(unit["service_address"])
        for name, site in self.sites.items():
            if self.address_of_site(name) is None and len(found.get(name, ())) == 1:
                site["service_address"] = found[name].pop()
                conclusion = _OF_LICENSES if self._known is None else _OF_LICENSES_NOW
                self._rows.concluded[conclusion] += 1

    def address_in_row(self, table: Table, row: Row, country: str) -> str | None:
        """Return the id of the address of a license row: on one line, or in several columns."""
        if text := table.cell(row, "service_address"):
            return self.address(table, row, text, country)
        if table.cell(row, "city"):
            address = {**self._address_of_row(table, row), "country": country}
            return self._address_id(address, is_country_sure=False)
        return None

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
            country = country or self.country or self._country_of_line(text)
            site["service_address"] = self.address(table, row, text, country)
        self.sites[name] = site

    def _country_of_line(self, text: str) -> str | None:
        """Find the country of an address on one line: it ends with it, or licenses there say it."""
        if country := country_at_end(text):
            return country
        countries = {
            table.cell(row, "country")
            for table, row in self._rows.found.rows_of("licenses")
            if table.cell(row, "service_address") == text
        }
        with suppress(CellRefused):
            return values.country_code(countries.pop()) if len(countries) == 1 else None
        return None

    def _declared_address(self, text: str) -> Record | None:
        """Find the address that the files of the account declare and that a text is."""
        words = sorted(values.fold(text).split())
        for whole in (True, False):
            for address in self._declared:
                if words in _spellings(address, whole=whole):
                    return address
        return None

    def is_sure(self, text: str) -> bool:
        """Tell whether a text names one known address: by its id, or written out."""
        return len(self._named(text)) == 1

    def _named(self, text: str) -> list[str]:
        """List the addresses that a text may name: by id, by the whole address, by its street."""
        if text not in self._found:
            self._found[text] = self._find(text)
        return self._found[text]

    def _find(self, text: str) -> list[str]:
        if text in self.addresses and text not in self._replaced:
            return [text]
        folded = values.fold(text)
        known = {key: self.addresses[key] for key in self.addresses if key not in self._replaced}
        if found := [key for key in known if values.fold(key) == folded]:
            return found
        words = sorted(folded.split())
        whole = [key for key in known if words in _spellings(known[key])]
        return whole or [key for key in known if words in _spellings(known[key], whole=False)]

    def address(self, table: Table, row: Row, text: str, country: str | None) -> str:
        """Return the id of an address. The text is an id, or the whole address on one line."""
        if named := self._named(text):
            return named[0]
        if (text, country) not in self._read:
            parsed = address_of_line(text, country) if country else None
            self._read[text, country] = self._declared_address(text) or parsed
        found = self._read[text, country]
        if found is None:
            message = (
                f"'{text}' is not the id of a service address in the tables,"
                " and licsync cannot read it as an address."
            )
            hint = (
                f"Write '{self._replaced[text]}': the tables list this place under that id."
                if text in self._replaced
                else "Add a table service_addresses with id, street number, street name, city,"
                " state, postal, country."
            )
            self._rows.add_fault(table, row, "service_address", message, hint)
            return text
        count = len(self.addresses)
        key = self._address_id(found)
        if len(self.addresses) > count:
            self._rows.concluded[_ONE_LINE if self._known is None else _ONE_LINE_NOW] += 1
        return key

    def _address_id(self, address: Record, *, is_country_sure: bool = True) -> str:
        """Return the id of an address, which is new if it is not a known place."""
        content = (is_country_sure, *sorted(address.items()))
        if content not in self._places:
            self._places[content] = self._place_of(address, is_country_sure=is_country_sure)
        key, note = self._places[content]
        if note:
            self._rows.concluded[note] += 1
        if key:
            return key
        key = unused(f"A{len(self.addresses) + 1}", self.addresses)
        self.unnamed.add(key)
        self._found.clear()
        self._places.clear()
        self.addresses[key] = address
        return key

    def _place_of(self, address: Record, *, is_country_sure: bool) -> tuple[str, str]:
        """Return the id of a known place, and what to say if it is spelled differently."""
        same = [
            key
            for key, other in self.addresses.items()
            # the country of the row may be that of the license alone
            if not is_country_sure
            and is_same_place({**address, "country": other.get("country")}, other)
        ]
        key = same[0] if len(same) == 1 else find_place(address, self.addresses)
        return key, spelled_note(address, key, self.addresses[key]) if key else ""


def _spellings(address: Record, *, whole: bool = True) -> list[list[str]]:
    """List the words of an address, with and without its country; or of its street and city."""
    country = str(address.get("country") or "")
    fields = [name for name in fields_of(ServiceAddress) if name != "country"]
    line = " ".join(str(address.get(name) or "") for name in fields) if whole else line_of(address)
    return [sorted(values.fold(f"{line} {end}").split()) for end in ("", country)]
