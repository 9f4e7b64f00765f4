"""Actions to be ordered, and what an order of actions must hold."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from licsync.planning.actions import Action, Change, UnitRef
from licsync.planning.order.dependencies import released_by, required_by
from licsync.planning.order.ordering import order_actions
from tests.support.accounts import CATALOG


def ref(unit: str, kind: str = "x2") -> UnitRef:
    return UnitRef(unit, kind, "US")


def user(name: str, verb: str, *changes: Change, units: Sequence[str] = ()) -> Action:
    return Action("user", verb, f"users/{name}", changes=list(changes), units=list(units))


def license_(
    name: str, verb: str, old: str | None, new: str | None, *changes: Change, kind: str = "x2"
) -> Action:
    old_ref, new_ref = (ref(unit, kind) if unit else None for unit in (old, new))
    return Action("license", verb, f"users/{name}", new_ref, old_ref, list(changes))


def number(before: str | None, after: str | None, unit: str | None = None) -> Change:
    return Change("extension.number", before, after, license=unit)


def phones(before: list[str] | None, after: list[str] | None, unit: str | None = None) -> Change:
    return Change("extension.phone_numbers", before, after, license=unit)


def order(*actions: Action) -> list[Action]:
    return order_actions(actions, CATALOG)


def execute(actions: Sequence[Action]) -> None:
    """Do the actions as the engine does, and see that whatever an action takes is free by then."""
    occupied = {
        asset for action in actions for asset in released_by(action) if action.verb != "reinstate"
    }
    done: set[str] = set()
    for _, members in groupby(actions, key=lambda a: a.ring or a.id):
        group = list(members)
        occupied -= {asset for action in group if action.split for asset in released_by(action)}
        for action in group:
            assert set(action.needs) <= done, action
            own = set(released_by(action)) if not action.split else set()
            wanted = set(required_by(action)) - own
            assert not wanted & occupied, action
            occupied -= own
            occupied |= wanted
            done.add(action.id)


def check_form(actions: Sequence[Action]) -> None:
    """See that ids count, rings stand together and are split, and needs point upwards and out of
    the ring.
    """
    assert [a.id for a in actions] == [f"a{i}" for i in range(1, len(actions) + 1)]
    ring_of = {a.id: a.ring for a in actions}
    runs = [ring for ring, _ in groupby(a.ring for a in actions) if ring]
    assert len(runs) == len(set(runs))
    for action in actions:
        assert all(int(need[1:]) < int(action.id[1:]) for need in action.needs)
        assert action.ring is None or all(ring_of[need] != action.ring for need in action.needs)
    for ring in runs:
        members = [a for a in actions if a.ring == ring]
        assert len(members) > 1
        assert any(a.split for a in members)
    assert not any(a.split for a in actions if a.ring is None)
