"""Resolves declared names against the inventory: users, sites, service addresses, countries.

Service addresses match by postal content, never by slug (contract, section 4). Planning names an
address by its *label*: the declared slug, or the inventory's id if no slug has that content.
"""

from __future__ import annotations

from functools import cached_property

from licsync.model.declarations import LicenseEntry, ServiceAddress, User
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory
from licsync.model.inventory_document import InventoryAddress
from licsync.model.places import place_key
from licsync.model.unit_names import unit_name


class Resolver:
    """Answers questions that need both the desired state and the inventory.

    It changes nothing, and computes each answer once.
    """

    def __init__(self, desired: Desired, inventory: Inventory):
        self.desired = desired
        self.inventory = inventory

    # --- service addresses ------------------------------------------------------------------------

    @cached_property
    def contents(self) -> dict[str, InventoryAddress | ServiceAddress]:
        """Return the postal content of every declared or existing address, by label.

        An address that exists has the spelling of the inventory.
        """
        contents: dict[str, InventoryAddress | ServiceAddress] = {}
        for address_id, record in sorted(self.inventory.service_addresses.items()):
            contents.setdefault(self.labels[address_id], record)
        for slug, address in self.desired.service_addresses.items():
            if address is not None and self._slug_of_content[place_key(address)] == slug:
                contents.setdefault(slug, address)
        return contents

    @cached_property
    def _slug_of_content(self) -> dict[tuple[tuple[str, str], ...], str]:
        declared = self.desired.service_addresses.items()
        return {place_key(a): slug for slug, a in sorted(declared, reverse=True) if a is not None}

    @cached_property
    def labels(self) -> dict[str, str]:
        """Return the labels of the inventory's addresses, by id."""
        labels = {}
        for address_id, record in self.inventory.service_addresses.items():
            key = place_key(record)
            lowest = self.inventory.address_ids[key]
            # a slug of different content has the name of this id
            is_taken = bool(self.desired.service_addresses.get(lowest))
            labels[address_id] = self._slug_of_content.get(key) or (
                f"id:{lowest}" if is_taken else lowest
            )
        return labels

    def label_of_id(self, address_id: str | None) -> str | None:
        """Return the label of an address of the inventory."""
        return self.labels.get(address_id, address_id) if address_id else None

    def label_of_reference(self, reference: str | None) -> str | None:
        """Return the label of a reference in the files: a declared slug or an id."""
        if not reference:
            return None
        declared = self.desired.service_addresses.get(reference)
        if declared is not None:
            return self._slug_of_content[place_key(declared)]
        return self.labels.get(reference)

    # --- licenses ---------------------------------------------------------------------------------

    def unit_name(self, unit_id: str) -> str:
        """Name a unit for people: by its id, or by what it is if licsync made the id up."""
        return unit_name(unit_id, self.inventory, self.desired.catalog)

    # --- sites ------------------------------------------------------------------------------------

    @cached_property
    def _site_labels(self) -> dict[str, str | None]:
        labels = {
            name: self.label_of_id(s.get("service_address"))
            for name, s in self.inventory.sites.items()
        }
        for name, site in self.desired.sites.items():
            if site is not None and "service_address" in site:
                labels[name] = self.label_of_reference(site["service_address"])
        return labels

    def address_of_site(self, site: str | None) -> str | None:
        """Return the label of a site's future address: declared, else from the inventory."""
        return self._site_labels.get(site) if site else None

    def country_of_site(self, site: str | None) -> str | None:
        """Return the country of a site's address."""
        return self._site_countries.get(site) if site else None

    @cached_property
    def _site_countries(self) -> dict[str, str | None]:
        return {
            name: self.contents.get(label or "", {}).get("country")
            for name, label in self._site_labels.items()
        }

    def is_other_pbx(self, old: str | None, new: str | None) -> bool:
        """Tell whether two sites are known to be on different PBXs."""
        before, after = self._pbx_of_site(old), self._pbx_of_site(new)
        return bool(before and after) and before != after

    def _pbx_of_site(self, site: str | None) -> str | None:
        found = (
            (side.get(site or "") or {}).get("pbx")
            for side in (self.inventory.sites, self.desired.sites)
        )
        return next((pbx for pbx in found if pbx), None)

    # --- users ------------------------------------------------------------------------------------

    def current_name(self, name: str, user: User) -> str | None:
        """Find a declared user in the inventory: by its name, else by its previous name."""
        names = self.inventory.user_names
        found = names.get(name.casefold())
        if found is None and user.get("previously"):
            found = names.get(user["previously"].casefold())
        return found

    @cached_property
    def current_names(self) -> dict[str, str | None]:
        """Return the inventory names of declared users; None for new users."""
        return {name: self.current_name(name, user) for name, user in self.desired.users.items()}

    @cached_property
    def declared_names(self) -> dict[str, str]:
        """Return the declared names of the users of the inventory that the files name."""
        return {current: name for name, current in self.current_names.items() if current}

    def declared_name(self, user: str) -> str:
        """Find the declared name of a user, who may be new or have a former name in the inventory.

        Returns:
            the user's own name if no file names the user.
        """
        current = self.inventory.user_names.get(user.casefold(), user)
        return self.declared_names.get(current, user)

    @cached_property
    def unlisted(self) -> list[str]:
        """Return the users of the inventory that no file names, not even as a previous name."""
        return sorted(name for name in self.inventory.users if name not in self.declared_names)

    def country_of(self, site: str | None, entry: LicenseEntry) -> str | None:
        """Return the country of a license entry: its own, the site's, or the account's default."""
        return entry.get("country") or self.country_of_site(site) or self.desired.country

    def address_of(self, site: str | None, entry: LicenseEntry) -> str | None:
        """Return the label of a license entry's address: its own, or that of the site."""
        if entry.get("service_address"):
            return self.label_of_reference(entry["service_address"])
        return self.address_of_site(site)
