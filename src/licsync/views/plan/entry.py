"""The entries of a plan as people read them: in order, grouped if alike, and counted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from licsync.diagnostics import Code, has_errors
from licsync.model.capabilities import VERBS
from licsync.model.declarations import KINDS, PLAIN
from licsync.planning.plan import Plan
from licsync.views import phrases as words
from licsync.views.terminal import commas

Tone = Literal["takes", "changes", "gives"]
"""Whether an action removes, changes or adds something."""

_OTHERS = (*reversed(PLAIN), "service_address")
_VERB_PHRASES: dict[str, tuple[str, Tone]] = {
    "user.delete": ("-", "takes"),
    "license.unassign": ("-", "takes"),
    "license.downgrade": ("↓", "takes"),
    "user.suspend": ("‖", "takes"),
    **{f"{kind}.delete": ("-", "takes") for kind in _OTHERS},
    "license.change": ("~", "changes"),
    "license.upgrade": ("↑", "gives"),
    "user.reactivate": ("▶", "gives"),
    "user.create": ("+", "gives"),
    "license.assign": ("+", "gives"),
    "user.rename": ("→", "changes"),
    "user.update": ("~", "changes"),
    **{f"{kind}.update": ("~", "changes") for kind in _OTHERS},
    "license.reinstate": ("↺", "gives"),
    "license.relocate": ("→", "changes"),
    **{f"{kind}.create": ("+", "gives") for kind in _OTHERS},
}
"""Symbol and tone by `kind.verb`; of several actions of a user the first one here counts."""

_TONES: tuple[Tone, ...] = ("takes", "changes", "gives")
"""The order of reading."""

_RANK = {label: rank for rank, label in enumerate(_VERB_PHRASES)}
"""The order within a tone."""


_UNKNOWN: tuple[str, Tone] = ("~", "changes")
"""For labels that only a modified plan file contains."""


def rank(label: str) -> int:
    """Sort `kind.verb` by importance."""
    return _RANK.get(label, 0)


def verb_order(label: str) -> tuple[int, int]:
    """Sort `kind.verb` for reading: removals first."""
    return _TONES.index(tone_of(label)), rank(label)


def verb_title(label: str) -> str:
    """Name a verb, with the kind unless it is a user or license: `downgrade`, `create site`."""
    kind, _, verb = label.partition(".")
    return verb if kind in ("user", "license") else f"{verb} {kind.replace('_', ' ')}"


def count_titles(summary: Mapping[str, int]) -> list[str]:
    """Count what was done by `kind.verb`, removals first: `1 create`, `2 update site`."""
    known = sorted((label for label in summary if "." in label), key=verb_order)
    return [f"{summary[label]:,} {verb_title(label)}" for label in known]


def tone_of(label: str) -> Tone:
    """Give the tone of `kind.verb`."""
    return _VERB_PHRASES.get(label, _UNKNOWN)[1]


def symbol_of(label: str) -> str:
    """Give the symbol of `kind.verb`."""
    return _VERB_PHRASES.get(label, _UNKNOWN)[0]


class Detail(NamedTuple):
    """One line below an entry: label, text, a note (`changes automatically`), and a style."""

    label: str
    text: str
    note: str = ""
    style: str = ""


class Entry(NamedTuple):
    """What a plan does to one user or resource, or to a group of them.

    Attributes:
        label: `kind.verb` of the most important action.
        tone: of that action.
        symbol: of that action.
        subject: the user or resource.
        tell: gives `phrases`; lazily, because most entries of a long plan are never shown.
        alike: the phrases without unit ids; entries with equal ones can be grouped.
        general: the phrases without values too; entries with equal ones are grouped in plans that
            are still too long.
        details: the lines below the entry.
        source: where the files declare it, as `file:line`.
        members: the subjects of a group.
        grouped_entries: the entries of a group.
        resource: the plan's name of the resource; of a group, that of its first entry.
    """

    label: str
    tone: Tone
    symbol: str
    subject: str
    tell: Callable[[], tuple[str, ...]]
    alike: str
    general: str
    details: tuple[Detail, ...] = ()
    source: str = ""
    members: tuple[str, ...] = ()
    grouped_entries: tuple[Entry, ...] = ()
    resource: str = ""

    @property
    def phrases(self) -> tuple[str, ...]:
        """What the plan does."""
        return self.tell()

    @property
    def what(self) -> str:
        """What the plan does, on one line."""
        return ", ".join(self.phrases)


def reading_order(entry: Entry) -> tuple[int, int]:
    """Sort entries for reading: removals first."""
    return _TONES.index(entry.tone), rank(entry.label)


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
    grouped = _grouped(
        entries, [e.alike if many or _is_license(e) else None for e in entries], _ALIKE
    )
    if len(grouped) > most:
        grouped = _grouped(grouped, [None if e.members else e.general for e in grouped], _MANY)
    return sorted(grouped, key=reading_order)


def _grouped(entries: Sequence[Entry], names: Sequence[str | None], least: int) -> list[Entry]:
    """Group entries with the same name, symbol and kinds of details; None is never grouped."""
    groups: dict[object, list[Entry]] = defaultdict(list)
    for position, (entry, name) in enumerate(zip(entries, names, strict=True)):
        shape = tuple([(label, note) for label, _, note, _ in entry.details])
        groups[position if name is None else (name, entry.symbol, shape)].append(entry)
    grouped: list[Entry] = []
    for alikes in groups.values():
        grouped += [_join_entries(alikes)] if len(alikes) >= least else alikes
    return grouped


def _is_license(entry: Entry) -> bool:
    return entry.label in ("license.relocate", "license.reinstate")


def _join_entries(entries: list[Entry]) -> Entry:
    first = entries[0]
    same = all(entry.alike == first.alike for entry in entries)
    prefix = "license " if _is_license(first) else ""
    members = tuple(entry.subject.removeprefix(prefix) for entry in entries)
    details = [Detail("includes", words.first_few(words.counted(members), 6))]
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
        grouped_entries=tuple(entries),
    )


def _noun(entry: Entry) -> str:
    if _is_license(entry):
        return "license"
    kind = entry.label.partition(".")[0]
    return "user" if kind in ("user", "license") else "resource"


_NOUNS: dict[str, tuple[str, str] | None] = {
    name: None
    if name in ("user", "license")
    else (kind.title, f"{kind.title}{'es' * kind.title.endswith('s') or 's'}")
    for name, kind in reversed(KINDS.items())
}
"""Nouns by kind; None for users and licenses, which are counted together by verb."""


def count_labels(labels: Iterable[str]) -> list[tuple[str, str]]:
    """Count each `kind.verb`, removals first, as pairs of a label and a phrase: `1 to create`."""
    numbers_of: dict[tuple[tuple[str, str] | None, str], dict[str, int]] = defaultdict(dict)
    for label, number in Counter(labels).items():
        kind, _, verb = label.partition(".")
        if verb in VERBS.get(kind, ()):  # a plan file can contain any label
            numbers_of[_NOUNS[kind], verb][label] = number
    counted = []
    for (nouns, verb), by_label in numbers_of.items():
        number = sum(by_label.values())
        amount = words.count(number, *nouns) if nouns else f"{number:,}"
        counted.append((min(by_label, key=verb_order), f"{amount} to {verb}"))
    return sorted(counted, key=lambda pair: (verb_order(pair[0]), pair[1]))


def count_phrases(labels: Iterable[str]) -> list[str]:
    """Count each `kind.verb`, removals first: `1 to create`, `2 sites to update`."""
    return [phrases for _, phrases in count_labels(labels)]


def summary_phrases(plan: Plan) -> list[str]:
    """Summarize a plan in one line, given as phrases between which the line can break."""
    if not plan.actions:
        if has_errors(plan.diagnostics):
            return ["No plan.", "Fix the errors first."]
        if any(d.code == Code.PLAN_NARROWED for d in plan.diagnostics):
            return ["No changes", "in the selected targets."]
        if plan.what_if:
            return ["No changes."]
        if plan.undoes:
            is_left = any(d.code == Code.NOT_UNDONE for d in plan.diagnostics)
            return ["No changes.", f"There is nothing {'else ' if is_left else ''}to undo."]
        return ["No changes.", "The inventory matches the files."]
    phrases = commas(count_phrases(action.label for action in plan.actions)) or [
        words.count(len(plan.actions), "action")
    ]
    manual = sum(action.manual for action in plan.actions)
    phrases[0] = f"Plan: {phrases[0]}"
    phrases[-1] += "."
    if not manual:
        return phrases
    return [*phrases, f"{manual:,} of them {'is' if manual == 1 else 'are'} manual."]
