"""The parser events of a YAML file, and the values of plain scalars.

Events come from libyaml, or from PyYAML if libyaml is missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import yaml
from yaml.events import ScalarEvent

from licsync.model.scalars import Plain

_NUMBER = re.compile(
    r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"
    r"|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
    r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)
NULLS = frozenset(("", "~", "null", "Null", "NULL"))
WORDS: dict[str, Plain | None] = {
    **dict.fromkeys(NULLS),
    **{word: Plain(word) for word in ("true", "True", "TRUE", "false", "False", "FALSE")},
}
"""Plain scalars that are neither text nor numbers."""


def events_of(data: bytes) -> Callable[[], Any]:
    """Start libyaml's parser, or PyYAML's own one, several times slower, if libyaml is missing."""
    try:
        from yaml._yaml import CParser
    except ImportError:
        return PythonParser(data).get_event
    return CParser(data).get_event


class PythonParser(yaml.reader.Reader, yaml.scanner.Scanner, yaml.parser.Parser):
    """PyYAML's own parser without the layers above it."""

    def __init__(self, data: bytes):
        yaml.reader.Reader.__init__(self, data)
        yaml.scanner.Scanner.__init__(self)
        yaml.parser.Parser.__init__(self)


def last_quoted(data: bytes) -> tuple[Any, Any] | None:
    """Find the start and end of the last quoted text of several lines in an invalid file."""
    found = None
    event: Any
    with suppress(yaml.YAMLError):
        for event in iter(events_of(data), None):
            start, end = event.start_mark, event.end_mark
            if (
                event.__class__ is ScalarEvent
                and event.style in ("'", '"')
                and start.line < end.line
            ):
                found = start, end
    return found


def resolve_scalar(text: str) -> str | None:
    """Resolve a plain scalar by the core schema: `None`, a `Plain` number or boolean, or text."""
    if text in WORDS:
        return WORDS[text]
    return Plain(text) if text[0] in "+-.0123456789" and _NUMBER.fullmatch(text) else text


class ScalarCache(dict[str, str | None]):
    """Caches resolved scalars by text: names and words repeat often."""

    def __missing__(self, text: str) -> str | None:
        value = self[text] = resolve_scalar(text)
        return value
