"""A plan warns where calls reach nobody afterwards: released numbers, leavers, empty groups."""

from __future__ import annotations

from typing import Any

import pytest

from licsync.model.inventory import InSyncTotals, Inventory, call_links
from licsync.planning.plan import Plan
from tests.support.accounts import desired, inventory, license_entry, unit, user
from tests.support.planning import planned

PHONE = "+12065550101"
ADA, BO, CY = "ada.lopez@acme.example", "bo@acme.example", "cy@acme.example"
BO_KEEPS = license_entry(number="1002", phone_numbers=[PHONE])


def forwarding(to: str) -> dict[str, Any]:
    return {"call_forwarding": [{"when": "no_answer", "to": to, "after_seconds": 20}]}


def account(
    to: str = "1002", *, bo: str = "active", ada: str = "active", **of_bo: Any
) -> Inventory:
    """An account where ada forwards calls to bo."""
    return inventory(
        {"L1": unit(), "L2": unit(), "L3": unit(), "L4": unit("x4")},
        {
            ADA: user({"L1": {"number": "1001", **forwarding(to)}}, status=ada),
            BO: user({"L2": {"number": "1002", "phone_numbers": [PHONE]}}, status=bo, **of_bo),
            CY: user(),
        },
    )


def messages_of(plan: Plan) -> list[str]:
    return [d.message for d in plan.diagnostics if d.code == "calls-unanswered"]


def plan_for(bo: dict[str, Any], there: Inventory | None = None, **others: Any) -> list[str]:
    users = {BO: bo, **{name.upper(): wanted for name, wanted in others.items()}}
    names = {"ADA": ADA, "CY": CY}
    declared = {names.get(name, name): wanted for name, wanted in users.items()}
    return messages_of(planned(desired(declared), there or account()))


RELEASED = f"The plan releases the extension number '1002' of '{BO}', to which '{ADA}' still "
RELEASED += "forwards calls."


@pytest.mark.parametrize(
    "bo",
    [
        {"licenses": []},
        {"licenses": [license_entry(number="1009")]},
        {"licenses": [license_entry(number="")]},
    ],
    ids=["license gone", "another number", "no number"],
)
def test_a_number_that_somebody_forwards_to_is_not_released_in_silence(bo: Any) -> None:
    assert plan_for(bo) == [RELEASED]


@pytest.mark.parametrize(
    "to", [PHONE, "206 555 0101", "(206) 555-0101", "0012065550101", "1-206-555-0101"]
)
def test_a_phone_number_is_known_in_any_spelling(to: str) -> None:
    (found,) = plan_for({"licenses": [license_entry(number="1002", phone_numbers=[])]}, account(to))
    assert f"the phone number '{PHONE}' of '{BO}', to which '{ADA}' still forwards" in found


@pytest.mark.parametrize(
    ("bo", "to", "others"),
    [
        ({"licenses": [BO_KEEPS]}, "1002", {}),
        ({"licenses": [license_entry("x4")]}, "1002", {}),
        ({"licenses": []}, "1003", {}),
        ({"licenses": []}, "2002", {}),
        ({"licenses": []}, "1002", {"cy": {"licenses": [license_entry(number="1002")]}}),
        ({"licenses": []}, "1002", {"ada": {"licenses": [license_entry(**forwarding("1001"))]}}),
        ({"licenses": []}, "1002", {"ada": {"licenses": [license_entry(call_forwarding=[])]}}),
        ({"licenses": []}, "1002", {"ada": {"licenses": []}}),
        ({"licenses": []}, "1002", {"ada": {"status": "inactive"}}),
    ],
    ids=[
        "kept", "upgraded", "another target", "same end",
        "handed on", "forwarding changes", "forwarding ends", "license goes", "forwarder leaves",
    ],
)  # fmt: skip
def test_there_is_no_warning_where_calls_are_answered_or_nobody_forwards(
    bo: Any, to: str, others: dict[str, Any]
) -> None:
    assert plan_for(bo, account(to), **others) == []


def test_who_starts_to_forward_in_the_same_plan_is_named_too() -> None:
    found = plan_for(
        {"licenses": []},
        account("1003"),
        cy={"licenses": [license_entry("x4", number="1005", **forwarding("1002"))]},
        ada={"licenses": [license_entry(**forwarding("1002"))]},
    )
    assert found == [
        RELEASED.replace(f"'{ADA}' still forwards", f"'{ADA}' and '{CY}' still forward")
    ]


