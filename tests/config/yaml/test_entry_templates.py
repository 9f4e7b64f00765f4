"""The fast reader of similar entries reads the same values as libyaml."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from licsync.config.yaml.entry_templates import EntryTemplates, read_by_template
from tests.support.yaml_readers import agree

ENTRY = """\
  {name}:
    first_name: {first}
    site: {site}
    licenses:
      - type: x2
        extension:
          number: {number}
          phone_numbers: [{phone}, "+442071234567"]
          call_forwarding: [{{when: always, to: "1000"}}]
"""
TAME = ("Ann", "O'Brien", "José Müller", "ann@example.com", "Sales (EMEA)", "'x'", "5", "")
VALUES = (
    *(
        "Ann",
        "O'Brien",
        "José Müller",
        "ann@example.com",
        "Sales (EMEA)",
        "a",
        "y",
        "no",
        "x1e5",
        "Null-y",
        "truely",
    ),
    *(
        "null",
        "~",
        "",
        "true",
        "FALSE",
        "007",
        "+442071234567",
        "-5",
        "1.5",
        "1e5",
        "0x1F",
        ".inf",
        "2026-11-24",
    ),
    *(
        '"007"',
        '"a b"',
        "''",
        "'it''s'",
        r'"a\tb"',
        '"#1"',
        '"x: y"',
        "[a, 1]",
        "{a: 1, b: [x]}",
        "[]",
        "{}",
    ),
    *(
        "a: b",
        "a #b",
        "a#b",
        "- a",
        "*a",
        "&a b",
        "!x y",
        "!!str 5",
        "a, b",
        "@a",
        "`a",
        "%a",
        "a:",
        "?",
        "? a",
        "-",
    ),
    *(
        "|\n      text\n",
        ">-\n      text\n      more",
        "first\n      second",
        '"first\n      second"',
        "R&D",
        "a\tb",
    ),
    *(
        "日本",
        "a\u0308",
        "\u200b",
        "\u2028",
        "\x85",
        "<<",
        "'",
        '"',
        "]",
        "}",
        "[",
        "{",
        "a  b ",
        "# c",
        "...",
        "---",
    ),
)
NAMES = st.sampled_from(
    [f"u{n}@example.com" for n in range(60)]
    + ["a", "1", "null", "José@x.example", '"q"', "a b", "-"]
)
SPECIAL = " \n\t:#-?,[]{}&*!|>'\"%@`\\~\r\u2028\ufeffA1é"


values = st.one_of(*[st.sampled_from(TAME)] * 14, st.sampled_from(VALUES))
numbers = st.one_of(
    *[st.sampled_from(["1001", '"1001"', "01", "+5"])] * 14, st.sampled_from(VALUES)
)


def lines(entry: dict[str, str]) -> str:
    return ENTRY.format(**entry)


entries = st.fixed_dictionaries(
    {
        "name": NAMES,
        "first": values,
        "site": st.sampled_from(["New York", "London"]),
        "number": numbers,
        "phone": numbers,
    }
).map(lines)
between = st.sampled_from(
    [*[""] * 20, "\n", "  # more\n", "# more\n", "   \n\n", "    note: x\n", "      - type: x4\n"]
)
heads = st.sampled_from(
    [
        *["users:\n"] * 10,
        "# all\n\nusers: # here\n\n",
        "---\nusers:\n",
        "---\n---\nusers:\n",
        "users: {}\n",
        "users:#\n",
    ]
)
tails = st.sampled_from(
    [*[""] * 10, "sites: {}\n", "...\n", "---\n", "  last@example.com: {site: x}", "\t", "# end"]
)


@st.composite
def files(draw: Any) -> str:
    """A file of entries in few forms, a little of it changed anywhere."""
    body = "".join(
        text for pair in draw(st.lists(st.tuples(entries, between), max_size=6)) for text in pair
    )
    text: str = draw(heads) + body + draw(tails)
    for _ in range(draw(st.sampled_from([0, 0, 1, 1, 2]))):
        at = draw(st.integers(0, len(text)))
        text = (
            text[:at] + draw(st.sampled_from(["", *SPECIAL])) + text[at + draw(st.integers(0, 2)) :]
        )
    return text


def taught() -> EntryTemplates:
    """Templates of the usual entries, learned as they are from any file."""
    templates = EntryTemplates()
    usual = [
        lines({"name": f"t{n}", "first": first, "site": "London", "number": number, "phone": phone})
        for n, (first, number, phone) in enumerate(
            [
                (f, x, p)
                for f in ("Ann", "'x'", "5", "")
                for x in ("1001", '"1001"')
                for p in ("a", '"+1"', "+1")
            ]
            * 2
        )
    ]
    assert read_by_template(f"users:\n{''.join(usual)}".encode(), "f.yaml", templates) is not None
    return templates


@pytest.mark.untraced
@given(files())
@example("users:\n  a:\n    first_name: x\n  a:\n    first_name: x\n")
@example("users:\n  a: {x: &a 1}\n  b: {x: *a}\n")
def test_reads_what_libyaml_reads(text: str) -> None:
    agree(text, taught())


@pytest.mark.soak
@settings(max_examples=20_000, deadline=None)
@given(files())
def test_reads_what_libyaml_reads_at_length(text: str) -> None:
    agree(text, taught())


@pytest.mark.parametrize("value", ["1001", "true", "x", "[1]"])
def test_users_that_are_no_mappings_are_left_to_the_other_reader(value: str) -> None:
    agree(f"users:\n  a: {value}\n  b: {value}\n", EntryTemplates())
