"""Breaks long sentences at words, for a terminal; never within what a reader copies.

Commands and quoted text stay on one line, and words are never broken: paths, addresses, digests.
Lines that are laid out (columns, excerpts of files, lines that end with a command) stay as they
are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from licsync.views.printed_commands import COMMAND_PATTERN
from licsync.views.terminal import display_width

_STYLE = re.compile(r"\x1b\[[0-9;]*m")
_START = re.compile(
    r"(?P<indent> *)(?:\x1b\[[0-9;]*m)*(?P<label>hint:(?:\x1b\[0m)? |[-·] |\d+\. )?"
)
_LAID_OUT = re.compile(r"\S {3,}\S|^\s*\d* \| |[│┃━]|^\s*[\[{]")
_ENDS_WITH_COMMAND = re.compile(rf"(?:[^.;]{{0,60}}: |\s*){COMMAND_PATTERN}")
_COMMAND = re.compile(rf"""[(\['"`]*{COMMAND_PATTERN}(?= |$)""")
_QUOTATION = re.compile(r"""[(\[]*(?P<mark>['"`]).+?(?P=mark)[)\].,;:]*(?= |$)""")
_WORD = re.compile(r"[^ ]*")
_LEAST_ROOM = 24

_KEPT = 60
"""The most columns of a quotation that stays whole in a narrower terminal."""


def fold(text: str, columns: int) -> str:
    """Break the long sentences of a text.

    Args:
        text: lines, possibly styled.
        columns: the width of the terminal.
    """
    if len(text) <= columns:
        return text
    return "\n".join(part for line in text.split("\n") for part in _folded(line, columns))


def _folded(line: str, columns: int) -> list[str]:
    plain = _STYLE.sub("", line)
    if display_width(plain) <= columns or _LAID_OUT.search(plain):
        return [line]
    if _ENDS_WITH_COMMAND.fullmatch(plain):
        return [line]
    start = _START.match(line)
    assert start is not None  # everything in it is optional
    indent = len(start["indent"]) + len(_STYLE.sub("", start["label"] or "")) or 2
    return fill(line, columns, indent)


def fill(text: str, columns: int, indent: int = 0) -> list[str]:
    """Break a sentence into lines.

    Args:
        text: the sentence, possibly styled; it keeps the spaces that it begins with.
        columns: the most columns of a line; longer words, commands and quotations overflow.
        indent: spaces before all lines but the first.
    """
    room = max(_LEAST_ROOM, columns - indent)
    first = text[: len(text) - len(text.lstrip(" "))]
    lines, used = [first], display_width(first)
    is_empty = True
    for unit in _units(text.lstrip(" "), room):
        size = display_width(_STYLE.sub("", unit))
        if is_empty:
            lines[-1] += unit
            used += size
        elif used + 1 + size <= columns:
            lines[-1] += f" {unit}"
            used += 1 + size
        else:
            lines.append(" " * indent + unit)
            used = indent + size
        is_empty = False
    return lines


def _units(text: str, room: int) -> Iterator[str]:
    """Split a sentence into what stays on one line: words, commands and quotations."""
    place = 0
    while place <= len(text):
        command = _COMMAND.match(text, place)
        found = command or _QUOTATION.match(text, place) or _WORD.match(text, place)
        assert found is not None  # a word may be empty
        unit = found[0]
        if command or display_width(unit) <= max(room, _KEPT) or "--" in unit:
            yield unit
        else:
            yield from unit.split(" ")
        place = found.end() + 1
