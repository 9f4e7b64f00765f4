"""A plan as Markdown for a pull request: removals first, the long tail folded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256

from licsync.diagnostics import Code, sort_diagnostics
from licsync.model.backend_types import CONSOLE, SCIM_REACH, backend_type
from licsync.model.catalog import Catalog
from licsync.planning.plan import Plan
from licsync.views import phrases as words
from licsync.views.diagnostics import diagnostic_lines, diagnostics_for
from licsync.views.diagnostics import severity_counts as diagnostic_counts
from licsync.views.escaping import clip, code_span, escape_markdown, fence, utf16
from licsync.views.plan import tables
from licsync.views.plan.entries import PlanEntries
from licsync.views.plan.entry import Entry, Tone, group_alike, summary_phrases
from licsync.views.plan.text import (
    apply_command,
    apply_label,
    entry_lines,
    more_line,
    refusal,
    what_if_phrases,
)
from licsync.views.terminal import painter

_OPEN = 40
"""How many entries are visible without unfolding."""

_WIDTH = 120
_MOST_DIAGNOSTICS = 20
_LONGEST_LINE = 500
_FRAMES = 700 + 4 * _LONGEST_LINE
"""Room for the text around entries: fences (up to a line long) and the count of the rest."""

_SIGN: dict[Tone, str] = {"takes": "-", "changes": "!", "gives": "+"}
_ODD = re.compile(r"[^A-Za-z0-9_.]+")
_URL = re.compile(r"https?://[A-Za-z0-9.:/_~-]+")


def marker(account: str) -> str:
    """Give the hidden first line by which a bot finds its own comment for an account."""
    name = _ODD.sub("-", account)[:60].strip("-")
    if name != account:  # no two accounts may share a comment
        name += f"-{sha256(account.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
    return f"<!-- licsync:{name} -->"


def _reach(plan: Plan) -> str:
    """Say whether the changes of a plan reach the account at 8x8, and how."""
    for diagnostic in plan.diagnostics:
        if diagnostic.code is Code.OTHER_ADDRESS:
            return diagnostic.message
    uses_scim = plan.backend == CONSOLE.name and not all(a.manual for a in plan.actions)
    return SCIM_REACH if uses_scim else backend_type(plan.backend).reach


def plan_markdown(
    plan: Plan,
    catalog: Catalog,
    *,
    limit: int = 60_000,
    size: Callable[[str], int] = utf16,
    link: str = "",
) -> str:
    """Write a plan as Markdown of a given size at most.

    Untrusted text stands in code spans and fences or is escaped, so that it creates no mentions
    and no links. If the plan does not fit, removals come first and the rest is counted.

    Args:
        plan: the plan.
        catalog: names the license types.
        limit: the largest `size` of the text; at least 10,000 (GitHub accepts 65,536 characters in
            a comment).
        size: measures text.
        link: the address of the full plan, for plans that do not fit.
    """
    entries = group_alike(PlanEntries(plan, catalog).entries(), _OPEN)
    parts = [
        f"{marker(plan.account)}\n## License plan for {code_span(clip(plan.account, 100))}",
        escape_markdown(clip(" ".join(what_if_phrases(plan, catalog)), _LONGEST_LINE)),
        f"**{' '.join(summary_phrases(plan))}**",
        escape_markdown(_reach(plan)),
        escape_markdown(clip(" ".join(tables.cost_lines(plan)), _LONGEST_LINE)),
        f"> {refusal(plan)}" if refusal(plan) else "",
        _diagnostics(plan, limit // 4, size),
    ]
    listed = [
        (tables.ledger_cells(plan, catalog), "more pool"),
        *((cells, "more place") for cells in tables.cost_tables(plan, catalog)),
        *((cells, "more cost center") for cells in tables.cost_center_cells(plan)),
        (tables.schedule_cells(plan, verbose=True), "more change"),
    ]
    tail = [
        *(_table(cells, more, limit // 4 // len(listed), size) for cells, more in listed),
        _closing(plan),
    ]
    room = limit - sum(size(part) + 2 for part in (*parts, *tail))
    parts += [*_entries(entries, room, size, link), *tail]
    return "\n\n".join(part for part in parts if part) + "\n"


def _entries(
    entries: Sequence[Entry], room: int, size: Callable[[str], int], link: str
) -> Iterator[str]:
    blocks = list(_blocks(entries))
    fits = _fitting(blocks, room - _FRAMES, size)
    first, folded, left = blocks[: min(fits, _OPEN)], blocks[_OPEN:fits], entries[fits:]
    if first:
        yield fence([line for block in first for line in block], "diff")
    if folded:
        yield f"<details><summary>{len(folded):,} more</summary>"
        yield fence([line for block in folded for line in block], "diff")
        yield "</details>"
    if left:
        whole = f" [Full plan]({link})" if _URL.fullmatch(link) else ""
        yield f"{more_line(left).removesuffix('; --verbose shows all')}.{whole}"


def _blocks(entries: Sequence[Entry]) -> Iterator[list[str]]:
    """Write each entry as lines of a diff, aligned over all entries."""
    for entry, (head, *rest) in zip(
        entries, entry_lines(entries, painter(False), _WIDTH), strict=True
    ):
        sign = _SIGN[entry.tone]
        lines = (
            f"{sign} {' ' if entry.symbol == sign else entry.symbol}{head[1:]}",
            *(f"  {line}" for line in rest),
        )
        yield [clip(line, _LONGEST_LINE) for line in lines]


def _diagnostics(plan: Plan, room: int, size: Callable[[str], int]) -> str:
    found = diagnostics_for(sort_diagnostics(plan.diagnostics), plan.directory)
    if not found:
        return ""
    blocks = [
        [clip(line, _LONGEST_LINE) for line in diagnostic_lines(diagnostic, painter(False))]
        for diagnostic in found[:_MOST_DIAGNOSTICS]
    ]
    shown = _fitting(blocks, room, size)
    lines = [line for block in blocks[:shown] for line in block]
    if len(found) > shown:
        lines.append(f"{diagnostic_counts(found)} in total")
    return fence(lines, "text")


def _fitting(blocks: Sequence[Sequence[str]], room: int, size: Callable[[str], int]) -> int:
    """Count the blocks of lines that fit, from the first."""
    for number, block in enumerate(blocks):
        room -= sum(size(line) + 1 for line in block)
        if room < 0:
            return number
    return len(blocks)


def _table(cells: list[list[str]], more: str, room: int, size: Callable[[str], int]) -> str:
    """Write the rows of a table that fit, and count the rest."""
    if not cells:
        return ""
    rows = [f"| {' | '.join(escape_markdown(cell) for cell in row)} |" for row in cells]
    fits = max(1, _fitting([[row] for row in rows], room, size))
    left = len(rows) - fits
    side = "---:|" if cells[0][1] else "---|"  # a column without a heading holds no numbers
    rows = [rows[0], f"|---|{side * (len(cells[0]) - 1)}", *rows[1:fits]]
    return "\n".join(rows) + (f"\n\n… and {words.count(left, more)}." if left else "")


def _closing(plan: Plan) -> str:
    size = f"{words.count(plan.users, 'user')}, {words.count(plan.units, 'license')}"
    created = clip(words.instant(plan.created_at), 40)
    made = f"<sub>{escape_markdown(f'{size} · planned {created}')}</sub>"
    if not plan.actions or refusal(plan) or len(plan.directory) > _LONGEST_LINE:
        return made
    return f"{apply_label(plan)}:\n\n{fence([apply_command(plan)], 'sh')}\n\n{made}"
