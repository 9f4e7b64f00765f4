"""Addresses of exports find the known address that is their place, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from licsync.importing.one_line_addresses import (
    address_of_line,
    country_at_end,
    find_place,
    is_same_place,
    spelled_note,
)

LINE = "500 Pine St, Seattle, WA 98101"


@pytest.mark.parametrize(
    ("line", "country"),
    [
        (f"{LINE}, US", "US"),
        ("10 Fleet Street, London, EC4Y 1AA, United Kingdom", "GB"),
        ("Unter den Linden 1, 10117 Berlin, Germany", "DE"),
        ("Unter den Linden 1, 10117 Berlin, DE", None),  # or Delaware
        ("1 Main St, 19801 Wilmington, de", None),
        (LINE, None),
        ("Headquarters", None),
    ],
)
def test_a_line_may_end_with_its_country(line: str, country: str | None) -> None:
    assert country_at_end(line) == country


def read(line: str) -> dict[str, Any]:
    found = address_of_line(line, "US")
    assert found is not None, line
    return found


KNOWN = {"A1": read(LINE), "A2": read("Suite 900, 7 Main Street, Seattle, WA 98101")}


@pytest.mark.parametrize(
    ("line", "place"),
    [
        (LINE, "A1"),
        ("500 PINE STREET, Seattle WA, 98101", "A1"),
        ("Acme Corp, 500 Pine Street, Seattle, WA 98101", "A1"),
        ("500 Pine St, Suite 3, Seattle, WA 98101", ""),
        ("501 Pine St, Seattle, WA 98101", ""),
        ("500 Pine St, Seattle, WA 98102", ""),
        ("500 Pine Ave, Seattle, WA 98101", ""),
        ("Ste 900, 7 Main St, Seattle, WA 98101", "A2"),
        ("7 Main St, Ste 900, Seattle, WA 98101", "A2"),
        ("7 Main St, Seattle, WA 98101", "A2"),  # the line lacks the part of the building
        ("Suite 901, 7 Main St, Seattle, WA 98101", ""),
        ("7 Main St, Suite 901, Seattle, WA 98101", ""),
    ],
)
def test_only_spellings_of_a_place_find_it(line: str, place: str) -> None:
    assert find_place(read(line), KNOWN) == place


def test_a_line_without_the_suite_finds_none_of_several() -> None:
    several = {**KNOWN, "A3": read("Suite 901, 7 Main St, Seattle, WA 98101")}
    assert find_place(read("7 Main St, Seattle, WA 98101"), several) == ""
    assert find_place(read("Ste 901, 7 Main St, Seattle, WA 98101"), several) == "A3"


def test_another_country_is_another_place() -> None:
    assert not is_same_place(KNOWN["A1"], {**KNOWN["A1"], "country": "CA"})


def test_another_spelling_is_reported() -> None:
    assert spelled_note(read(LINE), "A1", KNOWN["A1"]) == ""
    assert spelled_note(read("500 pine street, Seattle, WA 98101"), "A1", KNOWN["A1"]) == (
        "'500 pine street, Seattle, WA 98101, US' was read as the address A1, "
        "spelled '500 Pine St, Seattle, WA 98101, US'"
    )
    assert "spelled 'Suite 900" in spelled_note(
        read("7 Main Street, Seattle, WA 98101"), "A2", KNOWN["A2"]
    )
