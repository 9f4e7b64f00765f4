"""Breaks long sentences at words, for a terminal; never within what a reader copies.

Commands and quoted text stay on one line, and words are never broken: paths, addresses, digests.
Lines that are laid out (columns, excerpts of files, lines that end with a command) stay as they
are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from licsync.views.terminal import display_width

_STYLE = re.compile(r"\x1b\[[0-9;]*m")
_START = re.compile(
    r"(?P<indent> *)(?:\x1b\[[0-9;]*m)*(?P<label>hint:(?:\x1b\[0m)? |[-·] |\d+\. )?"
)
_LAID_OUT = re.compile(r"\S {3,}\S|^\s*\d* \| |[│┃━]|^\s*[\[{]")
_ENDS_WITH_COMMAND = re.compile(
    r"^(?:[^.;]{0,60}: |\s*)(?:\w+=\S+ )*licsync [a-z]+(?: (?!.*[.;] ).*)?$"
)
_COMMAND = re.compile(r"""['"`(]*licsync['"`)]*""")
_ENDS = re.compile(r"[.,;:)'\"`]+$")
_SUBJECT_ENDS = ("s", "not", "never", "only", "cannot")
_COMMANDS_IN_S = ("users", "licenses", "costs")
_LEAST_ROOM = 24

_KEPT = 60
"""The most columns of a command or quotation that stays whole in a narrower terminal."""


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
    if _ENDS_WITH_COMMAND.search(plain):
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
    for unit in _units(text.lstrip(" ").split(" "), room):
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


def _units(words: Sequence[str], room: int) -> Iterator[str]:
    """Join the words of commands and of quotations."""
    place = 0
    while place < len(words):
        end = _end_of_command(words, place) or _end_of_quotation(words, place) or place + 1
        unit = " ".join(words[place:end])
        if end > place + 1 and display_width(unit) > max(room, _KEPT) and "--" not in unit:
            yield from words[place:end]
        else:
            yield unit
        place = end


def _end_of_command(words: Sequence[str], place: int) -> int | None:
    """Find the end of a command; None where there is none, such as where licsync is a subject."""
    if not _COMMAND.fullmatch(words[place]) or place + 1 == len(words):
        return None
    name = _ENDS.sub("", words[place + 1])
    if name.endswith(_SUBJECT_ENDS) and name not in _COMMANDS_IN_S:
        return None
    for end in range(place + 1, len(words)):
        if _ENDS.search(words[end]):
            return end + 1
    return len(words)


def _end_of_quotation(words: Sequence[str], place: int) -> int | None:
    """Find the end of a text in quotation marks; None if none begins here."""
    opening = re.match(r"[(\[]*(['\"`])", words[place])
    if opening is None:
        return None
    for end in range(place, len(words)):
        if re.search(rf"{opening[1]}[)\].,;:]*$", words[end]) and len(words[end]) > 1:
            return end + 1
    return None
