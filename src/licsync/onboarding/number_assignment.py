"""Assigns extension and phone numbers by rule: the lowest that is neither used nor requested."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from licsync.spreadsheets.cell_values import CellRefused

_RANGE = re.compile(r"(\+?)(\d+)\s*(?:-|–|\.\.)\s*\+?(\d+)")
_SINGLE = re.compile(r"\+?\d+")
_MOST = 100_000
"""How many numbers one range may have."""


class NumberPool:
    """A pool of assignable numbers by site.

    Attributes:
        used: numbers that are taken.
    """

    def __init__(self, rules: Mapping[str, Sequence[str]], used: Iterable[str], what: str) -> None:
        self.used = set(used)
        self._what = what
        self._ranges = rules
        self._left: dict[str, Iterator[str]] = {}

    def next(self, site: str | None) -> str | None:
        """Return the next number for a site; None if no rule applies.

        Raises:
            CellRefused: no number is left.
        """
        rule = site if site in self._ranges else "default"
        if rule not in self._ranges:
            return None
        numbers = self._left.setdefault(
            rule or "", (n for text in self._ranges[rule or ""] for n in expand_range(text))
        )
        for number in numbers:
            if number not in self.used:
                self.used.add(number)
                return number
        hint = "Add another range to the rule."
        raise CellRefused(
            f"No {self._what} is left in {', '.join(self._ranges[rule or ''])}.", hint
        )


def expand_range(text: str) -> Sequence[str]:
    """List the numbers of a range, such as 1000-1999, with leading zeros.

    Raises:
        CellRefused: the text is not a range, or has too many numbers.
    """
    text = text.strip()
    if _SINGLE.fullmatch(text):
        return [text]
    found = _RANGE.fullmatch(text)
    if found is None:
        raise CellRefused(f"'{text}' is not a range of numbers.", "Write it as 1000-1999.")
    plus, first, last = found.groups()
    low, high = int(first), int(last)
    if len(first) != len(last) or not low <= high < low + _MOST:
        raise CellRefused(
            f"'{text}' is not an ascending range of at most {_MOST:,} numbers of one length."
        )
    return [f"{plus}{number:0{len(first)}}" for number in range(low, high + 1)]
