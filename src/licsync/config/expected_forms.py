"""Says what form a value must have, and how to write it instead: text, a list or a mapping."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

FORMS = {
    "string_type": "text",
    "list_type": "a list",
    "dict_type": "a mapping",
    "none_required": "empty",
}
"""Forms by pydantic's types of errors."""

_PLAIN = re.compile(r"[\w+][\w@.+-]*", re.ASCII)


def form_hint(forms: Collection[str], value: Any) -> str | None:
    """Say how to write a value that has another form.

    Args:
        forms: the forms that it may have.
        value: what the file has.
    """
    if "a list" in forms and isinstance(value, dict):
        return "Begin each entry with '- ', or write [] for none."
    if "a list" in forms and isinstance(value, str):
        return f"Write [{value}]." if _PLAIN.fullmatch(value) else "Put it in brackets: [ ]."
    if "a mapping" in forms and isinstance(value, list):
        return "Write 'name: …' for each entry, without '- ' or brackets."
    if "a mapping" in forms:
        return "Write a key, ': ' and a value for each entry, such as {key: value}."
    if "text" in forms and isinstance(value, list) and len(value) == 1:
        return "Write the value without '- ' or brackets."
    return None
