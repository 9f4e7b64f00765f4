"""What is determined of a plan and of the inventory afterwards; what the contract leaves open is
left open here.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tests.oracle.settings import Doc, Holding, Key

ActionKey = tuple[str, str, str]  # kind, verb, name without case


@dataclass
class Person:
    """One user as they should be afterwards."""

    name: str
    status: str | None
    attributes: Doc
    holdings: list[Holding] | None = None
    old_name: str | None = None


@dataclass
class Demand:
    """Who needs a unit of one type and country, and what there is to give."""

    wanted: list[Doc] = field(default_factory=list)  # addresses
    free: dict[str, Doc] = field(default_factory=dict)  # unit to address
    freed: dict[str, Doc] = field(default_factory=dict)
    # a freed unit's user moves in the same plan: which address it has then is open
    moving: bool = False


@dataclass
class Expected:
    """Everything that is determined."""

    actions: Counter[ActionKey] = field(default_factory=Counter)
    optional: Counter[ActionKey] = field(default_factory=Counter)
    people: dict[str, Person] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    renames: dict[str, str] = field(default_factory=dict)  # new name to old, without case
    demand: dict[Key, Demand] = field(default_factory=dict)
    short: dict[Key, int] = field(default_factory=dict)
    reinstated: set[str] = field(default_factory=set)
    protected: bool = False
    sites: dict[str, Doc] = field(default_factory=dict)
    policies: dict[str, Doc] = field(default_factory=dict)
    addresses: dict[str, Doc] = field(default_factory=dict)  # slug to content
    pools: dict[Key, Doc] = field(default_factory=dict)
    owned: Counter[Key] = field(default_factory=Counter)

    @property
    def refused(self) -> bool:
        """Whether apply must refuse (exit 3)."""
        return bool(self.short) or self.protected

    @property
    def has_changes(self) -> bool:
        """Whether anything must be done at all, relocations of unassigned units aside."""
        return bool(self.actions)
