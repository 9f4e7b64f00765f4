"""Reads entries of the same form without parsing each of them.

Programs write large accounts, or people copy them line by line: users differ in their values, not
in their form. An entry that libyaml has read becomes a template, with blanks instead of values.
An entry whose text matches the template has the same structure with other values, and a regular
expression matches several times faster than a parser reads. Blanks accept only text of a single
meaning (`_WORD`, `_NUMBER`, `_QUOTED`: one line, no indicator, no escape), so the result is what
libyaml would read. libyaml reads entries without a template one by one, and a file with anything
unusual or faulty as a whole, so a text never has two meanings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from yaml.events import (
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from licsync.config.yaml.events import WORDS, events_of, resolve_scalar
from licsync.config.yaml.limits import FileRefused, check_size
from licsync.config.yaml.parser import Document, Path, Place, read
from licsync.model.canonical import read_json
from licsync.model.scalars import Plain

# letters that are NFC, printable, and do not end a line
_LETTER = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u017f"
_INNER = rf"{_LETTER}0-9_@+./()'\-"
_WORD = (
    rf"(?!(?:{'|'.join(filter(str.isalpha, WORDS))}) *(?![{_INNER} ]))[{_LETTER}][{_INNER} ]*(?<! )"
)
"""A plain scalar that is surely text: it begins with a letter and is not a word of YAML."""
_NUMBER = r"[-+]?[0-9]+"
"""A plain scalar that YAML reads as a number."""
_QUOTED = rf"[ !#-&(-\[\]-~{_LETTER}]*"
"""Text that means itself between quotation marks of either kind."""
_NAME = r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,254}"
"""A simple key. libyaml does not accept much longer ones."""
_REST = r"(?: *+(?:#[^\n]*+)?\n)*+"
"""Empty lines and comments."""

_HEAD = re.compile(
    rf"({_REST}(?:---(?: +#[^\n]*| *)\n{_REST})?)users:(?: +#[^\n]*| *)\n{_REST}(?=( +)[A-Za-z0-9])"
)
_USUAL = bytes((10, *range(0x20, 0x7F), *range(0x80, 0x100)))
_UNUSUAL = re.compile("[\x80-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""Characters that may end a line, or are not allowed in a file."""
_AT_MARGIN = re.compile(r"\n[^ \n#]")
_LEARNED, _KEPT, _NOTED = 100, 32, 10_000  # stencils made, stencils known at a time, forms seen
_FILLING = re.compile(r"[^\n:\[\]{},\"]+")
_HOPELESS = 5_000  # entries without a template, mostly in one file
_TRIED = 500  # entries without a template before the share counts
_LONGEST = 4096  # characters of an entry that is worth a stencil


class _NoTemplate(Exception):
    """There is no stencil of this entry."""


@dataclass(frozen=True, slots=True)
class _EntryTemplate:
    """A form of entries.

    Attributes:
        match: matches an entry where it begins, with what follows up to the next one; groups are
            name and blanks.
        template: the entry as JSON, to be filled in with these.
        plain: where the entry has plain scalars that are no texts.
    """

    match: Callable[[str, int], re.Match[str] | None]
    template: str
    plain: tuple[Path, ...]


