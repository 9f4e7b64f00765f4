"""Reads an account without its settled users, and no more of it than has changed since the last time (`kept`)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from licsync.config.assembly import build_desired
from licsync.config.files import Files
from licsync.config.loaded import LoadedConfig
from licsync.config.parallel import map_files
from licsync.config.positions import SourcePositions
from licsync.config.templates import are_small
from licsync.config.yaml.entry_templates import EntryTemplates
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
from licsync.incremental.in_sync import SharedState, sum_totals
from licsync.incremental.user_files import (
    ComparisonContext,
    UserFile,
    has_no_conflicts,
    mark_in_sync,
    read_user_file,
)
from licsync.model.canonical import read_json
from licsync.model.inventory import Inventory, digest

_TRIED, _MANY = 3, 30  # files
_FEW = 10  # one in so many bytes
_SECTIONS = ("users", "licenses")


def load_changed_users(
    files: Files,
    user_files: Mapping[str, bytes],
    head: LoadedConfig,
    source: InventorySource,
    cache: Cache,
    jobs: int | None,
) -> CachedAccount | None:
    """Read an account without its settled users; None where everybody has to be compared.

    Args:
        files: all files.
        user_files: those of users.
        head: what the others say.
        source: the inventory.
        cache: what is kept of the account.
        jobs: how many processes may read.
    """
    assert head.desired is not None
    if not are_small(head.templates):
        return None  # who compares everybody counts what they stand for
    document = source.document()
    shared_state = SharedState(head.desired, Inventory.from_document(document))
    if not shared_state.is_stable:
        return None
    now = _CurrentState(
        files=user_files,
        keys={name: files.keys[name] for name in user_files},
        around=shared_state,
        templates=head.templates,
        # loaded anew, it is the same
        places=digest({key: value for key, value in document.items() if key != "as_of"}),
        source=source,
        jobs=jobs,
    )
    kept, is_near = _load_cached(cache, now)
    found = _changed_parts(now, kept) if kept is not None and is_near else _all_parts(now, kept)
    if found is None:
        return None
    result = _assemble(files, head, document, source, found)
    if not source.is_current():
        return None
    if result is not None:
        save_account(cache, result)
    if not is_near and not any(part.document.faults for part in found.parts.values()):
        save_user_files(cache, found)  # where little has changed, what was kept before does
    return result


def _load_cached(cache: Cache, now: _CurrentState) -> tuple[CachedUserFiles | None, bool]:
    """Give what is kept and can be used, and whether little has changed since."""
    kept = load_cached_user_files(cache)
    if kept is None or kept.around != now.places:
        return None, False
    is_near = now.is_close_to(kept)
    return (
        (kept, is_near)
        if kept.load_in_sync(cache, now.removed_files(kept) if is_near else kept.parts)
        else (None, False)
    )


def _assemble(
    files: Files,
    head: LoadedConfig,
    document: Mapping[str, Any],
    source: InventorySource,
    found: CachedUserFiles,
) -> CachedAccount | None:
    """Make the account of what is left of its files; None where they, or what was left out, are not in order."""
    documents = [
        found.parts[n].document if n in found.parts else read(data, n)
        for n, data in files.contents.items()
    ]
    if any(document.faults for document in documents):
        return None
    known = {name: entries for name, entries in head.sections.items() if name != "users"}
    loaded = build_desired(files, documents, known if not head.diagnostics else {})
    desired = loaded.desired
    left = {
        section: _records(source.select(section, found.loose[section])) for section in _SECTIONS
    }
    if desired is None or has_errors(loaded.diagnostics):
        return None
    if not has_no_conflicts(found.parts.values(), desired.users, left["users"]):
        return None
    return CachedAccount(
        token=source.token,
        digest=files.digest,
        sections=loaded.sections,
        templates=loaded.templates,
        places=cast(SourcePositions, desired.where),
        document={**document, **left},
        in_sync_totals=sum_totals(part.in_sync_totals for part in found.parts.values()),
        diagnostics=loaded.diagnostics,
    )


@dataclass(frozen=True, slots=True)
class _CurrentState:
    """What there is to be read now.

    Attributes:
        files: the files of users.
        keys: what names the content of each.
        around: what their users are settled in.
        templates: what each template says.
        places: names the places of the inventory.
        source: the inventory.
        jobs: how many processes may read.
    """

    files: Mapping[str, bytes]
    keys: dict[str, str]
    around: SharedState
    templates: Mapping[str, dict[str, Any]]
    places: str
    source: InventorySource
    jobs: int | None

    def changed_files(self, kept: CachedUserFiles) -> list[str]:
        """Name the files that are not as they are kept."""
        return [name for name, key in self.keys.items() if kept.keys.get(name) != key]

    def removed_files(self, kept: CachedUserFiles) -> set[str]:
        """Name the kept files that are not there any more as they were."""
        return {name for name, key in kept.keys.items() if self.keys.get(name) != key}

    def size_of(self, names: Collection[str]) -> int:
        """Count the bytes of files."""
        return sum(len(self.files[name]) for name in names)

    def is_close_to(self, kept: CachedUserFiles) -> bool:
        """Tell whether the inventory is the same, and few of the files are not."""
        changed = self.size_of(self.changed_files(kept))
        return kept.token == self.source.token and changed * _FEW < self.size_of(self.files)

    def to_cache(self, parts: dict[str, UserFile], loose: dict[str, list[str]]) -> CachedUserFiles:
        """Give what is to be kept of this."""
        return CachedUserFiles(
            self.source.token,
            self.places,
            self.keys,
            {name: parts[name] for name in self.files},
            loose,
        )


def _changed_parts(now: _CurrentState, kept: CachedUserFiles) -> CachedUserFiles | None:
    """Read the files that changed, while the inventory is the same; None where one lists more than users."""
    comparison, entry_templates = (
        ComparisonContext(now.around, now.templates, now.source.select),
        EntryTemplates(),
    )
    changed = now.changed_files(kept)
    new = {
        name: part
        for name in changed
        if (part := read_user_file(now.files[name], name, comparison, entry_templates))
    }
    if len(new) < len(changed):
        return None
    gone = [kept.parts[name] for name in now.removed_files(kept)]
    loose = {}
    for section in _SECTIONS:
        names = dict.fromkeys(
            (*kept.loose[section], *(name for part in gone for name in part.in_sync(section)))
        )
        loose[section] = _not_in_sync(names, new.values(), section)
    return now.to_cache(kept.parts | new, loose)


def _all_parts(now: _CurrentState, kept: CachedUserFiles | None) -> CachedUserFiles | None:
    """Read the files of which the content or the records changed; None as above.

    Files are not read either where, of many, a few show that hardly anybody is settled.
    """
    now.source.prepare()
    comparison, entry_templates = (
        ComparisonContext(now.around, now.templates, now.source.select),
        EntryTemplates(),
    )
    held: dict[str, UserFile] = {}
    if kept is not None:
        same = now.keys.keys() & kept.parts.keys() - set(now.changed_files(kept))
        held = {
            n: part
            for n, part in kept.parts.items()
            if n in same and part.records_digest(comparison) == part.seen_digest
        }
    new = {name: data for name, data in now.files.items() if name not in held}
    if len(new) > _MANY and not held and not _is_worthwhile(new, comparison, entry_templates):
        return None
    read_now = map_files(
        new,
        lambda name, data: read_user_file(data, name, comparison, entry_templates),
        jobs=now.jobs,
    )
    parts = {name: mark_in_sync(part, comparison) or part for name, part in held.items()}
    for name, part in zip(new, read_now, strict=True):
        if part is None:
            return None
        parts[name] = part
    loose = {
        section: _not_in_sync(now.source.names(section), parts.values(), section)
        for section in _SECTIONS
    }
    return now.to_cache(parts, loose)


def _not_in_sync(names: Iterable[str], parts: Iterable[UserFile], section: str) -> list[str]:
    settled = {name for part in parts for name in part.in_sync(section)}
    return [name for name in names if name not in settled]


def _is_worthwhile(
    files: Mapping[str, bytes], comparison: ComparisonContext, entry_templates: EntryTemplates
) -> bool:
    """Tell from a few files, where there are many, whether most users are settled."""
    some = list(files.items())[:: len(files) // _TRIED]
    parts = [
        part
        for name, data in some
        if (part := read_user_file(data, name, comparison, entry_templates)) is not None
    ]
    left = sum(len(part.document.root.get("users") or ()) for part in parts)
    return sum(len(part.users) for part in parts) >= left


def _records(texts: Mapping[str, str]) -> dict[str, Any]:
    return {name: read_json(text) for name, text in texts.items()}
