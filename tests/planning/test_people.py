"""What becomes of users: created, changed, renamed, suspended, reactivated, deleted; listed in the files or not."""

from __future__ import annotations

from typing import Any

import pytest
from plan_building import (
    DEFAULT_POLICY,
    NEW_YORK,
    NOW,
    SEATTLE,
    changed,
    codes,
    desired,
    holder,
    inventory,
    labels,
    only,
    planned,
    unit,
)

from licsync.diagnostics import Span
from licsync.planning.check import check
from licsync.planning.plan import Change, Plan, UnitRef


def one_user(wanted: dict[str, Any], current: dict[str, Any] | None = None, **units: Any) -> Plan:
    users = {"ada": current} if current is not None else {}
    return planned(desired({"ada": wanted}), inventory(units, users))


# --- users as such -----------------------------------------------------------------------------------------


def test_what_is_as_it_should_be_needs_no_action() -> None:
    current = holder({"L1": {"number": "1001"}}, department="Sales")
    wanted = {"department": "Sales", "status": "active", "site": "HQ", "licenses": ["x2"]}
    assert one_user(wanted, current, L1=unit()).actions == []


def test_a_new_user_is_created_with_what_is_declared_and_the_accounts_defaults() -> None:
    plan = one_user({"first_name": "Ada", "site": "HQ", "job_title": ""})
    assert only(plan, "create").changes == [
        Change("first_name", None, "Ada"),
        Change("email", None, "ada", "default"),
        Change("status", None, "active", "default"),
        Change("site", None, "HQ"),
        Change("policy", None, DEFAULT_POLICY, "default"),
    ]


def test_a_new_user_gets_the_policy_of_the_accounts_defaults() -> None:
    plan = planned(desired({"ada": {}}, account={"defaults": {"policy": "Strict"}}), inventory())
    assert changed(only(plan, "create"))["policy"] == (None, "Strict")


def test_declared_attributes_that_differ_are_updated_and_absent_ones_left_alone() -> None:
    current = holder(department="Sales", job_title="Rep", email="ada@acme.example")
    plan = one_user({"department": "Ops", "job_title": "", "email": "ADA@acme.example"}, current)
    assert labels(plan) == ["update users/ada"]
    assert changed(only(plan, "update")) == {"department": ("Sales", "Ops"), "job_title": ("Rep", None)}


def test_user_names_have_no_case() -> None:
    plan = planned(desired({"ADA": {"department": "Ops"}}), inventory(users={"ada": holder()}))
    assert labels(plan) == ["update users/ada"]


def test_a_suspension_names_every_license_of_the_user() -> None:
    plan = one_user({"status": "inactive"}, holder(["L2", "L1"]), L1=unit("vcc-agent"), L2=unit())
    assert labels(plan) == ["suspend users/ada"]
    assert only(plan, "suspend").units == ["L1", "L2"]
    assert changed(only(plan, "suspend")) == {"status": ("active", "inactive")}


def test_a_reactivation_comes_before_what_else_happens_to_the_user() -> None:
    current = holder(["L1"], status="inactive")
    plan = one_user({"status": "active", "department": "Ops", "licenses": ["x4"]}, current, L1=unit(), L2=unit("x4"))
    assert labels(plan) == ["reactivate users/ada", "update users/ada", "upgrade users/ada"]


def test_a_status_that_is_not_declared_stays() -> None:
    assert one_user({}, holder(status="inactive")).actions == []


def test_a_rename_keeps_everything_and_names_the_units_that_follow() -> None:
    there = inventory({"L1": unit()}, {"ada.smith": holder({"L1": {"number": "1001"}})})
    plan = planned(desired({"ada.lopez": {"previously": "Ada.Smith", "licenses": ["x2"]}}), there)
    assert labels(plan) == ["rename users/ada.lopez"]
    assert changed(only(plan, "rename")) == {"name": ("ada.smith", "ada.lopez")}
    assert only(plan, "rename").units == ["L1"]
    assert set(plan.saw) == {"users/ada.smith", "users/ada.lopez", "licenses/L1"}
    assert plan.saw["users/ada.lopez"] is None


def test_a_rename_that_is_done_already_means_nothing_any_more() -> None:
    assert planned(desired({"new": {"previously": "old"}}), inventory(users={"new": holder()})).actions == []


def test_a_previous_name_that_nobody_has_makes_a_new_user() -> None:
    assert labels(planned(desired({"new": {"previously": "old"}}), inventory())) == ["create users/new"]


@pytest.mark.parametrize(
    ("users", "expected"),
    [
        ({"ada": {"department": "Ops"}, "ADA": {"department": "Ops"}}, ["update users/ada"]),
        ({"new": {"previously": "ada"}, "newer": {"previously": "ada"}}, ["rename users/new"]),
        ({"eve": {}, "EVE": {}}, ["create users/eve"]),
    ],
)
def test_a_user_who_is_declared_twice_is_planned_once(users: dict[str, Any], expected: list[str]) -> None:
    assert labels(planned(desired(users), inventory(users={"ada": holder()}))) == expected


