"""What a run works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from licsync.engine.events import Listener, Outcome
from licsync.engine.ports import Backend, Clock, Store
from licsync.planning.plan import Plan


@dataclass(frozen=True, slots=True)
class RunContext:
    """What a run works with.

    Attributes:
        backend: where the account lives.
        store: keeps the lock and the journal.
        clock: gives the instant that is recorded.
        actor: names who runs it.
        listener: receives the events of the run.
        stop: tells, before a group of steps begins, whether to end the run; groups under way are
            finished.
        parallelism: how many groups of steps may be under way at once.
        link: the URL of the run (a CI job).
        due_clock: decides whether a plan has expired, if it is not `clock`.
        planned_for: the instant of `--now`, recorded beside the real one.
        save_observations: saves what was read of the account; called before the lock is released.
        check_plan: raises Refused if something outside the engine forbids a plan; called under the
            lock, before a run begins.
        before_end: called under the lock when a run is about to be closed, with its outcome. A
            resume after a crash calls it again.
    """

    backend: Backend
    store: Store
    clock: Clock
    actor: str
    listener: Listener = lambda event: None
    stop: Callable[[], bool] = lambda: False
    parallelism: int = 1
    link: str | None = None
    due_clock: Clock | None = None
    planned_for: str | None = None
    save_observations: Callable[[], None] = lambda: None
    check_plan: Callable[[Plan], None] = lambda plan: None
    before_end: Callable[[Plan, Outcome], None] = lambda plan, outcome: None