class EntryTemplates:
    """What was learned of the entries read so far."""

    def __init__(self) -> None:
        self._known: list[_EntryTemplate] = []
        self._noted: set[str] = set()
        self._left = _LEARNED
        self._matched = self._missed = 0

    @property
    def are_useful(self) -> bool:
        """Tell whether most entries fit, as far as is known."""
        return self._missed < _TRIED or self._missed < self._matched

    @property
    def are_hopeless(self) -> bool:
        """Tell whether so many do not fit that it is not worth going on in this file either."""
        return self._missed > _HOPELESS and self._missed > self._matched

    def match(self, text: str, at: int) -> tuple[re.Match[str], _EntryTemplate] | None:
        """Find the stencil that the entry at an offset fits, if one is known."""
        for index, entry_template in enumerate(self._known):
            if found := entry_template.match(text, at):
                if index:  # the next entry is likely to be written alike
                    self._known.insert(0, self._known.pop(index))
                self._matched += 1
                return found, entry_template
        self._missed += 1
        return None

    def learn(self, entry: str, indent: str, users: dict[str, Any]) -> None:
        """Make a template of an entry without faults when its form occurs for the second time."""
        form = _FILLING.sub("x", entry)
        if form not in self._noted:
            if len(self._noted) < _NOTED:
                self._noted.add(form)
        elif self._left and len(entry) <= _LONGEST:
            self._left -= 1
            with suppress(_NoTemplate):
                entry_template = _template_of(entry, indent)
                found = entry_template.match(entry, 0)
                if found and _fill_entries([(entry_template, found.groups())]) == users:
                    self._known.insert(0, entry_template)
                    del self._known[_KEPT:]


def read_by_template(data: bytes, file: str, entry_templates: EntryTemplates) -> Document | None:
    """Read a file that holds only users, with the result of `read`; None if `read` must do it."""
    try:
        check_size(data)
        text = data.decode()
    except (FileRefused, UnicodeDecodeError):
        return None
    head = _HEAD.match(text)
    if (
        head is None
        or data.translate(None, _USUAL)
        or (not data.isascii() and _UNUSUAL.search(text))
    ):
        return None
    indent = head[2]
    next_entry = re.compile(rf"\n(?={indent}[A-Za-z0-9])")
    order: list[str] = []
    filled: list[tuple[_EntryTemplate, tuple[str, ...]]] = []
    others: dict[str, Any] = {}
    line = text.count("\n", 0, head.end()) + 1
    places: dict[Path, Place] = {("users",): (head[1].count("\n") + 1, 1)}
    at, end = head.end(), len(text)
    while at < end:
        if known := entry_templates.match(text, at):
            found, entry_template = known
            values = found.groups()
            filled.append((entry_template, values))
            order.append(values[0])
            places["users", values[0]] = (line, len(indent) + 1)
            after = found.end()
        elif entry_templates.are_hopeless:
            return None
        else:
            border = next_entry.search(text, at)
            after = border.end() if border else end
            entry = text[at:after]
            some = _read_entry(entry, file)
            if some is None or not others.keys().isdisjoint(some.root["users"]):
                return None
            entry_templates.learn(entry, indent, some.root["users"])
            others |= some.root["users"]
            order += some.root["users"]
            places |= {
                path: (line + place[0] - 2, place[1])
                for path, place in some.places.items()
                if len(path) > 1
            }
        line += text.count("\n", at, after)
        at = after
    users = _fill_entries(filled)
    if len(users) + len(others) != len(order) or not others.keys().isdisjoint(users):
        return None  # a name stands twice: the other reader says where
    if others:
        users = {name: users[name] if name in users else others[name] for name in order}
    return Document(file, {"users": users}, places, [], True)


def _read_entry(entry: str, file: str) -> Document | None:
    """Read an entry by itself; None if it depends on others, or its names are not simple."""
    if "*" in entry or _AT_MARGIN.search(entry):
        return None
    document = read(f"users:\n{entry}".encode(), file)
    users = document.root.get("users")
    if document.faults or document.root.keys() != {"users"} or not isinstance(users, dict):
        return None
    return document if all(name.isascii() for name in users) else None


def _fill_entries(entries: Sequence[tuple[_EntryTemplate, tuple[str, ...]]]) -> dict[str, Any]:
    """Give what entries say, by name."""
    users: dict[str, Any] = read_json(
        f"{{{','.join([entry_template.template % values for entry_template, values in entries])}}}"
    )
    for entry_template, values in entries:
        for path in entry_template.plain:
            _correct(users[values[0]], path)
    return users


def _correct(value: Any, path: Path) -> None:
    for element in path[:-1]:
        value = value[element]
    value[path[-1]] = Plain(value[path[-1]])


# --- learning -------------------------------------------------------------------------------------


