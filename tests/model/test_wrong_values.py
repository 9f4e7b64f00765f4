"""Every message about a wrong value says the value, except a secret."""

from __future__ import annotations

from typing import Any

import pytest

from licsync.model.scalars import Plain
from licsync.model.wrong_values import EMPTY, wrong_value


@pytest.mark.parametrize(
    ("value", "requirement", "expected"),
    [
        ("on", "must be active or inactive", "is 'on', but must be active or inactive"),
        (Plain("5"), "must be text", "is 5, but must be text"),
        (-4, "must be at least 0", "is -4, but must be at least 0"),
        (True, "must be text", "is true, but must be text"),
        (None, "must be text", "is null, but must be text"),
        (None, EMPTY, EMPTY),
        ("", EMPTY, EMPTY),
        ("", "must be an e-mail address", "is empty, but must be an e-mail address"),
        (["a"], "must be a mapping", "is a list, but must be a mapping"),
        ({"a": 1}, "must be text", "is a mapping, but must be text"),
        ("a\u202eb", "must be text", "is 'a\\u202eb', but must be text"),
        ("x" * 99, "must be a day", f"is '{'x' * 59}…', but must be a day"),
        (["a"] * 300, "must have at most 250 entries", "has 300 entries, but must have at most"),
        ("x" * 99, "must have at most 9 characters", "…' (99 characters), but must have at most"),
        ("x", "is not valid: of another form", "is not valid: of another form"),
    ],
)
def test_the_value_is_named(value: Any, requirement: str, expected: str) -> None:
    sentence = wrong_value("status", value, requirement)
    assert sentence.startswith("status ")
    assert expected in sentence


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("accounts", "a", "key"), "sk-live-1"),
        (("key", "token"), Plain("12345")),
        (("slack",), "https://hooks.example/services/T1"),
        (("base_url",), "https://ada:hush@pbx.example"),
    ],
)
def test_a_secret_is_not_named(keys: tuple[str, ...], value: str) -> None:
    assert wrong_value("It", value, "must be a mapping", keys) == "It is '…', but must be a mapping"
