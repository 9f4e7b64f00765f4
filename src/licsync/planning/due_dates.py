"""What is scheduled, due and overdue: starts of users, dated licenses, renewals of pools."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import NamedTuple

from licsync.diagnostics import Code, Diagnostic, Span, info, warning
from licsync.model.declarations import User
from licsync.model.desired import Desired
from licsync.model.durations import duration
from licsync.model.inventory_document import InventoryUser
from licsync.model.unit_names import pool_name
from licsync.planning.actions import Action
from licsync.planning.calendar import Calendar
from licsync.planning.dates import DatedEvent, events, is_dated
from licsync.planning.licenses.pools import pool_of
from licsync.planning.offboarding import HOW_TO_APPLY_DUE
from licsync.planning.order.targeting import Scope
from licsync.planning.plan_document import Scheduled
from licsync.planning.resolver import Resolver
from licsync.planning.users import PlannedUser, site_of

_TITLES = {"create": "start", "assign": "assignment", "unassign": "unassignment"}
_EXCHANGES = frozenset(("upgrade", "downgrade", "change"))


def scheduled_dates(
    whole: Desired, resolver: Resolver, calendar: Calendar, scope: Scope
) -> Iterator[Scheduled]:
    """List the starts and the first and last days of licenses that are still to come.

    Args:
        whole: what the files declare, with all dates.
        resolver: finds users in the inventory.
        calendar: says which day it is for whom.
        scope: what the plan is narrowed to.
    """
    for name, user in whole.users.items():
        if not is_dated(user):
            continue
        resource = f"users/{name}"
        is_in_scope = resource not in scope.excludes and (
            not scope.targets or resource in scope.targets
        )
        if not is_in_scope:
            continue
        current_name = resolver.current_name(name, user)
        current = resolver.inventory.users.get(current_name or "", {})
        today = calendar.today(site_of(user, current))
        for event in events(user):
            if event.day > today:
                verb = event.verb
                if verb == "create" and current_name is not None:
                    verb = "reactivate" if _comes_back(user, current) else "update"
                yield Scheduled(event.day, resource, verb, whole.where("users", name, *event.path))


def due_users(
    planned_users: Sequence[PlannedUser], users: Mapping[str, User], calendar: Calendar
) -> Iterator[PlannedUser]:
    """Keep the users whose start has come, and of others the dated licenses that are due.

    Of the users in the inventory, only who comes back still has to start.

    Args:
        planned_users: the users of the plan.
        users: the declared users, with all dates.
        calendar: says which day it is for whom.
    """
    for planned in planned_users:
        user = users.get(planned.declared_name or "", User())
        today = calendar.today(planned.site)
        come = {event.verb for event in events(user) if event.day <= today}
        if planned.current is None or ("create" in come and _comes_back(user, planned.current)):
            if "create" in come:
                yield planned
        elif come - {"create"}:
            yield replace(
                planned,
                name=planned.current_name or planned.name,
                declared={},
                status=planned.current.get("status") or "active",
                site=planned.current.get("site"),
            )


def _comes_back(user: User, current: InventoryUser) -> bool:
    """Tell whether a user who is inactive is declared active."""
    return user.get("status") == "active" and current.get("status") == "inactive"


def undated_licenses(
    actions: Sequence[Action], planned_users: Sequence[PlannedUser], whole: Desired
) -> Iterator[Diagnostic]:
    """Name the licenses that come along with a dated one, in a plan of what is due.

    The licenses of a user are applied together, since a part of them may be a combination that
    nobody declared.

    Args:
        actions: the actions of the plan.
        planned_users: the users of the plan.
        whole: what the files declare, with all dates.
    """
    names = {planned.resource: planned.declared_name or "" for planned in planned_users}
    for action in actions:
        due = list(events(whole.users.get(names.get(action.resource, ""), User())))
        is_dated_user = any(event.type for event in due)
        if action.kind == "license" and is_dated_user and not any(_does(action, e) for e in due):
            unit = action.license or action.origin
            title = whole.catalog.title(unit.type) if unit else "a license"
            what = f"{_TITLES.get(action.verb, action.verb)} of {title} of '{action.name}'"
            message = (
                f"No date asks for the {what}, but the licenses of a user are applied together."
            )
            yield info(Code.SCHEDULED, message, action.source)


def overdue_dates(
    actions: Sequence[Action],
    planned_users: Sequence[PlannedUser],
    calendar: Calendar,
    whole: Desired,
) -> Iterator[Diagnostic]:
    """Warn of starts and dated licenses that were due before today.

    Args:
        actions: the actions of the plan.
        planned_users: the users of the plan.
        calendar: says which day it is for whom.
        whole: what the files declare, with all dates.
    """
    for planned in planned_users:
        name = planned.declared_name or ""
        user = whole.users.get(name, User())
        if not is_dated(user):
            continue
        today = calendar.today(planned.site)
        own = [action for action in actions if action.resource == planned.resource]
        for event in events(user):
            if event.day < today and any(_does(action, event) for action in own):
                what = _TITLES[event.verb]
                message = f"The {what} of '{planned.name}' has been due since {event.day}."
                if event.type:
                    title = whole.catalog.title(event.type)
                    message = f"The {what} of {title} of '{planned.name}' has been due since"
                    message += f" {event.day}."
                span = whole.where("users", name, *event.path)
                yield warning(Code.OVERDUE, message, span, HOW_TO_APPLY_DUE)


def _does(action: Action, event: DatedEvent) -> bool:
    """Tell whether an action does what a date asks for."""
    if not event.type:
        return action.verb in (event.verb, "reactivate")
    unit = action.license if event.verb == "assign" else action.origin
    is_of_kind = action.verb == event.verb or action.verb in _EXCHANGES
    return is_of_kind and unit is not None and unit.type == event.type


# --- renewals of pools ----------------------------------------------------------------------------

_SOON = timedelta(days=30)
"""How long before its last day a plan reminds of a notice."""


class Renewal(NamedTuple):
    """The renewal of a pool.

    Attributes:
        pool: type and country, such as `x4:US`.
        title: the same for people.
        day: the day on which the licenses renew.
        notice_by: the last day for a notice; None if the files name no notice.
        source: the place of the day in the files.
    """

    pool: str
    title: str
    day: date
    notice_by: date | None
    source: Span | None


def renewals(desired: Desired) -> Iterator[Renewal]:
    """List the renewals that the files name."""
    for index, entry in enumerate(desired.pools):
        if "renews_on" in entry:
            kind, country = pool_of(entry, desired)
            day = date.fromisoformat(entry["renews_on"])
            notice = duration(entry["notice"]) if "notice" in entry else None
            notice_by = day - notice if notice is not None and day - date.min >= notice else None
            title = pool_name(desired.catalog, kind, country)
            source = desired.where("licenses", index, "renews_on")
            yield Renewal(f"{kind}:{country}", title, day, notice_by, source)


def scheduled_renewals(desired: Desired, today: date) -> Iterator[Scheduled]:
    """List the last days for notices and the renewals that are still to come."""
    for renewal in renewals(desired):
        resource = f"pools/{renewal.pool}"
        if renewal.notice_by is not None and renewal.notice_by >= today:
            yield Scheduled(renewal.notice_by, resource, "notice", renewal.source)
        if renewal.day > today:
            yield Scheduled(renewal.day, resource, "renew", renewal.source)


def renewal_diagnostics(desired: Desired, today: date) -> Iterator[Diagnostic]:
    """Remind of notices and renewals that are near, and of days that have passed."""
    for pool, title, day, notice_by, source in renewals(desired):
        if today > day:
            message = f"The licenses {title} renewed on {day}."
            hint = "Write the day of the next renewal in renews_on."
            yield warning(Code.RENEWAL, message, source, hint)
        elif notice_by is None:
            if today >= day - _SOON:
                yield info(Code.RENEWAL, f"The licenses {title} renew on {day}.", source)
        elif today > notice_by:
            message = f"The licenses {title} renew on {day}. Notice was possible until {notice_by}."
            yield info(Code.RENEWAL, message, source)
        elif today >= notice_by - _SOON:
            message = f"The licenses {title} renew on {day}, unless notice is given by {notice_by}."
            hint = f"See what is used with: licsync licenses DIR --type {pool.partition(':')[0]}"
            yield warning(Code.RENEWAL, message, source, hint)
