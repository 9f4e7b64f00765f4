"""A file of users is split where its entries begin, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licsync.config.files import lists_only_users
from licsync.config.yaml.entries import split_entries
from licsync.config.yaml.parser import read

TEXT = """\
# users: of the north
---
users:
  # the first
  ada: {first_name: Ada}

  'bo':
    first_name: |
      Bo
  # and so on
  cy: {}
"""


def test_each_entry_has_its_lines_and_the_comments_below_it() -> None:
    found = split_entries(TEXT.encode())
    assert found is not None
    assert [entry.decode() for entry in found.entries] == [
        "  ada: {first_name: Ada}\n\n",
        "  'bo':\n    first_name: |\n      Bo\n  # and so on\n",
        "  cy: {}\n",
    ]
    assert (found.lines, found.column, found.section_line) == ([5, 7, 11], 3, 3)
    assert found.head + b"".join(found.entries) == TEXT.encode()
    assert found.agrees_with(read(TEXT.encode(), "f").places, range(3))


def test_a_file_of_some_entries_says_what_the_whole_file_says_of_them() -> None:
    found = split_entries(TEXT.encode())
    assert found is not None
    whole, part = read(TEXT.encode(), "f"), read(found.joined([0, 2]), "f")
    assert part.root == {"users": {name: whole.root["users"][name] for name in ("ada", "cy")}}
    assert found.agrees_with(part.places, [0, 2])
    assert found.without_entries("f").places == {("users",): whole.places["users",]}


@pytest.mark.parametrize(
    "text",
    [
        "users:\n",
        "users: {ada: {}}\n",
        "users:\n- ada\n",
        "users:\n  ada: &a {}\n  bo: *a\n",
        "users: # all\n",
    ],
)
def test_what_has_no_entries_on_lines_of_their_own_is_not_split(text: str) -> None:
    assert split_entries(text.encode()) is None


@pytest.mark.parametrize(
    "text",
    [
        "users:\n  ada: {department: 'a\n  bo: b'}\n",
        "users:\n  ada: {department: x,\n  job_title: y}\n",
        "users:\n  ? ada\n  : {}\n",
        "users:\n  - ada\n",
        "users:\n   ada: {}\n  bo: {}\n",
        "users:\n  ada: {}\n  ada: {}\n",
    ],
)
def test_lines_that_only_look_like_entries_do_not_agree_with_the_parser(text: str) -> None:
    found, document = split_entries(text.encode()), read(text.encode(), "f")
    assert found is not None
    agrees = found.agrees_with(document.places, range(len(found.entries)))
    assert document.faults or not agrees


_LINES = st.lists(
    st.tuples(
        st.sampled_from(["", "  ", "   ", "    "]),
        st.sampled_from(
            ["a:", "b: {}", "c: 'x", "d: x'", '"e": 1', "# x", "", "- f", "f: |", "g: [", "]", "x"]
        ),
    ),
    max_size=8,
)


@given(_LINES, _LINES)
def test_entries_that_agree_with_the_parser_mean_the_same_in_any_file(
    one: list[tuple[str, str]], other: list[tuple[str, str]]
) -> None:
    """The text of an entry that was read in one file stands for its content in another."""
    texts = ["".join(f"{margin}{line}\n" for margin, line in lines) for lines in (one, other)]
    files = [f"users:\n{text}".encode() for text in texts]
    known: dict[tuple[int, bytes], tuple[str, object]] = {}
    for data in files:
        found = split_entries(data) if lists_only_users(data) else None
        document = read(data, "f")
        if found is None or document.faults:
            continue
        if not found.agrees_with(document.places, range(len(found.entries))):
            continue
        content = [*document.root["users"].items()]
        for entry, item in zip(found.entries, content, strict=True):
            assert known.setdefault((found.column, entry), item) == item
