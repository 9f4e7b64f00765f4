"""How much a plan may do, to whom nothing bad may happen, and what a plan is narrowed to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from licsync.diagnostics import Diagnostic, Span
from licsync.model.inventory import Inventory
from licsync.planning.guardrails import ceiling_diagnostics
from licsync.planning.plan import Plan
from licsync.views.plan.entry import summary_phrases
from tests.support.accounts import SEATTLE, desired, inventory, unit, user
from tests.support.planning import codes, labels, only, planned, row, staff

# --- limits ---------------------------------------------------------------------------------------


def suspending(count: int, of: int, limits: dict[str, Any] | None = None, **options: Any) -> Plan:
    account = {"limits": limits} if limits is not None else {}
    users = {f"u{i:03}": {"status": "inactive"} for i in range(count)}
    return planned(desired(users, account=account), staff(of), **options)


def refused(plan: Plan) -> list[Diagnostic]:
    return [d for d in plan.diagnostics if d.code == "limit-exceeded"]


@pytest.mark.parametrize(
    ("limit", "count", "is_refused"),
    [
        (2, 2, False),
        (2, 3, True),
        (0, 1, True),
        ("20%", 4, False),
        ("20%", 5, True),
        ("100%", 20, False),
    ],
)
def test_a_limit_is_a_number_or_a_share_of_the_users(
    limit: int | str, count: int, is_refused: bool
) -> None:
    plan = suspending(count, of=20, limits={"suspend": limit})
    assert bool(refused(plan)) is is_refused
    assert len(plan.actions) == count


def test_a_limit_that_is_exceeded_says_what_was_planned_and_how_to_allow_it() -> None:
    (diagnostic,) = refused(suspending(5, of=20, limits={"suspend": "20%"}))
    assert diagnostic.message == "The plan would suspend 5; the limit is 20% (of 20 users: 4)."
    assert diagnostic.hint is not None
    assert diagnostic.hint.endswith("--allow suspend=5.")
    (diagnostic,) = refused(suspending(5, of=20, limits={"suspend": 4}))
    assert diagnostic.message == "The plan would suspend 5; the limit is 4."


def test_without_a_declared_limit_ten_users_or_thirty_percent_may_be_touched() -> None:
    assert not refused(suspending(10, of=12))
    assert refused(suspending(11, of=36))
    assert not refused(suspending(11, of=37))


def test_a_limit_of_another_verb_does_not_lift_the_default_one() -> None:
    (diagnostic,) = refused(suspending(12, of=20, limits={"delete": 100}))
    assert (
        diagnostic.message
        == "The plan would suspend 12; the default limit is 30% (of 20 users: 6)."
    )


def test_one_limit_can_be_raised_for_one_run() -> None:
    assert not refused(suspending(12, of=20, allow={"suspend": 12}))
    (diagnostic,) = refused(suspending(12, of=20, limits={"suspend": 20}, allow={"suspend": 11}))
    assert diagnostic.message == "The plan would suspend 12; --allow suspend=11."


def test_what_is_not_destructive_is_limited_only_where_that_is_declared() -> None:
    users = {f"u{i:03}": {"licenses": ["vo-editions"]} for i in range(12)}
    there = staff(12)
    there.licenses.update({f"S{i:03}": unit("vo-editions") for i in range(12)})
    assert not refused(planned(desired(users), there))
    assert refused(planned(desired(users, account={"limits": {"change": 11}}), there))


def test_places_and_policies_do_not_count() -> None:
    sites = {f"S{i}": {"service_address": "A2"} for i in range(12)}
    plan = planned(desired(sites=dict.fromkeys(sites)), inventory(sites=sites))
    assert len(plan.actions) == 12
    assert not refused(plan)


def test_a_limit_points_to_where_it_is_declared() -> None:
    users = {"u000": {"status": "inactive"}}
    account = {"limits": {"suspend": 0}}
    wanted = desired(
        users, account=account, where=lambda section, *path: Span("account.yaml", 3, len(path))
    )
    (diagnostic,) = refused(planned(wanted, staff(1)))
    assert diagnostic.span == Span("account.yaml", 3, 2)


# --- protection -----------------------------------------------------------------------------------


def protecting(wanted: dict[str, Any], name: str = "ceo", **account: Any) -> Plan:
    units = {"L1": unit("x4"), "L2": unit(), "L3": unit("x6"), "L4": unit("vo-editions")}
    there = inventory(units, {"ceo": user(["L1"])})
    return planned(desired({name: wanted}, account={"protected_users": ["CEO"], **account}), there)


@pytest.mark.parametrize(
    ("user", "verb"),
    [
        ({"status": "inactive"}, "suspend"),
        ({"licenses": []}, "unassign"),
        ({"licenses": ["x2"]}, "downgrade"),
    ],
)
def test_nothing_bad_happens_to_a_protected_user(user: dict[str, Any], verb: str) -> None:
    plan = protecting(user)
    assert labels(plan) == [f"{verb} users/ceo"]
    (diagnostic,) = plan.diagnostics
    assert (diagnostic.code, str(diagnostic.severity)) == ("protected-user", "error")
    assert diagnostic.message == f"The plan would {verb} the protected user 'ceo'."


def test_a_protected_user_who_is_unlisted_is_not_deleted() -> None:
    there = inventory(users={"ceo": user()})
    account = {"protected_users": ["ceo"], "unlisted_users": "delete"}
    assert "protected-user" in codes(planned(desired(account=account), there))


@pytest.mark.parametrize(
    "user", [{"licenses": ["x6"]}, {"licenses": ["vo-editions"]}, {"department": "Board"}]
)
def test_anything_else_may_happen_to_a_protected_user(user: dict[str, Any]) -> None:
    assert codes(protecting(user)) == []


def test_protection_is_for_those_who_are_named() -> None:
    there = inventory(users={"ceo": user(), "ada": user()})
    plan = planned(
        desired({"ada": {"status": "inactive"}}, account={"protected_users": ["ceo"]}), there
    )
    assert "protected-user" not in codes(plan)


def test_a_rename_does_not_take_the_protection_away() -> None:
    (diagnostic,) = protecting({"previously": "ceo", "status": "inactive"}, name="boss").diagnostics
    assert diagnostic.message == "The plan would suspend the protected user 'ceo'."


# --- scope ----------------------------------------------------------------------------------------


def team() -> tuple[Any, Inventory]:
    """Two users swap types, a third waits for a new policy, a fourth for a unit that comes back."""
    removal = "2026-11-20T00:00:00Z"
    units = {
        "L1": unit("x4"),
        "L2": unit(),
        "L3": unit("x1", removed=removal),
        "L4": unit("x3"),
        "L5": unit("x3"),
    }
    there = inventory(units, {"ada": user(["L1"]), "bo": user(["L2"]), "cy": user(), "di": user()})
    wanted = desired(
        {
            "ada": {"licenses": ["x2"]},
            "bo": {"licenses": ["x4"]},
            "cy": {"policy": "Sales"},
            "di": {"licenses": ["x1"]},
        },
        policies={"Sales": {"settings": {"a": True}}},
        pools=[
            {"type": "x1", "country": "US", "quantity": 1},
            {"type": "x3", "country": "US", "unassigned_address": "sea"},
        ],
        service_addresses={"sea": SEATTLE},
    )
    return wanted, there


def narrowed(**options: Any) -> Plan:
    return planned(*team(), **options)


def test_without_a_scope_everything_is_planned() -> None:
    assert len(narrowed().actions) == 8


def test_a_target_brings_what_it_needs_and_nothing_else() -> None:
    assert labels(narrowed(targets=["users/cy"])) == ["create policies/Sales", "update users/cy"]
    assert labels(narrowed(targets=["users/di"])) == ["reinstate licenses/L3", "assign users/di"]
    assert labels(narrowed(targets=["policies/Sales"])) == ["create policies/Sales"]
    assert labels(narrowed(targets=["licenses/L4"])) == ["relocate licenses/L4"]


def test_who_is_outside_the_scope_keeps_what_they_hold() -> None:
    plan = narrowed(targets=["users/bo"])
    assert labels(plan) == ["upgrade users/bo"]
    assert codes(plan) == ["license-shortage"]


def test_both_sides_of_a_swap_are_planned_where_both_are_targets() -> None:
    plan = narrowed(targets=["users/ada", "users/bo"])
    assert [(a.verb, a.ring) for a in plan.actions] == [("upgrade", "r1"), ("downgrade", "r1")]
    assert [a.id for a in plan.actions] == ["a1", "a2"]


def test_an_excluded_user_is_left_as_it_is() -> None:
    plan = narrowed(excludes=["users/ada"])
    assert "users/ada" not in {a.resource for a in plan.actions}
    assert "license-shortage" in codes(plan)


def test_what_needs_something_excluded_is_left_out_too() -> None:
    plan = narrowed(excludes=["policies/Sales"])
    assert {"policies/Sales", "users/cy"}.isdisjoint(a.resource for a in plan.actions)
    assert [a.id for a in plan.actions] == [f"a{i}" for i in range(1, len(plan.actions) + 1)]
    assert [a.ring for a in plan.actions if a.resource in ("users/ada", "users/bo")] == ["r1", "r1"]


def test_an_excluded_unit_does_not_come_back_and_serves_nobody() -> None:
    plan = narrowed(excludes=["licenses/L3"])
    assert "reinstate" not in {a.verb for a in plan.actions}
    assert row(plan, "x1").short_by == 1


def test_a_ring_is_kept_whole_or_left_out_whole() -> None:
    there = inventory(
        {"L1": unit("x4"), "L2": unit()},
        {"ada": user(["L1"]), "bo": user(["L2"])},
        policies={"Old": {}},
    )
    users = {
        "ada": {"licenses": ["x2"], "site": "New"},
        "bo": {"licenses": ["x4"]},
    }
    wanted = desired(users, sites={"New": {"service_address": "A2"}})
    assert labels(planned(wanted, there, excludes=["sites/New"])) == []
    assert len(planned(wanted, there).actions) == 4


def test_a_target_brings_the_whole_ring_it_needs() -> None:
    there = inventory({"L1": unit("x4"), "L2": unit()}, {"ada": user(["L1"]), "bo": user(["L2"])})
    users = {"ada": {"licenses": ["x2"], "status": "inactive"}, "bo": {"licenses": ["x4"]}}
    plan = planned(desired(users), there)
    assert [*only(plan, "suspend").needs] == [only(plan, "downgrade").id]


def test_whoever_leaves_is_suspended_whatever_becomes_of_the_license_given_back() -> None:
    there = inventory({"L1": unit(), "L2": unit(address="A2")}, {"ada": user(["L1"])})
    pools = [{"type": "x2", "country": "US", "unassigned_address": "A2"}]
    wanted = desired({"ada": {"status": "inactive", "licenses": []}}, pools=pools)
    assert [*only(planned(wanted, there), "suspend").needs] == ["a1"]
    leaving = ["unassign users/ada", "suspend users/ada"]
    assert labels(planned(wanted, there, excludes=["licenses/L1"])) == leaving
    assert labels(planned(wanted, there, targets=["users/ada"])) == leaving


def test_the_licenses_that_follow_a_site_are_planned_with_it_or_not_at_all() -> None:
    there = inventory({"L1": unit(), "L2": unit()}, {"ada": user(["L1"]), "bo": user()})
    wanted = desired({"bo": {"licenses": ["x2"]}}, sites={"HQ": {"service_address": "A2"}})
    assert labels(planned(wanted, there, targets=["users/bo"])) == [
        "update sites/HQ",
        "assign users/bo",
        "relocate licenses/L1",
    ]
    assert labels(planned(wanted, there, excludes=["licenses/L1"])) == []
    wanted = desired(sites={"HQ": {"service_address": "A2"}})
    together = ["update sites/HQ", "relocate licenses/L1"]
    assert labels(planned(wanted, there, targets=["sites/HQ"])) == together
    assert labels(planned(wanted, there, targets=["licenses/L1"])) == together
    assert labels(planned(wanted, there, excludes=["sites/HQ"])) == []


@pytest.mark.parametrize("settings", [{"number": "1002"}, {"phone_numbers": ["+12065550102"]}])
def test_a_number_that_somebody_outside_the_scope_keeps_is_refused(
    settings: dict[str, Any],
) -> None:
    extension = {"number": "1002", "phone_numbers": ["+12065550102"]}
    there = inventory(
        {"L1": unit(), "L2": unit()}, {"ada": user(["L1"]), "bo": user({"L2": extension})}
    )
    entry = {"type": "x2", "extension": settings}
    wanted = desired({"ada": {"licenses": [entry]}, "bo": {"licenses": []}})
    assert codes(planned(wanted, there)) == []
    (diagnostic,) = planned(wanted, there, excludes=["users/bo"]).diagnostics
    assert diagnostic.code == "plan-narrowed"
    assert "which bo keeps" in diagnostic.message
    assert codes(planned(wanted, there, targets=["users/ada", "users/bo"])) == []


@pytest.mark.parametrize(
    "leaving", [{"licenses": ["x2"]}, {"licenses": []}, {"offboard_on": "2026-01-01"}]
)
def test_a_shortage_of_a_narrowed_plan_names_who_outside_it_gives_up_a_unit(
    leaving: dict[str, Any],
) -> None:
    there = inventory(
        {"L1": unit("x2"), "L2": unit("x4")}, {"ada": user(["L1"]), "bo": user(["L2"])}
    )
    wanted = desired(
        {"ada": {"licenses": ["x4"]}, "bo": leaving},
        account={"offboarding": {"unassign_after": "0d"}},
    )
    alone = planned(wanted, there, targets=["users/ada"])
    (shortage,) = (d for d in alone.diagnostics if d.code == "license-shortage")
    assert shortage.hint.startswith("Include users/bo in the plan, which frees such a license.")
    together = planned(wanted, there, targets=["users/ada", "users/bo"])
    assert "license-shortage" not in codes(together)


def test_a_shortage_that_nobody_outside_the_plan_can_end_asks_to_order() -> None:
    there = inventory({"L1": unit("x4")}, {"ada": user(), "bo": user(["L1"]), "cy": user()})
    wanted = desired({n: {"licenses": ["x4"]} for n in ("ada", "bo", "cy")})
    (shortage,) = planned(wanted, there, targets=["users/ada"]).diagnostics
    assert shortage.hint.startswith("Order 1 more from 8x8")


def test_a_narrowed_plan_says_what_is_left_out_with_an_excluded_resource() -> None:
    new = {"site": "Tacoma", "first_name": "New", "last_name": "Hire"}
    people = {f"n{n}": new for n in range(4)} | {"ada": {"job_title": "Clerk"}}
    wanted = desired(people, sites={"Tacoma": {"service_address": "A2"}})
    there = inventory({}, {"ada": user()})
    plan = planned(wanted, there, excludes=["sites/Tacoma"])
    assert labels(plan) == ["update users/ada"]
    (left_out,) = (d for d in plan.diagnostics if d.code == "plan-narrowed")
    assert left_out.message == (
        "Left out with sites/Tacoma, which is excluded and needed: "
        "users/n0, users/n1, users/n2 and 1 more."
    )
    one = planned(wanted, there, targets=["users/n1"], excludes=["sites/Tacoma"])
    assert one.diagnostics[0].message.endswith("and needed: users/n1.")
    out = planned(wanted, there, excludes=["sites/Tacoma", *(f"users/n{n}" for n in range(4))])
    assert "plan-narrowed" not in codes(out)


def test_a_scope_that_leaves_nothing_out_changes_nothing() -> None:
    everything, scoped = narrowed(), narrowed(excludes=["users/nobody"])
    assert scoped.digest == everything.digest
    assert scoped.narrowed_by == ["--exclude", "users/nobody"]
    scoped = replace(scoped, narrowed_by=[])
    assert scoped.to_json() == everything.to_json()


def test_a_narrowed_plan_without_actions_does_not_speak_for_the_rest() -> None:
    there = inventory({}, {"ada": user(), "bo": user()})
    users = {"ada": {"job_title": "Clerk"}, "bo": {}}
    for options in ({"targets": ["users/bo"]}, {"excludes": ["users/ada"]}, {"due": True}):
        plan = planned(desired(users), there, **options)
        assert codes(plan) == ["plan-narrowed"]
        assert " ".join(summary_phrases(plan)) == "No changes in the selected targets."
    assert "plan-narrowed" not in codes(planned(desired(users), there, targets=["users/ada"]))


@pytest.mark.parametrize(
    ("ceilings", "expected"),
    [
        ((), []),
        ((("suspend", 3), ("delete", 0)), []),
        ((("suspend", "30%"),), []),
        ((("suspend", 2),), ["LICSYNC_LIMITS allows 2, whatever the files say."]),
        (
            (("suspend", "20%"), ("suspend", 0)),
            ["LICSYNC_LIMITS allows 20% (of 10: 2), whatever the files say.",
             "LICSYNC_LIMITS allows 0, whatever the files say."],
        ),
    ],
)  # fmt: skip
def test_the_operator_limits_verbs_whatever_the_files_say(
    ceilings: Sequence[tuple[str, int | str]], expected: list[str]
) -> None:
    plan = suspending(3, of=10, limits={"suspend": 10})
    found = list(ceiling_diagnostics(plan.actions, 10, ceilings))
    assert [d.message for d in found] == [f"The plan would suspend 3; {one}" for one in expected]
    assert {str(d.code) for d in found} <= {"limit-exceeded"}
