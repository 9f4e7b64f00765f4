"""Finds the position of a declared fact in the files.

Reading records the positions of sections and entries. For a deeper path, the file is read again
with all positions, so that reading ten thousand users does not pay for unneeded positions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from licsync.config.yaml.limits import MAX_DEPTH
from licsync.diagnostics import Span

if TYPE_CHECKING:
    from licsync.config.yaml.document import Document, Path, Place

_RECENT_FILES = 8
_NOTHING: Mapping[Any, Any] = {}
_NOWHERE = ("", ())


class DroppedItems:
    """The list items that were dropped, to map the others back to their index in the file."""

    def __init__(self) -> None:
        self._items: dict[Path, set[int]] = {}

    def add(self, paths: Iterable[Path]) -> None:
        """Record dropped paths, each as it was before any of them was dropped."""
        for path in [self.original(path) for path in paths]:
            if isinstance(path[-1], int):
                self._items.setdefault(path[:-1], set()).add(path[-1])

    def original(self, path: Path) -> Path:
        """Return the path as it was before anything was dropped."""
        if not self._items:
            return path
        found: Path = ()
        for element in path:
            if isinstance(element, int):
                for gone in sorted(self._items.get(found, ())):
                    element += gone <= element
            found = (*found, element)
        return found


def _read_whole(data: bytes, file: str) -> Document:
    """Read a file with all positions."""
    from licsync.config.yaml.parser import read  # which most plans do not need

    return read(data, file, MAX_DEPTH)


def positions_to_json(places: Mapping[Path, Place]) -> list[Any]:
    """Return positions as plain lists."""
    return [[path, *place] for path, place in places.items()]


def positions_from_json(listed: Iterable[Any]) -> dict[Path, Place]:
    """Read what `listed` gave, also out of JSON."""
    return {tuple(path): (line, column) for path, line, column in listed}


class SourcePositions:
    """Looks up the source positions of a desired state that comes from files.

    Args:
        contents: the bytes of each file.
        entries: the positions of the sections and entries of each file.
        heads: where each section first begins.
        origins: by section, the file of each entry and its path there.

    Attributes:
        templates: the templates of each user that has some; later ones override.
        dropped: list items of the files that are not in the desired state.
    """

    def __init__(
        self,
        contents: Mapping[str, bytes],
        entries: Mapping[str, Mapping[Path, Place]],
        heads: Mapping[str, Span],
        origins: Mapping[str, Mapping[str | int, tuple[str, Path]]],
    ):
        self.templates: dict[str, Sequence[str]] = {}
        self.dropped = DroppedItems()
        self._heads = heads
        self._origins = origins
        self._entries = entries
        self._whole = lru_cache(_RECENT_FILES)(lambda file: _read_whole(contents[file], file))

    def to_json(self) -> list[Any]:
        """Return all but the contents as lists and mappings; nothing may have been dropped."""
        return [
            {file: positions_to_json(entries) for file, entries in self._entries.items()},
            {section: [span.file, span.line, span.column] for section, span in self._heads.items()},
            {
                section: [[key, *origin] for key, origin in found.items()]
                for section, found in self._origins.items()
            },
            self.templates,
        ]

    @classmethod
    def from_json(cls, contents: Mapping[str, bytes], document: list[Any]) -> SourcePositions:
        """Read what `to_json` gave."""
        entries, heads, origins, templates = document
        places = cls(
            contents,
            {file: positions_from_json(listed) for file, listed in entries.items()},
            {section: Span(*span) for section, span in heads.items()},
            {
                section: {key: (file, tuple(path)) for key, file, path in found}
                for section, found in origins.items()
            },
        )
        places.templates = templates
        return places

    def __call__(self, section: str, *path: str | int) -> Span | None:
        """Return the position of `section` / `path`, or of its nearest parent that is in a file."""
        if len(path) == 1 and (span := self._of_entry(section, path[0])):
            return span
        full = (section, *path)
        span = self._find(full) if section != "users" or len(path) < 2 else self._find_of_user(full)
        return span or self._heads.get(section)

    def _of_entry(self, section: str, name: str | int) -> Span | None:
        """Return the position of a named entry, recorded on reading; most lookups are for these."""
        file, path = self._origins.get(section, _NOTHING).get(name, _NOWHERE)
        place = self._entries[file].get(path) if file and isinstance(name, str) else None
        return Span(file, *place) if place else None

    def as_read(self, path: Path) -> Span | None:
        """Return the position of a path whose list indexes are those of the file."""
        origin = self._origin(path)
        if origin is None:
            return self._heads.get(str(path[0]))
        file, found = origin
        if len(path) == 2 and found in self._entries[file]:
            return Span(file, *self._entries[file][found])
        return self._whole(file).span(found)

    def _find(self, path: Path) -> Span | None:
        return self.as_read(self.dropped.original(path))

    def _find_of_user(self, path: Path) -> Span | None:
        """Find a field in the user's own entry, else in its templates, last one first."""
        user, name = path[1], path[2]
        for owner in (
            ("users", user),
            *(("templates", t) for t in reversed(self.templates.get(str(user), ()))),
        ):
            origin = self._origin(owner)
            if origin and (*origin[1], name) in self._whole(origin[0]).places:
                return self._find((*owner, *path[2:]))
        return self._find(path)

    def _origin(self, path: Path) -> tuple[str, Path] | None:
        """Return the file of an entry, and its path there."""
        origin = self._origins.get(str(path[0]), {}).get(path[1]) if len(path) > 1 else None
        return (origin[0], (*origin[1], *path[2:])) if origin else None
