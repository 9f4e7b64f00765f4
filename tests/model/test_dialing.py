"""The first digits of a phone number say whether it is of another country, as its numbering plan
does.
"""

from __future__ import annotations

import phonenumbers
import pytest

from licsync.model.dialing_codes import CODES, is_abroad

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
KINDS = phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE


def examples(region: str) -> list[str]:
    found = (phonenumbers.example_number_for_type(region, kind) for kind in KINDS)
    return [
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        for number in found
        if number
    ]


def test_the_calling_codes_are_those_of_the_numbering_plans() -> None:
    assert {
        country: str(phonenumbers.country_code_for_region(country)) for country in REGIONS
    } == CODES


def test_every_country_knows_its_own_numbers_and_those_of_others() -> None:
    for region in REGIONS:
        for number in examples(region):
            assert not is_abroad(number, region), (region, number)
            for other in ("US", "CA", "PR", "DE", "GB"):
                is_shared = CODES[other] == CODES[region] and CODES[other] != "1"
                assert is_abroad(number, other) is (other != region and not is_shared), (
                    region,
                    number,
                    other,
                )


def test_the_area_codes_of_north_america_are_those_of_its_numbering_plan() -> None:
    for area in range(200, 1000):
        number = phonenumbers.parse(f"+1{area}5550100")
        region = phonenumbers.region_code_for_number(number)
        is_somewhere = phonenumbers.number_type(number) in (
            *KINDS,
            phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
        )
        if region and is_somewhere:
            found = [
                country
                for country in ("US", "CA", "PR", "JM")
                if not is_abroad(f"+1{area}5550100", country)
            ]
            assert found == [region] or (found == [] and region not in ("US", "CA", "PR", "JM")), (
                area,
                region,
            )


@pytest.mark.parametrize(
    "number", ["+18005550100", "+80012345678", "+8812345678", "+5", "call mom"]
)
def test_what_belongs_to_no_country_is_not_abroad(number: str) -> None:
    assert not is_abroad(number, "US")
    assert not is_abroad(number, "DE") or number == "+18005550100"
    assert not is_abroad(number, "XX")
