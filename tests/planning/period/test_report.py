"""The report of a period counts movements and says who pays."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from licsync.model.desired import Desired
from licsync.planning.costs import Costs
from licsync.planning.period.days import Period
from licsync.planning.period.month_costs import PeriodCosts
from licsync.planning.period.movements import Flow, Movement
from licsync.planning.period.report import DatedMovement, Origin, PeriodReport
from tests.support.accounts import desired

DAY = date(2026, 11, 5)


def movement(flow: Flow, user: str, identity: int) -> DatedMovement:
    moved = Movement(flow, "changed", user, "job_title", "a", "b", "", "", user, [])
    return DatedMovement(moved, DAY, DAY, f"{DAY}T09:00:00Z", Origin("outside"), identity=identity)


def report(wanted: Desired, *movements: DatedMovement) -> PeriodReport:
    return PeriodReport(
        desired=wanted,
        period=Period(DAY, DAY),
        now=datetime(2026, 11, 6, tzinfo=UTC),
        today=date(2026, 11, 6),
        as_of="2026-11-06T00:00:00Z",
        known_since=None,
        movements=movements,
        later=[],
        recorded={},
        costs=PeriodCosts([], Costs([], {}), Costs([], {})),
    )


@pytest.mark.parametrize(
    ("users", "payer"),
    [
        ({"ada": {"department": "Sales"}}, "department"),
        ({"ada": {}, "bo": {"cost_center": "4711"}}, "cost_center"),
    ],
)
def test_cost_centers_pay_if_the_files_have_any(users: Any, payer: str) -> None:
    assert report(desired(users)).payer == payer


def test_a_user_who_moved_twice_counts_once() -> None:
    first, second = movement("moved", "ada", 1), movement("moved", "ada.new", 1)
    other, came = movement("moved", "bo", 2), movement("came", "cy", 3)
    found = report(desired(), first, second, other, came)
    assert found.of("moved") == [first, second, other]
    assert (found.count("moved"), found.count("came"), found.count("left")) == (2, 1, 0)
