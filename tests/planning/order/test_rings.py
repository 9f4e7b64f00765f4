"""Large rings are ordered without exhausting anything, and cut as few times as possible."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations
from random import Random

import pytest

from licsync.planning.actions import Action
from licsync.planning.order.ordering import order_actions
from tests.support.accounts import CATALOG
from tests.support.action_order import (
    check_form,
    execute,
    license_,
    number,
    order,
    phones,
    user,
)
from tests.support.call_counts import calls
from tests.support.samples import seeds

# --- large plans ----------------------------------------------------------------------------------


def changes_round(units: Sequence[int]) -> list[Action]:
    return [license_(f"u{i:05}", "change", f"L{i}", f"L{new}") for i, new in enumerate(units)]


def one_ring(users: int) -> list[Action]:
    return changes_round([(i + 1) % users for i in range(users)])


def swaps(users: int) -> list[Action]:
    return changes_round([i + 1 if i % 2 == 0 else i - 1 for i in range(users)])


@pytest.mark.slow
@pytest.mark.untraced
@pytest.mark.parametrize(
    ("make", "users", "rings"), [(one_ring, 20_000, 1), (swaps, 10_000, 5_000)]
)
def test_large_rings_are_ordered(
    make: Callable[[int], list[Action]], users: int, rings: int
) -> None:
    result = order_actions(make(users), CATALOG)
    assert sum(a.split for a in result) == len({a.ring for a in result}) == rings
    check_form(result)
    execute(result)


@pytest.mark.slow
@pytest.mark.parametrize("make", [one_ring, swaps])
def test_twice_as_many_users_are_twice_the_work(make: Callable[[int], list[Action]]) -> None:
    few, many = (make(users) for users in (1_000, 2_000))
    assert calls(lambda: order_actions(many, CATALOG)) < 2.1 * calls(
        lambda: order_actions(few, CATALOG)
    )


@pytest.mark.soak
@pytest.mark.untraced
def test_a_tangle_of_many_users_is_opened_without_exhausting_anything() -> None:
    random = Random(1)
    units, numbers = ([*random.sample(range(400), 400)] for _ in range(2))
    actions = [
        license_(f"u{i:05}", "change", f"L{i}", f"L{units[i]}", number(f"n{i}", f"n{numbers[i]}"))
        for i in range(400)
        if units[i] != i
    ]
    givers = {a.changes[0].before for a in actions}
    actions = [a if a.changes[0].after in givers else replace(a, changes=[]) for a in actions]
    execute(order_actions(actions, CATALOG))


# --- rings are cut as few times as possible -------------------------------------------------------


def exchange(count: int, edges: Sequence[tuple[int, int]]) -> list[Action]:
    """Users of whom each waits for phone numbers of others: an edge is who waits, and for whom."""
    return [
        user(
            f"u{i}",
            "update",
            phones(
                sorted(f"+1{a}{b}" for a, b in edges if b == i),
                sorted(f"+1{a}{b}" for a, b in edges if a == i),
                f"L{i}",
            ),
        )
        for i in range(count)
    ]


def fewest_cuts(count: int, edges: Sequence[tuple[int, int]]) -> int:
    """Try every choice of users who give up their numbers first."""

    def is_open(cut: Sequence[int]) -> bool:
        left = {(a, b) for a, b in edges if b not in cut}
        going = set(range(count))
        while free := {i for i in going if not any(a == i and b in going for a, b in left)}:
            going -= free
        return not going

    return next(
        size
        for size in range(count + 1)
        if any(is_open(cut) for cut in combinations(range(count), size))
    )


def test_a_ring_is_split_at_the_one_action_that_opens_it() -> None:
    actions = order(*exchange(3, [(0, 2), (1, 0), (1, 2), (2, 0), (2, 1)]))
    execute(actions)
    assert [a.name for a in actions if a.split] == ["u2"]


def test_where_no_fewer_will_do_the_ring_is_split_as_often_as_it_takes() -> None:
    everybody = [(a, b) for a in range(4) for b in range(4) if a != b]
    actions = order(*exchange(4, everybody))
    execute(actions)
    assert sum(a.split for a in actions) == 3


@pytest.mark.untraced
@seeds(20, soak=60)
def test_small_rings_are_split_as_few_times_as_possible(seed: int) -> None:
    rng = Random(seed)
    count = rng.randint(3, 7)
    drawn = {
        (rng.randrange(count), rng.randrange(count)) for _ in range(rng.randint(count, 2 * count))
    }
    edges = sorted((a, b) for a, b in drawn if a != b)
    actions = order(*exchange(count, edges))
    execute(actions)
    assert sum(a.split for a in actions) == fewest_cuts(count, edges)
