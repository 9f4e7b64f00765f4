"""YAML that is written reads back the same, is in form, and looks as a person would write it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licsync.config.edit.formatter import format_file, normalized_value
from licsync.config.edit.writer import scalar, write_yaml
from licsync.config.yaml.parser import MAX_DEPTH, read
from licsync.model.declarations import Tree
from licsync.model.scalars import Plain

TEXT = st.sampled_from(
    [
        *(
            "NO",
            "0123",
            "+4420",
            "Ada Lopez",
            "12:30",
            "a, b",
            "x: y",
            "#",
            "x #",
            "ü",
            "'",
            '"',
            "a\nb",
            "2026-12-01",
        ),
        *("true", "", " a", "a ", "-", "[", "a  b", "O'Brien", "R&D", "&a", "*a", "東京"),
    ]
)
FEATURES = st.fixed_dictionaries({}, optional={"analytics": TEXT, "frontdesk": st.booleans()})
EXTENSION = st.fixed_dictionaries(
    {},
    optional={
        "number": TEXT,
        "phone_numbers": st.lists(TEXT, max_size=3),
        "features": FEATURES,
    },
)
ENTRY = st.fixed_dictionaries({"type": TEXT}, optional={"country": TEXT, "extension": EXTENSION})
USER = st.fixed_dictionaries(
    {},
    optional={
        "first_name": TEXT, "job_title": TEXT | st.none(),
        "template": TEXT | st.lists(TEXT, max_size=2), "licenses": st.lists(ENTRY, max_size=3),
        "offboard_on": st.just("2026-12-01"),
    },
)  # fmt: skip
TREES = st.fixed_dictionaries(
    {},
    optional={
        "users": st.dictionaries(TEXT, USER, max_size=3),
        "policies": st.dictionaries(
            TEXT, st.fixed_dictionaries({"settings": st.dictionaries(TEXT, TEXT | st.booleans())})
        ),
        "licenses": st.lists(
            st.fixed_dictionaries({"type": TEXT, "quantity": st.integers(0, 99)}), max_size=2
        ),
    },
)


def plain(value: Any) -> Any:
    """Give the values of a tree as they are read: numbers and booleans as the text they are written
    in.
    """
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, bool):
        return Plain(str(value).lower())
    return Plain(value) if isinstance(value, int) else value


@given(TREES)
def test_what_is_written_is_read_and_in_form(tree: dict[str, Any]) -> None:
    text = write_yaml(tree)
    document = read(text.encode(), "a.yaml", MAX_DEPTH)
    assert document.faults == []
    assert normalized_value(document.root, Tree) == normalized_value(plain(tree), Tree)
    assert format_file(text.encode(), "a.yaml") == (text.encode(), [])


@pytest.mark.parametrize(
    ("value", "text"),
    [("Ada", "Ada"), ("O'Brien", "O'Brien"), ("R&D", "R&D"), ("NO", '"NO"'), ("1001", '"1001"'),
     ("a: b", '"a: b"'), ("", '""'), (None, "null"), (True, "true"), (7, "7"),
     ("8x8 Master User Template", "8x8 Master User Template"),
     ("+12065550101", '"+12065550101"'), ("Zoë", "Zoë")],
)  # fmt: skip
def test_scalars(value: Any, text: str) -> None:
    assert scalar(value, str) == text


def test_long_values_are_written_on_several_lines() -> None:
    phones = [f"+1206555{number:04}" for number in range(12)]
    rules = [{"when": "no_answer", "to": "1001", "after_seconds": 20}] * 3
    entry = {
        "type": "x4",
        "extension": {"number": "1001", "phone_numbers": phones, "call_forwarding": rules},
    }
    text = write_yaml(
        {"users": {"ada@acme.example": {"licenses": [entry, {"type": "x2"}], "template": ["a"]}}},
        "s.json",
    )
    assert text.startswith(
        "# yaml-language-server: $schema=s.json\nusers:\n  ada@acme.example:\n    template: a\n"
        "    licenses:\n"
        '      - type: x4\n        extension:\n          number: "1001"\n          phone_numbers:\n'
        '            - "+12065550000"\n'
    )
    assert text.endswith(
        '            - {when: no_answer, to: "1001", after_seconds: 20}\n      - x2\n'
    )
