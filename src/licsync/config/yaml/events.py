"""The parser events of a YAML file: from libyaml, or from PyYAML if libyaml is missing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import yaml
from yaml.events import ScalarEvent


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
