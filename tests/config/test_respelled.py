"""A value that is nearly right says how to write it."""

from __future__ import annotations

from pathlib import Path

import pytest

from licsync.config.loader import load
from tests.support.accounts import write_account


def entry(field: str) -> str:
    return f"users: {{ada: {{licenses: [{{type: x2, {field}}}]}}}}\n"


def extension(field: str) -> str:
    return entry(f"extension: {{{field}}}")


def pool(field: str) -> str:
    return f"licenses: [{{type: x2, country: US, quantity: 1, {field}}}]\n"


def hint(directory: Path, text: str) -> str | None:
    account = text if text.startswith("account") else f"account: {{name: acme}}\n{text}"
    (found,) = load(write_account(directory, account)).diagnostics
    return found.hint


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (entry("country: us"), "US"),
        (entry("country: ' GB'"), "GB"),
        (extension("number: '１００１'"), "1001"),
        (extension("number: '10 01'"), "1001"),
        (extension("phone_numbers: ['+１206 5550101']"), "+12065550101"),
        ("account: {name: acme, offboarding: {unassign_after: 7 D}}\n", "7d"),
        (extension("phone_numbers: [12065550101]"), "+12065550101"),
        (extension("phone_numbers: ['0044 20 7946 0154']"), "+442079460154"),
        (entry("country: usa"), "US"),
        (entry("country: Deutschland"), "DE"),
        (entry("country: Atlantis"), None),
        ("account: {name: acme, offboarding: {unassign_after: 90 days}}\n", "90d"),
        ("account: {name: acme, offboarding: {unassign_after: 7}}\n", "7d"),
        ("account: {name: acme, offboarding: {unassign_after: 2 Weeks}}\n", "2w"),
        (pool("price: {amount: '28,00', currency: USD}"), "28.00"),
        (pool("price: {amount: '1,000.00', currency: USD}"), None),
        (extension("number: ab"), None),
    ],
)
def test_a_near_value_says_what_matches(tmp_path: Path, text: str, meant: str | None) -> None:
    assert hint(tmp_path, text) == (f"Write '{meant}'." if meant else None)


def day(text: str) -> str:
    return f"users: {{ada: {{offboard_on: {text}}}}}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # a bare number of ten digits has no country
        (extension("phone_numbers: [2065550101]"), "Write it with + and the country code."),
        (extension("phone_numbers: ['(206) 555-0101']"), "Write it with + and the country code."),
        (extension("phone_numbers: [none]"), None),
        (day("2026/12/31"), "For '2026/12/31', write 2026-12-31."),
        (day("2026-12-31T00:00:00Z"), "For '2026-12-31T00:00:00Z', write 2026-12-31."),
        (day("20261231"), "For '20261231', write 2026-12-31."),
        (day("'2026-12-31 '"), "For '2026-12-31', write 2026-12-31."),
        (day("31.12.26"), "For '31.12.26', write 2026-12-31."),
        (day("1. Januar 2027"), "For '1. Januar 2027', write 2027-01-01."),
        (day("46387"), "If it is the number of a day in a spreadsheet, write 2026-12-31."),
        (day("2026-02-29"), None),
        (day("[2026-12-31]"), None),
        (pool("notice: 30"), "Write '30d'."),
        ("licenses: [{type: x2, country: US, quantity: '4'}]\n", "Write 4."),
        ("licenses: [{type: x2, country: US, quantity: 4.0}]\n", "Write 4."),
        ("licenses: [{type: x2, country: US, quantity: four}]\n", None),
        (extension("features: {switchboard_pro: yes}"), "Write true."),
        (extension("features: {switchboard_pro: 'Off'}"), "Write false."),
        (extension("features: {switchboard_pro: maybe}"), None),
        ("account: {name: acme, limits: {delete: 20 %}}\n", "Write 20%."),
        ("account: {name: acme, limits: {delete: 120%}}\n", "Write at most 100%."),
        ("account: {name: acme, limits: {delete: '3'}}\n", "Write 3."),
        ("account: {name: acme, limits: {delete: few}}\n", None),
    ],
)
def test_a_value_of_another_form_says_how_to_write_it(
    tmp_path: Path, text: str, expected: str | None
) -> None:
    assert hint(tmp_path, text) == expected


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("status: 'on'", "Write active."),
        ("status: yes", "Write active."),
        ("status: true", "Write active."),
        ("status: Enabled", "Write active."),
        ("status: 'off'", "Write inactive."),
        ("status: 'No'", "Write inactive."),
        ("status: disabled", "Write inactive."),
        ("status: Active", "Did you mean 'active'?"),
        ("status: deleted", None),
        ("licenses: [{type: x2, extension: {recording_mode: false}}]", "Write off."),
        ("licenses: [{type: x2, extension: {recording_mode: 'on'}}]", None),
        ("licenses: [{type: x2, extension: {features: {frontdesk: 'on'}}}]", "Write true."),
    ],
)
def test_a_word_for_true_or_false_says_which_choice_it_means(
    tmp_path: Path, field: str, expected: str | None
) -> None:
    assert hint(tmp_path, f"users: {{ada: {{{field}}}}}\n") == expected
