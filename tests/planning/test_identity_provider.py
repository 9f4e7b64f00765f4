"""What an identity provider owns of a user is left to it: names, e-mail, status, and what else it
writes.
"""

from __future__ import annotations

from typing import Any

import pytest

from licsync.diagnostics import Severity
from licsync.planning.plan import Plan
from tests.support.accounts import desired, inventory, unit, user
from tests.support.planning import changed, labels, planned


def of_provider(
    wish: dict[str, Any] | None,
    name: str = "ada",
    account: dict[str, Any] | None = None,
    **record: Any,
) -> Plan:
    there = inventory(
        {"L1": unit(), "L2": unit("x4")}, {"ada": user(["L1"], scim_provider="okta", **record)}
    )
    users = {} if wish is None else {name: wish}
    return planned(desired(users, account=account or {}), there)


@pytest.mark.parametrize(
    ("wish", "what"),
    [
        ({"first_name": "Ada"}, "first name"),
        ({"email": "ada@acme.example", "last_name": "Lopez"}, "last name and e-mail"),
        ({"status": "inactive"}, "status"),
        (
            {"department": "Ops", "job_title": "Lead", "timezone": "Europe/London"},
            "job title, department and time zone",
        ),
    ],
)
def test_no_action_changes_it_and_a_warning_says_so(wish: dict[str, Any], what: str) -> None:
    plan = of_provider(wish)
    assert plan.actions == []
    (warning,) = plan.diagnostics
    assert (warning.code, warning.severity) == ("identity-provider", Severity.WARNING)
    assert (
        warning.message
        == f"ada is provisioned by okta, which controls {what}; the plan leaves it unchanged."
    )
    assert warning.hint == "Change it in okta, or remove it from the files."


def test_equal_values_of_the_identity_provider_are_not_listed() -> None:
    plan = of_provider(
        {"first_name": "Ada", "email": "ADA@acme.example"},
        first_name="Ada",
        email="ada@acme.example",
    )
    assert (plan.actions, plan.diagnostics) == ([], [])


def test_everything_else_is_done() -> None:
    plan = of_provider(
        {"first_name": "Ada", "policy": "Strict", "site": "Seattle", "licenses": ["x4"]}
    )
    assert [(a.label, list(changed(a))) for a in plan.actions] == [
        ("user.update", ["site", "policy"]),
        ("license.upgrade", ["service_address"]),
    ]


def test_a_user_keeps_the_name_the_provider_gives() -> None:
    plan = of_provider({"previously": "ada", "policy": "Strict"}, name="zoe")
    assert labels(plan) == ["update users/ada"]
    assert "controls user name" in plan.diagnostics[0].message


def test_a_leaver_gives_the_license_back_and_stays_active_until_the_provider_says_otherwise() -> (
    None
):
    rules = {"offboarding": {"unassign_after": "1d", "delete_after": "9d"}}
    plan = of_provider({"offboard_on": "2026-11-20"}, account=rules)
    assert labels(plan) == ["unassign users/ada"]
    assert "controls status" in plan.diagnostics[0].message
    plan = of_provider({"offboard_on": "2026-11-01"}, account=rules)
    assert labels(plan) == ["unassign users/ada"]
    assert "controls deletion" in plan.diagnostics[0].message


def test_who_is_inactive_there_may_be_deleted() -> None:
    plan = of_provider(None, account={"unlisted_users": "delete"}, status="inactive")
    assert labels(plan) == ["unassign users/ada", "delete users/ada"]
    assert "scim_provider" not in changed(plan.actions[-1])


def test_without_a_provider_the_files_decide() -> None:
    there = inventory({}, {"ada": user(scim_provider=None)})
    assert labels(planned(desired({"ada": {"first_name": "Ada"}}), there)) == ["update users/ada"]
