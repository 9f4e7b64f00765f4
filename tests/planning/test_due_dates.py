"""On the way out: from a day inactive, then without licenses, then gone."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licsync.diagnostics import Code
from licsync.planning.calendar import Stage, stage
from tests.support.accounts import desired, inventory, unit, user
from tests.support.planning import NOW, labels, only, planned

DAY = date(2026, 11, 1)
STAGES = {"offboarding": {"unassign_after": "7d", "delete_after": "12w"}}


def at(age: int, account: dict[str, object] | None = None) -> Stage:
    return stage(
        {"offboard_on": DAY.isoformat()},
        STAGES if account is None else account,
        DAY + timedelta(age),
    )


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (-1, Stage.NONE), (0, Stage.INACTIVE), (6, Stage.INACTIVE), (7, Stage.UNASSIGNED),
        (83, Stage.UNASSIGNED), (84, Stage.DELETED), (1000, Stage.DELETED),
    ],
)  # fmt: skip
def test_each_stage_begins_on_its_day(age: int, expected: Stage) -> None:
    assert at(age) is expected


def test_without_rules_of_the_account_a_leaver_is_only_inactive() -> None:
    assert at(1000, {}) is Stage.INACTIVE


def test_a_stage_without_a_rule_is_skipped() -> None:
    assert at(6, {"offboarding": {"delete_after": "7d"}}) is Stage.INACTIVE
    assert at(7, {"offboarding": {"delete_after": "7d"}}) is Stage.DELETED
    assert at(90, {"offboarding": {"unassign_after": "0d"}}) is Stage.UNASSIGNED


def test_who_has_no_day_stays() -> None:
    assert stage({"offboard_on": None}, STAGES, DAY) is Stage.NONE
    assert stage({}, STAGES, DAY) is Stage.NONE


@given(st.integers(-10, 200), st.integers(0, 50))
def test_stages_only_go_forward(age: int, later: int) -> None:
    assert at(age + later) >= at(age)


# --- in the plan ----------------------------------------------------------------------------------


def leaving(age: int, **record: object) -> list[str]:
    there = inventory({"L1": unit("x2")}, {"ada": user({"L1": {"number": "1001"}})})
    leaver = {"offboard_on": DAY.isoformat(), "licenses": ["x2"], **record}
    now = datetime.combine(DAY + timedelta(age), NOW.timetz())
    return labels(planned(desired({"ada": leaver}, account=STAGES), there, now))


def test_before_the_day_nothing_happens() -> None:
    assert leaving(-1) == []


def test_on_the_day_the_user_is_suspended_and_keeps_the_license() -> None:
    assert leaving(0) == ["suspend users/ada"]


def test_after_the_first_term_the_licenses_go_back_before_the_user_is_suspended() -> None:
    assert leaving(7) == ["unassign users/ada", "suspend users/ada"]


def test_after_the_second_term_the_user_is_deleted_and_nothing_is_changed_first() -> None:
    output = {"job_title": "Gone", "site": "Seattle", "status": "active"}
    assert leaving(84, **output) == ["unassign users/ada", "delete users/ada"]
    assert leaving(84) == ["unassign users/ada", "delete users/ada"]


@pytest.mark.parametrize("status", ["active", "inactive"])
def test_a_deletion_counts_as_one(status: str) -> None:
    there = inventory({"L1": unit("x2")}, {"ada": user(["L1"], status=status)})
    account = {**STAGES, "limits": {"suspend": 0, "unassign": 1, "delete": 1}}
    plan = planned(desired({"ada": {"offboard_on": "2026-01-01"}}, account=account), there)
    assert plan.summary == {"user.delete": 1, "license.unassign": 1}
    assert [found.code for found in plan.diagnostics] == [Code.OVERDUE]
    (spare,) = plan.licenses
    assert (spare.assigned_after, spare.suspended, spare.unassigned_after) == (0, 0, 1)


def test_the_day_wins_over_a_declared_status() -> None:
    assert leaving(0, status="active") == ["suspend users/ada"]


def test_somebody_who_has_left_already_is_not_brought_in() -> None:
    new = {"offboard_on": DAY.isoformat(), "licenses": ["x2"]}
    assert planned(desired({"ada": new}), inventory({"L1": unit("x2")})).actions == []


def test_somebody_who_is_to_leave_later_is_brought_in() -> None:
    new = {"offboard_on": "2027-01-31", "site": "HQ", "licenses": ["x2"]}
    plan = planned(desired({"ada": new}), inventory({"L1": unit("x2")}))
    assert labels(plan) == ["create users/ada", "assign users/ada"]


@pytest.mark.parametrize(
    ("age", "verb", "why"),
    [
        (0, "suspend", "offboarding: inactive from 2026-11-01"),
        (7, "unassign", "offboarding: licenses back 7d after 2026-11-01"),
        (84, "delete", "offboarding: deleted 12w after 2026-11-01"),
    ],
)
def test_the_plan_says_which_stage_asks_for_it(age: int, verb: str, why: str) -> None:
    there = inventory({"L1": unit("x2")}, {"ada": user(["L1"])})
    now = datetime.combine(DAY + timedelta(age), NOW.timetz())
    plan = planned(desired({"ada": {"offboard_on": DAY.isoformat()}}, account=STAGES), there, now)
    assert only(plan, verb).why == why


def test_a_license_that_a_leaver_gives_back_serves_somebody_else_in_the_same_plan() -> None:
    there = inventory({"L1": unit("x2")}, {"ada": user(["L1"], status="inactive"), "bo": user()})
    wanted = {"ada": {"offboard_on": "2026-11-01"}, "bo": {"licenses": ["x2"]}}
    plan = planned(desired(wanted, account=STAGES), there)
    assert labels(plan) == ["unassign users/ada", "assign users/bo"]
    assert [*only(plan, "assign").needs] == [only(plan, "unassign").id]


def test_a_day_beyond_the_calendar_never_comes() -> None:
    assert stage({"offboard_on": "9999-12-30"}, STAGES, date.max) is Stage.INACTIVE
