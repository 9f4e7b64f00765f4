"""Plain text for terminals: display width, wrapping, aligned columns and color.

Nothing here depends on the terminal: the caller decides on color and on the width of a line. Tables
are laid out here and not by rich, which needs 30 times as long for an account's users (decision
0026).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import TypedDict, Unpack

from msgspec import Struct

from licsync.views.escaping import escape_terminal

Paint = Callable[[str, str], str]
"""Gives text a style: a key of `_STYLES`, or "" for none."""


class RenderOptions(Struct, frozen=True):
    """How a view writes text; no information depends on it.

    Attributes:
        color: whether to use color.
        width: columns of a line.
        table_width: columns of a line of a table, and of what belongs to it; None: no limit.
    """

    color: bool = False
    width: int = 100
    table_width: int | None = None


PLAIN = RenderOptions()
"""Without color, and with tables as wide as they are: for files."""

_STYLES = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "loss": "1;31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "cyan": "36",
}


def painter(color: bool) -> Paint:
    """Make the function that styles text; without color it changes nothing."""

    def paint(text: str, style: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if color and style and text else text

    return paint


def display_width(text: str) -> int:
    """Count the columns of text: two for a wide character, none for a mark on another one."""
    if text.isascii():
        return len(text)
    return sum(map(_char_width, text))


def _char_width(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me") or "\u1160" <= char <= "\u11ff":
        return 0  # accents, vowel signs, and letters that join a syllable of Hangul
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def pad(text: str, columns: int, align: str = "l") -> str:
    """Pad text to a number of columns; longer text is unchanged."""
    gap = " " * max(0, columns - display_width(text))
    return gap + text if align == "r" else text + gap


def wrap(text: str, columns: int) -> list[str]:
    """Break text at spaces into lines of at most so many columns; longer words stay whole."""
    lines = [""]
    for word in text.split(" "):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if lines[-1] and display_width(joined) > columns:
            lines.append(word)
        else:
            lines[-1] = joined
    return lines


def pack(phrases: Sequence[str], columns: int) -> list[str]:
    """Fill lines of at most so many columns with phrases; break within a phrase only if needed."""
    lines: list[str] = []
    for phrase in phrases:
        if lines and display_width(f"{lines[-1]} {phrase}") <= columns:
            lines[-1] += f" {phrase}"
        else:
            lines += wrap(phrase, columns)
    return lines


def commas(phrases: Sequence[str]) -> list[str]:
    """Add a comma to every phrase but the last."""
    return [*(f"{phrase}," for phrase in phrases[:-1]), *phrases[-1:]]


class TableOptions(TypedDict, total=False):
    """How a table is laid out.

    Attributes:
        gap: spaces between columns; 3 by default.
        indent: spaces before the first column.
        width: columns of a line; None: no limit. Cells of wider tables break between words. If
            that is not enough, the last columns follow below their row.
        headings: whether the first row names the columns; the names go before what follows below.
        style: gives the style of a cell by its row and column.
        paint: applies the style.
    """

    gap: int
    indent: int
    width: int | None
    headings: bool
    style: Callable[[int, int], str] | None
    paint: Paint | None


def heading_style(row: int, column: int) -> str:
    """Dim the first row of a table: a `style` for `TableOptions`."""
    return "dim" if row == 0 else ""


def table(
    rows: Iterable[Sequence[object]], align: str = "", **options: Unpack[TableOptions]
) -> list[str]:
    """Lay rows out in aligned columns, as lines. The arguments are those of `table_rows`."""
    return [line for lines in table_rows(rows, align, **options) for line in lines]


def headed_table(
    rows: Iterable[Sequence[object]],
    align: str = "",
    *,
    options: RenderOptions,
    indent: int = 0,
    style: Callable[[int, int], str] = heading_style,
) -> list[str]:
    """Lay rows out in aligned columns below headings, as lines; see `TableOptions`."""
    return table(
        rows,
        align,
        indent=indent,
        width=options.table_width,
        headings=True,
        style=style,
        paint=painter(options.color),
    )


def table_rows(
    rows: Iterable[Sequence[object]], align: str = "", **options: Unpack[TableOptions]
) -> list[list[str]]:
    """Lay rows out in aligned columns, as the lines of each row.

    Args:
        rows: cells of any text; they are escaped here.
        align: `l` or `r` for each column; `l` where it is too short.
        options: see `TableOptions`.
    """
    gap, indent, width = options.get("gap", 3), options.get("indent", 0), options.get("width")
    style, paint = options.get("style"), options.get("paint")
    cells = [[escape_terminal(cell) for cell in row] for row in rows]
    widths = _column_widths(cells)
    if width is not None and sum(widths) > width - indent - gap * (len(widths) - 1):
        gap = min(gap, 2)
        widths = _fitted(widths, cells, gap, width - indent)
    shown = len(widths)
    has_headings = options.get("headings", False)

    def line(number: int, texts: Iterable[str]) -> str:
        padded = [pad(t, widths[i], align[i : i + 1] or "l") for i, t in enumerate(texts)]
        padded[-1] = padded[-1].rstrip()
        if paint and style:
            padded = [paint(text, style(number, column)) for column, text in enumerate(padded)]
        return (" " * indent + (" " * gap).join(padded)).rstrip()

    def laid_out(number: int, row: list[str]) -> list[str]:
        broken = [_break(cell, widths[i]) for i, cell in enumerate(row[:shown])]
        lines = [line(number, texts) for texts in zip_longest(*broken, fillvalue="")]
        if width is not None and row[shown:] and not (has_headings and number == 0):
            names = cells[0][shown:] if has_headings else [""] * len(row)
            below = zip(names, row[shown:], strict=False)
            lines += _below(
                [f"{n} {c}".strip() for n, c in below if c not in _EMPTY], indent, width
            )
        return lines

    return [laid_out(number, row) for number, row in enumerate(cells)]


_NARROWEST = 5
"""The least width of a column, however narrow the terminal."""

_EMPTY = ("", "—")
_BELOW = 4  # columns by which the cells below a row are indented


def _column_widths(cells: list[list[str]]) -> list[int]:
    columns = zip_longest(*cells, fillvalue="")
    return [max(map(display_width, column)) for column in columns]


def _fitted(widths: list[int], cells: list[list[str]], gap: int, columns: int) -> list[int]:
    """Narrow the columns, but not their words; as many of the last ones are left out as needed."""
    longest = [0] * len(widths)
    for row in cells:
        for column, cell in enumerate(row):
            longest[column] = max(longest[column], *map(display_width, cell.split(" ")))
    for shown in range(len(widths), 0, -1):
        room = columns - gap * (shown - 1)
        if sum(longest[:shown]) <= room:
            return _narrowed(widths[:shown], longest[:shown], room)
    return [max(columns, _NARROWEST)]


def _narrowed(widths: list[int], least: list[int], columns: int) -> list[int]:
    """Narrow the widest columns until all fit."""
    for most in range(max(widths), 0, -1):
        narrowed = [max(low, min(w, most)) for low, w in zip(least, widths, strict=True)]
        if sum(narrowed) <= columns:
            return narrowed
    return least


def _below(phrases: Sequence[str], indent: int, width: int) -> list[str]:
    """Write the cells that did not fit beside the others."""
    start = " " * (indent + _BELOW)
    room = max(width - len(start), _NARROWEST)
    lines: list[str] = []
    for phrase in phrases:
        if lines and display_width(f"{lines[-1]}   {phrase}") <= room:
            lines[-1] += f"   {phrase}"
        else:
            lines += _break(phrase, room)
    return [f"{start}{line}" for line in lines]


def _break(cell: str, columns: int) -> list[str]:
    """Break a cell into lines of at most so many columns: at spaces, then within long words."""
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
