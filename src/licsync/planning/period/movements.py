"""Who came, moved and left: what differs between the users of two states of an account.

Licenses that come and go by themselves with phone numbers are left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from licsync.model.catalog import Catalog
from licsync.model.inventory_document import InventoryUser
from licsync.model.license import Pool

Users = Mapping[str, InventoryUser | None]
"""Records of users by name; None for a user who does not exist."""

Flow = Literal["came", "moved", "left"]

FLOWS: tuple[Flow, ...] = get_args(Flow)

FIELDS = ("first_name", "last_name", "email", "job_title", "department", "site")
"""The fields of a user whose change is a move."""

Event = Literal[
    "created",
    "reactivated",
    "first license",
    "deleted",
    "suspended",
    "last license",
    "renamed",
    "changed",
    "upgrade",
    "downgrade",
    "license change",
    "license added",
    "license removed",
]


@dataclass(frozen=True, slots=True)
class Movement:
    """One thing that happened to a user.

    Attributes:
        flow: whether the user came, moved or left with it.
        event: what happened. `first license`: a user without one got it. `last license`: a user
            has none any more.
        user: the user name afterwards, or the last one.
        path: what differs: `exists`, `status`, `licenses`, `name`, or one of `FIELDS`.
        before: the value before; licenses are listed as `type:COUNTRY`.
        after: the value after.
        department: of the user afterwards, or at last.
        site: the same.
        person: first and last name, the same.
        licenses: the licenses, the same.
    """

    flow: Flow
    event: Event
    user: str
    path: str
    before: object
    after: object
    department: str
    site: str
    person: str
    licenses: list[str]


def movements(
    before: Users,
    after: Users,
    pools: Mapping[str, Pool],
    catalog: Catalog,
    renamed: Mapping[str, str] | None = None,
) -> list[Movement]:
    """List what happened to users between two states.

    Args:
        before: the users as they were. A user who is in one of both alone does not exist in the
            other.
        after: the users as they are.
        pools: type and country of the units, by id.
        catalog: the license types.
        renamed: new user names by earlier ones.
    """
    former = {new: old for old, new in (renamed or {}).items()}
    gone = {*former.values()}
    there = {name for name, user in after.items() if user is not None}
    found: list[Movement] = []
    for name in sorted(there | {name for name in before if name not in gone}):
        is_other = name in gone and name not in former  # the name was given to somebody new
        was = None if is_other else before.get(former.get(name, name))
        found += _of_user(name, former.get(name, name), was, after.get(name), pools, catalog)
    return found


def _of_user(
    name: str,
    former: str,
    was: InventoryUser | None,
    now: InventoryUser | None,
    pools: Mapping[str, Pool],
    catalog: Catalog,
) -> Iterator[Movement]:
    last = now or was or {}
    department, site = (str(last.get(key) or "") for key in ("department", "site"))
    person = " ".join(str(last[key]) for key in ("first_name", "last_name") if last.get(key))

    held = _licenses(was, pools, catalog)
    holds = _licenses(now, pools, catalog)
    about = department, site, person, _texts(held if now is None else holds)

    def made(flow: Flow, event: Event, path: str, before: object, after: object) -> Movement:
        return Movement(flow, event, name, path, before, after, *about)

    if was is None or now is None:
        if now is not None:
            yield made("came", "created", "exists", None, _texts(holds))
        elif was is not None:
            yield made("left", "deleted", "exists", _texts(held), None)
        return
    statuses = was.get("status", "active"), now.get("status", "active")
    if statuses == ("inactive", "active"):
        yield made("came", "reactivated", "status", *statuses)
    elif statuses == ("active", "inactive"):
        yield made("left", "suspended", "status", *statuses)
    if former != name:
        yield made("moved", "renamed", "name", former, name)
    for field in FIELDS:
        if (was.get(field) or None) != (now.get(field) or None):
            yield made("moved", "changed", field, was.get(field), now.get(field))
    for flow, event, gone, come in exchanged(held, holds, catalog):
        yield made(flow, event, "licenses", gone, come)


def _licenses(
    user: InventoryUser | None, pools: Mapping[str, Pool], catalog: Catalog
) -> Counter[Pool]:
    """Count the licenses of a user by type and country; those of unknown units have no country."""
    units = [service["license"] for service in (user or {}).get("services") or ()]
    held = (pools.get(unit, ("unknown", "")) for unit in units)
    return Counter(pool for pool in held if not catalog.is_automatic(pool[0]))


def exchanged(
    held: Counter[Pool], holds: Counter[Pool], catalog: Catalog
) -> Iterator[tuple[Flow, Event, list[str], list[str]]]:
    """List how the licenses of a user changed, with the licenses before and after, as text.

    Args:
        held: the licenses before, by type and country, without automatic ones.
        holds: the licenses after.
        catalog: the license types.
    """
    if not held and holds:
        yield "came", "first license", [], _texts(holds)
    elif held and not holds:
        yield "left", "last license", _texts(held), []
    else:
        for event, gone, come in _exchanges(held, holds, catalog):
            yield "moved", event, gone, come


def _exchanges(
    held: Counter[Pool], holds: Counter[Pool], catalog: Catalog
) -> Iterator[tuple[Event, list[str], list[str]]]:
    """Pair licenses that are gone with those that came instead, by what they are for."""
    come = sorted((holds - held).elements())
    events: Mapping[str, Event] = {
        "upgrade": "upgrade", "downgrade": "downgrade", "change": "license change",
    }  # fmt: skip
    for gone in sorted((held - holds).elements()):
        planes = catalog.planes(gone[0])
        instead = next((one for one in come if catalog.planes(one[0]) & planes), None)
        if instead is None:
            yield "license removed", _texts([gone]), []
        else:
            come.remove(instead)
            relation = catalog.relation(gone[0], instead[0])
            yield events[relation], _texts([gone]), _texts([instead])
    for one in come:
        yield "license added", [], _texts([one])


def _texts(pools: Counter[Pool] | list[Pool]) -> list[str]:
    elements = pools.elements() if isinstance(pools, Counter) else pools
    return sorted(f"{kind}:{country}" for kind, country in elements)


# --- who it was -----------------------------------------------------------------------------------


class Identities:
    """Follows users through renames, so that each counts once under all of its names."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._free = 0

    def of(self, name: str) -> int:
        """Give the number of the user who has a name now."""
        if name not in self._numbers:
            self._free += 1
            self._numbers[name] = self._free
        return self._numbers[name]

    def rename(self, renamed: Mapping[str, str]) -> None:
        """Take over new user names by earlier ones; those of one call happen at once."""
        numbers = {new: self.of(former) for former, new in renamed.items()}
        for former in renamed:
            del self._numbers[former]
        self._numbers |= numbers
