"""The entry of one user or resource in any medium, and the reading order of entries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from licsync.model.declarations import PLAIN

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


def tone_of(label: str) -> Tone:
    """Give the tone of `kind.verb`."""
    return _VERB_PHRASES.get(label, _UNKNOWN)[1]


def symbol_of(label: str) -> str:
    """Give the symbol of `kind.verb`."""
    return _VERB_PHRASES.get(label, _UNKNOWN)[0]


class Detail(NamedTuple):
    """One line below an entry: label, text and a note (`changes automatically`)."""

    label: str
    text: str
    note: str = ""


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
        apart: the entries of a group.
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
    apart: tuple[Entry, ...] = ()
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
