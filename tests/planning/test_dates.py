"""Days are those of the account; a plan says what is scheduled, what is overdue, and can be
narrowed to what is due.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from licsync.diagnostics import Code, Severity
from licsync.planning.calendar import Calendar, account_day, zone_of
from licsync.planning.plan import Plan
from licsync.planning.plan_document import Scheduled
from licsync.planning.validation.validate import check
from tests.support.accounts import SITES, desired, inventory, unit, user
from tests.support.planning import labels, planned

OFFBOARDING = {"unassign_after": "14d", "delete_after": "90d"}
LEAVER = {"offboard_on": "2026-12-04", "licenses": ["x2"]}
WEST = {name: {**site, "timezone": "America/Los_Angeles"} for name, site in SITES.items()}


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def plan_at(
    when: str, wanted: dict[str, object] | None = None, *, due: bool = False, **fields: object
) -> Plan:
    there = inventory({"L1": unit("x2")}, {"ada": user(["L1"], **fields)})
    return planned(
        desired({"ada": wanted or LEAVER}, account={"offboarding": OFFBOARDING}),
        there,
        instant(when),
        due=due,
    )


def days_of(plan: Plan) -> list[str]:
    return [f"{entry.day} {entry.verb} {entry.name}" for entry in plan.scheduled]


# --- the day --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "verbs"),
    [
        ("2026-12-04T00:01:00+00:00", []),
        ("2026-12-03T16:01:00-08:00", []),  # the same instant
        ("2026-12-04T08:00:00+00:00", ["suspend users/ada"]),
        ("2026-12-04T00:00:00-08:00", ["suspend users/ada"]),
    ],
)
def test_a_day_begins_at_midnight_of_the_users_site(when: str, verbs: list[str]) -> None:
    there = inventory({"L1": unit("x2")}, {"ada": user(["L1"])}, sites=WEST)
    assert labels(planned(desired({"ada": LEAVER}), there, instant(when))) == verbs


def test_the_declared_zone_of_a_site_wins_over_that_of_the_inventory() -> None:
    there = inventory({"L1": unit("x2")}, {"ada": user(["L1"])}, sites=WEST)
    wanted = desired({"ada": LEAVER}, sites={"HQ": {"timezone": "Asia/Tokyo"}})
    plan = planned(wanted, there, instant("2026-12-03T15:00:00+00:00"))
    assert "suspend users/ada" in labels(plan)


def test_the_zone_of_the_account_wins_over_that_of_the_site() -> None:
    there = inventory({"L1": unit("x2")}, {"ada": user(["L1"])}, sites=WEST)
    wanted = desired({"ada": LEAVER}, account={"timezone": "Europe/Berlin"})
    assert labels(planned(wanted, there, instant("2026-12-03T23:00:00+00:00"))) == [
        "suspend users/ada"
    ]
    assert labels(planned(wanted, there, instant("2026-12-03T22:59:00+00:00"))) == []


@pytest.mark.parametrize("zone", [None, "Nowhere/Atall", "America", "../etc/passwd", ""])
def test_without_a_zone_that_is_known_a_day_is_that_of_utc(zone: str | None) -> None:
    calendar = Calendar(instant("2026-12-04T00:00:00+00:00"), {}, {"HQ": {"timezone": zone}}, {})
    assert (
        calendar.today("HQ") == calendar.today(None) == calendar.today("gone") == date(2026, 12, 4)
    )
    assert zone is None or zone_of(zone) is None


def test_approvals_expire_by_the_day_of_the_account() -> None:
    now = instant("2026-12-04T02:00:00+00:00")
    assert account_day(desired(), now) == date(2026, 12, 4)
    assert account_day(desired(account={"timezone": "America/Denver"}), now) == date(2026, 12, 3)


def test_an_invalid_time_zone_of_the_account_is_refused() -> None:
    wanted = desired(account={"timezone": "America/Los Angeles"})
    (fault,) = check(wanted, None, now=datetime(2026, 1, 1, tzinfo=UTC))
    assert (fault.severity, fault.code) == (Severity.ERROR, Code.INVALID_VALUE)
    assert "'America/Los Angeles'" in fault.message
    assert "America/Los_Angeles" in (fault.hint or "")
    assert not check(
        desired(account={"timezone": "Asia/Tokyo"}), None, now=datetime(2026, 1, 1, tzinfo=UTC)
    )


# --- what is scheduled ----------------------------------------------------------------------------


def test_a_plan_says_what_later_plans_do() -> None:
    plan = plan_at("2026-12-01T12:00:00+00:00")
    assert plan.actions == []
    assert days_of(plan) == [
        "2026-12-04 suspend ada",
        "2026-12-18 unassign ada",
        "2027-03-04 delete ada",
    ]


def test_a_change_whose_day_has_come_is_not_scheduled() -> None:
    assert days_of(plan_at("2026-12-04T12:00:00+00:00")) == [
        "2026-12-18 unassign ada",
        "2027-03-04 delete ada",
    ]
    assert days_of(plan_at("2027-03-04T12:00:00+00:00")) == []


def test_dates_without_a_change_are_not_scheduled() -> None:
    inactive = {**LEAVER, "status": "inactive"}
    assert days_of(plan_at("2026-12-01T12:00:00+00:00", inactive, status="inactive")) == [
        "2026-12-18 unassign ada",
        "2027-03-04 delete ada",
    ]
    contact = {**LEAVER, "licenses": []}
    assert days_of(plan_at("2026-12-01T12:00:00+00:00", contact))[1:] == ["2027-03-04 delete ada"]
    unmanaged = {"offboard_on": "2026-12-04"}
    assert len(days_of(plan_at("2026-12-01T12:00:00+00:00", unmanaged))) == 3


def test_what_an_identity_provider_decides_is_not_scheduled() -> None:
    there = plan_at("2026-12-01T12:00:00+00:00", scim_provider="Entra")
    assert days_of(there) == ["2026-12-18 unassign ada"]
    gone = {**LEAVER, "status": "inactive"}
    there = plan_at("2026-12-01T12:00:00+00:00", gone, scim_provider="Entra", status="inactive")
    assert days_of(there) == ["2026-12-18 unassign ada", "2027-03-04 delete ada"]


def test_what_is_scheduled_stands_in_the_document_and_not_in_the_digest() -> None:
    plan = plan_at("2026-12-01T12:00:00+00:00")
    assert plan.to_json()["scheduled"][0] == {
        "day": "2026-12-04",
        "resource": "users/ada",
        "verb": "suspend",
    }
    assert Plan.from_json(plan.to_json()).scheduled == plan.scheduled
    assert replace(plan, scheduled=[]).digest == plan.digest
    document = {"day": "2026-12-04", "resource": "users/a", "verb": "suspend"}
    document["source"] = {"file": "a.yaml", "line": 3}  # type: ignore[assignment]
    assert Scheduled.from_json(document).to_json() == document


# --- what is overdue, what is due -----------------------------------------------------------------


def overdue(plan: Plan) -> list[str]:
    return [found.message for found in plan.diagnostics if found.code is Code.OVERDUE]


def test_undone_changes_of_earlier_days_are_overdue() -> None:
    assert overdue(plan_at("2026-12-04T12:00:00+00:00")) == []
    assert overdue(plan_at("2026-12-05T12:00:00+00:00")) == [
        "The suspension of 'ada' has been due since 2026-12-04."
    ]
    assert overdue(plan_at("2026-12-19T12:00:00+00:00", status="inactive")) == [
        "The unassignment of the licenses of 'ada' has been due since 2026-12-18."
    ]
    assert overdue(plan_at("2026-12-05T12:00:00+00:00", status="inactive")) == []


def everything() -> tuple[object, object]:
    there = inventory(
        {"L1": unit("x2"), "L2": unit("x2"), "L3": unit("x2")},
        {"ada": user(["L1"]), "bo": user(["L2"]), "cy": user()},
        policies={"Old": {"settings": {}}},
    )
    wanted = desired(
        {
            "ada": {**LEAVER, "job_title": "Gone", "previously": None},
            "bo": {"job_title": "New", "licenses": []},
            "cy": {"licenses": ["x2"]},
        },
        account={"offboarding": OFFBOARDING},
        policies={"New": {"settings": {}}},
    )
    return wanted, there


def test_a_plan_of_what_is_due_does_only_what_a_date_asks_for() -> None:
    wanted, there = everything()
    when = instant("2026-12-04T12:00:00+00:00")
    assert labels(planned(wanted, there, when, due=True)) == ["suspend users/ada"]
    assert len(labels(planned(wanted, there, when))) > 4


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2026-12-03T12:00:00+00:00", []),
        ("2026-12-18T12:00:00+00:00", ["unassign users/ada", "suspend users/ada"]),
        ("2027-03-04T12:00:00+00:00", ["unassign users/ada", "delete users/ada"]),
    ],
)
def test_each_stage_is_due_on_its_day(when: str, expected: list[str]) -> None:
    wanted, there = everything()
    assert labels(planned(wanted, there, instant(when), due=True)) == expected


def test_who_has_left_and_never_was_there_is_not_due() -> None:
    there = inventory({"L1": unit("x2")}, {})
    plan = planned(desired({"ada": LEAVER}), there, instant("2026-12-05T12:00:00+00:00"), due=True)
    assert plan.actions == []


def test_a_plan_of_what_is_due_can_be_narrowed_further() -> None:
    wanted, there = everything()
    when = instant("2026-12-04T12:00:00+00:00")
    excludes = frozenset(("users/ada",))
    assert labels(planned(wanted, there, when, due=True, excludes=excludes)) == []
