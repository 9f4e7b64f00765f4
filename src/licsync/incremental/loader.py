"""Loads large accounts without users in sync: the only entrance to this package."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from hashlib import sha256

from licsync.config.files import CATALOG_FILE, Files, LoadedConfig
from licsync.diagnostics import LicsyncError, has_errors
from licsync.incremental.cache import Cache, directory
from licsync.incremental.cached_account import CachedAccount, InventorySource, load_cached_account
from licsync.version import __version__


class IncrementalLoader:
    """Loads a large account without its users in sync.

    While nothing has changed since the last plan, it returns the cached input of that plan and
    does not import the modules that read YAML and compare users.

    Args:
        files: the files of the account.
        today: the number of the day (`incremental.cache`).
        jobs: how many processes may read; None for one per core.
        read_only: whether the cache must not be written.
    """

    def __init__(self, files: Files, *, today: int, jobs: int | None, read_only: bool):
        self._files = files
        self._jobs = jobs
        catalog = CATALOG_FILE.read_bytes()  # whose license types are cached
        owner = sha256(f"{__version__} {files.head.digest} ".encode() + catalog).digest()
        self._cache = Cache(directory(), owner, today, read_only=read_only)
        self._cached: CachedAccount | None = None
        try:
            self._cached = load_cached_account(self._cache, files.contents)
        except Exception:  # the checksum is right, but another version wrote the content
            self.discard()

    @cached_property
    def head(self) -> LoadedConfig:
        """What the files declare besides those that list only users."""
        if self._cached is not None:
            try:
                head = replace(self._cached.desired(), users={})
                return LoadedConfig(head, [], True, self._cached.templates, self._cached.sections)
            except Exception:  # as above
                self.discard()
                self._cached = None
        from licsync.config.loader import load_head

        return load_head(self._files)

    def load(self, source: InventorySource | None) -> CachedAccount | None:
        """Load the account without its users in sync.

        Args:
            source: the inventory; None if there is none to read.

        Returns:
            the rest of the account; None if the whole account has to be loaded.
        """
        try:
            found = self._load(source) if source is not None else None
        except LicsyncError:
            raise
        except Exception:
            if not self._cache.was_used:
                raise
            found = None
        if found is None:
            self.discard()
        return found

    def discard(self) -> None:
        """Delete the cache of the account if it was used: it led to no plan, or to a doubt."""
        if self._cache.was_used:
            self._cache.drop()

    @property
    def was_cache_used(self) -> bool:
        """Whether the loaded account comes from the cache, at least in part."""
        return self._cache.was_used

    def _load(self, source: InventorySource) -> CachedAccount | None:
        cached, head = self._cached, self.head
        if cached is not None and (cached.digest, cached.token) == (
            self._files.digest,
            source.token,
        ):
            return cached
        desired = head.desired
        if desired is None or desired.users or has_errors(head.diagnostics):
            return None
        from licsync.incremental.load import load_changed_users

        return load_changed_users(self._files, head, source, self._cache, self._jobs)
