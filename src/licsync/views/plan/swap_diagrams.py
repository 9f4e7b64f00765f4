"""Swaps and rings as small diagrams: who hands what to whom, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from licsync.model.catalog import Catalog
from licsync.model.inventory import as_list
from licsync.planning.actions import Action
from licsync.planning.plan import Plan
from licsync.views.plan.units import UnitNames

STEP = 96
"""Distance between two users, in units of the diagram."""

_UNIQUE = ("extension.number", "extension.phone_numbers")
MOST = 12
"""The largest ring that is drawn; larger rings are only listed."""


@dataclass(frozen=True, slots=True)
class Arc:
    """A unit or number that changes hands: the users (places in the diagram) and the arrow."""

    what: str
    giver: int
    taker: int
    curve: str
    head: str
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Ring:
    """One swap or ring: its users in execution order, and what changes hands.

    Attributes:
        name: its name in the plan.
        users: in the order of the plan.
        steps: what happens, in order.
        arcs: what changes hands, as arrows; empty if the ring is too large to draw.
        width: of the diagram.
        height: of the diagram.
        base: distance of the users from the top.
    """

    name: str
    users: list[str]
    steps: list[str]
    arcs: list[Arc]
    width: int
    height: int
    base: int


def draw_rings(plan: Plan, catalog: Catalog) -> list[Ring]:
    """Draw every swap and ring of a plan."""
    found: dict[str, list[Action]] = {}
    for action in plan.actions:
        if action.ring:
            found.setdefault(action.ring, []).append(action)
    units = UnitNames(plan, catalog)
    return [_ring(name, actions, units) for name, actions in found.items()]


def _ring(name: str, actions: list[Action], units: UnitNames) -> Ring:
    users = list(dict.fromkeys(action.name for action in actions))
    places = {user: place for place, user in enumerate(users)}
    givers = {what: places[action.name] for action in actions for what in _released(action)}
    received = [(places[action.name], what) for action in actions for what in _received(action)]
    pairs = [
        (givers[what], taker, what) for taker, what in received if givers.get(what, taker) != taker
    ]
    span = max((abs(giver - taker) for giver, taker, _ in pairs), default=1)
    base = 26 + 16 * span
    height = base + (26 + 16 * span if any(giver > taker for giver, taker, _ in pairs) else 18)
    drawn = pairs if len(users) <= MOST else []
    return Ring(
        name,
        users,
        list(_steps(actions, units)),
        [_arc(giver, taker, units.name(what), base) for giver, taker, what in drawn],
        STEP * len(users),
        height,
        base,
    )


def _steps(actions: Iterable[Action], units: UnitNames) -> Iterator[str]:
    opened = [action for action in actions if action.split]
    for action in opened:
        yield f"{action.name} releases {_list(_released(action), units)}"
    for action in actions:
        yield f"{action.name} receives {_list(_received(action), units)}"


def _list(things: Iterable[str], units: UnitNames) -> str:
    return ", ".join(map(units.name, things)) or "the declared values"


def _released(action: Action) -> list[str]:
    released = [action.origin.id] if action.origin and action.origin.id else []
    for change in action.changes:
        if change.path in _UNIQUE:
            kept = as_list(change.after)
            released += [number for number in as_list(change.before) if number not in kept]
    return released


def _received(action: Action) -> list[str]:
    unit = action.license if action.origin else None
    received = [unit.id] if unit and unit.id else []
    for change in action.changes:
        if change.path in _UNIQUE:
            had = as_list(change.before)
            received += [number for number in as_list(change.after) if number not in had]
    return received


def _arc(giver: int, taker: int, what: str, base: int) -> Arc:
    """Draw an arrow: above the users to the right, below them to the left, higher if longer."""
    sign = -1 if giver < taker else 1
    start, end = STEP // 2 + giver * STEP, STEP // 2 + taker * STEP
    far, shift = abs(giver - taker), -sign * 4
    edge, top = base + sign * 14, base + sign * (22 + 24 * far)
    x, y = end - shift, edge + sign * 7
    curve = f"M{start + shift} {edge}C{start + shift} {top} {x} {top} {x} {y}"
    head = f"M{x - 4} {y}L{x} {edge}L{x + 4} {y}z"
    return Arc(
        what,
        giver,
        taker,
        curve,
        head,
        (start + end) // 2,
        base + sign * (20 + 18 * far) + (3 if sign > 0 else -1),
    )
