"""The content of an account as tables of plain values, for spreadsheets and other programs.

A user with two licenses has two rows with the same user data. The columns are those of the
declarations, so that an export can be imported again: the tables `users`, `licenses`, `sites`,
`service_addresses` and `policies` hold everything that the YAML can declare. A license whose id
licsync made up is marked as unnamed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from licsync.model.catalog import Catalog
from licsync.model.declarations import (
    Extension,
    Features,
    ServiceAddress,
    SiteAttributes,
    UserAttributes,
)
from licsync.model.fields import fields_of
from licsync.model.inventory import Inventory
from licsync.model.inventory_document import Service
from licsync.views.escaping import escape_terminal, json_text
from licsync.views.licenses import Group, UnitRow, unit_groups

EXTENSION = {name: name for name in fields_of(Extension) if name not in ("number", "features")} | {
    "extension": "number",
    **{name: f"features.{name}" for name in fields_of(Features)},
}
"""Columns of the settings of a license, and their paths below `extension`."""

_LICENSE = ("license", "type", "title", "country", "license_status", "service_address")
_GROUPS = ("ring_groups", "call_queues")
UNIT_COLUMNS = (
    "id", "type", "title", "country", "status", "user", "person", "service_address", "address",
    "suspended", "suspended_at", "days_left", "unnamed",
)  # fmt: skip
"""The columns of the table `licenses`."""

_POOL = (
    "type",
    "title",
    "country",
    "owned",
    "assigned",
    "unassigned",
    "held_by_inactive",
    "removed",
)


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its columns, and its rows as values by column."""

    columns: tuple[str, ...]
    rows: list[dict[str, Any]] = field(default_factory=list)


def export_tables(inventory: Inventory, catalog: Catalog, now: datetime) -> dict[str, Table]:
    """Make the tables of an account, by name.

    Args:
        inventory: what the account holds.
        catalog: names the license types.
        now: the instant from which the days left are counted.
    """
    found = unit_groups(inventory, catalog, now)
    units = [unit_values(unit, catalog) for group in found for unit in group.units]
    tables = {
        "users": Table(
            (
                "user",
                *fields_of(UserAttributes),
                *_LICENSE,
                "extension",
                *_without_number(),
                *_GROUPS,
                "license_unnamed",  # a new column stands at the end (compatibility.md)
            ),
            list(_users(inventory, catalog)),
        ),
        "pool": pool_table(found, catalog),
        "unassigned": Table(
            UNIT_COLUMNS, [unit for unit in units if unit["status"] == "unassigned"]
        ),
        "suspended": Table(UNIT_COLUMNS, [unit for unit in units if unit["status"] == "suspended"]),
        "licenses": Table(UNIT_COLUMNS, units),
        "sites": Table(("site", *fields_of(SiteAttributes)), _named("site", inventory.sites)),
        "service_addresses": Table(
            ("id", *fields_of(ServiceAddress)), _named("id", inventory.service_addresses)
        ),
        "policies": Table(("policy", "setting", "value"), list(_policies(inventory))),
    }
    return {
        name: Table(table.columns, [harmless(row) for row in table.rows])
        for name, table in tables.items()
    }


def export_json(inventory: Inventory, tables: Mapping[str, Table]) -> str:
    """Write tables as one JSON document."""
    head = {"account": inventory.account, "as_of": inventory.as_of}
    return json_text(head | {name: table.rows for name, table in tables.items()}) + "\n"


def _without_number() -> list[str]:
    return [column for column in EXTENSION if column != "extension"]


def _users(inventory: Inventory, catalog: Catalog) -> Iterator[dict[str, Any]]:
    for name in sorted(inventory.users, key=str.casefold):
        user = inventory.users[name]
        row = {
            "user": name,
            **{key: user.get(key) for key in (*fields_of(UserAttributes), *_GROUPS)},
        }
        services: Sequence[Service | None] = user.get("services") or [None]
        for service in services:
            yield row | _license(inventory, catalog, service)


def _license(inventory: Inventory, catalog: Catalog, service: Service | None) -> dict[str, Any]:
    unit_id = service["license"] if service else None
    unit: Mapping[str, Any] = inventory.licenses.get(unit_id or "") or {}
    extension: Mapping[str, Any] = (service and service.get("extension")) or {}
    values = {**extension} | {
        f"features.{name}": value for name, value in (extension.get("features") or {}).items()
    }
    return {
        "license": unit_id,
        "license_unnamed": unit.get("unnamed"),
        "type": unit.get("type"),
        "title": catalog.title(unit["type"]) if unit else None,
        "country": unit.get("country"),
        "license_status": unit.get("status"),
        "service_address": unit.get("service_address"),
        **{column: values.get(path) for column, path in EXTENSION.items()},
    }


def unit_values(unit: UnitRow, catalog: Catalog) -> dict[str, Any]:
    """Give the row of a unit in the table `licenses`, by `UNIT_COLUMNS`."""
    cells = (
        unit.id, unit.type, catalog.title(unit.type), unit.country, unit.status,
        unit.held_by if unit.holder else unit.user, unit.person or None,
        unit.address_id, unit.address or None, unit.reason, unit.since, unit.days_left,
        None if unit.has_id else True,
    )  # fmt: skip
    return dict(zip(UNIT_COLUMNS, cells, strict=True))


def pool_table(groups: Sequence[Group], catalog: Catalog) -> Table:
    """Count the units by type and country, each by its state."""
    return Table(_POOL, [_pool(group, catalog) for group in groups])


def _pool(group: Group, catalog: Catalog) -> dict[str, Any]:
    held = sum(unit.status == "suspended" and unit.days_left is None for unit in group.units)
    counts = (
        group.total,
        group.total - group.unassigned - held,
        group.unassigned,
        held,
        group.removed,
    )
    return dict(
        zip(_POOL, (group.type, catalog.title(group.type), group.country, *counts), strict=True)
    )


def _named(key: str, records: Mapping[str, Mapping[str, object]]) -> list[dict[str, Any]]:
    return [{key: name, **record} for name, record in sorted(records.items())]


def _policies(inventory: Inventory) -> Iterator[dict[str, Any]]:
    for name, record in sorted(inventory.policies.items()):
        settings: list[tuple[str | None, object]] = [*(record.get("settings") or {}).items()]
        for setting, value in settings or [(None, None)]:
            yield {"policy": name, "setting": setting, "value": value}


def harmless(value: Any) -> Any:
    """Escape all text in a value, including nested text."""
    if isinstance(value, dict):
        return {key: harmless(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [harmless(inner) for inner in value]
    return escape_terminal(value) if isinstance(value, str) else value
