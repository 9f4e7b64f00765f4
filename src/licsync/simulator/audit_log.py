"""What was changed through the simulator, and by whom, as 8x8's audit log records it.

The entities are those that 8x8's description names; licenses are not among them. Attributes of a
user have the names of its example, those of other entities are our assumption. The records are
documents of the kind `audit`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from licsync.simulator.simulation import Simulation
from licsync.simulator.transaction_cache import CachedRecords
from licsync.simulator.users import extension_id

Way = Literal["api", "scim", "console"]

_USER = {
    "firstName": "first_name",
    "lastName": "last_name",
    "primaryEmail": "email",
    "jobTitle": "job_title",
    "department": "department",
    "locale": "locale",
    "timeZoneId": "timezone",
}

_EXTENSION = {
    "extensionNumber": "number",
    "voicemailEmail": "voicemail_email",
    "recordingMode": "recording_mode",
}

Attributes = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who changes something.

    Attributes:
        id: the id of a user of 8x8.
        impersonator: the id of 8x8's own staff, if one does it for that user.
    """

    id: str
    impersonator: str | None = None


def actor(sim: Simulation, way: Way) -> Actor:
    """Give the one whom changes of an API, or of the console, are recorded for."""
    return Actor(sim.derived_id("actor", way))


@dataclass(frozen=True, slots=True)
class _Entity:
    """One entity before or after a change."""

    kind: str
    key: str
    name: str
    values: Attributes
    parent: str | None = None  # the user that it belongs to


def record_changes(sim: Simulation, records: CachedRecords, by: Actor) -> None:
    """Record what a transaction changes of users, extensions and phone numbers."""
    before: dict[tuple[str, str], _Entity] = {}
    after: dict[tuple[str, str], _Entity] = {}
    for key, was, now in records.changes():
        section, _, name = key.partition("/")
        if section == "users":
            for side, user in ((before, was), (after, now)):
                side |= {(e.kind, e.key): e for e in _entities(sim, name, user)}
    for found in dict.fromkeys((*before, *after)):
        old, new = before.get(found), after.get(found)
        entity = new or old
        assert entity is not None
        own_old, own_new = (side.values if side else {} for side in (old, new))
        changed = {n for n in (*own_old, *own_new) if own_old.get(n) != own_new.get(n)}
        if changed or old is None or new is None:
            details = {
                "new": {n: v for n, v in own_new.items() if n in changed and v is not None},
                "old": {n: v for n, v in own_old.items() if n in changed and v is not None},
            }
            _put(sim, _event(old, new), entity, details, by)


def _event(old: _Entity | None, new: _Entity | None) -> str:
    if old is None:
        return "create"
    return "delete" if new is None else "update"


def _entities(sim: Simulation, name: str, user: Mapping[str, Any] | None) -> Iterator[_Entity]:
    if user is None:
        return
    identifier = str(user.get("id"))
    status = "INACTIVE" if user.get("status") == "inactive" else "ACTIVE"
    values = {theirs: user.get(ours) for theirs, ours in _USER.items()}
    values |= {"userId": identifier, "loginId": name, "status": status}
    yield _Entity("user", identifier, name, values)
    for service in user.get("services") or ():
        extension = service.get("extension")
        if extension is None:
            continue
        own = {theirs: extension.get(ours) for theirs, ours in _EXTENSION.items()}
        key = extension_id(sim, identifier, service["license"])
        yield _Entity("extension", key, str(extension.get("number") or key), own, identifier)
        for number in extension.get("phone_numbers") or ():
            yield _Entity("phonenumber", number, number, {"phoneNumber": number}, identifier)


def _put(sim: Simulation, event: str, entity: _Entity, details: Any, by: Actor) -> None:
    moment = sim.now().astimezone(UTC).isoformat(timespec="milliseconds")
    identifier = str(UUID(bytes=sim.random.randbytes(16), version=4))
    record = {
        "id": identifier,
        "displayName": entity.name,
        "customerId": sim.settings.customer_id,
        "auditTimestamp": moment,
        "eventType": event,
        "service": "platform",
        "entityType": entity.kind,
        "entityKey": entity.key,
        "auditUserId": by.id,
        "impersonator": by.impersonator,
        "details": json.dumps(details, ensure_ascii=False),
        "correlationType": "user" if entity.parent else None,
        "correlationId": entity.parent,
    }
    sim.documents.put("audit", identifier, record)


def find_records(
    sim: Simulation, start: datetime, end: datetime, wanted: Mapping[str, str]
) -> list[dict[str, Any]]:
    """List the records of a window that a request selects, oldest first."""
    found = []
    for _, record in sim.documents.all("audit"):
        moment = datetime.fromisoformat(record["auditTimestamp"])
        if start <= moment <= end and _is_wanted(record, wanted):
            found.append(record)
    return sorted(found, key=lambda record: (record["auditTimestamp"], record["id"]))


def _is_wanted(record: Mapping[str, Any], wanted: Mapping[str, str]) -> bool:
    for parameter, name in (("eventTypes", "eventType"), ("entityTypes", "entityType")):
        if parameter in wanted:
            some = {part.strip().casefold() for part in wanted[parameter].split(",")}
            if record[name].casefold() not in some:
                return False
    if wanted.get("auditUserId", record["auditUserId"]) != record["auditUserId"]:
        return False
    return _matches(wanted.get("displayName", "*"), record["displayName"])


def _matches(pattern: str, text: str) -> bool:
    """Compare with a text that may begin and end with `*`."""
    bare, own = pattern.strip("*").casefold(), text.casefold()
    begins, ends = pattern.startswith("*"), pattern.endswith("*")
    if begins and ends:
        return bare in own
    if begins:
        return own.endswith(bare)
    return own.startswith(bare) if ends else own == bare
