"""How scalars are decoded: by the field they stand in, from the text as it was written."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired, Required, get_args

import pytest
from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from licsync.model import fields
from licsync.model.declarations import KINDS, Extension, User
from licsync.model.fields import (
    CASELESS,
    SENSITIVE,
    Amount,
    Boolean,
    Count,
    CountOrShare,
    Country,
    Currency,
    Day,
    Duration,
    Email,
    ExtensionNumber,
    MacAddress,
    PhoneNumber,
    Plain,
    Ref,
    Setting,
    fields_of,
    markers,
)


def decoded(field: Any, value: Any) -> Any:
    return TypeAdapter(field).validate_python(value)


def refusal(field: Any, value: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        decoded(field, value)
    return str(caught.value.errors()[0]["msg"])


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        (Boolean, Plain("true"), True),
        (Boolean, Plain("FALSE"), False),
        (Boolean, True, True),
        (Count, Plain("40"), 40),
        (Count, Plain("007"), 7),
        (Count, Plain("0o17"), 15),
        (Count, Plain("0x1F"), 31),
        (Count, 3, 3),
        (CountOrShare, Plain("10"), 10),
        (CountOrShare, "20%", "20%"),
        (CountOrShare, Plain("100%"), "100%"),
        (Day, Plain("2026-12-31"), "2026-12-31"),
        (Setting, Plain("true"), True),
        (Setting, Plain("False"), False),
        (Setting, Plain("9.10"), "9.10"),
        (Setting, "true", "true"),
        (Setting, None, None),
        (Setting, False, False),
        (ExtensionNumber, Plain("0123"), "0123"),
        (PhoneNumber, Plain("+442071234567"), "+442071234567"),
    ],
)
def test_a_scalar_is_decoded_by_its_field(field: Any, value: Any, expected: Any) -> None:
    result = decoded(field, value)
    assert result == expected
    assert type(result) is type(expected) or isinstance(result, Plain)


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        (Boolean, "true", "must be true or false, without quotes"),
        (Boolean, Plain("NO"), "must be true or false, without quotes"),
        (Boolean, 1, "must be true or false, without quotes"),
        (Count, "40", "must be a whole number, without quotes"),
        (Count, Plain("1_000"), "must be a whole number, without quotes"),
        (Count, Plain("1e3"), "must be a whole number, without quotes"),
        (Count, True, "must be a whole number, without quotes"),
        (Count, Plain("9" * 5000), "must be from 0 to 999999999"),
        (CountOrShare, "101%", "must be a whole number, or a share such as 20%"),
        (CountOrShare, Plain("-1"), "must be a whole number, or a share such as 20%"),
        (CountOrShare, Plain("many"), "must be a whole number, or a share such as 20%"),
        (CountOrShare, 10**9, "must be a whole number, or a share such as 20%"),
        (Day, Plain("2026-02-30"), "must be a day of the calendar, as YYYY-MM-DD"),
        (Day, Plain("31.12.2026"), "must be a day of the calendar, as YYYY-MM-DD"),
        (Day, 20261231, "must be a day of the calendar, as YYYY-MM-DD"),
        (Setting, 7, "must be true, false or text"),
        (Setting, ["x"], "must be true, false or text"),
    ],
)
def test_a_scalar_of_another_kind_is_refused_with_the_reason(
    field: Any, value: Any, reason: str
) -> None:
    assert refusal(field, value) == f"Value error, {reason}"


def test_a_count_is_neither_negative_nor_beyond_reason() -> None:
    assert "greater than or equal to 0" in refusal(Count, Plain("-1"))
    assert "less than or equal to" in refusal(Count, Plain("1000000000"))


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        (Duration, ["7d", "12w", "0d"], ["7", "d", "7m", "-7d", "12345d", "7d\n"]),
        (Country, ["US", "GB"], ["us", "USA", "U1", ""]),
        (Currency, ["USD"], ["usd", "US", "$"]),
        (Amount, ["28.00", "0", "1234.5678"], ["28,00", "-1", "1.", "1.23456", "1e3"]),
        (
            Email,
            ["a@b.example", "a.b+c@d.e.example"],
            ["a@b", "a b@c.example", "@c.example", "a@b..c", "a@@b.example"],
        ),
        (ExtensionNumber, ["1", "0001", "1234567890"], ["", "12345678901", "10a", "+1", "１００"]),
        (
            PhoneNumber,
            ["+12065550101", "+4930123456"],
            ["12065550101", "+0123456789", "+1", "+1 206 555 0101"],
        ),
        (
            MacAddress,
            ["0a1b2c3d4e5f", "0A:1B:2C:3D:4E:5F", "0a1b.2c3d.4e5f"],
            ["0a1b2c3d4e", "0g1b2c3d4e5f", ""],
        ),
    ],
)
def test_texts_have_their_form(field: Any, good: list[str], bad: list[str]) -> None:
    for text in good:
        assert decoded(field, text) == text
    for text in bad:
        refusal(field, text)


# --- declarations ---------------------------------------------------------------------------------


class Sample(TypedDict):
    plain: str
    marked: Required[Annotated[str, CASELESS, SENSITIVE]]
    maybe: NotRequired[Annotated[str, Ref("site")]]


def test_the_fields_of_a_declaration_are_listed_with_their_markers_in_order() -> None:
    assert fields_of(Sample) == {
        "plain": (),
        "marked": (CASELESS, SENSITIVE),
        "maybe": (Ref("site"),),
    }
    assert list(fields_of(Extension))[:2] == ["number", "phone_numbers"]


def test_what_is_not_annotated_has_no_markers() -> None:
    assert markers(str) == ()
    assert markers(Annotated[str, CASELESS]) == (CASELESS,)


def test_every_reference_names_a_kind_or_what_the_files_declare_besides() -> None:
    known = {*KINDS, "template", "license_type"}
    for kind in KINDS.values():
        for name, marks in fields_of(kind.declaration).items():
            assert {m.kind for m in marks if isinstance(m, Ref)} <= known, name
    assert Ref("site") in fields_of(User)["site"]


def test_every_pattern_has_its_sentence() -> None:
    patterns = {
        get_args(kind)[1].pattern
        for kind in vars(fields).values()
        if len(get_args(kind)) > 1 and getattr(get_args(kind)[1], "pattern", None)
    }
    assert len(patterns) == 10
    assert patterns == set(fields.PATTERNS)
