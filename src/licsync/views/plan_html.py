"""A plan as one HTML file: nothing to load, no script, light and dark, fit for paper and for screen readers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from licsync.diagnostics import has_errors, ordered
from licsync.model.catalog import Catalog
from licsync.planning.plan import LedgerRow, Plan
from licsync.views import ledger, money, words
from licsync.views.counting import counted, counts
from licsync.views.grouping import together
from licsync.views.plan_text import apply_command, apply_label, closing
from licsync.views.rings import pictures
from licsync.views.safe import html_environment
from licsync.views.story import Entry, Story, Tone

TITLES: dict[Tone, str] = {
    "takes": "Takes away",
    "changes": "Changes",
    "gives": "Gives",
}
"""Headings of the tones, in the order of reading."""

_OPEN = 100
"""How many entries of a section are seen without unfolding."""

MOST = 2_000
"""How many entries of a section are written at all."""


@dataclass(frozen=True, slots=True)
class Section:
    """The entries of one tone: those that are seen, those that are folded in, and how many are left out."""

    tone: Tone
    title: str
    number: int
    shown: list[Entry]
    folded: list[Entry]
    left: int


@dataclass(frozen=True, slots=True)
class Bar:
    """A pool before or after, as parts of a bar: kind of units, how many, where it starts, how wide (percent)."""

    label: str
    parts: list[tuple[str, int, str, str]]


def plan_html(plan: Plan, catalog: Catalog) -> str:
    """Write a plan as a self-contained HTML page; everything untrusted is escaped by Jinja2."""
    entries = together(Story(plan, catalog).entries(), MOST)
    return html_environment().get_template("plan.html.j2").render(**parts(plan, catalog), sections=sections(entries))


def parts(plan: Plan, catalog: Catalog) -> dict[str, Any]:
    """Give everything that a page says of a plan but its entries, by the names of the templates."""
    cells = ledger.cells(plan, catalog)
    return {
        "plan": plan,
        "made": words.instant(plan.created_at),
        "expires": words.instant(plan.expires_at),
        "size": f"{words.count(plan.users, 'user')}, {words.count(plan.units, 'license')}",
        "counts": _counts(plan),
        "costs": ledger.costs(plan),
        "monthly": money.tables(plan, catalog),
        "refused": closing(plan)[0] if plan.actions and has_errors(plan.diagnostics) else "",
        "command": apply_command(plan),
        "command_label": apply_label(plan),
        "diagnostics": ordered(plan.diagnostics),
        "headings": cells[0] if cells else [],
        "rows": list(zip(cells[1:], map(_bars, ledger.rows(plan)), strict=True)),
        "rings": pictures(plan),
    }


def sections(entries: Sequence[Entry]) -> list[Section]:
    """Part entries by tone, what takes away first."""
    return [section for tone in TITLES if (section := _section(tone, entries)).number]


def _counts(plan: Plan) -> list[str]:
    manual = sum(action.manual for action in plan.actions)
    by_hand = [f"{manual:,} by hand"] if manual else []
    return [*counted(action.label for action in plan.actions), *by_hand] if plan.actions else counts(plan)


def _section(tone: Tone, entries: Iterable[Entry]) -> Section:
    own = [entry for entry in entries if entry.tone == tone]
    number = sum(max(1, len(entry.members)) for entry in own)
    return Section(tone, TITLES[tone], number, own[:_OPEN], own[_OPEN:MOST], len(own[MOST:]))


def _bars(row: LedgerRow) -> list[Bar]:
    before: dict[str, int] = {
        "assigned": row.assigned_before,
        "suspended": row.suspended_before,
        "unassigned": row.unassigned_before,
    }
    after: dict[str, int] = {
        "assigned": row.assigned_after,
        "suspended": row.suspended,
        "unassigned": row.unassigned_after,
        "missing": row.short_by,
    }
    whole = max(sum(before.values()), sum(after.values()), 1)
    return [Bar("before", _parts(before, whole)), Bar("after", _parts(after, whole))]


def _parts(numbers: dict[str, Any], whole: int) -> list[tuple[str, int, str, str]]:
    parts, start = [], 0
    for kind, number in numbers.items():
        if number > 0:
            parts.append((kind, number, f"{100 * start / whole:.2f}%", f"{100 * number / whole:.2f}%"))
            start += number
    return parts
