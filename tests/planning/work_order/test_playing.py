"""Whoever follows a work order to the letter ends at exactly the planned state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from hypothesis import event, given, note
from hypothesis.strategies import booleans

from licsync.model.console.operations import ConsoleRefusal
from licsync.model.declarations import Extension
from licsync.model.inventory import Inventory
from licsync.model.labels import postal
from licsync.planning.comparison import flatten
from licsync.planning.plan import Plan
from tests.support.accounts import CATALOG
from tests.support.by_hand import (
    BY_HAND,
    REFUSED_NUMBERS,
    has_certain_numbers,
    is_applicable,
    left_behind,
)
from tests.support.console_player import Player
from tests.support.plan_execution import carried_out
from tests.support.planning import NOW, planned
from tests.support.random_plans import Account, accounts
from tests.support.samples import examples
from tests.support.uploaded_users import order_of


def without_choice(state: dict[str, Any], *, counted: bool) -> None:
    """Leave out what the console chooses: which local numbers it assigns, by themselves.

    Args:
        state: from `state_of`; changed in place.
        counted: whether the number of them can be predicted.
    """
    units = state["licenses"]
    numbers = {key: unit for key, unit in units.items() if CATALOG.is_automatic(unit["type"])}
    for key in numbers:
        del units[key]
    count = Counter((u["type"], u["country"], u["status"], u.get("user")) for u in numbers.values())
    if counted:
        units["local numbers"] = count
    for user in state["users"].values():
        held = [key for key in user["services"] if key in numbers]
        carried = sorted(str(inner) for key in held if (inner := user["services"].pop(key)))
        user["carried"] = carried


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
@given(accounts().filter(is_applicable), booleans(), booleans())
def test_following_a_work_order_ends_at_the_planned_state(
    account: Account, has_template: bool, several: bool
) -> None:
    found = order_of(account, has_template=has_template, several_licenses=several)
    there = account[1]
    plan, order = found.plan, found.order
    counted = has_certain_numbers(plan, found.wanted, there)
    event(f"local numbers are predicted: {counted}")
    player = Player(there, CATALOG, NOW)
    for item in order.items:
        assert any(fact.before != fact.after for fact in item.expectations), item.title
        try:
            player.follow(item, found.rows)
        except ConsoleRefusal as refusal:
            if counted or not any(words in str(refusal) for words in REFUSED_NUMBERS):
                raise
            return  # it wants more local numbers than were predicted
    ended, meant = state_of(player.after()), planned_state(plan, there)
    for state in (ended, meant):
        for unit in left_behind(plan):
            del state["licenses"][unit]["service_address"]
        without_choice(state, counted=counted)
    note("\n".join(_differences(ended, meant)))
    note("\n".join(step for item in order.items for step in (f"[{item.title}]", *item.steps)))
    assert ended == meant
    again = {f"licenses/{unit}" for unit in left_behind(plan)}
    rest = planned(found.wanted, player.after(), capabilities=BY_HAND).actions
    if counted:
        assert [a for a in rest if not (a.verb == "relocate" and a.resource in again)] == []
    done = [action for item in order.items for action in item.actions]
    assert {*done} == {action.id for action in plan.actions}