# --- users that no file names ------------------------------------------------------------------------------


def unlisted(rule: str | None, **current: Any) -> Plan:
    account = {"unlisted_users": rule} if rule else {}
    there = inventory({"L1": unit()}, {"ada": holder(), "bo": holder(["L1"], **current)})
    return planned(desired({"ada": {}}, account=account), there)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (None, []),
        ("ignore", []),
        ("suspend", ["suspend users/bo"]),
        ("unassign", ["unassign users/bo"]),
        ("delete", ["unassign users/bo", "delete users/bo"]),
    ],
)
def test_the_account_says_what_happens_to_users_that_no_file_names(rule: str | None, expected: list[str]) -> None:
    plan = unlisted(rule)
    assert labels(plan) == expected
    assert codes(plan) == ["unlisted-user"]
    assert all(a.why == f"not in the files; unlisted_users: {rule}" for a in plan.actions)


def test_an_unlisted_user_who_is_inactive_already_is_not_suspended_again() -> None:
    assert unlisted("suspend", status="inactive").actions == []


def test_somebody_who_is_renamed_is_not_unlisted() -> None:
    account = {"unlisted_users": "delete"}
    plan = planned(desired({"new": {"previously": "old"}}, account=account), inventory(users={"old": holder()}))
    assert labels(plan) == ["rename users/new"]
    assert codes(plan) == []


@pytest.mark.parametrize(
    ("count", "message"),
    [
        (1, "1 user of the inventory is in no file (u0); unlisted_users: ignore."),
        (3, "3 users of the inventory are in no file (u0, u1, u2); unlisted_users: ignore."),
        (4, "4 users of the inventory are in no file (u0, u1, u2, …); unlisted_users: ignore."),
    ],
)
def test_unlisted_users_are_counted_and_the_first_of_them_named(count: int, message: str) -> None:
    there = inventory(users={f"u{i}": holder() for i in reversed(range(count))})
    (diagnostic,) = planned(desired(), there).diagnostics
    assert (diagnostic.message, str(diagnostic.severity)) == (message, "info")


def test_a_deletion_tells_everything_that_goes_with_the_user() -> None:
    there = inventory(users={"bo": holder(id="U1", department="Sales", ring_groups=["Main"], call_queues=[])})
    gone = changed(only(planned(desired(account={"unlisted_users": "delete"}), there), "delete"))
    assert gone == {
        "status": ("active", None),
        "site": ("HQ", None),
        "department": ("Sales", None),
        "policy": (DEFAULT_POLICY, None),
        "ring_groups": (["Main"], None),
    }


def test_every_action_says_where_the_files_ask_for_it() -> None:
    def where(section: str, *path: str | int) -> Span:
        return Span(f"{section}.yaml", len(path))

    there = inventory({"L1": unit()}, {"bo": holder()})
    plan = planned(
        desired({"ada": {"site": "HQ", "licenses": ["x2"]}}, account={"unlisted_users": "delete"}, where=where), there
    )
    places = {label: a.source for label, a in zip(labels(plan), plan.actions, strict=True)}
    assert places == {
        "create users/ada": Span("users.yaml", 1),
        "assign users/ada": Span("users.yaml", 1),
        "delete users/bo": Span("account.yaml", 1),
    }


# --- the licenses that stay --------------------------------------------------------------------------------


def test_a_setting_of_a_license_that_stays_is_an_update_that_names_its_unit() -> None:
    current = holder({"L1": {"number": "1001", "recording_mode": "off"}})
    plan = one_user({"licenses": [{"type": "x2", "extension": {"number": "1002"}}]}, current, L1=unit())
    update = only(plan, "update")
    assert update.changes == [Change("extension.number", "1001", "1002", license="L1")]
    assert update.license == UnitRef("L1", "x2", "US")


def test_an_update_of_several_units_names_each_with_its_changes() -> None:
    entries = [{"type": "x2", "extension": {"number": "1"}}, {"type": "vcc-agent", "extension": {"number": "2"}}]
    plan = one_user({"licenses": entries}, holder(["L1", "L2"]), L1=unit(), L2=unit("vcc-agent"))
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


@pytest.mark.parametrize(("kind", "verb"), [("x4", "update"), ("x8", "upgrade"), ("x2", "downgrade")])
def test_an_extension_that_is_declared_empty_loses_everything(kind: str, verb: str) -> None:
    entry = {"type": kind, "extension": {}}
    plan = one_user({"licenses": [entry]}, holder({"L1": FULL}), L1=unit("x4"), L2=unit("x8"), L3=unit("x2"))
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
    assert action.kept == []


