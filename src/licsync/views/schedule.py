"""The changes that later plans make because of dates in the files."""

from __future__ import annotations

from licsync.planning.plan import Plan
from licsync.planning.plan_document import Scheduled
from licsync.views import phrases as words

MOST = 20
"""How many scheduled changes are shown unless verbose; the rest are counted."""

HEADINGS = ("scheduled", "", "", "")


def schedule_cells(plan: Plan, *, verbose: bool = False) -> list[list[str]]:
    """Give the scheduled changes as cells, headings first; empty if there are none."""
    if not plan.scheduled:
        return []
    shown = plan.scheduled if verbose else plan.scheduled[:MOST]
    return [list(HEADINGS), *map(_cells, shown)]


def more_line(plan: Plan, *, verbose: bool = False) -> str:
    """Count what `schedule_cells` leaves out; nothing where it leaves out nothing."""
    left = 0 if verbose else len(plan.scheduled) - MOST
    return f"… and {left:,} more until {words.day(plan.scheduled[-1].day)}" if left > 0 else ""


def _cells(entry: Scheduled) -> list[str]:
    source = f"{entry.source.file}:{entry.source.line}" if entry.source else ""
    return [words.day(entry.day), entry.verb, entry.name, source]
