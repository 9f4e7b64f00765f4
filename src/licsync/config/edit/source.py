"""The text of a file and the offsets of its values, to edit a file only at chosen places.

Offsets come from libyaml. Comments and blank lines between two entries belong to the following
entry, unless they are indented deeper than it.
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
except ImportError:  # without libyaml: slower, same result
    from yaml import SafeLoader as Loader  # type: ignore[assignment]

_TRIVIA = re.compile(r"(?:[ \t\r\n]|#[^\r\n]*)*")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_ASIDE = re.compile(r"[ \t]*(#.*)?")
_HEAD = re.compile(r"(?:(?:---[ \t]*(?:#.*)?|%.*|# yaml-language-server:.*)(?:\r\n|\r|\n))*")
_LEGEND = re.compile(r"(?:#.*(?:\r\n|\r|\n))+(?=[ \t]*(?:\r\n|\r|\n))")


@dataclass(frozen=True, slots=True)
class Edit:
    """A replacement for a range of the source."""

    start: int
    end: int
    text: str


def edited(text: str, edits: Iterable[Edit]) -> str:
    """Apply edits that do not overlap."""
    pieces: list[str] = []
    at = 0
    for edit in sorted(set(edits), key=lambda e: (e.start, e.end)):
        pieces += (text[at : edit.start], edit.text)
        at = edit.end
    return "".join((*pieces, text[at:]))


@lru_cache(2)
def parsed(text: str) -> Node | None:
    """Parse the text of a file without faults; None if it is empty. Do not modify the result."""
    node: Node | None = yaml.compose(text, Loader=Loader)
    return node


def start_of(node: Node) -> int:
    """Return the offset where a node begins."""
    return int(node.start_mark.index)


def end_of(node: Node) -> int:
    """Return the offset where the last value of a node ends, before comments and blank lines."""
    last = node
    while not getattr(last, "flow_style", True) and last.value:
        if isinstance(last, SequenceNode):
            last = last.value[-1]
        else:
            key, value = last.value[-1]
            last = value if end_of(value) > end_of(key) else key
    return int(last.end_mark.index)


def is_block(node: Any) -> bool:
    """Return whether a node is a mapping or list in block style."""
    return isinstance(node, MappingNode | SequenceNode) and not node.flow_style


def is_plain(node: Node) -> bool:
    """Return whether a node is an unquoted scalar on one line."""
    return (
        isinstance(node, ScalarNode)
        and not node.style
        and node.start_mark.line == node.end_mark.line
    )


def line_start(text: str, at: int) -> int:
    """Return the offset where the line of an offset begins."""
    return max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1


def line_end(text: str, at: int) -> int:
    """Return the offset behind the line of an offset."""
    found = _LINE.match(text, at)
    assert found is not None
    return found.end()


def next_token(text: str, at: int) -> int:
    """Skip spaces, line breaks and comments."""
    found = _TRIVIA.match(text, at)
    assert found is not None
    return found.end()


def lines(text: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    """List the lines of a range with their offsets."""
    while start < end:
        stop = min(line_end(text, start), end)
        yield start, text[start:stop]
        start = stop


def lead(text: str, after: int, token: int, column: int) -> int:
    """Return the offset from which comments and blank lines belong to the next token.

    Args:
        text: the source.
        after: where the previous value ends.
        token: where the next token begins; at the end of a list or mapping, where its parent
            continues.
        column: comments indented deeper than this belong to the previous value.
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
    """Return the offset behind the head of a file: directives, schema, and a separate comment."""
    found = _HEAD.match(text)
    assert found is not None
    legend = _LEGEND.match(text, found.end())
    return legend.end() if legend else found.end()
