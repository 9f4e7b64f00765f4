"""What one file says: values by the YAML 1.2 core schema, places, and a diagnostic for each thing
refused.
"""

from __future__ import annotations

from typing import Any

import pytest

from licsync.config.yaml.document import Document
from licsync.config.yaml.limits import MAX_DEPTH
from licsync.config.yaml.parser import read
from licsync.diagnostics import Code, Span, has_errors
from licsync.model.fields import Plain
from licsync.model.text_normalization import compose


def value_of(text: str) -> Any:
    document = read(f"key: {text}\n".encode(), "a.yaml")
    assert document.faults == []
    return document.root["key"]


def only_fault(text: str | bytes, file: str = "a.yaml") -> tuple[Document, Code, str, str]:
    document = read(text if isinstance(text, bytes) else text.encode(), file)
    assert len(document.faults) == 1, document.faults
    fault = document.faults[0]
    assert has_errors(document.faults)
    return document, fault.code, str(fault.span), f"{fault.message} {fault.hint or ''}"


# --- scalars --------------------------------------------------------------------------------------


WORDS = (
    "NO no yes on off y 12:30:45 2026-12-31 1_000 0b101 0o8 0xg + -- 1e .e1 x4 tRUE nULL NULLS "
    "1.2.3 Infinity +.nan ~x"
)
NUMBERS = "0 0123 +442071234567 -5 0o17 0x1F 1.5 1. .5 1e3 +1.5E-3 .inf -.Inf +.INF .nan .NaN .NAN"
BOOLEANS = "true True TRUE false False FALSE"


@pytest.mark.parametrize("text", [*WORDS.split(), "+44 20", "a b"])
def test_other_plain_scalars_are_text(text: str) -> None:
    assert type(value_of(text)) is str
    assert value_of(text) == text


@pytest.mark.parametrize("text", [*NUMBERS.split(), *BOOLEANS.split()])
def test_numbers_and_booleans_keep_their_text(text: str) -> None:
    assert type(value_of(text)) is Plain
    assert value_of(text) == text


@pytest.mark.parametrize("text", ["", "~", "null", "Null", "NULL"])
def test_nulls(text: str) -> None:
    assert value_of(text) is None


@pytest.mark.parametrize(
    "text",
    ["'0123'", '"true"', "'null'", '""', "!!str 12", "!!str null", "|\n  5\n", ">-\n  true\n"],
)
def test_quoted_scalars_are_text(text: str) -> None:
    assert type(value_of(text)) is str
    assert value_of(text).strip() == text.strip("'\"").removeprefix("!!str ").lstrip("|>-").strip()


def test_keys_are_text() -> None:
    document = read(b"1: a\ntrue: b\n~: c\n0123: d\nnull: e\n'x': f\n", "a.yaml")
    assert document.faults == []
    assert document.root == {"1": "a", "true": "b", "~": "c", "0123": "d", "null": "e", "x": "f"}
    assert {type(key) for key in document.root} == {str}


@pytest.mark.parametrize(
    "text", ["", "\n\n", "# only a comment\n", "---\n", "---\n...\n", "\ufeff", "~", "\ufeff# x\n"]
)
def test_nothing_is_an_empty_mapping(text: str) -> None:
    document = read(text.encode(), "a.yaml")
    assert (document.root, document.faults, document.is_complete) == ({}, [], True)


def test_byte_order_mark_and_line_ends() -> None:
    document = read("\ufeffa: 1\r\nb:\r  - é\r\n".encode(), "a.yaml", MAX_DEPTH)
    assert document.faults == []
    assert document.root == {"a": "1", "b": ["é"]}
    assert document.places == {("a",): (1, 1), ("b",): (2, 1), ("b", 0): (3, 5)}


# --- places ---------------------------------------------------------------------------------------

PLACED = b"""\
users:
  ada:
    licenses:
      - type: x4
        extension: {number: "1", features: {frontdesk: true}}
      - x2
licenses:
- type: x4
"""


def test_places_of_sections_and_entries_are_kept() -> None:
    assert read(PLACED, "a.yaml").places == {
        ("users",): (1, 1),
        ("users", "ada"): (2, 3),
        ("licenses",): (7, 1),
        ("licenses", 0): (8, 3),
    }


