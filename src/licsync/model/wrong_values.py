"""The sentence about a value that is not what it must be.

The sentence says the value, because JSON and CI formats do not show the line of the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from licsync.model.scalars import Plain
from licsync.model.secret_keys import cut_before_secret

EMPTY = "must not be empty"
"""The requirement that no value at all breaks."""

HIDDEN = "…"
"""What stands for a secret."""


def quote(text: object, limit: int = 60) -> str:
    """Quote input text for a message: shortened, with invisible characters escaped."""
    whole = str(text)
    return repr(whole if len(whole) <= limit else whole[: limit - 1] + "…")


def wrong_value(subject: str, value: Any, requirement: str, keys: Sequence[str | int] = ()) -> str:
    """Say what a value is and what it must be: `status is 'on', but must be active or inactive`.

    Args:
        subject: what has the value.
        value: the value, as it was read.
        requirement: what it must be, from `must` on. Other texts describe the value themselves.
        keys: the keys that lead to the value; they tell whether it is a secret.
    """
    if not requirement.startswith("must ") or (requirement == EMPTY and value in (None, "")):
        return f"{subject} {requirement}"
    if isinstance(value, list) and requirement.endswith("entries"):
        return f"{subject} has {len(value):,} entries, but {requirement}"
    shown = _shown(value, keys)
    if isinstance(value, str) and requirement.endswith("characters"):
        shown += f" ({len(value):,} characters)"
    return f"{subject} is {shown}, but {requirement}"


def _shown(value: Any, keys: Sequence[str | int]) -> str:
    if value is None or value == "":
        return "null" if value is None else "empty"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, bool):
        return "true" if value else "false"
    line = f"{'.'.join(map(str, keys))}: {value}"
    if cut_before_secret(line) != line:
        return quote(HIDDEN)
    text = quote(value)
    return text[1:-1] if isinstance(value, Plain) or not isinstance(value, str) else text
