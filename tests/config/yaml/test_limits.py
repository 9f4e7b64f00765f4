"""Hostile files end quickly, as diagnostics."""

from __future__ import annotations

import re
import subprocess
import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from licsync.config.yaml.limits import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_MARKS,
    are_composed,
    has_marks,
    unusual_bytes,
)
from licsync.config.yaml.parser import MAX_EXPANSION, MAX_FAULTS, read
from licsync.diagnostics import Code
from tests.support.call_counts import calls
from tests.support.samples import examples


def bomb(levels: int) -> bytes:
    lines = ["a0: &a0 lol"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(lines).encode()


def deep_aliases() -> bytes:
    lines = ["a0: &a0 x"] + [f"a{n}: &a{n} {'[' * 50}*a{n - 1}{']' * 50}" for n in range(1, 60)]
    return "\n".join(lines).encode()


HOSTILE: dict[str, tuple[bytes, str]] = {
    "alias bomb": (bomb(12), "aliases"),
    "aliases of aliases, ever deeper": (deep_aliases(), "nesting is deeper"),
    "many aliases": (b"a: &a x\nb: [" + b"*a, " * 200_000 + b"]", "aliases"),
    "100,000 open lists": (b"a: " + b"[" * 100_000, "nesting is deeper"),
    "100,000 open mappings": (b"a: " + b"{b: " * 100_000, "nesting is deeper"),
    "100,000 dashes": (b"- " * 100_000, "mapping"),
    "100,000 dashes below a key": (b"a:\n  " + b"- " * 100_000, "nesting is deeper"),
    "deep block mappings": (
        b"".join(b" " * n + b"a:\n" for n in range(3_000)),
        "nesting is deeper",
    ),
    "complex keys": (b"? " * 100_000, "key must be text"),
    "NULs": (b"\0" * 1_000_000, "UTF-16"),
    "a NUL at the end": (b"a: b\n" * 10_000 + b"\0", "U+0000"),
    "UTF-16": ("a: b\n".encode("utf-16") * 100_000, "UTF-8"),
    "larger than the limit": (b"#" * (MAX_BYTES + 1), "20 MB"),
    "more values than the limit": (
        b"a: [" + b"{}," * (MAX_MARKS // 2 + 1) + b"]",
        "too many values",
    ),
    "an anchor that is its own content": (b"a: &a [*a]", "inside its own anchor"),
    "tag directives": (b"%TAG ! tag:x,2026:\n---\na: !b c\n", "tag"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_end_quickly(name: str) -> None:
    data, output = HOSTILE[name]
    documents = []
    assert (
        calls(lambda: documents.append(read(data, "a.yaml"))) < 250_000
    )  # 180,000; 200,000 with the lowest PyYAML
    (document,) = documents
    assert document.faults
    assert output in document.faults[0].message + (document.faults[0].hint or "")


def test_a_very_long_number_stays_text() -> None:
    document = read(b"a: " + b"9" * 500_000, "a.yaml")
    assert len(document.root["a"]) == 500_000


def nested(levels: int) -> bytes:
    return b"a: " + b"[" * (levels - 1) + b"]" * (levels - 1)


def test_the_depth_that_is_accepted() -> None:
    assert read(nested(MAX_DEPTH), "a.yaml").faults == []
    (fault,) = read(nested(MAX_DEPTH + 1), "a.yaml").faults
    assert (fault.code, str(fault.span)) == (Code.YAML_SYNTAX, f"a.yaml:1:{3 + MAX_DEPTH}")


def test_the_expansion_that_is_accepted() -> None:
    text = b"a: &a x\nb: [" + b"*a, " * MAX_EXPANSION + b"]"
    document = read(text, "a.yaml")
    assert document.faults == []
    assert document.root["b"] == ["x"] * MAX_EXPANSION
    assert len(read(text[:-1] + b"*a]", "a.yaml").faults) == 1


@pytest.mark.slow
def test_twice_as_many_duplicate_keys_are_twice_the_work() -> None:
    def repeated(names: int) -> bytes:
        return (
            b"users:\n"
            + "".join(f"  é{n % names}: {{a: {n}}}\n" for n in range(2 * names)).encode()
        )

    few, many = (calls(lambda n=n: read(repeated(n), "a.yaml")) for n in (1_000, 2_000))
    assert many < 2.1 * few
    assert len(read(repeated(5_000), "a.yaml").faults) == 5_000


@pytest.mark.slow
def test_reading_stops_after_very_many_faults() -> None:
    document = read(b"a: {" + b"b, " * 100_000 + b"c}", "a.yaml")
    assert len(document.faults) == MAX_FAULTS + 1
    assert "does not read the rest" in document.faults[-1].message
    assert not document.is_complete


def test_files_are_read_without_libyaml_too() -> None:
    program = """
import sys
sys.modules["yaml._yaml"] = None  # as where PyYAML was built without libyaml
from licsync.config.yaml.parser import read
document = read(b"a: {b: [1, 'x', ~]}\\nc: d: e\\n", "a.yaml")
print(document.root, *(fault.span for fault in document.faults))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "{'a': {'b': ['1', 'x', None]}} a.yaml:2:5\n"


MARK = re.compile(rb"[\\\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|<<|(?:\A|[\s\[\]{},:\"'?-])[&*!]")
"""What a mark is, as one pattern: searching for it takes eight times as long."""


@examples(2000)
@given(st.text(alphabet="a &*!<\\-:'\"[{,?\n\t\r\x0b\x7f\x01ü\u0085", max_size=6))
@example("&")
@example("R&D, <a>")
@example("a <")
def test_marks_are_found_where_a_value_may_begin(text: str) -> None:
    data = text.encode()
    assert has_marks(data, unusual_bytes(data)) == bool(MARK.search(data))


KNOWN_LETTERS = [c for c in map(chr, range(0x80, 0xD800)) if are_composed(c.encode())]


def test_known_letters_are_visible_and_compose_with_no_letter_before_them() -> None:
    assert {*"äéßñłšжЩ–’“…€"} <= {*KNOWN_LETTERS}
    for letter in KNOWN_LETTERS:
        assert letter.isprintable()
        assert not letter.isspace()
        assert not unicodedata.combining(letter)
        assert unicodedata.is_normalized("NFC", letter)
    later = {
        decomposition[-1]
        for c in map(chr, range(0x110000))
        if len(decomposition := unicodedata.normalize("NFD", c)) > 1
    }
    assert later.isdisjoint(KNOWN_LETTERS)


@pytest.mark.parametrize("other", ["\u0301", "\u200b", "\xad", "\u1161", "\u212b", "\ufeff", "가"])
def test_other_characters_need_a_closer_look(other: str) -> None:
    assert not are_composed(f"é{other}".encode())


def test_a_letter_is_composed_and_an_invisible_one_is_told_beside_known_letters() -> None:
    document = read("a: é\nb: e\u0301\nc: x\u200b\n".encode(), "a.yaml")
    assert document.root == {"a": "é", "b": "é", "c": "x"}
    assert [fault.code for fault in document.faults] == [Code.INVALID_VALUE]
