"""A phone number is read as intended or refused, never as another number."""

from __future__ import annotations

import re

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from licsync.model.phone_numbers import has_extension, possible_numbers, split_numbers

MUNICH = "+498912345678"


@pytest.mark.parametrize(
    "text",
    [
        "+49 89 12345678", "+49 (0)89 12345678", "+49 (0) 89/12345678", "49 (0)89 12345678",
        "+49-89-12345678", "0049 89 12345678", "00498912345678", "089/12345678", "089 / 123 456 78",
        "(089) 12345678", "(0)89 12345678", "089-1234-5678", "089.1234.5678", "089\u00a012345678",
        "089\u201112345678", "089–12345678", "089−12345678", "Tel.: 089 12345678",
        "tel:+49-89-12345678", "\u202a+49 89 12345678\u202c", "０８９ 12345678", "498912345678",
        "8912345678",
    ],
)  # fmt: skip
def test_a_number_is_read_as_people_and_excel_write_it(text: str) -> None:
    assert possible_numbers(text, "DE") == (MUNICH,)


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        # 04922 is an area code, too, but its numbers are shorter
        ("492214710123", "DE", "+492214710123"),
        ("4915228817386", "DE", "+4915228817386"),
        ("49 89 123456", "DE", "+4989123456"),
        ("49 21123456", "DE", "+4921123456"),  # the country code stands by itself
        ("12065550101", "DE", "+12065550101"),
        ("442079460958", "DE", "+442079460958"),
        ("436641234567", "AT", "+436641234567"),
        ("46701234567", "SE", "+46701234567"),
        ("0049 89 12345678", "US", MUNICH),
        ("011 49 89 12345678", "US", MUNICH),
        ("498912345678", None, MUNICH),
    ],
)
def test_digits_with_the_country_code_and_no_trunk_prefix_are_international(
    text: str, country: str | None, number: str
) -> None:
    assert possible_numbers(text, country) == (number,)


@pytest.mark.parametrize(
    ("text", "country", "numbers"),
    [
        # Emden without its zero, or Düsseldorf
        ("4921123456", "DE", ("+494921123456", "+4921123456")),
        ("4315123456", "DE", ("+494315123456", "+4315123456")),  # Kiel or Vienna
        ("41791234567", "DE", ("+4941791234567", "+41791234567")),
        ("468123456", "SE", ("+46468123456", "+468123456")),  # Lund or Stockholm
        ("46 8123456", "SE", ("+46468123456", "+468123456")),  # 46 is the area code of Lund, too
    ],
)
def test_two_valid_readings_are_both_given(
    text: str, country: str, numbers: tuple[str, ...]
) -> None:
    assert possible_numbers(text, country) == numbers


@pytest.mark.parametrize(
    ("text", "country"), [("6465550100", "US"), ("(646) 555-0100", "US"), ("612345678", "ES")]
)
def test_a_complete_national_number_is_not_foreign(text: str, country: str) -> None:
    (number,) = possible_numbers(text, country)
    assert phonenumbers.region_code_for_number(phonenumbers.parse(number)) == country


@pytest.mark.parametrize(
    "text", ["", "call mom", "1-800-FLOWERS", "089", "+49", "4.9E+11", "089 12345678 Büro", "#N/A"]
)
def test_an_invalid_number_has_no_reading(text: str) -> None:
    assert possible_numbers(text, "US" if "FLOWERS" in text else "DE") == ()
    assert possible_numbers(text, None) == ()


@pytest.mark.parametrize(
    "text",
    [
        "+49 89 12345678 ext. 12",
        "089 12345678 x12",
        "089/12345678 DW 12",
        "+1 206 555 0101 (extension 5)",
    ],
)
def test_an_extension_is_not_part_of_a_phone_number(text: str) -> None:
    assert has_extension(text)
    assert possible_numbers(text, "DE") == ()
    assert not has_extension(MUNICH)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("089/12345678", ["089/12345678"]),
        ("089 12345678/089 12345679", ["089 12345678", "089 12345679"]),
        ("089/12345678/089/12345679", ["089/12345678", "089/12345679"]),
        ("089/12345678, +12065550101; 030 901820", ["089/12345678", "+12065550101", "030 901820"]),
        ("089 12345678/79", ["089 12345678", "79"]),  # the second is not a number, which is told
        ("089", ["089"]),
        (" / ", []),
    ],
)
def test_a_slash_separates_numbers_only_where_both_sides_are_numbers(
    text: str, parts: list[str]
) -> None:
    assert split_numbers(text, "DE") == parts


_EXAMPLES = [
    example
    for region in sorted(phonenumbers.SUPPORTED_REGIONS)
    for kind in (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE)
    if (example := phonenumbers.example_number_for_type(region, kind))
]


@st.composite
def numbers(draw: st.DrawFn) -> tuple[phonenumbers.PhoneNumber, str]:
    """Draw a valid number, like the example of a numbering plan, with its region."""
    example = draw(st.sampled_from(_EXAMPLES))
    known = phonenumbers.national_significant_number(example)
    kept = draw(st.integers(1, len(known)))
    tail = draw(st.text("0123456789", min_size=len(known) - kept, max_size=len(known) - kept))
    number = phonenumbers.parse(f"+{example.country_code}{known[:kept]}{tail}")
    number = number if phonenumbers.is_valid_number(number) else example
    return number, phonenumbers.region_code_for_number(number) or "DE"


def formatted(number: phonenumbers.PhoneNumber, kind: int) -> str:
    return str(phonenumbers.format_number(number, kind))


@given(numbers())
def test_every_country_in_the_usual_forms(drawn: tuple[phonenumbers.PhoneNumber, str]) -> None:
    number, region = drawn
    e164 = formatted(number, phonenumbers.PhoneNumberFormat.E164)
    spaced = formatted(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    national = formatted(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    for text in (
        e164,
        spaced,
        spaced.replace(" ", "\u00a0"),
        spaced.replace(" ", "."),
        f"00{e164[1:]}",
        national,
    ):
        assert possible_numbers(text, region) == (e164,), text


@given(numbers(), st.sampled_from(("DE", "AT", "SE", "FR", "GB", "CH")))
def test_a_number_that_lost_its_plus_or_zero_never_becomes_another(
    drawn: tuple[phonenumbers.PhoneNumber, str], site: str
) -> None:
    number, region = drawn
    e164 = formatted(number, phonenumbers.PhoneNumberFormat.E164)
    for where in (region, site):
        assert e164 in possible_numbers(e164[1:], where)
    if not number.italian_leading_zero and not e164.startswith(
        "+241"
    ):  # a zero of the number itself is not a trunk prefix
        digits = re.sub(
            r"\D", "", formatted(number, phonenumbers.PhoneNumberFormat.NATIONAL)
        ).lstrip("0")
        assert possible_numbers(digits, region) in ((), (e164,)) or e164 in possible_numbers(
            digits, region
        )
