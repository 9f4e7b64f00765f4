"""A plan as Markdown, for a pull request: what is taken away first, the long tail folded in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from licsync.diagnostics import has_errors, ordered
from licsync.model.catalog import Catalog
from licsync.planning.plan import Plan
from licsync.views import ledger, words
from licsync.views.counting import counted, counts
from licsync.views.diagnostics import counts as diagnostic_counts
from licsync.views.diagnostics import diagnostic_lines
from licsync.views.grouping import together
from licsync.views.plan_text import apply_command, closing, entry_lines, more_line
from licsync.views.safe import code_span, fence, markdown
from licsync.views.story import Entry, Story, Tone
from licsync.views.text import painter

MARKER = "<!-- licsync:plan -->"
"""Stands first, so that a bot finds its own comment again."""

_OPEN = 40
"""How many entries are seen without unfolding."""

_WIDTH = 120
_MOST_DIAGNOSTICS = 20
_SIGN: dict[Tone, str] = {"takes": "-", "changes": "!", "gives": "+"}


def plan_markdown(plan: Plan, catalog: Catalog, *, limit: int = 60_000) -> str:
    """Write a plan as Markdown of at most about so many characters (GitHub takes 65,536 in a comment).

    Untrusted text stands in code spans and fences, or is escaped, so that it neither mentions nor links.
    """
    entries = together(Story(plan, catalog).entries(), _OPEN)
    parts = [
        f"{MARKER}\n## License plan for {code_span(plan.account)}",
        f"**{' '.join(counts(plan))}**",
        markdown(" ".join(ledger.costs(plan))),
        f"> {closing(plan)[0]}" if plan.actions and has_errors(plan.diagnostics) else "",
        _diagnostics(plan),
    ]
    tail = [_ledger(plan, catalog), _closing(plan)]
    room = limit - sum(len(part) + 2 for part in (*parts, *tail))
    parts += [*_entries(entries, room), *tail]
    return "\n\n".join(part for part in parts if part) + "\n"


def _entries(entries: Sequence[Entry], room: int) -> Iterator[str]:
    blocks = [_diff([entry]) for entry in entries]
    fits = 0
    for block in blocks:
        room -= sum(len(line.encode("utf-16-le")) // 2 + 1 for line in block)
        if room < 400:
            break
        fits += 1
    first, folded, left = entries[: min(fits, _OPEN)], entries[_OPEN:fits], entries[fits:]
    if first:
        yield fence(_diff(first), "diff")
    if folded:
        yield f"<details><summary>{len(folded):,} more</summary>"
        yield fence(_diff(folded), "diff")
        yield "</details>"
    if left:
        yield more_line(left).removesuffix("; --verbose shows all") + "."


def _diff(entries: Iterable[Entry]) -> list[str]:
    entries = list(entries)
    lines = []
    for entry, block in zip(entries, entry_lines(entries, painter(False), _WIDTH), strict=True):
        head, *rest = block
        sign = _SIGN[entry.tone]
        lines += [f"{sign} {' ' if entry.symbol == sign else entry.symbol}{head[1:]}", *(f"  {line}" for line in rest)]
    return lines


def _diagnostics(plan: Plan) -> str:
    found = ordered(plan.diagnostics)
    if not found:
        return ""
    lines = [line for diagnostic in found[:_MOST_DIAGNOSTICS] for line in diagnostic_lines(diagnostic, painter(False))]
    if len(found) > _MOST_DIAGNOSTICS:
        lines.append(f"{diagnostic_counts(found)} in all")
    return fence(lines, "text")


def _ledger(plan: Plan, catalog: Catalog) -> str:
    table = ledger.cells(plan, catalog)
    if not table:
        return ""
    rows = [f"| {' | '.join(markdown(cell) for cell in row)} |" for row in table]
    rows.insert(1, f"|---|{'---:|' * (len(table[0]) - 1)}")
    return "\n".join(rows)


def _closing(plan: Plan) -> str:
    size = f"{words.count(plan.users, 'user')}, {words.count(plan.units, 'license')}"
    made = f"<sub>{markdown(f'{size} · planned {words.instant(plan.created_at)}')}</sub>"
    if not plan.actions or has_errors(plan.diagnostics):
        return made
    return f"To apply exactly this:\n\n{fence([apply_command(plan)], 'sh')}\n\n{made}"


def summary_line(plan: Plan) -> str:
    """Say the plan in a few words, for a check's title."""
    return ", ".join(counted(action.label for action in plan.actions)) or "no changes"
