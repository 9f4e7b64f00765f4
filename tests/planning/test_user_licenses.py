"""What becomes of the licenses of users who stay: their settings, their place, the groups that go
with them.
"""

from __future__ import annotations

import pytest

from licsync.diagnostics import Span
from licsync.planning.actions import Change, UnitRef
from licsync.planning.validation.validate import check
from tests.support.accounts import NEW_YORK, SEATTLE, desired, inventory, unit, user
from tests.support.planning import NOW, changed, labels, one_user, only, planned

# --- the licenses that stay -----------------------------------------------------------------------


def test_a_setting_of_a_license_that_stays_is_an_update_that_names_its_unit() -> None:
    current = user({"L1": {"number": "1001", "recording_mode": "off"}})
    plan = one_user(
        {"licenses": [{"type": "x2", "extension": {"number": "1002"}}]}, current, L1=unit()
    )
    update = only(plan, "update")
    assert [*update.changes] == [Change("extension.number", "1001", "1002", license="L1")]
    assert update.license == UnitRef("L1", "x2", "US")


def test_an_update_of_several_units_names_each_with_its_changes() -> None:
    entries = [
        {"type": "x2", "extension": {"number": "1"}},
        {"type": "vcc-agent", "extension": {"number": "2"}},
    ]
    plan = one_user({"licenses": entries}, user(["L1", "L2"]), L1=unit(), L2=unit("vcc-agent"))
    update = only(plan, "update")
    assert [(c.license, c.after) for c in update.changes] == [("L1", "1"), ("L2", "2")]
    assert update.license is None


FULL = {
    "number": "1",
    "phone_numbers": ["+12065550101"],
    "call_forwarding": [{"when": "busy", "to": "2"}],
    "voicemail_email": "ada@acme.example",
    "recording_mode": "always",
    "features": {"analytics": "supervisor", "frontdesk": False},
    "devices": [{"model": "Yealink T54W"}],
}


@pytest.mark.parametrize(
    ("kind", "verb"), [("x4", "update"), ("x8", "upgrade"), ("x2", "downgrade")]
)
def test_an_extension_that_is_declared_empty_loses_everything(kind: str, verb: str) -> None:
    entry = {"type": kind, "extension": {}}
    plan = one_user(
        {"licenses": [entry]}, user({"L1": FULL}), L1=unit("x4"), L2=unit("x8"), L3=unit("x2")
    )
    (action,) = plan.actions
    assert action.verb == verb
    assert changed(action) == {
        "extension.number": ("1", None),
        "extension.phone_numbers": (["+12065550101"], None),
        "extension.call_forwarding": ([{"to": "2", "when": "busy"}], None),
        "extension.voicemail_email": ("ada@acme.example", None),
        "extension.recording_mode": ("always", None),
        "extension.features.analytics": ("supervisor", None),
        "extension.features.frontdesk": (False, None),
        "extension.devices": ([{"model": "Yealink T54W"}], None),
    }
    assert {change.reason for change in action.changes} == {"declared"}
    assert [*action.kept] == []


def test_an_empty_extension_of_a_license_that_has_none_or_is_new_asks_for_nothing() -> None:
    wanted = {"licenses": [{"type": "x2", "extension": {}}]}
    assert one_user(wanted, user(["L1"]), L1=unit()).actions == []
    assert one_user(wanted, user({"L1": {"vendor": 1}}), L1=unit()).actions == []
    assert changed(only(one_user(wanted, user(), L1=unit()), "assign")) == {}


def test_a_number_in_an_extension_that_is_emptied_is_free_for_somebody_else() -> None:
    there = inventory({"L1": unit(), "L2": unit()}, {"ada": user({"L1": FULL}), "bo": user(["L2"])})
    taker = {"licenses": [{"type": "x2", "extension": {"number": "1"}}]}
    wanted = desired({"bo": taker, "ada": {"licenses": [{"type": "x2", "extension": {}}]}})
    assert labels(planned(wanted, there)) == ["update users/ada", "update users/bo"]
    assert [d.message for d in check(wanted, there, now=NOW)] == []