def _template_of(entry: str, indent: str) -> _EntryTemplate:
    """Make the stencil of an entry.

    Raises _Unlike where it has more than one line of text in a value, or the like.
    """
    form = _Form(entry)
    events = iter(events_of(f"users:\n{entry}".encode()), None)
    name = _after_head(events)
    if name.style or form.text_of(name) != name.value or not re.fullmatch(_NAME, name.value):
        raise _NoTemplate
    form.leave_blank(name, _NAME)
    value = next(events)
    if not isinstance(value, MappingStartEvent):
        raise _NoTemplate
    template = f'"%s":{form.read(value, events, ())}'
    if not isinstance(next(events), MappingEndEvent):
        raise _NoTemplate  # there is another one below it
    pattern = rf"{form.finished()}{_REST}(?={indent}[A-Za-z0-9]|\Z)"
    return _EntryTemplate(re.compile(pattern).match, template, tuple(form.plain))


def _after_head(events: Iterator[Any]) -> Any:
    """Go to the first key below `users`."""
    for event in events:
        if isinstance(event, ScalarEvent):
            next(events)
            return next(events)
    raise _NoTemplate


class _Form:
    """What an entry has in common with those that are written alike."""

    def __init__(self, entry: str):
        self._entry = entry
        self._pieces: list[str] = []
        self._at = 0
        self.plain: list[Path] = []

    def read(self, event: Event, events: Iterator[Any], path: Path) -> str:
        """Give a value as a template for JSON."""
        if getattr(event, "tag", None) is not None or getattr(event, "anchor", None) is not None:
            raise _NoTemplate
        if isinstance(event, ScalarEvent):
            return self._scalar(event, path)
        if isinstance(event, MappingStartEvent):
            members = []
            while not isinstance(key := next(events), MappingEndEvent):
                members.append(
                    f"{_literal(key.value)}:{self.read(next(events), events, (*path, key.value))}"
                )
            return f"{{{','.join(members)}}}"
        if isinstance(event, SequenceStartEvent):
            items: list[str] = []
            while not isinstance(item := next(events), SequenceEndEvent):
                items.append(self.read(item, events, (*path, len(items))))
            return f"[{','.join(items)}]"
        raise _NoTemplate

    def _scalar(self, event: Any, path: Path) -> str:
        text = self.text_of(event)
        if "\n" in text or event.style in ("|", ">"):
            raise _NoTemplate
        if event.style:
            if text[1:-1] == event.value and re.fullmatch(_QUOTED, event.value):
                self.leave_blank(event, _QUOTED, 1)
                return '"%s"'
            return _literal(event.value)
        is_as_written = text == event.value
        if is_as_written and re.fullmatch(_WORD, text):
            self.leave_blank(event, _WORD)
            return '"%s"'
        value = resolve_scalar(text)
        if isinstance(value, Plain):
            self.plain.append(path)
            if is_as_written and re.fullmatch(_NUMBER, text):
                self.leave_blank(event, _NUMBER)
                return '"%s"'
        return _literal(value)

    def text_of(self, event: Any) -> str:
        """Give a scalar as it is written."""
        return self._entry[
            event.start_mark.index - len("users:\n") : event.end_mark.index - len("users:\n")
        ]

    def leave_blank(self, event: Any, blank: str, quotes: int = 0) -> None:
        """Put a blank in the place of a scalar, within its quotation marks."""
        start, end = (mark.index - len("users:\n") for mark in (event.start_mark, event.end_mark))
        self._pieces += (re.escape(self._entry[self._at : start + quotes]), f"({blank})")
        self._at = end - quotes

    def finished(self) -> str:
        """Give the pattern, up to the end of the last line that says something."""
        rest = re.sub(rf"\n{_REST}\Z", "\n", self._entry[self._at :])
        if not rest.endswith("\n"):
            raise _NoTemplate
        return "".join((*self._pieces, re.escape(rest)))


def _literal(value: str | None) -> str:
    return json.dumps(value).replace("%", "%%")
