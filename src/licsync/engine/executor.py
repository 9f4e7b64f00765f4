"""Executes one run: groups of steps, several at once as far as possible, with compensation.

A step is recorded as intended, with what it will overwrite, before it is sent; with its ticket when
the backend has accepted it; and as done, with what was read back (design, section 5).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

from licsync.diagnostics import (
    CredentialsMissing,
    Diagnostic,
    LicsyncError,
)
from licsync.engine.carried_license import complete_attach
from licsync.engine.compensation import compensating_step
from licsync.engine.context import RunContext
from licsync.engine.errors import Stale, final_error
from licsync.engine.events import (
    ActionDone,
    ActionFailed,
    ActionSkipped,
    ActionStarted,
    ActionUncertain,
    Event,
    Outcome,
    RunFinished,
    RunStarted,
)
from licsync.engine.journal import Journal
from licsync.engine.journal_state import (
    JournalState,
    is_detached,
    settings_to_restore,
)
from licsync.engine.ports import JournalEntry, Run, RunState, StepUncertain
from licsync.engine.recovery import with_consequence
from licsync.engine.reporting import (
    RemainingTime,
    manual_repair_needed,
    record_outcomes,
    respelling_notes,
)
from licsync.engine.scheduler import Scheduler
from licsync.engine.steps import Group, compile_steps
from licsync.model.console.step import Step, keys_of_step
from licsync.model.inventory import Record, as_unit, services_of, without_notes
from licsync.model.license import format_instant
from licsync.planning.actions import Action
from licsync.planning.plan import Plan


@dataclass(slots=True)
class Executor:
    """Executes one run.

    Attributes:
        plan: the plan.
        run: the run, with its journal so far.
        context: backend, store and clock.
        faults: why the run has to stop. New groups start only while this is empty. Other tasks
            may add to it.
        known: records as last read, which a step overwrites.
        journal_state: results of its steps so far.
        stale: objections to what is still to be done, such as external changes. With any, only
            half-done groups are finished.
        blocked: the records of groups with a step in doubt.
        undone: ids of the actions that were not done.
    """

    plan: Plan
    run: Run
    context: RunContext
    faults: list[Exception]
    known: dict[str, Record | None] = field(default_factory=dict)
    stale: list[Diagnostic] = field(default_factory=list)
    blocked: set[str] = field(default_factory=set)
    undone: set[str] = field(default_factory=set)
    changed: bool = False
    groups: list[Group] = field(init=False)
    journal_state: JournalState = field(init=False)
    outcome: Outcome = field(init=False)
    journal: Journal = field(init=False)
    began: float | None = None

    def __post_init__(self) -> None:
        """Read the journal."""
        self.outcome = Outcome(
            self.run.id,
            actions={action.id: action for action in self.plan.actions},
            names={f"licenses/{unit}": self.plan.name_of(f"licenses/{unit}")
                   for unit in self.plan.unnamed},
        )  # fmt: skip
        in_place = self.context.backend.capabilities.changes_in_place
        self.groups = compile_steps(self.plan, self.run.preimages, in_place=in_place)
        self.journal_state = JournalState.from_run(self.run)
        self.journal = Journal(self.run.id, self.context)

    def begin(self, *, resumed: bool) -> None:
        """Report that the run begins or is resumed; from now on its end is reported too."""
        self.began = asyncio.get_running_loop().time()
        self.context.listener(
            RunStarted(
                self.run.id,
                self.run.account,
                len(self.plan.actions),
                resumed,
                self.outcome.names,
            )
        )

    # --- going ------------------------------------------------------------------------------------

    async def execute(self) -> Outcome:
        """Run every group that is not done yet."""
        with self.raising_final_error():
            await self._run_all(RemainingTime(self.groups, self.journal_state, self.context))
            if self.stale:
                self.faults.append(Stale(with_consequence(self.stale, has_changed=self.changed)))
            if not self.faults:
                self.journal.record_pending_results()
                self._close()
        self._report_end()
        return self.outcome

    def _report_end(self) -> None:
        """Report the outcome of every action, if the run was begun."""
        if self.began is None:
            return
        self._account_for_all(self.outcome)
        self.outcome.seconds = asyncio.get_running_loop().time() - self.began
        self.context.listener(RunFinished(self.outcome))

    def _account_for_all(self, outcome: Outcome) -> None:
        """Add the outcome of every action that the run did not come to."""
        asked_in_vain = {entry.action for entry in self.run.entries if entry.state == "intended"}
        record_outcomes(
            outcome, self.groups, self.journal_state, self.journal.open_ends | asked_in_vain
        )

    def _close(self) -> None:
        """Close the run, unless it was interrupted or a step is in doubt."""
        if self.outcome.interrupted or self.outcome.uncertain:
            return
        self.context.backend.record_restores(settings_to_restore(self.plan, self.journal_state))
        state: RunState = "done" if self.outcome.is_complete else "failed"
        outcome = replace(self.outcome, done=[*self.outcome.done], manual=[])
        self._account_for_all(outcome)
        self.context.before_end(self.plan, outcome)
        self.context.store.finish(self.run.id, state, format_instant(self.context.clock()))

    async def _run_all(self, remaining_time: RemainingTime) -> None:
        schedule = Scheduler(self.groups, self.journal_state.is_partial)
        remaining_time.begin()
        running: dict[asyncio.Task[None], int] = {}
        try:
            while True:
                while schedule and len(running) < self.context.parallelism and not self.faults:
                    if self.context.stop():
                        self.outcome.interrupted = True
                        break
                    index = schedule.next_group()
                    remaining_time.group_started(self.groups[index])
                    running[asyncio.create_task(self._run_group(self.groups[index]))] = index
                if not running:
                    return
                ended, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in sorted(ended, key=running.__getitem__):
                    index, fault = running.pop(task), task.exception()
                    if fault is None:
                        schedule.mark_ended(index)
                        remaining_time.group_ended(self.groups[index])
                    elif isinstance(fault, Exception):  # groups under way are finished nevertheless
                        self.faults += [fault] if fault not in self.faults else []
                    else:
                        raise fault
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _run_group(self, group: Group) -> None:
        outcome, listener = self.outcome, self.context.listener
        if group.manual:
            outcome.manual += [a.id for a in group.actions]
            self.undone.update(a.id for a in group.actions)
        elif (reason := self._waits_for(group)) is not None:
            self._skip_group(group, outcome.skipped, ActionSkipped, reason)
        elif self.journal_state.is_done(group):
            outcome.done += [a.id for a in group.actions]
        elif (reason := self.journal_state.in_doubt(group)) is not None:
            self._leave_in_doubt(group, reason)
        elif self.stale and not self.journal_state.is_partial(group):
            self.undone.update(a.id for a in group.actions)
        else:
            for action in group.actions:
                listener(ActionStarted(action))
            await self._execute_group(group)

    def _waits_for(self, group: Group) -> str | None:
        needs = (need for action in group.actions for need in action.needs)
        needed = next(filter(self.undone.__contains__, needs), None)
        if needed is not None:
            why = "has to be done by hand" if needed in self.outcome.manual else "was not done"
            action = next(a for a in self.plan.actions if a.id == needed)
            return f"it waits for '{action.verb} {action.resource}', which {why}"
        if blocked := sorted(self.blocked & group.keys):
            return f"it is not known yet what became of an earlier step on {blocked[0]}"
        return None

    async def _execute_group(self, group: Group) -> None:
        outcome, listener = self.outcome, self.context.listener
        try:
            refusal = await self._run_tasks(group)
        except StepUncertain as fault:
            self._leave_in_doubt(group, str(fault))
            # the backend would accept nothing else
            if isinstance(fault.__cause__, CredentialsMissing):
                raise fault.__cause__ from None
            return
        if refusal is not None:
            self._skip_group(group, outcome.failed, ActionFailed, refusal)
            return
        for action in group.actions:
            outcome.done.append(action.id)
            listener(
                ActionDone(
                    action, respelling_notes(self.journal_state.applied_entries(group), action.id)
                )
            )

    def _leave_in_doubt(self, group: Group, reason: str) -> None:
        """Leave a group, and all it touches, until a resume knows what became of its step."""
        self.blocked |= group.keys
        self._skip_group(group, self.outcome.uncertain, ActionUncertain, reason)

    def _skip_group(
        self,
        group: Group,
        reasons: dict[str, str],
        event: Callable[[Action, str], Event],
        reason: str,
    ) -> None:
        for action in group.actions:
            reasons[action.id] = reason
            self.undone.add(action.id)
            self.context.listener(event(action, reason))

    async def _run_tasks(self, group: Group) -> str | None:
        """Perform the steps of a group; if one is refused, compensate and give the reason."""
        for task in reversed(group.tasks):
            if (entry := self.journal_state.begun.get(-1 - task.position)) is not None:
                await self._retry_compensation(group, entry)
        for task in group.tasks:
            if task.position in self.journal_state.done:
                continue
            step = task.step
            if task.restores is not None:
                step = complete_attach(step, self.journal_state.done[task.restores].before)
            reason = await self._perform(task.position, task.action, await self._with_units(step))
            if reason is not None:
                await self._compensate(group, reason)
                return reason
        return None

    async def _with_units(self, step: Step) -> Step:
        """Name the units that a user holds now; an earlier action may have been left out."""
        if "units" not in step.args:
            return step
        record = (await self._records([step.target]))[step.target]
        return Step(
            step.op,
            step.target,
            {**step.args, "units": [s["license"] for s in services_of(record)]},
        )

    async def _compensate(self, group: Group, reason: str) -> None:
        """Compensate the steps of a failed group, the last one first."""
        for task in reversed(group.tasks):
            if task.position in self.journal_state.begun:
                raise manual_repair_needed(self.journal_state.applied_entries(group), reason)
            entry = self.journal_state.done.get(task.position)
            if entry is None:
                continue
            content = await self._addresses(entry)
            step = compensating_step(entry.step, entry.before, content.get)
            refusal = await self._perform(-1 - task.position, task.action, step)
            if refusal is not None:
                raise manual_repair_needed(
                    self.journal_state.applied_entries(group), f"{step.op} was refused ({refusal})"
                )

    async def _retry_compensation(self, group: Group, entry: JournalEntry) -> None:
        """Finish a compensation that is half done."""
        refusal = await self._perform(entry.position, entry.action, entry.step)
        if refusal is not None:
            raise manual_repair_needed(
                self.journal_state.applied_entries(group),
                f"{entry.step.op} was refused ({refusal})",
            )

    async def _addresses(self, entry: JournalEntry) -> dict[str, Record | None]:
        """Read by id the service addresses that the units of a step had before it."""
        names = entry.step.args.get("addresses", ())
        units = (as_unit(entry.before.get(f"licenses/{name}")) for name in names)
        places = (unit and unit.get("service_address") for unit in units)
        ids = list(dict.fromkeys(filter(None, places)))
        found = (
            await self.context.backend.fetch([f"service_addresses/{i}" for i in ids]) if ids else {}
        )
        return {i: found[f"service_addresses/{i}"] for i in ids}

    # --- one step ---------------------------------------------------------------------------------

    async def _perform(self, position: int, action: str, step: Step) -> str | None:
        """Perform one step, recorded before and after; give the reason if it is refused.

        Raises:
            StepUncertain: its end is not known.
        """
        before = await self._overwritten(step)
        if position >= 0 and position not in self.journal_state.begun and is_detached(step, before):
            return f"{step.name} does not hold {step.args['license']} any more"
        entry = await self.journal.run_step(
            JournalEntry(position, action, step, "intended", before)
        )
        if entry.after is None:
            for key in before:  # the refusal may mean that they have changed
                self.known.pop(key, None)
            self.journal.record_result(entry)
            return entry.reason
        self.changed = True
        self.known |= entry.after
        self.journal_state.add(entry)
        self.journal.record_result(entry)
        return None

    async def _overwritten(self, step: Step) -> dict[str, Record | None]:
        """Read what a step overwrites; read users who lose a license whole unless changed."""
        before = await self._records(keys_of_step(step))
        if step.op == "license.detach":
            whole = await self.context.backend.fetch([step.target], whole=True)
            # otherwise the backend refuses the step
            if without_notes(whole[step.target]) == without_notes(before[step.target]):
                before |= whole
        return before

    async def _records(self, keys: Sequence[str]) -> dict[str, Record | None]:
        """Give records as last read."""
        if unknown := [key for key in keys if key not in self.known]:
            self.known |= await self.context.backend.fetch(unknown)
        return {key: self.known[key] for key in keys}

    # --- the end of a run -------------------------------------------------------------------------

    @contextmanager
    def raising_final_error(self) -> Iterator[None]:
        """Turn what stops a run into its final error; the run stays open.

        Raises:
            LicsyncError: the final error.
        """
        try:
            yield
        except Exception as fault:
            self.faults.append(fault)
        if self.faults:
            # if this fails too, a resume finds out what became of the step
            with suppress(LicsyncError):
                self.journal.record_pending_results()
            partly = bool(self.journal_state.done or self.changed or self.outcome.uncertain)
            end = final_error(self.faults, partly=partly)
            self._report_end()
            raise end from (None if end in self.faults else self.faults[0])
