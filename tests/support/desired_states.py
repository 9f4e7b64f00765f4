"""Small desired states and inventories, with places that spell the path they stand for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from licsync.config.catalog import load_catalog
from licsync.diagnostics import Diagnostic, Span
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory
from licsync.model.inventory_validation import check_document
from licsync.planning.validation.validate import check

NOW = datetime(2026, 11, 24, tzinfo=UTC)
ADA, BO, CY = "ada@acme.example", "bo@acme.example", "cy@acme.example"
NEW: dict[str, Any] = {"first_name": "New", "last_name": "Hire", "site": "HQ"}


def where(section: str, *path: str | int) -> Span:
    """Give a place whose file is the path itself."""
    return Span("/".join(map(str, (section, *path))))


def desired(
    users: Mapping[str, Any] | None = None,
    *,
    pools: list[dict[str, Any]] | None = None,
    catalog: Mapping[str, Any] | None = None,
    account: Mapping[str, Any] | None = None,
    **sections: Any,
) -> Desired:
    """Make a desired state."""
    return Desired(
        account={"name": "acme", **(account or {})},
        catalog=load_catalog(catalog or {}),
        users=dict(users or {}),
        pools=pools or [],
        where=where,
        **sections,
    )


def inventory(users: Mapping[str, Any] | None = None, **sections: Any) -> Inventory:
    """Make an inventory with one site, HQ in the US; a user's licenses are given as `{unit: (type,
    extension)}`.
    """
    units: dict[str, Any] = dict(sections.pop("licenses", {}))
    records = {}
    for name, given in (users or {}).items():
        given = dict(given)
        services = []
        for unit, (kind, extension) in given.pop("holds", {}).items():
            units[unit] = {
                "type": kind,
                "country": "US",
                "service_address": "A1",
                "status": "assigned",
                "user": name,
            }
            services.append(
                {"license": unit, "extension": extension} if extension else {"license": unit}
            )
        records[name] = {
            "status": "active",
            "first_name": "Ada",
            "last_name": "Lopez",
            "site": "HQ",
            **given,
        }
        records[name]["services"] = services
    document = {
        "format_version": "1",
        "account": "acme",
        "as_of": "2026-11-24T00:00:00Z",
        "service_addresses": {"A1": {"city": "New York", "country": "US"}},
        "sites": {"HQ": {"service_address": "A1"}},
        "policies": {"8x8 Master User Template": {"settings": {}}},
        "licenses": units,
        "users": records,
        **sections,
    }
    assert check_document(document) == []
    return Inventory.from_document(document)


def found(state: Desired, seen: Inventory | None) -> list[tuple[str, str, str]]:
    """List severity, code and place of everything that is found."""
    return [
        (str(d.severity), str(d.code), d.span.file if d.span else "")
        for d in check(state, seen, now=NOW)
    ]


def only(state: Desired, seen: Inventory | None) -> Diagnostic:
    """Give the one diagnostic that is found."""
    diagnostics = check(state, seen, now=NOW)
    assert len(diagnostics) == 1, diagnostics
    return diagnostics[0]
