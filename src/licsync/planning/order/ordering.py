"""Puts the actions of a plan in an order that can be executed from top to bottom.

A swap or ring without a spare unit is opened by splitting one action (rarely more). A split action
releases its unit or numbers when the ring begins, and receives the new ones at its own position. So
at most two users of a ring are without their license at the same time. The order depends on the
actions alone, never on the order in which they were found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from heapq import heapify, heappop, heappush
from itertools import chain, combinations, islice

from licsync.model.capabilities import VERBS
from licsync.model.catalog import Catalog
from licsync.model.declarations import PLAIN
from licsync.planning.actions import Action
from licsync.planning.order.dependencies import Dependencies, dependencies

Graph = Mapping[int, set[int]]
"""Maps the position of an action to the positions it waits for."""

_FIRST = ("service_address", *PLAIN)
_RANKS = {
    **{
        (kind, v): place - len(_FIRST)
        for place, kind in enumerate(_FIRST)
        for v in ("create", "update")
    },
    ("license", "reinstate"): 0,
    ("user", "rename"): 1,
    **{("license", v): 2 for v in VERBS["license"] if v not in ("reinstate", "relocate")},
    **{("user", v): 2 for v in VERBS["user"] if v != "rename"},
    ("license", "relocate"): 3,
    **{(kind, "delete"): 4 for kind in _FIRST},
}
_USER_ORDER = (
    "create", "reactivate", "update", "unassign", "upgrade", "downgrade", "change", "assign",
    "suspend", "delete",
)  # fmt: skip


_WITHIN = {
    (kind, verb): _USER_ORDER.index(verb) if verb in _USER_ORDER else -1 for kind, verb in _RANKS
}


def _reading_order(action: Action) -> tuple[object, ...]:
    what, new, old = (action.kind, action.verb), action.license, action.origin
    unit = new or old
    kind = unit.type if unit else ""
    ids = (new.id or "" if new else "", old.id or "" if old else "")
    parts = [c.license or c.path for c in action.changes] if what == ("user", "update") else []
    return (_RANKS[what], action.resource, _WITHIN[what], kind, ids, action.manual, parts)


def order_actions(actions: Iterable[Action], catalog: Catalog) -> list[Action]:
    """Order and number actions, and say what each needs, its ring, and which ones are split.

    Args:
        actions: the actions, in any order.
        catalog: says which licenses fill the same plane.

    Returns:
        the actions in executable order, with `id`, `needs`, `ring` and `split`.
    """
    found = sorted(actions, key=_reading_order)
    waits = dependencies(found, catalog)
    graph = {i: waits.of(i) for i in range(len(found))}
    result: list[int] = []
    rings: dict[int, str] = {}
    split: set[int] = set()
    number = 0
    for component in _sorted_components(graph):
        if len(component) > 1:
            number += 1
            rings |= dict.fromkeys(component, f"r{number}")
            component, opened = _open_ring(component, graph, waits)
            split |= opened
        result += component
    ids = {i: position for position, i in enumerate(result, 1)}
    ordered = []
    for i, position in ids.items():
        ring = rings.get(i)
        outside = [ids[j] for j in graph[i] if ring is None or rings.get(j) != ring]
        needs = tuple(f"a{first}" for first in sorted(outside))
        ordered.append(
            replace(found[i], id=f"a{position}", needs=needs, ring=ring, split=i in split)
        )
    return ordered


def _open_ring(
    ring: Sequence[int], graph: Graph, waits: Dependencies
) -> tuple[list[int], set[int]]:
    """Order the actions of one ring by splitting few: first those that most others wait for.

    Where that splits more than one, the fewest are searched for.

    Returns:
        the order, and which actions are split.
    """
    result, splits = _order_of_ring(ring, graph, waits, set())
    if len(splits) > 1 and (fewer := _fewest_splits(ring, graph, waits, len(splits) - 1)):
        result, splits = _order_of_ring(ring, graph, waits, fewer)
    return result, splits


def _order_of_ring(
    ring: Sequence[int], graph: Graph, waits: Dependencies, chosen: set[int]
) -> tuple[list[int], set[int]]:
    """Order a ring, and return which actions that splits: the chosen ones, else one by one."""
    members = set(ring)
    left = {i: graph[i] & members for i in ring}
    result: list[int] = []
    splits: set[int] = set()
    parts = [list(ring)]
    while parts:
        part = parts.pop()
        if len(part) == 1:
            result += part
            continue
        members = set(part)
        cut = chosen & members
        if not cut:
            waited_for = Counter(
                j for i in part for j in waits.loose.get(i, set()) & left[i] & members
            )
            cut = {
                min(
                    waited_for,
                    key=lambda j: (bool(waits.firm.get(j, set()) & members), -waited_for[j], j),
                )
            }
        splits |= cut
        left |= {i: left[i] - (cut & waits.loose.get(i, set())) for i in part}
        parts += reversed(_sorted_components({i: left[i] & members for i in part}))
    return result, splits


_MAX_SPLIT_ATTEMPTS = 2000
"""Limit of the search for the smallest split; a small ring is searched completely."""


def _fewest_splits(ring: Sequence[int], graph: Graph, waits: Dependencies, most: int) -> set[int]:
    """Search the fewest actions whose split opens a ring; empty if `most` are too few.

    None of them may wait firmly for another action of the ring.
    """
    members = set(ring)
    waited_for = Counter(j for i in ring for j in waits.loose.get(i, set()) & members)
    able = sorted(
        (j for j in waited_for if not waits.firm.get(j, set()) & members),
        key=lambda j: (-waited_for[j], j),
    )
    ways = chain.from_iterable(combinations(able, size) for size in range(1, most + 1))
    for way in islice(ways, _MAX_SPLIT_ATTEMPTS):
        cut = set(way)
        left = {i: (graph[i] & members) - (cut & waits.loose.get(i, set())) for i in ring}
        if len(components(left)) == len(ring):
            return cut
    return set()


def _sorted_components(graph: Graph) -> list[list[int]]:
    """List the strongly connected components: dependencies first, then the lowest position."""
    parts = components(graph)
    home = {i: number for number, component in enumerate(parts) for i in component}
    waiting: list[set[int]] = [
        {home[j] for i in component for j in graph[i]} - {number}
        for number, component in enumerate(parts)
    ]
    blocks: list[list[int]] = [[] for _ in parts]
    for number, firsts in enumerate(waiting):
        for first in firsts:
            blocks[first].append(number)
    missing = [len(firsts) for firsts in waiting]
    ready = [(parts[n][0], n) for n, count in enumerate(missing) if not count]
    heapify(ready)
    result = []
    while ready:
        _, number = heappop(ready)
        result.append(parts[number])
        for blocked in blocks[number]:
            missing[blocked] -= 1
            if not missing[blocked]:
                heappush(ready, (parts[blocked][0], blocked))
    return result


def components(graph: Graph) -> list[list[int]]:
    """Find the strongly connected components, each sorted (Tarjan, without recursion)."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    on_stack: set[int] = set()
    found: list[list[int]] = []
    for root in graph:
        if root in index:
            continue
        if not graph[root]:
            index[root] = low[root] = len(index)
            found.append([root])
            continue
        path = [(root, iter(graph[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while path:
            node, successors = path[-1]
            for successor in successors:
                if successor not in index:
                    index[successor] = low[successor] = len(index)
                    stack.append(successor)
                    on_stack.add(successor)
                    path.append((successor, iter(graph[successor])))
                    break
                if successor in on_stack:
                    low[node] = min(low[node], index[successor])
            else:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[node])
                if low[node] == index[node] and stack[-1] == node:
                    on_stack.discard(stack.pop())
                    found.append([node])
                elif low[node] == index[node]:
                    component: list[int] = []
                    while not component or component[-1] != node:
                        component.append(stack.pop())
                        on_stack.discard(component[-1])
                    found.append(sorted(component))
    return found
