"""Edits that an administrator makes in the console while licsync runs."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from licsync.simulator import user_writes
from licsync.simulator.audit_log import Actor, actor, record_changes
from licsync.simulator.problems import Problem
from licsync.simulator.simulation import Simulation
from licsync.simulator.users import get_path, user_document


def edit_user(
    sim: Simulation, name: str, values: Mapping[str, Any], by: Actor | None = None
) -> None:
    """Edit a user as an admin does in the console, at once.

    What only the vendor sets can be set too: `basicInfo.scimProvider`,
    `serviceInfo.extensions.0.devices.0.status`, fields that nobody knows.

    Args:
        sim: the simulation.
        name: the user name.
        values: dotted paths of the user's JSON to values; a number is an index of a list.
        by: who edits, for the audit log.

    Raises:
        Problem: there is no such user, or the console refuses.
    """
    now = sim.now()
    with sim.changing() as records:
        found = records.find_user(name)
        record = records.get(f"users/{found}") if found else None
        if found is None or record is None:
            raise Problem(404, f"There is no user {name}")
        document = user_document(sim, records.get, found, record)
        held = {service["license"] for service in record.get("services") or ()}
        document["serviceInfo"]["licenses"] = [
            entry
            for entry in document["serviceInfo"]["licenses"]
            if entry["id"] in held and not _comes(sim, records, entry)
        ]
        for path, value in values.items():
            _put(document, path, value)
        body = deepcopy(document)
        for extension in get_path(body, "serviceInfo.extensions") or ():
            for device in extension.get("devices") or ():
                # an admin who looks at a retired device does not save the profile
                device.pop("status", None)
        identifier = document["basicInfo"]["userId"]
        user_writes.check_user(sim, body)
        user_writes.update_user(sim, records, identifier, body, now)
        stored = sim.documents.get("users", identifier) or {}
        sim.documents.put("users", identifier, {**stored, "body": document})
        record_changes(sim, records, by or actor(sim, "console"))


def _comes(sim: Simulation, records: Any, entry: Mapping[str, Any]) -> bool:
    unit = records.get(f"licenses/{entry['id']}")
    return unit is not None and sim.settings.catalog.is_automatic(unit["type"])


def _put(value: Any, path: str, new: Any) -> None:
    *parents, last = path.split(".")
    for step in parents:
        value = value[int(step)] if isinstance(value, list) else value.setdefault(step, {})
    if isinstance(value, list):
        value[int(last)] = new
    else:
        value[last] = new
