"""Merges the files of an account directory, and records the file of each entry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from licsync.config.validation import LISTS, SECTIONS
from licsync.config.yaml.limits import quote
from licsync.config.yaml.parser import Document, Path
from licsync.diagnostics import Code, Diagnostic, Span, Suggestions, error

_CASELESS = frozenset(("users",))


@dataclass(slots=True)
class MergedTree:
    """The entries of all files by section, as a mapping by name or as a list.

    Attributes:
        sections: the entries, as read.
        origins: the file of each entry and its path there, by name or by index in the merged list.
        heads: where each section first begins.
        faults: the entries that cannot be merged.
    """

    sections: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, dict[str | int, tuple[str, Path]]] = field(default_factory=dict)
    heads: dict[str, Span] = field(default_factory=dict)
    faults: list[Diagnostic] = field(default_factory=list)


def merge_documents(documents: Iterable[Document]) -> MergedTree:
    """Merge the entries of documents. Of duplicates, the first one counts."""
    tree, nearest = MergedTree(), Suggestions()
    spelled: dict[tuple[str, str], tuple[str, Document]] = {}
    for document in documents:
        for section, content in document.root.items():
            span = document.span((section,))
            if section not in SECTIONS:
                tree.faults.append(_unknown_section(section, span, nearest))
                continue
            tree.heads.setdefault(section, span)
            origins = tree.origins.setdefault(section, {})
            if section in LISTS:
                entries = tree.sections.setdefault(section, [])
                if isinstance(content, list):
                    for index, entry in enumerate(content):
                        origins[len(entries)] = (document.file, (section, index))
                        entries.append(entry)
                elif content is not None:
                    tree.faults.append(
                        error(Code.INVALID_VALUE, f"{section} must be a list.", span)
                    )
            elif isinstance(content, dict):
                _merge_names(tree, section, content, document, spelled)
            elif content is not None:
                tree.faults.append(error(Code.INVALID_VALUE, f"{section} must be a mapping.", span))
    return tree


def _merge_names(
    tree: MergedTree,
    section: str,
    content: dict[str, Any],
    document: Document,
    spelled: dict[tuple[str, str], tuple[str, Document]],
) -> None:
    entries, origins = tree.sections.setdefault(section, {}), tree.origins[section]
    is_caseless = section in _CASELESS
    for name, entry in content.items():
        path = (section, name)
        form = name.casefold() if is_caseless else name
        mine = (name, document)
        first = spelled.setdefault((section, form), mine)
        if not name:
            tree.faults.append(
                error(Code.INVALID_VALUE, f"A name in {section} is empty.", document.span(path))
            )
        elif first is not mine:
            as_first = "" if first[0] == name else f" as {quote(first[0])}"
            before = first[1].span((section, first[0]))
            tree.faults.append(
                error(
                    Code.DUPLICATE_NAME,
                    f"{quote(name)} is declared twice in {section}:"
                    f" here, and in {before}{as_first}.",
                    document.span(path),
                    "Remove one of them, or merge them.",
                    (before,),
                )
            )
        else:
            entries[name] = entry
            origins[name] = (document.file, path)


def _unknown_section(name: str, span: Span, nearest: Suggestions) -> Diagnostic:
    hint = nearest(name, SECTIONS) or f"Known keys: {', '.join(SECTIONS)}."
    return error(Code.UNKNOWN_KEY, f"Unknown top-level key {quote(name)}.", span, hint)
