"""What reading hands over of a scalar whose meaning depends on its field, and what no text may hold."""

from __future__ import annotations

from unicodedata import category


class Plain(str):
    """A plain YAML scalar that the 1.2 core schema reads as a number, a boolean or null, as it was written.

    It is a `str`, so a text field takes it as it stands (`0123`, `+4420…`); a number or boolean
    field decodes it. A quoted scalar is never `Plain`.
    """

    __slots__ = ()


def find_forbidden_character(text: str) -> str | None:
    """Find the first control, format, surrogate or line-separator character but newline and tab."""
    return next(
        (c for c in text if category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") and c not in "\n\t"), None
    )
