"""Finds where a declared fact stands in the files.

Places of sections and entries are known from reading. For anything deeper the one file is read
again with all its places, so that reading ten thousand users does not pay for positions that nobody
asks for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from licsync.config.yaml.limits import MAX_DEPTH
from licsync.config.yaml.parser import Path, Place, read
from licsync.diagnostics import Span

_RECENT_FILES = 8
_NOTHING: Mapping[Any, Any] = {}
_NOWHERE = ("", ())


class DroppedItems:
    """Which list items were dropped, so that the others are still found where they stand in the file."""

    def __init__(self) -> None:
        self._items: dict[Path, set[int]] = {}

    def add(self, paths: Iterable[Path]) -> None:
        """Note the paths, all as they were before any of them was dropped."""
        for path in [self.original(path) for path in paths]:
            if isinstance(path[-1], int):
                self._items.setdefault(path[:-1], set()).add(path[-1])

    def original(self, path: Path) -> Path:
        """Give the path as it was before anything was dropped."""
        if not self._items:
            return path
        found: Path = ()
        for element in path:
            if isinstance(element, int):
                for gone in sorted(self._items.get(found, ())):
                    element += gone <= element
            found = (*found, element)
        return found


def positions_to_json(places: Mapping[Path, Place]) -> list[Any]:
    """Give places as plain lists."""
    return [[path, *place] for path, place in places.items()]


def positions_from_json(listed: Iterable[Any]) -> dict[Path, Place]:
    """Read what `listed` gave, also out of JSON."""
    return {tuple(path): (line, column) for path, line, column in listed}


class SourcePositions:
    """The `SourceLookup` of a desired state that comes from files.

    Args:
        contents: the files.
        entries: the places of the sections and entries of each file.
        heads: where each section begins first.
        origins: by section, the file and the path there of each entry.

    Attributes:
        templates: for each user that has any, its templates; later ones win.
        dropped: the list items that are in the files but not in the desired state.
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
        self._whole = lru_cache(_RECENT_FILES)(lambda file: read(contents[file], file, MAX_DEPTH))

    def to_json(self) -> list[Any]:
        """Give everything but the contents as plain lists and mappings; nothing may have been dropped."""
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
        """Give the place of `section` / `path`, or of its nearest parent that stands in a file."""
        if len(path) == 1 and (span := self._of_entry(section, path[0])):
            return span
        full = (section, *path)
        span = self._find(full) if section != "users" or len(path) < 2 else self._find_of_user(full)
        return span or self._heads.get(section)

    def _of_entry(self, section: str, name: str | int) -> Span | None:
        """Give the place of an entry that has a name, known from reading: what most questions are about."""
        file, path = self._origins.get(section, _NOTHING).get(name, _NOWHERE)
        place = self._entries[file].get(path) if file and isinstance(name, str) else None
        return Span(file, *place) if place else None

    def as_read(self, path: Path) -> Span | None:
        """Give the place of a path whose list items are counted as they stand in the file."""
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
        """Look for a user's field in the user's entry, then in its templates, the last one first."""
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
        """Give the file in which an entry stands, and the path there."""
        origin = self._origins.get(str(path[0]), {}).get(path[1]) if len(path) > 1 else None
        return (origin[0], (*origin[1], *path[2:])) if origin else None
