"""The content of one YAML file as plain values, with the positions of its keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from licsync.diagnostics import Diagnostic, Span

Path = tuple[str | int, ...]
Place = tuple[int, int]
"""Line and column."""


@dataclass(frozen=True, slots=True)
class Document:
    """The content of one file.

    Attributes:
        file: its name, relative to the account directory.
        root: its content: dictionaries, lists, `str`, `Plain` and `None`.
        places: line and column of mapping keys and list items by path, to the requested depth.
        faults: everything wrong with it.
        is_complete: whether all of it was read. If not, the root holds what precedes the fault.
    """

    file: str
    root: dict[str, Any]
    places: Mapping[Path, Place]
    faults: list[Diagnostic]
    is_complete: bool

    def span(self, path: Path) -> Span:
        """Return the position of a path, or of its nearest parent that has one."""
        while path and path not in self.places:
            path = path[:-1]
        return Span(self.file, *self.places.get(path, (1, 1)))
