"""Builders of accounts: units, users, inventories, desired states, and directories of files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

from licsync.config.catalog import load_catalog
from licsync.model.catalog import Catalog
from licsync.model.desired import DEFAULT_POLICY, Desired
from licsync.model.inventory import Inventory, Record


class _ShortCatalog(Catalog):
    """The package's catalog, which would be most of what a failing test prints."""

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text("CATALOG")


CATALOG = _ShortCatalog(load_catalog().types)

NEW_YORK = {
    "street_number": "7",
    "street_name": "W 34th St",
    "city": "New York",
    "state": "NY",
    "postal": "10001",
    "country": "US",
}
SEATTLE = {
    "street_number": "500",
    "street_name": "Pine St",
    "city": "Seattle",
    "state": "WA",
    "postal": "98101",
    "country": "US",
}
LONDON = {
    "street_number": "10",
    "street_name": "Fleet Street",
    "city": "London",
    "postal": "EC4Y 1AA",
    "country": "GB",
}
ADDRESSES = {"A1": NEW_YORK, "A2": SEATTLE, "A3": LONDON}
SITES = {
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
) -> Record:
    """Make a unit that nobody holds.

    Args:
        kind: the license type.
        address: the id of the service address that it is bound to.
        country: its country.
        removed: when the vendor removed it; None where it is unassigned.
    """
    record: Record = {
        "type": kind,
        "country": country,
        "service_address": address,
        "status": "unassigned",
    }
    if removed is not None:
        record |= {"status": "suspended", "suspended": {"reason": "removed", "at": removed}}
    return record


def user(services: Mapping[str, Record | None] | Sequence[str] = (), **fields: Any) -> Record:
    """Make a user of an inventory.

    Args:
        services: the ids of the units that the user holds, each with its extension; a plain
            list gives no extensions.
        fields: fields of the user. Where they say nothing else, the user is active at HQ with
            the default policy; a field that is None is left out.
    """
    extensions = services if isinstance(services, Mapping) else dict.fromkeys(services)
    held = [{"license": u, "extension": e} if e else {"license": u} for u, e in extensions.items()]
    record = {"status": "active", "site": "HQ", "policy": DEFAULT_POLICY, **fields}
    return {k: v for k, v in (record | {"services": held}).items() if v is not None}


def inventory_document(
    licenses: Mapping[str, Record | str] | None = None,
    users: Mapping[str, Record] | None = None,
    **sections: Any,
) -> dict[str, Any]:
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
            if record["status"] == "inactive":
                suspension = {"reason": "user_inactive", "at": SUSPENDED_AT}
                held |= {"status": "suspended", "suspended": suspension}
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
    return deepcopy({key: value for key, value in document.items() if value is not None})


def inventory(
    licenses: Mapping[str, Record | str] | None = None,
    users: Mapping[str, Record] | None = None,
    **sections: Any,
) -> Inventory:
    """Make an inventory, as `inventory_document` does."""
    return Inventory.from_document(inventory_document(licenses, users, **sections))


def desired(users: Mapping[str, Any] | None = None, **parts: Any) -> Desired:
    """Make a desired state; license entries may be in their short form.

    Args:
        users: users by name.
        parts: `account` (its keys besides the name), `pools`, and the other sections.
    """
    account = {"name": "acme", **parts.pop("account", {})}
    people = {name: _long(record) for name, record in (users or {}).items()}
    return Desired(account, parts.pop("catalog", CATALOG), users=people, **parts)


def _long(record: Mapping[str, Any]) -> dict[str, Any]:
    if "licenses" not in record:
        return dict(record)
    entries = [{"type": entry} if isinstance(entry, str) else entry for entry in record["licenses"]]
    return {**record, "licenses": entries}


def write_account(
    folder: Path,
    files: str | Mapping[str, Any],
    document: Mapping[str, Any] | str | None = None,
) -> Path:
    """Write an account directory.

    Args:
        folder: the directory, which may exist.
        files: the text of `account.yaml`, or what it says.
        document: the inventory document, or its text, for `inventory.json`.

    Returns:
        The directory.
    """
    folder.mkdir(parents=True, exist_ok=True)
    text = files if isinstance(files, str) else yaml.safe_dump(dict(files), sort_keys=False)
    (folder / "account.yaml").write_text(text, encoding="utf-8")
    if document is not None:
        said = document if isinstance(document, str) else json.dumps(document)
        (folder / "inventory.json").write_text(said, encoding="utf-8")
    return folder
