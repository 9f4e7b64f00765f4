"""Tells, while a run goes on, what is left of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from licsync.engine.context import RunContext
from licsync.engine.events import Remaining
from licsync.engine.journal_state import JournalState
from licsync.engine.steps import Group
from licsync.planning.forecast import Countdown


class RemainingTime:
    """What is left of a run, told to the listener of its world; of a backend that nobody waits for, nothing.

    Args:
        groups: all groups of the run.
        progress: what an earlier attempt has done of them.
        world: what the run works with.
    """

    def __init__(self, groups: Iterable[Group], journal_state: JournalState, context: RunContext):
        todo = [group for group in groups if not group.manual]
        left = [
            action for group in todo if not journal_state.is_done(group) for action in group.actions
        ]
        pace = context.backend.capabilities.throughput
        self._actions = sum(len(group.actions) for group in todo)
        self._left = Countdown(left, pace) if pace else None
        self._listener = context.listener

    def begin(self) -> None:
        """Tell what there is to be done now."""
        self._began = asyncio.get_running_loop().time()
        self._notify()

    def group_started(self, group: Group) -> None:
        """Note that a group is under way."""
        if self._left is not None:
            for action in group.actions:
                self._left.begin(action.id)

    def group_ended(self, group: Group) -> None:
        """Tell that a group is ended, however, where it was to be done."""
        if self._left is not None and all(self._left.end(action.id) for action in group.actions):
            self._notify()

    def _notify(self) -> None:
        if self._left is not None:
            seconds = asyncio.get_running_loop().time() - self._began
            ended = self._actions - self._left.actions
            self._listener(Remaining(ended, self._actions, self._left.forecast(seconds), seconds))
