"""Formats a file for `licsync fmt`: orders fields, quotes ambiguous text, and writes short forms.

It moves and replaces ranges of the source and leaves everything else as it is, comments above all.
A file with aliases keeps its order, because an alias must follow its anchor.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from yaml import MappingNode, Node, ScalarNode, SequenceNode
from yaml.composer import ComposerError
from yaml.resolver import Resolver

from licsync.config import introspection as shapes
from licsync.config.edit.source import (
    Edit,
    edited,
    end_of,
    head,
    is_block,
    is_plain,
    lead,
    line_end,
    line_start,
    next_token,
    parsed,
    start_of,
)
from licsync.config.yaml.events import resolve_scalar
from licsync.config.yaml.limits import MAX_DEPTH
from licsync.config.yaml.parser import read
from licsync.diagnostics import Diagnostic
from licsync.model.declarations import LicenseEntry, Tree

_WORDS = frozenset("yYnN")
"""YAML 1.1 booleans that PyYAML reads as text, unlike other parsers."""

_SPACE = re.compile(r"\s*")
_SPACES_AT_END = re.compile(r"[ \t]+(?=[\r\n]|\Z)")


def format_file(data: bytes, file: str, declaration: Any = Tree) -> tuple[bytes, list[Diagnostic]]:
    """Format a file.

    Args:
        data: the bytes of the file.
        file: its name, for diagnostics.
        declaration: what it may declare.

    Returns:
        The formatted bytes and no diagnostics; or, if the file cannot be read, the unchanged bytes
        and the reasons.
    """
    document = read(data, file, MAX_DEPTH)
    if document.faults:
        return data, document.faults
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    text = data.removeprefix(mark).decode()
    try:
        text = _reorder(_requote(_trim_line_ends(text), declaration), declaration)
    except ComposerError:  # the composer rejects an anchor that is defined twice
        return data, []
    if text == data.removeprefix(mark).decode():
        return data, []
    again = read(text.encode(), file, MAX_DEPTH)
    is_safe = not again.faults and normalized_value(again.root, declaration) == normalized_value(
        document.root, declaration
    )
    return (mark + text.encode() if is_safe else data), []


def normalized_value(value: Any, annotation: Any) -> Any:
    """Normalize a value to compare two texts: expand short forms, and read text fields as text."""
    if value == {} or value is None:
        return value
    if isinstance(value, dict):
        return {
            key: normalized_value(inner, shapes.annotation_at(annotation, key))
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [
            normalized_value(
                _long_form(inner, shapes.item_annotation(annotation)),
                shapes.item_annotation(annotation),
            )
            for inner in value
        ]
    if shapes.is_text(annotation):
        return [str(value)] if shapes.item_annotation(annotation) is not None else str(value)
    return type(value), value


def _long_form(entry: Any, annotation: Any) -> Any:
    return (
        {"type": entry}
        if isinstance(entry, str) and shapes.record_declaration(annotation) is LicenseEntry
        else entry
    )


# --- spaces ---------------------------------------------------------------------------------------


def _trim_line_ends(text: str) -> str:
    """Trim line ends and terminate the last line. Values of several lines stay unchanged."""
    protected = [
        (start_of(node), _after(text, node)) for node in _nodes(parsed(text)) if _is_long(node)
    ]
    ends = (Edit(found.start(), found.end(), "") for found in _SPACES_AT_END.finditer(text))
    tidy = edited(
        text, (e for e in ends if not any(start <= e.start < end for start, end in protected))
    )
    is_ended = not tidy or tidy[-1] in "\r\n" or any(end == len(text) for _, end in protected)
    if is_ended:
        return tidy
    return tidy + ("\r\n" if "\r\n" in tidy else "\n")


def _after(text: str, node: Node) -> int:
    found = _SPACE.match(text, end_of(node))
    return found.end() if found else len(text)


def _is_long(node: Node) -> bool:
    return isinstance(node, ScalarNode) and bool(node.start_mark.line != node.end_mark.line)


def _nodes(node: Node | None) -> Iterator[Node]:
    """List a node and all nodes below it; the target of an alias is listed again."""
    if node is not None:
        yield node
        for child in () if isinstance(node, ScalarNode) else node.value:
            for one in child if isinstance(child, tuple) else (child,):
                yield from _nodes(one)


# --- quotes and short forms -----------------------------------------------------------------------


def is_misread(text: str) -> bool:
    """Return whether some YAML parser (1.1 or 1.2) does not read this plain scalar as text."""
    if text in _WORDS or type(resolve_scalar(text)) is not str:
        return True
    known = Resolver.yaml_implicit_resolvers
    return any(
        pattern.match(text) for _, pattern in (*known.get(text[:1], ()), *known.get(None, ()))
    )


def _requote(text: str, declaration: Any) -> str:
    """Quote text that looks like another type, and shorten license entries and lists."""
    return edited(text, _spellings(text, parsed(text), declaration))


def _spellings(text: str, node: Node | None, annotation: Any) -> Iterator[Edit]:
    if isinstance(node, ScalarNode):
        if shapes.is_text(annotation) and resolve_scalar(node.value) is not None:
            yield from _quotes(text, node)
    elif isinstance(node, MappingNode):
        for key, value in node.value:
            if shapes.is_names(annotation):
                yield from _quotes(text, key)
            yield from _spellings(text, value, shapes.annotation_at(annotation, key.value))
    elif isinstance(node, SequenceNode):
        inner = shapes.item_annotation(annotation)
        short = _short_list(text, node, annotation)
        if short is not None:
            yield short
            return
        for child in node.value:
            if shapes.record_declaration(inner) is LicenseEntry and (
                entry := _short_entry(text, child)
            ):
                yield entry
            else:
                yield from _spellings(text, child, inner)


def _quotes(text: str, node: Node) -> Iterator[Edit]:
    start, end = start_of(node), int(node.end_mark.index)
    if node.value and is_plain(node) and text[start:end] == node.value and is_misread(node.value):
        yield Edit(start, end, f'"{node.value}"')


def _short_entry(text: str, node: Node) -> Edit | None:
    """Write a license entry that has only a type as that type."""
    if not isinstance(node, MappingNode) or [key.value for key, _ in node.value] != ["type"]:
        return None
    value = node.value[0][1]
    source = text[start_of(value) : end_of(value)]
    if (
        not isinstance(value, ScalarNode)
        or value.start_mark.line != node.start_mark.line
        or _is_long(value)
    ):
        return None
    if is_plain(value) and resolve_scalar(value.value) is None:
        return None
    if _has_comment(text, node, value):
        return None
    return Edit(
        start_of(node),
        end_of(node),
        f'"{source}"' if is_plain(value) and is_misread(source) else source,
    )


def _short_list(text: str, node: SequenceNode, annotation: Any) -> Edit | None:
    """Write a list of one item as that item, if the declaration accepts either."""
    takes_either = shapes.is_text(annotation) and shapes.item_annotation(annotation) is not None
    if not takes_either or len(node.value) != 1 or not node.flow_style:
        return None
    (only,) = node.value
    source = text[start_of(only) : end_of(only)]
    if (
        not is_plain(only)
        or source != only.value
        or resolve_scalar(source) is None
        or _has_comment(text, node, only)
    ):
        return None
    return Edit(start_of(node), end_of(node), f'"{source}"' if is_misread(source) else source)


def _has_comment(text: str, node: Node, only: Node) -> bool:
    """Return whether a comment next to the only value of a node would vanish with the brackets."""
    return "#" in text[start_of(node) : start_of(only)] + text[end_of(only) : end_of(node)]


# --- order ----------------------------------------------------------------------------------------


def _reorder(text: str, declaration: Any) -> str:
    """Put sections and fields into the order of their declarations."""
    root, begin = parsed(text), head(text)
    nodes = list(map(id, _nodes(root)))
    if (
        root is None
        or begin > start_of(root)
        or len(set(nodes)) < len(nodes)
        or text[-1] not in "\r\n"
    ):
        return text
    return text[:begin] + _part(text, root, declaration, begin, len(text))


def _part(text: str, node: Any, annotation: Any, start: int, end: int) -> str:
    """Return the source range of a node with its fields in order."""
    if isinstance(node, ScalarNode) or not node.value:
        return text[start:end]
    if node.flow_style:
        return (
            text[start : start_of(node)] + _flow(text, node, annotation) + text[end_of(node) : end]
        )
    if isinstance(node, SequenceNode):
        return _block_list(text, node, annotation, start, end)
    return _block_mapping(text, node, annotation, start, end)


def _flow(text: str, node: Any, annotation: Any) -> str:
    """Order the content of braces or brackets. Separators stay in place."""
    parts: list[str] = []
    bounds: list[int] = [start_of(node)]
    for child in node.value:
        key, value = child if isinstance(child, tuple) else (child, None)
        begin, end = start_of(key), max(end_of(key), end_of(value) if value is not None else 0)
        bounds += (begin, end)
        if value is None:
            parts.append(_part(text, key, shapes.item_annotation(annotation), begin, end))
        else:
            parts.append(
                text[begin : start_of(value)]
                + _part(
                    text, value, shapes.annotation_at(annotation, key.value), start_of(value), end
                )
            )
    bounds.append(end_of(node))
    between = [text[bounds[i] : bounds[i + 1]] for i in range(0, len(bounds), 2)]
    if isinstance(node, MappingNode) and not any("#" in gap for gap in between):
        parts = [parts[i] for i in _order(node, annotation)]
    return between[0] + "".join(part + gap for part, gap in zip(parts, between[1:], strict=True))


def _block_list(text: str, node: SequenceNode, annotation: Any, start: int, end: int) -> str:
    firsts = [start_of(child) for child in node.value]
    bounds = [start]
    for before in node.value[:-1]:
        dash = next_token(text, end_of(before))
        bounds.append(lead(text, end_of(before), dash, node.start_mark.column))
    bounds.append(end)
    inner = shapes.item_annotation(annotation)
    parts = zip(node.value, firsts, pairwise(bounds), strict=True)
    return "".join(
        text[begin:first] + _part(text, child, inner, first, stop)
        for child, first, (begin, stop) in parts
    )


def _block_mapping(text: str, node: MappingNode, annotation: Any, start: int, end: int) -> str:
    """Order the entries of a block mapping. Comments move with them, blank lines stay in place."""
    pairs = node.value
    # an anchor stays on its line above
    if start <= start_of(node) < start_of(pairs[0][0]) and text[start_of(node)] == "&":
        below = line_end(text, start_of(node))
        return text[start:below] + _block_mapping(text, node, annotation, below, end)
    column = pairs[0][0].start_mark.column
    ends = [max(end_of(key), end_of(value)) for key, value in pairs]
    tokens = [start_of(pairs[0][0]), *(next_token(text, stop) for stop in ends[:-1])]
    is_inline = start > line_start(text, tokens[0])
    leads = [
        start,
        *(lead(text, stop, token, column) for stop, token in zip(ends, tokens[1:], strict=False)),
    ]
    tail = lead(text, ends[-1], end, column) if end > line_end(text, ends[-1]) else end
    gaps, comments, prefixes, bodies = [], [], [], []
    for i, (key, value) in enumerate(pairs):
        margin = tokens[i] if is_inline and i == 0 else line_start(text, tokens[i])
        above = text[leads[i] : margin]
        shown = above.lstrip(" \t\r\n") if i or not is_inline else above
        shown = above[line_start(above, len(above) - len(shown)) :] if shown else ""
        gaps.append(above[: len(above) - len(shown)])
        comments.append(shown)
        prefixes.append(text[margin : tokens[i]])
        stop = [*leads, tail][i + 1]
        begin = start_of(value)
        if is_block(value) and line_end(text, end_of(key)) <= begin:
            begin = line_end(text, end_of(key))
        body = _part(
            text, value, shapes.annotation_at(annotation, key.value), min(begin, stop), stop
        )
        bodies.append(text[tokens[i] : min(begin, stop)] + body)
    order = _order(node, annotation)
    if is_inline and comments[order[0]]:
        order = list(range(len(pairs)))
    chunks = (
        gaps[place] + comments[i] + prefixes[place] + bodies[i] for place, i in enumerate(order)
    )
    return "".join(chunks) + text[tail:end]


def _order(node: MappingNode, annotation: Any) -> list[int]:
    """Return the order of entries: declared fields, then unknown ones; names keep theirs."""
    declaration = shapes.record_declaration(annotation)
    if declaration is None:
        return list(range(len(node.value)))
    places = shapes.field_order(declaration)
    rank: Callable[[int], int] = lambda i: places.get(node.value[i][0].value, len(places))  # noqa: E731
    return sorted(range(len(node.value)), key=rank)
