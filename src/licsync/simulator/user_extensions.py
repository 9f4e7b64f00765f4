"""Reads the extensions of a body: numbers, voicemail, recording, devices."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from licsync.model.inventory import Record
from licsync.simulator.problems import invalid
from licsync.simulator.simulation import Simulation
from licsync.simulator.transaction_cache import CachedRecords
from licsync.simulator.users import (
    EXTENSION_FIELDS,
    bare_mac,
    by_key,
    extension_documents,
    extension_type,
    get_path,
    put_path,
)

Extensions = dict[str, Record]
"""The extension that each license is to carry, as the inventory has it, by the license's id."""


def extensions_of(
    sim: Simulation, records: CachedRecords, before: Record, body: Any, held: list[str]
) -> Extensions:
    """Read the extensions of a body.

    What the API has no field for (forwarding, features) stays where a license stays.

    Raises:
        Problem: an extension without a license, of another type, or with numbers that are none.
    """
    had = {service["license"]: service.get("extension") for service in before["services"]}
    user = str(before.get("id"))
    shown = by_key(extension_documents(sim, records.get, user, before), "licenseId")
    result: Extensions = {}
    for index, sent in enumerate(get_path(body, "serviceInfo.extensions") or ()):
        field, license_id = f"serviceInfo.extensions[{index}]", sent.get("licenseId")
        if license_id not in held:
            raise invalid("must be the id of a license of the user", f"{field}.licenseId")
        if license_id in result:
            raise invalid("A license has one extension", f"{field}.licenseId")
        unit = records.get(f"licenses/{license_id}")
        assert unit is not None
        _check_type(sim, sent, unit, had.get(license_id) is not None, field)
        if license_id in shown and sent.get("id") not in (None, shown[license_id]["id"]):
            raise invalid("Extension not found", f"{field}.id")
        known = shown.get(license_id, {}).get("devices")
        result[license_id] = _extension(sent, dict(had.get(license_id) or {}), known, field)
    return result


def _check_type(
    sim: Simulation, sent: Mapping[str, Any], unit: Record, is_there: bool, field: str
) -> None:
    """Contact-center extensions can be kept, not created: an assumption, and a setting."""
    actual = extension_type(sim, unit)
    if sent.get("extensionType") not in (None, actual):
        raise invalid(f"The license is for extensions of type {actual}", f"{field}.extensionType")
    if actual == "CC" and not is_there and not sim.settings.makes_cc_extensions:
        raise invalid("Extensions of type CC are not supported", f"{field}.extensionType")


def _extension(sent: Mapping[str, Any], extension: Record, known: Any, field: str) -> Record:
    for theirs, ours in EXTENSION_FIELDS.items():
        put_path(extension, ours, sent.get(theirs) or None)
    mode = sent.get("recordingMode")
    put_path(extension, "recording_mode", mode.lower() if mode else None)
    put_path(extension, "phone_numbers", _phone_numbers(sent, field) or None)
    put_path(
        extension, "devices", _devices(sent, extension.get("devices") or [], known or []) or None
    )
    return extension


def _phone_numbers(sent: Mapping[str, Any], field: str) -> list[str]:
    """List the numbers, the primary one first."""
    entries = sent.get("phoneNumbers") or []
    numbers = []
    for index, entry in enumerate(entries):
        number = entry.get("phoneNumber") or ""
        if not re.fullmatch(r"\+[1-9][0-9]{6,14}", number, re.ASCII):
            raise invalid(
                f"Invalid phone number {number}", f"{field}.phoneNumbers[{index}].phoneNumber"
            )
        numbers.append(number)
    flagged = [entry["phoneNumber"] for entry in entries if entry.get("primary")]
    primary = sent.get("primaryPhoneNumber") or (flagged[0] if flagged else None)
    if primary is None:
        return numbers
    if primary not in numbers:
        raise invalid(
            "The primary number must be one of the phone numbers", f"{field}.primaryPhoneNumber"
        )
    return [primary, *(n for n in numbers if n != primary)]


def _devices(
    sent: Mapping[str, Any], own: list[Record], known: list[dict[str, Any]]
) -> list[Record]:
    """List the devices as the inventory has them; known devices keep their spelling."""
    before = {shown["id"]: record for shown, record in zip(known, own, strict=False)}
    result = []
    for device in sent.get("devices") or ():
        if device.get("status") == "RETIRED" or _is_retired(device, known):
            # saving the profile loses the configuration of a device that has reached its end (EOL)
            continue
        record = dict(before.get(device.get("id"), {}))
        record["model"] = device.get("model") or "Unknown"
        if bare_mac(record.get("mac_address")) != bare_mac(device.get("macAddress")):
            put_path(record, "mac_address", device.get("macAddress") or None)
        result.append(record)
    return result


def _is_retired(device: Mapping[str, Any], known: list[dict[str, Any]]) -> bool:
    return any(
        other["id"] == device.get("id") and other.get("status") == "RETIRED" for other in known
    )


def without_retired_devices(body: dict[str, Any]) -> None:
    """Take devices that have reached their end out of a body that is kept."""
    for extension in get_path(body, "serviceInfo.extensions") or ():
        if extension.get("devices"):
            extension["devices"] = [d for d in extension["devices"] if d.get("status") != "RETIRED"]
