"""Reads one YAML file into plain values, with the positions of its keys and all faults.

It builds the values directly from libyaml's events, in a third of the time of PyYAML's loader.
Scalars follow the YAML 1.2 core schema. A number or boolean keeps the text as written (`Plain`), so
that the declared field decides its type. Surprising constructs (tags, merge keys, several
documents, duplicate keys) are refused. Size, depth and the expansion of anchors are limited.
"""

from __future__ import annotations

from collections.abc import Callable
from sys import intern
from typing import Any, NoReturn

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from licsync.config.yaml.document import Document, Path, Place
from licsync.config.yaml.events import NULLS, ScalarCache, events_of, last_quoted
from licsync.config.yaml.limits import (
    MAX_DEPTH,
    TOO_DEEP,
    FileRefused,
    are_composed,
    check_size,
    has_marks,
    place_of,
    syntax_fault,
    unusual_bytes,
    validated_text,
)
from licsync.diagnostics import MAX_FAULTS, Code, Diagnostic, Span, error
from licsync.model.scalars import find_forbidden_character
from licsync.model.text_normalization import compose
from licsync.model.wrong_values import quote

MAX_EXPANSION = 10_000
MAX_ENTRIES = 100_000
"""How many entries one mapping or list may have: bounds many tiny entries."""
ENTRIES = 2
"""The depth down to which positions are cheap to keep: sections and their entries."""

_STRING_TAG = "tag:yaml.org,2002:str"


def read(data: bytes, file: str, depth: int = ENTRIES) -> Document:
    """Read the bytes of a file. It never raises: all faults are in the document.

    Args:
        data: the content.
        file: its name in diagnostics.
        depth: down to which depth to keep positions; a file with faults keeps all of them.
    """
    document = _read(data, file, depth)
    return document if depth >= MAX_DEPTH or not document.faults else _read(data, file, MAX_DEPTH)


def _read(data: bytes, file: str, depth: int) -> Document:
    builder = _Builder(file, depth)
    try:
        check_size(data)
        unusual = unusual_bytes(data)
        text = validated_text(data, unusual) if unusual else data
        marks = has_marks(text, unusual)
        is_ordinary = not marks and are_composed(unusual)
        builder.build_from(events_of(text), is_ordinary=is_ordinary, has_marks=marks)
    except FileRefused as refused:
        builder.report(Code.YAML_SYNTAX, refused.message, refused.place, refused.hint)
    except yaml.YAMLError as fault:
        builder.faults.append(syntax_fault(fault, file, data, last_quoted(data)))
        builder.drop_unfinished()
    except _Stop:
        builder.drop_unfinished(is_yaml=True)
    else:
        return Document(file, builder.root, builder.places, builder.faults, True)
    return Document(file, builder.root, builder.places, builder.faults, False)


class _Stop(Exception):
    """Reading stops here; the reason is already reported."""


