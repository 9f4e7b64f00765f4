"""The differences between an approved plan and the current plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import unified_diff
from typing import Any

from licsync.model.catalog import Catalog
from licsync.planning.plan import Plan
from licsync.views import phrases as words
from licsync.views.escaping import escape_terminal
from licsync.views.plan.entries import PlanEntries
from licsync.views.plan.entry import count_titles
from licsync.views.plan.text import entry_lines
from licsync.views.terminal import PLAIN, Paint, RenderOptions, painter

_STYLE = {"-": "red", "+": "green", "@": "cyan"}
_MOST_RECORDS = 6
_WIDTH = 110


def plan_diff(
    approved: Plan, now: Plan, catalog: Catalog, *, options: RenderOptions = PLAIN
) -> str:
    """Write two plans as a diff, followed by the reasons why their digests differ.

    Args:
        approved: the approved plan.
        now: the current plan.
        catalog: names the license types.
        options: color and widths.
    """
    paint = painter(options.color)
    old, new = (_lines(plan, catalog) for plan in (approved, now))
    names = [
        escape_terminal(f"{what}, planned {words.instant(plan.created_at)}")
        for what, plan in (("approved", approved), ("now", now))
    ]
    lines = list(unified_diff(old, new, names[0], names[1], n=1, lineterm=""))
    if not lines:
        lines = ["Both plans make the same changes."]
    painted = [_painted(line, paint) for line in lines]
    return "".join(
        f"{line}\n" for line in (*painted, "", *map(escape_terminal, differences(approved, now)))
    )


def _lines(plan: Plan, catalog: Catalog) -> list[str]:
    lines: list[str] = []
    for entry in PlanEntries(plan, catalog).entries():
        # one by one: aligned columns would differ between two plans
        for block in entry_lines([entry], painter(False), _WIDTH):
            lines += block
    return lines + [
        escape_terminal(f"{d.severity}[{d.code}] {d.message}") for d in plan.diagnostics
    ]


def _painted(line: str, paint: Paint) -> str:
    return paint(line, "bold" if line.startswith(("---", "+++")) else _STYLE.get(line[:1], ""))


def differences(approved: Plan, now: Plan) -> Iterator[str]:
    """Name the parts in which two plans differ, one sentence each."""
    if approved.config_digest != now.config_digest:
        yield "The files changed after the approval."
    if records := _differing(approved.saw, now.saw):
        records = [approved.name_of(now.name_of(key)) for key in records]
        yield f"Changed since the approval: {words.first_few(records, _MOST_RECORDS)}."
    if approved.summary != now.summary:
        counts = [words.sentence(count_titles(plan.summary)) for plan in (approved, now)]
        yield f"Approved: {counts[0]}. Now: {counts[1]}."
    elif [a.to_json() for a in approved.actions] != [a.to_json() for a in now.actions]:
        yield "The plans count the same kinds of actions, but the actions differ."
    if [r.to_json() for r in approved.licenses] != [r.to_json() for r in now.licenses]:
        yield "The license pool changed."
    if (approved.users, approved.units) != (now.users, now.units):
        sizes = [
            f"{words.count(p.users, 'user')} and {words.count(p.units, 'license')}"
            for p in (approved, now)
        ]
        yield f"The account had {sizes[0]}. It now has {sizes[1]}."


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    return [
        key for key in sorted(old.keys() | new.keys()) if old.get(key, ...) != new.get(key, ...)
    ]
