"""Which parts of an inventory's records the files can declare."""

from __future__ import annotations

import pytest

from licsync.model.declarations import Extension, UserAttributes
from licsync.planning.declarable import declarable, is_visible, slug, unused


def test_empty_fields_are_left_out_of_both_parts() -> None:
    record = {"first_name": "Ada", "last_name": "", "ring_groups": [], "favorite_color": None}
    assert declarable(UserAttributes, record) == ({"first_name": "Ada"}, [])


def test_fields_that_a_declaration_lacks_or_refuses_are_named() -> None:
    record = {"number": "1001", "phone_numbers": "+12065550100", "favorite_color": "blue"}
    declared, others = declarable(Extension, record)
    assert declared == {"number": "1001"}
    assert others == ["favorite_color", "phone_numbers"]


def test_text_that_no_file_can_hold_is_not_declared() -> None:
    record = {"first_name": "A\u200bda", "last_name": "Lovelace"}
    assert declarable(UserAttributes, record) == ({"last_name": "Lovelace"}, ["first_name"])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Ada", True),
        ("A\u202eda", False),
        ({"to": ["+12065550100", "\x00"]}, False),
        ({"t\u200bo": "1001"}, False),
        ([{"to": "1001"}], True),
        (7, True),
    ],
)
def test_visible_values_hold_no_invisible_character_at_any_depth(
    value: object, expected: bool
) -> None:
    assert is_visible(value) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("New York – HQ", "new-york-hq"),
        ("Straße 5", "strasse-5"),
        ("  Zürich  ", "zurich"),
        ("東京", ""),
    ],
)
def test_a_slug_has_only_ascii_letters_digits_and_hyphens(text: str, expected: str) -> None:
    assert slug(text) == expected


def test_a_taken_name_gets_the_next_unused_number() -> None:
    assert unused("hq", ["paris"]) == "hq"
    assert unused("hq", ["hq"]) == "hq-2"
    assert unused("hq", ["hq", "hq-2", "hq-3"]) == "hq-4"
