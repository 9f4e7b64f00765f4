"""What operations were seen to take, averaged so that the newest count most and an odd one counts
little.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from licsync.model.throughput import (
    ENOUGH,
    REMEMBERED,
    ActionCost,
    OperationSample,
    OperationStats,
    Throughput,
)

PACE = Throughput(
    60,
    2,
    {"update": OperationStats(8, 0.3), "create": OperationStats(7, 0.1)},
    4,
    {"user.create": ActionCost(1)},
    ActionCost(2),
)
TIMES = st.lists(st.builds(OperationSample, st.floats(0, 300), st.floats(0, 20)), max_size=30)


def test_the_first_that_are_seen_are_averaged() -> None:
    assert OperationStats(0, 0).merged_with(
        [OperationSample(4, 1), OperationSample(8, 2)]
    ) == OperationStats(6, 1.5, 2)


def test_more_are_averaged_with_those_before_by_their_number() -> None:
    assert OperationStats(10, 1, 30).merged_with([OperationSample(20, 2)] * 10) == OperationStats(
        12.5, 1.25, 40
    )


def test_nothing_new_changes_nothing() -> None:
    assert OperationStats(10, 1, 30).merged_with([]) == OperationStats(10, 1, 30)


def test_old_times_are_forgotten() -> None:
    assert OperationStats(10, 1, REMEMBERED).merged_with(
        [OperationSample(20, 1)] * (REMEMBERED // 2)
    ) == OperationStats(15, 1, REMEMBERED)
    assert OperationStats(10, 1, REMEMBERED).merged_with(
        [OperationSample(20, 2)] * (REMEMBERED + 1)
    ) == OperationStats(20, 2, REMEMBERED)


def test_an_operation_without_an_end_counts_as_slow() -> None:
    assert OperationStats(0, 0).merged_with(
        [*[OperationSample(5, 1)] * 9, OperationSample(300, 1)]
    ) == OperationStats(6.5, 1, 10)


@given(TIMES, TIMES)
def test_an_average_is_among_what_was_seen(
    first: list[OperationSample], then: list[OperationSample]
) -> None:
    took = OperationStats(0, 0).merged_with(first).merged_with(then)
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
    few, enough = OperationStats(30, 1, ENOUGH - 1), OperationStats(30, 1, ENOUGH)
    assert PACE.with_observed({"update": few}) is PACE
    assert PACE.with_observed({"update": enough, "create": few}).operations == {
        "update": enough,
        "create": OperationStats(7, 0.1),
    }


def test_a_kind_that_an_older_version_knew_is_left_out() -> None:
    assert PACE.with_observed({"merge": OperationStats(30, 1, 100)}) is PACE


def test_without_measurements_default_times_apply() -> None:
    assert (PACE.cost_of("user", "create"), PACE.cost_of("user", "update")) == (
        ActionCost(1),
        ActionCost(2),
    )
