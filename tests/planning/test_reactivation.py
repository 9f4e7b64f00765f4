"""A license alone does not reactivate an inactive user, and a warning says so."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.accounts import desired, inventory, unit, user
from tests.support.planning import codes, labels, one_user, planned

INACTIVE: dict[str, Any] = user(status="inactive")


@pytest.mark.parametrize("status", [{}, {"status": "inactive"}])
def test_a_license_for_a_user_who_stays_inactive_is_reported(status: dict[str, str]) -> None:
    plan = one_user(
        {"licenses": ["x2", "vcc-agent"], **status}, INACTIVE, L1=unit(), L2=unit("vcc-agent")
    )
    (found,) = [d for d in plan.diagnostics if d.code == "reactivation-missing"]
    assert (
        found.message
        == "ada stays inactive, so vcc-agent and x2 will be suspended as soon as they are assigned."
    )
    assert "'status: active'" in (found.hint or "")


def test_another_license_for_a_user_who_stays_inactive_is_reported() -> None:
    plan = one_user({"licenses": ["x4"]}, user(["L1"], status="inactive"), L1=unit(), L2=unit("x4"))
    (found,) = [d for d in plan.diagnostics if d.code == "reactivation-missing"]
    assert "x4 will be suspended as soon as it is assigned" in found.message


def test_the_declared_status_brings_back() -> None:
    plan = one_user({"licenses": ["x2"], "status": "active"}, INACTIVE, L1=unit())
    assert labels(plan) == ["reactivate users/ada", "assign users/ada"]
    assert "reactivation-missing" not in codes(plan)


@pytest.mark.parametrize(
    ("wish", "current"),
    [
        ({"licenses": ["x2"]}, user()),
        ({"licenses": ["x2"]}, user(["L1"], status="inactive")),  # kept, as it is
        ({"licenses": []}, user(["L1"], status="inactive")),
        (
            {
                "licenses": ["x2"],
                "status": "inactive",
                "first_name": "A",
                "last_name": "B",
                "site": "HQ",
            },
            None,
        ),
    ],
)
def test_no_other_user_lacks_a_reactivation(
    wish: dict[str, Any], current: dict[str, Any] | None
) -> None:
    assert "reactivation-missing" not in codes(one_user(wish, current, L1=unit()))


def test_an_identity_provider_brings_back_its_own() -> None:
    there = inventory({"L1": unit()}, {"ada": user(status="inactive", scim_provider="okta")})
    plan = planned(desired({"ada": {"licenses": ["x2"], "status": "active"}}), there)
    (found,) = [d for d in plan.diagnostics if d.code == "reactivation-missing"]
    assert "Activate the user in okta" in (found.hint or "")
