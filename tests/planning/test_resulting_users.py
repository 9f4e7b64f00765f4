"""What the users that a plan touches are once it is applied."""

from __future__ import annotations

from licsync.planning.actions import Action, Change, UnitRef
from licsync.planning.guardrails import resulting_users
from tests.support.accounts import desired, inventory, unit, user
from tests.support.planning import planned


def test_a_change_of_license_a_rename_and_a_suspension() -> None:
    there = inventory(
        {"L1": unit("x4"), "L2": unit("x2"), "L3": unit("x2")},
        {
            "ada": user(["L1"], department="Sales"),
            "bo": user(["L3"], job_title="Rep"),
            "cy": user([]),
            "di": user([]),
        },
    )
    users = {
        "ada.new": {"previously": "ada", "licenses": ["x2"], "job_title": "Lead"},
        "bo": {"status": "inactive", "job_title": None},
        "cy": {"licenses": ["x2"]},
        "new": {"first_name": "Nia", "last_name": "Brooks", "site": "Seattle"},
    }
    plan = planned(desired(users, account={"unlisted_users": "delete"}), there)
    people = plan.people
    assert people.keys() == {"ada.new", "bo", "cy", "new"}
    assert people["ada.new"]["licenses"] == [{"type": "x2", "country": "US"}]
    assert (people["ada.new"]["department"], people["ada.new"]["job_title"]) == ("Sales", "Lead")
    assert (people["bo"]["status"], people["bo"]["job_title"]) == ("inactive", "")
    assert people["cy"]["licenses"] == [{"type": "x2", "country": "US"}]
    assert (people["new"]["status"], people["new"]["first_name"], people["new"]["licenses"]) == (
        "active",
        "Nia",
        [],
    )
    assert "email" not in people["new"]


def test_a_license_that_is_missing_is_one_all_the_same() -> None:
    there = inventory({}, {"ada": user([])})
    plan = planned(desired({"ada": {"licenses": ["x2", "vcc-agent"]}}), there)
    assert [entry["type"] for entry in plan.people["ada"]["licenses"]] == ["vcc-agent", "x2"]


def test_what_a_user_has_not_is_an_empty_text() -> None:
    there = inventory(
        {"L1": unit("x2")}, {"ada": {**user(["L1"], department="Sales"), "job_title": None}}
    )
    actions = [
        Action("user", "update", "users/ada", changes=[Change("department", "Sales", None)]),
        Action(
            "license", "upgrade", "users/ada", UnitRef("L2", "x4", "US"), UnitRef("L1", "x2", "US")
        ),
    ]
    ada = resulting_users(actions, there)["ada"]
    assert (ada["site"], ada["status"], ada["licenses"]) == (
        "HQ",
        "active",
        [{"type": "x4", "country": "US"}],
    )
    assert {name for name, value in ada.items() if value == ""} == ada.keys() - {
        "site",
        "status",
        "policy",
        "licenses",
    }
