"""What must come before what: the dependencies between the actions of a plan.

A *firm* dependency can never be broken: a policy profile is created before a user gets it. A
*loose* one waits for a unit or number that another action gives up; a circle of loose ones is a
swap or a ring, which `ordering` opens by having one of its actions give up what it holds first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from licsync.model.catalog import Catalog
from licsync.model.declarations import KINDS, LicenseEntry
from licsync.model.fields import Ref, fields_with_marker
from licsync.model.inventory import UNIQUE, as_list
from licsync.planning.plan import Action

_FIRST, _REACTIVATE, _UPDATE, _LICENSE, _SUSPEND, _DELETE = range(6)
_USER_PHASES = {
    "create": _FIRST,
    "rename": _FIRST,
    "reactivate": _REACTIVATE,
    "update": _UPDATE,
    "suspend": _SUSPEND,
    "delete": _DELETE,
}
Thing = tuple[str, str]
"""What only one user has at a time: `unit`, `extension` or `phone-number`, and which."""

REFERENCES = {
    name: KINDS[ref.kind].section
    for declaration in (LicenseEntry, *(kind.declaration for kind in KINDS.values()))
    for name, ref in fields_with_marker(declaration, Ref).items()
    if ref.kind in KINDS
}
"""Path of a change to the section of what it refers to."""

NUMBERS = {f"extension.{name}": space for name, space in UNIQUE.items()}
"""Path of a change to the space of the numbers that it is about."""


@dataclass(slots=True)
class Dependencies:
    """For each action that waits, by position, the positions of those it waits for."""

    firm: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    loose: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))

    def of(self, waits: int) -> set[int]:
        """List what an action waits for, firmly or loosely."""
        firm, loose = self.firm.get(waits), self.loose.get(waits)
        return firm | loose if firm and loose else firm or loose or set()


def dependencies(actions: list[Action], catalog: Catalog) -> Dependencies:
    """Find the dependencies between actions."""
    result = Dependencies()
    given = [gives_up(action) for action in actions]
    for waits, first in _firm(actions, given, catalog):
        result.firm[waits].add(first)
    for waits, first in _loose(actions, given):
        if first not in result.firm.get(waits, ()):
            result.loose[waits].add(first)
    return result


def _firm(
    actions: list[Action], given: list[list[Thing]], catalog: Catalog
) -> Iterator[tuple[int, int]]:
    yield from _within_users(actions, catalog)
    yield from _relocated(actions, given)
    made = {a.resource: i for i, a in enumerate(actions) if a.verb == "create" and a.kind != "user"}
    gone = {a.resource: i for i, a in enumerate(actions) if a.verb == "delete" and a.kind != "user"}
    sites = {a.resource: i for i, a in enumerate(actions) if a.kind == "site"}
    moving: dict[str, list[int]] = defaultdict(list)
    for i in sites.values():
        for change in actions[i].changes:
            if change.path == "service_address":
                moving[change.after].append(i)
    for i, action in enumerate(actions):
        for change in action.changes:
            section = REFERENCES.get(change.path)
            if section and made.get(f"{section}/{change.after}", i) != i:
                yield i, made[f"{section}/{change.after}"]
            if section and gone.get(f"{section}/{change.before}", i) != i:
                yield gone[f"{section}/{change.before}"], i
            if change.path == "service_address" and action.resource.startswith("users/"):
                # a license goes to its user's site
                yield from ((i, site) for site in moving.get(change.after, ()))
        if action.follows in sites:
            yield i, sites[action.follows]


def _relocated(actions: list[Action], given: list[list[Thing]]) -> Iterator[tuple[int, int]]:
    """Let a unit be bound to another address once it is free to be, or before it is suspended with its user."""
    relocated = [i for i, action in enumerate(actions) if action.verb == "relocate"]
    if not relocated:
        return
    freed = {unit: i for i, a in enumerate(actions) if a.verb == "reactivate" for unit in a.units}
    freed |= {
        thing: i for i, things in enumerate(given) for space, thing in things if space == "unit"
    }
    frozen = {unit: i for i, a in enumerate(actions) if a.verb == "suspend" for unit in a.units}
    for i in relocated:
        if actions[i].name in freed:
            yield i, freed[actions[i].name]
        elif actions[i].name in frozen:
            yield frozen[actions[i].name], i


def _within_users(actions: list[Action], catalog: Catalog) -> Iterator[tuple[int, int]]:
    by_user: dict[str, list[int]] = defaultdict(list)
    for i, action in enumerate(actions):
        if action.resource.startswith("users/"):
            by_user[action.resource].append(i)
    for positions in by_user.values():
        others = [i for i in positions if not _is_add_on(actions[i], catalog)]
        for i in positions:
            # Add-ons do not wait for each other: a user may have any number of them.
            for j in positions if i in others else others:
                if i != j and _follows(actions[i], actions[j], catalog):
                    yield i, j


def _is_add_on(action: Action, catalog: Catalog) -> bool:
    return action.kind == "license" and not (
        action.license and catalog.is_single(action.license.type)
    )


def _follows(later: Action, earlier: Action, catalog: Catalog) -> bool:
    """Tell whether an action of a user waits for another one of the same user.

    An update by hand holds nothing up, except that a license is assigned at the site where the user
    will be.
    """
    if _is_by_hand(earlier):
        return later.verb == "assign" and _changes_site(earlier)
    if _is_by_hand(later):
        # a policy profile may have to be made by hand first, and makes no difference here
        if earlier.kind == "user":
            return _USER_PHASES[earlier.verb] <= _UPDATE and {c.path for c in earlier.changes} != {
                "policy"
            }
        return earlier.license is not None and any(
            c.license == earlier.license.id for c in later.changes
        )
    phase = _USER_PHASES[later.verb] if later.kind == "user" else _LICENSE
    before = _USER_PHASES[earlier.verb] if earlier.kind == "user" else _LICENSE
    if phase == before == _LICENSE:
        taken = catalog.planes(later.license.type) if later.license else frozenset()
        given = catalog.planes(earlier.origin.type) if earlier.origin else frozenset()
        moves_on = earlier.license is None or not given <= catalog.planes(earlier.license.type)
        return (
            moves_on
            and catalog.is_single(later.license.type if later.license else "")
            and bool(taken & given)
        )
    if phase == _LICENSE and before == _UPDATE:
        return later.license is not None and _changes_site(earlier)
    if phase == _UPDATE and before == _LICENSE:
        # to another PBX moves who holds nothing (PBXMOVE)
        return earlier.license is None and _changes_site(later)
    return before < phase


def _changes_site(action: Action) -> bool:
    return any(change.path == "site" for change in action.changes)


def _is_by_hand(action: Action) -> bool:
    return action.manual and action.label == "user.update"


def _loose(actions: list[Action], given: list[list[Thing]]) -> Iterator[tuple[int, int]]:
    giver: dict[Thing, int] = {}
    for i, things in enumerate(given):
        for thing in things:
            giver[thing] = i
    for i, action in enumerate(actions):
        for thing in takes(action):
            first = giver.get(thing, i)
            if first != i:
                yield i, first


def gives_up(action: Action) -> list[Thing]:
    """List the unit and the numbers that somebody else can have after the action."""
    found = [("unit", action.origin.id)] if action.origin and action.origin.id else []
    if action.verb == "reinstate":
        found.append(("unit", action.name))
    if action.changes:
        found += [("unit", ref.id) for ref in action.leaving_units if ref.id]
        found += [
            use
            for change in action.changes
            for use in _only(change.path, change.before, change.after)
        ]
    return found


def takes(action: Action) -> list[Thing]:
    """List the unit and the numbers that must be free before the action."""
    found = (
        [("unit", action.license.id)]
        if action.kind == "license" and action.license and action.license.id
        else []
    )
    if action.changes:
        found += [("unit", ref.id) for ref in action.arriving_units if ref.id]
        found += [
            use
            for change in action.changes
            for use in _only(change.path, change.after, change.before)
        ]
    return found


def _only(path: str, numbers: Any, others: Any) -> Iterator[Thing]:
    """List the numbers of a value that another value does not have, where the path is one of numbers."""
    space = NUMBERS.get(path)
    if space:
        yield from ((space, number) for number in as_list(numbers) if number not in as_list(others))