class _Builder:
    """Builds the content of one file from its events."""

    def __init__(self, file: str, depth: int):
        self.file = file
        self.root: dict[str, Any] = {}
        self.places: dict[Path, Place] = {}
        self.faults: list[Diagnostic] = []
        self._marked = depth
        self._depth = 0
        self._plain = ScalarCache()
        self._anchors: dict[str, Any] = {}
        self._unfinished: set[str] = set()
        self._budget = MAX_EXPANSION
        self._careful = self._has_marks = False
        self._next: Callable[[], Event]

    def report(
        self,
        code: Code,
        message: str,
        place: Place,
        hint: str | None = None,
        first: Place | None = None,
    ) -> None:
        related = (Span(self.file, *first),) if first else ()
        self.faults.append(error(code, message, Span(self.file, *place), hint, related))
        if len(self.faults) == MAX_FAULTS:
            self._stop_at(
                place,
                f"The file has {MAX_FAULTS:,} faults up to here; licsync does not read the rest.",
            )

    def build_from(
        self, events: Callable[[], Any], *, is_ordinary: bool = True, has_marks: bool = False
    ) -> None:
        """Read one document from a parser.

        Args:
            events: gives the next event.
            is_ordinary: whether no scalar needs a closer look.
            has_marks: see `limits.has_marks`.

        Raises:
            _Stop: the rest cannot be read.
            YAMLError: the parser failed.
        """
        self._careful, self._has_marks = not is_ordinary, has_marks
        self._next = events
        self._next()
        start = self._next()
        if not isinstance(start, DocumentStartEvent):
            return  # empty, or only comments
        if start.version == (1, 1):
            self.report(
                Code.YAML_SYNTAX,
                "The directive %YAML 1.1 is not supported: licsync reads files as YAML 1.2.",
                place_of(start.start_mark),
                "Remove the directive.",
            )
        event = self._next()
        if isinstance(event, MappingStartEvent):
            self._fill(self.root, event, ())
        elif not (isinstance(event, ScalarEvent) and not event.style and event.value in NULLS):
            self._stop(
                event, "A file must be a mapping with top-level keys such as account: or users:."
            )
        self._next()
        event = self._next()
        if not isinstance(event, StreamEndEvent):
            self._stop(
                event,
                "A file must hold a single YAML document; a second one begins here.",
                "Move it to a separate file.",
            )

    def drop_unfinished(self, *, is_yaml: bool = False) -> None:
        """Drop the entry in which reading stopped: half an entry has another meaning.

        Args:
            is_yaml: whether the stopping point is valid YAML. An entry that ended before it is then
                complete. Otherwise the end of that entry, such as its indentation, may be wrong.
        """
        if not self._depth or not self.root or (is_yaml and self._depth <= ENTRIES):
            return
        name, section = self.root.popitem()
        if self._depth > 1 and isinstance(section, dict | list) and section:
            section.popitem() if isinstance(section, dict) else section.pop()
        if isinstance(section, dict | list) and section:
            self.root[name] = section

    def _stop(self, event: Event, message: str, hint: str | None = None) -> NoReturn:
        self._stop_at(place_of(event.start_mark), message, hint)

    def _stop_at(self, place: Place, message: str, hint: str | None = None) -> NoReturn:
        self.faults.append(error(Code.YAML_SYNTAX, message, Span(self.file, *place), hint))
        raise _Stop

    # --- mappings and lists -----------------------------------------------------------------------

    def _fill(self, into: Any, event: Any, path: Path | None) -> None:
        """Fill a new mapping or list from the next events. Without a path, keep no positions."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._stop(event, TOO_DEEP)
        anchor = self._anchor_of(event) if self._has_marks else None
        if event.__class__ is MappingStartEvent:
            self._fill_mapping(into, path)
        else:
            self._fill_list(into, path)
        if anchor is not None:
            self._unfinished.discard(anchor)
            self._anchors[anchor] = into
        self._depth -= 1

    def _anchor_of(self, event: Any) -> str | None:
        """Refuse the tag of a mapping or list, and return its anchor."""
        if event.tag is not None:
            self._refuse_tag(event)
        anchor: str | None = event.anchor
        if anchor is not None:
            self._unfinished.add(anchor)
        return anchor

    def _fill_mapping(self, mapping: dict[str, Any], path: Path | None) -> None:
        following, plain = self._next, self._plain
        careful, has_marks = self._careful, self._has_marks
        child: Any
        while True:
            event: Any = following()
            if event.__class__ is not ScalarEvent:
                if event.__class__ is MappingEndEvent:
                    return
                self._stop(event, "A key must be text, not a list, a mapping or an alias.")
            key = intern(event.value)
            into, below = mapping, path
            if careful and (has_marks or not key.isascii()):
                key = self._scalar(event, key, key)
                if key == "<<" and not event.style:
                    self._refuse_merge(event)
                    into, below = {}, None
            if key in mapping:
                self._refuse_duplicate(event, key, path)
                into, below = {}, None
            elif len(mapping) == MAX_ENTRIES:
                self._refuse_more(event)
            elif below is not None:
                below = (*below, key)
                mark: Any = event.start_mark
                self.places[below] = (mark.line + 1, mark.column + 1)
                if len(below) >= self._marked:
                    below = None

            event = following()
            if event.__class__ is ScalarEvent:
                text = event.value
                value = text if event.style else plain[text]
                if careful and (has_marks or not text.isascii()):
                    value = self._scalar(event, text, value)
                into[key] = value
            elif event.__class__ is AliasEvent:
                into[key] = self._expanded(event)
            else:
                into[key] = child = {} if event.__class__ is MappingStartEvent else []
                self._fill(child, event, below)

    def _fill_list(self, items: list[Any], path: Path | None) -> None:
        following, plain = self._next, self._plain
        careful, has_marks = self._careful, self._has_marks
        child: Any
        while True:
            event: Any = following()
            if event.__class__ is SequenceEndEvent:
                return
            if len(items) == MAX_ENTRIES:
                self._refuse_more(event)
            below = path
            if below is not None:
                below = (*below, len(items))
                mark: Any = event.start_mark
                self.places[below] = (mark.line + 1, mark.column + 1)
                if len(below) >= self._marked:
                    below = None
            if event.__class__ is ScalarEvent:
                text = event.value
                value = text if event.style else plain[text]
                if careful and (has_marks or not text.isascii()):
                    value = self._scalar(event, text, value)
                items.append(value)
            elif event.__class__ is AliasEvent:
                items.append(self._expanded(event))
            else:
                child = {} if event.__class__ is MappingStartEvent else []
                items.append(child)
                self._fill(child, event, below)

    # --- what an ordinary file has none of --------------------------------------------------------

    def _scalar(self, event: Any, text: str, value: Any) -> Any:
        """Check tag and characters of a scalar, record its anchor, and return its NFC value."""
        if event.tag == _STRING_TAG:
            value = text
        elif event.tag is not None:
            self._refuse_tag(event)
        if not text.isprintable() and (bad := find_forbidden_character(text)):
            self.report(
                Code.INVALID_VALUE,
                f"The text contains the invisible character U+{ord(bad):04X}.",
                place_of(event.start_mark),
                "Remove it: control, direction and zero-width characters are not allowed.",
            )
            value = "".join(c for c in text if not find_forbidden_character(c))
        if value is not None and not value.isascii():
            value = compose(value)
        if event.anchor is not None:
            self._anchors[event.anchor] = value
        return value

    def _expanded(self, event: Any) -> Any:
        """Return a copy of the target of an alias."""
        name = event.anchor
        if name in self._unfinished:
            self._stop(event, f"The alias *{name} is used inside its own anchor.")
        if name not in self._anchors:
            self._stop(
                event,
                f"The alias *{name} has no anchor before it.",
                f"Define &{name} before the alias.",
            )
        return self._copy(self._anchors[name], event, self._depth)

    def _copy(self, value: Any, event: Any, depth: int) -> Any:
        self._budget -= 1
        if self._budget < 0:
            self._stop(
                event,
                f"The aliases of this file expand to more than {MAX_EXPANSION} values.",
                "Use templates for what many users share.",
            )
        if depth > MAX_DEPTH:
            self._stop(event, TOO_DEEP)
        if isinstance(value, dict):
            return {key: self._copy(item, event, depth + 1) for key, item in value.items()}
        if isinstance(value, list):
            return [self._copy(item, event, depth + 1) for item in value]
        return value

    def _refuse_tag(self, event: Any) -> None:
        self.report(
            Code.YAML_SYNTAX,
            f"The tag {quote(event.tag)} is not supported.",
            place_of(event.start_mark),
            "Remove it; to write a number as text, quote it.",
        )

    def _refuse_merge(self, event: Any) -> None:
        self.report(
            Code.YAML_SYNTAX,
            "Merge keys (<<) are not supported: YAML 1.2 does not have them.",
            place_of(event.start_mark),
            "Move shared values to templates: and refer to them with template:.",
        )

    def _refuse_more(self, event: Any) -> NoReturn:
        message = (
            f"This mapping or list has more than {MAX_ENTRIES:,} entries;"
            " licsync does not read the rest of the file."
        )
        self._stop(event, message, "Split it into several files.")

    def _refuse_duplicate(self, event: Any, key: str, path: Path | None) -> None:
        place = self.places.get((*path, key)) if path is not None else None
        before = f" (first at line {place[0]}, column {place[1]})" if place else ""
        self.report(
            Code.DUPLICATE_KEY,
            f"The key {quote(key)} appears twice in this mapping{before}.",
            place_of(event.start_mark),
            "Remove one of them, or merge them.",
            place,
        )
