"""Ring groups: settings as sent, members by their extensions, member changes by a delta.

Who is in a group stands in the inventory, with the user; what the group knows of a member
(sequence, logged in, voicemail access) stands in the group's document alone (domain.md, 3.4).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from datetime import datetime
from typing import Any

from licsync.model.inventory import Record
from licsync.simulator.bodies import check
from licsync.simulator.documents import Document
from licsync.simulator.group_bodies import MemberChanges, RingGroup
from licsync.simulator.membership import in_sequence, membership_names, new_member
from licsync.simulator.paging import Query, Row, as_rows, filter_and_sort
from licsync.simulator.problems import Detail, Problem, invalid, not_found
from licsync.simulator.rsql import fields_of
from licsync.simulator.simulation import Simulation
from licsync.simulator.sites import name_of_site, site_of_user
from licsync.simulator.transaction_cache import CachedRecords
from licsync.simulator.users import extension_id, put_path

SINGLE_ONLY = ("forwardingRules", "voicemailSettings")
"""What a single ring group has and lists do not."""

DETAILS = ("sequenceNumber", "loggedIn", "voicemailAccessEnabled")
"""What a ring group knows of a member."""

_DELTA = ("add", "update", "remove")
_MEMBERS = "Invalid update-members request"


# --- shown ----------------------------------------------------------------------------------------


def ring_group_document(
    sim: Simulation, records: CachedRecords, identifier: str, group: Document
) -> dict[str, Any]:
    """Show a ring group."""
    document = deepcopy(group["body"])
    document |= {"id": identifier, "name": group["name"], "customerId": sim.settings.customer_id}
    site = (document.get("site") or {}).get("id")
    if site:
        name = next((n for n in _site_names(sim, records, site)), None)
        document["site"] = {**document["site"], **(site_of_user(sim, records.get, name) or {})}
    put_path(document, "voicemailSettings.accessPin", None)  # can be set, not read (OAS-R)
    if not document["voicemailSettings"]:
        del document["voicemailSettings"]
    return {**document, "members": list(_members(sim, records, group))}


def _site_names(sim: Simulation, records: CachedRecords, identifier: str) -> Iterator[str]:
    try:
        yield name_of_site(sim, records, identifier)
    except Problem:
        return


def _members(sim: Simulation, records: CachedRecords, group: Document) -> Iterator[dict[str, Any]]:
    for user_id, details in sorted(
        group["members"].items(), key=lambda m: (m[1]["sequenceNumber"], m[0])
    ):
        for name in records.users_with("id", user_id):
            user = records.get(f"users/{name}") or {}
            service = extension_service(user)
            if service is not None and group["name"] in membership_names(user, "ring_groups"):
                yield {
                    "userId": user_id,
                    "extensionId": extension_id(sim, user_id, service["license"]),
                    "extensionNumber": service["extension"].get("number"),
                    "firstName": user.get("first_name"),
                    "lastName": user.get("last_name"),
                    **details,
                }


def extension_service(user: Record) -> Record | None:
    """Find what a user is called on: the first license with an extension."""
    return next((s for s in user.get("services") or () if s.get("extension") is not None), None)


def find_ring_groups(sim: Simulation, query: Query) -> Sequence[Row]:
    """List the ring groups that a request asks for.

    Raises:
        Problem: the request is invalid (400).
    """
    with sim.reading() as records:
        groups = sorted(sim.documents.all("ring_groups"), key=lambda item: item[0])
        shown = [
            ring_group_document(sim, records, identifier, group) for identifier, group in groups
        ]
    found = filter_and_sort(shown, query, fields_of(RingGroup))
    return as_rows(
        [{k: v for k, v in document.items() if k not in SINGLE_ONLY} for document in found]
    )


def one_ring_group(sim: Simulation, identifier: str) -> dict[str, Any]:
    """Show one ring group.

    Raises:
        Problem: there is none (404).
    """
    with sim.reading() as records:
        return ring_group_document(sim, records, identifier, _group(sim, identifier))


def _group(sim: Simulation, identifier: str) -> Document:
    group = sim.documents.get("ring_groups", identifier)
    if group is None:
        raise not_found("Ring group not found")
    return group


# --- what is sent ---------------------------------------------------------------------------------


def check_ring_group(sim: Simulation, body: Any, title: str) -> None:
    """Refuse a body that is not a ring group.

    Raises:
        Problem: the body is not one (400), or is one of another customer (403).
    """
    check(RingGroup, body, title)
    if body["ringTimeout"] < 1:
        raise invalid("must be a positive number", "ringTimeout", title)
    if body.get("customerId") not in (None, sim.settings.customer_id):
        raise Problem(403, "Forbidden", Detail("FORBIDDEN", "Access denied to this resource"))


def check_changes(sim: Simulation, identifier: str, body: Any) -> None:
    """Refuse what is not a member change; members are checked later (RG, "update-members").

    Raises:
        Problem: the body is not one (400), or there is no such group (404).
    """
    check(MemberChanges, body, _MEMBERS)
    _group(sim, identifier)
    entries = [
        (f"{what}[{i}]", entry) for what in _DELTA for i, entry in enumerate(body.get(what) or ())
    ]
    if not entries:
        message = "At least one of 'add', 'update', or 'remove' must be non-empty"
        raise Problem(400, _MEMBERS, Detail("BAD_REQUEST", message))
    seen: set[tuple[str, Any]] = set()
    for field, entry in entries:
        identifiers = [
            (name, entry[name]) for name in ("extensionId", "extensionNumber") if entry.get(name)
        ]
        if not identifiers:
            message = "Must provide either extensionNumber or extensionId"
            raise invalid(message, f"{field}.extensionNumber", _MEMBERS)
        for name, value in identifiers:
            if (name, value) in seen:
                message = f"Identifier '{value}' appears in more than one array"
                detail = Detail("CONFLICTING_QUERY_PARAMETER", message, f"{field}.{name}")
                raise Problem(400, _MEMBERS, detail)
        place = ("sequenceNumber", entry.get("sequenceNumber"))
        if place in seen:
            message = f"Position {place[1]} is asked for more than once"
            raise invalid(message, f"{field}.sequenceNumber", _MEMBERS)
        seen |= {*identifiers, *([place] if place[1] is not None else [])}


def create_ring_group(
    sim: Simulation, records: CachedRecords, identifier: str | None, body: Any, now: datetime
) -> str:
    """Make a ring group."""
    identifier = sim.fresh_id()
    _replace(sim, records, identifier, None, body, "Failed to create ring group")
    return identifier


def update_ring_group(
    sim: Simulation, records: CachedRecords, identifier: str | None, body: Any, now: datetime
) -> str:
    """Replace a ring group, its members included.

    Raises:
        Problem: there is no such group (404), or the body is of another one (400).
    """
    assert identifier is not None
    group = _group(sim, identifier)
    if body.get("id") not in (None, identifier):
        raise invalid("Mismatched id in url vs payload", "id", "Failed to update ring group")
    _replace(sim, records, identifier, group, body, "Failed to update ring group")
    return identifier


def delete_ring_group(
    sim: Simulation, records: CachedRecords, identifier: str | None, body: Any, now: datetime
) -> str:
    """Remove a ring group; one that is not there is removed already (OAS-R)."""
    assert identifier is not None
    group = sim.documents.get("ring_groups", identifier)
    if group is not None:
        _write_members(records, group["name"], group["members"], {}, group["name"])
        sim.documents.put("ring_groups", identifier, None)
    return identifier


def update_members(
    sim: Simulation, records: CachedRecords, identifier: str | None, body: Any, now: datetime
) -> str:
    """Add, change and remove members, all of them or none.

    Raises:
        Problem: there is no such group (404), a member cannot be changed (400), or changes
                contradict each other (409).
    """
    assert identifier is not None
    group = _group(sim, identifier)
    listed = {
        what: [
            _user_of(sim, records, e, f"{what}[{i}]", _MEMBERS)
            for i, e in enumerate(body.get(what) or ())
        ]
        for what in _DELTA
    }
    everybody = [user for users in listed.values() for user in users]
    if len(set(everybody)) != len(everybody):
        message = "An extension must not appear more than once in a request"
        raise Problem(400, _MEMBERS, Detail("BAD_REQUEST", message))
    members = {
        user: details for user, details in group["members"].items() if user not in listed["remove"]
    }
    if (
        set(listed["add"]) & group["members"].keys()
        or {*listed["update"], *listed["remove"]} - group["members"].keys()
    ):
        message = "The ring group was modified concurrently; retry with the current member list"
        raise Problem(409, "Conflicting update-members request", Detail("CONFLICT", message))
    desired = {}
    for what in ("add", "update"):
        for user, entry in zip(listed[what], body.get(what) or (), strict=True):
            members[user] = members.get(user, new_member(members)) | {
                k: entry[k] for k in DETAILS if k in entry
            }
            if "sequenceNumber" in entry:
                desired[user] = entry["sequenceNumber"]
    members = in_sequence(members, desired)
    _write_members(records, group["name"], group["members"], members, group["name"])
    sim.documents.put("ring_groups", identifier, {**group, "members": members})
    return identifier


def _replace(
    sim: Simulation,
    records: CachedRecords,
    identifier: str,
    group: Document | None,
    body: Any,
    title: str,
) -> None:
    others = [g for i, g in sim.documents.all("ring_groups") if i != identifier]
    # the inventory knows groups by their names
    if any(other["name"] == body["name"] for other in others):
        raise invalid("name already in use", "name", title)
    _check_numbers(records, others, body, title)
    _check_site(sim, records, body, title)
    members: dict[str, Any] = {}
    for index, entry in enumerate(body.get("members") or ()):
        user = _user_of(sim, records, entry, f"members[{index}]", title)
        if user in members:
            raise invalid("is a member already", f"members[{index}]", title)
        members[user] = new_member(members) | {
            k: entry[k] for k in DETAILS if entry.get(k) is not None
        }
    members = in_sequence(members)
    old_name, before = (group["name"], group["members"]) if group else (body["name"], {})
    _write_members(records, old_name, before, members, body["name"])
    stored = {k: v for k, v in body.items() if k not in ("members", "id", "name", "customerId")}
    sim.documents.put(
        "ring_groups",
        identifier,
        {"name": body["name"], "body": deepcopy(stored), "members": members},
    )


def _check_numbers(
    records: CachedRecords, others: Sequence[Document], body: Any, title: str
) -> None:
    number = body.get("extensionNumber")
    if number and (
        records.holder("extension", number)
        or any(o["body"].get("extensionNumber") == number for o in others)
    ):
        message = f"Extension {number} is already assigned to another ring group or user"
        raise Problem(
            409,
            "Conflict",
            Detail("CONFLICT", message, "extensionNumber"),
            detail="Extension number already in use",
        )
    taken = {
        entry.get("phoneNumber")
        for other in others
        for entry in other["body"].get("phoneNumbers") or ()
    }
    for index, entry in enumerate(body.get("phoneNumbers") or ()):
        phone = entry.get("phoneNumber")
        if phone and (phone in taken or records.holder("phone-number", phone)):
            raise invalid(
                f"Phone number {phone} is already in use",
                f"phoneNumbers[{index}].phoneNumber",
                title,
            )


def _check_site(sim: Simulation, records: CachedRecords, body: Any, title: str) -> None:
    site = (body.get("site") or {}).get("id")
    if site and not list(_site_names(sim, records, site)):
        raise not_found("Site for ring group not found", title)


def _user_of(
    sim: Simulation, records: CachedRecords, entry: Mapping[str, Any], field: str, title: str
) -> str:
    """Find the user whose extension an entry names.

    Raises:
        Problem: the request is invalid (400).
    """
    number, extension = entry.get("extensionNumber"), entry.get("extensionId")
    name = records.holder("extension", number) if number else None
    if name is None and extension:
        name = _name_by_extension(sim, extension)
    if name is None and entry.get("userId"):
        name = next(iter(records.users_with("id", entry["userId"])), None)
    user = records.get(f"users/{name}") if name else None
    if user is None or extension_service(user) is None:
        raise invalid(
            "Extension not found",
            f"{field}.{'extensionNumber' if number else 'extensionId'}",
            title,
        )
    return str(user["id"])


def _name_by_extension(sim: Simulation, extension: str) -> str | None:
    for name, user in sim.read().users.items():
        for service in user.get("services") or ():
            if extension_id(sim, str(user.get("id")), service["license"]) == extension:
                return name
    return None


def _write_members(
    records: CachedRecords,
    old_name: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    new_name: str,
) -> None:
    """Tell the users of a group what became of it: the inventory knows groups by their names."""
    for user_id in dict.fromkeys((*before, *after)):
        for name in list(records.users_with("id", user_id)):
            user = records.get(f"users/{name}")
            assert user is not None
            groups = [g for g in user.get("ring_groups") or () if g not in (old_name, new_name)]
            if user_id in after:
                groups.append(new_name)
            if groups != (user.get("ring_groups") or []):
                records.put(f"users/{name}", {**user, "ring_groups": groups})
