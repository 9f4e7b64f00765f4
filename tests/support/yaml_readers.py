"""The quick YAML reader beside libyaml."""

from __future__ import annotations

from typing import Any

from licsync.config.yaml.entry_templates import EntryTemplates, read_by_template
from licsync.config.yaml.parser import Document, read


def typed(value: Any) -> Any:
    """The same with the types told: a `Plain` equals the text."""
    if isinstance(value, dict):
        return [(key, typed(item)) for key, item in value.items()]
    if isinstance(value, list):
        return [typed(item) for item in value]
    return type(value), value


def agree(text: str, templates: EntryTemplates) -> Document | None:
    data = text.encode("utf-8", "surrogatepass")
    found = read_by_template(data, "f.yaml", templates)
    if found is not None:
        other = read(data, "f.yaml")
        assert typed(found.root) == typed(other.root)
        assert (found.places, found.faults, found.is_complete) == (
            other.places,
            other.faults,
            other.is_complete,
        )
    return found
