"""What the benchmark of a fleet says of the limits, against the budget of the simulator."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bench.fleet import least_by_limits
from licsync.config.catalog import load_catalog
from licsync.simulator.limits import Budget
from licsync.simulator.problems import Problem
from licsync.simulator.settings import Settings

BEGAN = datetime(2026, 11, 24, 9, tzinfo=UTC)


def seconds_of(requests: int) -> float:
    """Send requests to a key of the simulator as early as it takes them; gives how long it took."""
    budget, now = Budget(Settings(load_catalog())), BEGAN
    while requests:
        try:
            budget.spend(now)
            requests -= 1
        except Problem:
            now += timedelta(seconds=1)
    return (now - BEGAN).total_seconds()


@pytest.mark.parametrize("requests", [1, 20, 21, 100, 101, 121, 205])
def test_the_least_time_is_that_of_the_simulator(requests: int) -> None:
    assert least_by_limits([requests], 1) == seconds_of(requests)


def test_accounts_do_not_wait_for_the_limits_of_others_but_for_room() -> None:
    assert least_by_limits([7] * 200, 4) == 0
    assert least_by_limits([7, 101, 7], 2) == 60
    assert least_by_limits([101] * 10, 4) == 150
