"""Users who leave or come back: actions that are due or overdue, and reactivation."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from licsync.diagnostics import Code, Diagnostic, warning
from licsync.model.declarations import User
from licsync.model.labels import sentence
from licsync.planning.actions import Action
from licsync.planning.calendar import Calendar, Stage, stages
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


def only_due(planned_users: Iterable[PlannedUser]) -> list[PlannedUser]:
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


def overdue_diagnostics(
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
    given: dict[str, list[str]] = {}
    for action in actions:
        if action.kind == "license" and action.license is not None and action.resource in inactive:
            given.setdefault(action.resource, []).append(action.license.type)
    for resource, kinds in given.items():
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
