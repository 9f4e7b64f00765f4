"""Contracts of license pools renew on a day, and notice must be given before."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from licsync.diagnostics import Code
from licsync.planning.plan import Plan
from licsync.planning.validation.validate import check
from tests.support.accounts import desired, inventory
from tests.support.planning import NOW, planned

POOL = {"type": "x4", "country": "US", "renews_on": "2027-01-31", "notice": "30d"}


def plan_on(day: str, pool: dict[str, Any] = POOL, **options: Any) -> Plan:
    wanted = desired(pools=[{"type": "x2", "country": "US"}, pool])
    now = datetime.fromisoformat(f"{day}T12:00:00+00:00")
    return planned(wanted, inventory(), now, **options)


UNLESS = "warning: The licenses X4 · US renew on 2027-01-31, unless notice is given by 2027-01-01."


@pytest.mark.parametrize(
    ("day", "scheduled", "expected"),
    [
        ("2026-12-01", ["2027-01-01 notice x4:US", "2027-01-31 renew x4:US"], None),
        ("2026-12-02", ["2027-01-01 notice x4:US", "2027-01-31 renew x4:US"],
         UNLESS),
        ("2027-01-01", ["2027-01-01 notice x4:US", "2027-01-31 renew x4:US"],
         UNLESS),
        ("2027-01-02", ["2027-01-31 renew x4:US"],
         "info: The licenses X4 · US renew on 2027-01-31. Notice was possible until 2027-01-01."),
        ("2027-01-31", [],
         "info: The licenses X4 · US renew on 2027-01-31. Notice was possible until 2027-01-01."),
        ("2027-02-01", [], "warning: The licenses X4 · US renewed on 2027-01-31."),
    ],
)  # fmt: skip
def test_a_plan_reminds_of_notice_and_renewal(
    day: str, scheduled: list[str], expected: str | None
) -> None:
    plan = plan_on(day)
    assert [f"{s.day} {s.verb} {s.name}" for s in plan.scheduled] == scheduled
    found = [f"{d.severity}: {d.message}" for d in plan.diagnostics if d.code is Code.RENEWAL]
    assert found == ([expected] if expected else [])
    assert plan.actions == []


def test_without_notice_a_plan_reminds_of_the_renewal() -> None:
    pool = {"type": "x4", "country": "US", "renews_on": "2027-01-31"}
    assert not plan_on("2026-12-31", pool).diagnostics
    (output,) = plan_on("2027-01-01", pool).diagnostics
    assert output.message == "The licenses X4 · US renew on 2027-01-31."
    assert plan_on("2027-01-01", pool, targets=["users/ada"]).scheduled == []


def test_a_notice_longer_than_the_calendar_schedules_nothing() -> None:
    pool = {**POOL, "renews_on": "0001-01-02"}
    assert plan_on("2026-12-01", pool).scheduled == []


def test_a_notice_without_a_renewal_is_reported() -> None:
    wanted = desired(pools=[{"type": "x4", "country": "US", "notice": "30d"}])
    (output,) = check(wanted, inventory(), now=NOW)
    assert output.message == "'notice' has no effect without renews_on."
