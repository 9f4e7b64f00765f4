"""Plain text for terminals: display width, aligned columns, and the little colour there is.

Nothing here depends on the terminal; the caller says whether there is colour and how wide the lines
are.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence

from licsync.views.escaping import escape_terminal

Paint = Callable[[str, str], str]
"""Gives text a style: one of the keys of `_STYLES`, or "" for none."""

_STYLES = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "cyan": "36",
}


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
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
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
    width: int | None = None,
    style: Callable[[int, int], str] | None = None,
    paint: Paint | None = None,
) -> list[str]:
    """Lay rows out in aligned columns, as lines. The arguments are those of `table_rows`."""
    laid_out = table_rows(
        rows, align, gap=gap, indent=indent, width=width, style=style, paint=paint
    )
    return [line for lines in laid_out for line in lines]


def table_rows(
    rows: Iterable[Sequence[object]],
    align: str = "",
    *,
    gap: int = 3,
    indent: int = 0,
    width: int | None = None,
    style: Callable[[int, int], str] | None = None,
    paint: Paint | None = None,
) -> list[list[str]]:
    """Lay rows out in aligned columns, as the lines of each row.

    Args:
        rows: cells of any text; they are made harmless here.
        align: `l` or `r` for each column; `l` where it is too short.
        gap: spaces between columns.
        indent: spaces before the first.
        width: columns of a line; where the rows are wider, cells break into lines. None: no limit.
        style: gives the style of a cell by row and column.
        paint: applies it.
    """
    cells = [[escape_terminal(cell) for cell in row] for row in rows]
    widths = _column_widths(cells)
    if width is not None and sum(widths) > width - indent - gap * (len(widths) - 1):
        gap = min(gap, 2)
        _narrow(widths, cells, width - indent - gap * (len(widths) - 1))
    found = []
    for number, row in enumerate(cells):
        parts = [_broken(cell, widths[column]) for column, cell in enumerate(row)]
        lines = []
        for part in range(max(map(len, parts), default=0)):
            line = [column[part] if part < len(column) else "" for column in parts]
            padded = [pad(c, widths[i], align[i : i + 1] or "l") for i, c in enumerate(line)]
            padded[-1] = padded[-1].rstrip()
            if paint and style:
                padded = [paint(cell, style(number, column)) for column, cell in enumerate(padded)]
            lines.append((" " * indent + (" " * gap).join(padded)).rstrip())
        found.append(lines)
    return found


_NARROWEST = 5
"""Columns that a column of a table keeps, however narrow the terminal."""

_WHOLE_WORD = 16
"""Words of up to so many columns, such as phone numbers, stay whole while longer ones can break."""


def _column_widths(cells: list[list[str]]) -> list[int]:
    widths: list[int] = []
    for row in cells:
        widths += [0] * (len(row) - len(widths))
        for column, cell in enumerate(row):
            widths[column] = max(widths[column], display_width(cell))
    return widths


def _narrow(widths: list[int], cells: list[list[str]], columns: int) -> None:
    """Narrow the widest columns until they fit: first between words, then within long ones, then all."""
    words = [max(map(display_width, cell.split(" "))) for row in cells for cell in row]
    places = [column for row in cells for column in range(len(row))]
    longest = [0] * len(widths)
    for column, word in zip(places, words, strict=True):
        longest[column] = max(longest[column], word)
    long_words_break = [word if word <= _WHOLE_WORD else 0 for word in longest]
    for floor in (longest, long_words_break, [0] * len(widths)):
        for cap in range(max(widths), _NARROWEST - 1, -1):
            narrowed = [max(low, min(w, cap)) for low, w in zip(floor, widths, strict=True)]
            if sum(narrowed) <= columns:
                widths[:] = narrowed
                return
    widths[:] = narrowed


def _broken(cell: str, columns: int) -> list[str]:
    """Break a cell into lines of so many columns: at spaces, and within a word that is longer."""
    if display_width(cell) <= columns:
        return [cell]
    return [part for line in wrap(cell, columns) for part in _chunks(line, columns)]


def _chunks(line: str, columns: int) -> Iterator[str]:
    start = used = 0
    for end, char in enumerate(line):
        used += display_width(char)
        if used > columns and end > start:
            yield line[start:end]
            start, used = end, display_width(char)
    yield line[start:]
