"""When two values mean the same: only what is declared is compared, as each field's declaration
says.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licsync.model.declarations import Extension, User, UserAttributes
from licsync.planning.comparison import differences, flatten, lookup

PHONE = {"model": "Yealink T54W", "mac_address": "0a1b2c3d4e5f"}
OTHER = {"model": "Poly CCX 500", "mac_address": "0a1b2c3d4e60"}


def compared(declared: dict[str, Any], current: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {
        path: (before, after) for path, before, after in differences(Extension, declared, current)
    }


def test_what_is_not_declared_is_left_alone() -> None:
    assert compared({}, {"number": "1001"}) == {}
    assert (
        compared(
            {"features": {"frontdesk": True}},
            {"features": {"frontdesk": True, "analytics": "supervisor"}},
        )
        == {}
    )


def test_each_difference_has_its_path_and_both_values() -> None:
    declared = {"number": "1002", "features": {"frontdesk": True}}
    current = {"number": "1001", "features": {"frontdesk": False}}
    assert compared(declared, current) == {
        "number": ("1001", "1002"),
        "features.frontdesk": (False, True),
    }


@pytest.mark.parametrize("empty", [None, "", [], {}])
def test_an_empty_value_removes_and_equals_an_absent_one(empty: Any) -> None:
    assert compared({"voicemail_email": empty}, {"voicemail_email": "a@b.example"}) == {
        "voicemail_email": ("a@b.example", None)
    }
    assert compared({"voicemail_email": empty}, {}) == {}
    assert compared({"voicemail_email": empty}, {"voicemail_email": ""}) == {}


def test_an_empty_structure_removes_everything_in_it() -> None:
    assert compared(
        {"features": {}}, {"features": {"frontdesk": True, "analytics": "supervisor"}}
    ) == {
        "features.frontdesk": (True, None),
        "features.analytics": ("supervisor", None),
    }


def test_false_is_a_value() -> None:
    assert compared({"features": {"frontdesk": False}}, {}) == {"features.frontdesk": (None, False)}


def test_the_order_of_phone_numbers_matters_since_the_first_is_the_primary_one() -> None:
    assert compared(
        {"phone_numbers": ["+12065550102", "+12065550101"]},
        {"phone_numbers": ["+12065550101", "+12065550102"]},
    )


def test_the_order_of_desk_phones_does_not_matter() -> None:
    assert compared({"devices": [PHONE, OTHER]}, {"devices": [OTHER, PHONE]}) == {}


def test_punctuation_and_case_of_a_mac_address_do_not_matter() -> None:
    assert (
        compared({"devices": [{**PHONE, "mac_address": "0A:1B:2C:3D:4E:5F"}]}, {"devices": [PHONE]})
        == {}
    )
    assert compared({"devices": [{**PHONE, "model": "YEALINK T54W"}]}, {"devices": [PHONE]})


def test_the_order_of_forwarding_rules_and_each_value_in_them_matter() -> None:
    rules = [
        {"when": "busy", "to": "1002"},
        {"when": "no_answer", "to": "1003", "after_seconds": 20},
    ]
    assert (
        compared(
            {"call_forwarding": rules},
            {"call_forwarding": [dict(reversed(r.items())) for r in rules]},
        )
        == {}
    )
    assert compared({"call_forwarding": rules[::-1]}, {"call_forwarding": rules})
    longer = [rules[0], {**rules[1], "after_seconds": 25}]
    assert compared({"call_forwarding": longer}, {"call_forwarding": rules}) == {
        "call_forwarding": (rules, longer)
    }


def test_values_of_different_kinds_differ() -> None:
    assert compared({"devices": [PHONE]}, {"devices": "a phone"})
    assert compared({"devices": "a phone"}, {"devices": [PHONE]})


def test_only_the_case_of_an_email_does_not_matter() -> None:
    current = {"email": "ada@acme.example", "department": "Sales"}
    declared = {"email": "Ada@Acme.example", "department": "sales"}
    assert list(differences(UserAttributes, declared, current)) == [
        ("department", "Sales", "sales")
    ]


def test_values_are_listed_in_the_order_of_the_declaration() -> None:
    values = {"features": {"frontdesk": True, "analytics": "supervisor"}, "number": "1001"}
    assert [path for path, _, _ in flatten(Extension, values)] == [
        "number",
        "features.analytics",
        "features.frontdesk",
    ]
    assert list(flatten(User, {"unheard_of": 1})) == []


def test_a_path_that_leads_nowhere_has_no_value() -> None:
    assert lookup({"a": {"b": 1}}, "a.b") == 1
    assert lookup({"a": {"b": 1}}, "a.c") is None
    assert lookup({"a": 1}, "a.b") is None
    assert lookup({"a": ""}, "a") is None


values = st.dictionaries(
    st.sampled_from(("number", "phone_numbers", "voicemail_email", "recording_mode", "devices")),
    st.sampled_from((None, "", "1001", [], ["+12065550101"], [PHONE], [OTHER, PHONE])),
)


@given(values, values)
def test_what_is_compared_after_a_change_is_the_same(
    declared: dict[str, Any], current: dict[str, Any]
) -> None:
    changes = compared(declared, current)
    assert (
        compared(declared, {**current, **{path: after for path, (_, after) in changes.items()}})
        == {}
    )
    assert compared(current, current) == {}