@pytest.mark.parametrize("licenses", [None, ["x2"]])
def test_the_licenses_that_stay_follow_their_user_to_another_site(
    licenses: list[str] | None,
) -> None:
    wanted = {"site": "Seattle"} | ({"licenses": licenses} if licenses else {})
    plan = one_user(wanted, user(["L1"]), L1=unit())
    assert labels(plan) == ["update users/ada"]
    assert [*only(plan, "update").changes] == [
        Change("site", "HQ", "Seattle"),
        Change("service_address", "A1", "A2", "automatic", "L1"),
    ]
    assert plan.addresses == {"A1": NEW_YORK, "A2": SEATTLE}


def test_a_license_whose_entry_names_an_address_goes_there_instead() -> None:
    wanted = {
        "site": "Seattle",
        "licenses": [{"type": "x2", "country": "US", "service_address": "A3"}],
    }
    plan = one_user(wanted, user(["L1"]), L1=unit())
    assert only(plan, "update").changes[1] == Change(
        "service_address", "A1", "A3", "declared", "L1"
    )


def test_a_license_that_is_there_already_needs_no_move_with_its_user() -> None:
    plan = one_user({"site": "Seattle"}, user(["L1"]), L1=unit(address="A2"))
    assert changed(only(plan, "update")) == {"site": ("HQ", "Seattle")}


def test_a_license_that_is_given_up_does_not_follow_its_user() -> None:
    plan = one_user({"site": "Seattle", "licenses": []}, user(["L1"]), L1=unit())
    assert changed(only(plan, "update")) == {"site": ("HQ", "Seattle")}
    assert changed(only(plan, "unassign")) == {}


def test_a_license_of_a_user_who_stays_is_moved_where_its_entry_names_another_address() -> None:
    wanted = {"licenses": [{"type": "x2", "service_address": "A2"}]}
    plan = one_user(wanted, user(["L1"]), L1=unit())
    assert labels(plan) == ["relocate licenses/L1"]
    assert changed(only(plan, "relocate")) == {"service_address": ("A1", "A2")}
    assert one_user(wanted, user(["L1"]), L1=unit(address="A2")).actions == []


def test_the_suspended_license_of_an_inactive_user_does_not_move_and_the_plan_says_so() -> None:
    entries = [{"type": "vcc-agent"}, {"type": "x2", "service_address": "A2"}]
    current, units = (
        user(["L1", "L2"], status="inactive"),
        {"L1": unit(), "L2": unit("vcc-agent")},
    )
    wanted = desired({"ada": {"licenses": entries}})
    wanted.where = lambda section, *path: Span("/".join(map(str, (section, *path))))
    plan = planned(wanted, inventory(units, {"ada": current}))
    assert plan.actions == []
    (diagnostic,) = plan.diagnostics
    assert (diagnostic.severity, diagnostic.code, str(diagnostic.span)) == (
        "info", "left-as-is", "users/ada/licenses/1/service_address:1:1"
    )  # fmt: skip
    assert diagnostic.message == "License L1 of ada is suspended and cannot be bound to 'A2' now."
    back = one_user({"licenses": entries, "status": "active"}, current, **units)
    assert labels(back) == ["reactivate users/ada", "relocate licenses/L1"]
    assert back.diagnostics == []
    assert (
        one_user(
            {"licenses": entries},
            user(["L1", "L2"], status="inactive"),
            **units | {"L1": unit(address="A2")},
        ).diagnostics
        == []
    )


def test_a_license_that_is_not_at_the_users_site_stays_where_it_is_until_somebody_asks() -> None:
    assert one_user({"licenses": ["x2"]}, user(["L1"]), L1=unit(address="A2")).actions == []


# --- the licenses that change ---------------------------------------------------------------------


def test_an_assigned_unit_follows_its_user_to_the_site() -> None:
    plan = one_user({"licenses": ["x2"]}, user(), L1=unit(address="A2"))
    assert [*only(plan, "assign").changes] == [Change("service_address", "A2", "A1", "automatic")]


def test_an_entry_that_names_an_address_is_the_reason_for_the_change() -> None:
    plan = one_user({"licenses": [{"type": "x2", "service_address": "A2"}]}, user(), L1=unit())
    assert [*only(plan, "assign").changes] == [Change("service_address", "A1", "A2", "declared")]


