"""What the cache holds of an account between two plans, in two forms, without users in sync.

`CachedAccount` is the whole input of a plan. licsync uses it while neither a file nor the inventory
has changed. `CachedUserFiles` holds the files of users one by one. licsync uses again those that
are unchanged. Both name the state of the inventory that they were made from.
"""

from __future__ import annotations

import json
from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Protocol

from licsync.config.positions import SourcePositions, positions_from_json, positions_to_json
from licsync.diagnostics import Diagnostic
from licsync.incremental.cache import Cache
from licsync.incremental.in_sync_entries import SIZE, InSyncEntries
from licsync.model.canonical import compact_json, read_json
from licsync.model.catalog import Catalog
from licsync.model.catalog_declarations import LicenseType
from licsync.model.desired import Desired
from licsync.model.inventory import InSyncTotals, Inventory
from licsync.model.scalars import Plain

if TYPE_CHECKING:
    from licsync.incremental.user_files import UserFile

_PLAIN = "\0"
"""The mark in front of a plain scalar: no valid text contains it."""
_PLAIN_AS_JSON = json.dumps(_PLAIN)[:-1].encode()
_ACCOUNT, _FILES, _HASHES = "account", "files", "hashes"  # names of pieces
_IN_SYNC, _DIGESTS = "in-sync", "digests"
_ID_SIZE = 16  # bytes in front of pieces that were written together


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
    """An account without its users in sync.

    Attributes:
        token: the name of the inventory's state.
        digest: the digest of the files.
        sections: the valid entries of the files, with templates applied to users.
        templates: the settings of each template.
        types: all license types, so that the package's catalog is not parsed again.
        positions: the file and line of each entry.
        document: the inventory document without users in sync and their units.
        in_sync_totals: the counts of the users in sync.
        diagnostics: the warnings of the files; an account with any is not cached.
    """

    token: str
    digest: str
    sections: Mapping[str, Any]
    templates: Mapping[str, dict[str, Any]]
    types: Mapping[str, LicenseType]
    positions: SourcePositions
    document: Mapping[str, Any]
    in_sync_totals: InSyncTotals
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def desired(self) -> Desired:
        """Build the desired state without users in sync."""
        catalog = Catalog(self.types)
        return Desired.from_sections(self.sections, catalog, self.positions, self.digest)

    def inventory(self) -> Inventory:
        """Build the inventory without users in sync and their units."""
        inventory = Inventory.from_document(self.document)
        inventory.in_sync_totals = self.in_sync_totals
        return inventory


@dataclass(slots=True)
class CachedUserFiles:
    """The files of users of an account.

    Attributes:
        token: the name of the inventory's state that the files were compared with.
        shared_digest: the digest of the inventory without users and licenses.
        keys: the key of the content of each file.
        files: each file without its users in sync. `load_in_sync` adds their names.
        not_in_sync: the names of the users and the ids of the units that are in sync in no file,
            by section of the inventory.
    """

    token: str
    shared_digest: str
    keys: dict[str, str]
    files: dict[str, UserFile]
    not_in_sync: dict[str, list[str]]
    _id: bytes = field(default=b"", repr=False)

    def load_in_sync(self, cache: Cache, files: Collection[str]) -> bool:
        """Read which users are in sync in some of the files; False if the cache lacks it by now."""
        in_sync = _content_with_id(cache.read(_IN_SYNC), self._id)
        digests = _content_with_id(cache.read(_DIGESTS), self._id)
        if in_sync is None or digests is None:
            return False
        at = 0
        for (name, file), line in zip(self.files.items(), in_sync.split(b"\n"), strict=True):
            size = SIZE * file.in_sync_totals.users
            start, middle, at = at, at + size, at + 2 * size
            if name in files:
                entries = file.in_sync
                columns = read_json(line)
                entries.users, entries.zones, entries.units, pools, entries.counts, links = columns
                entries.call_links = [tuple(of_user) for of_user in links]
                entries.pools = [(kind, country, home, seen) for kind, country, home, seen in pools]
                entries.keys, entries.records = digests[start:middle], digests[middle:at]
        return True


def load_cached_account(cache: Cache, contents: Mapping[str, bytes]) -> CachedAccount | None:
    """Read the cached account, whatever its files of users are now; None if there is none."""
    data = cache.read(_ACCOUNT)
    if data is None:
        return None
    digest, token, config, positions, (document, totals) = read_json(data)
    sections, templates, types = _with_plain(config, data)
    return CachedAccount(
        token,
        digest,
        sections,
        templates,
        types,
        SourcePositions.from_json(contents, positions),
        document,
        _totals_from_json(totals),
    )


