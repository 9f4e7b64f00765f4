"""What later plans do because a day has come: the stages, starts and dated licenses of users.

Each user with dates is followed from day to day, as if the plan of each day were applied. So what
is scheduled for a day is what the plan of that day does, and a date that will change nothing is
not scheduled.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple, cast

from licsync.model.declarations import User
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory
from licsync.model.inventory_document import InventoryUser, Unit
from licsync.planning.actions import Action
from licsync.planning.calendar import Calendar, stages
from licsync.planning.dates import DatedEvent, events, user_on
from licsync.planning.licenses.moves import pair_licenses
from licsync.planning.order.targeting import Scope
from licsync.planning.plan_document import Scheduled
from licsync.planning.resolver import Resolver
from licsync.planning.user_actions import plan_users
from licsync.planning.user_effects import HeldLicense, attributes_after, licenses_after
from licsync.planning.users import PlannedUser, defer_to_identity_provider, planned_user, site_of


class _State(NamedTuple):
    """A user as the plans up to a day leave it; without name and record if it does not exist."""

    name: str | None
    record: InventoryUser | None


def scheduled_changes(
    names: Iterable[str], whole: Desired, resolver: Resolver, calendar: Calendar, scope: Scope
) -> Iterator[Scheduled]:
    """List what later plans do with users on the days that the files name.

    Args:
        names: the users with dates.
        whole: what the files declare, with all dates.
        resolver: finds users and licenses in the inventory.
        calendar: says which day it is for whom.
        scope: what the plan is narrowed to.
    """
    inventory = resolver.inventory
    # of its own, since it gets the units of later days
    resolver = Resolver(resolver.desired, replace(inventory, licenses={**inventory.licenses}))
    for name in names:
        resource = f"users/{name}"
        if resource not in scope.excludes and (not scope.targets or resource in scope.targets):
            yield from _of_user(name, whole.users[name], whole, resolver, calendar)


def _of_user(
    name: str, user: User, whole: Desired, resolver: Resolver, calendar: Calendar
) -> Iterator[Scheduled]:
    current_name = resolver.current_name(name, user)
    record = resolver.inventory.users.get(current_name or "")
    today = calendar.today(site_of(user, record or {}))
    dated = [event for event in events(user) if event.day > today]
    leaving = [day for _, day in stages(user, whole.account) if day > today]
    if not dated and not leaving:
        return
    state = _State(current_name, record)
    for day in (today, *sorted({*leaving, *(event.day for event in dated)})):
        planned = _planned(name, user, day, state, resolver)
        if planned is None:
            continue
        actions = list(plan_users([planned], pair_licenses([planned], resolver), resolver))
        if day > today:
            asking = [event for event in dated if event.day == day]
            changes = _changes(actions)
            for verb, date_ in dict.fromkeys((v, _date_of(v, kind, asking)) for v, kind in changes):
                yield Scheduled(day, planned.resource, verb, whole.where("users", name, *date_))
        state = _after(planned, actions, resolver.inventory)


def _planned(
    name: str, user: User, day: date, state: _State, resolver: Resolver
) -> PlannedUser | None:
    """Say what a user should be on a day; None if the plan of that day leaves it as it is."""
    wanted = user_on(user, day)
    if wanted is None:
        return None
    planned = planned_user(name, wanted, state.name, state.record, resolver, day)
    if planned is not None and (state.record or {}).get("scim_provider"):
        return defer_to_identity_provider(planned)
    return planned


def _date_of(verb: str, kind: str, asking: Sequence[DatedEvent]) -> tuple[str | int, ...]:
    """Find the date that asks for a change, among the starts and dated licenses of its day."""
    if not asking or verb in ("suspend", "delete"):
        return ("offboard_on",)
    return next((event.path for event in asking if event.type == kind), asking[0].path)


def _changes(actions: Sequence[Action]) -> Iterator[tuple[str, str]]:
    """List what a day changes: the verb, and the license type it is about, if any.

    A creation includes its licenses, and a deletion gives them back.
    """
    whole = [action for action in actions if action.label in ("user.create", "user.delete")]
    for action in whole or sorted(actions, key=lambda action: action.verb == "suspend"):
        ref = (action.license or action.origin) if action.kind == "license" else None
        yield action.verb, ref.type if ref is not None else ""


def _after(planned: PlannedUser, actions: Sequence[Action], inventory: Inventory) -> _State:
    """Give a user as the plan of a day leaves it, and add the units that it gets.

    They are any of their type and country: which ones are free on that day is unknown.
    """
    record = attributes_after(planned.current, actions)
    if record is None:
        return _State(None, None)
    units, held = inventory.licenses, {}
    for service in planned.services:
        unit = units[service["license"]]
        settings = service.get("extension") or {}
        held[service["license"]] = HeldLicense(unit["type"], unit["country"], settings)
    services = []
    for unit_id, license_ in licenses_after(held, actions).items():
        found: Unit = {"type": license_.type, "country": license_.country, "status": "assigned"}
        units[unit_id] = {**units.get(unit_id, found), **found}
        services.append({"license": unit_id, "extension": license_.settings})
    return _State(planned.name, cast(InventoryUser, {**record, "services": services}))
