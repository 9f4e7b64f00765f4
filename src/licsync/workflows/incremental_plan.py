"""Plans a large account by what is not settled: whoever is neither to be changed nor to be spoken of is only counted.

The plan is the one that comparing everybody makes. Where it is not sure to be
(`incremental.in_sync`), or where little would be gained, this says so, and everybody is compared.
While nothing has changed since the last plan, what that was made of is at hand
(`incremental.cached_account`), and what would be needed to read it is not even imported.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from licsync import __version__
from licsync.config.files import WORTHWHILE, Files, is_of_users
from licsync.diagnostics import InputInvalid, LicsyncError
from licsync.incremental.cache import Cache, directory
from licsync.incremental.cached_account import CachedAccount, load_cached_account
from licsync.incremental.in_sync import is_doubtful
from licsync.model.desired import Desired
from licsync.planning.plan import Plan
from licsync.profiling import phase
from licsync.store.sqlite_fast_path import FastPathUnavailable
from licsync.workflows.account import Account, read_tree
from licsync.workflows.inventory_files import checked_document, seed_bytes
from licsync.workflows.planning import PlanRequest, plan_account
from licsync.workflows.storage import clock
from licsync.workflows.store_damage import note_use

if TYPE_CHECKING:
    from licsync.incremental.load import Source


def plan_incrementally(
    root: Path,
    state: str | None,
    now: datetime | None,
    jobs: int | None,
    request: PlanRequest,
    *,
    least: int = WORTHWHILE,
) -> tuple[Account, Desired, Plan] | None:
    """Plan without the users that are settled; None where everybody has to be compared.

    Args:
        root: the account directory.
        state: URL of the store, if not the default one.
        now: the instant to plan by, if not the current one.
        jobs: how many processes may work.
        request: what the command line asks for.
        least: how many bytes the files of users have at least; smaller ones are quickly compared as
            a whole.

    Raises:
        InputInvalid: there is no such directory.
        BackendFailed: the store cannot be read.
    """
    with phase("reading files"):
        files = read_tree(root)
    user_files = {name: data for name, data in files.contents.items() if is_of_users(data)}
    if (
        request.target
        or request.exclude
        or request.due
        or files.faults
        or sum(map(len, user_files.values())) < least
    ):
        return None
    note_use(root, state)
    account = Account(root, None, [], state=state, now=(lambda: now) if now else clock, jobs=jobs)
    head = Files({name: data for name, data in files.contents.items() if name not in user_files})
    owner = sha256(f"{__version__} {head.digest}".encode()).digest()
    cache = Cache(directory(), owner, account.now().toordinal(), read_only=account.read_only)
    found = None
    try:
        found = _planned(account, files, head, user_files, cache, request)
    except LicsyncError:
        raise
    except Exception:
        if not cache.was_used:
            raise
    if found is None and cache.was_used:
        # its pieces may be whole and say what nobody wrote: who compares everybody does without
        # them
        cache.drop()
    return found


def _planned(
    account: Account,
    files: Files,
    head: Files,
    user_files: Mapping[str, bytes],
    cache: Cache,
    request: PlanRequest,
) -> tuple[Account, Desired, Plan] | None:
    """Plan by what is kept and what has changed."""
    with phase("leaving out users in sync"):
        whole = _load_reduced(account, files, head, user_files, cache)
    if whole is None:
        return None
    account.desired = desired = whole.desired()
    account.diagnostics = whole.diagnostics
    plan = plan_account(account, desired, request, whole.inventory())
    return None if is_doubtful(plan.diagnostics) else (account, desired, plan)


def _load_reduced(
    account: Account, files: Files, head: Files, user_files: Mapping[str, bytes], cache: Cache
) -> CachedAccount | None:
    """Give the account without its settled users."""
    found = load_cached_account(cache, files.contents)
    try:
        return _reuse_cached(account, files, found) or _rebuild(
            account, files, head, user_files, cache, found
        )
    except (InputInvalid, FastPathUnavailable):
        return None  # the inventory is at fault, or the store: who compares everybody says how


def _reuse_cached(
    account: Account, files: Files, found: CachedAccount | None
) -> CachedAccount | None:
    """Give what was found the last time, if files and inventory are still the same."""
    if found is None or found.digest != files.digest:
        return None
    account.desired = found.desired()
    with _source(account) as source:
        return found if source is not None and source.token == found.token else None


def _rebuild(
    account: Account,
    files: Files,
    head: Files,
    user_files: Mapping[str, bytes],
    cache: Cache,
    before: CachedAccount | None,
) -> CachedAccount | None:
    """Find it out anew, as far as it has changed."""
    from licsync.incremental.load import load_changed_users, load_head

    known = load_head(head, before)
    if known is None:
        return None
    account.desired = known.desired
    with _source(account) as source:
        return (
            load_changed_users(files, user_files, known, source, cache, account.jobs)
            if source is not None
            else None
        )


@contextmanager
def _source(account: Account) -> Iterator[Source | None]:
    """Give the inventory that the account is compared with; None where it is not at hand."""
    if account.backend_type != "local":
        yield None
    else:
        assert account.desired is not None
        with account.open_reader(account.desired.name) as snapshot:
            yield snapshot or _SeedSource.of(account)


class _SeedSource:
    """The inventory in a document: a `Source`."""

    def __init__(self, account: Account, name: str, data: bytes):
        self._account = account
        self._name = name
        self._data = data
        self.token = f"document {sha256(data).hexdigest()}"

    @classmethod
    def of(cls, account: Account) -> _SeedSource | None:
        name = str(account.settings.get("seed") or "")
        try:
            return cls(account, name, seed_bytes(account.directory, name)) if name else None
        except OSError:
            return None

    @cached_property
    def _document(self) -> dict[str, Any]:
        assert self._account.desired is not None
        return checked_document(self._data, self._name, self._account.desired.catalog)

    def document(self) -> dict[str, Any]:
        return {
            key: value for key, value in self._document.items() if key not in ("users", "licenses")
        }

    def names(self, section: str) -> Collection[str]:
        return (self._document.get(section) or {}).keys()

    def select(self, section: str, names: Collection[str]) -> dict[str, str]:
        records = self._document.get(section) or {}
        return {
            name: json.dumps(records[name], separators=(",", ":"))
            for name in names
            if name in records
        }

    def prepare(self) -> None:
        """It is all there."""

    def is_current(self) -> bool:
        return True
