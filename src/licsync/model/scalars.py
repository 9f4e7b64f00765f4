"""YAML scalars whose meaning depends on their field, and characters that no text may have."""

from __future__ import annotations

from unicodedata import category


class Plain(str):
    """A plain YAML scalar that the 1.2 core schema reads as a number, a boolean or null.

    It is the source text as a `str`. A text field keeps it (`0123`, `+4420…`); a number or boolean
    field decodes it. A quoted scalar is never `Plain`.
    """

    __slots__ = ()


def find_forbidden_character(text: str) -> str | None:
    """Find the first control, format, surrogate or separator character except newline and tab."""
    return next(
        (c for c in text if category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") and c not in "\n\t"), None
    )
