"""What a run reports: the remaining time, the outcome of each action, respelled values."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Iterator, Mapping

from licsync.engine.context import RunContext
from licsync.engine.errors import ManualRepairNeeded
from licsync.engine.events import Outcome, Remaining
from licsync.engine.journal_state import (
    JournalState,
    describe_detach,
    remaining_actions,
    unreplaced_detaches,
)
from licsync.engine.ports import JournalEntry, Run
from licsync.engine.steps import Group, compile_steps
from licsync.model.console.step import Step
from licsync.model.declarations import Extension, UserAttributes
from licsync.model.fields import SENSITIVE, fields_of
from licsync.model.inventory import Record, services_of
from licsync.model.labels import label
from licsync.planning.comparison import EMPTY
from licsync.planning.forecast import Countdown
from licsync.planning.plan import Plan

# --- the time that is left ------------------------------------------------------------------------


class RemainingTime:
    """Reports what is left of a run to its listener, unless the backend is instant.

    Args:
        groups: all groups of the run.
        progress: what an earlier attempt has done of them.
        world: what the run works with.
    """

    def __init__(self, groups: Iterable[Group], journal_state: JournalState, context: RunContext):
        todo = [group for group in groups if not group.manual]
        left = remaining_actions(todo, journal_state)
        pace = context.backend.capabilities.throughput
        self._actions = sum(len(group.actions) for group in todo)
        self._left = Countdown(left, pace) if pace else None
        self._listener = context.listener

    def begin(self) -> None:
        """Report what there is to do."""
        self._began = asyncio.get_running_loop().time()
        self._notify()

    def group_started(self, group: Group) -> None:
        """Note that a group has begun."""
        if self._left is not None:
            for action in group.actions:
                self._left.begin(action.id)

    def group_ended(self, group: Group) -> None:
        """Note that a group has ended, and report what is left."""
        if self._left is not None and all(self._left.end(action.id) for action in group.actions):
            self._notify()

    def _notify(self) -> None:
        if self._left is not None:
            seconds = asyncio.get_running_loop().time() - self._began
            ended = self._actions - self._left.actions
            self._listener(Remaining(ended, self._actions, self._left.forecast(seconds), seconds))


# --- outcomes -------------------------------------------------------------------------------------

_ENDED_BEFORE = "the run ended before it was known whether the step took effect"


def record_outcomes(
    outcome: Outcome,
    groups: Iterable[Group],
    journal_state: JournalState,
    open_ends: Collection[str],
) -> None:
    """Record the outcome of every action, also of those that the run did not come to.

    Args:
        outcome: the outcome so far; it is completed.
        groups: all groups of the run.
        journal_state: what became of its steps.
        open_ends: ids of actions with a step that may have taken effect and was not read back.
    """
    known = outcome.accounted
    for group in groups:
        for action in (a.id for a in group.actions if a.id not in known):
            if group.manual:
                outcome.manual.append(action)
            elif journal_state.is_done(group):
                outcome.done.append(action)
            elif action in open_ends or journal_state.in_doubt(group) is not None:
                outcome.uncertain[action] = journal_state.in_doubt(group) or _ENDED_BEFORE
            else:
                (
                    outcome.half_done if journal_state.is_partial(group) else outcome.not_begun
                ).append(action)


def outcome_of(run: Run, plan: Plan, *, in_place: bool) -> Outcome:
    """Read from the journal alone what became of the actions of a run.

    Args:
        run: the run with its journal.
        plan: its plan.
        in_place: whether the backend changes a license in place.
    """
    last = {entry.position: entry for entry in run.entries}
    refused = {e.action: e.reason or "" for e in last.values() if e.state == "refused"}
    outcome = Outcome(run.id, failed=refused)
    open_ends = {entry.action for entry in last.values() if entry.state == "intended"}
    groups = compile_steps(plan, run.preimages, in_place=in_place)
    record_outcomes(outcome, groups, JournalState.from_run(run), open_ends)
    return outcome


def manual_repair_needed(applied: Iterable[JournalEntry], reason: str) -> ManualRepairNeeded:
    """Make the error that names whom a group leaves half changed, and without which license.

    Args:
        applied: the steps of the group that are done, or half done.
        reason: why they can neither be finished nor compensated.
    """
    entries = list(applied)
    taken = unreplaced_detaches(entries)
    reasons = [
        f"{entry.step.target} is "
        + (f"without {describe_detach(entry)}" if entry in taken else "left half changed")
        for entry in entries
    ]
    return ManualRepairNeeded(f"{', '.join(dict.fromkeys(reasons))}: {reason.removesuffix('.')}.")


# --- values that the backend stores differently ---------------------------------------------------


_MARKS = {
    **fields_of(UserAttributes),
    **{f"extension.{name}": marks for name, marks in fields_of(Extension).items()},
}


def respelling_notes(entries: Iterable[JournalEntry], action: str) -> tuple[str, ...]:
    """List what the backend stores differently from what an action set.

    Args:
        entries: steps that are done.
        action: the action's id.
    """
    own = (entry for entry in entries if entry.action == action)
    return tuple(
        note for e in own for note in respelled_values(e.step, (e.after or {}).get(e.step.target))
    )


def respelled_values(step: Step, after: Record | None) -> Iterator[str]:
    """List the values of a user that are stored differently from what a step set, in words.

    Args:
        step: a step that is done.
        after: the user's record after it; other records are ignored.
    """
    if after is None or not step.target.startswith("users/"):
        return
    yield from _respelled("", step.args.get("set") or {}, after)
    services = {s["license"]: s.get("extension") or {} for s in services_of(after)}
    asked = dict(step.args.get("extensions") or {})
    if step.op == "license.attach":
        asked[step.args["license"]] = step.args.get("extension") or {}
    for unit, values in asked.items():
        if isinstance(values, Mapping):
            yield from _respelled("extension.", values, services.get(unit) or {})


def _respelled(
    prefix: str, asked: Mapping[str, object], stored: Mapping[str, object]
) -> Iterator[str]:
    for name, value in asked.items():
        there = stored.get(name)
        if (
            there == value
            or (there in EMPTY and value in EMPTY)
            or not isinstance(value, str | list)
        ):
            continue
        path = f"{prefix}{name}"
        if SENSITIVE in _MARKS.get(path, ()) or not isinstance(value, str):
            yield f"{label(path)} is stored in another form"
        elif there in EMPTY:
            yield f"{label(path)} {value!r} is not stored"
        else:
            yield f"{label(path)} {value!r} is stored as {there!r}"
