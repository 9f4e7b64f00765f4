"""Dates in the files: what they ask for on one day, and on which later days they ask for more.

`on_day` resolves the dates of users and license entries. Everything else plans and checks what the
files ask for on that day, as if they had no dates but `offboard_on`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final, NamedTuple, cast

from licsync.diagnostics import Span
from licsync.model.declarations import LicenseEntry, User
from licsync.model.desired import Desired, SourceLookup
from licsync.model.inventory import Inventory
from licsync.planning.calendar import Calendar
from licsync.planning.resolver import Resolver

_BOUNDS: Final = ("from", "until")


class DatedEvent(NamedTuple):
    """What happens to a user on a day that the files name.

    Attributes:
        day: the first day on which a plan contains it.
        verb: the verb, as a plan names it.
        type: the license type; empty for the user itself.
        path: the path of the date, below the user.
    """

    day: date
    verb: str
    type: str
    path: tuple[str | int, ...]


def is_dated(user: User) -> bool:
    """Tell whether a user has a start or a dated license, which few users have."""
    if "start_on" in user:
        return True
    for entry in user.get("licenses") or ():  # noqa: SIM110 - `any` of this takes twice the time
        if "from" in entry or "until" in entry:
            return True
    return False


def users_with_dates(desired: Desired) -> list[str]:
    """List the users who start, leave, or get or lose a license on a day that the files name."""
    return [name for name, user in desired.users.items() if "offboard_on" in user or is_dated(user)]


def events(user: User) -> Iterator[DatedEvent]:
    """List the start of a user, and the first and last days of its licenses."""
    if "start_on" in user:
        yield DatedEvent(date.fromisoformat(user["start_on"]), "create", "", ("start_on",))
    for index, entry in enumerate(user.get("licenses") or ()):
        if "from" in entry:
            path = ("licenses", index, "from")
            yield DatedEvent(date.fromisoformat(entry["from"]), "assign", entry["type"], path)
        if "until" in entry:
            day = date.fromisoformat(entry["until"])
            path = ("licenses", index, "until")
            if day < date.max:
                yield DatedEvent(day + timedelta(days=1), "unassign", entry["type"], path)


def on_day(desired: Desired, inventory: Inventory, calendar: Calendar) -> Desired:
    """Return what the files ask for on a day. Without dates this is `desired` itself.

    A user who has not started yet is not declared. If the inventory has the user, it is declared
    without anything, and so left as it is. Of license entries, those of the day count.

    Args:
        desired: what the files declare.
        inventory: the inventory, for the sites of users.
        calendar: says which day it is for whom.
    """
    dated = [name for name, user in desired.users.items() if is_dated(user)]
    if not dated:
        return desired
    resolver = Resolver(desired, inventory)
    users: dict[str, User] = dict(desired.users)
    places: dict[str, Sequence[int]] = {}
    for name in dated:
        user, current_name = users[name], resolver.current_name(name, users[name])
        current = inventory.users.get(current_name or "", {})
        today = calendar.today(user.get("site", current.get("site")) or None)
        if not _has_started(user, today):
            del users[name]
            if current_name is not None:
                users[current_name] = User()
        else:
            users[name], places[name] = _today(user, today)
    return replace(desired, users=users, where=_original_places(desired.where, places))


def user_on(user: User, day: date) -> User | None:
    """Return what the files ask of a user on a day, without dates; None before the start."""
    return _today(user, day)[0] if _has_started(user, day) else None


def _has_started(user: User, day: date) -> bool:
    return date.fromisoformat(user.get("start_on", "0001-01-01")) <= day


def _today(user: User, today: date) -> tuple[User, Sequence[int]]:
    """Return a user without dates, and the positions in the file of its license entries."""
    found = cast(User, {key: value for key, value in user.items() if key != "start_on"})
    if not user.get("licenses"):
        return found, ()
    kept = [(i, entry) for i, entry in enumerate(user["licenses"]) if _holds(entry, today)]
    found["licenses"] = [_undated(entry) for _, entry in kept]
    return found, [index for index, _ in kept]


def _holds(entry: LicenseEntry, today: date) -> bool:
    day = today.isoformat()
    return entry.get("from", day) <= day <= entry.get("until", day)


def _undated(entry: LicenseEntry) -> LicenseEntry:
    return cast(LicenseEntry, {key: value for key, value in entry.items() if key not in _BOUNDS})


def _original_places(where: SourceLookup, places: Mapping[str, Sequence[int]]) -> SourceLookup:
    """Find license entries where they are in the file, before entries were left out."""

    def find(section: str, *path: str | int) -> Span | None:
        if section == "users" and len(path) > 2 and path[1] == "licenses" and path[0] in places:
            name, _, index, *rest = path
            return where(section, name, "licenses", places[str(name)][int(index)], *rest)
        return where(section, *path)

    return find


def later_days(desired: Desired, today: date) -> list[date]:
    """List the later days on which the files ask for something else than before."""
    dated = filter(is_dated, desired.users.values())
    days = {event.day for user in dated for event in events(user)}
    return sorted(day for day in days if day > today)
