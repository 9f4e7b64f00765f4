"""Writes YAML as a person would: short values on one line, few quotes, fields in order.

The text is already formatted as by `licsync fmt`, and reads back as the values it was written from.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from licsync.config import introspection as shapes
from licsync.config.edit.formatter import is_misread
from licsync.model.declarations import LicenseEntry, Tree

WIDTH = 120
_PLAIN = re.compile(r"[^\W_][\w.@/+() &'-]*")
"""Text that needs no quotes, even in flow style."""


def write_yaml(sections: Mapping[str, Any], schema: str | None = None) -> str:
    """Write the text of a file.

    Args:
        sections: its content, by top-level key.
        schema: the path of its JSON Schema, for editors.
    """
    head = [f"# yaml-language-server: $schema={schema}\n"] if schema else []
    ordered = _sorted(sections, Tree)
    parts = (
        "".join(f"{line}\n" for line in entry(key, ordered[key], shapes.annotation_at(Tree, key)))
        for key in ordered
    )
    return "".join(head) + "\n".join(parts)


def entry(
    key: str, value: Any, annotation: Any, indent: int = 0, *, is_split: bool = True
) -> Iterator[str]:
    """Write a key with its value, as the lines of a block mapping.

    Args:
        key: the key.
        value: its value.
        annotation: its declared type.
        indent: how many spaces to indent the lines.
        is_split: whether the value gets its own lines even if it fits behind the key.
    """
    value = _short_form(value, annotation)
    margin, name = " " * indent, scalar(key, str)
    line = f"{margin}{name}: {flow(value, annotation)}"
    if not isinstance(value, dict | list) or not value or (not is_split and len(line) <= WIDTH):
        yield line
    elif isinstance(value, dict):
        yield f"{margin}{name}:"
        for inner, content in _sorted(value, annotation).items():
            yield from entry(
                inner, content, shapes.annotation_at(annotation, inner), indent + 2, is_split=False
            )
    else:
        yield f"{margin}{name}:"
        for content in value:
            yield from _item(content, shapes.item_annotation(annotation), indent + 2)


def _item(value: Any, annotation: Any, indent: int) -> Iterator[str]:
    value = _short_form(value, annotation)
    line = f"{' ' * indent}- {flow(value, annotation)}"
    if not isinstance(value, dict) or len(line) <= WIDTH:
        yield line
        return
    mark = "- "
    for inner, content in _sorted(value, annotation).items():
        for text in entry(
            inner, content, shapes.annotation_at(annotation, inner), indent + 2, is_split=False
        ):
            yield f"{' ' * indent}{mark}{text[indent + 2 :]}"
            mark = "  "


def flow(value: Any, annotation: Any) -> str:
    """Write a value on one line."""
    value = _short_form(value, annotation)
    if isinstance(value, dict):
        inner = _sorted(value, annotation).items()
        return (
            "{"
            + ", ".join(
                f"{scalar(k, str)}: {flow(v, shapes.annotation_at(annotation, k))}"
                for k, v in inner
            )
            + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(flow(v, shapes.item_annotation(annotation)) for v in value) + "]"
    return scalar(value, annotation)


def scalar(value: Any, annotation: Any) -> str:
    """Write a scalar. Text is quoted if it would be read as another type."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    is_plain = (
        _PLAIN.fullmatch(value) and value[-1] not in " " and "  " not in value and " #" not in value
    )
    is_day = not shapes.is_text(annotation) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value)
    return (
        value
        if is_plain and (is_day or not is_misread(value))
        else json.dumps(value, ensure_ascii=False)
    )


def _short_form(value: Any, annotation: Any) -> Any:
    """Shorten a license entry that has only a type, and a list of one where one item is enough."""
    if (
        isinstance(value, dict)
        and shapes.record_declaration(annotation) is LicenseEntry
        and value.keys() == {"type"}
    ):
        return value["type"]
    takes_either = isinstance(value, list) and len(value) == 1 and shapes.is_text(annotation)
    return value[0] if takes_either else value


def _sorted(value: Mapping[str, Any], annotation: Any) -> dict[str, Any]:
    declaration = shapes.record_declaration(annotation)
    if declaration is None:
        return dict(value)
    places = shapes.field_order(declaration)
    return dict(sorted(value.items(), key=lambda item: places.get(item[0], len(places))))
