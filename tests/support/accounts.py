"""The maker of accounts: units, users, inventories, desired states, and directories of files.

Whatever else in the tests needs an account makes it of these. The records are those that
`licsync.model` declares.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, cast

import yaml

from licsync.config.catalog import load_catalog
from licsync.model.account_declarations import Account
from licsync.model.catalog import Catalog
from licsync.model.declarations import Extension, LicenseEntry, ServiceAddress, User
from licsync.model.desired import DEFAULT_POLICY, Desired
from licsync.model.inventory import Inventory
from licsync.model.inventory_document import (
    InventoryDocument,
    InventorySite,
    InventoryUser,
    Service,
    Unit,
)
from licsync.model.pool_declarations import PoolEntry


class _ShortCatalog(Catalog):
    """The package's catalog, which would be most of what a failing test prints."""

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text("CATALOG")


CATALOG = _ShortCatalog(load_catalog().types)

NEW_YORK: ServiceAddress = {
    "street_number": "7",
    "street_name": "W 34th St",
    "city": "New York",
    "state": "NY",
    "postal": "10001",
    "country": "US",
}
SEATTLE: ServiceAddress = {
    "street_number": "500",
    "street_name": "Pine St",
    "city": "Seattle",
    "state": "WA",
    "postal": "98101",
    "country": "US",
}
LONDON: ServiceAddress = {
    "street_number": "10",
    "street_name": "Fleet Street",
    "city": "London",
    "postal": "EC4Y 1AA",
    "country": "GB",
}
BERLIN: ServiceAddress = {
    "street_name": "Unter den Linden",
    "street_number": "1",
    "city": "Berlin",
    "postal": "10117",
    "country": "DE",
}
ADDRESSES = {"A1": NEW_YORK, "A2": SEATTLE, "A3": LONDON}
SITES: dict[str, InventorySite] = {
    "HQ": {"service_address": "A1"},
    "Seattle": {"service_address": "A2"},
    "London": {"service_address": "A3"},
}
SUSPENDED_AT = "2026-11-01T00:00:00Z"


def unit(
    kind: str = "x2",
    address: str | None = "A1",
    country: str = "US",
    removed: str | None = None,
    **fields: Any,
) -> Unit:
    """Make a unit that nobody holds.

    Args:
        kind: the license type.
        address: the id of the service address that it is bound to.
        country: its country.
        removed: when the vendor removed it; None where it is unassigned.
        fields: further fields of the unit, or others than those above.
    """
    record: Unit = {
        "type": kind,
        "country": country,
        "service_address": address,
        "status": "unassigned",
    }
    if removed is not None:
        record |= {"status": "suspended", "suspended": {"reason": "removed", "at": removed}}
    return cast(Unit, record | fields)


def user(
    services: Mapping[str, Extension | None] | Sequence[str] | None = (), **fields: Any
) -> InventoryUser:
    """Make a user of an inventory.

    Args:
        services: the ids of the units that the user holds, each with its extension; a plain
            list gives no extensions, and None leaves the field out.
        fields: fields of the user. Where they say nothing else, the user is active at HQ with
            the default policy; a field that is None is left out.
    """
    extensions = services if isinstance(services, Mapping) else dict.fromkeys(services or ())
    held: list[Service] = [
        {"license": unit_id, "extension": extension} if extension else {"license": unit_id}
        for unit_id, extension in extensions.items()
    ]
    usual = {"status": "active", "site": "HQ", "policy": DEFAULT_POLICY}
    record = fields | {k: v for k, v in usual.items() if k not in fields}
    record |= {"services": held if services is not None else None}
    return cast(InventoryUser, {k: v for k, v in record.items() if v is not None})


