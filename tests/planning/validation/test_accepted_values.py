"""What the vendor takes of names, texts and places, and what becomes of what it does not."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licsync.model.declarations import USER_NAME, ServiceAddress, UserAttributes
from licsync.model.field_limits import Accepts, transliterate
from licsync.model.fields import fields_with_marker
from tests.support.desired_states import ADA, NEW, desired, found, inventory, only

OF_VENDOR: dict[str, Any] = {"account": {"backend": {"type": "8x8"}}}


@pytest.mark.parametrize(
    ("field", "value", "hint"),
    [
        (
            "first_name",
            "Zoë",
            "Write 'Zoe'. Accepted: ASCII letters, digits, space and . , - _ ( ) '.",
        ),
        (
            "last_name",
            "Łukasz–Øre",
            "Write 'Lukasz-Oere'. Accepted: ASCII letters, digits, space and . , - _ ( ) '.",
        ),
        (
            "last_name",
            "O’Brien",
            "Write 'O'Brien'. Accepted: ASCII letters, digits, space and . , - _ ( ) '.",
        ),
        ("first_name", "李", "Accepted: ASCII letters, digits, space and . , - _ ( ) '."),
        ("first_name", "A", None),
        (
            "last_name",
            "MÜLLER-Löwenström",
            (
                "Write 'MUELLER-Loewenstroem'. Accepted: ASCII letters, digits, space and . "
                ", - _ ( ) '."
            ),
        ),
        (
            "department",
            "Büro_A: Süd",
            (
                "Write 'Buero A Sued'. Accepted: ASCII letters, digits, space and . , & @ * "
                "+ - # \\ / ( ) ' –."
            ),
        ),
        ("last_name", "x" * 31, None),
        ("first_name", "x" * 129, None),
        ("job_title", "x" * 255, None),
        ("department", "x" * 101, None),
        (
            "first_name",
            "Ada\n",
            "Write 'Ada'. Accepted: ASCII letters, digits, space and . , - _ ( ) '.",
        ),
    ],
)
def test_what_the_vendor_refuses_is_an_error_there_and_a_warning_in_a_local_account(
    field: str, value: str, hint: str | None
) -> None:
    state = desired({ADA: {field: value}}, **OF_VENDOR)
    (local,) = found(desired({ADA: {field: value}}), inventory({ADA: {}}))
    assert local == ("warning", "invalid-value", f"users/{ADA}/{field}")
    diagnostic = only(state, inventory({ADA: {}}))
    assert diagnostic.span is not None
    assert (diagnostic.severity, diagnostic.code, diagnostic.span.file) == (
        "error",
        "invalid-value",
        f"users/{ADA}/{field}",
    )
    assert diagnostic.hint == hint
    if not value.endswith("\n"):
        assert found(state, inventory({ADA: {field: value}})) == [], "it is there already"


@pytest.mark.parametrize("field", ["first_name", "last_name", "job_title", "department"])
def test_names_that_the_vendor_accepts(field: str) -> None:
    text = "Mary-Ann (Jr.) O'Neil, 2" + ("" if field == "department" else "_")
    assert found(desired({ADA: {field: text}}, **OF_VENDOR), inventory({ADA: {}})) == []


def test_wider_punctuation_in_titles() -> None:
    assert (
        found(
            desired(
                {ADA: {"job_title": "VP – Sales & Ops", "department": "Vertrieb – #1 & \\\\2"}}
            ),
            inventory({ADA: {}}),
        )
        == []
    )


@pytest.mark.parametrize("value", [None, ""])
def test_an_empty_title_removes_it(value: str | None) -> None:
    assert (
        found(desired({ADA: {"job_title": value, "department": value}}), inventory({ADA: {}})) == []
    )


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        (
            "ada+test@acme.example",
            "Write 'adatest@acme.example'. Accepted: ASCII letters, digits and . @ - _ /.",
        ),
        (
            "zoë@acme.example",
            "Write 'zoe@acme.example'. Accepted: ASCII letters, digits and . @ - _ /.",
        ),
        ("ad", None),
        ("a" * 71, None),
    ],
)
def test_user_names_that_the_vendor_refuses(name: str, hint: str | None) -> None:
    assert only(desired({name: NEW}), inventory()).severity == "warning", (
        "the local console takes it"
    )
    diagnostic = only(desired({name: NEW}, **OF_VENDOR), inventory())
    assert (diagnostic.severity, diagnostic.code) == ("error", "invalid-value")
    assert diagnostic.hint == hint
    assert found(desired({name: {}}), inventory({name: {}})) == [], "it is there already"
    assert found(desired({name.upper(): {}}), inventory({name: {}})) == [], (
        "user names have no case"
    )


def test_names_are_a_warning_where_no_inventory_was_seen() -> None:
    state = desired({"zoë@acme.example": {"first_name": "Zoë"}}, **OF_VENDOR)
    assert {severity for severity, *_ in found(state, None)} == {"warning"}
    assert len(found(state, None)) == 2


LONG = "x" * 129


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        (
            {"service_addresses": {"a": {"city": LONG[:46], "country": "GB"}}},
            f"The city '{LONG[:46]}' has 46 characters, 8x8 accepts 1 to 45.",
        ),
        (
            {
                "service_addresses": {
                    "a": {"street_number": LONG[:46], "street_name": LONG[:128], "country": "GB"}
                }
            },
            f"The street number '{LONG[:46]}' has 46 characters, 8x8 accepts 1 to 45.",
        ),
        ({"sites": {"X": {}}}, "The name of the site 'X' has 1 character, 8x8 accepts 2 to 128."),
        (
            {"sites": {LONG: {}}},
            f"The name of the site '{LONG}' has 129 characters, 8x8 accepts 2 to 128.",
        ),
    ],
)
def test_places_that_the_vendor_refuses(sections: dict[str, Any], message: str) -> None:
    diagnostic = only(desired(**OF_VENDOR, **sections), inventory())
    assert (diagnostic.severity, diagnostic.message) == ("error", message)
    assert [severity for severity, *_ in found(desired(**sections), inventory())] == ["warning"]
    records = sections.get("service_addresses") or {}
    there = (
        inventory(sites=sections["sites"])
        if "sites" in sections
        else inventory(service_addresses=records, sites={})
    )
    assert found(desired(**OF_VENDOR, **sections), there) == [], "it is there already"


def test_what_is_deleted_is_not_looked_at() -> None:
    there = inventory(sites={"X": {}})
    assert found(desired(sites={"X": None}, **OF_VENDOR), there) == []
    diagnostics = found(desired(service_addresses={"a": None}, **OF_VENDOR), there)
    assert [code for _, code, _ in diagnostics] == ["unknown-reference"]


@given(
    st.text(max_size=90),
    st.sampled_from(
        [
            USER_NAME,
            *fields_with_marker(UserAttributes, Accepts).values(),
            *fields_with_marker(ServiceAddress, Accepts).values(),
        ]
    ),
)
def test_what_is_suggested_is_accepted(value: str, accepts: Accepts) -> None:
    suggestion = transliterate(accepts, value)
    assert suggestion is None or accepts.fault(suggestion) is None
    if re.fullmatch("[a-z]{5,30}", value):
        assert suggestion == value
