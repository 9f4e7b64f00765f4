"""Plain text for terminals: display width, aligned columns, and the little colour there is.

Nothing here depends on the terminal; the caller says whether there is colour and how wide the lines are.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence

from licsync.views.safe import terminal

Paint = Callable[[str, str], str]
"""Gives text a style: one of the keys of `_STYLES`, or "" for none."""

_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36"}


def painter(color: bool) -> Paint:
    """Give the function that styles text, or leaves it as it is."""

    def paint(text: str, style: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if color and style and text else text

    return paint


def display_width(text: str) -> int:
    """Count the columns that text takes: wide characters two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def pad(text: str, columns: int, align: str = "l") -> str:
    """Fill text up to so many columns; longer text stays as it is."""
    gap = " " * max(0, columns - display_width(text))
    return gap + text if align == "r" else text + gap


def wrap(text: str, columns: int) -> list[str]:
    """Break text into lines of at most so many columns, at spaces; a longer word stays whole."""
    lines = [""]
    for word in text.split(" "):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if lines[-1] and display_width(joined) > columns:
            lines.append(word)
        else:
            lines[-1] = joined
    return lines


def pack(phrases: Sequence[str], columns: int) -> list[str]:
    """Break phrases into lines of at most so many columns, between them where that will do, else within them."""
    lines: list[str] = []
    for phrase in phrases:
        if lines and display_width(f"{lines[-1]} {phrase}") <= columns:
            lines[-1] += f" {phrase}"
        else:
            lines += wrap(phrase, columns)
    return lines


def commas(phrases: Sequence[str]) -> list[str]:
    """Put a comma behind every phrase but the last."""
    return [*(f"{phrase}," for phrase in phrases[:-1]), *phrases[-1:]]


def table(
    rows: Iterable[Sequence[object]],
    align: str = "",
    *,
    gap: int = 3,
    indent: int = 0,
    style: Callable[[int, int], str] | None = None,
    paint: Paint | None = None,
) -> list[str]:
    """Lay rows out in aligned columns.

    Args:
        rows: cells of any text; they are made harmless here.
        align: `l` or `r` for each column; `l` where it is too short.
        gap: spaces between columns.
        indent: spaces before the first.
        style: gives the style of a cell by row and column.
        paint: applies it.
    """
    cells = [[terminal(cell) for cell in row] for row in rows]
    widths: dict[int, int] = {}
    for row in cells:
        for column, cell in enumerate(row):
            widths[column] = max(widths.get(column, 0), display_width(cell))
    lines = []
    for number, row in enumerate(cells):
        padded = [pad(cell, widths[column], align[column : column + 1] or "l") for column, cell in enumerate(row)]
        padded[-1] = padded[-1].rstrip()
        if paint and style:
            padded = [paint(cell, style(number, column)) for column, cell in enumerate(padded)]
        lines.append((" " * indent + (" " * gap).join(padded)).rstrip())
    return lines
