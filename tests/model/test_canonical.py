"""JSON as text: whatever Python's own reader and writer make of a value, only quicker."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licsync.model.canonical import canonical_json, compact_json, read_json

TEXT = st.text(st.characters())  # halves of surrogate pairs too
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(2**80), 2**80)
    | st.floats(allow_nan=False, allow_infinity=False)  # readers refuse numbers without a value
    | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=8,
)


class Text(str):
    """A text that is more than a text, as `plain.Plain` is."""


@given(VALUES)
def test_what_was_written_is_read_as_it_was(value: Any) -> None:
    for text in (
        json.dumps(value),
        compact_json(value),
        canonical_json(value).decode("utf-8", "surrogatepass"),
    ):
        assert same(read_json(text), value)


@given(VALUES)
def test_it_is_read_as_python_reads_it(value: Any) -> None:
    text = json.dumps(value)
    assert same(read_json(text), json.loads(text))
    assert same(read_json(text.encode()), json.loads(text))


@given(VALUES, st.randoms(use_true_random=False))
def test_equal_values_have_one_form(value: Any, random: Any) -> None:
    assert canonical_json(value) == canonical_json(shuffled(value, random))


def test_the_form() -> None:
    assert (
        canonical_json({"b": [1, "é\n"], "a": {"d": None, "c": True}})
        == b'{"a":{"c":true,"d":null},"b":[1,"\xc3\xa9\\n"]}'
    )
    assert (
        compact_json({"b": 1, "a": [2**70, "é"]})
        == b'{"b":1,"a":[1180591620717411303424,"\xc3\xa9"]}'
    )


@pytest.mark.parametrize("value", [Text("x"), {"a": [Text("+44")]}, {Text("a"): 1}])
def test_a_text_of_another_class_is_a_text(value: Any) -> None:
    plain = json.loads(json.dumps(value))
    assert (compact_json(value), canonical_json(value)) == (
        compact_json(plain),
        canonical_json(plain),
    )


@pytest.mark.parametrize("text", ["", "{", "[1,]", "nul", '{"a":1} x', b"\xff", '"\x01"'])
def test_invalid_json_is_refused(text: str | bytes) -> None:
    with pytest.raises((json.JSONDecodeError, UnicodeDecodeError)):
        read_json(text)


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are equal and of the same types; 1 and 1.0 differ."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def shuffled(value: Any, random: Any) -> Any:
    """Give a value with its keys in another order."""
    if isinstance(value, list):
        return [shuffled(item, random) for item in value]
    if not isinstance(value, dict):
        return value
    items = [(key, shuffled(item, random)) for key, item in value.items()]
    random.shuffle(items)
    return dict(items)
