"""What is due and overdue: starts and ends of users, dated licenses, renewals of pools."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final, NamedTuple

from licsync.diagnostics import Code, Diagnostic, Span, info, warning
from licsync.model.declarations import User
from licsync.model.desired import Desired
from licsync.model.durations import duration
from licsync.model.labels import sentence
from licsync.planning.actions import Action
from licsync.planning.calendar import Calendar, Stage, stages
from licsync.planning.dates import DatedEvent, events, is_dated
from licsync.planning.licenses.pools import pool_of
from licsync.planning.plan_document import Scheduled
from licsync.planning.users import PlannedUser
from licsync.version import address_of

_VERBS: Final = {Stage.INACTIVE: "suspend", Stage.UNASSIGNED: "unassign", Stage.DELETED: "delete"}
"""The verb by which a plan brings a user to each stage of offboarding."""

HOW_TO_APPLY_DUE: Final = (
    "Apply what is due with: licsync apply DIR --due. To schedule it, see"
    f" {address_of('how-to/ci')}."
)
_STAGE_TITLES: Final = {
    Stage.INACTIVE: "suspension",
    Stage.UNASSIGNED: "unassignment of the licenses",
    Stage.DELETED: "deletion",
}
_TITLES = {"create": "start", "assign": "assignment", "unassign": "unassignment"}
_EXCHANGES = frozenset(("upgrade", "downgrade", "change"))


def due_users(
    planned_users: Sequence[PlannedUser], users: Mapping[str, User], calendar: Calendar
) -> Iterator[PlannedUser]:
    """Keep the users whose start is due, and of others the dated licenses that are due.

    Args:
        planned_users: the users of the plan.
        users: the declared users, with all dates.
        calendar: says which day it is for whom.
    """
    for planned in planned_users:
        user = users.get(planned.declared_name or "", User())
        today = calendar.today(planned.site)
        if _is_start_due(user, planned, today):
            yield planned
        elif planned.current is not None and any(
            event.type and event.day <= today for event in events(user)
        ):
            yield replace(
                planned,
                name=planned.current_name or planned.name,
                declared={},
                status=planned.current.get("status") or "active",
                site=planned.current.get("site"),
            )


def _is_start_due(user: User, planned: PlannedUser, today: date) -> bool:
    """Tell whether a user should start today, or should have started before and has not.

    On the day itself, the start asks for everything that the files say of the user. Later, it does
    so only for who is not there, is inactive, or has no license. Other differences are edits that
    no date asks for.
    """
    if "start_on" not in user or date.fromisoformat(user["start_on"]) > today:
        return False
    is_missed = planned.current is None or planned.is_back
    is_missed |= bool(planned.wanted) and not planned.services
    return is_missed or user["start_on"] == today.isoformat()


def undated_licenses(
    actions: Sequence[Action],
    planned_users: Sequence[PlannedUser],
    calendar: Calendar,
    whole: Desired,
) -> Iterator[Diagnostic]:
    """Name the licenses that come along with a dated one, in a plan of what is due.

    The licenses of a user are applied together, since a part of them may be a combination that
    nobody declared.

    Args:
        actions: the actions of the plan.
        planned_users: the users of the plan.
        calendar: says which day it is for whom.
        whole: what the files declare, with all dates.
    """
    dates: dict[str, list[DatedEvent]] = {}
    for planned in planned_users:
        user = whole.users.get(planned.declared_name or "", User())
        if not _is_start_due(user, planned, calendar.today(planned.site)):
            dates[planned.resource] = list(events(user))
    for action in actions:
        due = dates.get(action.resource, ())
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
        is_starting = bool(own) and _is_start_due(user, planned, today)
        for event in events(user):
            is_open = any(_does(action, event) for action in own) if event.type else is_starting
            if event.day < today and is_open:
                what = _TITLES[event.verb]
                message = f"The {what} of '{planned.name}' has been due since {event.day}."
                if event.type:
                    title = whole.catalog.title(event.type)
                    message = f"The {what} of {title} of '{planned.name}' has been due since"
                    message += f" {event.day}."
                span = whole.where("users", name, *event.path)
                yield warning(Code.OVERDUE, message, span, HOW_TO_APPLY_DUE)


def _does(action: Action, event: DatedEvent) -> bool:
    """Tell whether an action does what the date of a license asks for."""
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
            title = desired.catalog.pool_name(kind, country)
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


# --- offboarding and reactivation -----------------------------------------------------------------


def due_leavers(planned_users: Iterable[PlannedUser]) -> list[PlannedUser]:
    """Keep the users with a date that has come, and of their declaration only what is due."""
    return [
        replace(
            planned,
            name=planned.current_name or planned.name,
            declared={},
            wanted=[] if planned.reached >= Stage.UNASSIGNED else None,
            site=(planned.current or {}).get("site"),
        )
        for planned in planned_users
        if planned.reached and planned.current is not None
    ]


def overdue_stages(
    actions: Sequence[Action],
    planned_users: Iterable[PlannedUser],
    calendar: Calendar,
    users: Mapping[str, User],
) -> Iterator[Diagnostic]:
    """Warn of actions that were due before today.

    Args:
        actions: the actions of the plan.
        planned_users: the users of the plan.
        calendar: says which day it is.
        users: the declared users, by their names in the files.
    """
    to_do = {(action.resource, action.verb) for action in actions}
    for planned in planned_users:
        if not planned.reached:
            continue
        user = users.get(planned.declared_name or "", {})
        late = _first_overdue(planned, user, calendar, to_do)
        if late is not None:
            what, day = late
            message = f"The {what} of '{planned.name}' has been due since {day.isoformat()}."
            span = planned.where("users", planned.declared_name or planned.name, "offboard_on")
            yield warning(Code.OVERDUE, message, span, HOW_TO_APPLY_DUE)


def _first_overdue(
    planned: PlannedUser,
    user: User,
    calendar: Calendar,
    to_do: Collection[tuple[str, str]],
) -> tuple[str, date] | None:
    """Find the first overdue stage: its title and its day."""
    today = calendar.today(planned.site)
    for stage, day in stages(user, calendar.account):
        if day < today and stage <= planned.reached and (planned.resource, _VERBS[stage]) in to_do:
            return _STAGE_TITLES[stage], day
    return None


def reactivation_diagnostics(
    actions: Iterable[Action], planned_users: Iterable[PlannedUser]
) -> Iterator[Diagnostic]:
    """Warn of licenses for users who stay inactive: they are suspended as soon as assigned."""
    inactive = {
        p.resource: p
        for p in planned_users
        if p.current is not None and not p.was_active and not p.is_back
    }
    if not inactive:
        return
    types: dict[str, list[str]] = {}
    for action in actions:
        if action.kind == "license" and action.license is not None and action.resource in inactive:
            types.setdefault(action.resource, []).append(action.license.type)
    for resource, kinds in types.items():
        planned = inactive[resource]
        provider = (planned.current or {}).get("scim_provider")
        assigned = "it is" if len(kinds) == 1 else "they are"
        message = f"{planned.name} stays inactive, so {sentence(kinds)} will be suspended as soon "
        message += f"as {assigned} assigned."
        hint = (
            f"Activate the user in {provider}"
            if provider
            else "Write 'status: active' to reactivate the user"
        )
        yield warning(
            Code.REACTIVATION_MISSING, message, planned.source, f"{hint}, or remove the license."
        )
