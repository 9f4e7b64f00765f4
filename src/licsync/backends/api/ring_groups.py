"""A membership of a ring group: what is recorded of it, and the delta that restores it.

Pure.

Order, logged in and voicemail access stand on the ring group alone (domain.md, 3.4). A sequence
number is a position among the others, who move up when somebody leaves (RG, "How sequenceNumber is
resolved"). So a place is recorded as the order of the whole group, and brought back as the position
that keeps this order among whoever is there by then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from licsync.backends.api.mapping import Document, rows, section
from licsync.engine.ports import StepRefused

_DETAILS = ("loggedIn", "voicemailAccessEnabled")
_SEQUENCE = "sequenceNumber"

Order = Sequence[str]
"""The members of a ring group by their keys, first to last."""


def groups_of(user: Mapping[str, Any]) -> list[Document]:
    """List the ring groups that a user is in."""
    return [row for row in rows(user, "assignmentInfo", "ringGroups") if row.get("id")]


def members_of(group: Mapping[str, Any]) -> list[Document]:
    """List the members of a ring group that was read by itself, in their order."""
    members = [row for row in group.get("members") or () if isinstance(row, dict)]
    if all(isinstance(row.get(_SEQUENCE), int) for row in members):
        members.sort(key=lambda row: row[_SEQUENCE])
    return members


def order_of(group: Mapping[str, Any]) -> list[str]:
    """Give the order of a ring group's members."""
    return [_key(row) for row in members_of(group)]


def _key(member: Mapping[str, Any]) -> str:
    """Give an id of a member that survives a license change; the extension's does not (trap 7)."""
    return str(
        member.get("userId")
        or f"extension {member.get('extensionNumber') or member.get('extensionId')}"
    )


def find_member(user: Mapping[str, Any], group: Mapping[str, Any]) -> Document | None:
    """Find a user among the members of a ring group."""
    extensions = rows(user, "serviceInfo", "extensions")
    ids = {e["id"] for e in extensions if e.get("id")}
    numbers = {e["extensionNumber"] for e in extensions if e.get("extensionNumber")}
    user_id = section(user, "basicInfo").get("userId")
    for row in members_of(group):
        by_extension = row.get("extensionId") in ids or row.get("extensionNumber") in numbers
        if row.get("userId") == user_id if row.get("userId") else by_extension:
            return row
    return None


def membership_entry(
    user: Mapping[str, Any], group: Mapping[str, Any], order: Order
) -> Document | None:
    """Return what restores a membership; None if the user is not a member.

    Args:
        user: the user, read by itself.
        group: the group, read by itself.
        order: the order of its members before anybody was taken out of it.
    """
    found = find_member(user, group)
    if found is None:
        return None
    membership = {
        name: found[name] for name in (_SEQUENCE, *_DETAILS) if found.get(name) is not None
    }
    return {"member": _key(found), "order": list(order), **membership}


def merge_order(known: Order, seen: Order) -> list[str]:
    """Add later members to a known order, which stays: members may return elsewhere."""
    result = list(known)
    for name in seen:
        if name not in result:
            result.insert(position(name, result, seen) - 1, name)
    return result


def position(name: str, others: Order, order: Order) -> int:
    """Give a member's position, from 1, that leaves the fewest others on the wrong side.

    Args:
        name: the member's.
        others: the order of the members that are there now, without this one.
        order: the order that is to come back; who is not in it is on no wrong side.
    """
    rank = {key: place for place, key in enumerate(order)}
    own = rank.get(name, len(order))
    costs = [0]  # of each index, against the first: who is passed by right, and by wrong
    for other in others:
        there = rank.get(other)
        cost = 0
        if there is not None:
            cost = -1 if there < own else 1
        costs.append(costs[-1] + cost)
    return costs.index(min(costs)) + 1


def desired_member(
    membership: Mapping[str, Any], user: Mapping[str, Any], group: Mapping[str, Any], order: Order
) -> Document:
    """Return the position and details that a member's row must have, as far as recorded."""
    own = find_member(user, group)
    others = [_key(row) for row in members_of(group) if row is not own]
    values = {name: membership[name] for name in _DETAILS if name in membership}
    return (
        {_SEQUENCE: position(str(membership["member"]), others, order), **values}
        if _SEQUENCE in membership
        else values
    )


def members_update(
    membership: Mapping[str, Any],
    user: Mapping[str, Any],
    group: Mapping[str, Any],
    order: Order,
    unit: str,
) -> Document:
    """Make the body of `update-members` that restores a membership.

    Args:
        membership: what was recorded of it (`membership_entry`).
        user: the user as it is now.
        group: the group as it is now.
        order: the order that is to come back.
        unit: the license whose extension is to be called.

    Raises:
        StepRefused: it has none.
    """
    extension = next(
        (e for e in rows(user, "serviceInfo", "extensions") if e.get("licenseId") == unit), {}
    )
    names = {
        "extensionNumber": extension.get("extensionNumber"),
        "extensionId": extension.get("id"),
    }
    called = next(({name: value} for name, value in names.items() if value), None)
    if called is None:
        raise StepRefused("only an extension can be a member, and the license has none")
    what = "add" if find_member(user, group) is None else "update"
    return {what: [{**called, **desired_member(membership, user, group, order)}]}


def is_restored(
    membership: Mapping[str, Any], user: Mapping[str, Any], group: Mapping[str, Any], order: Order
) -> bool:
    """Tell whether group and user show a membership as recorded."""
    own = find_member(user, group)
    if own is None or all(row["id"] != membership["id"] for row in groups_of(user)):
        return False
    values = desired_member(membership, user, group, order)
    if _SEQUENCE in values:
        place = next(place for place, row in enumerate(members_of(group), 1) if row is own)
        values[_SEQUENCE] = own[_SEQUENCE] if place == values[_SEQUENCE] else None
    return all(own.get(name) == value for name, value in values.items())


def describe(membership: Mapping[str, Any]) -> str:
    """Describe it: `ring group Main (place 2, logged out, no access to its voicemail)`."""
    details = [f"place {membership[_SEQUENCE]}"] if _SEQUENCE in membership else []
    words = {
        "loggedIn": ("logged out", "logged in"),
        "voicemailAccessEnabled": ("without voicemail", "with voicemail"),
    }
    details += [words[name][bool(membership[name])] for name in _DETAILS if name in membership]
    return f"ring group {membership.get('name') or membership['id']}" + (
        f" ({', '.join(details)})" if details else ""
    )
