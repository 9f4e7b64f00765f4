"""What operations were seen to take, averaged so that the newest count most and an odd one counts little."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from licsync.model.throughput import ENOUGH, REMEMBERED, Asked, Effort, Pace, Took

PACE = Pace(
    60,
    2,
    {"update": Took(8, 0.3), "create": Took(7, 0.1)},
    4,
    {"user.create": Effort(1)},
    Effort(2),
)
TIMES = st.lists(st.builds(Asked, st.floats(0, 300), st.floats(0, 20)), max_size=30)


def test_the_first_that_are_seen_are_averaged() -> None:
    assert Took(0, 0).and_then([Asked(4, 1), Asked(8, 2)]) == Took(6, 1.5, 2)


def test_more_are_averaged_with_those_before_by_their_number() -> None:
    assert Took(10, 1, 30).and_then([Asked(20, 2)] * 10) == Took(12.5, 1.25, 40)


def test_nothing_new_changes_nothing() -> None:
    assert Took(10, 1, 30).and_then([]) == Took(10, 1, 30)


def test_what_is_long_ago_is_forgotten() -> None:
    assert Took(10, 1, REMEMBERED).and_then([Asked(20, 1)] * (REMEMBERED // 2)) == Took(
        15, 1, REMEMBERED
    )
    assert Took(10, 1, REMEMBERED).and_then([Asked(20, 2)] * (REMEMBERED + 1)) == Took(
        20, 2, REMEMBERED
    )


def test_what_did_not_seem_to_end_counts_as_slow_and_no_more() -> None:
    assert Took(0, 0).and_then([*[Asked(5, 1)] * 9, Asked(300, 1)]) == Took(6.5, 1, 10)


@given(TIMES, TIMES)
def test_an_average_is_among_what_was_seen(first: list[Asked], then: list[Asked]) -> None:
    took = Took(0, 0).and_then(first).and_then(then)
    seen = [*first, *then]
    assert took.seen == len(seen)
    if seen:
        assert (
            min(a.seconds for a in seen) - 0.01
            <= took.seconds
            <= max(a.seconds for a in seen) + 0.01
        )
        assert (
            min(a.requests for a in seen) - 0.01
            <= took.requests
            <= max(a.requests for a in seen) + 0.01
        )


def test_a_pace_goes_by_what_was_seen_often_enough() -> None:
    few, enough = Took(30, 1, ENOUGH - 1), Took(30, 1, ENOUGH)
    assert PACE.as_seen({"update": few}) is PACE
    assert PACE.as_seen({"update": enough, "create": few}).operations == {
        "update": enough,
        "create": Took(7, 0.1),
    }


def test_a_kind_that_an_older_version_knew_is_left_out() -> None:
    assert PACE.as_seen({"merge": Took(30, 1, 100)}) is PACE


def test_what_was_not_measured_is_ordinary() -> None:
    assert (PACE.effort_of("user", "create"), PACE.effort_of("user", "update")) == (
        Effort(1),
        Effort(2),
    )
