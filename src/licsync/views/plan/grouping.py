"""Groups entries with the same changes, so that long plans stay short."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from licsync.views import phrases as words
from licsync.views.plan.entry import Detail, Entry, reading_order

_ALIKE = 3
"""The least number of licenses with the same change that form a group."""

_LONG = 40
"""Plans with more entries than this group users too."""

_MANY = 10
"""The least number of entries that differ only in values that form a group."""


def group_alike(entries: Sequence[Entry], most: int) -> list[Entry]:
    """Group entries with the same changes.

    Licenses that move or return in the same way are always grouped; users only in long plans. If
    more than `most` entries remain, entries that differ only in values are grouped too.
    """
    many = len(entries) > _LONG
    told = _grouped(entries, [e.alike if many or _is_license(e) else None for e in entries], _ALIKE)
    if len(told) > most:
        told = _grouped(told, [None if e.members else e.general for e in told], _MANY)
    return sorted(told, key=reading_order)


def _grouped(entries: Sequence[Entry], names: Sequence[str | None], least: int) -> list[Entry]:
    """Group entries with the same name, symbol and kinds of details; None is never grouped."""
    groups: dict[object, list[Entry]] = defaultdict(list)
    for position, (entry, name) in enumerate(zip(entries, names, strict=True)):
        shape = tuple([(label, note) for label, _, note in entry.details])
        groups[position if name is None else (name, entry.symbol, shape)].append(entry)
    told: list[Entry] = []
    for alikes in groups.values():
        told += [_join_entries(alikes)] if len(alikes) >= least else alikes
    return told


def _is_license(entry: Entry) -> bool:
    return entry.label in ("license.relocate", "license.reinstate")


def _join_entries(entries: list[Entry]) -> Entry:
    first = entries[0]
    same = all(entry.alike == first.alike for entry in entries)
    prefix = "license " if _is_license(first) else ""
    members = tuple(entry.subject.removeprefix(prefix) for entry in entries)
    details = [Detail("includes", words.first_few(list(members), 6))]
    for column in zip(*(entry.details for entry in entries), strict=True):
        equal = all(detail.text == column[0].text for detail in column)
        details.append(column[0] if equal else column[0]._replace(text=f"{column[0].text}, …"))
    files = {entry.source.rpartition(":")[0] for entry in entries}
    return first._replace(
        subject=words.count(len(entries), _noun(first)),
        tell=lambda: (first.alike if same else f"{first.general}, each to a different value",),
        details=tuple(details),
        source=files.pop() if len(files) == 1 else words.count(len(files), "file"),
        members=members,
        apart=tuple(entries),
    )


def _noun(entry: Entry) -> str:
    if _is_license(entry):
        return "license"
    kind = entry.label.partition(".")[0]
    return "user" if kind in ("user", "license") else "resource"