def test_all_places_on_demand_and_the_nearest_parent() -> None:
    document = read(PLACED, "a.yaml", MAX_DEPTH)
    deep = ("users", "ada", "licenses", 0, "extension", "features", "frontdesk")
    assert document.span(deep) == Span("a.yaml", 5, 45)
    assert document.span((*deep, "deeper", 3)) == Span("a.yaml", 5, 45)
    assert document.span(("users", "ada", "licenses", 1)) == Span("a.yaml", 6, 9)
    assert document.span(("users", "bo", "site")) == Span("a.yaml", 1, 1)
    assert document.span(("nothing",)) == Span("a.yaml", 1, 1)


# --- refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [
        ("a: b: c\n", "a.yaml:1:5", "Quote a value"),
        ("a:\n\tb: c\n", "a.yaml:2:1", "spaces"),
        ("a:\n  b: c\n\td: e\n", "a.yaml:3:1", "spaces"),
        ("a: [b\n", "a.yaml:2:1", "Close the list"),
        ("a: {b: c\n", "a.yaml:2:1", "Close the mapping"),
        ("a: 'b\n", "a.yaml:1:4", "Close the quotation mark"),
        ('a: "b\nc: d\n', "a.yaml:1:4", "not closed before the end of the file"),
        ('a: "b\nc: "d"\n', "a.yaml:1:4", "closed by the next one, at line 2, column 4"),
        ("a: {b: 'c,\n  d: 'e'}\n", "a.yaml:1:8", "closed by the next one, at line 2, column 6"),
        ("a:\n  - 'b\n  - c: 'd'\n", "a.yaml:2:5", "closed by the next one, at line 3, column 8"),
        ('a: "b\n  c"\nd: [e\n', "a.yaml:4:1", "Close the list"),
        (
            "a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> other\n",
            "a.yaml:2:1",
            "unresolved merge conflict",
        ),
        (
            "a:\n<<<<<<< HEAD\n  b: 1\n||||||| base\n=======\n  b: 2\n>>>>>>> x\n",
            "a.yaml:2:1",
            "<<<<<<<, =======",
        ),
        ("a: 1\r\n<<<<<<<\r\nb: 1\r\n", "a.yaml:2:1", "unresolved merge conflict"),
        ("a: 1\n>>>>>>> other\n", "a.yaml:2:1", "unresolved merge conflict"),
        ("a: 1\n=======\n", "a.yaml:2:1", "unresolved merge conflict"),
        ("a:\n  b: 1\n||||||| base\n  b: 2\n", "a.yaml:3:1", "unresolved merge conflict"),
        (
            "<<<<<<< HEAD\na: {b: c}\n=======\na: {}\n>>>>>>> other\n",
            "a.yaml:1:1",
            "unresolved merge conflict",
        ),
        ("<<<<<<< HEAD\n", "a.yaml:1:1", "unresolved merge conflict"),
        ("a: |\n  <<<<<<< HEAD\n  =======\n", "", ""),
        ("a: @b\n", "a.yaml:1:4", "begins with @"),
        ("a: 1\nb\n", "a.yaml:3:1", "after the key"),
        ('a: "\\q"\n', "a.yaml:1:5", "backslash"),
        ('a: "\\ud800"\n', "a.yaml:1:7", "Unicode"),
        ("%YAML 1.1\n---\na: 1\n", "a.yaml:1:1", "1.2"),
        ("%YAML 2.0\n---\na: 1\n", "a.yaml:1:1", "valid YAML"),
        ("a: 1\n---\nb: 2\n", "a.yaml:2:1", "single YAML document"),
        ("- a\n", "a.yaml:1:1", "mapping"),
        ("text\n", "a.yaml:1:1", "mapping"),
        ("''\n", "a.yaml:1:1", "mapping"),
        ("a: !!int 5\n", "a.yaml:1:4", "tag"),
        ("a: !!python/object:os.system {}\n", "a.yaml:1:4", "tag"),
        ("a: !custom [b]\n", "a.yaml:1:4", "tag"),
        ("a: ! b\n", "a.yaml:1:4", "tag"),
        ("!!map {a: b}\n", "a.yaml:1:1", "tag"),
        ("!!str a: b\n", "", ""),
        ("? [a]\n: b\n", "a.yaml:1:3", "key must be text"),
        ("{a: b}: c\n", "a.yaml:1:1", "key must be text"),
        ("a: &x b\n*x : c\n", "a.yaml:2:1", "key must be text"),
        ("a: {<<: {b: c}}\n", "a.yaml:1:5", "template"),
        ("a: *x\n", "a.yaml:1:4", "no anchor"),
        ("a: &x {b: *x}\n", "a.yaml:1:11", "inside its own anchor"),
        ("a: &x [[*x]]\n", "a.yaml:1:9", "inside its own anchor"),
    ],
)
def test_what_is_refused(text: str, place: str, expected: str) -> None:
    if not expected:
        assert read(text.encode(), "a.yaml").faults == []
        return
    _, code, span, message = only_fault(text)
    assert code is Code.YAML_SYNTAX
    assert span == place
    assert expected in message


