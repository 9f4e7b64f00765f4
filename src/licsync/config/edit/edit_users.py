"""Changes users in a hand-written file and leaves the rest of it unchanged."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from yaml import MappingNode, Node, SequenceNode
from yaml.composer import ComposerError

from licsync.config import introspection as shapes
from licsync.config.edit.source import (
    Edit,
    edited,
    end_of,
    is_block,
    line_end,
    line_start,
    parsed,
    start_of,
)
from licsync.config.edit.writer import flow, scalar
from licsync.diagnostics import Code, InputInvalid, Span, error
from licsync.model.declarations import User


@dataclass(frozen=True, slots=True)
class UserEdit:
    """What changes in the entry of a user.

    Attributes:
        rename: the new user name; None if the user keeps its name.
        values: the new values by key; None removes a key.
    """

    rename: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)


def edit_users(data: bytes, edits: Mapping[str, UserEdit], file: str) -> bytes:
    """Change users in a file, and the mentions of renamed users among the protected users.

    Comments, order and all other text stay.

    Args:
        data: the bytes of a file without faults.
        edits: what changes, by user name as in the files. Users of other files are left out.
        file: the name of the file.

    Raises:
        InputInvalid: an entry is an alias of another one, or an anchor is defined twice.
    """
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    text = data.removeprefix(mark).decode()
    ending = "\r\n" if "\r\n" in text else "\n"
    if text and text[-1] not in "\r\n":
        text += ending
    try:
        root = parsed(text)
    except ComposerError:
        hint = "Give one of them another name."
        fault = error(Code.YAML_SYNTAX, "The file defines an anchor twice.", Span(file), hint)
        raise InputInvalid(fault) from None
    found = [*_user_edits(text, root, edits, file), *_protected(root, edits)]
    if not found:
        return data
    return (
        mark
        + edited(text, (Edit(e.start, e.end, e.text.replace("\n", ending)) for e in found)).encode()
    )


def _pairs(node: Node | None, *path: str) -> list[tuple[Node, Node]]:
    """List the entries of the mapping at a path; empty if there is none."""
    if not isinstance(node, MappingNode):
        return []
    if not path:
        return list(node.value)
    inner = next((value for key, value in node.value if key.value == path[0]), None)
    return _pairs(inner, *path[1:])


def _protected(root: Node | None, edits: Mapping[str, UserEdit]) -> Iterator[Edit]:
    new_names = {
        name.casefold(): edit.rename for name, edit in edits.items() if edit.rename is not None
    }
    for key, value in _pairs(root, "account"):
        if key.value == "protected_users" and isinstance(value, SequenceNode):
            for item in value.value:
                if name := new_names.get(str(item.value).casefold()):
                    yield Edit(start_of(item), end_of(item), scalar(name, str))


def _user_edits(
    text: str, root: Node | None, edits: Mapping[str, UserEdit], file: str
) -> Iterator[Edit]:
    for key, value in _pairs(root, "users"):
        edit = edits.get(key.value)
        if edit is None:
            continue
        if start_of(value) < end_of(key):
            message = f"The entry of '{key.value}' is an alias of another one."
            span = Span(file, key.start_mark.line + 1, key.start_mark.column + 1)
            hint = "Write the entry out, so that it can change alone."
            raise InputInvalid(error(Code.INVALID_VALUE, message, span, hint))
        if edit.rename is not None:
            yield Edit(start_of(key), end_of(key), scalar(edit.rename, str))
        if edit.values:
            yield from _entry_edits(text, key, value, edit.values, file)


def _entry_edits(
    text: str, name: Node, node: Node, values: Mapping[str, Any], file: str
) -> Iterator[Edit]:
    """Change the keys of one entry."""
    if not isinstance(node, MappingNode) or not node.value:
        content = flow({key: value for key, value in values.items() if value is not None}, User)
        if start_of(node) == end_of(node):  # a key without a value
            yield Edit(end_of(name) + 1, end_of(name) + 1, f" {content}")
        else:
            yield Edit(start_of(node), end_of(node), content)
        return
    if not is_block(node):
        yield from _flow_entry(text, node, values, file)
        return
    new = {key: value for key, value in values.items() if value is not None}
    present = {key.value for key, _ in node.value}
    removed = present & (values.keys() - new.keys())
    added = {key: new[key] for key in new if key not in present}
    for key, value in node.value:
        if key.value in new:
            yield _replaced(text, key, value, new[key.value])
    if removed == present and not added:
        yield Edit(start_of(node), end_of(node), "{}")
        return
    yield from _removed_lines(text, node, removed)
    yield from _added_lines(text, name, node, added)


def _replaced(text: str, key: Node, value: Node, content: Any) -> Edit:
    """Replace the value of a key."""
    new = flow(content, shapes.annotation_at(User, str(key.value)))
    start, end = start_of(value), end_of(value)
    before, after = text[end_of(key) : start], text[start:end]
    ending = "\n" if after.endswith(("\n", "\r")) else ""  # a block scalar ends with its line
    if is_block(value) and "#" not in before + after:
        return Edit(end_of(key), end, f": {new}")
    return Edit(start, end, (" " if start == end else "") + new + ending)


# --- block style ----------------------------------------------------------------------------------


def _removed_lines(text: str, node: MappingNode, removed: set[str]) -> Iterator[Edit]:
    for key, value in node.value:
        if key.value in removed:
            end = max(end_of(key), end_of(value))
            is_past = end == line_start(text, end)  # a block scalar ends where the line after does
            yield Edit(line_start(text, start_of(key)), end if is_past else line_end(text, end), "")


def _added_lines(
    text: str, name: Node, node: MappingNode, added: Mapping[str, Any]
) -> Iterator[Edit]:
    """Add keys, each behind the last key that precedes it in a well-formatted entry."""
    places = shapes.field_order(User)
    column = node.value[0][0].start_mark.column
    inserted: dict[int, str] = {}
    for key in sorted(added, key=places.__getitem__):
        line = f"{' ' * column}{key}: {flow(added[key], shapes.annotation_at(User, key))}\n"
        before = [pair for pair in node.value if places[pair[0].value] < places[key]]
        if before:
            end = max(end_of(before[-1][0]), end_of(before[-1][1]))
            at = end if end == line_start(text, end) else line_end(text, end)
        else:
            at = line_end(text, end_of(name))
        inserted[at] = inserted.get(at, "") + line
    for at, lines in inserted.items():
        yield Edit(at, at, lines)


# --- flow style -----------------------------------------------------------------------------------


def _flow_entry(
    text: str, node: MappingNode, values: Mapping[str, Any], file: str
) -> Iterator[Edit]:
    """Rewrite an entry in braces, with the text of the keys that stay as they are."""
    if "#" in text[start_of(node) : end_of(node)]:
        mark = node.start_mark
        message = "This entry in braces may contain a comment, so licsync does not change it."
        hint = "Write it in block style, with one key per line."
        span = Span(file, mark.line + 1, mark.column + 1)
        raise InputInvalid(error(Code.INVALID_VALUE, message, span, hint))
    parts = {
        key.value: text[start_of(key) : max(end_of(key), end_of(value))]
        for key, value in node.value
    }
    for key, value in values.items():
        parts[key] = f"{key}: {flow(value, shapes.annotation_at(User, key))}" if value else ""
    inner = ", ".join(part for part in parts.values() if part)
    yield Edit(start_of(node), end_of(node), f"{{{inner}}}")
