"""A site gets another address: the licenses of its users follow it."""

from __future__ import annotations

from typing import Any

import pytest

from licsync.diagnostics import Span
from licsync.planning.plan import Plan
from tests.support.accounts import SITES, desired, inventory, unit, user
from tests.support.planning import changed, labels, only, planned


def moved_site(record: dict[str, Any] | None = None, **units: Any) -> Plan:
    """Site HQ moves from New York to Seattle."""
    there = inventory(
        {"L1": unit(), "L2": unit(), "L3": unit(address="A3"), **units},
        {"ada": user(["L1"]), "bo": user(["L2", "L3"]), "cy": user(site="London")},
    )
    users = {"ada": record} if record is not None else {}
    return planned(desired(users, sites={"HQ": {"service_address": "A2"}}), there)


def relocated(plan: Plan) -> list[str]:
    return [action.name for action in plan.actions if action.verb == "relocate"]


def test_the_licenses_at_a_sites_old_address_follow_it_to_the_new_one() -> None:
    plan = moved_site()
    assert labels(plan) == ["update sites/HQ", "relocate licenses/L1", "relocate licenses/L2"]
    assert changed(plan.actions[1]) == {"service_address": ("A1", "A2")}
    assert plan.actions[1].why == "follows the site HQ"
    assert {"licenses/L1", "licenses/L2"} <= plan.saw.keys()


@pytest.mark.parametrize(("status", "followers"), [("inactive", []), ("active", ["L1"])])
def test_a_suspended_license_follows_only_when_its_user_is_reactivated(
    status: str, followers: list[str]
) -> None:
    suspended = unit() | {
        "status": "suspended",
        "suspended": {"reason": "user_inactive", "at": "2026-11-01T00:00:00Z"},
    }
    there = inventory({"L1": suspended}, {"ada": user(["L1"]) | {"status": "inactive"}})
    users = {"ada": {"status": status}}
    plan = planned(desired(users, sites={"HQ": {"service_address": "A2"}}), there)
    assert relocated(plan) == followers
    if followers:
        order = labels(plan)
        assert order.index("reactivate users/ada") < order.index("relocate licenses/L1")


SUSPENDED = {"reason": "user_inactive", "at": "2026-11-01T00:00:00Z"}


def test_suspended_licenses_that_stay_behind_are_named_with_the_site() -> None:
    def held(**more: Any) -> dict[str, Any]:
        return unit(**more) | {"status": "suspended", "suspended": SUSPENDED}

    away = {
        "ada": user(["L1"], status="inactive"),  # stays behind
        "bo": user(
            ["L2", "L3"], status="inactive"
        ),  # one stays behind, the other one is elsewhere already
        "cy": user(["L4"], status="inactive"),  # is declared to be where it is
        "di": user(["L5"], status="inactive"),  # is given up
        "eli": user(["L6"], status="inactive", site="London"),
        "fay": user(["L7"]),  # follows
        "gus": user(
            {"L8": {"phone_numbers": ["+12065550101"]}, "L9": {}}, status="inactive"
        ),  # L9 goes by itself
    }
    units = {f"L{n}": held(address="A3" if n == 3 else "A1") for n in range(1, 7)}
    units |= {"L8": held(kind="vo-basic", address="A3"), "L9": held(kind="local-number")}
    users = {"cy": {"licenses": [{"type": "x2", "service_address": "A1"}]}, "di": {"licenses": []}}
    users["gus"] = {"licenses": [{"type": "vo-basic", "extension": {"phone_numbers": []}}]}
    wanted = desired(users, sites={"HQ": {"service_address": "A2"}})
    wanted.where = lambda section, *path: Span("/".join(map(str, (section, *path))))
    plan = planned(wanted, inventory(units | {"L7": unit()}, away))
    assert relocated(plan) == ["L7"]
    (diagnostic,) = [d for d in plan.diagnostics if d.code == "left-as-is"]
    assert (diagnostic.severity, str(diagnostic.span)) == ("info", "sites/HQ/service_address:1:1")
    assert (
        diagnostic.message
        == "Suspended licenses stay at 'A1' when the site HQ moves: L1 (ada), L2 (bo)."
    )


@pytest.mark.parametrize(
    ("address", "wanted", "expected"),
    [
        (
            "A3",
            {"status": "active", "licenses": ["x2"]},
            ["reactivate users/ada", "relocate licenses/L1"],
        ),
        ("A3", {"status": "active"}, ["reactivate users/ada"]),  # unmanaged
        ("A3", {"licenses": ["x2"]}, []),
        # where another site is: meant
        ("A2", {"status": "active", "licenses": ["x2"]}, ["reactivate users/ada"]),
    ],
)
def test_a_license_that_was_left_behind_follows_with_the_reactivation(
    address: str, wanted: dict[str, Any], expected: list[str]
) -> None:
    sites = {"HQ": {"service_address": "A1"}, "Seattle": {"service_address": "A2"}}
    there = inventory(
        {"L1": unit(address=address)}, {"ada": user(["L1"], status="inactive")}, sites=sites
    )
    for options in ({}, {"targets": ["users/ada"]}):
        plan = planned(desired({"ada": wanted}), there, **options)
        assert labels(plan) == expected
    if len(expected) > 1:
        assert (plan.actions[1].why, [*plan.actions[1].needs]) == ("follows the site HQ", ["a1"])
        assert changed(plan.actions[1]) == {"service_address": ("A3", "A1")}


def test_a_unit_that_is_given_up_does_not_follow_the_site() -> None:
    assert relocated(moved_site({"licenses": []})) == ["L2"]


def test_a_unit_that_is_declared_to_be_at_the_old_address_stays_there() -> None:
    plan = moved_site({"licenses": [{"type": "x2", "service_address": "A1"}]})
    assert labels(plan) == ["update sites/HQ", "relocate licenses/L2"]


def test_the_license_of_a_user_who_leaves_the_site_does_not_follow_it() -> None:
    plan = moved_site({"site": "London"})
    by_label = dict(zip(labels(plan), plan.actions, strict=True))
    assert relocated(plan) == ["L2"]
    assert changed(by_label["update users/ada"]) == {
        "site": ("HQ", "London"),
        "service_address": ("A1", "A3"),
    }


def test_a_user_who_leaves_for_a_site_at_the_old_address_keeps_the_license_there() -> None:
    there = inventory(
        {"L1": unit()}, {"ada": user(["L1"])}, sites={**SITES, "Old": {"service_address": "A1"}}
    )
    plan = planned(
        desired({"ada": {"site": "Old"}}, sites={"HQ": {"service_address": "A2"}}), there
    )
    by_label = dict(zip(labels(plan), plan.actions, strict=True))
    assert relocated(plan) == []
    assert changed(by_label["update users/ada"]) == {"site": ("HQ", "Old")}


def test_a_unit_that_is_assigned_at_the_site_goes_to_the_new_address() -> None:
    there = inventory({"L1": unit()}, {"ada": user()})
    plan = planned(
        desired({"ada": {"licenses": ["x2"]}}, sites={"HQ": {"service_address": "A2"}}), there
    )
    assert changed(only(plan, "assign")) == {"service_address": ("A1", "A2")}
