"""Compares rows with users who are already declared, and who stay unchanged."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from licsync.diagnostics import Code, warning
from licsync.model.inventory import Inventory
from licsync.onboarding.outcomes import RowOutcome, file_of, resolve_licenses
from licsync.onboarding.rows import PersonRow, ReadingContext
from licsync.planning.calendar import Calendar, stage
from licsync.spreadsheets.cell_values import as_text, fold


def compare_declared(
    reading: ReadingContext, person: PersonRow, name: str, now: datetime
) -> RowOutcome:
    """Compare a row with the declared user, who stays unchanged."""
    inventory = reading.resolver.inventory
    current: Mapping[str, Any] = (
        inventory.users.get(inventory.user_names.get(name.casefold(), "")) or {}
    )
    declared: dict[str, Any] = {**current, **reading.resolver.desired.users[name]}
    row_values: dict[str, Any] = {
        key: value
        for key, value in person.user.items()
        if key != "template" and (key != "external_id" or key in declared)
    }
    entries = declared.get("licenses", _license_entries(inventory, current))
    if person.kinds is not None:
        row_values["licenses"] = sorted(person.kinds)
    extensions = [entry.get("extension") or {} for entry in entries or ()]
    if person.extension:
        row_values["extension"] = person.extension
    if person.phones:
        row_values["phone"] = sorted(person.phones)
    if person.is_active:
        row_values["status"] = "active"
    desired = reading.resolver.desired
    today = Calendar.of(desired, inventory, now).today(declared.get("site"))
    has_left = stage(desired.users[name], desired.account, today)
    declared_values = {
        **declared,
        "email": declared.get("email", name),
        "status": "inactive" if has_left else declared.get("status", "active"),
        "licenses": sorted(entry["type"] for entry in entries or ()),
        "extension": next((one["number"] for one in extensions if one.get("number")), None),
        "phone": sorted(phone for one in extensions for phone in one.get("phone_numbers") or ()),
    }
    differing = [
        key
        for key, value in row_values.items()
        if fold(as_text(value)) != fold(as_text(declared_values.get(key) or ""))
    ]
    file = file_of(reading.resolver.desired, name)
    resolved = resolve_licenses(reading, {**declared, "licenses": entries})
    if not differing:
        return RowOutcome(person, "present", file=file, resolved=resolved)
    parts = (
        f"{key.replace('_', ' ')} is '{as_text(declared_values.get(key) or '')}',"
        f" but the row says '{as_text(row_values[key])}'"
        for key in differing
    )
    message = f"'{name}' is already declared and stays unchanged: {'; '.join(parts)}."
    reading.faults.append(warning(Code.INVALID_VALUE, message, reading.sheet.span(person.row)))
    return RowOutcome(person, "differs", file=file, message=message, resolved=resolved)


def _license_entries(inventory: Inventory, current: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List the licenses of an inventory user as license entries."""
    services = current.get("services") or ()
    return [{**s, "type": inventory.licenses[s["license"]]["type"]} for s in services]
