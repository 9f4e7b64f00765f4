"""Whoever follows a work order to the letter ends at exactly the planned state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import given, note
from hypothesis.strategies import booleans

from licsync.model.declarations import Extension
from licsync.model.inventory import Inventory
from licsync.model.labels import postal
from licsync.planning.comparison import flatten
from licsync.planning.plan import Plan
from tests.support.accounts import CATALOG
from tests.support.by_hand import is_applicable
from tests.support.console_player import Player
from tests.support.plan_execution import carried_out
from tests.support.planning import NOW
from tests.support.random_plans import Account, accounts
from tests.support.samples import examples
from tests.support.uploaded_users import order_of


def planned_state(plan: Plan, there: Inventory) -> dict[str, Any]:
    """Give the state that a plan leads to, with the licenses that follow a site by themselves."""
    after = carried_out(plan, there)
    for action in plan.actions:
        address = after.sites[action.name].get("service_address") if action.kind == "site" else None
        for unit in action.units if address else ():
            after.licenses[unit]["service_address"] = address
    return state_of(after)


def state_of(inventory: Inventory) -> dict[str, Any]:
    """Give what the console holds, without order, empty values and ids of its own."""
    places = {key: postal(place) for key, place in inventory.service_addresses.items()}
    units: dict[str, Any] = {
        key: {**unit, "service_address": places.get(unit.get("service_address") or "")}
        for key, unit in inventory.licenses.items()
    }
    for unit in units.values():  # a deactivated user may be activated for an edit in between
        if unit.get("suspended", {}).get("reason") == "user_inactive":
            del unit["suspended"]
    users: dict[str, Any] = {}
    for name, user in inventory.users.items():
        services = {
            s["license"]: _settings(s.get("extension") or {}) for s in user.get("services") or ()
        }
        rest = {k: v for k, v in user.items() if v and k not in ("id", "services")}
        users[name] = {**rest, "services": services}
    sites = {
        name: {**site, "service_address": places.get(site.get("service_address") or "")}
        for name, site in inventory.sites.items()
    }
    named = {"policies": inventory.policies, "places": set(places.values())}
    return {"licenses": units, "users": users, "sites": sites, **named}


def left_behind(plan: Plan) -> set[str]:
    """List the units that users give up who also move: no source says which move comes first.

    Local numbers that leave with their phone numbers are among them.
    """
    moves = {a.resource for a in plan.actions for c in a.changes if c.path == "site"}
    leaving = (u for a in plan.actions if a.resource in moves for u in (a.origin, *a.leaving_units))
    return {str(unit.id) for unit in leaving if unit is not None}


def _differences(ended: dict[str, Any], meant: dict[str, Any]) -> Iterator[str]:
    for section in meant:
        for name in {*ended[section], *meant[section]} if section != "places" else ():
            one, other = ended[section].get(name), meant[section].get(name)
            if one != other:
                yield f"{section}/{name}: {one} instead of {other}"


def _settings(extension: Any) -> dict[str, Any]:
    """Give the settings that are not those of any new license."""
    settings = flatten(Extension, extension)
    return {path: v for path, v, _ in settings if v and v != "essentials"}


@examples(300)
@given(accounts().filter(is_applicable), booleans())
def test_following_a_work_order_ends_at_the_planned_state(
    account: Account, has_template: bool
) -> None:
    found, there = order_of(account, has_template=has_template), account[1]
    plan, order = found.plan, found.order
    player = Player(there, CATALOG, NOW)
    for item in order.items:
        assert any(fact.before != fact.after for fact in item.expectations), item.title
        player.follow(item, found.rows)
    ended, meant = state_of(player.after()), planned_state(plan, there)
    for unit in left_behind(plan):
        for state in (ended, meant):
            del state["licenses"][unit]["service_address"]
    note("\n".join(_differences(ended, meant)))
    note("\n".join(step for item in order.items for step in (f"[{item.title}]", *item.steps)))
    assert ended == meant
    done = [action for item in order.items for action in item.actions]
    assert {*done} == {action.id for action in plan.actions}
