"""Names, emails and renames of users."""

from __future__ import annotations

from typing import Any

import pytest

from licsync.diagnostics import Severity
from licsync.model.desired import no_source
from licsync.planning.validation.validate import check
from tests.support.desired_states import ADA, BO, CY, NEW, NOW, desired, found, inventory, only

# --- names ----------------------------------------------------------------------------------------


def test_a_new_user_needs_both_names() -> None:
    assert found(desired({ADA: {"last_name": "Lopez"}}), inventory()) == [
        ("error", "invalid-value", f"users/{ADA}")
    ]
    assert "first_name" in only(desired({ADA: {"last_name": "Lopez"}}), inventory()).message
    assert found(desired({ADA: {}}), None) == [], "it may be there"
    assert found(desired({ADA: NEW}), inventory()) == []
    assert found(desired({ADA: {"previously": BO}}), inventory({BO: {}})) == []


def test_a_new_user_that_may_be_a_renamed_one_is_asked_about() -> None:
    state = desired({"ada.smith@acme.example": {}})
    before = "ada.lopez@acme.example"
    near = only(state, inventory({before: {}}))
    assert (
        near.hint
        == f"If this is a rename of '{before}', which no file names, add 'previously: {before}'."
    )
    assert "If the user is renamed" in str(only(state, inventory({"zoe": {}})).hint)
    namesake = desired({"zoe@acme.example": {"last_name": "Lopez"}})
    assert "rename of 'zac'" in str(only(namesake, inventory({"zac": {}, before: {}})).hint)
    listed = desired({"ada.smith@acme.example": {}, "ada.lopez@acme.example": {}})
    assert "If the user is renamed" in str(
        only(listed, inventory({"ada.lopez@acme.example": {}})).hint
    )


@pytest.mark.parametrize(
    ("names", "is_asked"),
    [
        ({"first_name": "Ada", "last_name": "Smith"}, True),
        ({"first_name": "ADELE", "last_name": "LOPEZ"}, True),
        ({"first_name": "Adele", "last_name": "Smith"}, False),
    ],
)
def test_a_complete_new_user_that_may_be_a_renamed_one_is_asked_about(
    names: dict[str, str], is_asked: bool
) -> None:
    new, before = "ada.smith@acme.example", "ada.lopez@acme.example"
    state, there = desired({new: {**NEW, **names}}), inventory({before: {}})
    output = [("info", "unlisted-user", f"users/{new}")] if is_asked else []
    assert found(state, there) == output
    assert found(state, there, is_planned=True) == [], "the plan reports it"
    meant = {**NEW, **names, "acknowledge": [{"probable-rename": "Two people."}]}
    assert found(desired({new: meant}), there) == []
    assert found(desired({new: {**NEW, **names}, before: {}}), there) == []
    assert found(desired({new: {**NEW, **names, "previously": before}}), there) == []
    if is_asked:
        assert f"add 'previously: {before}'" in (only(state, there).hint or "")


def test_somebody_who_has_left_and_was_never_there_needs_nothing_and_is_named() -> None:
    gone = {"offboard_on": "2026-11-24", "licenses": ["x4", "x2"]}
    diagnostic = only(desired({ADA: gone}), inventory())
    assert (diagnostic.severity, diagnostic.code, str(diagnostic.span)) == (
        "info",
        "left-as-is",
        f"users/{ADA}/offboard_on:1:1",
    )
    assert diagnostic.message == f"Not creating '{ADA}': offboard_on 2026-11-24 has passed."
    assert found(desired({ADA: {**NEW, "offboard_on": "2026-11-25"}}), inventory()) == []
    assert "left-as-is" not in [code for _, code, _ in found(desired({ADA: gone}), None)]


# --- e-mails and renames --------------------------------------------------------------------------


def test_e_mails_that_two_users_share() -> None:
    state = desired(
        {ADA: {"email": "Team@acme.example"}, BO: {"email": "team@acme.example"}, CY: {"email": CY}}
    )
    (diagnostic,) = check(state, inventory({ADA: {}, BO: {}, CY: {}}), now=NOW)
    assert (diagnostic.severity, diagnostic.code) == ("warning", "duplicate-name")
    assert str(diagnostic.span) == f"users/{BO}/email:1:1"
    assert [str(s) for s in diagnostic.related] == [f"users/{ADA}/email:1:1"]


