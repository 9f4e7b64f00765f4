"""Spellings of one place are one address; different places never are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licsync.model.places import is_same_spelling, place_key
from licsync.model.street_words import DIRECTIONS, STREET_TYPES, UNITS
from tests.support.samples import examples


def place(street: str = "Pine St", country: str = "US", **more: str) -> dict[str, str]:
    return {
        "street_number": "500", "street_name": street, "city": "Seattle", "state": "WA",
        "postal": "98101", "country": country, **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (place("Pine St"), place("PINE   STREET")),
        (place("Pine St."), place("Pine street")),
        (place("W 34th St"), place("West 34th Street")),
        (place("N St NW"), place("N Street Northwest")),
        (place("Dr Martin Luther King Dr"), place("Dr Martin Luther King Drive")),
        (place(secondary_location="Suite 900"), place(secondary_location="Ste. 900")),
        (place(building="3rd Floor"), place(building="3rd Fl")),
        (place(state="Washington"), place(state="wa")),
        (place("Fleet Street", "GB", postal="EC4Y 1AA"), place("Fleet St", "GB", postal="EC4Y1AA")),
        (place("Hauptstr.", "DE"), place("Hauptstraße", "DE")),
        (place("bd Haussmann", "FR"), place("Boulevard Haussmann", "FR")),
        (place("Pine St", city="St. Louis"), place("Pine St", city="St Louis")),
    ],
)
def test_spellings_of_one_place_are_equal(one: dict[str, str], other: dict[str, str]) -> None:
    assert place_key(one) == place_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (place("N St"), place("North St")),  # Washington has both
        (place("N St NW"), place("North St NW")),
        (place("South Ave W"), place("S Ave W")),
        (place("St James St"), place("Saint James St")),
        (place("Avenue A"), place("Ave A")),
        (place("Court St"), place("Ct St")),
        (place("Pine St"), place("Pine Ave")),
        (place("Pine St N"), place("Pine St S")),
        (place("East"), place("E")),
        (place("Street"), place("St")),
        (place("Suite"), place("Ste")),
        (place(street_number="500"), place(street_number="50")),
        (place(street_number="12"), place(street_number="12A")),
        (place(postal="98101"), place(postal="98102")),
        (place(zip4="1234"), place(zip4="1235")),
        (place(secondary_location="Suite 900"), place(secondary_location="Suite 901")),
        (place(secondary_location="Suite 900"), place()),
        (place(building="Suite"), place(building="Ste")),
        (place("Street Pine", "FR"), place("St Pine", "FR")),
        (place("Pine Street", "FR"), place("Pine St", "FR")),
        (place("Hauptstr", "US"), place("Hauptstrasse", "US")),
        (place(state="Washington", country="GB"), place(state="WA", country="GB")),
        (place(city="Saint Louis"), place(city="St Louis")),
        (place(), place(country="CA")),
    ],
)
def test_in_doubt_two_places_are_kept_apart(one: dict[str, str], other: dict[str, str]) -> None:
    assert place_key(one) != place_key(other)


def test_values_of_a_field_are_compared_as_addresses_are() -> None:
    assert is_same_spelling("street_name", "Pine  Street", "PINE ST", "US")
    assert is_same_spelling("street_name", None, "", "US")
    assert not is_same_spelling("street_number", "500", "501", "US")
    assert is_same_spelling("street_name", ".", ".", "US")


WORDS = st.sampled_from(sorted({*STREET_TYPES, *DIRECTIONS, *UNITS, "pine", "5th", "saint", "a"}))


@examples(100)
@given(st.lists(WORDS, min_size=1, max_size=5), st.sampled_from(["US", "GB", "FR", "DE"]))
def test_the_standard_spelling_of_a_standard_spelling_is_itself(
    words: list[str], country: str
) -> None:
    """So places are the same whichever of their spellings is compared first."""
    address = place(" ".join(words), country, building=" ".join(words))
    again = {**address, **dict(place_key(address)), "country": country}
    assert place_key(again) == place_key(address)
