"""Whoever follows a work order to the letter ends at exactly the planned state."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from typing import Any

from hypothesis import given, note
from hypothesis.strategies import booleans

from licsync.model.declarations import Extension
from licsync.model.inventory import Inventory
from licsync.model.labels import postal
from licsync.planning.comparison import flatten
from licsync.planning.plan import Plan
from licsync.planning.work_order.making import make_work_order
from licsync.spreadsheets.csv_template import read_template
from licsync.workflows.bulk_upload import columns_of, fill_template
from tests.support import console_player
from tests.support.accounts import CATALOG
from tests.support.by_hand import BY_HAND, is_applicable
from tests.support.console_player import Player
from tests.support.plan_execution import carried_out
from tests.support.planning import NOW, planned
from tests.support.random_plans import Account, accounts
from tests.support.samples import examples

TEMPLATE = (
    b"User.UserName,User.Email,User.Site,User.Services.License,User.Voice.Extension,"
    b"User.Voice.Number\r\n"
)
NAMES = {f"{kind}/{country}": f"{kind} of {country}"
         for kind in CATALOG.types for country in ("US", "GB")}  # fmt: skip
UPLOAD = {"type": "console", "bulk_upload": {"template": "users.csv", "licenses": NAMES}}


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
    """List the units that users give up who also move: no source says which move comes first."""
    moves = {a.resource for a in plan.actions for c in a.changes if c.path == "site"}
    given = (a.origin for a in plan.actions if a.resource in moves)
    return {str(unit.id) for unit in given if unit is not None}


def uploaded(content: bytes, plan: Plan) -> list[dict[str, Any]]:
    """Read the rows of an upload as the console does: by the headings of its template.

    Of the free licenses of a name the console takes the one that the plan counts on: no source
    says which.
    """
    paths = {"User.UserName": "name", "User.Email": "email", "User.Site": "site",
             "User.Services.License": "license", "User.Voice.Extension": "extension.number",
             "User.Voice.Number": "extension.phone_numbers"}  # fmt: skip
    rows = []
    for cells in csv.DictReader(StringIO(content.decode())):
        row: dict[str, Any] = {paths[key]: value for key, value in cells.items() if value}
        if name := row.get("license"):
            units = (a.license for a in plan.actions if a.name == row["name"] and a.license)
            row["license"] = next(u.id for u in units if NAMES[f"{u.type}/{u.country}"] == name)
        if number := row.get("extension.phone_numbers"):
            assert number.isdigit()
            row["extension.phone_numbers"] = [f"+{number}"]
        rows.append(row)
    return rows


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
    wanted, there = account
    wanted = replace(wanted, account={**wanted.account, "backend": UPLOAD})
    plan = planned(wanted, there, capabilities=BY_HAND)
    template = read_template(TEMPLATE, "users.csv")
    columns = columns_of(template if has_template else None, wanted)
    order = make_work_order(plan, wanted, there, columns=columns)
    console_player.ADDRESSES_TO_CREATE |= {postal(a): a for a in plan.addresses.values()}
    player = Player(there, CATALOG, NOW)
    for item in order.items:
        assert any(fact.before != fact.after for fact in item.expectations), item.title
        player.follow(item, uploaded(fill_template(plan, template, wanted).content, plan))
    ended, meant = state_of(player.after()), planned_state(plan, there)
    for unit in left_behind(plan):
        for state in (ended, meant):
            del state["licenses"][unit]["service_address"]
    note("\n".join(_differences(ended, meant)))
    note("\n".join(step for item in order.items for step in (f"[{item.title}]", *item.steps)))
    assert ended == meant
    done = [action for item in order.items for action in item.actions]
    assert {*done} == {action.id for action in plan.actions}
