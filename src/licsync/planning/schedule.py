"""What later plans do because a day has come: the stages, starts and dated licenses of users.

Each user with dates is followed from day to day, as if the plan of each day were applied. So what
is scheduled for a day is what the plan of that day does, and a date that will change nothing is
not scheduled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from licsync.model.catalog import Catalog
from licsync.model.declarations import Extension, LicenseEntry, User
from licsync.model.desired import Desired
from licsync.model.inventory_document import InventoryUser
from licsync.planning.calendar import Calendar, stages
from licsync.planning.comparison import differences
from licsync.planning.dates import DatedEvent, events, is_dated, user_on
from licsync.planning.licenses.matching import Holding, Pairing, pair
from licsync.planning.order.targeting import Scope
from licsync.planning.plan_document import Scheduled
from licsync.planning.resolver import Resolver
from licsync.planning.users import (
    PlannedUser,
    attribute_changes,
    defer_to_identity_provider,
    planned_user,
    site_of,
)


class _License(NamedTuple):
    """A license that a user has or should have, and its settings."""

    holding: Holding
    settings: Mapping[str, Any]


class _State(NamedTuple):
    """A user as the plans up to a day leave it.

    Attributes:
        name: the user name; None for a user who does not exist.
        record: the attributes; None for a user who does not exist.
        licenses: the licenses.
    """

    name: str | None
    record: InventoryUser | None
    licenses: Sequence[_License]


class _Exchange(NamedTuple):
    """What becomes of the licenses of a user.

    Attributes:
        pairing: positions in the licenses that the user has, and in the wanted ones.
        wanted: the wanted licenses.
    """

    pairing: Pairing
    wanted: Sequence[_License]


def scheduled_changes(
    whole: Desired, resolver: Resolver, calendar: Calendar, scope: Scope
) -> Iterator[Scheduled]:
    """List what later plans do with users on the days that the files name.

    Args:
        whole: what the files declare, with all dates.
        resolver: finds users and licenses in the inventory.
        calendar: says which day it is for whom.
        scope: what the plan is narrowed to.
    """
    for name, user in whole.users.items():
        if "offboard_on" not in user and not is_dated(user):
            continue
        resource = f"users/{name}"
        if resource not in scope.excludes and (not scope.targets or resource in scope.targets):
            yield from _of_user(name, user, whole, resolver, calendar)


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
    state = _State(current_name, record, _held(record, resolver))
    for day in (today, *sorted({*leaving, *(event.day for event in dated)})):
        planned = _planned(name, user, day, state, resolver)
        if planned is None:
            continue
        exchange = _exchange(planned, state, resolver)
        if day > today:
            asking = [event for event in dated if event.day == day]
            changes = _changes(planned, state, exchange, resolver.desired.catalog)
            for verb, date_ in dict.fromkeys((v, _date_of(v, kind, asking)) for v, kind in changes):
                yield Scheduled(day, planned.resource, verb, whole.where("users", name, *date_))
        state = _after(planned, state, exchange)


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


# --- what a day changes ---------------------------------------------------------------------------


def _changes(
    planned: PlannedUser, state: _State, exchange: _Exchange, catalog: Catalog
) -> Iterator[tuple[str, str]]:
    """List what a day changes: the verb, and the license type it is about, if any.

    A creation includes its licenses, and a deletion gives them back.
    """
    if planned.delete or planned.current is None:
        yield "delete" if planned.delete else "create", ""
        return
    if planned.name != planned.current_name:
        yield "rename", ""
    if planned.is_back:
        yield "reactivate", ""
    pairing, wanted = exchange
    is_changed = any(any(_differing(state.licenses[i], wanted[j])) for i, j in pairing.keep)
    if is_changed or attribute_changes(planned):
        yield "update", ""
    for i in pairing.unassign:
        yield "unassign", state.licenses[i].holding.type
    for i, j in pairing.change:
        old, new = state.licenses[i].holding.type, wanted[j].holding.type
        yield catalog.relation(old, new), new
    for j in pairing.assign:
        yield "assign", wanted[j].holding.type
    if planned.was_active and planned.status == "inactive":
        yield "suspend", ""


def _after(planned: PlannedUser, state: _State, exchange: _Exchange) -> _State:
    """Give a user as the plan of a day leaves it."""
    if planned.delete:
        return _State(None, None, ())
    record: Any = {**(state.record or {}), **planned.declared, "status": planned.status}
    pairing, wanted = exchange
    gone = {*pairing.unassign, *(i for i, _ in pairing.change), *(i for i, _ in pairing.keep)}
    kept = [
        _License(wanted[j].holding, {**state.licenses[i].settings, **wanted[j].settings})
        for i, j in (*pairing.keep, *pairing.change)
    ]
    others = [one for i, one in enumerate(state.licenses) if i not in gone]
    return _State(planned.name, record, [*others, *kept, *(wanted[j] for j in pairing.assign)])


def _exchange(planned: PlannedUser, state: _State, resolver: Resolver) -> _Exchange:
    """Pair the licenses of a user with those it should have. Unmanaged ones stay."""
    catalog = resolver.desired.catalog
    wanted = [_entry(entry, planned.site, resolver) for entry in planned.wanted or ()]
    if planned.wanted is None or any(
        one.holding.type not in catalog or one.holding.country is None for one in wanted
    ):
        return _Exchange(Pairing(), wanted)  # the checks report what is wrong
    kinds = {one.holding.type for one in wanted}
    there = [
        i
        for i, one in enumerate(state.licenses)
        if not kinds or one.holding.type in kinds or not catalog.is_automatic(one.holding.type)
    ]
    held = [state.licenses[i] for i in there]
    found = pair(
        catalog,
        [one.holding for one in held],
        [one.holding for one in wanted],
        lambda i, j: len(list(_differing(held[i], wanted[j]))),
    )
    pairing = Pairing(
        [(there[i], j) for i, j in found.keep],
        [(there[i], j) for i, j in found.change],
        [there[i] for i in found.unassign],
        found.assign,
    )
    return _Exchange(pairing, wanted)


def _differing(held: _License, wanted: _License) -> Iterator[object]:
    return differences(Extension, wanted.settings, held.settings)


def _entry(entry: LicenseEntry, site: str | None, resolver: Resolver) -> _License:
    settings = entry.get("extension") or {}
    country = resolver.country_of(site, entry)
    return _License(Holding(entry["type"], country, settings.get("number")), settings)


def _held(record: InventoryUser | None, resolver: Resolver) -> list[_License]:
    units = resolver.inventory.licenses
    found = []
    for service in (record or {}).get("services") or ():
        unit, settings = units[service["license"]], service.get("extension") or {}
        holding = Holding(unit["type"], unit["country"], settings.get("number"))
        found.append(_License(holding, settings))
    return found
