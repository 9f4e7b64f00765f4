"""What is kept of an account between two plans (`cache`): its files without the settled users, in two forms.

`CachedAccount` is what a plan is made of, ready to be used while nothing at all has changed. `CachedUserFiles` are the
parts, file by file, of which those that are as they were are used again. Both know which state of
the inventory they are of.
"""

from __future__ import annotations

import json
from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Protocol

from licsync.config.catalog import load_catalog
from licsync.config.positions import SourcePositions, positions_from_json, positions_to_json
from licsync.diagnostics import Diagnostic
from licsync.incremental.cache import Cache
from licsync.model.canonical import compact_json, read_json
from licsync.model.desired import Desired
from licsync.model.inventory import InSyncTotals, Inventory
from licsync.model.scalars import Plain

if TYPE_CHECKING:
    from licsync.incremental.user_files import UserFile

_PLAIN = "\0"
"""Stands before a plain scalar: no text that was read without a fault holds it."""
_PLAIN_AS_JSON = json.dumps(_PLAIN)[:-1].encode()
_WHOLE, _PARTS, _HASHES, _SETTLED = "whole", "parts", "hashes", "settled"
_NAMED = 16  # bytes that name the pieces which were written together


class InventorySource(Protocol):
    """An inventory that can be read in part."""

    @property
    def token(self) -> str:
        """The name of the inventory's state: it changes with every change of a record."""
        ...

    def is_current(self) -> bool:
        """Tell whether the inventory is still in the state that `token` names."""
        ...

    def document(self) -> dict[str, Any]:
        """Return the inventory document without users and licenses."""
        ...

    def names(self, section: str) -> Collection[str]:
        """List the names of the records of a section."""
        ...

    def select(self, section: str, names: Collection[str]) -> Mapping[str, str]:
        """Return the existing records of a section with these names, each as JSON.

        A forked process can call this after `prepare`.
        """
        ...

    def prepare(self) -> None:
        """Read in advance what a forked process cannot read."""
        ...


@dataclass(frozen=True, slots=True)
class CachedAccount:
    """An account without its settled users.

    Attributes:
        token: names the state of the inventory.
        digest: names the files.
        sections: their valid entries, users filled in.
        templates: what each template says.
        places: where the entries stand.
        document: the inventory document without the settled.
        in_sync_totals: the count of these.
        diagnostics: what is wrong with the files; only faultless ones are kept.
    """

    token: str
    digest: str
    sections: Mapping[str, Any]
    templates: Mapping[str, dict[str, Any]]
    places: SourcePositions
    document: Mapping[str, Any]
    in_sync_totals: InSyncTotals
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def desired(self) -> Desired:
        """Give the desired state without the settled users."""
        catalog = load_catalog(self.sections.get("catalog", {}))
        return Desired.from_sections(self.sections, catalog, self.places, self.digest)

    def inventory(self) -> Inventory:
        """Give the inventory without the settled users and their units."""
        inventory = Inventory.from_document(self.document)
        inventory.in_sync_totals = self.in_sync_totals
        return inventory


@dataclass(slots=True)
class CachedUserFiles:
    """The files of users of an account.

    Attributes:
        token: names the state of the inventory that they were compared with.
        around: names its places.
        keys: for each file, what names its content.
        parts: for each file, what is left of it; the names of its settled once `load_in_sync` was
            asked for them.
        loose: names of the users, and ids of the units, of whom no file has settled.
    """

    token: str
    around: str
    keys: dict[str, str]
    parts: dict[str, UserFile]
    loose: dict[str, list[str]]
    _name: bytes = field(default=b"", repr=False)

    def load_in_sync(self, cache: Cache, files: Collection[str]) -> bool:
        """Read who is settled in some of the files; False where that is not there any more."""
        settled = _of_one_writing(cache.read(_SETTLED), self._name)
        if settled is None:
            return False
        for (file, part), line in zip(self.parts.items(), settled.split(b"\n"), strict=True):
            if file in files:
                part.users, part.units = read_json(line)
        return True