def test_an_empty_extension_of_a_license_that_has_none_or_is_new_asks_for_nothing() -> None:
    wanted = {"licenses": [{"type": "x2", "extension": {}}]}
    assert one_user(wanted, holder(["L1"]), L1=unit()).actions == []
    assert one_user(wanted, holder({"L1": {"vendor": 1}}), L1=unit()).actions == []
    assert changed(only(one_user(wanted, holder(), L1=unit()), "assign")) == {}


def test_a_number_in_an_extension_that_is_emptied_is_free_for_somebody_else() -> None:
    there = inventory({"L1": unit(), "L2": unit()}, {"ada": holder({"L1": FULL}), "bo": holder(["L2"])})
    taker = {"licenses": [{"type": "x2", "extension": {"number": "1"}}]}
    wanted = desired({"bo": taker, "ada": {"licenses": [{"type": "x2", "extension": {}}]}})
    assert labels(planned(wanted, there)) == ["update users/ada", "update users/bo"]
    assert [d.message for d in check(wanted, there, now=NOW)] == []


@pytest.mark.parametrize("licenses", [None, ["x2"]])
def test_the_licenses_that_stay_follow_their_user_to_another_site(licenses: list[str] | None) -> None:
    wanted = {"site": "Seattle"} | ({"licenses": licenses} if licenses else {})
    plan = one_user(wanted, holder(["L1"]), L1=unit())
    assert labels(plan) == ["update users/ada"]
    assert only(plan, "update").changes == [
        Change("site", "HQ", "Seattle"),
        Change("service_address", "A1", "A2", "automatic", "L1"),
    ]
    assert plan.addresses == {"A1": NEW_YORK, "A2": SEATTLE}


def test_a_license_whose_entry_names_an_address_goes_there_instead() -> None:
    wanted = {"site": "Seattle", "licenses": [{"type": "x2", "country": "US", "service_address": "A3"}]}
    plan = one_user(wanted, holder(["L1"]), L1=unit())
    assert only(plan, "update").changes[1] == Change("service_address", "A1", "A3", "declared", "L1")


def test_a_license_that_is_there_already_needs_no_move_with_its_user() -> None:
    plan = one_user({"site": "Seattle"}, holder(["L1"]), L1=unit(address="A2"))
    assert changed(only(plan, "update")) == {"site": ("HQ", "Seattle")}


def test_a_license_that_is_given_up_does_not_follow_its_user() -> None:
    plan = one_user({"site": "Seattle", "licenses": []}, holder(["L1"]), L1=unit())
    assert changed(only(plan, "update")) == {"site": ("HQ", "Seattle")}
    assert changed(only(plan, "unassign")) == {}


def test_a_license_of_a_user_who_stays_is_moved_where_its_entry_names_another_address() -> None:
    wanted = {"licenses": [{"type": "x2", "service_address": "A2"}]}
    plan = one_user(wanted, holder(["L1"]), L1=unit())
    assert labels(plan) == ["relocate licenses/L1"]
    assert changed(only(plan, "relocate")) == {"service_address": ("A1", "A2")}
    assert one_user(wanted, holder(["L1"]), L1=unit(address="A2")).actions == []


def test_the_suspended_license_of_an_inactive_user_is_not_moved_until_it_is_active_and_the_plan_says_so() -> None:
    entries = [{"type": "vcc-agent"}, {"type": "x2", "service_address": "A2"}]
    current, units = holder(["L1", "L2"], status="inactive"), {"L1": unit(), "L2": unit("vcc-agent")}
    wanted = desired({"ada": {"licenses": entries}})
    wanted.where = lambda section, *path: Span("/".join(map(str, (section, *path))))
    plan = planned(wanted, inventory(units, {"ada": current}))
    assert plan.actions == []
    (told,) = plan.diagnostics
    assert (told.severity, told.code, str(told.span)) == (
        "info", "left-as-is", "users/ada/licenses/1/service_address:1:1"
    )  # fmt: skip
    assert told.message == "License L1 of ada is suspended, so it cannot be bound to 'A2' now."
    back = one_user({"licenses": entries, "status": "active"}, current, **units)
    assert labels(back) == ["reactivate users/ada", "relocate licenses/L1"]
    assert back.diagnostics == []
    assert (
        one_user(
            {"licenses": entries}, holder(["L1", "L2"], status="inactive"), **units | {"L1": unit(address="A2")}
        ).diagnostics
        == []
    )


def test_a_license_that_is_not_at_the_users_site_stays_where_it_is_until_somebody_asks() -> None:
    assert one_user({"licenses": ["x2"]}, holder(["L1"]), L1=unit(address="A2")).actions == []


# --- the licenses that change ------------------------------------------------------------------------------


