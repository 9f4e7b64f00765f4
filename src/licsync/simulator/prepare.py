"""Prepares what the inventory only names: ids of users and sites, groups with their members."""

from __future__ import annotations

from typing import Any

from licsync.model.inventory_document import NumberHolder
from licsync.simulator.membership import group_id, membership_names, new_member
from licsync.simulator.simulation import Simulation
from licsync.simulator.sites import site_id
from licsync.simulator.users import user_id

RING_GROUP = {
    "inboundCallerIdFormat": "RGNAME_CALLERNUMBER",
    "ringPattern": "SIMULTANEOUS",
    "ringTimeout": 15,
}
"""What a ring group is like that the inventory knows by its name alone."""


def prepare(sim: Simulation) -> None:
    """Give ids to users without one, and documents to sites and to groups of users."""
    inventory = sim.read()
    owners = (user.get("scim_provider") for user in inventory.users.values())
    sim.identity_provider = next((owner for owner in owners if owner), None)
    with sim.changing() as records:
        for site in inventory.sites:
            identifier = site_id(sim, site)
            if sim.documents.get("sites", identifier) is None:
                sim.documents.put("sites", identifier, {"name": site, "body": {}})
        for holder in inventory.holders:
            if holder["kind"] == "ring_group":
                _hold(sim, holder)
        for name, user in inventory.users.items():
            identifier = user_id(sim, name, user)
            if not user.get("id"):
                records.put(f"users/{name}", {**user, "id": identifier})
            for group in membership_names(user, "ring_groups"):
                _join(sim, "ring_groups", group, identifier)
            for queue in membership_names(user, "call_queues"):
                _join(sim, "call_queues", queue, identifier)


def _hold(sim: Simulation, holder: NumberHolder) -> None:
    """Let a ring group have the numbers that the inventory says it has."""
    identifier = group_id(sim, "ring_groups", holder["name"])
    document = sim.documents.get("ring_groups", identifier) or {
        "name": holder["name"],
        "members": {},
    }
    body = document.get("body") or dict(RING_GROUP)
    own: dict[str, Any] = (
        {"extensionNumber": holder["extension"]} if holder.get("extension") else {}
    )
    if phones := holder.get("phone_numbers"):
        own["phoneNumbers"] = [{"phoneNumber": number} for number in phones]
    sim.documents.put("ring_groups", identifier, {**document, "body": {**body, **own}})


def _join(sim: Simulation, kind: str, name: str, user: str) -> None:
    identifier = group_id(sim, kind, name)
    document = sim.documents.get(kind, identifier) or {"name": name, "members": {}}
    if kind == "ring_groups" and "body" not in document:
        document = {**document, "body": dict(RING_GROUP)}
    members = document["members"]
    if user not in members:
        value = new_member(members) if kind == "ring_groups" else "PRIMARY"
        document = {**document, "members": {**members, user: value}}
    sim.documents.put(kind, identifier, document)