def inventory_document(
    licenses: Mapping[str, Unit | str] | None = None,
    users: Mapping[str, InventoryUser] | None = None,
    **sections: Any,
) -> InventoryDocument:
    """Make an inventory document.

    Args:
        licenses: units by id; a string stands for a unit of that type.
        users: users by name. The units that they hold are assigned to them, or suspended with
            them.
        sections: further sections, or others than the default ones; None leaves one out.
    """
    units = {
        key: unit(value) if isinstance(value, str) else deepcopy(value)
        for key, value in (licenses or {}).items()
    }
    for name, record in (users or {}).items():
        for service in record.get("services", ()):
            held = units[service["license"]]
            held |= {"status": "assigned", "user": name}
            if record.get("status") == "inactive":
                held["status"] = "suspended"
                held.setdefault("suspended", {"reason": "user_inactive", "at": SUSPENDED_AT})
    document = {
        "format_version": "1",
        "account": "acme",
        "as_of": "2026-11-24T00:00:00Z",
        "service_addresses": ADDRESSES,
        "sites": SITES,
        "policies": {DEFAULT_POLICY: {"settings": {}}},
        "licenses": units,
        "users": dict(users or {}),
        **sections,
    }
    found = {key: value for key, value in document.items() if value is not None}
    return cast(InventoryDocument, deepcopy(found))


EMPTY = inventory_document(service_addresses={}, sites={})
"""The inventory document of an account with nothing but the policy profile that each has."""


def inventory(
    licenses: Mapping[str, Unit | str] | None = None,
    users: Mapping[str, InventoryUser] | None = None,
    **sections: Any,
) -> Inventory:
    """Make an inventory, as `inventory_document` does."""
    return Inventory.from_document(inventory_document(licenses, users, **sections))


def license_entry(kind: str = "x2", **fields: Any) -> LicenseEntry:
    """Make a license that the files declare for a user.

    Args:
        kind: the license type.
        fields: fields of the entry, and of its extension; a field that is None is left out.
    """
    given = {name: value for name, value in fields.items() if value is not None}
    entry = {name: given.pop(name) for name in LicenseEntry.__annotations__ if name in given}
    return cast(LicenseEntry, {"type": kind, **entry, **({"extension": given} if given else {})})


def pool(kind: str = "x2", country: str = "US", **fields: Any) -> PoolEntry:
    """Make the units of a type that the company owns; a field that is None is left out."""
    given = {name: value for name, value in fields.items() if value is not None}
    return cast(PoolEntry, {"type": kind, "country": country, **given})


def desired(users: Mapping[str, Mapping[str, Any]] | None = None, **parts: Any) -> Desired:
    """Make a desired state; license entries may be in their short form.

    Args:
        users: users by name.
        parts: `account` (its keys besides the name), `pools`, and the other sections.
    """
    account = cast(Account, {"name": "acme", **parts.pop("account", {})})
    people = {name: _long(record) for name, record in (users or {}).items()}
    return Desired(account, parts.pop("catalog", CATALOG), users=people, **parts)


def _long(record: Mapping[str, Any]) -> User:
    if "licenses" not in record:
        return cast(User, dict(record))
    entries = [{"type": entry} if isinstance(entry, str) else entry for entry in record["licenses"]]
    return cast(User, {**record, "licenses": entries})


def write_account(
    folder: Path,
    files: str | Mapping[str, Any],
    document: InventoryDocument | Mapping[str, Any] | str | None = None,
) -> Path:
    """Write an account directory.

    Args:
        folder: the directory, which may exist.
        files: the text of `account.yaml`, or what it says.
        document: the inventory document, or its text, for `inventory.json`.

    Returns:
        The directory.
    """
    text = files if isinstance(files, str) else yaml.safe_dump(dict(files), sort_keys=False)
    written = {"account.yaml": text}
    if document is not None:
        written["inventory.json"] = document if isinstance(document, str) else json.dumps(document)
    return write_files(folder, written)


def write_files(folder: Path, files: Mapping[str, str]) -> Path:
    """Write files, given by their paths below a directory, which may exist; give the directory."""
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder
