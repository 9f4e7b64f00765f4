"""What reading hands over of a scalar whose meaning depends on its field."""

from __future__ import annotations


class Plain(str):
    """A plain YAML scalar that the 1.2 core schema reads as a number, a boolean or null, as it was written.

    It is a `str`, so a text field takes it as it stands (`0123`, `+4420…`); a number or boolean field
    decodes it. A quoted scalar is never `Plain`.
    """

    __slots__ = ()
