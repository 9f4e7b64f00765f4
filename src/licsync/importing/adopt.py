"""Says in the words of the files what an inventory holds, in full, and proves it: a plan of it is empty.

What the files cannot say is left out, so that it stays as it is, and is named. Short forms and
templates come later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from licsync.diagnostics import Code, Diagnostic, info
from licsync.importing.verification import path_as_span, remove_faulty
from licsync.model.catalog import Catalog
from licsync.model.declarations import (
    Account,
    Extension,
    Features,
    LicenseEntry,
    Policy,
    PoolEntry,
    ServiceAddress,
    Site,
    User,
)
from licsync.model.declarations import UserAttributes as Attributes
from licsync.model.desired import DEFAULT_POLICY, Desired
from licsync.model.inventory import Inventory, address_key
from licsync.model.inventory_document import InventoryUser, Service
from licsync.planning.declarable import declarable, is_visible, slug, unused
from licsync.planning.guardrails import DEFAULT_FROM, DEFAULT_SHARE
from licsync.planning.licenses.pools import counts, seen_beside_numbers
from licsync.planning.resolver import Resolver

_ALWAYS_THERE = frozenset(("id", "services"))


@dataclass(slots=True)
class ImportedConfig:
    """What the files can say of an inventory.

    Attributes:
        desired: it, with every user in full.
        left_out: what the files cannot say, or can say only in part.
    """

    desired: Desired
    left_out: list[Diagnostic] = field(default_factory=list)


def adopt(
    inventory: Inventory, catalog: Catalog, account: Account | None, now: datetime
) -> ImportedConfig:
    """Say what an inventory holds.

    Args:
        inventory: what the console holds.
        catalog: the license types; one that it does not know is left out.
        account: the account section there is already; None makes one.
        now: the day that plans are made for.
    """
    notes = _Omissions()
    desired = Desired({**(account or _account(inventory))}, catalog, where=path_as_span)
    references = _addresses(inventory, desired, notes)
    _sites(inventory, desired, references, notes)
    _policies(inventory, desired, notes)
    resolver = Resolver(desired, inventory)
    _pools(inventory, desired, references, notes, now)
    for name, record in sorted(inventory.users.items()):
        if is_visible(name) and name:
            desired.users[name] = _user(name, record, resolver, references, notes)
        else:
            notes.add(f"The user {name!r}", "its name has characters that a file cannot have")
    return ImportedConfig(desired, [*notes.diagnostics(), *remove_faulty(desired, inventory, now)])


class _Omissions:
    """What is left out; fields that many records have are told once."""

    def __init__(self) -> None:
        self.said: list[Diagnostic] = []
        self.fields: Counter[tuple[str, str]] = Counter()

    def add(self, what: str, why: str) -> None:
        self.said.append(omission(what, why))

    def add_fields(
        self, kind: str, name: str, declaration: type, unsaid: list[str], within: str = ""
    ) -> None:
        """Note the fields of a record that are not said: each value that cannot be, and how many are not declared."""
        for one in unsaid:
            if one in declaration.__annotations__:
                self.add(
                    f"'{within}{one}' of the {kind} '{name}'",
                    "its value is none that a file can have",
                )
            else:
                self.fields[kind, within + one] += 1

    def diagnostics(self) -> list[Diagnostic]:
        many = (
            omission(
                f"'{name}' of {count} {kind}{'s' * (count > 1)}",
                "files do not declare it, and plans leave it as it is",
            )
            for (kind, name), count in sorted(self.fields.items())
        )
        return [*self.said, *many]


def omission(what: str, why: str) -> Diagnostic:
    """Say what the files leave out, and why."""
    return info(Code.LEFT_OUT, f"{what} is not in the files: {why}.")


def _account(inventory: Inventory) -> Account:
    """Make the account section: the name, the country that most licenses are of, and what keeps its users safe.

    The limits are those that hold where none are declared (`planning.guardrails`), so that they can
    be seen and changed.
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
    """Declare the service addresses; give what to call each id in the files: its slug, or the id itself."""
    references: dict[str, str] = {}
    slugs: dict[Any, str] = {}
    for address_id, record in sorted(inventory.service_addresses.items()):
        key = address_key(record)
        kept, unsaid = declarable(ServiceAddress, record)
        if address_key(kept) != key or "country" not in kept:
            references[address_id] = address_id
            notes.add(
                f"The service address '{address_id}'",
                "it lacks a country, or has characters that a file cannot have",
            )
            continue
        notes.add_fields("service address", address_id, ServiceAddress, unsaid)
        if key not in slugs:
            slugs[key] = _slug(kept, {*desired.service_addresses, *inventory.service_addresses})
            desired.service_addresses[slugs[key]] = kept
        references[address_id] = slugs[key]
    return references


