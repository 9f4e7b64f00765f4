"""Brings the inventory of an account in the console up to what SCIM shows: pure.

SCIM may be set to show only some users. So who is not shown stays as he was, and SCIM counts as
having said a field only if it shows every user of the inventory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from licsync.model.console.operations import InMemoryRecords, perform
from licsync.model.console.step import Step
from licsync.model.inventory import Inventory, Record, services_of
from licsync.model.license import format_instant
from licsync.model.observed import observable_keys

_USERS = "users."
_KEPT = ("first_name", "last_name", "status")  # every user has them


@dataclass(frozen=True, slots=True)
class Overlay:
    """An inventory as SCIM shows it.

    Attributes:
        document: the inventory document.
        changed: the users whose records are others than before, or new.
        not_added: users that SCIM shows and that may be users of the inventory with a new name.
    """

    document: dict[str, object]
    changed: list[str]
    not_added: list[str]


def overlay(
    inventory: Inventory, shown: Mapping[str, Record], said: Iterable[str], now: datetime
) -> Overlay:
    """Change the records of users into what SCIM shows.

    Args:
        inventory: the inventory last seen; it is not changed.
        shown: what SCIM shows of each user, by user name.
        said: which fields it says, as keys of `model.observed`.
        now: when it was read.
    """
    fields = [key.removeprefix(_USERS) for key in said if key.startswith(_USERS)]
    users: dict[str, Record] = dict(inventory.records("users"))  # type: ignore[arg-type]
    units: dict[str, Record] = dict(inventory.records("licenses"))  # type: ignore[arg-type]
    missing = _people(inventory, inventory.user_names.keys() - {name.casefold() for name in shown})
    changed: list[str] = []
    not_added: list[str] = []
    for name, record in sorted(shown.items()):
        known = inventory.user_names.get(name.casefold())
        if known is None and missing & _ways_to_tell(record):
            not_added.append(name)
        elif known is None:
            users[name] = _new_user(record, inventory)
            changed.append(name)
        elif (after := _as_shown(users[known], record, fields)) != users[known]:
            _put(known, after, users, units, now)
            changed.append(known)
    document = inventory.to_document() | {"users": users, "licenses": units}
    if not missing and fields:
        document["observed"] = _observed(inventory) | dict.fromkeys(said, format_instant(now))
    return Overlay(document, changed, not_added)


def _as_shown(before: Record, shown: Record, fields: Iterable[str]) -> Record:
    """Give the record of a user with what SCIM shows of it."""
    after = dict(before)
    for field in fields:
        if field in shown:
            after[field] = shown[field]
        elif field not in _KEPT:
            after.pop(field, None)
    if "status" not in before and after.get("status") == "active":
        del after["status"]  # it says the same
    return after


def _put(
    name: str, after: Record, users: dict[str, Record], units: dict[str, Record], now: datetime
) -> None:
    """Write a record; if the status changes, suspend the licenses, or lift that."""
    was = users[name].get("status", "active")
    users[name] = after
    status = after.get("status", "active")
    if status == was:
        return
    held = services_of(after)
    records = InMemoryRecords(
        {
            "users": {name: {**after, "services": held, "status": was}},
            "licenses": {s["license"]: units[s["license"]] for s in held},
        }
    )
    verb = "suspend" if status == "inactive" else "reactivate"
    perform(records, Step(f"user.{verb}", f"users/{name}"), now)
    users |= records.sections["users"]
    units |= records.sections["licenses"]


def _new_user(shown: Record, inventory: Inventory) -> Record:
    """Make the record of a user that no export has shown yet."""
    found: Record = {"status": "active", **shown, "services": []}
    if found.get("site") not in inventory.sites:
        found.pop("site", None)
    return found


def _people(inventory: Inventory, names: Iterable[str]) -> set[tuple[object, ...]]:
    """Collect by what the users of some names can be told from others."""
    records = (inventory.records("users")[inventory.user_names[name]] for name in names)
    return {way for record in records for way in (*_ways_to_tell(record), ("somebody",))}


def _ways_to_tell(record: Mapping[str, object]) -> set[tuple[object, ...]]:
    """Give by what a person can be told from others besides the user name."""
    email = record.get("email")
    person = (record.get("first_name"), record.get("last_name"))
    found: set[tuple[object, ...]] = {("person", *person)} if all(person) else set()
    return found | ({("e-mail", str(email).casefold())} if email else set())


def _observed(inventory: Inventory) -> dict[str, str]:
    """Say when everything was last said; an export without instants has said all of it."""
    return inventory.observed or dict.fromkeys(sorted(observable_keys()), inventory.as_of)
