"""What a resume does first: it settles the steps in doubt and finds external changes.

The run to resume is the one that is open, or the last one if it failed. Its plan and its journal
must be as they were written. Steps that were sent and never confirmed are in doubt until the
backend says what became of them (design, section 5).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from licsync.diagnostics import Code, Diagnostic, InputInvalid, Refused, error
from licsync.engine.context import RunContext
from licsync.engine.journal_state import (
    JournalState,
    describe_detach,
    expected_records,
    keys_to_write,
    lacks_license,
    unreplaced_detaches,
    users_owed_a_license,
)
from licsync.engine.ports import Backend, JournalEntry, Run, StepUncertain, Store
from licsync.engine.steps import Group
from licsync.model.console.step import keys_of_step
from licsync.model.inventory import Record, without_notes
from licsync.planning.plan import Plan

CONTENT = "content"
"""Key of a run's plan: its checksum, if `checksum` is that of the plan's file."""

_LOOK = "look at it in the console, and close the run with: licsync apply DIR --abandon"
_INTERRUPTED = "the run was interrupted before the step took effect"


def find_resumable_run(account: str, store: Store) -> Run | None:
    """Find the run that can be resumed: the one that is open, or the last one if it failed."""
    run = store.open_run(account)
    last = next(iter(store.runs(account)), None)
    if run is None and last is not None and last.state == "failed":
        return store.run(last.id)
    return run


def plan_of_run(run: Run, hint: str) -> Plan:
    """Read the plan of a run.

    Raises:
        Refused: it is not the plan that the run began with.
    """
    try:
        plan = Plan.from_json(run.plan)
        if plan.to_json()["checksum"] == run.plan.get(CONTENT, run.plan["checksum"]):
            return plan
    except (KeyError, TypeError, ValueError, AttributeError):
        pass
    message = f"The plan of run {run.id} was altered: its content does not match its checksum."
    raise Refused(error(Code.PLAN_ALTERED, message, hint=hint))


def refuse_other_steps(run: Run, groups: Iterable[Group]) -> None:
    """Refuse to resume the journal of another version, whose positions mean other steps.

    Raises:
        Refused: the plan leads to other steps than the journal has.
    """
    steps = {task.position: task.step for group in groups for task in group.tasks}
    for entry in run.entries:
        step = steps.get(entry.position)
        is_same = step is not None and (step.op, step.target) == (entry.step.op, entry.step.target)
        if entry.position >= 0 and not is_same:
            message = f"The run {run.id} began with other steps than its plan leads to now."
            hint = "Close it with: licsync apply DIR --abandon, and plan again."
            raise Refused(error(Code.PLAN_STALE, f"{message} Nothing more was done.", hint=hint))


async def resolve_in_doubt(run: Run, state: JournalState, context: RunContext) -> None:
    """Ask the backend what became of every step that has no recorded result, and record it.

    Args:
        run: the run; results are added to its entries.
        state: what became of its steps; results, and steps that remain in doubt, are added.
        context: the backend that is asked, and the store that records the results.
    """
    backend = context.backend
    backend.recall(record for entry in run.entries for record in entry.before.values())
    for entry in run.entries:
        if entry.state != "intended":
            continue
        try:
            became = await backend.outcome_of(entry.step, entry.before, entry.ticket)
        except StepUncertain as fault:
            state.uncertain[entry.position] = str(fault)
            continue
        if became == "unknown":
            state.uncertain[entry.position] = (
                f"it is unknown whether the step {entry.step.op} on {entry.step.target} took "
                f"effect: somebody else has changed it since; {_LOOK}"
            )
            continue
        if became == "undone":
            entry.state, entry.reason = "refused", _INTERRUPTED
        else:
            entry.state, entry.after = became, await backend.fetch(keys_of_step(entry.step))
        context.store.record_results(run.id, entry)
        state.add(entry)


async def find_external_changes(
    run: Run,
    groups: Sequence[Group],
    state: JournalState,
    backend: Backend,
    objections: Iterable[Diagnostic],
) -> tuple[dict[str, Record | None], list[Diagnostic]]:
    """Find what somebody else changed of the records that are still to be written.

    If there is anything, or an objection to the plan, the run begins nothing new; it only finishes
    what is half done.

    Args:
        run: the run.
        groups: all its groups of steps.
        state: what became of its steps; half-done groups that somebody else changed get in doubt.
        backend: reads the records.
        objections: what speaks against the plan today.

    Returns:
        the records that were read, and why nothing new may begin.

    Raises:
        Refused, InputInvalid: something stands in the way, and nothing is half done.
    """
    then = expected_records(run)
    in_doubt = [group.keys for group in groups if state.in_doubt(group)]
    blocked = frozenset[str]().union(*in_doubt)
    going = [group for group in groups if not blocked & group.keys]
    keys = [key for key in keys_to_write(going, state) if key in then]
    known = await backend.fetch(keys)
    changed = {key for key in keys if without_notes(known[key]) != without_notes(then[key])}
    stale: dict[str, None] = {}
    for group in going:
        found = [key for key in keys_to_write([group], state) if key in changed]
        if not state.is_partial(group):
            stale |= dict.fromkeys(found)
        elif others := state.changed_by_others(
            group, {key: (then[key], known[key]) for key in found}
        ):
            state.uncertain[group.tasks[0].position] = (
                f"{others[0]} was changed by somebody else; {_LOOK}"
            )
    hint = (
        "Look at it in the console, close the run with: licsync apply DIR --abandon, "
        "and plan again."
    )
    left = f"is not as the run {run.id} left it."
    diagnostics = list(objections)
    diagnostics += [error(Code.PLAN_STALE, f"{key} {left}", hint=hint) for key in stale]
    if diagnostics and not any(state.is_partial(group) for group in going):
        is_refusal = {d.code for d in diagnostics} <= {Code.PLAN_STALE, Code.RULE_BROKEN}
        raise (Refused if is_refusal else InputInvalid)(*with_consequence(diagnostics))
    return known, diagnostics


def with_consequence(
    diagnostics: Iterable[Diagnostic], *, has_changed: bool = False
) -> list[Diagnostic]:
    """Add to what stands in the way of a run what the run did nevertheless."""
    more = "Only what was half done was finished." if has_changed else "Nothing more was done."
    return [
        replace(diagnostic, message=f"{diagnostic.message} {more}") for diagnostic in diagnostics
    ]


async def refuse_to_abandon(plan: Plan, run: Run, state: JournalState, backend: Backend) -> None:
    """Refuse to close a run while a user is, or may be, without a license that the run took.

    A user counts if resuming the run would give the license back.

    Raises:
        Refused: there is such a user.
    """
    applied = state.all_applied_entries()
    unsure = [
        entry
        for entry in run.entries
        if entry.step.op == "license.detach" and entry.position in state.uncertain
    ]
    waiting = users_owed_a_license(plan, applied, unsure)
    taken = [entry for entry in unreplaced_detaches(applied) if entry.step.target in waiting]
    now = await backend.fetch(dict.fromkeys(entry.step.target for entry in taken))
    left = [
        f"{entry.step.target} is without {describe_detach(entry)}"
        for entry in taken
        if lacks_license(entry, now)
    ]
    left += [_unknown_detach(entry) for entry in unsure if entry.step.target in waiting]
    if left:
        hint = (
            "Resume it with: licsync apply DIR --resume. Or assign a license in the console, "
            "and close it again."
        )
        raise Refused(
            *(
                error(Code.RUN_UNFINISHED, f"The run was not closed: {what}.", hint=hint)
                for what in left
            )
        )


def _unknown_detach(entry: JournalEntry) -> str:
    return f"it is not known whether {entry.step.target} still has {describe_detach(entry)}"
