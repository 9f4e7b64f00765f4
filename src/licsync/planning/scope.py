"""Narrows a plan to targets, or by leaving resources out, without breaking what depends on what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from licsync.model.catalog import Catalog
from licsync.planning.ordering import ordered
from licsync.planning.plan import Action


@dataclass(frozen=True, slots=True)
class Scope:
    """Resources that a plan is narrowed to (none: all of them), and resources that are left out."""

    targets: frozenset[str] = frozenset()
    excludes: frozenset[str] = frozenset()

    def includes_person(self, resource: str) -> bool:
        """Tell whether a user takes part; one that does not keeps everything it holds."""
        if resource in self.excludes:
            return False
        return not self.targets or resource in self.targets


def narrowed(actions: Sequence[Action], scope: Scope, catalog: Catalog) -> list[Action]:
    """Keep the actions of a scope: the targets and what they need; without the excluded and what needs them.

    Args:
        actions: ordered actions.
        scope: what to keep.
        catalog: for ordering what is left.
    """
    kept = list(actions)
    mates: dict[str, list[Action]] = defaultdict(list)
    for action in kept:
        mates[action.ring or action.id].append(action)
    if scope.excludes:
        dropped: set[str] = set()
        for action in kept:
            if action.resource in scope.excludes or dropped & set(action.needs):
                dropped |= {mate.id for mate in mates[action.ring or action.id]}
        kept = [a for a in kept if a.id not in dropped]
    if scope.targets:
        needed: set[str] = set()
        for action in reversed(kept):
            if action.resource in scope.targets or action.id in needed:
                needed |= {i for mate in mates[action.ring or action.id] for i in (mate.id, *mate.needs)}
        kept = [a for a in kept if a.id in needed]
    if len(kept) == len(actions):
        return list(actions)
    for action in kept:
        action.ring, action.split = None, False
    return ordered(kept, catalog)
