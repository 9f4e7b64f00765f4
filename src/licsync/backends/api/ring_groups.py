"""A user's places in ring groups: read before a license goes, brought back after the next one came.

Sequence, logged in and voicemail access stand on the ring group alone (domain.md, 3.4). They are restored by
`update-members`, by extension number, since the extension's id may be another one by then (trap 7).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from licsync.backends.api.translate import Document, rows, section

_KEPT = ("sequenceNumber", "loggedIn", "voicemailAccessEnabled")


def groups_of(user: Mapping[str, Any]) -> list[Document]:
    """List the ring groups that a user is in."""
    return [row for row in rows(user, "assignmentInfo", "ringGroups") if row.get("id")]


def entry(user: Mapping[str, Any], group: Mapping[str, Any]) -> Document | None:
    """Give a user's entry in a ring group that was read: what it takes to bring it back."""
    extensions = rows(user, "serviceInfo", "extensions")
    ids = {e["id"] for e in extensions if e.get("id")}
    numbers = {e["extensionNumber"] for e in extensions if e.get("extensionNumber")}
    user_id = section(user, "basicInfo").get("userId")
    for member in group.get("members") or ():
        if not isinstance(member, Mapping):
            continue
        by_user = member.get("userId") == user_id if member.get("userId") else None
        by_extension = member.get("extensionId") in ids or member.get("extensionNumber") in numbers
        if by_user or (by_user is None and by_extension):
            kept = {name: member[name] for name in _KEPT if member.get(name) is not None}
            return {"id": group.get("id"), "name": group.get("name"), **kept}
    return None


def restoring(entries: Iterable[Mapping[str, Any]], user: Mapping[str, Any], number: str) -> dict[str, Document]:
    """Make the bodies of `update-members` that bring entries back, by the group's id.

    Args:
        entries: as they were before (`entry`).
        user: the user as it is now; a group that it is in already is updated.
        number: its extension number.
    """
    already = {group["id"] for group in groups_of(user)}
    bodies: dict[str, Document] = {}
    for found in entries:
        kept = {name: found[name] for name in _KEPT if name in found}
        if found["id"] not in already:
            bodies[str(found["id"])] = {"add": [{"extensionNumber": number, **kept}]}
        elif kept:
            bodies[str(found["id"])] = {"update": [{"extensionNumber": number, **kept}]}
    return bodies
