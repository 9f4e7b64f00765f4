"""Extension and phone numbers: once in the whole account, whoever held them before."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from licsync.model.declarations import LicenseEntry
from licsync.planning.validation.validate import check
from tests.support.accounts import license_entry
from tests.support.desired_states import ADA, BO, CY, NEW, NOW, desired, found, inventory, only

PHONE = "+12065550101"


def x4(number: str | None = None, *phones: str, **more: Any) -> LicenseEntry:
    return license_entry("x4", number=number, phone_numbers=[*phones] or None, **more)


def user(*licenses: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"licenses": list(licenses), **more}


def holding(
    number: str | None = None, *phones: str, unit: str = "L1", **more: Any
) -> dict[str, Any]:
    extension: dict[str, Any] = {"number": number} if number else {}
    if phones:
        extension["phone_numbers"] = list(phones)
    return {"holds": {unit: ("x4", extension)}, **more}


# --- between declared users -----------------------------------------------------------------------


def test_numbers_that_two_declared_users_claim() -> None:
    state = desired({ADA: user(x4("1001", PHONE)), BO: user(x4("1001", PHONE))})
    diagnostics = check(state, inventory({ADA: {}, BO: {}}), now=NOW)
    path = "licenses/0/extension"
    assert [(d.code, str(d.span), [str(r) for r in d.related]) for d in diagnostics] == [
        (
            "duplicate-extension",
            f"users/{BO}/{path}/number:1:1",
            [f"users/{ADA}/{path}/number:1:1"],
        ),
        (
            "duplicate-phone-number",
            f"users/{BO}/{path}/phone_numbers/0:1:1",
            [f"users/{ADA}/{path}/phone_numbers/0:1:1"],
        ),
    ]
    assert found(state, None) == found(state, inventory({ADA: {}, BO: {}}))


def test_numbers_that_one_user_claims_twice() -> None:
    agent = {"type": "vcc-agent", "extension": {"number": "1001", "phone_numbers": [PHONE]}}
    state = desired({ADA: user(x4("1001", PHONE, PHONE), agent)})
    assert found(state, inventory({ADA: {}})) == [
        ("error", "duplicate-phone-number", f"users/{ADA}/licenses/0/extension/phone_numbers/1"),
        ("error", "duplicate-extension", f"users/{ADA}/licenses/1/extension/number"),
        ("error", "duplicate-phone-number", f"users/{ADA}/licenses/1/extension/phone_numbers/0"),
    ]


def test_an_extension_number_is_not_a_phone_number() -> None:
    state = desired({ADA: user(x4("1001")), BO: user(x4("1002"))})
    assert found(state, inventory({ADA: {}, BO: {}})) == []


def test_somebody_whose_licenses_are_back_claims_nothing() -> None:
    state = desired(
        {ADA: user(x4("1001"), offboard_on="2026-10-01"), BO: user(x4("1001"))},
        account={"offboarding": {"unassign_after": "7d"}},
    )
    assert found(state, inventory({ADA: {}, BO: {}})) == []


# --- against the inventory ------------------------------------------------------------------------

TAKEN = [("error", "duplicate-extension", f"users/{ADA}/licenses/0/extension/number")]


@pytest.mark.parametrize(
    ("users", "account", "expected"),
    [
        ({}, {}, TAKEN),
        ({}, {"unlisted_users": "suspend"}, TAKEN),
        ({}, {"unlisted_users": "unassign"}, []),
        ({}, {"unlisted_users": "delete"}, []),
        ({BO: {}}, {}, TAKEN),
        ({BO: {"status": "inactive"}}, {}, TAKEN),
        ({BO: user(x4())}, {}, TAKEN),
        ({BO: user(x4(None, PHONE))}, {}, TAKEN),
        ({BO: user({"type": "x2"})}, {}, TAKEN),
        ({BO: user(x4("1002"))}, {}, []),
        ({BO: user({"type": "x2", "extension": {"number": "1002"}})}, {}, []),
        ({BO: user({"type": "x4", "extension": {"number": None}})}, {}, []),
        ({BO: user()}, {}, []),
        ({BO: user({"type": "vcc-agent"})}, {}, []),
        ({BO: {"offboard_on": "2026-11-01"}}, {}, TAKEN),
        ({BO: {"offboard_on": "2026-11-01"}}, {"offboarding": {"unassign_after": "7d"}}, []),
        ({BO: {"offboard_on": "2026-11-01"}}, {"offboarding": {"delete_after": "7d"}}, []),
        ({"bo.new@acme.example": {"previously": BO}}, {}, TAKEN),
        ({"bo.new@acme.example": user(x4("1002"), previously=BO)}, {}, []),
    ],
)
def test_a_number_that_somebody_else_holds(
    users: dict[str, Any], account: dict[str, Any], expected: list[tuple[str, str, str]]
) -> None:
    state = desired({ADA: user(x4("1001")), **users}, account=account)
    assert found(state, inventory({ADA: {}, BO: holding("1001")})) == expected


def test_a_phone_number_that_somebody_else_holds() -> None:
    seen = inventory({ADA: {}, BO: holding("1002", PHONE)})
    place = f"users/{ADA}/licenses/0/extension/phone_numbers/0"
    assert found(desired({ADA: user(x4(None, PHONE))}), seen) == [
        ("error", "duplicate-phone-number", place)
    ]
    assert found(desired({ADA: user(x4(None, PHONE)), BO: user(x4("1002"))}), seen) != []
    gives_up = {"type": "x4", "extension": {"phone_numbers": []}}
    assert found(desired({ADA: user(x4(None, PHONE)), BO: user(gives_up)}), seen) == []


def test_only_who_is_new_may_be_the_rename_of_somebody_whom_no_file_names() -> None:
    there = inventory({ADA: {}, BO: holding("1001")})
    taken = user(x4("1001"))
    rename = only(desired({"new@acme.example": {**NEW, **taken}, ADA: {}}), there)
    assert str(rename.hint).startswith(f"If this is a rename of '{BO}', add 'previously: {BO}'.")
    other = only(desired({ADA: taken}), there)
    assert other.hint == f"Use another number, or declare another one for '{BO}'."


def test_the_holder_may_keep_its_own_number() -> None:
    seen = inventory({ADA: holding("1001", PHONE)})
    assert found(desired({ADA: user(x4("1001", PHONE))}), seen) == []
    assert found(desired({ADA.upper(): user(x4("1001", PHONE))}), seen) == []
    assert (
        found(desired({"ada.smith@acme.example": user(x4("1001", PHONE), previously=ADA)}), seen)
        == []
    )


def test_a_number_moves_between_the_licenses_of_one_user() -> None:
    seen = inventory(
        {
            ADA: {
                "holds": {"L1": ("x4", {"number": "1001"}), "L2": ("vcc-agent", {"number": "6001"})}
            }
        }
    )
    agent = {"type": "vcc-agent", "extension": {"number": "1001"}}
    assert found(desired({ADA: user(x4("6001"), agent)}), seen) == []


def test_swaps_and_rings_are_fine() -> None:
    seen = inventory(
        {ADA: holding("1001"), BO: holding("1002", unit="L2"), CY: holding("1003", unit="L3")}
    )
    assert found(desired({ADA: user(x4("1002")), BO: user(x4("1001"))}), seen) == []
    assert (
        found(desired({ADA: user(x4("1002")), BO: user(x4("1003")), CY: user(x4("1001"))}), seen)
        == []
    )
    assert found(desired({ADA: user(x4("1002")), BO: user(x4("1003"))}), seen) == [
        ("error", "duplicate-extension", f"users/{BO}/licenses/0/extension/number")
    ]


def test_the_right_license_is_looked_at() -> None:
    holds = {"L1": ("x4", {"number": "1001"}), "L2": ("vcc-agent", {"number": "6001"})}
    seen = inventory({ADA: {}, BO: {"holds": holds}})
    keeps_agent = user({"type": "vcc-agent"})
    assert found(desired({ADA: user(x4("1001")), BO: keeps_agent}), seen) == []
    assert found(desired({ADA: user(x4("6001")), BO: keeps_agent}), seen) == TAKEN


def test_faulty_licenses_of_the_holder_are_one_fault() -> None:
    state = desired({ADA: user(x4("1001")), BO: user({"type": "x44"})})
    seen = inventory({ADA: {}, BO: holding("1001")})
    assert found(state, seen) == [("error", "invalid-value", f"users/{BO}/licenses/0/type")]


NUMBERS = st.sampled_from(["1001", "1002", "1003"])


@settings(deadline=None)
@given(
    held=st.permutations(["1001", "1002", "1003"]),
    wanted=st.lists(st.none() | NUMBERS, min_size=3, max_size=3),
    declared=st.lists(st.booleans(), min_size=3, max_size=3),
)
def test_a_conflict_is_reported_exactly_where_two_would_end_with_one_number(
    held: list[str], wanted: list[str | None], declared: list[bool]
) -> None:
    names = [ADA, BO, CY]
    seen = inventory(
        {n: holding(h, unit=f"L{i}") for i, (n, h) in enumerate(zip(names, held, strict=True))}
    )
    users = {n: user(x4(w)) for n, w, d in zip(names, wanted, declared, strict=True) if d}
    ends = [w if d and w else h for h, w, d in zip(held, wanted, declared, strict=True)]
    conflicts = [code for _, code, _ in found(desired(users), seen)]
    assert (conflicts != []) == (len(set(ends)) < len(ends))
    assert set(conflicts) <= {"duplicate-extension"}


# --- phone numbers that are new -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "severity"),
    [
        (PHONE, None),
        ("+442079460000", None),
        ("+120655501", "error"),
        ("+9991234567", "error"),
        ("+11155501234", "warning"),
    ],
)
def test_new_phone_numbers(number: str, severity: str | None) -> None:
    state = desired(
        {ADA: user(x4(None, number))}, account={"acknowledge": [{"number-abroad": "A test."}]}
    )
    place = f"users/{ADA}/licenses/0/extension/phone_numbers/0"
    expected = [(severity, "invalid-value", place)] if severity else []
    assert [d for d in found(state, inventory({ADA: {}})) if d[1] != "acknowledged"] == expected
    assert found(state, inventory({ADA: holding("1", number)}))[1:] == [], "it is in the inventory"


def test_a_phone_number_has_no_trunk_prefix_after_its_country_code() -> None:
    there = inventory(
        {ADA: {}},
        service_addresses={"A1": {"country": "DE"}},
        sites={"HQ": {"service_address": "A1"}},
    )
    diagnostic = only(desired({ADA: user(x4(None, "+49089123456"))}), there)
    assert "a trunk prefix after the country code" in diagnostic.message
    assert diagnostic.hint == "Write '+4989123456'."


def test_a_new_user_may_take_a_free_number() -> None:
    assert (
        found(
            desired({"new@acme.example": {**NEW, **user(x4("1009", PHONE))}}),
            inventory({ADA: holding("1001")}),
        )
        == []
    )