def test_an_upgrade_with_other_rules_counts_by_its_new_rules() -> None:
    upgraded = {"licenses": [license_entry("x4", **forwarding("1002"))]}
    assert plan_for({"licenses": []}, account("1003"), ada=upgraded) == [RELEASED]


def test_a_deactivated_user_answers_no_calls_either() -> None:
    found = plan_for({"status": "inactive"})
    message = f"The plan deactivates '{BO}' with the extension number '1002', to which '{ADA}' "
    assert found == [f"{message}still forwards calls."]
    assert plan_for({"status": "inactive"}, account(bo="inactive")) == []
    assert plan_for({"licenses": []}, account(bo="inactive")) == [RELEASED]


def test_who_comes_back_or_has_another_name_forwards_again() -> None:
    back = {"status": "active"}
    assert plan_for({"licenses": []}, account(ada="inactive")) == []
    assert plan_for({"licenses": []}, account(ada="inactive"), ada=back) == [RELEASED]
    renamed = desired({"bo@new.example": {"previously": BO, "licenses": []}})
    assert messages_of(planned(renamed, account())) == [RELEASED]


def test_many_callers_are_counted() -> None:
    units = {f"L{i}": unit() for i in range(7)}
    callers = {f"u{i}": user({f"L{i}": forwarding("1002")}) for i in range(1, 7)}
    there = inventory(units, {BO: user({"L0": {"number": "1002"}}), **callers})
    (found,) = messages_of(planned(desired({BO: {"licenses": []}}), there))
    assert "'u1', 'u2', 'u3' and 3 more still forward calls" in found


def test_a_forwarder_in_sync_is_a_doubt_that_a_whole_plan_resolves() -> None:
    there = account("1003")
    there.in_sync_totals = InSyncTotals(1, call_links={"to:1002"})
    (found,) = plan_for({"licenses": []}, there)
    assert "a user in sync" in found


# --- ring groups and call queues ------------------------------------------------------------------

GROUPS: dict[str, Any] = {"ring_groups": ["Main"], "call_queues": [{"name": "Help", "id": "Q1"}]}
LAST = [
    f"Without '{BO}' the {title} has no active member, and calls to it reach nobody."
    for title in ("call queue 'Help'", "ring group 'Main'")
]


@pytest.mark.parametrize("bo", [{"licenses": []}, {"status": "inactive"}])
def test_the_last_active_member_of_a_group_does_not_leave_in_silence(bo: Any) -> None:
    there = account("1003", **GROUPS)
    assert plan_for(bo, there) == LAST
    there.users[ADA] |= GROUPS  # type: ignore[typeddict-item]
    assert plan_for(bo, there) == []
    assert len(plan_for(bo, there, ada={"licenses": []})) == 2
    there.users[ADA]["status"] = "inactive"
    there.licenses["L1"] |= {
        "status": "suspended",
        "suspended": {"reason": "user_inactive", "at": ""},
    }
    assert plan_for(bo, there) == LAST


def test_a_deleted_user_leaves_its_groups() -> None:
    account_of = {"unlisted_users": "delete", "limits": {"delete": 9, "unassign": 9}}
    there = account("1003", **GROUPS)
    plan = planned(desired({ADA: {}, CY: {}}, account=account_of), there)
    assert messages_of(plan) == LAST


def test_a_member_who_stays_or_was_inactive_already_is_not_reported() -> None:
    assert plan_for({"licenses": [license_entry("x4")]}, account("1003", **GROUPS)) == []
    assert plan_for({"licenses": []}, account("1003", bo="inactive", **GROUPS)) == []


def test_members_in_sync_count() -> None:
    there = account("1003", **GROUPS)
    there.in_sync_totals = InSyncTotals(1, call_links={"ring_groups:Main"})
    assert plan_for({"licenses": []}, there) == LAST[:1]


def test_what_calls_depend_on_is_kept_of_a_user_in_sync() -> None:
    there = account("(206) 555-0101", **GROUPS).users
    assert call_links(there[ADA]) == ["to:5550101"]
    assert call_links(there[BO]) == ["ring_groups:Main", "call_queues:Help"]


@pytest.mark.parametrize(("status", "callers"), [("active", ["dee"]), ("inactive", [])])
def test_a_user_who_is_created_inactive_calls_nobody(status: str, callers: list[str]) -> None:
    entry = license_entry(number="1003", country="US", **forwarding("1002"))
    users = {BO: {"licenses": []}, "dee": {"status": status, "licenses": [entry]}}
    found = messages_of(planned(desired(users), account(to="1001")))
    assert found == [
        f"The plan releases the extension number '1002' of '{BO}', to which '{name}' still "
        "forwards calls."
        for name in callers
    ]
