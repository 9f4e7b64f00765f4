"""The order of lists: by every column, in both directions, stable, the same in files."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from licsync.web.ranking import Column, Ranking, natural

Row = tuple[int, str | None, int]

ROWS = st.lists(
    st.tuples(st.none() | st.text(st.sampled_from("ab09 "), max_size=4), st.integers(0, 3))
).map(lambda rows: [(place, *row) for place, row in enumerate(rows)])


def ranking(rows: list[Row]) -> Ranking[Row]:
    columns: list[Column[Row]] = [
        Column("name", "Name", lambda row: natural(row[1])),
        Column("size", "Size", lambda row: row[2]),
    ]
    return Ranking(columns, rows, lambda row: row[0])


@given(ROWS)
def test_equal_rows_keep_their_order_and_empty_ones_are_last(rows: list[Row]) -> None:
    ranked = ranking(rows)
    up, down = ranked.order(rows, "name"), ranked.order(rows, "-name")
    full = [row for row in rows if row[1]]
    assert [row for row in up if row[1]] == sorted(full, key=lambda row: natural(row[1]))
    assert [row for row in down if row[1]] == sorted(
        full, key=lambda row: natural(row[1]), reverse=True
    )
    empty = [row for row in rows if not row[1]]
    assert list(up[len(full) :]) == list(down[len(full) :]) == empty
    assert ranked.order(rows, "no-such-column") == rows


@given(ROWS)
def test_the_ranks_in_a_file_give_the_same_order(rows: list[Row]) -> None:
    ranked = ranking(rows)
    by_rank = sorted(rows, key=lambda row: int(ranked.ranks(row).split()[1]))
    assert by_rank == list(ranked.order(rows, "size"))


def test_numbers_in_text_count_as_numbers() -> None:
    names = ["Floor 10", "floor 9", "Floor 1", "9th", "10th"]
    assert sorted(names, key=lambda name: natural(name) or ()) == [
        "9th", "10th", "Floor 1", "floor 9", "Floor 10",
    ]  # fmt: skip
    assert natural("9" * 5000) is not None
