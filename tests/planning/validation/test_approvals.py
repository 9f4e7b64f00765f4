"""Approvals of the files: what they raise, until when, and what is wrong with one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from licsync.diagnostics import Severity
from licsync.planning.guardrails import granted_approvals, granted_limits
from licsync.planning.plan import Plan
from licsync.planning.validation.validate import check
from tests.support.accounts import desired, inventory, user
from tests.support.planning import NOW, planned, staff

UNTIL = {"reason": "the move", "expires": "2026-12-31"}


def suspending(count: int, *approvals: dict[str, Any], **more: Any) -> Plan:
    users = {f"u{i:03}": {"status": "inactive"} for i in range(count)}
    limits = {"limits": {"suspend": 2}}
    return planned(desired(users, account=limits, approvals=list(approvals)), staff(20), **more)


def outcomes(plan: Plan) -> list[tuple[str, str]]:
    return [
        (d.severity, d.code) for d in plan.diagnostics if d.code in ("approved", "limit-exceeded")
    ]


def test_an_approval_raises_a_limit_and_is_shown_and_recorded() -> None:
    approval = {"verb": "suspend", "count": 5, **UNTIL}
    plan = suspending(5, approval)
    assert outcomes(plan) == [(Severity.INFO, "approved")]
    assert plan.approvals == [approval]
    (remark,) = (d for d in plan.diagnostics if d.code == "approved")
    assert remark.message == (
        "The plan would suspend 5; the limit is 2. 5 are approved until 2026-12-31: the move"
    )
    assert Plan.from_json(plan.to_json()).to_json() == plan.to_json()


@pytest.mark.parametrize(
    "approval",
    [
        {"verb": "suspend", "count": 4, **UNTIL},
        {"verb": "delete", "count": 9, **UNTIL},
        {"verb": "suspend", "count": 9, "reason": "x", "expires": "2026-11-23"},
        {"rule": "suspend", "count": 9, **UNTIL},
    ],
)
def test_an_approval_of_less_of_another_or_of_yesterday_raises_nothing(
    approval: dict[str, Any],
) -> None:
    plan = suspending(5, approval)
    assert outcomes(plan) == [(Severity.ERROR, "limit-exceeded")]
    assert plan.approvals == []


def test_an_approval_holds_on_its_last_day_and_the_first_that_fits_is_used() -> None:
    last = {"verb": "suspend", "count": 5, "reason": "today", "expires": "2026-11-24"}
    plan = suspending(5, {"verb": "suspend", "count": 1, **UNTIL}, last)
    assert plan.approvals == [last]
    assert plan.expires_at == "2026-11-24T23:59:59Z", "a saved plan does not outlive its approval"


def test_an_approval_that_is_not_needed_is_not_shown() -> None:
    assert outcomes(suspending(2, {"verb": "suspend", "count": 5, **UNTIL})) == []


def test_what_a_run_allows_comes_before_what_the_files_approve() -> None:
    approval = {"verb": "suspend", "count": 9, **UNTIL}
    assert outcomes(suspending(5, approval, allow={"suspend": 3})) == [
        (Severity.ERROR, "limit-exceeded")
    ]


@pytest.mark.parametrize(
    ("approval", "says"),
    [
        ({"count": 1}, "either a verb"),
        ({"rule": "known", "verb": "delete", "count": 1}, "either a verb"),
        ({"rule": "knwon", "count": 1}, "which no file declares"),
        ({"rule": "known", "count": 1}, ""),
        ({"verb": "delete", "count": 1}, ""),
    ],
)
def test_an_approval_is_of_a_verb_or_of_a_rule(approval: dict[str, Any], says: str) -> None:
    wanted = desired(approvals=[approval | UNTIL], rules={"known": {}})
    found = [d.message for d in check(wanted, None, now=NOW)]
    assert len(found) == bool(says)
    assert all(says in message for message in found)


@pytest.mark.parametrize(
    ("allow", "is_noted"), [({}, False), ({"suspend": 5}, True), ({"unassign": 5}, False)]
)
def test_what_the_files_would_have_refused_is_noted_with_the_plan(
    allow: dict[str, int], is_noted: bool
) -> None:
    wanted = desired(
        {f"u{i}": {"status": "inactive"} for i in range(5)}, account={"limits": {"suspend": 2}}
    )
    plan = planned(wanted, inventory({}, {f"u{i}": user() for i in range(5)}), allow=allow)
    noted = list(granted_approvals(plan, wanted, allow, NOW.date()))
    assert noted == (
        [{"verb": "suspend", "count": 5, "reason": "--allow suspend=5"}] if is_noted else []
    )
    assert granted_limits(replace(plan, approvals=[*plan.approvals, *noted])) == (
        allow if is_noted else {}
    )
