"""Small desired states and inventories, with places that spell the path they stand for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from licsync.config.catalog import load_catalog
from licsync.diagnostics import Diagnostic, Span
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory
from licsync.model.inventory_document import Unit
from licsync.model.inventory_validation import check_document
from licsync.planning.validation.validate import check
from tests.support import accounts

NOW = datetime(2026, 11, 24, tzinfo=UTC)
ADA, BO, CY = "ada@acme.example", "bo@acme.example", "cy@acme.example"
PLACES = {
    "service_addresses": {"A1": accounts.NEW_YORK},
    "sites": {"HQ": {"service_address": "A1"}},
}
NEW: dict[str, Any] = {"first_name": "New", "last_name": "Hire", "site": "HQ"}


def where(section: str, *path: str | int) -> Span:
    """Give a place whose file is the path itself."""
    return Span("/".join(map(str, (section, *path))))


def desired(
    users: Mapping[str, Any] | None = None,
    *,
    catalog: Mapping[str, Any] | None = None,
    **parts: Any,
) -> Desired:
    """Make a desired state with places, and with license types of its own."""
    return accounts.desired(users, catalog=load_catalog(catalog or {}), where=where, **parts)


def inventory(users: Mapping[str, Any] | None = None, **sections: Any) -> Inventory:
    """Make an inventory of people who are all named Ada Lopez; a user's licenses are given as
    `{unit: (type, extension)}`.
    """
    units: dict[str, Unit] = dict(sections.pop("licenses", {}))
    records = {}
    for name, given in (users or {}).items():
        fields = {"first_name": "Ada", "last_name": "Lopez", "policy": None, **given}
        held = fields.pop("holds", {})
        units |= {unit_id: accounts.unit(kind) for unit_id, (kind, _) in held.items()}
        extensions = {unit_id: extension for unit_id, (_, extension) in held.items()}
        records[name] = accounts.user(extensions, **fields)
    document = accounts.inventory_document(units, records, **{**PLACES, **sections})
    assert check_document(document) == []
    return Inventory.from_document(document)


def found(
    state: Desired, seen: Inventory | None, *, is_planned: bool = False
) -> list[tuple[str, str, str]]:
    """List severity, code and place of everything that is found."""
    return [
        (str(d.severity), str(d.code), d.span.file if d.span else "")
        for d in check(state, seen, now=NOW, is_planned=is_planned)
    ]


def only(state: Desired, seen: Inventory | None) -> Diagnostic:
    """Give the one diagnostic that is found."""
    diagnostics = check(state, seen, now=NOW)
    assert len(diagnostics) == 1, diagnostics
    return diagnostics[0]