def test_a_license_change_keeps_the_groups_of_the_user() -> None:
    current = user({"L1": {"number": "1"}}, ring_groups=["Main"], call_queues=["Support"])
    plan = one_user({"licenses": ["x4"]}, current, L1=unit(), L2=unit("x4"))
    assert [*only(plan, "upgrade").kept] == ["extension.number", "ring_groups", "call_queues"]


def test_whose_last_extension_goes_leaves_the_groups_with_it() -> None:
    current = user({"L1": {"number": "1"}}, ring_groups=["Main"], call_queues=[])
    plan = one_user({"licenses": []}, current, L1=unit())
    assert changed(only(plan, "unassign")) == {
        "extension.number": ("1", None),
        "ring_groups": (["Main"], []),
    }
    assert [*only(plan, "unassign").lost] == ["extension.number", "ring_groups"]


def test_whose_other_extension_stays_keeps_the_groups() -> None:
    current = user({"L1": {"number": "1"}, "L2": {"number": "2"}}, ring_groups=["Main"])
    plan = one_user({"licenses": ["x2"]}, current, L1=unit(), L2=unit("vcc-agent"))
    assert [*only(plan, "unassign").lost] == ["extension.number"]


def test_of_several_licenses_that_go_only_the_last_takes_the_groups() -> None:
    current = user({"L1": {"number": "1"}, "L2": {"number": "2"}, "L3": {}}, ring_groups=["Main"])
    plan = one_user({"licenses": []}, current, L1=unit(), L2=unit("vcc-agent"), L3=unit("xt"))
    assert [(a.origin.id, "ring_groups" in a.lost) for a in plan.actions if a.origin] == [
        ("L2", False), ("L1", True), ("L3", False),
    ]  # fmt: skip


def test_who_changes_from_agent_to_work_license_leaves_the_groups() -> None:
    current = user({"L1": {"number": "1"}}, ring_groups=["Main"])
    plan = one_user({"licenses": ["x2"]}, current, L1=unit("vcc-agent"), L2=unit())
    assert labels(plan) == ["unassign users/ada", "assign users/ada"]
    assert "ring_groups" in only(plan, "unassign").lost


def test_groups_without_any_extension_go_with_the_license_all_the_same() -> None:
    plan = one_user({"licenses": []}, user(["L1"], ring_groups=["Main"]), L1=unit())
    assert [*only(plan, "unassign").lost] == ["ring_groups"]


def test_licenses_that_come_and_go_with_phone_numbers_are_left_alone() -> None:
    current = user({"L1": {"phone_numbers": ["+12065550101"]}, "L2": {}})
    assert one_user({"licenses": ["x2"]}, current, L1=unit(), L2=unit("local-number")).actions == []


def test_licenses_that_come_and_go_with_phone_numbers_are_compared_where_one_is_declared() -> None:
    units = {"L1": unit(), "L2": unit("local-number"), "L3": unit("local-number")}
    plan = one_user({"licenses": ["x2", "local-number"]}, user(["L1", "L2", "L3"]), **units)
    assert [(a.verb, a.origin.id) for a in plan.actions if a.origin] == [("unassign", "L3")]


def test_a_contact_gives_those_up_too() -> None:
    plan = one_user({"licenses": []}, user(["L1", "L2"]), L1=unit(), L2=unit("local-number"))
    assert labels(plan) == ["unassign users/ada", "unassign users/ada"]


@pytest.mark.parametrize("entry", [{"type": "mystery", "country": "US"}, {"type": "x2"}])
def test_an_entry_that_cannot_be_understood_changes_nothing_of_what_is_held(
    entry: dict[str, str],
) -> None:
    current = user(["L1"], site=None)
    assert one_user({"licenses": [entry]}, current, L1=unit()).actions == []


def test_a_user_without_a_site_is_assigned_a_unit_wherever_it_is() -> None:
    plan = one_user({"licenses": [{"type": "x2", "country": "US"}]}, user(site=None), L1=unit())
    assert [*only(plan, "assign").changes] == []


def test_a_first_site_is_not_a_move() -> None:
    current = user(["L1"], site=None)
    plan = one_user({"site": "Seattle"}, current, L1=unit())
    assert changed(only(plan, "update")) == {"site": (None, "Seattle")}
