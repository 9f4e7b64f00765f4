"""What is told of one user or resource in any medium: an entry with its details, and the order of reading."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from licsync.model.declarations import PLAIN

Tone = Literal["takes", "changes", "gives"]
"""Whether something is taken away from somebody, changed, or given."""

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
"""Symbol and tone by `kind.verb`: of several actions of one user the first of these gives the entry its symbol."""

_TONES: tuple[Tone, ...] = ("takes", "changes", "gives")
"""The order of reading."""

_RANK = {label: rank for rank, label in enumerate(_VERB_PHRASES)}
"""The order within a tone."""


_UNKNOWN: tuple[str, Tone] = ("~", "changes")
"""A plan file may name anything."""


def rank(label: str) -> int:
    """Sort `kind.verb` by what matters most."""
    return _RANK.get(label, 0)


def verb_order(label: str) -> tuple[int, int]:
    """Sort `kind.verb` for reading: what takes away first."""
    return _TONES.index(tone_of(label)), rank(label)


def tone_of(label: str) -> Tone:
    """Say whether `kind.verb` takes something away, changes or gives something."""
    return _VERB_PHRASES.get(label, _UNKNOWN)[1]


def symbol_of(label: str) -> str:
    """Give the symbol of `kind.verb`."""
    return _VERB_PHRASES.get(label, _UNKNOWN)[0]


class Detail(NamedTuple):
    """One line below an entry: what, how, and a remark (`changes by itself`)."""

    label: str
    text: str
    note: str = ""


class Entry(NamedTuple):
    """What happens to one user or resource, or to several alike.

    Attributes:
        label: `kind.verb` of the action that matters most.
        tone: of that action.
        symbol: of that action.
        subject: to whom or what.
        tell: gives `phrases`; of many entries most are never said in full.
        alike: the same without unit ids; equal for entries that can be told together.
        general: the same without values too; equal for entries that can be told together where
            there are too many.
        details: lines below it.
        source: where the files ask for it, `file:line`.
        members: the subjects, where several are told together.
        apart: what is told together, one by one.
        resource: what it is about, as the plan names it; of several alike the first.
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
        """What happens."""
        return self.tell()

    @property
    def what(self) -> str:
        """What happens, on one line."""
        return ", ".join(self.phrases)


def reading_order(entry: Entry) -> tuple[int, int]:
    """Sort entries for reading: what takes away first."""
    return _TONES.index(entry.tone), rank(entry.label)
