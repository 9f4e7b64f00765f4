"""What to say of a run that ends, and of what it leaves."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from licsync.engine.errors import ManualRepairNeeded
from licsync.engine.events import Outcome
from licsync.engine.journal_state import JournalState, describe_detach, unreplaced_detaches
from licsync.engine.ports import JournalEntry
from licsync.engine.steps import Group

_ENDED_BEFORE = "the run ended before it was known whether the step took effect"


def record_outcomes(
    outcome: Outcome,
    groups: Iterable[Group],
    journal_state: JournalState,
    open_ends: Collection[str],
) -> None:
    """Say of every action what became of it, also of those that the run did not come to.

    Args:
        outcome: how the run ended so far; it is completed.
        groups: all groups of the run.
        journal_state: what became of its steps.
        open_ends: the actions of which a step may have taken effect, and was not read back.
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


def manual_repair_needed(applied: Iterable[JournalEntry], reason: str) -> ManualRepairNeeded:
    """Say whom a group of steps leaves half changed, and without which license.

    Args:
        applied: the steps of the group that are done, or half done.
        reason: why they can neither be finished nor taken back.
    """
    entries = list(applied)
    taken = unreplaced_detaches(entries)
    said = [
        f"{entry.step.target} is {f'without {describe_detach(entry)}' if entry in taken else 'left half changed'}"
        for entry in entries
    ]
    return ManualRepairNeeded(f"{', '.join(dict.fromkeys(said))}: {reason.removesuffix('.')}.")
