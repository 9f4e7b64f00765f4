"""What dates ask of a plan: what is due, what is overdue, and what is scheduled for a later day."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

from licsync.diagnostics import Code, Diagnostic, warning
from licsync.planning.calendar import Calendar, Scheduled
from licsync.planning.offboarding import Stage, stages
from licsync.planning.plan import Action
from licsync.planning.users import Person

VERBS: Final = {Stage.INACTIVE: "suspend", Stage.UNASSIGNED: "unassign", Stage.DELETED: "delete"}
"""The verb by which a plan brings a user to each stage of offboarding."""

_CALLED: Final = {
    Stage.INACTIVE: "suspension",
    Stage.UNASSIGNED: "return of the licenses",
    Stage.DELETED: "deletion",
}


def only_due(persons: Iterable[Person]) -> list[Person]:
    """Reduce a plan to what dates ask for: users whose day has come, and nothing else that the files say of them."""
    return [
        replace(
            person,
            name=person.current_name or person.name,
            declared={},
            wanted=[] if person.reached >= Stage.UNASSIGNED else None,
            site=(person.current or {}).get("site"),
        )
        for person in persons
        if person.reached and person.current is not None
    ]


def scheduled(
    persons: Iterable[Person], users: Mapping[str, Mapping[str, Any]], account: Mapping[str, Any]
) -> list[Scheduled]:
    """List what later plans do because a day has come, by day.

    Args:
        persons: whom the plan is about.
        users: what the files declare of them, by the names of the files.
        account: the account, with its offboarding stages.
    """
    found = []
    for person in persons:
        user = users.get(person.declared_name or "", {})
        for stage, day in stages(user, account):
            if stage > person.reached and _is_needed(stage, person):
                source = person.where("users", person.declared_name or "", "offboard_on")
                found.append(Scheduled(day, person.resource, VERBS[stage], source))
    return sorted(found, key=lambda entry: (entry.day, entry.resource.casefold()))


def _is_needed(stage: Stage, person: Person) -> bool:
    """Tell whether a stage will find something to do, as far as this plan leads."""
    is_owned = bool((person.current or {}).get("scim_provider"))  # whose status is its provider's
    match stage:
        case Stage.INACTIVE:
            return person.status == "active" and not is_owned
        case Stage.UNASSIGNED:
            return bool(person.services if person.wanted is None else person.wanted)
        case _:
            return not is_owned or person.status == "inactive"


def overdue_diagnostics(
    actions: Sequence[Action],
    persons: Iterable[Person],
    calendar: Calendar,
    users: Mapping[str, Mapping[str, Any]],
) -> Iterator[Diagnostic]:
    """Warn of what should have been done on a day before today and still is to do.

    Args:
        actions: those of the plan.
        persons: whom the plan is about.
        calendar: tells which day it is.
        users: what the files declare, by the names of the files.
    """
    to_do = {(action.resource, action.verb) for action in actions}
    for person in persons:
        if not person.reached:
            continue
        user = users.get(person.declared_name or "", {})
        late = _late(person, user, calendar, to_do)
        if late is not None:
            what, day = late
            message = f"The {what} of '{person.name}' has been due since {day.isoformat()}."
            hint = (
                "To do what is due: licsync apply DIR --due. To have it done each day: docs/ci.md."
            )
            span = person.where("users", person.declared_name or person.name, "offboard_on")
            yield warning(Code.OVERDUE, message, span, hint)


def _late(
    person: Person,
    user: Mapping[str, Any],
    calendar: Calendar,
    to_do: Collection[tuple[str, str]],
) -> tuple[str, date] | None:
    """Find the first stage that is overdue: what it is called, and its day."""
    today = calendar.today(person.site)
    for stage, day in stages(user, calendar.account):
        if day < today and stage <= person.reached and (person.resource, VERBS[stage]) in to_do:
            return _CALLED[stage], day
    return None
