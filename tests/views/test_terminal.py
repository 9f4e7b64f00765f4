"""Tables for terminals: rows keep within the width, and no character of a cell is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licsync.views.terminal import display_width, table, table_rows

ROWS = [
    ("user", "person", "phone number"),
    ("chi.oyelaran@acme.example", "Chi Ann Oyelaran", "+12065550100"),
    ("bo@acme.example", "", "+12065550102"),
]


def test_rows_that_fit_stay_on_one_line():
    assert table(ROWS, width=200) == table(ROWS)
    assert len(table(ROWS)) == 3


def test_cells_break_between_words_before_they_break_within_one():
    lines = table(ROWS, width=50)
    assert max(map(display_width, lines)) <= 50
    assert lines[1].split() == ["chi.oyelaran@acme.example", "Chi", "Ann", "+12065550100"]
    assert lines[2].split() == ["Oyelaran"]


def test_words_stay_whole_and_columns_that_do_not_fit_follow_below():
    assert table(ROWS, width=40) == [
        "user                       person",
        "    phone number",
        "chi.oyelaran@acme.example  Chi Ann",
        "                           Oyelaran",
        "    +12065550100",
        "bo@acme.example",
        "    +12065550102",
    ]
    assert table(ROWS, width=30, headings=True) == [
        "user",
        "chi.oyelaran@acme.example",
        "    person Chi Ann Oyelaran",
        "    phone number +12065550100",
        "bo@acme.example",
        "    phone number +12065550102",
    ]


def test_where_nothing_fits_words_break():
    assert max(map(display_width, table(ROWS, width=12))) <= 12


@pytest.mark.parametrize(
    ("text", "columns"),
    [("é", 1), ("e\u0301", 1), ("漢字", 4), ("🎉", 2), ("ที่", 1), ("नि", 2), ("각", 2)],
)
def test_text_is_as_wide_as_terminals_show_it(text, columns):
    assert display_width(text) == columns


@pytest.mark.parametrize("style", [None, lambda row, column: "bold"])
def test_styles_go_to_every_line_of_a_cell(style):
    lines = table_rows(
        ROWS, width=50, style=style, paint=lambda text, name: f"<{text}>" if name else text
    )
    assert all(line.startswith("<") == bool(style) for row in lines for line in row)


cells = st.text("ab @ü漢", max_size=30)


@given(
    st.lists(st.lists(cells, min_size=1, max_size=5), min_size=1, max_size=5), st.integers(33, 90)
)
def test_no_character_is_lost_and_every_line_keeps_within_the_width(
    rows: list[list[str]], width: int
):
    lines = table_rows(rows, width=width)
    assert len(lines) == len(rows)
    for row, broken in zip(rows, lines, strict=True):
        assert all(display_width(line) <= width for line in broken)
        assert sorted("".join(broken).replace(" ", "")) == sorted("".join(row).replace(" ", ""))
