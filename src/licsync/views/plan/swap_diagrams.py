"""Swaps and rings as small pictures: who hands what to whom, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from licsync.model.inventory import as_list
from licsync.planning.plan import Action, Plan

STEP = 96
"""Distance between two users, in units of the picture."""

_UNIQUE = ("extension.number", "extension.phone_numbers")
MOST = 12
"""The largest ring that is drawn; a larger one is only listed."""


@dataclass(frozen=True, slots=True)
class Arc:
    """Something that is handed on: what, from whom to whom (places in the picture), and how it is drawn."""

    what: str
    giver: int
    taker: int
    curve: str
    head: str
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Ring:
    """One swap or ring: its users in the order in which they get what they ask for, and what goes where.

    Attributes:
        name: its name in the plan.
        users: in the order of the plan.
        steps: what happens, in order.
        arcs: what is handed on, as arrows; none where the ring is too large to be drawn.
        width: of the picture.
        height: of the picture.
        base: how far down the users stand.
    """

    name: str
    users: list[str]
    steps: list[str]
    arcs: list[Arc]
    width: int
    height: int
    base: int


def draw_rings(plan: Plan) -> list[Ring]:
    """Draw every swap and ring of a plan."""
    found: dict[str, list[Action]] = {}
    for action in plan.actions:
        if action.ring:
            found.setdefault(action.ring, []).append(action)
    return [_ring(name, actions) for name, actions in found.items()]


def _ring(name: str, actions: list[Action]) -> Ring:
    users = list(dict.fromkeys(action.name for action in actions))
    places = {user: place for place, user in enumerate(users)}
    givers = {what: places[action.name] for action in actions for what in _given_up(action)}
    pairs = [
        (givers[what], places[action.name], what)
        for action in actions
        for what in _taken(action)
        if givers.get(what, places[action.name]) != places[action.name]
    ]
    span = max((abs(giver - taker) for giver, taker, _ in pairs), default=1)
    base = 26 + 16 * span
    height = base + (26 + 16 * span if any(giver > taker for giver, taker, _ in pairs) else 18)
    drawn = pairs if len(users) <= MOST else []
    return Ring(
        name,
        users,
        list(_steps(actions)),
        [_arc(*pair, base) for pair in drawn],
        STEP * len(users),
        height,
        base,
    )


def _steps(actions: Iterable[Action]) -> Iterator[str]:
    opened = [action for action in actions if action.split]
    for action in opened:
        yield f"{action.name} gives up {_list(_given_up(action))}"
    for action in actions:
        yield f"{action.name} gets {_list(_taken(action))}"


def _list(things: Iterable[str]) -> str:
    return ", ".join(things) or "what it asks for"


def _given_up(action: Action) -> list[str]:
    numbers = [
        number
        for c in action.changes
        if c.path in _UNIQUE
        for number in as_list(c.before)
        if number not in as_list(c.after)
    ]
    return ([action.origin.id] if action.origin and action.origin.id else []) + numbers


def _taken(action: Action) -> list[str]:
    numbers = [
        number
        for c in action.changes
        if c.path in _UNIQUE
        for number in as_list(c.after)
        if number not in as_list(c.before)
    ]
    return (
        [action.license.id] if action.origin and action.license and action.license.id else []
    ) + numbers


def _arc(giver: int, taker: int, what: str, base: int) -> Arc:
    """Draw an arrow: to the right above the users, to the left below them, the higher the farther it goes."""
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
