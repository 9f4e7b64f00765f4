"""Declares everything that an inventory holds, and verifies that a plan for it is empty.

What files cannot express is left out and reported; plans leave it unchanged. Short forms and
templates come later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from licsync.diagnostics import Code, Diagnostic, info
from licsync.importing.verification import path_as_span, remove_faulty
from licsync.model.account_declarations import Account
from licsync.model.catalog import Catalog
from licsync.model.declarations import (
    Extension,
    Features,
    LicenseEntry,
    Policy,
    ServiceAddress,
    Site,
    User,
)
from licsync.model.declarations import UserAttributes as Attributes
from licsync.model.desired import DEFAULT_POLICY, Desired
from licsync.model.inventory import Inventory
from licsync.model.inventory_document import InventoryUser, Service
from licsync.model.license import Pool
from licsync.model.places import place_key
from licsync.model.pool_declarations import PoolEntry
from licsync.planning.declarable import declarable, is_visible, slug, unused
from licsync.planning.guardrails import DEFAULT_FROM, DEFAULT_SHARE
from licsync.planning.licenses.pools import counts, seen_beside_numbers
from licsync.planning.resolver import Resolver

_ALWAYS_THERE = frozenset(("id", "services"))


@dataclass(slots=True)
class ImportedConfig:
    """The part of an inventory that files can express.

    Attributes:
        desired: the declarations, with every user in full.
        left_out: what files cannot express, or only in part.
    """

    desired: Desired
    left_out: list[Diagnostic] = field(default_factory=list)


def adopt(
    inventory: Inventory,
    catalog: Catalog,
    account: Account | None,
    now: datetime,
    *,
    lists_licenses: bool = True,
) -> ImportedConfig:
    """Declare what an inventory holds.

    Args:
        inventory: the records of the console.
        catalog: the known license types; others are left out.
        account: the existing account section; None creates one.
        now: the day that plans are made for.
        lists_licenses: whether a list of the owned licenses was read. Otherwise licenses that
            nobody holds are unknown, and no quantity is declared: a list that is read later would
            have more licenses, and plans would ask to cancel them.
    """
    notes = _Omissions()
    desired = Desired({**(account or _account(inventory))}, catalog, where=path_as_span)
    references = _addresses(inventory, desired, notes)
    _sites(inventory, desired, references, notes)
    _policies(inventory, desired, notes)
    resolver = Resolver(desired, inventory)
    listed = _listed_pools(inventory) if lists_licenses and inventory.lists_licenses else set()
    _pools(inventory, desired, references, notes, now, listed)
    for name, record in sorted(inventory.users.items()):
        if is_visible(name) and name:
            desired.users[name] = _user(name, record, resolver, references, notes)
        else:
            notes.add(
                f"The user {name!r}", "its name contains characters that files cannot express"
            )
    return ImportedConfig(desired, [*notes.diagnostics(), *remove_faulty(desired, inventory, now)])


class _Omissions:
    """Collects what is left out. A field of many records is reported once."""

    def __init__(self) -> None:
        self.notes: list[Diagnostic] = []
        self.fields: Counter[tuple[str, str]] = Counter()

    def add(self, what: str, why: str) -> None:
        self.notes.append(omission(what, why))

    def add_fields(
        self, kind: str, name: str, declaration: type, unsaid: list[str], within: str = ""
    ) -> None:
        """Record undeclared fields: a note per value of a known field, a count for others."""
        for one in unsaid:
            if one in declaration.__annotations__:
                self.add(
                    f"'{within}{one}' of the {kind} '{name}'",
                    "files cannot express its value",
                )
            else:
                self.fields[kind, within + one] += 1

    def diagnostics(self) -> list[Diagnostic]:
        many = (
            omission(
                f"'{name}' of {count} {kind}{'s' * (count > 1)}",
                "files cannot declare it, and plans leave it unchanged",
            )
            for (kind, name), count in sorted(self.fields.items())
        )
        return [*self.notes, *many]


def omission(what: str, why: str) -> Diagnostic:
    """Report what the files leave out, and why."""
    return info(Code.LEFT_OUT, f"{what} is not in the files: {why}.")


def _account(inventory: Inventory) -> Account:
    """Create the account section: name, the country of most licenses, and the safety settings.

    The limits are the defaults of `planning.guardrails`, written out so that people see and change
    them.
    """
    countries = Counter(unit["country"] for unit in inventory.licenses.values())
    valid = sorted(
        c for c in countries if len(c) == 2 and c.isascii() and c.isalpha() and c.isupper()
    )
    share = f"{DEFAULT_SHARE}%"
    limit = share if inventory.user_count * DEFAULT_SHARE > DEFAULT_FROM * 100 else DEFAULT_FROM
    account: Account = {"name": inventory.account}
    if valid:
        account["defaults"] = {"country": max(valid, key=lambda c: countries[c])}
    account["protected_users"] = []
    account["limits"] = {
        "suspend": limit, "unassign": limit, "downgrade": limit, "delete": limit,
    }  # fmt: skip
    account["offboarding"] = {"unassign_after": "7d"}
    return account


# --- places ---------------------------------------------------------------------------------------


def _addresses(inventory: Inventory, desired: Desired, notes: _Omissions) -> dict[str, str]:
    """Declare the service addresses. Return the name of each id in the files: a slug or the id."""
    references: dict[str, str] = {}
    slugs: dict[Any, str] = {}
    for address_id, record in sorted(inventory.service_addresses.items()):
        key = place_key(record)
        declared, unsaid = declarable(ServiceAddress, record)
        if place_key(declared) != key or "country" not in declared:
            references[address_id] = address_id
            notes.add(
                f"The service address '{address_id}'",
                "it has no country, or contains characters that files cannot express",
            )
            continue
        notes.add_fields("service address", address_id, ServiceAddress, unsaid)
        if key not in slugs:
            slugs[key] = _slug(declared, {*desired.service_addresses, *inventory.service_addresses})
            desired.service_addresses[slugs[key]] = declared
        references[address_id] = slugs[key]
    return references


def _slug(address: ServiceAddress, taken: set[str]) -> str:
    """Name an address after its city, and its street if the city has another one."""
    city = str(address.get("city") or address.get("organization") or address["country"])
    for name in (city, f"{city} {address.get('street_name', '')}"):
        found = slug(name)
        if found and found not in taken:
            return found
    return unused(slug(city) or "address", taken)


def _sites(
    inventory: Inventory, desired: Desired, references: Mapping[str, str], notes: _Omissions
) -> None:
    for name, record in sorted(inventory.sites.items()):
        if not name or not is_visible(name):
            notes.add(
                f"The site {name!r}", "its name contains characters that files cannot express"
            )
            continue
        address = record.get("service_address")
        desired.sites[name], unsaid = declarable(
            Site, {**record, "service_address": references.get(address or "")}
        )
        notes.add_fields("site", name, Site, unsaid)


def _policies(inventory: Inventory, desired: Desired, notes: _Omissions) -> None:
    for name, record in sorted(inventory.policies.items()):
        if not name or not is_visible(name):
            notes.add(
                f"The policy profile {name!r}",
                "its name contains characters that files cannot express",
            )
            continue
        settings = {k: v for k, v in (record.get("settings") or {}).items() if v is not None}
        declared: dict[str, bool | str | None] = {
            k: v for k, v in settings.items() if isinstance(v, bool | str) and is_visible({k: v})
        }
        notes.fields.update(
            ("policy profile", f"settings.{one}") for one in settings.keys() - declared.keys()
        )
        if declared or name != DEFAULT_POLICY:
            policy: Policy = {"settings": declared} if declared else {}
            desired.policies[name] = policy


# --- licenses and users ---------------------------------------------------------------------------


def _listed_pools(inventory: Inventory) -> set[Pool]:
    """List the pools with units that a list names, and not only a user who holds them."""
    units = inventory.licenses.values()
    return {(unit["type"], unit["country"]) for unit in units if not unit.get("seen_only")}


def _pools(
    inventory: Inventory,
    desired: Desired,
    references: Mapping[str, str],
    notes: _Omissions,
    now: datetime,
    listed: Collection[Pool],
) -> None:
    """Declare how many units each type and country has, and the addresses of unassigned ones."""
    bound: dict[tuple[str, str], Counter[str]] = {}
    for unit in inventory.licenses.values():
        if unit["status"] == "unassigned":
            address = references.get(unit.get("service_address") or "", "")
            bound.setdefault((unit["type"], unit["country"]), Counter())[address] += 1
    beside, unlisted = seen_beside_numbers(Resolver(desired, inventory)), 0
    for (kind, country), count in sorted(counts(Resolver(desired, inventory), now).items()):
        number = count.owned - beside[kind, country]
        if number <= 0:
            # only removed units that nobody wants back, or licenses that come with phone numbers
            continue
        at = bound.get((kind, country), Counter())
        known = {name: at[name] for name in sorted(at) if name}
        entry: PoolEntry = {"type": kind, "country": country}
        if (kind, country) in listed:
            entry["quantity"] = number
        else:
            unlisted += 1
        if known:
            entry["unassigned_address"] = next(iter(known)) if len(at) == 1 else known
        declared, unsaid = declarable(PoolEntry, entry)
        if unsaid or not kind:
            notes.add(
                f"The pool of {kind!r} in {country!r}",
                "files cannot express its type or country",
            )
            continue
        if country == desired.country:
            del declared["country"]
        desired.pools.append(declared)
    if unlisted:
        pools = "1 license pool" if unlisted == 1 else f"{unlisted} license pools"
        notes.add(
            f"The quantity of {pools}",
            "no list of the owned licenses was read, so licenses that nobody has are unknown",
        )


def _user(
    name: str,
    record: InventoryUser,
    resolver: Resolver,
    references: Mapping[str, str],
    notes: _Omissions,
) -> User:
    """Declare a user in full. An e-mail address that equals the user name is omitted."""
    values = {key: value for key, value in record.items() if key not in _ALWAYS_THERE}
    attributes, unsaid = declarable(Attributes, values)
    user = cast(User, attributes)  # which has these fields, and more
    notes.add_fields("user", name, Attributes, unsaid)
    if str(user.get("email", "")).casefold() == name.casefold():
        del user["email"]
    units = resolver.inventory.licenses
    services = record.get("services") or []
    declared = [
        s
        for s in services
        if not resolver.desired.catalog.is_automatic(units[s["license"]]["type"])
    ]
    entries = [
        _entry(service, name, user.get("site"), resolver, references, notes) for service in declared
    ]
    if (services and not declared) or None in entries:
        notes.add(
            f"The license list of '{name}'",
            "files cannot express the type, country or settings of a license",
        )
    elif (
        "services" in record
    ):  # otherwise the licenses are unknown, and an empty list would declare none
        user["licenses"] = [entry for entry in entries if entry is not None]
    return user


def _entry(
    service: Service,
    holder: str,
    site: str | None,
    resolver: Resolver,
    references: Mapping[str, str],
    notes: _Omissions,
) -> LicenseEntry | None:
    unit = resolver.inventory.licenses[service["license"]]
    entry: LicenseEntry = {"type": unit["type"]}
    if unit["country"] != resolver.country_of(site, entry):
        entry["country"] = unit["country"]
    address = unit.get("service_address")
    if address and resolver.label_of_id(address) != resolver.address_of_site(site):
        entry["service_address"] = references[address]
    extension, unsaid = declarable(Extension, service.get("extension") or {})
    notes.add_fields("user", holder, Extension, unsaid, "extension.")
    switched = {
        name: value
        for name, value in (extension.get("features") or {}).items()
        if value is not False
    }
    if "features" in extension and not switched:
        del extension["features"]  # an undeclared feature is off
    elif switched:
        extension["features"] = cast(Features, switched)  # those of its fields that are on
    if extension:
        entry["extension"] = extension
    declared, unsaid = declarable(LicenseEntry, entry)
    return declared if declared and not unsaid else None