def test_a_quoted_merge_key_is_a_key() -> None:
    assert read(b"a: {'<<': b}", "a.yaml").root == {"a": {"<<": "b"}}


@pytest.mark.parametrize(
    ("data", "place", "expected"),
    [
        ("a: b\n".encode("utf-16"), "a.yaml:1:1", "UTF-8"),
        ("a: b\n".encode("utf-16-le"), "a.yaml:1:1", "UTF-8"),
        ("a: b\n".encode("utf-32"), "a.yaml:1:1", "UTF-8"),
        ("a: b\n".encode("utf-32-be"), "a.yaml:1:1", "UTF-8"),
        ("é: b\nc: é\n".encode() + b"d: \xe9\n", "a.yaml:3:4", "UTF-8"),
        (b"a: bcd\ne: \x00\n", "a.yaml:2:4", "U+0000"),
        (b"a: b\x1b[31m\n", "a.yaml:1:5", "U+001B"),
        ("a: é\u0085b\n".encode(), "a.yaml:1:5", "U+0085"),
        ("a: é\u2028b\n".encode(), "a.yaml:1:5", "U+2028"),
        ("a: \u2029b\n".encode(), "a.yaml:1:4", "U+2029"),
        (b"a: \x7f\n", "a.yaml:1:4", "U+007F"),
    ],
)
def test_content_that_is_not_text_is_refused(data: bytes, place: str, expected: str) -> None:
    document, code, span, message = only_fault(data)
    assert code is Code.YAML_SYNTAX
    assert span == place
    assert expected in message
    assert (document.root, document.is_complete) == ({}, False)


@pytest.mark.parametrize(
    "text",
    [
        '"\\e[31m"',
        '"\\0"',
        '"\\x85"',
        '"\\u200b"',
        "a\u202eb",
        "a\u2066b",
        "zero\u200dwidth",
        '"\\r"',
        "\ufeffa",
        '"\\L"',
    ],
)
def test_invisible_characters_in_strings(text: str) -> None:
    document, code, span, message = only_fault(f"ok: 1\nkey: {text}\nlast: 2\n")
    assert code is Code.INVALID_VALUE
    assert span == "a.yaml:2:6"
    assert "U+" in message
    assert document.root["last"] == "2"
    assert document.root["key"].isprintable()


def test_invisible_characters_in_keys() -> None:
    document, code, span, _ = only_fault('a: {"b\\u202e": c}\n')
    assert (code, span, document.root) == (Code.INVALID_VALUE, "a.yaml:1:5", {"a": {"b": "c"}})


def test_tabs_newlines_and_other_scripts_are_text() -> None:
    assert value_of('"a\\tb\\nc"') == "a\tb\nc"
    assert value_of("Zoë 山田 \u00a0 😀") == "Zoë 山田 \u00a0 😀"


# --- duplicate keys -------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [2, MAX_DEPTH])
def test_duplicate_keys_name_both_places_and_the_first_counts(depth: int) -> None:
    text = b"users:\n  ada:\n    site: A\n    policy: P\n    site: B\n  'ada': {}\nusers: {}\n"
    document = read(text, "a.yaml", depth)
    assert document.root == {"users": {"ada": {"site": "A", "policy": "P"}}}
    assert [(f.code, str(f.span), f.related) for f in document.faults] == [
        (Code.DUPLICATE_KEY, "a.yaml:5:5", (Span("a.yaml", 3, 5),)),
        (Code.DUPLICATE_KEY, "a.yaml:6:3", (Span("a.yaml", 2, 3),)),
        (Code.DUPLICATE_KEY, "a.yaml:7:1", (Span("a.yaml", 1, 1),)),
    ]
    assert "line 3, column 5" in document.faults[0].message


