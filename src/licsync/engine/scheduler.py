"""Schedules groups of steps so that the result is that of running them one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heapify, heappop, heappush

from licsync.engine.steps import Group


class Scheduler:
    """Hands out groups: half-done ones first, then in the order of the plan.

    A group may start once all groups that its actions need have ended, and all earlier ones that
    touch a common record. One at a time, that is the order of the plan.

    Args:
        groups: the groups of a run, in the order of the plan.
        is_half_done: tells which were begun by an earlier attempt.
    """

    def __init__(self, groups: Sequence[Group], is_half_done: Callable[[Group], bool]):
        self._ranks = [(not is_half_done(group), index) for index, group in enumerate(groups)]
        waits = _waits(groups)
        self._missing = [len(firsts) for firsts in waits]
        self._blocks: list[list[int]] = [[] for _ in groups]
        for index, firsts in enumerate(waits):
            for first in firsts:
                self._blocks[first].append(index)
        self._ready = [
            rank for rank, missing in zip(self._ranks, self._missing, strict=True) if not missing
        ]
        heapify(self._ready)

    def __bool__(self) -> bool:
        """Tell whether a group may start now."""
        return bool(self._ready)

    def next_group(self) -> int:
        """Give the index of the next group to start."""
        return heappop(self._ready)[1]

    def mark_ended(self, index: int) -> None:
        """Note that a group has ended: groups that waited for nothing else may start."""
        for blocked in self._blocks[index]:
            self._missing[blocked] -= 1
            if not self._missing[blocked]:
                heappush(self._ready, self._ranks[blocked])


def _waits(groups: Sequence[Group]) -> list[set[int]]:
    """List for each group the earlier ones it waits for: of each record the last one."""
    homes = {action.id: index for index, group in enumerate(groups) for action in group.actions}
    last: dict[str, int] = {}
    result = []
    for index, group in enumerate(groups):
        needs = (need for action in group.actions for need in action.needs)
        needed = {homes[need] for need in needs if need in homes}
        result.append((needed | {last[key] for key in group.keys if key in last}) - {index})
        last |= dict.fromkeys(group.keys, index)
    return result