def _slug(address: ServiceAddress, taken: set[str]) -> str:
    """Name an address by its city, and by its street where there is another one in that city."""
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
            notes.add(f"The site {name!r}", "its name has characters that a file cannot have")
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
                f"The policy profile {name!r}", "its name has characters that a file cannot have"
            )
            continue
        settings = {k: v for k, v in (record.get("settings") or {}).items() if v is not None}
        kept: dict[str, bool | str | None] = {
            k: v for k, v in settings.items() if isinstance(v, bool | str) and is_visible({k: v})
        }
        notes.fields.update(
            ("policy profile", f"settings.{one}") for one in settings.keys() - kept.keys()
        )
        if kept or name != DEFAULT_POLICY:
            policy: Policy = {"settings": kept} if kept else {}
            desired.policies[name] = policy


# --- licenses and users ---------------------------------------------------------------------------


def _pools(
    inventory: Inventory,
    desired: Desired,
    references: Mapping[str, str],
    notes: _Omissions,
    now: datetime,
) -> None:
    """Declare how many units of each type and country there are, and where the unassigned ones are bound."""
    bound: dict[tuple[str, str], Counter[str]] = {}
    for unit in inventory.licenses.values():
        if unit["status"] == "unassigned":
            address = references.get(unit.get("service_address") or "", "")
            bound.setdefault((unit["type"], unit["country"]), Counter())[address] += 1
    beside = seen_beside_numbers(Resolver(desired, inventory))
    for (kind, country), count in sorted(counts(Resolver(desired, inventory), now).items()):
        number = count.owned - beside[kind, country]
        if number <= 0:
            # only removed units, of which none is asked back, or licenses that come with phone
            # numbers
            continue
        at = bound.get((kind, country), Counter())
        known = {name: at[name] for name in sorted(at) if name}
        entry: PoolEntry = {"type": kind, "country": country, "quantity": number}
        if known:
            entry["unassigned_address"] = next(iter(known)) if len(at) == 1 else known
        kept, unsaid = declarable(PoolEntry, entry)
        if unsaid or not kind:
            notes.add(
                f"The pool of {kind!r} in {country!r}",
                "type or country are not what a file can have",
            )
            continue
        if country == desired.country:
            del kept["country"]
        desired.pools.append(kept)


def _user(
    name: str,
    record: InventoryUser,
    resolver: Resolver,
    references: Mapping[str, str],
    notes: _Omissions,
) -> User:
    """Say everything of a user; an e-mail that is the user name goes without saying."""
    said = {key: value for key, value in record.items() if key not in _ALWAYS_THERE}
    attributes, unsaid = declarable(Attributes, said)
    user = cast(User, attributes)  # which has these fields, and more
    notes.add_fields("user", name, Attributes, unsaid)
    if str(user.get("email", "")).casefold() == name.casefold():
        del user["email"]
    units = resolver.inventory.licenses
    services = record.get("services") or []
    kept = [
        s
        for s in services
        if not resolver.desired.catalog.is_automatic(units[s["license"]]["type"])
    ]
    entries = [
        _entry(service, name, user.get("site"), resolver, references, notes) for service in kept
    ]
    if (services and not kept) or None in entries:
        notes.add(
            f"What '{name}' holds",
            "a license has a type, a country or settings that a file cannot have",
        )
    elif (
        "services" in record
    ):  # else it is not known what the user holds, which an empty list would say
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
    if unit["country"] != resolver.country_of(site, {}):
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
        del extension["features"]  # off is what features are that nobody asks for
    elif switched:
        extension["features"] = cast(Features, switched)  # those of its fields that are on
    if extension:
        entry["extension"] = extension
    kept, unsaid = declarable(LicenseEntry, entry)
    return kept if kept and not unsaid else None
