"""Tables without filters, of which a page can have several: sorted like the lists."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, TypeVar

from licsync.views.phrases import NONE
from licsync.web.ranking import Column, Ranking, natural

T = TypeVar("T")

_AMOUNT = re.compile(r"-?[0-9][0-9,]{0,30}(\.[0-9]{1,30})?")


@dataclass(frozen=True, slots=True)
class SmallTable(Generic[T]):
    """A table that its headings sort.

    Attributes:
        ranking: the order by each column.
        rows: the rows, in the order of the query.
    """

    ranking: Ranking[T]
    rows: Sequence[T]


def small_table(rows: Sequence[T], columns: Sequence[Column[T]], sort: str) -> SmallTable[T]:
    """Sort a table.

    Args:
        rows: in the order that holds without a chosen column.
        columns: the columns; their names differ from those of other tables of the page.
        sort: name of a column, after a `-` if descending; names of other tables change nothing.
    """
    ranking = Ranking(columns, rows, id)
    return SmallTable(ranking, ranking.order(rows, sort))


def cell_columns(
    table: str,
    headings: Sequence[str],
    cells_of: Callable[[Any], Sequence[str]] = lambda row: row,
) -> list[Column[Any]]:
    """Give the columns of a table of text.

    Args:
        table: begins the names of its columns.
        headings: the headings.
        cells_of: gives the cells of a row.
    """

    def column(place: int, heading: str) -> Column[Any]:
        name = f"{table}.{heading.replace(' ', '-')}"
        return Column(name, heading, lambda row: cell_key(cells_of(row)[place]))

    return [column(place, heading) for place, heading in enumerate(headings)]


def cell_key(text: str) -> tuple[Any, ...] | None:
    """Give the key by which a cell is ordered: amounts by their value, then text as people do."""
    if not text or text == NONE:
        return None
    value, _, unit = text.removeprefix("at least ").partition(" ")
    if _AMOUNT.fullmatch(value):
        return 0, natural(unit) or (), Decimal(value.replace(",", ""))
    return 1, natural(text) or ()
