"""Ring groups and call queues as a user sees them.

The inventory names them; ids and details are documents.

A ring group's document is its JSON without `members`; `members` maps a user's id to what the group
knows of that
member alone: `sequenceNumber`, `loggedIn`, `voicemailAccessEnabled`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from licsync.simulator.documents import Document
from licsync.simulator.simulation import Simulation


def membership_names(user: Mapping[str, Any], field: str) -> list[str]:
    """List the names of a user's ring groups or call queues."""
    return [name for name in user.get(field) or () if isinstance(name, str)]


def group_id(sim: Simulation, kind: str, name: str) -> str:
    """Find the id of the ring group or call queue with a name."""
    for identifier, document in sim.documents.all(kind):
        if document["name"] == name:
            return identifier
    return sim.derived_id(kind, name)


def ring_groups_of(sim: Simulation, user: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Show a user's ring groups."""
    return [
        {"id": group_id(sim, "ring_groups", n), "name": n}
        for n in membership_names(user, "ring_groups")
    ]


def queues_of(sim: Simulation, user_id: str, user: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Show a user's call queues, each with whether the user is a primary or a secondary member."""
    shown = []
    for name in membership_names(user, "call_queues"):
        identifier = group_id(sim, "call_queues", name)
        members = (sim.documents.get("call_queues", identifier) or {}).get("members", {})
        shown.append(
            {"id": identifier, "name": name, "memberType": members.get(user_id, "PRIMARY")}
        )
    return shown


def find(sim: Simulation, kind: str, entry: dict[str, Any]) -> Document | None:
    """Find the ring group or call queue that an entry of a request names, by id or else by name."""
    identifier = entry.get("id") or (
        group_id(sim, kind, entry["name"]) if entry.get("name") else None
    )
    return sim.documents.get(kind, identifier) if identifier else None


def follow(
    sim: Simulation, user_id: str, kind: str, names: Iterable[str], values: dict[str, Any]
) -> None:
    """Let the documents follow what the inventory says of one user's membership.

    Args:
        sim: the simulation.
        user_id: the user.
        kind: `ring_groups` or `call_queues`.
        names: the groups that the user is in now.
        values: what a group knows of the member, by the group's name; kept or made up where nothing
            is given.
    """
    wanted = set(names)
    for identifier, document in list(sim.documents.all(kind)):
        members = document.get("members", {})
        if document["name"] in wanted:
            default = "PRIMARY" if kind == "call_queues" else new_member(members)
            value = values.get(document["name"]) or members.get(user_id) or default
            if members.get(user_id) != value:
                sim.documents.put(
                    kind, identifier, {**document, "members": {**members, user_id: value}}
                )
        elif user_id in members:
            rest = {member: value for member, value in members.items() if member != user_id}
            rest = in_sequence(rest) if kind == "ring_groups" else rest
            sim.documents.put(kind, identifier, {**document, "members": rest})


def new_member(members: dict[str, Any]) -> dict[str, Any]:
    """Make the details of a member that comes last."""
    last = max((m["sequenceNumber"] for m in members.values()), default=0)
    return {"sequenceNumber": last + 1, "loggedIn": True, "voicemailAccessEnabled": False}


def in_sequence(
    members: Mapping[str, Any], desired: Mapping[str, int] | None = None
) -> dict[str, Any]:
    """Number members from 1 without gaps, as 8x8 does (RG, "How sequenceNumber is resolved").

    Args:
        members: details by the user's id.
        desired: positions asked for, by the user's id; whoever stands there or below moves down.
    """
    desired = desired or {}
    order = sorted(
        (m for m in members if m not in desired), key=lambda m: members[m]["sequenceNumber"]
    )
    for user, position in sorted(desired.items(), key=lambda item: item[1]):
        order.insert(position - 1, user)
    return {user: {**members[user], "sequenceNumber": place} for place, user in enumerate(order, 1)}
