"""Users who start on a day, and licenses from one day until another: a plan on a day is the plan of
the same account with the dates resolved by hand.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licsync.diagnostics import Code, Severity
from licsync.model.desired import Desired
from licsync.planning.dates import later_days
from licsync.planning.plan import Plan
from licsync.planning.validation.validate import check
from tests.support.accounts import desired, inventory, unit, user
from tests.support.planning import NOW, labels, planned
from tests.support.random_plans import Account, accounts
from tests.support.samples import examples

HIRE = {"first_name": "Ann", "last_name": "Lee", "site": "HQ", "licenses": ["x2"]}
STARTER = {**HIRE, "start_on": "2026-12-04"}
X2 = {"type": "x2", "country": "US"}


def at(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T12:00:00+00:00")


def plan_of(wanted: dict[str, Any], day: str, **options: Any) -> Plan:
    there = inventory({"L1": unit("x2"), "L2": unit("x4")}, {"ada": user(["L1"])})
    return planned(desired(wanted), there, at(day), **options)


def days_of(plan: Plan) -> list[str]:
    return [f"{entry.day} {entry.verb} {entry.name}" for entry in plan.scheduled]


# --- starts ---------------------------------------------------------------------------------------


def test_a_user_is_created_and_takes_a_license_on_the_first_day() -> None:
    free = inventory({"L1": unit("x2")})
    before = planned(desired({"ann": STARTER}), free, at("2026-12-03"))
    assert (labels(before), days_of(before)) == ([], ["2026-12-04 create ann"])
    after = planned(desired({"ann": STARTER}), free, at("2026-12-04"))
    assert (labels(after), days_of(after)) == (["create users/ann", "assign users/ann"], [])


def test_a_user_who_is_there_before_its_start_is_left_as_it_is() -> None:
    for wanted in (
        {"ada": {**STARTER, "job_title": "Lead", "licenses": []}},
        {"ann": {**STARTER, "previously": "ada"}},
    ):
        plan = plan_of(wanted, "2026-12-03")
        assert labels(plan) == []
        assert not [d for d in plan.diagnostics if d.code is Code.UNLISTED_USER], "it is listed"
    assert days_of(plan) == ["2026-12-04 rename ann", "2026-12-04 update ann"]
    assert "rename users/ann" in labels(plan_of(wanted, "2026-12-04"))


def test_a_day_of_a_start_begins_at_midnight_of_the_users_site() -> None:
    sites = {"HQ": {"service_address": "A1", "timezone": "America/Los_Angeles"}}
    there = inventory({"L1": unit("x2")}, sites=sites)
    wanted = desired({"ann": STARTER})
    assert labels(planned(wanted, there, datetime(2026, 12, 4, 7, 59, tzinfo=UTC))) == []
    assert labels(planned(wanted, there, datetime(2026, 12, 4, 8, 0, tzinfo=UTC)))


# --- licenses -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "actions", "later"),
    [
        ("2026-11-30", ["unassign"], ["2026-12-01 assign ada", "2026-12-25 unassign ada"]),
        ("2026-12-01", [], ["2026-12-25 unassign ada"]),
        ("2026-12-24", [], ["2026-12-25 unassign ada"]),
        ("2026-12-25", ["unassign"], []),
    ],
)
def test_a_license_is_there_from_its_first_to_its_last_day(
    day: str, actions: list[str], later: list[str]
) -> None:
    entry = {"type": "x2", "from": "2026-12-01", "until": "2026-12-24"}
    plan = plan_of({"ada": {"licenses": [entry]}}, day)
    assert labels(plan) == [f"{verb} users/ada" for verb in actions]
    assert days_of(plan) == later


def test_one_license_follows_another() -> None:
    licenses = [{"type": "x2", "until": "2026-12-31"}, {"type": "x4", "from": "2027-01-01"}]
    assert labels(plan_of({"ada": {"licenses": licenses}}, "2026-12-31")) == []
    plan = plan_of({"ada": {"licenses": licenses}}, "2027-01-01")
    assert labels(plan) == ["upgrade users/ada"]
    before = plan_of({"ada": {"licenses": licenses}}, "2026-12-31")
    assert days_of(before) == ["2027-01-01 upgrade ada"]
    assert not [d for d in plan.diagnostics if d.severity is Severity.ERROR]


def test_a_license_until_the_last_day_of_all_days_never_ends() -> None:
    plan = plan_of({"ada": {"licenses": [{"type": "x2", "until": "9999-12-31"}]}}, "2027-01-01")
    assert (labels(plan), days_of(plan)) == ([], [])


# --- due and overdue ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "wanted", "actions"),
    [
        ("ann", STARTER, ["create users/ann", "assign users/ann"]),
        ("ann", HIRE, []),
        ("ann", {**HIRE, "licenses": [{"type": "x2", "from": "2026-12-04"}]}, []),
        ("ada", {"job_title": "Lead", "licenses": [{"type": "x4", "from": "2026-12-04"}]},
         ["upgrade users/ada"]),
        ("ada", {"job_title": "Lead", "licenses": [{"type": "x2", "until": "2026-12-03"}]},
         ["unassign users/ada"]),
        ("ada", {"job_title": "Lead", "licenses": [{"type": "x2", "from": "2026-12-05"}]}, []),
        ("ada", {"job_title": "Lead", "start_on": "2026-12-04"}, ["update users/ada"]),
        ("ada", {"job_title": "Lead", "start_on": "2026-12-03"}, []),
        ("ada", {"status": "inactive", "licenses": [{"type": "x2", "from": "2026-12-04"}]}, []),
    ],
)  # fmt: skip
def test_a_plan_can_be_narrowed_to_what_is_due(
    name: str, wanted: dict[str, Any], actions: list[str]
) -> None:
    there = inventory({"L1": unit("x2"), "L2": unit("x4"), "L3": unit("x2")}, {"ada": user(["L1"])})
    plan = planned(desired({name: wanted}), there, at("2026-12-04"), due=True)
    assert labels(plan) == actions


@pytest.mark.parametrize(
    ("name", "wanted", "message"),
    [
        ("ann", STARTER, "The start of 'ann' has been due since 2026-12-04."),
        ("ada", {"licenses": [{"type": "x4", "from": "2026-12-04"}]},
         "The assignment of X4 of 'ada' has been due since 2026-12-04."),
        ("ada", {"licenses": [{"type": "x2", "until": "2026-12-03"}]},
         "The unassignment of X2 of 'ada' has been due since 2026-12-04."),
    ],
)  # fmt: skip
def test_what_should_have_happened_before_is_overdue(
    name: str, wanted: dict[str, Any], message: str
) -> None:
    def overdue(day: str) -> list[str]:
        there = inventory(
            {"L1": unit("x2"), "L2": unit("x4"), "L3": unit("x2")}, {"ada": user(["L1"])}
        )
        found = planned(desired({name: wanted}), there, at(day)).diagnostics
        return [d.message for d in found if d.code is Code.OVERDUE]

    assert overdue("2026-12-04") == []
    assert overdue("2026-12-05") == [message]


def test_who_comes_back_is_due_on_the_first_day() -> None:
    there = inventory({"L1": unit("x2")}, {"ada": user(status="inactive")})
    back = desired({"ada": {"status": "active", "licenses": [X2], "start_on": "2026-12-04"}})
    assert days_of(planned(back, there, at("2026-12-03"))) == [
        "2026-12-04 reactivate ada", "2026-12-04 assign ada",
    ]  # fmt: skip
    found = planned(back, there, at("2026-12-05"), due=True)
    assert labels(found) == ["reactivate users/ada", "assign users/ada"]
    (overdue,) = [d.message for d in found.diagnostics if d.code is Code.OVERDUE]
    assert overdue == "The start of 'ada' has been due since 2026-12-04."


def test_licenses_that_come_along_with_a_dated_one_are_named() -> None:
    there = inventory({"L1": unit("x2"), "L2": unit("vcc-agent")}, {"ada": user(), "bo": user()})
    dated = {"type": "x2", "country": "US", "from": "2026-12-01"}
    agent = {"type": "vcc-agent", "country": "US"}
    users = {"ada": {"licenses": [dated, agent]}, "bo": {"licenses": [X2]}}
    found = planned(desired(users), there, at("2026-12-02"), due=True)
    assert labels(found) == ["assign users/ada", "assign users/ada"]
    (named,) = [d.message for d in found.diagnostics if d.code == Code.SCHEDULED]
    assert named.startswith("No date asks for the assignment of VCC Agent of 'ada'")


def test_what_has_happened_is_not_overdue() -> None:
    entries = [{"type": "x2", "from": "2026-12-01"}, {"type": "x4", "until": "2026-12-01"}]
    wanted = {"ada": {"licenses": entries, "status": "inactive", "start_on": "2026-12-01"}}
    found = plan_of(wanted, "2026-12-10").diagnostics
    assert [d for d in found if d.code is Code.OVERDUE] == []


def test_who_is_there_early_gets_its_license_on_the_first_day_or_later() -> None:
    """An identity provider creates users before they start."""
    there = inventory({"L1": unit("x2")}, {"ann": user(scim_provider="Entra")})
    wanted = desired({"ann": STARTER})
    assert days_of(planned(wanted, there, at("2026-12-03"))) == ["2026-12-04 assign ann"]
    for day, late in (("2026-12-04", []), ("2026-12-06", ["due since 2026-12-04."])):
        plan = planned(wanted, there, at(day), due=True)
        assert labels(plan) == ["assign users/ann"]
        found = [d.message for d in plan.diagnostics if d.code is Code.OVERDUE]
        assert [message[-21:] for message in found] == late


def test_the_license_of_a_leaver_ends_on_its_day() -> None:
    until = {"type": "x2", "until": "2026-12-09"}
    wanted = desired({"ada": {"offboard_on": "2026-12-04", "licenses": [until]}})
    there = inventory({"L1": unit("x2")}, {"ada": user(["L1"], status="inactive")})
    assert days_of(planned(wanted, there, at("2026-12-05"))) == ["2026-12-10 unassign ada"]
    assert labels(planned(wanted, there, at("2026-12-10"), due=True)) == ["unassign users/ada"]


def test_what_a_start_asks_for_needs_no_date_of_its_own() -> None:
    there = inventory({"L1": unit("x2"), "L2": unit("vcc-agent")})
    dated = {"type": "x2", "country": "US", "until": "2026-12-24"}
    wanted = desired({"ann": {**STARTER, "licenses": [dated, "vcc-agent"]}})
    plan = planned(wanted, there, at("2026-12-04"), due=True)
    assert len(labels(plan)) == 3
    assert [d for d in plan.diagnostics if d.code is Code.SCHEDULED] == []


def test_targets_narrow_what_is_scheduled() -> None:
    both = {"ann": STARTER, "ada": {"licenses": [{"type": "x2", "until": "2026-12-31"}]}}
    assert len(plan_of(both, "2026-12-01").scheduled) == 2
    for options in ({"targets": ["users/ann"]}, {"excludes": ["users/ada"]}):
        assert days_of(plan_of(both, "2026-12-01", **options)) == ["2026-12-04 create ann"]


# --- checks ---------------------------------------------------------------------------------------


def faults(wanted: Desired, *, day: str = "2026-12-01") -> list[str]:
    found = check(wanted, inventory({}, {"ada": user()}), now=at(day))
    return [d.message for d in found if d.severity is Severity.ERROR]


def test_days_in_the_wrong_order_are_refused() -> None:
    assert faults(desired({"ann": {**STARTER, "offboard_on": "2026-12-04"}})) == [
        "'ann' leaves on 2026-12-04, but starts on 2026-12-04."
    ]
    entry = {"type": "x2", "from": "2026-12-02", "until": "2026-12-01"}
    assert faults(desired({"ada": {"licenses": [entry]}})) == [
        "X2 of 'ada' ends on 2026-12-01, before it begins on 2026-12-02."
    ]
    fine = {"type": "x2", "from": "2026-12-02", "until": "2026-12-02"}
    dated = {**STARTER, "licenses": [fine], "offboard_on": "2026-12-05"}
    assert faults(desired({"ann": dated})) == []


def test_errors_of_later_days_are_reported_now() -> None:
    entries = [{"type": "x2"}, {"type": "x4", "from": "2026-12-24"}]
    assert faults(desired({"ada": {"licenses": entries}})) == [
        "From 2026-12-24 on: A user can hold only one phone license; found X2 and X4."
    ]
    (fault,) = faults(desired({"ann": {**STARTER, "site": "Paris"}}))
    assert fault == "From 2026-12-04 on: The site 'Paris' is neither declared nor in the inventory."
    several = {f"n{d}": {**STARTER, "start_on": f"2026-12-{d}", "site": "X"} for d in (10, 11)}
    assert len(faults(desired(several))) == 1, "once, on the first of the days"
    assert later_days(desired(several), date(2026, 12, 10)) == [date(2026, 12, 11)]


def test_who_starts_later_is_known_by_name() -> None:
    wanted = desired({"ann": STARTER, "bo": {**STARTER, "external_id": "7"}},
                     account={"protected_users": ["ann"]})  # fmt: skip
    assert check(wanted, inventory(), now=at("2026-12-01")) == []
    wanted.users["ann"]["external_id"] = "7"
    assert "is also that of 'ann'" in faults(wanted)[0]


def test_a_fault_of_a_license_is_found_where_it_is_in_the_file() -> None:
    from tests.support.desired_states import where

    entries = [{"type": "x4", "until": "2026-11-01"}, {"type": "x2"}, {"type": "x3"}]
    wanted = replace(desired({"ada": {"licenses": entries}}), where=where)
    (fault,) = [d for d in check(wanted, None, now=at("2026-12-01")) if "only one" in d.message]
    assert str(fault.span) == "users/ada/licenses/2:1:1"
    assert [str(place) for place in fault.related] == ["users/ada/licenses/1:1:1"]


# --- the property ---------------------------------------------------------------------------------

days = st.integers(-3, 3).map(lambda n: (NOW.date() + timedelta(days=n)).isoformat())


@st.composite
def with_dates(draw: st.DrawFn) -> tuple[Desired, Desired, Any]:
    """An account with dates, and the same with the dates resolved by hand."""
    account: Account = draw(accounts(most=5))
    wanted, there = account
    dated, by_hand = {}, {}
    today = NOW.date().isoformat()
    for name, record in wanted.users.items():
        given: dict[str, Any] = {**record}
        resolved: dict[str, Any] | None = {**record}
        if "licenses" in given and draw(st.booleans()):
            entries, kept = [], []
            for entry in given["licenses"]:
                first, last = draw(st.none() | days), draw(st.none() | days)
                entries.append(
                    entry | ({"from": first} if first else {}) | ({"until": last} if last else {})
                )
                if (not first or first <= today) and (not last or today <= last):
                    kept.append(entry)
            given["licenses"], resolved["licenses"] = entries, kept  # type: ignore[index]
        if draw(st.integers(0, 2)) == 0:
            start = draw(days)
            given["start_on"] = start
            if start > today:
                is_there = name in there.users or record.get("previously") in there.users
                resolved = {} if is_there else None
        dated[name] = given
        if resolved is not None:
            key = name
            if not resolved and name not in there.users and record.get("previously"):
                key = record["previously"]
            by_hand[key] = resolved
    return replace(wanted, users=dated), replace(wanted, users=by_hand), there  # type: ignore[arg-type]


@pytest.mark.slow
@examples(200)
@given(with_dates())
def test_a_plan_is_that_of_the_account_with_its_dates_resolved_by_hand(
    given_account: tuple[Desired, Desired, Any],
) -> None:
    dated, by_hand, there = given_account
    plan, expected = planned(dated, there), planned(by_hand, there)
    assert plan.actions == expected.actions
    assert plan.licenses == expected.licenses
    assert plan.saw == expected.saw
    told = [d for d in plan.diagnostics if d.code is not Code.OVERDUE]
    assert told == [d for d in expected.diagnostics if d.code is not Code.OVERDUE]
