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


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (entry("country: us"), "US"),
        (entry("country: ' GB'"), "GB"),
        (extension("number: '１００１'"), "1001"),
        (extension("number: '10 01'"), "1001"),
        (extension("phone_numbers: ['+１206 5550101']"), "+12065550101"),
        ("account: {name: acme, offboarding: {unassign_after: 7 D}}\n", "7d"),
        (extension("number: ab"), None),
    ],
)
def test_a_near_value_says_what_matches(tmp_path: Path, text: str, meant: str | None) -> None:
    account = text if text.startswith("account") else f"account: {{name: acme}}\n{text}"
    (found,) = load(write_account(tmp_path, account)).diagnostics
    assert found.hint == (f"Write '{meant}'." if meant else None)
