"""Splits a file of users into the texts of its entries, so that only some of them need parsing.

A block mapping that is indented by `n` spaces has a key wherever the parser stands between two
entries and a line is indented by `n` spaces. What an entry says depends on its own text then, and
on the anchors before it. So the text of an entry that was read once stands for its content in any
file of the same indentation without aliases. `EntryTexts.agrees_with` tells whether the parser
found the entries where the lines begin: text in quotes, say, may look like a line of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from licsync.config.yaml.document import Document, Path, Place
from licsync.config.yaml.parser import MAX_ENTRIES

_FIRST = re.compile(
    rb"((?:[ \t]*+(?:#[^\r\n]*+)?\r?\n|---[ \t]*+\r?\n)*+)"
    rb"users:[ \t]*+(?:#[^\r\n]*+)?\r?\n"
    rb"(?:[ \t]*+(?:#[^\r\n]*+)?\r?\n)*+"
    rb"( ++)(?=[^ \t\r\n#])"
)
"""Everything before the first entry. The groups are what precedes `users`, and the indentation."""


@dataclass(frozen=True, slots=True)
class EntryTexts:
    """The text of a file of users in pieces.

    Attributes:
        head: everything before the first entry.
        section_line: the line of the key `users`, from 1.
        entries: each from the beginning of its line up to the next one.
        lines: the first line of each, from 1.
        column: the column of their keys, from 1.
    """

    head: bytes
    section_line: int
    entries: list[bytes]
    lines: list[int]
    column: int

    def joined(self, positions: Iterable[int]) -> bytes:
        """Return a file of only some of the entries."""
        return self.head + b"".join([self.entries[position] for position in positions])

    def without_entries(self, file: str) -> Document:
        """Return the document of the file if it had no entries."""
        return Document(file, {"users": {}}, {("users",): (self.section_line, 1)}, [], True)

    def agrees_with(self, places: Mapping[Path, Place], positions: Iterable[int]) -> bool:
        """Tell whether the parser found these entries, and only these, in `joined`."""
        line, expected = self.head.count(b"\n") + 1, []
        for position in positions:
            expected.append((line, self.column))
            line += self.entries[position].count(b"\n")
        return [place for path, place in places.items() if len(path) > 1] == expected


def split_entries(data: bytes) -> EntryTexts | None:
    """Split a file that holds only users; None if its entries may depend on each other.

    Args:
        data: the content, of which `lists_only_users` is true.
    """
    first = _FIRST.match(data)
    if first is None or b"*" in data:  # an alias stands for something elsewhere
        return None
    column = len(first[2])
    further = _line_of_a_key(column).finditer(data, first.end())
    starts = [first.start(2), *[found.start() + 1 for found in further]]
    if len(starts) > MAX_ENTRIES:
        return None
    entries = [data[a:b] for a, b in zip(starts, [*starts[1:], len(data)], strict=True)]
    head = data[: starts[0]]
    lines, line = [], head.count(b"\n") + 1
    for entry in entries:
        lines.append(line)
        line += entry.count(b"\n")
    return EntryTexts(head, first[1].count(b"\n") + 1, entries, lines, column + 1)


@cache
def _line_of_a_key(column: int) -> re.Pattern[bytes]:
    # `^` would be tried at every byte; a literal is searched for several times faster
    return re.compile(rb"\n" + b" " * column + rb"[^ \t\r\n#]")
