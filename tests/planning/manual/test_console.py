"""An account in the console: people do everything but what SCIM can do, and nothing is dropped."""

from __future__ import annotations

from typing import Any

import pytest

from licsync.model.capabilities import ScimAccess, console_capabilities
from licsync.model.inventory import Inventory
from licsync.planning.plan import Plan
from tests.support.accounts import desired, inventory, unit, user
from tests.support.planning import changed, labels, planned

MONDAY = "2026-11-23T09:00:00Z"
DEFAULT = "8x8 Master User Template"


def by_console(
    users: dict[str, Any],
    there: Inventory,
    scim: ScimAccess = "none",
    observed: dict[str, str] | None = None,
    **parts: Any,
) -> Plan:
    able = console_capabilities(observed or {}, scim=scim)
    return planned(desired(users, **parts), there, capabilities=able)


@pytest.mark.parametrize("scim", ["none", "read"])
def test_without_write_access_people_do_everything(scim: ScimAccess) -> None:
    there = inventory({"L1": unit()}, {"ada": user(department="Ops")})
    plan = by_console({"ada": {"department": "IT", "status": "inactive"}}, there, scim)
    assert labels(plan) == ["update users/ada", "suspend users/ada"]
    assert all(action.manual and action.steps for action in plan.actions)


def test_scim_does_what_it_can_and_people_the_rest() -> None:
    there = inventory({"L1": unit()}, {"ada": user(department="Ops")})
    plan = by_console({"ada": {"department": "IT", "site": "Seattle"}}, there, "write")
    done, left = plan.actions
    assert (done.manual, changed(done)) == (False, {"department": ("Ops", "IT")})
    assert (left.manual, changed(left)) == (True, {"site": ("HQ", "Seattle")})


def test_the_time_of_what_scim_does_is_foretold() -> None:
    there = inventory({}, {f"u{n}": user(department="Ops") for n in range(95)})
    wanted = {f"u{n}": {"department": "IT"} for n in range(95)}
    forecast = by_console(wanted, there, "write").forecast
    assert forecast is not None
    assert (forecast.requests, round(forecast.minutes)) == (191, 2)
    assert by_console({"u1": {"site": "Seattle"}}, there, "write").forecast is None
    assert by_console(wanted, there, "read").forecast is None


def test_a_user_is_created_with_what_scim_can_write() -> None:
    there = inventory({"L1": unit()}, {})
    wanted = {
        "first_name": "Ada",
        "last_name": "Lopez",
        "site": "HQ",
        "policy": "Sales",
        "timezone": "America/New_York",
        "licenses": [{"type": "x2"}],
    }
    plan = by_console({"ada@x.example": wanted}, there, "write", policies={"Sales": {}})
    create = next(a for a in plan.actions if a.label == "user.create")
    rest = next(a for a in plan.actions if a.label == "user.update")
    assign = next(a for a in plan.actions if a.label == "license.assign")
    assert not create.manual
    assert changed(create).keys() == {"first_name", "last_name", "email", "site", "status"}
    assert rest.manual
    assert {path: after for path, (_, after) in changed(rest).items()} == {
        "policy": "Sales",
        "timezone": "America/New_York",
    }
    assert assign.manual
    assert create.id in rest.needs
    assert create.id in assign.needs


def test_the_default_policy_of_a_new_user_needs_nobody() -> None:
    plan = by_console({"ada@x.example": {"site": "HQ"}}, inventory({}, {}), "write")
    assert labels(plan) == ["create users/ada@x.example"]
    assert not plan.actions[0].manual
    assert DEFAULT not in str(changed(plan.actions[0]))


def test_what_no_export_has_shown_is_marked() -> None:
    there = inventory({"L1": unit()}, {"ada": user(department="Ops")})
    wanted = {"ada": {"department": "IT", "licenses": [{"type": "x2"}]}}
    seen = {"users.department": MONDAY}
    plan = by_console(wanted, there, observed=seen)
    unseen = {action.label: action.unseen for action in plan.actions}
    assert unseen == {"user.update": False, "license.assign": True}
    seen |= {"licenses.user": MONDAY, "licenses.service_address": MONDAY}
    assert not any(action.unseen for action in by_console(wanted, there, observed=seen).actions)


def test_a_new_user_who_gets_the_default_policy_need_not_be_confirmed() -> None:
    seen = {"users": MONDAY, **dict.fromkeys(("users.site", "users.email", "users.status"), MONDAY)}
    for policy, unseen in (({}, False), ({"policy": "Strict"}, True)):
        users = {"ada@x.example": {"site": "HQ", **policy}}
        plan = by_console(users, inventory(), observed=seen, policies={"Strict": {}})
        assert plan.actions[-1].unseen is unseen


# --- sites that move ------------------------------------------------------------------------------

MOVED = {"sites": {"HQ": {"service_address": "A2"}}}


def of_ada(status: str) -> Inventory:
    return inventory({"L1": unit()}, {"ada": user(["L1"], status=status)})


@pytest.mark.parametrize(("before", "after"), [("inactive", "active"), ("active", "inactive")])
def test_a_license_follows_its_site_while_its_user_is_active(before: str, after: str) -> None:
    plan = by_console({"ada": {"status": after}}, of_ada(before), **MOVED)
    order = ["update sites/HQ", "suspend users/ada"]
    assert labels(plan) == (order if after == "inactive" else ["reactivate users/ada", order[0]])
    site, second = plan.actions if after == "inactive" else plan.actions[::-1]
    assert [*site.units] == ["L1"]
    assert [*plan.actions[1].needs] == [plan.actions[0].id], second
    assert not [d for d in plan.diagnostics if d.code == "left-as-is"]


def test_a_suspension_over_scim_does_not_wait_for_a_site_that_people_move() -> None:
    plan = by_console({"ada": {"status": "inactive"}}, of_ada("active"), "write", **MOVED)
    site, suspended = plan.actions
    assert (site.label, [*site.units], site.manual) == ("site.update", [], True)
    assert (suspended.label, [*suspended.needs], suspended.manual) == ("user.suspend", [], False)
    (told,) = [d.message for d in plan.diagnostics if d.code == "left-as-is"]
    assert told == "Suspended licenses stay at 'A1' when the site HQ moves: L1 (ada)."


def test_a_license_with_an_address_of_its_own_is_bound_there_again_after_a_move() -> None:
    there = inventory(
        {"L1": unit(), "L2": unit("vcc-agent")}, {"ada": user({"L1": {"number": "1001"}, "L2": {}})}
    )
    own = {"type": "x2", "service_address": "A1"}
    plan = by_console({"ada": {"site": "Seattle", "licenses": [own, "vcc-agent"]}}, there)
    (moved,) = plan.actions
    assert [(c.path, c.before, c.after, c.license) for c in moved.changes] == [
        ("site", "HQ", "Seattle", None),
        ("service_address", "A1", "A2", "L2"),
        ("service_address", "A2", "A1", "L1"),
    ]
    assert moved.steps[-1].startswith("Ask 8x8 Billing to bind license X2 · US (L1) to the ")


def test_a_leaver_whose_suspension_waits_for_a_rename_is_active_for_it() -> None:
    users = {"bo": {"previously": "ada", "status": "inactive"}}
    renamed, suspended = by_console(users, of_ada("active"), "write").actions
    assert (renamed.verb, renamed.manual) == ("rename", True)
    assert ([*suspended.needs], suspended.manual) == ([renamed.id], False)
    assert not any("Activate" in step for step in renamed.steps)
