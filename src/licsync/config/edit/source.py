"""The text of a file and where each value stands in it, so that a file is changed where it is meant to be only.

Positions are offsets into the text, from libyaml. What stands between two entries (comments, blank
lines) belongs to the one that follows, unless it is indented deeper than that one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import yaml
from yaml import MappingNode, Node, ScalarNode, SequenceNode

try:
    from yaml import CSafeLoader as Loader
except ImportError:  # no libyaml here: slower, and the same
    from yaml import SafeLoader as Loader  # type: ignore[assignment]

_TRIVIA = re.compile(r"(?:[ \t\r\n]|#[^\r\n]*)*")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_ASIDE = re.compile(r"[ \t]*(#.*)?")
_HEAD = re.compile(r"(?:(?:---[ \t]*(?:#.*)?|%.*|# yaml-language-server:.*)(?:\r\n|\r|\n))*")
_LEGEND = re.compile(r"(?:#.*(?:\r\n|\r|\n))+(?=[ \t]*(?:\r\n|\r|\n))")


@dataclass(frozen=True, slots=True)
class Edit:
    """Another text for a stretch of the source."""

    start: int
    end: int
    text: str


def edited(text: str, edits: Iterable[Edit]) -> str:
    """Make edits that do not overlap."""
    pieces: list[str] = []
    at = 0
    for edit in sorted(set(edits), key=lambda e: (e.start, e.end)):
        pieces += (text[at : edit.start], edit.text)
        at = edit.end
    return "".join((*pieces, text[at:]))


@lru_cache(2)
def parsed(text: str) -> Node | None:
    """Parse the text of a file that was read without a fault; None for one without content.

    Not to be changed.
    """
    node: Node | None = yaml.compose(text, Loader=Loader)
    return node


def start_of(node: Node) -> int:
    """Give the offset at which a node begins."""
    return int(node.start_mark.index)


def end_of(node: Node) -> int:
    """Give the offset at which the last value of a node ends, what follows of comments and blank lines aside."""
    last = node
    while not getattr(last, "flow_style", True) and last.value:
        if isinstance(last, SequenceNode):
            last = last.value[-1]
        else:
            key, value = last.value[-1]
            last = value if end_of(value) > end_of(key) else key
    return int(last.end_mark.index)


def is_block(node: Any) -> bool:
    """Tell whether a node is a mapping or list written by indentation."""
    return isinstance(node, MappingNode | SequenceNode) and not node.flow_style


def is_plain(node: Node) -> bool:
    """Tell whether a node is a scalar without quotes, in one line."""
    return (
        isinstance(node, ScalarNode)
        and not node.style
        and node.start_mark.line == node.end_mark.line
    )


def line_start(text: str, at: int) -> int:
    """Give the offset of the line that an offset is in."""
    return max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1


def line_end(text: str, at: int) -> int:
    """Give the offset after the line that an offset is in."""
    found = _LINE.match(text, at)
    assert found is not None
    return found.end()


def next_token(text: str, at: int) -> int:
    """Give the offset of what comes after spaces, line breaks and comments."""
    found = _TRIVIA.match(text, at)
    assert found is not None
    return found.end()


def lines(text: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    """List the lines of a stretch, with their offsets."""
    while start < end:
        stop = min(line_end(text, start), end)
        yield start, text[start:stop]
        start = stop


def lead(text: str, after: int, token: int, column: int) -> int:
    """Give the offset from which comments and blank lines belong to what follows.

    Args:
        text: the source.
        after: where the value before ends.
        token: where that which follows begins; at the end of a list or mapping, where its parent
            goes on.
        column: comments that are indented deeper than this belong to the value before.
    """
    start = line_start(text, token)
    is_past = after == line_start(text, after)  # a block scalar ends where the line after it begins
    for offset, line in reversed(
        list(lines(text, after if is_past else line_end(text, after), start))
    ):
        aside = _ASIDE.fullmatch(line.rstrip("\r\n"))
        if aside is None or (aside[1] and len(line) - len(line.lstrip(" \t")) > column):
            break
        start = offset
    return start


def head(text: str) -> int:
    """Give the offset after what speaks of the whole file: directives, the schema, and a comment that stands alone."""
    found = _HEAD.match(text)
    assert found is not None
    legend = _LEGEND.match(text, found.end())
    return legend.end() if legend else found.end()
