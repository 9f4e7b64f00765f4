"""Reads an account without users in sync, and only what has changed since the last plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, cast

from licsync.config.assembly import build_desired
from licsync.config.files import Files, LoadedConfig
from licsync.config.parallel import start_mapping
from licsync.config.positions import SourcePositions
from licsync.config.templates import are_small
from licsync.config.yaml.parser import read
from licsync.diagnostics import has_errors
from licsync.incremental.cache import Cache
from licsync.incremental.cached_account import (
    CachedAccount,
    CachedUserFiles,
    InventorySource,
    load_cached_user_files,
    save_account,
    save_user_files,
)
from licsync.incremental.in_sync import sum_totals
from licsync.incremental.shared_state import SharedState
from licsync.incremental.user_files import (
    ComparisonContext,
    UserFile,
    has_no_conflicts,
    read_user_file,
)
from licsync.model.canonical import read_json
from licsync.model.inventory import Inventory, digest

_SAMPLE = 3  # files that are read to see whether the others are worth reading
_MANY = 30  # files from which on a sample is read
_READ_SHARE = 10  # if fewer than one user in so many was parsed, the cached files are still used
_SECTIONS = ("users", "licenses")
_INSTANTS = ("as_of", "observed")


def load_changed_users(
    files: Files,
    head: LoadedConfig,
    source: InventorySource,
    cache: Cache,
    jobs: int | None,
) -> CachedAccount | None:
    """Read an account without its users in sync.

    Args:
        files: all files.
        head: what the other files declare.
        source: the inventory.
        cache: the cache of the account.
        jobs: how many processes may read; None for one per core.

    Returns:
        the rest of the account; None if every user has to be compared.
    """
    assert head.desired is not None
    if not are_small(head.templates):
        return None  # only the loader of the whole account limits how large templates make it
    document = source.document()
    shared = SharedState(head.desired, Inventory.from_document(document))
    if not shared.is_stable:
        return None
    current = _CurrentState(
        files=files.user_files,
        keys={name: files.keys[name] for name in files.user_files},
        shared=shared,
        templates=head.templates,
        # without the times: an inventory that was read again may be the same
        shared_digest=digest({k: v for k, v in document.items() if k not in _INSTANTS}),
        source=source,
        jobs=jobs,
    )
    cached = _load_cached(cache, current)
    updated = _read_files(current, cached)
    if updated is None:
        return None
    account = _assemble(files, head, document, source, updated)
    if not source.is_current():
        return None
    if account is not None:
        save_account(cache, account)
    _save_files(cache, current, cached, updated)
    return account


def _load_cached(cache: Cache, current: _CurrentState) -> CachedUserFiles | None:
    """Read the cached files; None if there are none that can be used."""
    cached = load_cached_user_files(cache)
    if cached is None or cached.shared_digest != current.shared_digest:
        return None
    needed = current.removed_files(cached) if cached.token == current.source.token else cached.files
    return cached if cached.load_in_sync(cache, needed) else None


def _save_files(
    cache: Cache, current: _CurrentState, cached: CachedUserFiles | None, updated: CachedUserFiles
) -> None:
    """Cache the files, unless little has changed: then the cached ones serve the next plan, too."""
    files = updated.files.values()
    if any(file.document.faults for file in files):
        return
    if cached is not None and cached.token == current.source.token:
        parsed = sum(
            file.parsed
            for name, file in updated.files.items()
            if file is not cached.files.get(name)
        )
        users = sum(file.in_sync_totals.users for file in files)
        if parsed * _READ_SHARE < users or not cached.load_in_sync(cache, updated.files):
            return
    save_user_files(cache, updated)


def _assemble(
    files: Files,
    head: LoadedConfig,
    document: Mapping[str, Any],
    source: InventorySource,
    cached: CachedUserFiles,
) -> CachedAccount | None:
    """Make the account of the rest of its files; None if it has errors or conflicts."""
    documents = [
        cached.files[name].document if name in cached.files else read(data, name)
        for name, data in files.contents.items()
    ]
    if any(document.faults for document in documents):
        return None
    known = {name: entries for name, entries in head.sections.items() if name != "users"}
    loaded = build_desired(files, documents, known if not head.diagnostics else {})
    desired = loaded.desired
    records = {
        section: _parse_records(source.select(section, cached.not_in_sync[section]))
        for section in _SECTIONS
    }
    if desired is None or has_errors(loaded.diagnostics):
        return None
    if not has_no_conflicts(cached.files.values(), desired.users, records["users"]):
        return None
    return CachedAccount(
        token=source.token,
        digest=files.digest,
        sections=loaded.sections,
        templates=loaded.templates,
        types=desired.catalog.types,
        positions=cast(SourcePositions, desired.where),
        document={**document, **records},
        in_sync_totals=sum_totals(file.in_sync_totals for file in cached.files.values()),
        diagnostics=loaded.diagnostics,
    )


@dataclass(frozen=True, slots=True)
class _CurrentState:
    """The account as it is now.

    Attributes:
        files: the files of users.
        keys: the key of the content of each.
        shared: everything of the account except users and their licenses.
        templates: the settings of each template.
        shared_digest: the digest of the inventory without users and licenses.
        source: the inventory.
        jobs: how many processes may read.
    """

    files: Mapping[str, bytes]
    keys: dict[str, str]
    shared: SharedState
    templates: Mapping[str, dict[str, Any]]
    shared_digest: str
    source: InventorySource
    jobs: int | None

    def changed_files(self, cached: CachedUserFiles) -> list[str]:
        """Name the files that are new or differ from the cached ones."""
        return [name for name, key in self.keys.items() if cached.keys.get(name) != key]

    def removed_files(self, cached: CachedUserFiles) -> set[str]:
        """Name the cached files that are deleted or changed."""
        return {name for name, key in cached.keys.items() if self.keys.get(name) != key}

    def comparison(self, cached: CachedUserFiles | None) -> ComparisonContext:
        """Return what users are compared with."""
        is_same = cached is not None and cached.token == self.source.token
        return ComparisonContext(self.shared, self.templates, self.source.select, is_same)

    def to_cache(
        self, files: dict[str, UserFile], not_in_sync: dict[str, list[str]]
    ) -> CachedUserFiles:
        """Return the files in the order of this state, for the cache."""
        ordered = {name: files[name] for name in self.files}
        return CachedUserFiles(
            self.source.token, self.shared_digest, self.keys, ordered, not_in_sync
        )


def _read_files(current: _CurrentState, cached: CachedUserFiles | None) -> CachedUserFiles | None:
    """Read what has changed since the files were cached, and everything if none are cached.

    Returns:
        the files; None if one declares more than users, or if a sample of many files shows that
        hardly any user is in sync.
    """
    comparison = current.comparison(cached)
    before = cached.files if cached is not None else {}
    is_same = comparison.is_same_inventory
    changed = current.changed_files(cached) if cached is not None and is_same else current.files
    new = {name: current.files[name] for name in changed}
    if not is_same:
        current.source.prepare()
        if not before and len(new) > _MANY and not _is_worthwhile(new, comparison):
            return None
    finish_reading = start_mapping(
        new,
        lambda name, data: read_user_file(data, name, comparison, before.get(name)),
        jobs=current.jobs,
    )
    # while other processes read the files
    names = _names_to_load(current, cached if is_same else None)
    files = dict(before)
    for name, file in zip(new, finish_reading(), strict=True):
        if file is None:
            return None
        files[name] = file
    read_files = [files[name] for name in new] if is_same else list(files.values())
    for section, left in names.items():
        for name in chain.from_iterable(file.in_sync_names(section) for file in read_files):
            left.pop(name, None)
    not_in_sync = {section: list(left) for section, left in names.items()}
    return current.to_cache(files, not_in_sync)


def _names_to_load(
    current: _CurrentState, cached: CachedUserFiles | None
) -> dict[str, dict[str, None]]:
    """List the records that are not known to be in sync, by section.

    Args:
        current: the account as it is now.
        cached: the cached files, if no record has changed since.
    """
    if cached is None:
        return {name: dict.fromkeys(current.source.names(name)) for name in _SECTIONS}
    removed = [cached.files[name] for name in current.removed_files(cached)]
    return {
        section: dict.fromkeys(
            chain(cached.not_in_sync[section], *(file.in_sync_names(section) for file in removed))
        )
        for section in _SECTIONS
    }


def _is_worthwhile(contents: Mapping[str, bytes], comparison: ComparisonContext) -> bool:
    """Tell from a sample of many files whether at least half of the users are in sync."""
    in_sync = rest = 0
    for name, data in list(contents.items())[:: len(contents) // _SAMPLE]:
        file = read_user_file(data, name, comparison)
        if file is not None:
            in_sync += len(file.in_sync.users)
            rest += len(file.document.root.get("users") or ())
    return in_sync >= rest


def _parse_records(texts: Mapping[str, str]) -> dict[str, Any]:
    return {name: read_json(text) for name, text in texts.items()}
