"""Idle licenses and smaller types: what the usage does not say is unknown, never idle."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from licsync.model.catalog import Catalog
from licsync.planning.resolver import Resolver
from licsync.planning.usage import (
    UsedLicense,
    idle_licenses,
    smaller_licenses,
    usage_advice,
    usage_faults,
    usage_of,
    with_idle_since,
)
from tests.support.accounts import CATALOG, desired, inventory, unit, user
from tests.support.planning import planned

TODAY = date(2026, 11, 24)
USD = {"amount": "10.00", "currency": "USD"}


def pool(kind: str, amount: str = "", country: str = "US", currency: str = "USD") -> dict[str, Any]:
    price = {"price": {"amount": amount, "currency": currency}} if amount else {}
    return {"type": kind, "country": country, **price}


POOLS = [pool("x4", "28.00"), pool("x3"), pool("x2", "24.00"), pool("x1", "15.00"), pool("lobby")]


def printed(*entries: dict[str, Any], days: int = 120) -> Any:
    return {"until": "2026-11-23", "days": days, "usage": list(entries)}


def one_user(kind: str, entry: dict[str, Any], **pools: Any) -> tuple[Any, Any, Any]:
    there = inventory({"L1": kind}, {"ada": user(["L1"])})
    wanted = desired(pools=pools.get("pools", POOLS))
    return usage_of(printed({"user": "ada", **entry}), there), wanted, there


def test_idle_are_those_of_whom_it_is_known() -> None:
    there = inventory(
        {"L1": "x4", "L2": "x2", "L3": "x2", "L4": "x2", "N1": "local-number", "L5": "x8"},
        {
            "ada": user(["L1", "N1"], email="ada@acme.example"),
            "bo": user({"L2": {"number": "1002"}}),
            "cy": user(["L3"]),
            "di": user(["L4"], status="inactive"),
            "eve": user(["L5"]),
        },
    )
    found = usage_of(
        printed(
            {"user": "ADA@acme.example", "last_call": "2026-06-01", "calls": 2},
            {"extension": "1002", "last_call": None},
            {"user": "di", "last_call": None},
            {"user": "Eve", "last_call": "2026-11-20"},
            {"user": "nobody"},
            {"extension": "7"},
        ),
        there,
    )
    assert found.strangers == ["nobody", "7"]
    idle = idle_licenses(found, desired(pools=POOLS), there, TODAY, 90)
    assert [(one.user, one.unit, one.idle_days, one.price) for one in idle] == [
        ("ada", "L1", 175, ("USD", Decimal("28.00"))),
        ("bo", "L2", 120, ("USD", Decimal("24.00"))),
    ]
    assert [one.activity.has_called for one in idle] == [True, False]
    assert len(idle_licenses(found, desired(), there, TODAY, 3)) == 3


def test_several_extensions_of_a_user_are_added_up() -> None:
    there = inventory(
        {"L1": "x2", "L2": "vcc-agent"},
        {"ada": user({"L1": {"number": "1"}, "L2": {"number": "2"}})},
    )
    one = {"extension": "1", "last_call": "2026-11-01", "calls": 2, "features": ["sms"]}
    two = {"extension": "2", "last_call": None, "calls": 3, "features": []}
    activity = usage_of(printed(one, two), there).users["ada"]
    assert (activity.since, activity.has_called) == (date(2026, 11, 1), True)
    assert (activity.calls, activity.features) == (5, frozenset({"sms"}))
    inexact = usage_of(printed(one, {"extension": "2", "no_call_after": "2026-11-10"}), there)
    assert inexact.users["ada"].since == date(2026, 11, 10)
    assert not inexact.users["ada"].has_called
    unknown = usage_of(printed(one, {"extension": "2"}), there).users["ada"]
    assert (unknown.calls, unknown.features) == (None, None)


RECENT = {"last_call": "2026-11-20"}


@pytest.mark.parametrize(
    ("kind", "features", "smaller", "unused"),
    [
        ("x4", ["sms"], "x2", ["analytics", "switchboard_pro", "frontdesk"]),
        ("x4", ["sms", "switchboard_pro"], "x3", ["analytics", "frontdesk"]),
        ("x4", ["analytics"], None, None),
        ("x4", None, None, None),
        ("x3", [], "x2", ["switchboard_pro"]),
        ("x2", [], None, None),
        ("vcc-agent", [], None, None),
    ],
)
def test_the_smallest_type_with_everything_that_was_used_would_do(
    kind: str, features: list[str] | None, smaller: str | None, unused: list[str] | None
) -> None:
    about = one_user(kind, {**RECENT, "features": features})
    found = smaller_licenses(*about, TODAY, 90)
    expected = [] if smaller is None else [(smaller, unused)]
    assert [(one.smaller, one.unused) for one in found] == expected


def test_a_smaller_type_is_one_that_the_company_has_and_its_saving_is_of_one_currency() -> None:
    def advice(*pools: dict[str, Any]) -> list[UsedLicense]:
        about = one_user("x4", {**RECENT, "features": []}, pools=list(pools))
        return smaller_licenses(*about, TODAY, 90)

    assert advice(pool("x4", "28.00"), pool("x2", "24.00", country="GB")) == []
    (found,) = advice(pool("x4", "28.00"), pool("x2", "24.00"))
    assert found.saving == ("USD", Decimal("4.00"))
    for pools in (
        [pool("x4", "28.00"), pool("x2", "24.00", currency="EUR")],
        [pool("x4"), pool("x2", "24.00")],
        [pool("x4", "28.00"), {"type": "x2", "country": "US"}],
    ):
        (found,) = advice(*pools)
        assert found.saving is None
    there = inventory({"L1": "x4", "L2": "x2"}, {"ada": user(["L1"])})
    usage = usage_of(printed({"user": "ada", **RECENT, "features": []}), there)
    assert [one.smaller for one in smaller_licenses(usage, desired(), there, TODAY, 90)] == ["x2"]
    idle = usage_of(printed({"user": "ada", "features": []}), there)
    assert smaller_licenses(idle, desired(), there, TODAY, 90) == []


def test_a_smaller_type_is_advised_only_if_it_lacks_something() -> None:
    """What a feature is worth is known, but not why the company has the larger type."""
    one: Any = {"plane": "uc", "ranks": {"f": 1}, "features": {"sms": "yes"}}
    catalog = Catalog({"small": one, "large": {**one, "ranks": {"f": 2}}})
    there = inventory({"L1": "large", "L2": "small"}, {"ada": user(["L1"])})
    usage = usage_of(printed({"user": "ada", **RECENT, "features": []}), there)
    assert smaller_licenses(usage, desired(catalog=catalog), there, TODAY, 90) == []


def test_a_type_that_the_catalog_does_not_have_is_left_alone() -> None:
    there = inventory({"L1": unit("x9"), "L2": "x2"}, {"ada": user(["L1"])})
    usage = usage_of(printed({"user": "ada", **RECENT, "features": []}), there)
    assert smaller_licenses(usage, desired(), there, TODAY, 90) == []
    assert [one.type for one in idle_licenses(usage, desired(), there, TODAY, 1)] == ["x9"]


def test_faults_are_named_by_path_all_at_once() -> None:
    entries = [
        {"user": "a", "extension": "1"},
        {},
        {"user": "b", "last_call": "2026-11-24"},
        {"user": "B", "features": ["smss", "analytics", "sms"]},
        {"extension": "b", "features": ["zzz"]},
        {"user": "c", "last_call": None, "calls": 1310},
        {"user": "d", "last_call": "2026-11-01", "no_call_after": "2026-11-02"},
        {"user": "e", "no_call_after": "2026-11-24"},
    ]
    found = usage_faults(printed(*entries), CATALOG, None, TODAY)
    assert [d.message for d in found] == [
        "usage[0] needs either 'user' or 'extension'.",
        "usage[1] needs either 'user' or 'extension'.",
        "usage[2].last_call: 2026-11-24 is after until, 2026-11-23.",
        "usage[3].user: 'B' is also in usage[2].",
        "usage[3].features: there is no feature 'smss'.",
        "usage[4].features: there is no feature 'zzz'.",
        "usage[5].last_call: null says that there was no call, but calls is 1,310.",
        "usage[6].no_call_after: 2026-11-02 is given beside last_call.",
        "usage[7].no_call_after: 2026-11-24 is after until, 2026-11-23.",
    ]
    assert found[4].hint == "Did you mean 'sms'?"
    assert "Features: analytics" in str(found[5].hint)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-11-22", ""),  # it is already tomorrow elsewhere
        ("2026-11-21", "error until: 2026-11-23 has not come"),
        ("2026-11-30", ""),
        ("2026-12-01", "warning The usage ended 8 days ago, on 2026-11-23. Who has called since"),
    ],
)
def test_the_last_counted_day_has_come_and_is_of_this_week(day: str, expected: str) -> None:
    found = usage_faults(printed(), CATALOG, None, date.fromisoformat(day))
    told = "".join(f"{d.severity} {d.message}" for d in found)
    assert told.startswith(expected)
    assert bool(told) is bool(expected)


def test_rules_learn_since_when_the_users_of_a_plan_have_not_called() -> None:
    there = inventory(
        {"L1": "x2", "L2": "x2"}, {"old": user(["L1"]), "bo": user(["L2"]), "cy": user()}
    )
    wanted = desired(
        {
            "ada": {"previously": "old", "licenses": []},
            "bo": {"job_title": "x"},
            "cy": {"job_title": "y"},
        }
    )
    usage = usage_of(printed({"user": "old", "last_call": "2026-01-01"}, {"user": "bo"}), there)
    plan = with_idle_since(planned(wanted, there), usage, Resolver(wanted, there))
    assert {name: person.get("idle_since") for name, person in plan.people.items()} == {
        "ada": "2026-01-01",
        "bo": "2026-07-26",
        "cy": None,
    }
    assert plan.people["ada"]["idle_until"] == "2026-11-23", "what came later is not known"


def test_an_advice_is_of_all_licenses_or_of_some() -> None:
    there = inventory({"L1": "x4", "L2": "x4"}, {"ada": user(["L1"]), "bo": user(["L2"])})
    wanted = desired(pools=POOLS)
    called = {"last_call": "2026-11-23", "features": []}
    usage = usage_of(
        printed({"user": "ada", "last_call": "2026-06-01"}, {"user": "bo", **called}), there
    )
    advice = usage_advice(usage, wanted, there, TODAY, 90)
    assert [one.unit for one in advice.idle] == ["L1"]
    assert [one.unit for one in advice.smaller] == ["L2"]
    assert advice.of_units({"L1"}).idle == advice.idle
    assert advice.of_units({"L1"}).smaller == []
    assert advice.of_units({"L2"}).smaller == advice.smaller
