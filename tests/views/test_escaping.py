"""The sanitisers: nothing that steers a medium gets through, and nothing is dropped unseen."""

import csv
import io
import json
import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from licsync.views.escaping import (
    code_span,
    csv_cell,
    escape_markdown,
    escape_terminal,
    fence,
    github_message,
    github_property,
    html_environment,
    json_text,
)
from tests.support.hostile_text import TEXTS

ANY_TEXT = st.one_of(
    st.sampled_from(TEXTS),
    st.text(st.characters(codec=None)),
    st.text(alphabet="`|\\@#<>[]()!*_~$&:/.- ab1\n\x1b\u202e"),
    st.lists(st.sampled_from(TEXTS), max_size=3).map("".join),
)
UNSAFE_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def is_unsafe(char: str) -> bool:
    return unicodedata.category(char) in UNSAFE_CATEGORIES


@pytest.mark.slow
def test_every_control_format_and_private_character_is_shown_as_an_escape():
    missed = [
        code
        for code in range(0x110000)
        if is_unsafe(chr(code)) and escape_terminal(chr(code)) == chr(code)
    ]
    assert missed == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[2Jb", r"a\x1b[2Jb"),
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("a\u202eb", r"a\u202eb"),
        ("\U000e0041", r"\U000e0041"),
        ("\x9b", r"\x9b"),
        ("Zoë 日本語 😀 a\u00a0b", "Zoë 日本語 😀 a\u00a0b"),
        ("plain ascii 'x' \\n", "plain ascii 'x' \\n"),
    ],
)
def test_terminal_text_keeps_what_is_harmless_and_shows_the_rest(text: str, shown: str):
    assert escape_terminal(text) == shown


@given(ANY_TEXT)
def test_terminal_text_is_one_harmless_line_and_stays_as_it_is(text: str):
    safe = escape_terminal(text)
    assert not any(is_unsafe(char) for char in safe)
    assert escape_terminal(safe) == safe
    safe.encode("utf-8")


@given(
    st.recursive(
        ANY_TEXT, lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT, inner), max_leaves=8
    )
)
def test_json_reads_back_and_holds_no_raw_control(document: object):
    text = json_text(document)
    assert json.loads(text) == document
    assert not any(is_unsafe(char) for char in text.replace("\n", ""))


def test_json_keeps_letters_readable():
    assert json_text({"name": "Zoë\x7f"}, indent=None) == '{"name": "Zoë\\u007f"}'


@given(st.lists(ANY_TEXT, min_size=1))
def test_csv_cells_are_not_formulas_and_read_back(texts: list[str]):
    out = io.StringIO()
    csv.writer(out).writerow([csv_cell(text) for text in texts])
    (row,) = csv.reader(io.StringIO(out.getvalue())) if any(texts) or len(texts) > 1 else [texts]
    for cell, text in zip(row, texts, strict=True):
        assert cell.removeprefix("'") == escape_terminal(text).removeprefix("'")
        assert not re.match(r"[=+\-@\t\r\n]", cell) or re.fullmatch(r"\+[0-9]{6,15}", cell)


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+12065550101", "+12065550101"),
        ("+1206555-0101", "'+1206555-0101"),
        ("-1", "'-1"),
        ("@x", "'@x"),
        ("＝1", "'＝1"),
        (None, ""),
        (16, "16"),
    ],
)
def test_csv_cells(value: object, cell: str):
    assert csv_cell(value) == cell


# --- Markdown -------------------------------------------------------------------------------------

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def inline(source: str) -> list[tuple[str, str]]:
    """Type and content of the inline tokens of a source."""
    return [(t.type, t.content) for token in PARSER.parse(source) for t in token.children or ()]


@given(ANY_TEXT)
def test_a_code_span_is_code_and_nothing_else(text: str):
    tokens = inline(f"x {code_span(text)} y")
    assert [kind for kind, _ in tokens] == ["text", "code_inline", "text"]
    assert tokens[1][1].strip() == escape_terminal(text).strip()


@given(ANY_TEXT)
@example("a\\|b`c")
def test_markdown_prose_is_text_and_code_that_nothing_turns_into_a_link(text: str):
    for source in (f"x {escape_markdown(text)} y", escape_markdown(text)):
        for token in PARSER.parse(source):
            assert token.type in ("paragraph_open", "inline", "paragraph_close")
            for child in token.children or ():
                assert child.type in ("text", "code_inline", "softbreak")
                if child.type == "text":
                    assert not re.search(
                        r"@\w|#\d|www\.|https?:|GH-\d", child.content, re.IGNORECASE
                    )


@given(ANY_TEXT)
def test_markdown_prose_says_what_the_text_says(text: str):
    output = "".join(content for _, content in inline(f"x {escape_markdown(text)} y"))
    assert re.sub(r"\s+", "", output) == "x" + re.sub(r"\s+", "", escape_terminal(text)) + "y"


@given(st.lists(ANY_TEXT, min_size=1, max_size=3))
def test_markdown_prose_stays_in_its_table_cell(texts: list[str]):
    row = f"| {' | '.join(escape_markdown(text) for text in texts)} |"
    source = f"| {' | '.join('h' for _ in texts)} |\n|{'---|' * len(texts)}\n{row}\n"
    cells = [t for t in PARSER.parse(source) if t.type == "td_open"]
    assert len(cells) == len(texts)


@given(st.lists(ANY_TEXT, min_size=1))
def test_a_fence_ends_where_it_should(lines: list[str]):
    tokens = PARSER.parse(fence(lines, "diff") + "\n\nafter")
    assert [t.type for t in tokens] == ["fence", "paragraph_open", "inline", "paragraph_close"]
    assert tokens[0].content == "".join(f"{escape_terminal(line)}\n" for line in lines)
    assert tokens[0].info == "diff"


# --- HTML and workflow commands -------------------------------------------------------------------


@given(ANY_TEXT)
def test_html_escapes_and_shows_controls(text: str):
    html = html_environment().from_string('<p title="{{ x }}">{{ x }}</p>').render(x=text)
    import html as entities

    inside = re.fullmatch(r'<p title="([^"<>]*)">([^<>]*)</p>', html)
    assert inside is not None
    assert entities.unescape(inside[2]) == entities.unescape(inside[1]) == escape_terminal(text)


@given(ANY_TEXT)
def test_workflow_commands_cannot_be_injected(text: str):
    line = f"::error file={github_property(text)},line=1::{github_message(text)}"
    assert line.splitlines() == [line]
    assert re.match(r"::error file=[^:,]*,line=1::", line)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("(ada@x.example, bo@x.example)", "(`ada@x.example`, `bo@x.example`)"),
        ("at 'users/a.yaml'.", "at '`users/a.yaml'`."),
        ("(plain)", "(plain)"),
    ],
)
def test_a_bracket_before_a_name_stays_outside_of_its_code(text: str, shown: str) -> None:
    assert escape_markdown(text) == shown
