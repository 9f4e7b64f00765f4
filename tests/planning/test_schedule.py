"""What is scheduled for a day is what the plan of that day does, and what `--due` does."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from licsync.diagnostics import Severity
from licsync.model.desired import Desired
from licsync.planning.plan import Plan
from licsync.planning.validation.validate import check
from tests.support.accounts import desired, inventory, unit, user
from tests.support.desired_states import where
from tests.support.plan_execution import carried_out
from tests.support.planning import NOW, planned
from tests.support.samples import examples

LAST = 9
"""The number of the last day that is looked at; today is day 0."""


def day(number: int) -> date:
    return NOW.date() + timedelta(days=number)


def scheduled(plan: Plan) -> list[tuple[int, str, str]]:
    return [((entry.day - day(0)).days, entry.verb, entry.name) for entry in plan.scheduled]


def x2(**dates: int) -> dict[str, Any]:
    names = {"first": "from", "last": "until"}
    return {"type": "x2", **{names[key]: str(day(number)) for key, number in dates.items()}}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"licenses": [x2(last=2)], "offboard_on": str(day(2))}, [(2, "suspend"), (3, "unassign")]),
        ({"licenses": [x2(last=9)], "offboard_on": str(day(2))}, [(2, "suspend"), (4, "unassign")]),
        ({"licenses": [x2(first=9)], "offboard_on": str(day(2))}, [(2, "suspend")]),
        ({"licenses": [x2(last=2), x2(first=3)]}, []),
        ({"licenses": [x2(last=2), x2(first=3) | {"extension": {"number": "1009"}}]},
         [(3, "update")]),
        ({"licenses": [x2(last=2), x2(first=3) | {"country": "GB"}]}, [(3, "change")]),
        ({"licenses": [x2(last=2), {**x2(first=3), "type": "x4"}]}, [(3, "upgrade")]),
        ({"licenses": [{**x2(first=3), "type": "x9"}]}, []),
        ({"start_on": str(day(2)), "licenses": ["x2"], "site": "HQ"}, []),
        ({"start_on": str(day(2))}, []),
        ({"start_on": str(day(2)), "offboard_on": str(day(4))}, [(4, "suspend"), (6, "unassign")]),
        ({"start_on": str(day(2)), "job_title": "Lead"}, [(2, "update")]),
    ],
)  # fmt: skip
def test_a_day_is_scheduled_if_it_changes_something(
    wanted: dict[str, Any], expected: list[tuple[int, str]]
) -> None:
    there = inventory({"L1": unit("x2")}, {"ada": user(["L1"])})
    account = {"offboarding": {"unassign_after": "2d"}}
    plan = planned(desired({"ada": wanted}, account=account), there)
    assert scheduled(plan) == [(number, verb, "ada") for number, verb in expected]


def test_who_starts_later_is_followed_until_it_leaves() -> None:
    hire = {"start_on": str(day(1)), "offboard_on": str(day(3)), "site": "HQ", "licenses": ["x2"]}
    account = {"offboarding": {"unassign_after": "2d", "delete_after": "4d"}}
    plan = planned(desired({"ann": hire}, account=account), inventory({"L1": unit("x2")}))
    assert scheduled(plan) == [
        (1, "create", "ann"), (3, "suspend", "ann"), (5, "unassign", "ann"), (7, "delete", "ann"),
    ]  # fmt: skip
    late = {**hire, "licenses": [x2(first=5)], "start_on": str(day(-1))}
    gone = planned(desired({"ann": late}, account={}), inventory({"L1": unit("x2")}))
    assert scheduled(gone) == [(3, "suspend", "ann"), (5, "assign", "ann")]


def test_local_numbers_go_with_the_last_license() -> None:
    there = inventory({"L1": unit("x2"), "N1": unit("local-number")}, {"ada": user(["L1", "N1"])})
    plan = planned(desired({"ada": {"licenses": [x2(last=2)]}}), there)
    assert scheduled(plan) == [(3, "unassign", "ada")]
    plan = planned(desired({"ada": {"licenses": [x2(last=2), "vcc-agent"]}}), there)
    assert scheduled(plan) == [(3, "unassign", "ada")]


def test_a_scheduled_change_names_the_date_that_asks_for_it() -> None:
    licenses = [x2(last=2), {"type": "x4", "from": str(day(3))}]
    users = {
        "ada": {"licenses": licenses, "offboard_on": str(day(3))},
        "bo": {"licenses": [{**x2(last=2), "type": "vcc-agent"}, x2(last=2)]},
    }
    there = inventory(
        {"L1": unit("x2"), "L2": unit("x2"), "L3": unit("vcc-agent")},
        {"ada": user(["L1"]), "bo": user(["L2", "L3"])},
    )
    plan = planned(replace(desired(users), where=where), there)
    assert [(e.verb, e.source and e.source.file) for e in plan.scheduled] == [
        ("upgrade", "users/ada/licenses/1/from"),
        ("suspend", "users/ada/offboard_on"),
        ("unassign", "users/bo/licenses/1/until"),
        ("unassign", "users/bo/licenses/0/until"),
    ]


# --- the property ---------------------------------------------------------------------------------


@st.composite
def dated_licenses(draw: st.DrawFn) -> list[dict[str, Any]]:
    """License entries with days: phone licenses one after another, and an agent license."""
    days = sorted(draw(st.lists(st.integers(-2, LAST - 2), max_size=4, unique=True)))
    kinds = draw(st.lists(st.sampled_from(["x2", "x4"]), max_size=2))
    entries: list[dict[str, Any]] = []
    for kind in kinds:
        entry = {"type": kind}
        if days and (entries or draw(st.booleans())):
            entry["from"] = str(day(days.pop(0)))
        if days and draw(st.booleans()):
            entry["until"] = str(day(days.pop(0)))
        is_after = not entries or ("until" in entries[-1] and "from" in entry)
        entries += [entry] if is_after else []
    if draw(st.booleans()):
        key = draw(st.sampled_from(["from", "until"]))
        number = draw(st.integers(-2, LAST - 2))
        entries.append({"type": "vcc-agent", "country": "US", key: str(day(number))})
    return entries


@st.composite
def dated_accounts(draw: st.DrawFn) -> tuple[Desired, Any]:
    """An account of users with dates, and enough licenses for all of them."""
    units = {f"F{n}": unit(kind) for n, kind in enumerate(("x2", "x4", "vcc-agent") * 4)}
    users, files = {}, {}
    for name in ("ada", "bo", "cy")[: draw(st.integers(1, 3))]:
        held = draw(st.sampled_from([(), ("x2",), ("x4",), ("x2", "vcc-agent")]))
        provider = draw(st.sampled_from([{}, {}, {"scim_provider": "Entra"}]))
        if draw(st.integers(0, 3)):
            units |= {f"{name}-{kind}": unit(kind) for kind in held}
            status = draw(st.sampled_from(["active", "active", "inactive"]))
            ids = [f"{name}-{kind}" for kind in held]
            users[name] = user(ids, status=status, job_title="Rep", **provider)
        record: dict[str, Any] = {
            "first_name": "Ann", "last_name": "Lee", "site": "HQ",
            "job_title": draw(st.sampled_from(["Rep", "Lead"])),
        }  # fmt: skip
        first = draw(st.none() | st.integers(-2, 4))
        last = draw(st.none() | st.integers(first or -2, LAST - 2))
        record |= {"start_on": str(day(first))} if first is not None else {}
        record |= {"offboard_on": str(day(last + 1))} if last is not None else {}
        if draw(st.integers(0, 4)):
            record["licenses"] = draw(dated_licenses())
        if (status := draw(st.sampled_from([None, None, "active", "inactive"]))) is not None:
            record["status"] = status
        files[name] = record
    stages = draw(st.sampled_from([
        {}, {"unassign_after": "2d"}, {"delete_after": "3d"},
        {"unassign_after": "1d", "delete_after": "3d"},
    ]))  # fmt: skip
    limits = dict.fromkeys(("suspend", "unassign", "delete", "downgrade"), 99)
    account = {"offboarding": stages, "limits": limits}
    return desired(files, account=account), inventory(units, users)


def done(plan: Plan) -> set[tuple[str, str]]:
    """Give verb and user; a creation includes its licenses, and a deletion gives them back."""
    found = {(action.verb, action.name) for action in plan.actions}
    return {
        (verb, name)
        for verb, name in found
        if not (verb == "assign" and ("create", name) in found)
        and not (verb == "unassign" and ("delete", name) in found)
    }


@pytest.mark.slow
@examples(240)
@given(dated_accounts())
def test_what_is_scheduled_for_a_day_is_what_its_plan_does(
    given_account: tuple[Desired, Any],
) -> None:
    wanted, there = given_account
    faults = check(wanted, there, now=NOW)
    assume(not any(fault.severity is Severity.ERROR for fault in faults))
    plan = planned(wanted, there)
    expected = {number: set[tuple[str, str]]() for number in range(1, LAST + 5)}
    for number, verb, name in scheduled(plan):
        expected[number].add((verb, name))
    there = carried_out(plan, there)
    for number in range(1, LAST + 5):
        now = NOW + timedelta(days=number)
        plan, due = planned(wanted, there, now), planned(wanted, there, now, due=True)
        assert done(plan) == expected[number], f"day {number}"
        assert due.actions == plan.actions, f"day {number}"
        there = carried_out(plan, there)
