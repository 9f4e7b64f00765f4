"""What becomes of users: created, changed, renamed, suspended, reactivated, deleted; listed in the
files or not.
"""

from __future__ import annotations

from typing import Any

import pytest

from licsync.diagnostics import Span
from licsync.model.desired import DEFAULT_POLICY
from licsync.planning.actions import Change
from licsync.planning.plan import Plan
from tests.support.accounts import desired, inventory, unit, user
from tests.support.planning import changed, codes, labels, one_user, only, planned

# --- users as such --------------------------------------------------------------------------------


def test_a_user_as_declared_needs_no_action() -> None:
    current = user({"L1": {"number": "1001"}}, department="Sales")
    wanted = {"department": "Sales", "status": "active", "site": "HQ", "licenses": ["x2"]}
    assert one_user(wanted, current, L1=unit()).actions == []


def test_a_new_user_is_created_with_what_is_declared_and_the_accounts_defaults() -> None:
    plan = one_user({"first_name": "Ada", "site": "HQ", "job_title": ""})
    assert [*only(plan, "create").changes] == [
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
    current = user(department="Sales", job_title="Rep", email="ada@acme.example")
    plan = one_user({"department": "Ops", "job_title": "", "email": "ADA@acme.example"}, current)
    assert labels(plan) == ["update users/ada"]
    assert changed(only(plan, "update")) == {
        "department": ("Sales", "Ops"),
        "job_title": ("Rep", None),
    }


def test_user_names_have_no_case() -> None:
    plan = planned(desired({"ADA": {"department": "Ops"}}), inventory(users={"ada": user()}))
    assert labels(plan) == ["update users/ada"]


def test_a_suspension_names_every_license_of_the_user() -> None:
    plan = one_user({"status": "inactive"}, user(["L2", "L1"]), L1=unit("vcc-agent"), L2=unit())
    assert labels(plan) == ["suspend users/ada"]
    assert [*only(plan, "suspend").units] == ["L1", "L2"]
    assert changed(only(plan, "suspend")) == {"status": ("active", "inactive")}


def test_a_reactivation_comes_before_what_else_happens_to_the_user() -> None:
    current = user(["L1"], status="inactive")
    plan = one_user(
        {"status": "active", "department": "Ops", "licenses": ["x4"]},
        current,
        L1=unit(),
        L2=unit("x4"),
    )
    assert labels(plan) == ["reactivate users/ada", "update users/ada", "upgrade users/ada"]


def test_a_status_that_is_not_declared_stays() -> None:
    assert one_user({}, user(status="inactive")).actions == []


def test_a_rename_keeps_everything_and_names_the_units_that_follow() -> None:
    there = inventory({"L1": unit()}, {"ada.smith": user({"L1": {"number": "1001"}})})
    plan = planned(desired({"ada.lopez": {"previously": "Ada.Smith", "licenses": ["x2"]}}), there)
    assert labels(plan) == ["rename users/ada.lopez"]
    assert changed(only(plan, "rename")) == {"name": ("ada.smith", "ada.lopez")}
    assert [*only(plan, "rename").units] == ["L1"]
    assert set(plan.saw) == {"users/ada.smith", "users/ada.lopez", "licenses/L1"}
    assert plan.saw["users/ada.lopez"] is None


def test_a_rename_that_is_done_already_means_nothing_any_more() -> None:
    assert (
        planned(desired({"new": {"previously": "old"}}), inventory(users={"new": user()})).actions
        == []
    )


def test_a_previous_name_that_nobody_has_makes_a_new_user() -> None:
    assert labels(planned(desired({"new": {"previously": "old"}}), inventory())) == [
        "create users/new"
    ]


@pytest.mark.parametrize(
    ("users", "expected"),
    [
        ({"ada": {"department": "Ops"}, "ADA": {"department": "Ops"}}, ["update users/ada"]),
        ({"new": {"previously": "ada"}, "newer": {"previously": "ada"}}, ["rename users/new"]),
        ({"eve": {}, "EVE": {}}, ["create users/eve"]),
    ],
)
def test_a_user_who_is_declared_twice_is_planned_once(
    users: dict[str, Any], expected: list[str]
) -> None:
    assert labels(planned(desired(users), inventory(users={"ada": user()}))) == expected


# --- users that no file names ---------------------------------------------------------------------


def unlisted(rule: str | None, **current: Any) -> Plan:
    account = {"unlisted_users": rule} if rule else {}
    there = inventory({"L1": unit()}, {"ada": user(), "bo": user(["L1"], **current)})
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
def test_the_account_says_what_happens_to_users_that_no_file_names(
    rule: str | None, expected: list[str]
) -> None:
    plan = unlisted(rule)
    assert labels(plan) == expected
    assert codes(plan) == ["unlisted-user"]
    assert all(a.why == f"not in the files; unlisted_users: {rule}" for a in plan.actions)


def test_an_unlisted_user_who_is_inactive_already_is_not_suspended_again() -> None:
    assert unlisted("suspend", status="inactive").actions == []


def test_somebody_who_is_renamed_is_not_unlisted() -> None:
    account = {"unlisted_users": "delete"}
    plan = planned(
        desired({"new": {"previously": "old"}}, account=account), inventory(users={"old": user()})
    )
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
    there = inventory(users={f"u{i}": user() for i in reversed(range(count))})
    (diagnostic,) = planned(desired(), there).diagnostics
    assert (diagnostic.message, str(diagnostic.severity)) == (message, "info")


def test_a_deletion_tells_everything_that_goes_with_the_user() -> None:
    there = inventory(
        users={"bo": user(id="U1", department="Sales", ring_groups=["Main"], call_queues=[])}
    )
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

    there = inventory({"L1": unit()}, {"bo": user()})
    plan = planned(
        desired(
            {"ada": {"site": "HQ", "licenses": ["x2"]}},
            account={"unlisted_users": "delete"},
            where=where,
        ),
        there,
    )
    places = {label: a.source for label, a in zip(labels(plan), plan.actions, strict=True)}
    assert places == {
        "create users/ada": Span("users.yaml", 1),
        "assign users/ada": Span("users.yaml", 1),
        "delete users/bo": Span("account.yaml", 1),
    }


def test_the_units_of_a_suspension_are_those_that_the_user_holds_by_then() -> None:
    units = {"L1": unit(), "L2": unit("vcc-agent"), "L3": unit("x4"), "L4": unit("uc-cold-storage")}
    there = inventory(units, {"ada": user(["L1", "L2"]), "bo": user(), "cy": user(["L4"])})
    wanted = desired(
        {
            "ada": {"status": "inactive", "licenses": ["x4"]},
            "bo": {"status": "inactive"},
            "cy": {"status": "inactive", "licenses": ["uc-cold-storage"]},
        }
    )
    plan = planned(wanted, there)
    assert {a.name: [*a.units] for a in plan.actions if a.verb == "suspend"} == {
        "ada": ["L3"],
        "bo": [],
        "cy": ["L4"],
    }
