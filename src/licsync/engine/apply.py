"""Applies a plan: write-ahead, one group of steps after the other, and goes on where a killed run ended.

A step is recorded as intended, with what it will overwrite, before it is sent, and as done with what was read
back (design, section 5). A refused step fails its action and what needs it, nothing else; where a swap or ring
fails in its middle, what it had done is taken back.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from time import monotonic

from licsync.diagnostics import Code, Diagnostic, InputInvalid, LicsyncError, PartlyApplied, Refused, error, has_errors
from licsync.engine.events import (
    ActionDone,
    ActionFailed,
    ActionSkipped,
    ActionStarted,
    Listener,
    Outcome,
    RunFinished,
    RunStarted,
)
from licsync.engine.inverse import inverse
from licsync.engine.ports import (
    Backend,
    BackendFailed,
    Clock,
    JournalEntry,
    Run,
    RunState,
    StepRefused,
    Store,
    StoreFailed,
)
from licsync.engine.steps import Group, Task, groups, restored
from licsync.model.inventory import Record, digest
from licsync.model.license import format_instant, parse_instant
from licsync.model.step import Step, touched
from licsync.planning.plan import Plan

_INTERRUPTED = "the run was interrupted before the step took effect"


@dataclass(frozen=True, slots=True)
class World:
    """What an apply works with.

    Attributes:
        backend: where the account lives.
        store: keeps the lock and the journal.
        clock: the instant to act by.
        actor: who runs this.
        listener: is told what happens.
        stop: tells, between groups of steps, whether to end here.
    """

    backend: Backend
    store: Store
    clock: Clock
    actor: str
    listener: Listener = lambda event: None
    stop: Callable[[], bool] = lambda: False


def apply(plan: Plan, world: World, *, saved: bool = False) -> Outcome:
    """Apply a plan.

    Args:
        plan: what to do.
        world: what to do it with.
        saved: whether the plan comes from a file, and so can be applied only once.

    Raises:
        Refused: nothing was changed: the plan has errors, expired, was applied already, or what it saw has
            changed; or an earlier run was not finished.
        Locked: another run works on the account.
        InputInvalid: the backend cannot be used, and nothing was changed.
        PartlyApplied: the backend or the store failed on the way; what was done is recorded.
    """
    _refuse_unfit(plan, world)
    with world.store.lock(plan.account, world.actor):
        document = plan.to_json()
        if saved and world.store.is_used(document["checksum"]):
            raise Refused(error(Code.PLAN_APPLIED, "This plan was applied already.", hint="Make a new plan."))
        unfinished = world.store.open_run(plan.account)
        if unfinished is not None:
            raise Refused(_unfinished(unfinished))
        records = _read(world, plan.saw)
        stale = _stale(plan, records)
        if stale:
            raise Refused(*stale)
        now = world.clock()
        name = f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
        run = Run(name, plan.account, document, records, world.actor, format_instant(now))
        world.store.begin(run)
        return _Runner(plan, run, world).go(resumed=False)


def resume(account: str, world: World) -> Outcome | None:
    """Go on with the run that was killed, interrupted or failed; nothing where the last one is done.

    Raises:
        Refused: nothing was done: a record that is yet to be changed is not as the run left it.
        Locked, InputInvalid, PartlyApplied: as `apply`.
    """
    with world.store.lock(account, world.actor):
        run = world.store.open_run(account)
        if run is None:
            last = next(iter(world.store.runs(account)), None)
            run = world.store.run(last.id) if last is not None and last.state == "failed" else None
            if run is None:
                return None
        runner = _Runner(Plan.from_json(run.plan), run, world)
        with runner.failures():
            runner.settle_open_intents()
            runner.refuse_changed()
            if run.state == "failed":
                world.store.reopen(run.id)
        return runner.go(resumed=True)


def abandon(account: str, world: World) -> str | None:
    """Close the run that was not finished, without going on; gives its id."""
    with world.store.lock(account, world.actor):
        run = world.store.open_run(account)
        if run is None:
            return None
        world.store.finish(run.id, "failed", format_instant(world.clock()))
        return run.id


def _refuse_unfit(plan: Plan, world: World) -> None:
    if has_errors(plan.diagnostics):
        raise Refused(*plan.diagnostics)
    if world.clock() >= parse_instant(plan.expires_at):
        message = f"The plan of {plan.created_at} expired at {plan.expires_at}."
        raise Refused(error(Code.PLAN_EXPIRED, message, hint="Make a new plan."))


def _unfinished(run: Run) -> Diagnostic:
    return error(
        Code.RUN_UNFINISHED,
        f"The run {run.id} of {run.actor}, begun at {run.started_at}, was not finished.",
        hint="Go on with it: licsync apply DIR --resume. Or close it as it is: licsync apply DIR --abandon.",
    )


def _read(world: World, keys: Mapping[str, str | None]) -> dict[str, Record | None]:
    try:
        return world.backend.fetch(keys)
    except BackendFailed as fault:
        raise InputInvalid(error(Code.BACKEND_FAILED, f"{fault} Nothing was changed.")) from fault


def _stale(plan: Plan, records: Mapping[str, Record | None]) -> list[Diagnostic]:
    """Name every record that is not as the plan saw it."""
    found = []
    for key, seen in plan.saw.items():
        record = records[key]
        now = digest(record) if record is not None else None
        if now != seen:
            what = "is gone" if now is None else "exists by now" if seen is None else "has changed"
            message = f"The plan is stale: {key} {what} since {plan.created_at}. Nothing was changed."
            found.append(error(Code.PLAN_STALE, message, hint="Make a new plan."))
    return found


@dataclass(slots=True)
class _Runner:
    """Carries out one run."""

    plan: Plan
    run: Run
    world: World
    done: dict[int, JournalEntry] = field(default_factory=dict)
    changed: bool = False
    unrecorded: JournalEntry | None = None
    outcome: Outcome = field(init=False)

    def __post_init__(self) -> None:
        self.outcome = Outcome(self.run.id)
        for entry in self.run.entries:
            self._count(entry)

    def _count(self, entry: JournalEntry) -> None:
        """Keep what is done: a step that was taken back is not."""
        if entry.state == "done":
            if entry.position >= 0:
                self.done[entry.position] = entry
            else:
                self.done.pop(-1 - entry.position, None)

    # --- before going on -------------------------------------------------------------------------------

    def settle_open_intents(self) -> None:
        """Ask the backend what became of every step that was begun, before anything is done."""
        for entry in self.run.entries:
            if entry.state != "intended":
                continue
            happened = self.world.backend.happened(entry.step, entry.before)
            after = self.world.backend.fetch(touched(entry.step)) if happened else None
            if happened is None:
                raise self._stopped(
                    f"It cannot be told whether the step {entry.step.op} on {entry.step.target} took effect: "
                    "somebody else changed it meanwhile. Nothing more was done.",
                    "Look at it in the console, close the run with: licsync apply DIR --abandon, and plan again.",
                )
            entry.state, entry.after = ("done", after) if happened else ("refused", None)
            entry.reason = None if happened else _INTERRUPTED
            self.world.store.settle(self.run.id, entry)
            self._count(entry)

    def refuse_changed(self) -> None:
        """Refuse to go on where somebody else has changed what is yet to be done. Raises Refused."""
        expected = dict(self.run.preimages)
        for entry in self.run.entries:
            expected |= entry.after or {}
        steps = [t.step for g in groups(self.plan, self.run.preimages) for t in g.tasks if t.position not in self.done]
        keys = dict.fromkeys(key for step in steps for key in touched(step) if key in expected)
        found = self.world.backend.fetch(keys)
        if changed := [key for key in keys if found[key] != expected[key]]:
            close = "close the run with: licsync apply DIR --abandon, and " if self.run.state == "open" else ""
            hint = f"Look at it in the console, {close}plan again."
            messages = [f"{key} is not as the run {self.run.id} left it. Nothing more was done." for key in changed]
            raise Refused(*(error(Code.PLAN_STALE, message, hint=hint) for message in messages))

    # --- going ------------------------------------------------------------------------------------------

    def go(self, *, resumed: bool) -> Outcome:
        """Do every group that is not done yet."""
        began = monotonic()
        found = groups(self.plan, self.run.preimages)
        self.world.listener(RunStarted(self.run.id, self.run.account, len(self.plan.actions), resumed))
        with self.failures():
            for group in found:
                if self.world.stop():
                    self.outcome.interrupted = True
                    break
                self._do(group)
            self._record()
            if not self.outcome.interrupted:
                state: RunState = "done" if self.outcome.is_complete else "failed"
                self.world.store.finish(self.run.id, state, format_instant(self.world.clock()))
        self.outcome.seconds = monotonic() - began
        self.world.listener(RunFinished(self.outcome))
        return self.outcome

    def _do(self, group: Group) -> None:
        outcome, listener = self.outcome, self.world.listener
        if group.manual:
            outcome.manual += [a.id for a in group.actions]
            return
        undone = outcome.failed.keys() | outcome.skipped.keys() | set(outcome.manual)
        missing = next((n for a in group.actions for n in a.needs if n in undone), None)
        if missing is not None:
            why = "has to be done by hand" if missing in outcome.manual else "was not done"
            reason = f"it waits for {missing}, which {why}"
            for action in group.actions:
                outcome.skipped[action.id] = reason
                listener(ActionSkipped(action, reason))
            return
        if group.tasks and all(task.position in self.done for task in group.tasks):
            outcome.done += [a.id for a in group.actions]
            return
        for action in group.actions:
            listener(ActionStarted(action))
        refusal = self._do_tasks(group)
        for action in group.actions:
            if refusal is None:
                outcome.done.append(action.id)
                listener(ActionDone(action))
            else:
                outcome.failed[action.id] = refusal
                listener(ActionFailed(action, refusal))

    def _do_tasks(self, group: Group) -> str | None:
        """Do the steps of a group; give the reason where one is refused and all are taken back."""
        for task in group.tasks:
            if task.position in self.done:
                continue
            step = task.step
            if task.restores is not None:
                step = restored(step, self.done[task.restores].before)
            reason = self._perform(task.position, task.action, step)
            if reason is not None:
                self._take_back(group.tasks)
                return reason
        return None

    def _take_back(self, tasks: tuple[Task, ...]) -> None:
        """Undo what a failed group has done, the last step first."""
        for task in reversed(tasks):
            entry = self.done.get(task.position)
            if entry is None:
                continue
            step = inverse(entry.step, entry.before, self._address)
            reason = self._perform(-1 - task.position, task.action, step)
            if reason is not None:
                raise self._stopped(
                    f"{entry.step.target} is left half changed: {step.op} was refused ({reason}).",
                    "Mend it in the console, close the run with: licsync apply DIR --abandon, and plan again.",
                )

    def _address(self, address_id: str) -> Record | None:
        key = f"service_addresses/{address_id}"
        return self.world.backend.fetch([key])[key]

    def _perform(self, position: int, action: str, step: Step) -> str | None:
        """Do one step, recorded before and after; give the reason where it is refused."""
        backend, store = self.world.backend, self.world.store
        entry = JournalEntry(position, action, step, "intended", backend.fetch(touched(step)))
        store.intend(self.run.id, entry, self.unrecorded)
        self.unrecorded = None
        try:
            backend.perform(step)
        except StepRefused as refusal:
            self.unrecorded = replace(entry, state="refused", reason=str(refusal))
            return str(refusal)
        self.changed = True
        self.unrecorded = replace(entry, state="done", after=backend.fetch(touched(step)))
        self._count(self.unrecorded)
        return None

    def _record(self) -> None:
        """Record how the last step ended; that of any other is recorded with the intent of the next."""
        if self.unrecorded is not None:
            self.world.store.settle(self.run.id, self.unrecorded)
            self.unrecorded = None

    # --- where it cannot go on ---------------------------------------------------------------------------

    @contextmanager
    def failures(self) -> Iterator[None]:
        """Turn a failure of the backend or the store into the error of a run that stays open."""
        try:
            yield
        except (BackendFailed, LicsyncError) as fault:
            with suppress(LicsyncError):  # where this fails too, a resume finds out what became of the step
                self._record()
            if isinstance(fault, BackendFailed):
                raise self._stopped(str(fault)) from fault
            if isinstance(fault, StoreFailed):
                raise self._stopped(str(fault), fault.diagnostics[0].hint, Code.STORE_FAILED) from fault
            raise

    def _stopped(self, message: str, hint: str | None = None, code: Code = Code.BACKEND_FAILED) -> LicsyncError:
        hint = hint or "When the cause is mended, go on with: licsync apply DIR --resume"
        kind = PartlyApplied if self.done or self.changed else InputInvalid
        return kind(error(code, message, hint=hint))
