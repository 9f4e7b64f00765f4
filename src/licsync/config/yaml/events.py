"""The events that a YAML parser finds in a file: libyaml's, or PyYAML's own where libyaml is missing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import yaml
from yaml.events import ScalarEvent


def events_of(data: bytes) -> Callable[[], Any]:
    """Start libyaml's parser, or PyYAML's own where libyaml is missing; several times slower then."""
    try:
        from yaml._yaml import CParser
    except ImportError:
        return PythonParser(data).get_event
    return CParser(data).get_event


class PythonParser(yaml.reader.Reader, yaml.scanner.Scanner, yaml.parser.Parser):
    """PyYAML's own parser, of which nothing else is needed."""

    def __init__(self, data: bytes):
        yaml.reader.Reader.__init__(self, data)
        yaml.scanner.Scanner.__init__(self)
        yaml.parser.Parser.__init__(self)


def last_quoted(data: bytes) -> tuple[Any, Any] | None:
    """Find where the last text in quotation marks over several lines begins and ends, in a file that is at fault."""
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
