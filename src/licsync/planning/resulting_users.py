"""What the users that a plan touches are once it is applied: for rules, which ask of users and not of changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import repeat
from operator import itemgetter
from typing import Any

from licsync.model.declarations import UserAttributes
from licsync.model.fields import SENSITIVE, fields_of
from licsync.model.inventory import Inventory
from licsync.planning.plan import Action

_ATTRIBUTES = tuple(
    name for name, marks in fields_of(UserAttributes).items() if SENSITIVE not in marks
)


def resulting_users(actions: Iterable[Action], inventory: Inventory) -> dict[str, dict[str, Any]]:
    """Give each touched user as it is after the plan, by its name afterwards; users that are deleted are not there.

    Every attribute is there, as an empty text where the user has none. `licenses` lists type and
    country of each.
    """
    by_user: dict[str, list[Action]] = defaultdict(list)
    for action in actions:
        if action.resource.startswith("users/"):
            by_user[action.name].append(action)
    return {
        name: _resulting_attributes(own, inventory)
        for name, own in sorted(by_user.items(), key=itemgetter(0))
        if not any([action.verb == "delete" for action in own])
    }


def _resulting_attributes(actions: list[Action], inventory: Inventory) -> dict[str, Any]:
    former = (
        str(c.before) for a in actions if a.verb == "rename" for c in a.changes if c.path == "name"
    )
    record = inventory.users.get(next(former, actions[0].name)) or {}
    ids = [service["license"] for service in record.get("services") or ()]
    units = map(inventory.licenses.__getitem__, ids)
    held = {
        unit_id: (unit["type"], unit["country"]) for unit_id, unit in zip(ids, units, strict=True)
    }
    values: dict[str, Any] = dict(
        zip(_ATTRIBUTES, map(record.get, _ATTRIBUTES, repeat("")), strict=True)
    )
    if None in values.values():
        values = {name: "" if value is None else value for name, value in values.items()}
    values["status"] = values["status"] or "active"
    for action in actions:
        if action.kind == "user":
            if action.verb in ("suspend", "reactivate"):
                values["status"] = "inactive" if action.verb == "suspend" else "active"
            else:
                values |= {
                    c.path: "" if c.after is None else c.after
                    for c in action.changes
                    if c.path in values
                }
        gone, given = [action.origin], [action.license] if action.kind == "license" else []
        if action.changes:
            gone, given = [*gone, *action.leaving_units], [*given, *action.arriving_units]
        for ref in gone:
            if ref is not None and ref.id:
                held.pop(ref.id, None)
        for ref in given:
            if ref is not None:
                held[ref.id or f"missing {len(held)}"] = ref.type, ref.country
    values["licenses"] = [
        {"type": kind, "country": country} for kind, country in sorted(held.values())
    ]
    return values
