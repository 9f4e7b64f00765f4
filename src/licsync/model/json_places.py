"""Finds line and column of values in the text of a JSON document that Python has parsed.

Python's parser keeps no positions. These functions run only for faults, and skip every value that
is not on the way with the parser's own code.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from json import JSONDecoder

from licsync.model.text_normalization import compose

Path = tuple[str | int, ...]
Place = tuple[int, int]

_PLAIN = JSONDecoder()
_SPACE = re.compile(r"[ \t\n\r]*")


Wanted = dict[str | int, "Wanted"]
"""The paths to look for, by their first step."""


def places_of(text: str, paths: Collection[Path]) -> dict[Path, Place]:
    """Find line and column of the values at some paths, from 1.

    Args:
        text: a valid JSON document.
        paths: keys, in NFC, and positions in lists. A path that the document lacks gets the place
            of its nearest parent.
    """
    wanted: Wanted = {}
    for path in paths:
        steps = wanted
        for step in path:
            steps = steps.setdefault(step, {})
    found: dict[Path, int] = {}
    _find(text, _start_of(text, 0), (), wanted, found)
    offsets = {path: _nearest(path, found) for path in paths}
    places = _places(text, sorted(set(offsets.values())))
    return {path: places[offset] for path, offset in offsets.items()}


def place_of_refusal(text: str, decoder: JSONDecoder) -> Place:
    """Find the innermost value that the hooks of a decoder refuse.

    Args:
        text: a JSON document, valid but for what the hooks refuse.
        decoder: its hooks raise a ValueError. An object that is refused itself has a repeated key.
    """
    at = _refused(text, _start_of(text, 0), decoder)
    return _places(text, [at])[at]


def _refused(text: str, at: int, decoder: JSONDecoder) -> int:
    inner: int | None = at
    while inner is not None:
        at, inner = inner, None
        known: set[str | int] = set()
        for step, key_at, value_at in _members(text, at):
            if step in known:
                return key_at
            known.add(step)
            if not _is_accepted(text, value_at, decoder):
                inner = value_at
                break
    return at


def _is_accepted(text: str, at: int, decoder: JSONDecoder) -> bool:
    try:
        decoder.raw_decode(text, at)
    except ValueError:
        return False
    return True


def _find(text: str, at: int, path: Path, wanted: Wanted, found: dict[Path, int]) -> None:
    found[path] = at
    if wanted:
        for step, _, value_at in _members(text, at):
            if step in wanted:
                _find(text, value_at, (*path, step), wanted[step], found)


def _members(text: str, at: int) -> Iterator[tuple[str | int, int, int]]:
    """List the members of an object or list: key or position, where the key is, and the value."""
    opening = text[at]
    if opening not in "{[":
        return
    at, position = _start_of(text, at + 1), 0
    while text[at] not in "}]":
        step: str | int = position
        key_at = at
        if opening == "{":
            key, at = _PLAIN.raw_decode(text, at)
            step, at = compose(key), _start_of(text, _start_of(text, at) + 1)
        yield step, key_at, at
        _, at = _PLAIN.raw_decode(text, at)
        at, position = _start_of(text, at), position + 1
        if text[at] == ",":
            at = _start_of(text, at + 1)


def _start_of(text: str, at: int) -> int:
    """Skip white space."""
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _nearest(path: Path, found: Mapping[Path, int]) -> int:
    while path not in found:
        path = path[:-1]
    return found[path]


def _places(text: str, offsets: Collection[int]) -> dict[int, Place]:
    """Give line and column of ascending offsets."""
    places: dict[int, Place] = {}
    line, counted = 1, 0
    for offset in offsets:
        line += text.count("\n", counted, offset)
        counted = offset
        places[offset] = line, offset - text.rfind("\n", 0, offset)
    return places
