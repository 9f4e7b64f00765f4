"""Bulk edits: equal changes are grouped so that nobody could do them with fewer clicks."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licsync.model.throughput import CONSOLE_EFFORT, ConsoleEffort
from licsync.planning.work_order.grouping import (
    BulkGroup,
    Setting,
    Settings,
    fewest_clicks,
)
from tests.support.samples import examples

SALES = Setting("department", '"Sales"')
OPS = Setting("department", '"Ops"')
STRICT = Setting("policy", '"Strict"')
CLERK = Setting("job_title", '"Clerk"')
HQ = Setting("site", '"HQ"', only_in_bulk=True)

SMALL = st.dictionaries(
    st.sampled_from("abcde"),
    st.frozensets(st.sampled_from([SALES, STRICT, CLERK, HQ]), min_size=1, max_size=3),
    max_size=5,
)


def clicks_of(
    wanted: dict[str, Settings],
    visited: Collection[str],
    groups: Sequence[BulkGroup],
    effort: ConsoleEffort = CONSOLE_EFFORT,
) -> int:
    """Count the clicks of bulk edits and of what they leave, names ticked."""
    left, total = dict(wanted), 0
    for settings, users in groups:
        total += effort.bulk_edit.clicks + effort.bulk_field.clicks * len(settings)
        total += effort.tick.clicks * len(users)
        left |= {name: left[name] - settings for name in users}
    for name, settings in left.items():
        if any(setting.only_in_bulk for setting in settings):
            return 10**9
        total += effort.field.clicks * len(settings)
        total += effort.visit.clicks if settings and name not in visited else 0
    return total


def least(
    wanted: dict[str, Settings], visited: set[str], *, from_: int = 0, best: int = 10**9
) -> int:
    """Count the clicks of the best grouping: try every bulk edit, for every set of users."""
    every = sorted({setting for settings in wanted.values() for setting in settings})
    edits = [
        (frozenset(chosen), users)
        for size in range(1, len(every) + 1)
        for chosen in combinations(every, size)
        for users in _sets_of_users(wanted, frozenset(chosen))
    ]

    def search(place: int, left: dict[str, Settings], spent: int, best: int) -> int:
        pages = clicks_of(left, visited, [])
        best = min(best, spent + pages)
        if spent + 7 >= best:  # no bulk edit takes fewer
            return best
        for number in range(place, len(edits)):
            settings, users = edits[number]
            if all(settings <= left[name] for name in users):
                rest = left | {name: left[name] - settings for name in users}
                cost = 4 + 2 * len(settings) + len(users)
                best = search(number + 1, rest, spent + cost, best)
        return best

    return search(0, wanted, 0, best)


def _sets_of_users(wanted: dict[str, Settings], chosen: Settings) -> Iterator[tuple[str, ...]]:
    able = sorted(name for name, settings in wanted.items() if chosen <= settings)
    least_users = 1 if any(setting.only_in_bulk for setting in chosen) else 2
    for size in range(least_users, len(able) + 1):
        yield from combinations(able, size)


@examples(120)
@given(SMALL, st.frozensets(st.sampled_from("abcde")))
def test_no_grouping_of_a_small_plan_takes_fewer_clicks(
    wanted: dict[str, Settings], visited: frozenset[str]
) -> None:
    groups = fewest_clicks(wanted, visited, CONSOLE_EFFORT)
    clicks = clicks_of(wanted, visited, groups)
    assert clicks == least(wanted, {*visited})


@examples(60)
@given(SMALL)
def test_each_value_is_set_once_and_nothing_else(wanted: dict[str, Settings]) -> None:
    left = {name: set(settings) for name, settings in wanted.items()}
    for settings, users in fewest_clicks(wanted, (), CONSOLE_EFFORT):
        for name in users:
            assert settings <= left[name]
            left[name] -= settings
    assert not any(setting.only_in_bulk for settings in left.values() for setting in settings)


def both(*names: str) -> dict[str, Settings]:
    return {name: frozenset((SALES, STRICT)) for name in names}


@pytest.mark.parametrize(
    ("wanted", "visited", "groups"),
    [
        ({}, (), []),
        ({"a": {SALES}}, (), []),
        ({"a": {SALES}, "b": {SALES}}, (), []),  # two pages: 8 clicks, as many as one bulk edit
        ({n: {SALES} for n in "abc"}, (), [BulkGroup(frozenset((SALES,)), ("a", "b", "c"))]),
        ({n: {SALES} for n in "abc"}, "abc", []),  # their pages are opened anyway
        ({"a": {HQ}}, (), [BulkGroup(frozenset((HQ,)), ("a",))]),
        ({"a": {HQ, SALES}}, (), [BulkGroup(frozenset((HQ, SALES)), ("a",))]),
        (both("a", "b", "c"), (), [BulkGroup(frozenset((SALES, STRICT)), ("a", "b", "c"))]),
        (
            {**both("a", "b", "c"), "x": {OPS}, "y": {OPS}, "z": {OPS}},
            (),
            [
                BulkGroup(frozenset((OPS,)), ("x", "y", "z")),
                BulkGroup(frozenset((SALES, STRICT)), ("a", "b", "c")),
            ],
        ),
    ],
)
def test_equal_changes_are_grouped(
    wanted: dict[str, set[Setting]], visited: str, groups: list[BulkGroup]
) -> None:
    frozen = {name: frozenset(settings) for name, settings in wanted.items()}
    assert fewest_clicks(frozen, {*visited}, CONSOLE_EFFORT) == groups


def test_many_values_of_one_user_are_grouped_too() -> None:
    many = frozenset(Setting(f"f{n}", "1") for n in range(9))
    assert [g.users for g in fewest_clicks(dict.fromkeys("abc", many), (), CONSOLE_EFFORT)] == [
        ("a", "b", "c")
    ]


def test_a_large_plan_is_grouped_without_trying_everything() -> None:
    wanted = {
        f"u{n}": frozenset((Setting("department", str(n % 20)), Setting("policy", str(n % 7))))
        for n in range(300)
    }
    groups = fewest_clicks(wanted, (), CONSOLE_EFFORT)
    assert clicks_of(wanted, (), groups) < clicks_of(wanted, (), [])
