"""A fault of a JSON document points at the value, however the document is laid out."""

from __future__ import annotations

import json

import pytest

from licsync.model.json_places import Path, place_of_refusal, places_of

TEXT = """{
  "users": {"ada": {"first_name": "A, \\"}{", "services": [ ] },
    "bo": {"services": [1, {"license":\t"L2"}]}},
  "u\\u0308": 3
}"""


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ((), (1, 1)),
        (("users",), (2, 12)),
        (("users", "ada", "first_name"), (2, 35)),
        (("users", "ada", "services"), (2, 58)),
        (("users", "bo", "services", 1, "license"), (3, 40)),
        (("ü",), (4, 14)),
        # what is missing is missing where its parent is
        (("users", "bo", "services", 1, "extension", "number"), (3, 28)),
        (("licenses", "L1"), (1, 1)),
        # what is below a text or a number
        (("users", "ada", "first_name", "x"), (2, 35)),
    ],
)
def test_a_path_leads_to_line_and_column(path: Path, place: tuple[int, int]) -> None:
    assert places_of(TEXT, [path, ("users", "bo")])[path] == place


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError
    return dict(pairs)


def _refuse(text: str) -> None:
    raise ValueError(text)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"a": 1,\n "b": {"c": [1, NaN]}}', (2, 17)),
        ('{"a": {"b": 1},\n "c": {"d": 1, "d": 2}}', (2, 16)),
        ("NaN", (1, 1)),
    ],
)
def test_a_refused_value_is_found(text: str, place: tuple[int, int]) -> None:
    decoder = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_refuse)
    assert place_of_refusal(text, decoder) == place