def test_an_assigned_unit_follows_its_user_to_the_site() -> None:
    plan = one_user({"licenses": ["x2"]}, holder(), L1=unit(address="A2"))
    assert only(plan, "assign").changes == [Change("service_address", "A2", "A1", "automatic")]


def test_an_entry_that_names_an_address_is_the_reason_for_the_change() -> None:
    plan = one_user({"licenses": [{"type": "x2", "service_address": "A2"}]}, holder(), L1=unit())
    assert only(plan, "assign").changes == [Change("service_address", "A1", "A2", "declared")]


def test_a_license_change_keeps_the_groups_of_the_user() -> None:
    current = holder({"L1": {"number": "1"}}, ring_groups=["Main"], call_queues=["Support"])
    assert only(one_user({"licenses": ["x4"]}, current, L1=unit(), L2=unit("x4")), "upgrade").kept == [
        "extension.number", "ring_groups", "call_queues",
    ]  # fmt: skip


def test_whose_last_extension_goes_leaves_the_groups_with_it() -> None:
    current = holder({"L1": {"number": "1"}}, ring_groups=["Main"], call_queues=[])
    plan = one_user({"licenses": []}, current, L1=unit())
    assert changed(only(plan, "unassign")) == {"extension.number": ("1", None), "ring_groups": (["Main"], [])}
    assert only(plan, "unassign").lost == ["extension.number", "ring_groups"]


def test_whose_other_extension_stays_keeps_the_groups() -> None:
    current = holder({"L1": {"number": "1"}, "L2": {"number": "2"}}, ring_groups=["Main"])
    plan = one_user({"licenses": ["x2"]}, current, L1=unit(), L2=unit("vcc-agent"))
    assert only(plan, "unassign").lost == ["extension.number"]


def test_of_several_licenses_that_go_only_the_last_takes_the_groups() -> None:
    current = holder({"L1": {"number": "1"}, "L2": {"number": "2"}, "L3": {}}, ring_groups=["Main"])
    plan = one_user({"licenses": []}, current, L1=unit(), L2=unit("vcc-agent"), L3=unit("xt"))
    assert [(a.origin.id, "ring_groups" in a.lost) for a in plan.actions if a.origin] == [
        ("L2", False), ("L1", True), ("L3", False),
    ]  # fmt: skip


def test_who_changes_from_agent_to_work_license_leaves_the_groups() -> None:
    current = holder({"L1": {"number": "1"}}, ring_groups=["Main"])
    plan = one_user({"licenses": ["x2"]}, current, L1=unit("vcc-agent"), L2=unit())
    assert labels(plan) == ["unassign users/ada", "assign users/ada"]
    assert "ring_groups" in only(plan, "unassign").lost


def test_groups_without_any_extension_go_with_the_license_all_the_same() -> None:
    plan = one_user({"licenses": []}, holder(["L1"], ring_groups=["Main"]), L1=unit())
    assert only(plan, "unassign").lost == ["ring_groups"]


def test_licenses_that_come_and_go_with_phone_numbers_are_left_alone() -> None:
    current = holder({"L1": {"phone_numbers": ["+12065550101"]}, "L2": {}})
    assert one_user({"licenses": ["x2"]}, current, L1=unit(), L2=unit("local-number")).actions == []


def test_licenses_that_come_and_go_with_phone_numbers_are_compared_where_one_is_declared() -> None:
    units = {"L1": unit(), "L2": unit("local-number"), "L3": unit("local-number")}
    plan = one_user({"licenses": ["x2", "local-number"]}, holder(["L1", "L2", "L3"]), **units)
    assert [(a.verb, a.origin.id) for a in plan.actions if a.origin] == [("unassign", "L3")]


def test_a_contact_gives_those_up_too() -> None:
    plan = one_user({"licenses": []}, holder(["L1", "L2"]), L1=unit(), L2=unit("local-number"))
    assert labels(plan) == ["unassign users/ada", "unassign users/ada"]


@pytest.mark.parametrize("entry", [{"type": "mystery", "country": "US"}, {"type": "x2"}])
def test_an_entry_that_cannot_be_understood_changes_nothing_of_what_is_held(entry: dict[str, str]) -> None:
    current = holder(["L1"], site=None)
    assert one_user({"licenses": [entry]}, current, L1=unit()).actions == []


def test_a_user_without_a_site_is_assigned_a_unit_wherever_it_is() -> None:
    plan = one_user({"licenses": [{"type": "x2", "country": "US"}]}, holder(site=None), L1=unit())
    assert only(plan, "assign").changes == []


def test_a_first_site_is_no_move() -> None:
    current = holder(["L1"], site=None)
    plan = one_user({"site": "Seattle"}, current, L1=unit())
    assert changed(only(plan, "update")) == {"site": (None, "Seattle")}