def load_cached_user_files(cache: Cache) -> CachedUserFiles | None:
    """Read the cached files of users; None if there are none."""
    from licsync.config.yaml.document import Document
    from licsync.incremental.user_files import UserFile

    data = cache.read(_FILES)
    hashes = _content_with_id(cache.read(_HASHES), (data or b"")[:_ID_SIZE])
    if data is None or hashes is None:
        return None
    token, shared_digest, keys, not_in_sync, rows = _with_plain(read_json(data[_ID_SIZE:]), data)
    all_hashes = array("Q", hashes)
    start, files = 0, {}
    for name, (names, numbers, totals, root, positions) in zip(keys, rows, strict=True):
        middle, end = start + names, start + names + numbers
        files[name] = UserFile(
            Document(name, root, positions_from_json(positions), [], True),
            InSyncEntries(all_hashes[start:middle], all_hashes[middle:end]),
            _totals_from_json(totals),
        )
        start = end
    return CachedUserFiles(token, shared_digest, keys, files, not_in_sync, data[:_ID_SIZE])


def save_account(cache: Cache, account: CachedAccount) -> None:
    """Cache the input of a plan for the next plan, unless it has diagnostics."""
    if not account.diagnostics:
        parts = account.sections, account.templates, account.types
        config = [_mark_plain(part) for part in parts]
        inventory = [account.document, _totals_to_json(account.in_sync_totals)]
        content = [account.digest, account.token, config, account.positions.to_json(), inventory]
        cache.write({_ACCOUNT: compact_json(content)})


def save_user_files(cache: Cache, cached: CachedUserFiles) -> None:
    """Cache files of users, all of which know their users in sync."""
    files = cached.files.values()
    parts = [file.in_sync for file in files]
    rows = [
        [
            len(file.in_sync.names),
            len(file.in_sync.numbers),
            _totals_to_json(file.in_sync_totals),
            _mark_plain(file.document.root),
            positions_to_json(file.document.places),
        ]
        for file in files
    ]
    head = [cached.token, cached.shared_digest, cached.keys, cached.not_in_sync]
    content = compact_json([*head, rows])
    columns = ([p.users, p.zones, p.units, p.pools, p.counts, p.call_links] for p in parts)
    pieces = {
        _FILES: content,
        _HASHES: b"".join(part.names.tobytes() + part.numbers.tobytes() for part in parts),
        _IN_SYNC: b"\n".join(map(compact_json, columns)),
        _DIGESTS: b"".join(part.keys + part.records for part in parts),
    }
    id_ = blake2b(content, digest_size=_ID_SIZE).digest()
    cache.write({name: id_ + piece for name, piece in pieces.items()})


def _content_with_id(piece: bytes | None, id_: bytes) -> bytes | None:
    """Return the content of a piece, if it was written together with the pieces of an id."""
    return piece[_ID_SIZE:] if piece is not None and id_ and piece[:_ID_SIZE] == id_ else None


def _totals_to_json(totals: InSyncTotals) -> list[Any]:
    units = [[*key, number] for key, number in totals.units.items()]
    seen_only = [[*key, number] for key, number in totals.seen_only.items()]
    return [totals.users, units, sorted(totals.zones), seen_only, sorted(totals.call_links)]


def _totals_from_json(content: Iterable[Any]) -> InSyncTotals:
    users, units, zones, seen_only, call_links = content
    return InSyncTotals(
        users,
        Counter({(type_, country, home): number for type_, country, home, number in units}),
        set(zones),
        Counter({(type_, country): number for type_, country, number in seen_only}),
        set(call_links),
    )


def _mark_plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _mark_plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_mark_plain(item) for item in value]
    return _PLAIN + value if isinstance(value, Plain) else value


def _with_plain(value: Any, data: bytes) -> Any:
    """Restore the plain scalars in a value read from JSON: most data has none."""
    return _unmark_plain(value) if _PLAIN_AS_JSON in data else value


def _unmark_plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _unmark_plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_unmark_plain(item) for item in value]
    return Plain(value[1:]) if isinstance(value, str) and value.startswith(_PLAIN) else value
