"""Reads an account without its settled users, and no more of it than has changed since the last time (`kept`)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, cast

from licsync.config.assembly import Loaded, assembled
from licsync.config.files import Files
from licsync.config.parallel import spread
from licsync.config.positions import Places
from licsync.config.templates import are_small
from licsync.config.yaml.entry_templates import Stencils
from licsync.config.yaml.parser import read
from licsync.diagnostics import has_errors
from licsync.incremental.cache import Cache
from licsync.incremental.cached_account import Kept, Whole, keep_parts, keep_whole, recalled_parts
from licsync.incremental.in_sync import Surroundings, whole
from licsync.incremental.user_files import Ground, Part, are_alone, read_part, settle
from licsync.model.canonical import read_json
from licsync.model.inventory import Inventory, digest

_TRIED, _MANY = 3, 30  # files
_FEW = 10  # one in so many bytes
_SECTIONS = ("users", "licenses")


class Source(Protocol):
    """An inventory, of which little may be read."""

    @property
    def token(self) -> str:
        """Name the state of its records."""
        ...

    def is_current(self) -> bool:
        """Tell whether it is still in this state: then all that was read is of one moment."""
        ...

    def document(self) -> dict[str, Any]:
        """Give the inventory document without users and licenses."""
        ...

    def names(self, section: str) -> Collection[str]:
        """Name the records of a section."""
        ...

    def some(self, section: str, names: Collection[str]) -> Mapping[str, str]:
        """Give those records of a section that have these names, each as JSON; also in a forked process."""
        ...

    def prepare(self) -> None:
        """Read beforehand what a forked process could not."""
        ...


def head_of(head: Files, before: Whole | None) -> Loaded | None:
    """Read everything but the files of users; None where that alone is not in order.

    Args:
        head: the files but those that seem to list users and nothing else.
        before: what was found the last time, of the same head.
    """
    if before is not None:
        return Loaded(
            replace(before.desired(), users={}), [], True, before.templates, before.sections
        )
    known = assembled(head, [read(data, name) for name, data in head.contents.items()])
    return (
        None
        if known.desired is None or known.desired.users or has_errors(known.diagnostics)
        else known
    )


def without_settled(
    files: Files,
    apart: Mapping[str, bytes],
    head: Loaded,
    source: Source,
    cache: Cache,
    jobs: int | None,
) -> Whole | None:
    """Read an account without its settled users; None where everybody has to be compared.

    Args:
        files: all files.
        apart: those of users.
        head: what the others say.
        source: the inventory.
        cache: what is kept of the account.
        jobs: how many processes may read.
    """
    assert head.desired is not None
    if not are_small(head.templates):
        return None  # who compares everybody counts what they stand for
    document = source.document()
    around = Surroundings(head.desired, Inventory.from_document(document))
    if not around.are_steady:
        return None
    now = _Now(
        files=apart,
        keys={name: files.keys[name] for name in apart},
        around=around,
        templates=head.templates,
        # loaded anew, it is the same
        places=digest({key: value for key, value in document.items() if key != "as_of"}),
        source=source,
        jobs=jobs,
    )
    kept, is_near = _recalled(cache, now)
    found = _changed_parts(now, kept) if kept is not None and is_near else _all_parts(now, kept)
    if found is None:
        return None
    result = _put_together(files, head, document, source, found)
    if not source.is_current():
        return None
    if result is not None:
        keep_whole(cache, result)
    if not is_near and not any(part.document.faults for part in found.parts.values()):
        keep_parts(cache, found)  # where little has changed, what was kept before does
    return result


def _recalled(cache: Cache, now: _Now) -> tuple[Kept | None, bool]:
    """Give what is kept and can be used, and whether little has changed since."""
    kept = recalled_parts(cache)
    if kept is None or kept.around != now.places:
        return None, False
    is_near = now.is_near(kept)
    return (
        (kept, is_near)
        if kept.with_settled(cache, now.gone(kept) if is_near else kept.parts)
        else (None, False)
    )


def _put_together(
    files: Files, head: Loaded, document: Mapping[str, Any], source: Source, found: Kept
) -> Whole | None:
    """Make the account of what is left of its files; None where they, or what was left out, are not in order."""
    documents = [
        found.parts[n].document if n in found.parts else read(data, n)
        for n, data in files.contents.items()
    ]
    if any(document.faults for document in documents):
        return None
    known = {name: entries for name, entries in head.sections.items() if name != "users"}
    loaded = assembled(files, documents, known if not head.diagnostics else {})
    desired = loaded.desired
    left = {section: _records(source.some(section, found.loose[section])) for section in _SECTIONS}
    if desired is None or has_errors(loaded.diagnostics):
        return None
    if not are_alone(found.parts.values(), desired.users, left["users"]):
        return None
    return Whole(
        token=source.token,
        digest=files.digest,
        sections=loaded.sections,
        templates=loaded.templates,
        places=cast(Places, desired.where),
        document={**document, **left},
        rest=whole(part.rest for part in found.parts.values()),
        diagnostics=loaded.diagnostics,
    )


@dataclass(frozen=True, slots=True)
class _Now:
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
    around: Surroundings
    templates: Mapping[str, dict[str, Any]]
    places: str
    source: Source
    jobs: int | None

    def changed(self, kept: Kept) -> list[str]:
        """Name the files that are not as they are kept."""
        return [name for name, key in self.keys.items() if kept.keys.get(name) != key]

    def gone(self, kept: Kept) -> set[str]:
        """Name the kept files that are not there any more as they were."""
        return {name for name, key in kept.keys.items() if self.keys.get(name) != key}

    def size_of(self, names: Collection[str]) -> int:
        """Count the bytes of files."""
        return sum(len(self.files[name]) for name in names)

    def is_near(self, kept: Kept) -> bool:
        """Tell whether the inventory is the same, and few of the files are not."""
        changed = self.size_of(self.changed(kept))
        return kept.token == self.source.token and changed * _FEW < self.size_of(self.files)

    def kept(self, parts: dict[str, Part], loose: dict[str, list[str]]) -> Kept:
        """Give what is to be kept of this."""
        return Kept(
            self.source.token,
            self.places,
            self.keys,
            {name: parts[name] for name in self.files},
            loose,
        )


def _changed_parts(now: _Now, kept: Kept) -> Kept | None:
    """Read the files that changed, while the inventory is the same; None where one lists more than users."""
    ground, stencils = Ground(now.around, now.templates, now.source.some), Stencils()
    changed = now.changed(kept)
    new = {
        name: part
        for name in changed
        if (part := read_part(now.files[name], name, ground, stencils))
    }
    if len(new) < len(changed):
        return None
    gone = [kept.parts[name] for name in now.gone(kept)]
    loose = {}
    for section in _SECTIONS:
        names = dict.fromkeys(
            (*kept.loose[section], *(name for part in gone for name in part.settled(section)))
        )
        loose[section] = _not_settled(names, new.values(), section)
    return now.kept(kept.parts | new, loose)


def _all_parts(now: _Now, kept: Kept | None) -> Kept | None:
    """Read the files of which the content or the records changed; None as above.

    Files are not read either where, of many, a few show that hardly anybody is settled.
    """
    now.source.prepare()
    ground, stencils = Ground(now.around, now.templates, now.source.some), Stencils()
    held: dict[str, Part] = {}
    if kept is not None:
        same = now.keys.keys() & kept.parts.keys() - set(now.changed(kept))
        held = {
            n: part
            for n, part in kept.parts.items()
            if n in same and part.named(ground) == part.seen
        }
    new = {name: data for name, data in now.files.items() if name not in held}
    if len(new) > _MANY and not held and not _is_worthwhile(new, ground, stencils):
        return None
    read_now = spread(
        new, lambda name, data: read_part(data, name, ground, stencils), jobs=now.jobs
    )
    parts = {name: settle(part, ground) or part for name, part in held.items()}
    for name, part in zip(new, read_now, strict=True):
        if part is None:
            return None
        parts[name] = part
    loose = {
        section: _not_settled(now.source.names(section), parts.values(), section)
        for section in _SECTIONS
    }
    return now.kept(parts, loose)


def _not_settled(names: Iterable[str], parts: Iterable[Part], section: str) -> list[str]:
    settled = {name for part in parts for name in part.settled(section)}
    return [name for name in names if name not in settled]


def _is_worthwhile(files: Mapping[str, bytes], ground: Ground, stencils: Stencils) -> bool:
    """Tell from a few files, where there are many, whether most users are settled."""
    some = list(files.items())[:: len(files) // _TRIED]
    parts = [
        part for name, data in some if (part := read_part(data, name, ground, stencils)) is not None
    ]
    left = sum(len(part.document.root.get("users") or ()) for part in parts)
    return sum(len(part.users) for part in parts) >= left


def _records(texts: Mapping[str, str]) -> dict[str, Any]:
    return {name: read_json(text) for name, text in texts.items()}
