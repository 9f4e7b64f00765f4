"""What values and addresses are called where people read them."""

from __future__ import annotations

from typing import Any

import pytest

from licsync.model.labels import NONE, postal, value
from licsync.model.secret_keys import is_secret, redact_path
from tests.support.accounts import inventory


@pytest.mark.parametrize(
    ("content", "label"),
    [
        (None, NONE),
        (True, "on"),
        (["a", "b"], "a, b"),
        ({"a": 1, "b": 2}, "a=1 b=2"),
        ([{"a": 1}, "c"], "a=1, c"),
        ("on_demand", "on_demand"),
    ],
)
def test_a_value_is_written_for_people(content: Any, label: str) -> None:
    assert value("any", content) == label


def test_a_recording_mode_is_written_in_words() -> None:
    assert value("extension.recording_mode", "on_demand") == "on demand"


def test_a_path_shows_no_password_where_it_is_a_url() -> None:
    assert redact_path("/srv/acme/state.db") == "/srv/acme/state.db"
    assert "secret" not in redact_path("postgresql://ada:secret@db.example/licsync")


def test_a_unit_that_nobody_knows_is_of_no_pool() -> None:
    assert inventory().pool_of("L9") == ("?", "?")


def test_no_address_is_written_like_any_missing_value() -> None:
    assert postal(None) == postal({}) == NONE


@pytest.mark.parametrize(
    ("key", "expected"),
    [("api_key", True), ("PIN", True), ("Passwort", True), ("shopping", False), ("site", False)],
)
def test_a_key_with_the_name_of_a_secret_is_one(key: str, expected: bool) -> None:
    assert is_secret(key) is expected
