"""Adds users to a hand-written file and leaves the rest of it unchanged."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from typing import Any

from yaml import MappingNode, Node, ScalarNode
from yaml.composer import ComposerError

from licsync.config import introspection as shapes
from licsync.config.edit.source import (
    Edit,
    edited,
    end_of,
    is_block,
    lead,
    line_end,
    line_start,
    next_token,
    parsed,
    start_of,
)
from licsync.config.edit.writer import entry, flow, scalar, write_yaml
from licsync.diagnostics import Code, InputInvalid, Span, error
from licsync.model.declarations import Tree, User

_USERS = shapes.annotation_at(Tree, "users")

Users = Mapping[str, Mapping[str, Any]]


def insert_users(data: bytes | None, users: Users, file: str, schema: str | None = None) -> bytes:
    """Add users to a file.

    New users go between the others if those are in alphabetical order, else behind them.

    Args:
        data: the bytes of a file without faults; None for a new file.
        users: the users by name; none of them is in the file.
        file: the name of the file.
        schema: the path of the JSON Schema, for a new file.

    Raises:
        InputInvalid: the file defines an anchor twice.
    """
    if data is None:
        return (write_yaml({}, schema) + _section(users)).encode()
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    text = data.removeprefix(mark).decode()
    ending = "\r\n" if "\r\n" in text else "\n"
    if text and text[-1] not in "\r\n":
        text += ending
    try:
        edits = [Edit(e.start, e.end, e.text.replace("\n", ending)) for e in _edits(text, users)]
    except ComposerError:
        hint = "Give one of them another name."
        raise InputInvalid(
            error(Code.YAML_SYNTAX, "The file defines an anchor twice.", Span(file), hint)
        ) from None
    return mark + edited(text, edits).encode()


def _edits(text: str, users: Users) -> list[Edit]:
    root: Any = parsed(text)
    pairs = root.value if isinstance(root, MappingNode) else []
    section = next(((key, value) for key, value in pairs if key.value == "users"), None)
    if section is None:
        if pairs and not is_block(root):
            inner = f"users: {flow(users, _USERS)}"
            return [Edit(end_of(root) - 1, end_of(root) - 1, f", {inner}")]
        gap = "" if not text.strip() else "\n"
        return [Edit(len(text), len(text), gap + _section(users))]
    key, value = section
    if isinstance(value, ScalarNode) or not value.value:
        if not is_block(root):
            return [Edit(start_of(value), end_of(value), flow(users, _USERS))]
        return _filled(text, key, value, users)
    if not is_block(value):
        at = end_of(value.value[-1][1]) or end_of(value.value[-1][0])
        inner = "".join(
            f", {scalar(name, str)}: {flow(user, User)}" for name, user in users.items()
        )
        return [Edit(at, at, inner)]
    return _inserted(text, value, users)


def _section(users: Users) -> str:
    """Write users as a section."""
    names = sorted(users, key=str.casefold)
    return "users:\n" + "".join(
        f"{line}\n" for name in names for line in entry(name, users[name], User, 2)
    )


def _filled(text: str, key: Node, value: Node, users: Users) -> list[Edit]:
    """Put users under a key without a value."""
    lines = _section(users).partition("\n")[2]
    stop = line_end(text, max(end_of(key), end_of(value)))
    edits = [Edit(stop, stop, lines)]
    return (
        [Edit(end_of(key) + 1, end_of(value), ""), *edits]
        if end_of(value) > start_of(value)
        else edits
    )


def _inserted(text: str, node: MappingNode, users: Users) -> list[Edit]:
    """Insert users into a block mapping, each behind its predecessor."""
    pairs = node.value
    column = pairs[0][0].start_mark.column
    names = [key.value.casefold() for key, _ in pairs]
    is_ordered = names == sorted(names)
    ends = [max(end_of(key), end_of(value)) for key, value in pairs]
    tokens = [next_token(text, stop) for stop in ends]
    places = [
        lead(text, stop, token, column) if token < len(text) else len(text)
        for stop, token in zip(ends, tokens, strict=True)
    ]
    places[-1] = _end(text, ends[-1], column)
    has_gaps = len(pairs) > 1 and not text[places[0] : line_end(text, places[0])].strip()
    inserted: dict[int, str] = {}
    for name in sorted(users, key=str.casefold) if is_ordered else users:
        before = sum(other < name.casefold() for other in names) if is_ordered else len(pairs)
        at = places[before - 1] if before else _above(text, start_of(pairs[0][0]))
        lines = "".join(f"{line}\n" for line in entry(name, users[name], User, column))
        if has_gaps:
            lines = f"\n{lines}" if before else f"{lines}\n"
        inserted[at] = inserted.get(at, "") + lines
    return [Edit(at, at, block) for at, block in inserted.items()]


def _above(text: str, at: int) -> int:
    """Return the offset of the comment right above a key, or of the key's line."""
    start = line_start(text, at)
    while start and text[line_start(text, start - 1) : start].lstrip().startswith("#"):
        start = line_start(text, start - 1)
    return start


def _end(text: str, after: int, column: int) -> int:
    """Return the offset behind the last entry of a mapping and the comments indented like it."""
    at = line_end(text, after)
    stop = at
    while at < len(text):
        line = text[at : line_end(text, at)]
        bare = line.strip()
        if bare and (not bare.startswith("#") or len(line) - len(line.lstrip()) < max(column, 1)):
            break
        at += len(line)
        if bare:
            stop = at
    return stop