def load_cached_account(cache: Cache, contents: Mapping[str, bytes]) -> CachedAccount | None:
    """Give what is kept of the account, whatever its files of users were, if anything is."""
    data = cache.read(_WHOLE)
    if data is None:
        return None
    digest, token, of_files, places, (document, rest) = read_json(data)
    sections, templates = _with_plain(of_files, data)
    return CachedAccount(
        token,
        digest,
        sections,
        templates,
        SourcePositions.from_json(contents, places),
        document,
        _totals_from_json(rest),
    )


def load_cached_user_files(cache: Cache) -> CachedUserFiles | None:
    """Give the parts that are kept, if any are."""
    from licsync.config.yaml.parser import Document
    from licsync.incremental.user_files import UserFile

    data = cache.read(_PARTS)
    hashes = _of_one_writing(cache.read(_HASHES), (data or b"")[:_NAMED])
    if data is None or hashes is None:
        return None
    token, shared_state, keys, loose, parts = _with_plain(read_json(data[_NAMED:]), data)
    numbers = array("Q", hashes)
    at, found = 0, {}
    for file, (names, taken, rest, seen, root, places) in zip(keys, parts, strict=True):
        document = Document(file, root, positions_from_json(places), [], True)
        middle, end = at + names, at + names + taken
        part = UserFile(
            document,
            names=numbers[at:middle],
            numbers=numbers[middle:end],
            in_sync_totals=_totals_from_json(rest),
        )
        part.seen_digest = bytes.fromhex(seen)
        found[file] = part
        at = end
    return CachedUserFiles(token, shared_state, keys, found, loose, data[:_NAMED])


def save_account(cache: Cache, whole: CachedAccount) -> None:
    """Keep what a plan is made of for the next one, if there is nothing to be said of it."""
    if not whole.diagnostics:
        sections = [_mark_plain(whole.sections), _mark_plain(whole.templates)]
        inventory = [whole.document, _totals_to_json(whole.in_sync_totals)]
        content = [whole.digest, whole.token, sections, whole.places.to_json(), inventory]
        cache.write({_WHOLE: compact_json(content)})


def save_user_files(cache: Cache, kept: CachedUserFiles) -> None:
    """Keep the parts, of all of which it is known who is settled."""
    parts = kept.parts.values()
    hashes = b"".join(some.tobytes() for part in parts for some in (part.names, part.numbers))
    columns = [
        [
            len(p.names),
            len(p.numbers),
            _totals_to_json(p.in_sync_totals),
            p.seen_digest.hex(),
            _mark_plain(p.document.root),
            positions_to_json(p.document.places),
        ]
        for p in parts
    ]
    content = compact_json([kept.token, kept.around, kept.keys, kept.loose, columns])
    settled = b"\n".join(compact_json([part.users, part.units]) for part in parts)
    name = blake2b(content, digest_size=_NAMED).digest()
    cache.write({_PARTS: name + content, _HASHES: name + hashes, _SETTLED: name + settled})


def _of_one_writing(piece: bytes | None, name: bytes) -> bytes | None:
    """Give the content of a piece that was written together with those of that name."""
    return piece[_NAMED:] if piece is not None and name and piece[:_NAMED] == name else None


def _totals_to_json(rest: InSyncTotals) -> list[Any]:
    return [rest.users, [[*key, number] for key, number in rest.units.items()], sorted(rest.zones)]


def _totals_from_json(content: Iterable[Any]) -> InSyncTotals:
    users, units, zones = content
    return InSyncTotals(
        users,
        Counter({(type_, country, home): number for type_, country, home, number in units}),
        set(zones),
    )


def _mark_plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _mark_plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_mark_plain(item) for item in value]
    return _PLAIN + value if isinstance(value, Plain) else value


def _with_plain(value: Any, data: bytes) -> Any:
    """Give what was read of some JSON with its plain scalars: mostly there are none."""
    return _unmark_plain(value) if _PLAIN_AS_JSON in data else value


def _unmark_plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _unmark_plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_unmark_plain(item) for item in value]
    return Plain(value[1:]) if isinstance(value, str) and value.startswith(_PLAIN) else value
