"""Finds where a declared fact stands in the files.

Places of sections and entries are known from reading. For anything deeper the one file is read again with
all its places, so that reading ten thousand users does not pay for positions that nobody asks for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from licsync.config.reader import Document, Path, read
from licsync.config.text import MAX_DEPTH
from licsync.config.tree import Tree
from licsync.config.validation import Dropped
from licsync.diagnostics import Span

_RECENT_FILES = 8


class Places:
    """The `Where` of a desired state that comes from files.

    Attributes:
        templates: for each user that has any, its templates; later ones win.
        dropped: the list items that are in the files but not in the desired state.
    """

    def __init__(self, contents: Mapping[str, bytes], documents: Sequence[Document], tree: Tree):
        self.templates: dict[str, Sequence[str]] = {}
        self.dropped = Dropped()
        self._heads = tree.heads
        self._origins = tree.origins
        self._entries = {document.file: document.places for document in documents}
        self._whole = lru_cache(_RECENT_FILES)(lambda file: read(contents[file], file, MAX_DEPTH))

    def __call__(self, section: str, *path: str | int) -> Span | None:
        """Give the place of `section` / `path`, or of its nearest parent that stands in a file."""
        full = (section, *path)
        span = self._find(full) if section != "users" or len(path) < 2 else self._find_of_user(full)
        return span or self._heads.get(section)

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
        for owner in (("users", user), *(("templates", t) for t in reversed(self.templates.get(str(user), ())))):
            origin = self._origin(owner)
            if origin and (*origin[1], name) in self._whole(origin[0]).places:
                return self._find((*owner, *path[2:]))
        return self._find(path)

    def _origin(self, path: Path) -> tuple[str, Path] | None:
        """Give the file in which an entry stands, and the path there."""
        origin = self._origins.get(str(path[0]), {}).get(path[1]) if len(path) > 1 else None
        return (origin[0], (*origin[1], *path[2:])) if origin else None
