"""The dependencies between the actions of a plan: which action comes before which.

A *firm* dependency always holds: a policy profile is created before a user gets it. A *loose* one
waits for a unit or number that another action releases. A circle of loose dependencies is a swap or
a ring: `ordering` opens it by splitting one action, which releases first and receives later.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain

from msgspec import Struct, field

from licsync.model.catalog import Catalog
from licsync.model.declarations import KINDS, LicenseEntry
from licsync.model.fields import Ref, fields_with_marker
from licsync.model.inventory import UNIQUE, as_list
from licsync.planning.actions import Action
from licsync.planning.user_effects import units_given, units_taken

_FIRST, _REACTIVATE, _UPDATE, _LICENSE, _SUSPEND, _DELETE = range(6)
_USER_PHASES = {
    "create": _FIRST,
    "rename": _FIRST,
    "reactivate": _REACTIVATE,
    "update": _UPDATE,
    "suspend": _SUSPEND,
    "delete": _DELETE,
}
Asset = tuple[str, str]
"""What one user holds at a time: its kind (`unit`, `extension`, `phone-number`), and its id."""

_REFERRING = (LicenseEntry, *(kind.declaration for kind in KINDS.values()))
_REFS = chain.from_iterable(fields_with_marker(each, Ref).items() for each in _REFERRING)

REFERENCES = {name: KINDS[ref.kind].section for name, ref in _REFS if ref.kind in KINDS}
"""Path of a change to the section of the resource that it refers to."""

NUMBERS = {f"extension.{name}": space for name, space in UNIQUE.items()}
"""Path of a change of numbers to their kind: `extension` or `phone-number`."""


class Dependencies(Struct):
    """For each waiting action, by position, the positions of the actions it waits for."""

    firm: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    loose: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))

    def of(self, waits: int) -> set[int]:
        """Return the positions of all actions that an action waits for."""
        firm, loose = self.firm.get(waits), self.loose.get(waits)
        return firm | loose if firm and loose else firm or loose or set()


def dependencies(actions: list[Action], catalog: Catalog) -> Dependencies:
    """Find the dependencies between actions."""
    result = Dependencies()
    released = [released_by(action) for action in actions]
    for waits, first in _firm(actions, released, catalog):
        result.firm[waits].add(first)
    for waits, first in _loose(actions, released):
        if first not in result.firm.get(waits, ()):
            result.loose[waits].add(first)
    return result


def _firm(
    actions: list[Action], released: list[list[Asset]], catalog: Catalog
) -> Iterator[tuple[int, int]]:
    yield from _within_users(actions, catalog)
    yield from _relocated(actions, released)
    made: dict[str, int] = {}
    gone: dict[str, int] = {}
    for i, action in enumerate(actions):
        if action.kind != "user" and action.verb in ("create", "delete"):
            (made if action.verb == "create" else gone)[action.resource] = i
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


def _relocated(actions: list[Action], released: list[list[Asset]]) -> Iterator[tuple[int, int]]:
    """Bind a unit to another address while the console edits it.

    That is after its user is reactivated or releases it, and before its user is suspended. A unit
    that follows its site by itself is bound when the site is updated.
    """
    bound: list[tuple[int, str]] = []
    for i, action in enumerate(actions):
        if action.kind == "site":
            bound += ((i, unit) for unit in action.units)
        elif action.verb == "relocate":
            bound.append((i, action.name))
    if not bound:
        return
    freed: dict[str, int] = {}
    frozen: dict[str, int] = {}
    for i, action in enumerate(actions):
        if action.verb in ("reactivate", "suspend"):
            by_unit = freed if action.verb == "reactivate" else frozen
            by_unit |= dict.fromkeys(action.units, i)
    for i, assets in enumerate(released):
        freed |= {asset: i for space, asset in assets if space == "unit"}
    for i, unit in bound:
        if unit in freed:
            yield i, freed[unit]
        elif unit in frozen:
            yield frozen[unit], i


def _within_users(actions: list[Action], catalog: Catalog) -> Iterator[tuple[int, int]]:
    by_user: dict[str, list[int]] = defaultdict(list)
    for i, action in enumerate(actions):
        if action.resource.startswith("users/"):
            by_user[action.resource].append(i)
    for positions in by_user.values():
        others = [i for i in positions if not _is_add_on(actions[i], catalog)]
        for i in positions:
            # add-ons do not wait for each other: a user may have any number of them
            for j in positions if i in others else others:
                if i != j and _follows(actions[i], actions[j], catalog):
                    yield i, j


def _is_add_on(action: Action, catalog: Catalog) -> bool:
    return action.kind == "license" and not (
        action.license and catalog.is_single(action.license.type)
    )


def _follows(later: Action, earlier: Action, catalog: Catalog) -> bool:
    """Tell whether an action of a user waits for another action of the same user.

    A manual update blocks nothing, except that a license is assigned at the new site of its user,
    and that people deactivate a user last: the console does not let them edit a deactivated one.
    """
    if _is_by_hand(earlier):
        if later.manual and later.verb == "suspend":
            return True
        return later.verb == "assign" and _changes_site(earlier)
    if _is_by_hand(later):
        # a policy profile may need a manual step first, and does not affect other settings
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
        needed = catalog.planes(later.license.type) if later.license else frozenset()
        freed = catalog.planes(earlier.origin.type) if earlier.origin else frozenset()
        moves_on = earlier.license is None or not freed <= catalog.planes(earlier.license.type)
        return (
            moves_on
            and catalog.is_single(later.license.type if later.license else "")
            and bool(needed & freed)
        )
    if phase == _LICENSE and before == _UPDATE:
        return later.license is not None and _changes_site(earlier)
    if phase == _UPDATE and before == _LICENSE:
        # only a user without licenses moves to another PBX (PBXMOVE)
        return earlier.license is None and _changes_site(later)
    return before < phase


def _changes_site(action: Action) -> bool:
    return any(change.path == "site" for change in action.changes)


def _is_by_hand(action: Action) -> bool:
    return action.manual and action.label == "user.update"


def _loose(actions: list[Action], released: list[list[Asset]]) -> Iterator[tuple[int, int]]:
    releases: dict[Asset, int] = {}
    for i, assets in enumerate(released):
        for asset in assets:
            releases[asset] = i
    for i, action in enumerate(actions):
        for asset in required_by(action):
            first = releases.get(asset, i)
            if first != i:
                yield i, first


def released_by(action: Action) -> list[Asset]:
    """List the unit and the numbers that an action releases for other users."""
    found = [("unit", ref.id) for ref in units_taken(action) if ref.id]
    if action.verb == "reinstate":
        found.append(("unit", action.name))
    if action.changes:
        found += [
            use
            for change in action.changes
            for use in _only(change.path, change.before, change.after)
        ]
    return found


def required_by(action: Action) -> list[Asset]:
    """List the unit and the numbers that must be free before an action."""
    found = [("unit", ref.id) for ref in units_given(action) if ref.id]
    if action.changes:
        found += [
            use
            for change in action.changes
            for use in _only(change.path, change.after, change.before)
        ]
    return found


def _only(
    path: str, numbers: str | list[str] | None, others: str | list[str] | None
) -> Iterator[Asset]:
    """List the numbers of one value that the other lacks; none if the path is not of numbers."""
    space = NUMBERS.get(path)
    if space:
        yield from ((space, number) for number in as_list(numbers) if number not in as_list(others))
