"""The order of a list by each of its columns: the same on the server and in files."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")

_NUMBER = re.compile(r"([0-9]{1,18})")


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    """A column by which a list can be sorted.

    Attributes:
        name: its name in the URL.
        title: its heading.
        key: gives what rows are ordered by; None for a row without a value.
    """

    name: str
    title: str
    key: Callable[[T], Any]


class Ranking(Generic[T]):
    """The order of the rows of a list by each column; a column is ranked when it is first used.

    Rows with equal values keep their order, and rows without a value come last in both directions.

    Args:
        columns: the columns.
        rows: all rows, in the order that holds without a chosen column.
        identify: gives the id of a row.
    """

    def __init__(
        self,
        columns: Sequence[Column[T]],
        rows: Sequence[T],
        identify: Callable[[T], Hashable],
    ):
        self.columns = {column.name: column for column in columns}
        self._rows, self._identify = rows, identify
        self._ranks: dict[str, Mapping[Hashable, int]] = {}

    def order(self, rows: Sequence[T], sort: str) -> Sequence[T]:
        """Sort rows by the name of a column, descending after a `-`; other names change nothing."""
        name = sort.removeprefix("-")
        if name not in self.columns:
            return rows
        ranks, identify = self._ranks_of(name), self._identify
        sign, last = (-1, 1) if sort != name else (1, len(ranks))
        known = [(ranks.get(identify(row)), row) for row in rows]
        keyed = [(last if rank is None else sign * rank, row) for rank, row in known]
        return [row for _, row in sorted(keyed, key=lambda item: item[0])]

    def ranks(self, row: T) -> str:
        """Give the ranks of a row by all columns, for the script of files; `-` without a value."""
        found = (self._ranks_of(name).get(self._identify(row), "-") for name in self.columns)
        return " ".join(map(str, found))

    def _ranks_of(self, name: str) -> Mapping[Hashable, int]:
        """Give the rank of each row with a value; equal values have equal ranks."""
        if name not in self._ranks:
            key = self.columns[name].key
            values = {self._identify(row): key(row) for row in self._rows}
            known = {row: value for row, value in values.items() if value is not None}
            rank_of = {value: rank for rank, value in enumerate(sorted(set(known.values())))}
            self._ranks[name] = {row: rank_of[value] for row, value in known.items()}
        return self._ranks[name]


def natural(text: str | None) -> tuple[str | int, ...] | None:
    """Give the key by which text is ordered as people do: `Floor 9` before `floor 10`."""
    if not text:
        return None
    parts: list[str | int] = list(_NUMBER.split(text.casefold()))
    parts[1::2] = [int(str(digits)) for digits in parts[1::2]]
    return tuple(parts)
