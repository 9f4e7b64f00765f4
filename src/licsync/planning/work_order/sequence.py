"""Joins parts to groups that become one item each, and puts the groups in a safe order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush
from itertools import chain, product
from typing import Literal

from licsync.planning.manual.sentences import asks_billing
from licsync.planning.order.ordering import components
from licsync.planning.work_order.grouping import BulkGroup, Setting
from licsync.planning.work_order.parts import Part

GroupKind = Literal["own", "ring", "upload", "bulk", "user", "resource"]

_PHASES: Mapping[GroupKind, int] = {
    "own": 0, "resource": 1, "upload": 3, "bulk": 4, "ring": 5, "user": 6,
}  # fmt: skip
"""What comes first where nothing else decides."""

_BILLING, _FAR, _LEFT_SITES, _RELOCATIONS, _DELETIONS = 2, 7, 8, 9, 10


@dataclass(frozen=True, slots=True)
class PartGroup:
    """Parts that people do in one go; those of a ring are several items in direct succession.

    Attributes:
        kind: what joins them.
        parts: the parts.
        is_left_site: whether it is a site that users leave. A new address of the site would go with
            their licenses, so they leave first.
    """

    kind: GroupKind
    parts: tuple[Part, ...]
    is_left_site: bool = False

    @property
    def rank(self) -> tuple[int, int]:
        """Its place where nothing else decides."""
        first = self.parts[0]
        action, phase = first.action, _PHASES[self.kind]
        if self.kind == "resource":
            if action.verb == "delete":
                phase = _DELETIONS
            elif action.verb in ("reinstate", "relocate"):
                phase = _BILLING if action.verb == "reinstate" else _RELOCATIONS
            elif self.is_left_site:
                phase = _LEFT_SITES
        elif self.kind == "user" and any(
            part.action.page is not None and part.action.page.other_pbx for part in self.parts
        ):
            phase = _FAR
        return (phase, min(part.place for part in self.parts))


def group_parts(parts: Iterable[Part], bulk: Sequence[BulkGroup]) -> list[PartGroup]:
    """Join parts: rings, the upload, bulk edits of several users, and the rest by user."""
    found: dict[str, list[Part]] = defaultdict(list)
    kinds: dict[str, GroupKind] = {}
    homes: dict[tuple[str, Setting], str] = {}
    for number, (settings, users) in enumerate(bulk):
        if len(users) > 1:
            homes |= dict.fromkeys(product(users, settings), f"bulk {number}")
    for part in parts:
        home, kind = _home(part, homes)
        found[home].append(part)
        kinds[home] = kind
    for home, kind in kinds.items():
        if kind == "ring":
            found[home].sort(key=lambda part: (part.role != "release", part.place))
    changes = chain.from_iterable(part.changes for part in chain.from_iterable(found.values()))
    left = {f"sites/{change.before}" for change in changes if change.path == "site"}
    return [
        PartGroup(kinds[home], tuple(members), members[0].action.resource in left)
        for home, members in found.items()
    ]


def _home(part: Part, homes: Mapping[tuple[str, Setting], str]) -> tuple[str, GroupKind]:
    if part.role == "own":
        return part.key, "own"
    if part.action.ring is not None:
        return f"ring {part.action.ring}", "ring"
    if part.role == "upload":
        return "upload", "upload"
    if part.setting is not None and (part.user, part.setting) in homes:
        return homes[part.user, part.setting], "bulk"
    if part.user:
        return f"user {part.user}", "user"
    if part.action.verb in ("reinstate", "relocate"):  # one visit of the page, or one request
        asked = "asked" if asks_billing(part.action) else ""
        return f"{part.action.verb} {asked}", "resource"
    return part.key, "resource"


def in_order(groups: Iterable[PartGroup]) -> list[PartGroup]:
    """Order groups so that each comes after what it waits for.

    A group that would have to come both before and after another one is taken apart.
    """
    found = list(groups)
    while True:
        graph = _graph(found)
        circles = set(chain.from_iterable(c for c in components(graph) if len(c) > 1))
        if not circles:
            return [found[i] for i in _sorted(found, graph)]
        found = _split(found, circles)


def _graph(groups: Sequence[PartGroup]) -> dict[int, set[int]]:
    home = {part.key: i for i, group in enumerate(groups) for part in group.parts}
    return {
        i: {home[need] for part in group.parts for need in part.needs} - {i}
        for i, group in enumerate(groups)
    }


def _split(groups: Sequence[PartGroup], circles: Collection[int]) -> list[PartGroup]:
    """Take groups of a circle apart: those of one user, else bulk edits, else all that may be."""
    several = [i for i in circles if groups[i].kind == "user" and len(groups[i].parts) > 1]
    several = several or [i for i in circles if groups[i].kind == "bulk"]
    several = several or [i for i in circles if groups[i].kind != "ring"]
    result = [group for i, group in enumerate(groups) if i not in several]
    for i in several:
        kind: GroupKind = "user" if groups[i].kind == "bulk" else groups[i].kind
        result += [replace(groups[i], kind=kind, parts=(part,)) for part in groups[i].parts]
    return result


def _sorted(groups: Sequence[PartGroup], graph: Mapping[int, set[int]]) -> list[int]:
    missing = {i: len(needs) for i, needs in graph.items()}
    waiting: dict[int, list[int]] = defaultdict(list)
    for i, needs in graph.items():
        for need in needs:
            waiting[need].append(i)
    ready = [(groups[i].rank, i) for i, count in missing.items() if not count]
    heapify(ready)
    result = []
    while ready:
        _, i = heappop(ready)
        result.append(i)
        for other in waiting[i]:
            missing[other] -= 1
            if not missing[other]:
                heappush(ready, (groups[other].rank, other))
    return result