@pytest.mark.parametrize(
    ("first", "second"),
    [("Zo\u00eb", "Zoe\u0308"), ("Zoe\u0308", "Zo\u00eb"), ("K", "\u212a"), ("\u212a", "K")],
)
def test_keys_that_look_the_same_are_duplicates(first: str, second: str) -> None:
    document, code, span, _ = only_fault(f"a:\n  {first}: 1\n  {second}: 2\n")
    assert (code, span) == (Code.DUPLICATE_KEY, "a.yaml:3:3")
    assert document.root == {"a": {compose(first): "1"}}


def test_duplicates_within_a_duplicate_are_faults_too() -> None:
    document = read(b"a: {b: 1}\na: {c: 1, c: 2}\n", "a.yaml")
    assert [str(f.span) for f in document.faults] == ["a.yaml:2:1", "a.yaml:2:11"]


# --- all faults at once, and what remains ---------------------------------------------------------


def test_every_fault_of_a_file_is_found() -> None:
    text = b'a: !x 1\nb: {<<: {}, c: 1, c: 2}\nd: "\\e"\n---\n'
    document = read(text, "a.yaml")
    assert [str(f.span) for f in document.faults] == [
        "a.yaml:1:4",
        "a.yaml:2:5",
        "a.yaml:2:19",
        "a.yaml:3:4",
        "a.yaml:4:1",
    ]
    assert document.root == {"a": "1", "b": {"c": "1"}, "d": ""}
    assert not document.is_complete


def test_what_stands_before_a_syntax_error_is_kept_but_for_the_broken_entry() -> None:
    text = b"sites: {HQ: {}}\nusers:\n  ada: {site: A}\n  bo:\n    site: [B\n  cy: {}\n"
    document = read(text, "a.yaml")
    assert document.root == {"sites": {"HQ": {}}, "users": {"ada": {"site": "A"}}}
    assert not document.is_complete


def test_a_section_before_a_syntax_error_is_kept_whole() -> None:
    document = read(b"users:\n  ada: {}\n  bo: {}\n*x : {}\n", "a.yaml")
    assert document.root == {"users": {"ada": {}, "bo": {}}}


def test_an_entry_before_an_invalid_key_is_read() -> None:
    below = read(b"users:\n  ada: {}\n  bo: {a: b}\n  ? [a]\n", "a.yaml")
    assert below.root == {"users": {"ada": {}, "bo": {"a": "b"}}}
    assert read(b"users:\n  ada: {}\n  bo:\n    a: b\n   c: d\n", "a.yaml").root == {
        "users": {"ada": {}}
    }


def test_a_broken_list_section_loses_its_last_item() -> None:
    assert read(b"licenses:\n  - {type: x4}\n  - {type: [\n", "a.yaml").root == {
        "licenses": [{"type": "x4"}]
    }


# --- anchors --------------------------------------------------------------------------------------


def test_aliases_are_copies() -> None:
    document = read(b"a: &x {b: [1, &y 2]}\nc: *x\nd: [*x, *y]\n", "a.yaml")
    assert document.faults == []
    assert document.root == {
        "a": {"b": ["1", "2"]},
        "c": {"b": ["1", "2"]},
        "d": [{"b": ["1", "2"]}, "2"],
    }
    assert document.root["c"] is not document.root["a"]
    assert document.root["c"]["b"] is not document.root["a"]["b"]
    assert type(document.root["d"][1]) is Plain


def test_an_anchor_may_be_set_again() -> None:
    assert read(b"a: &x 1\nb: *x\nc: &x 2\nd: *x\n", "a.yaml").root == {
        "a": "1",
        "b": "1",
        "c": "2",
        "d": "2",
    }


def test_a_place_inside_an_alias_is_that_of_the_alias() -> None:
    document = read(b"a: &x {b: 1}\nc:\n  d: *x\n", "a.yaml", MAX_DEPTH)
    assert document.span(("c", "d", "b")) == Span("a.yaml", 3, 3)