def test_the_user_name_is_a_new_users_e_mail() -> None:
    state = desired({ADA: NEW, BO: {**NEW, "email": ADA}})
    assert found(state, inventory()) == [("warning", "duplicate-name", f"users/{BO}/email")]


def test_no_two_prices_of_a_pool_begin_on_one_day() -> None:
    price = {"amount": "1.00", "currency": "USD"}
    later = {**price, "valid_from": "2027-01-01"}
    state = desired({})
    state.pools = [{"type": "x2", "country": "US", "price": [price, later, price, later]}]
    messages = [d.message for d in check(state, None, now=NOW) if "price" in d.message]
    assert messages == [
        "This price of x2 has no valid_from, either.",
        "This price of x2 begins on 2027-01-01, as another one does.",
    ]


def test_no_two_users_have_one_external_id() -> None:
    two = desired({ADA: {"external_id": "K7"}, BO: {"external_id": "k7"}, CY: {}})
    diagnostic = only(two, None)
    assert (diagnostic.code, str(diagnostic.span)) == (
        "duplicate-name",
        f"users/{BO}/external_id:1:1",
    )
    assert diagnostic.message == f"The external_id 'k7' is also that of '{ADA}'."
    assert [str(place) for place in diagnostic.related] == [f"users/{ADA}/external_id:1:1"]
    state = desired({ADA: {"external_id": "7"}, BO: {"external_id": "07"}})
    state.where = no_source
    assert found(state, None) == []
    state.users[BO]["external_id"] = "7"
    assert only(state, None).related == ()


def test_renames() -> None:
    seen = inventory({ADA: {}, BO: {}})
    assert found(desired({"ada.smith@acme.example": {"previously": ADA}}), seen) == []
    assert found(desired({ADA: {"previously": "old@acme.example"}}), seen) == [], (
        "it was done already"
    )


@pytest.mark.parametrize(
    ("users", "expected"),
    [
        ({ADA: {"previously": ADA.upper()}}, ("error", "invalid-value", f"users/{ADA}/previously")),
        (
            {CY: {**NEW, "previously": ADA}, ADA: {}},
            ("error", "duplicate-name", f"users/{CY}/previously"),
        ),
        (
            {CY: {"previously": BO}, "di@acme.example": {**NEW, "previously": BO}},
            ("error", "duplicate-name", "users/di@acme.example/previously"),
        ),
        (
            {CY: {**NEW, "previously": "bbo@acme.example"}},
            ("warning", "unknown-reference", f"users/{CY}/previously"),
        ),
    ],
)
def test_renames_that_cannot_be_meant(
    users: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    assert found(desired(users), inventory({ADA: {}, BO: {}})) == [expected]


def test_renames_in_a_chain_are_refused_with_the_way_to_do_them() -> None:
    chain = desired({BO: {"previously": ADA}, CY: {**NEW, "previously": BO}})
    (diagnostic,) = [
        d
        for d in check(chain, inventory({ADA: {}, BO: {}}), now=NOW)
        if d.severity is Severity.ERROR
    ]
    assert diagnostic.hint is not None
    assert diagnostic.hint.startswith(
        f"A chain of renames takes two applies. First rename '{BO}' to '{CY}'"
    )
    swap = desired({BO: {"previously": ADA}, ADA: {"previously": BO}})
    hints = {d.hint for d in check(swap, inventory({ADA: {}, BO: {}}), now=NOW)}
    assert hints == {
        "Two users cannot exchange names in one plan. Rename one of them to a third name first."
    }


def test_a_rename_to_a_taken_name_is_reported() -> None:
    state, seen = desired({BO: {"previously": ADA}}), inventory({ADA: {}, BO: {}})
    assert ("warning", "duplicate-name", f"users/{BO}/previously") in found(state, seen)
    assert found(state, inventory({BO: {}})) == []


def test_a_rename_of_nobody_gets_a_hint_and_asks_for_an_inventory() -> None:
    state = desired({CY: {**NEW, "previously": "bbo@acme.example"}})
    assert only(state, inventory({BO: {}})).hint == f"Did you mean '{BO}'?"
    assert found(state, None) == [("warning", "unknown-reference", f"users/{CY}/site")]
