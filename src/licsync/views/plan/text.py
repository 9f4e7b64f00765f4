"""A plan for a terminal: what changes, for whom, why, and at what cost."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence

from licsync.diagnostics import Diagnostic, has_errors, sort_diagnostics
from licsync.model.backend_types import backend_type
from licsync.model.catalog import Catalog
from licsync.planning.plan import Plan
from licsync.planning.plan_document import Assumption
from licsync.views import phrases as words
from licsync.views.diagnostics import diagnostic_lines, diagnostics_for
from licsync.views.escaping import escape_terminal
from licsync.views.plan import tables
from licsync.views.plan.entries import PlanEntries
from licsync.views.plan.entry import (
    Detail,
    Entry,
    Tone,
    count_phrases,
    group_alike,
    summary_phrases,
)
from licsync.views.terminal import (
    PLAIN,
    Paint,
    RenderOptions,
    commas,
    display_width,
    headed_table,
    pack,
    pad,
    painter,
    wrap,
)

MOST_ENTRIES = 60
"""How many entries are shown unless verbose; the rest are counted."""

_WIDEST_SUBJECT = 36
_LEAST_ROOM = 24  # columns beside a subject or a label; with less, the text goes below it
_SHORT_COLUMN = 5  # of the ledger: how many licenses are missing
_STYLE: dict[Tone, str] = {"takes": "red", "changes": "yellow", "gives": "green"}


def plan_text(
    plan: Plan,
    catalog: Catalog,
    *,
    options: RenderOptions = PLAIN,
    verbose: bool = False,
    says_how: bool = True,
) -> str:
    """Write a plan for a terminal.

    Args:
        plan: the plan.
        catalog: names the license types.
        options: color and widths.
        verbose: show every action with all its details. Otherwise there is one entry per user,
            equal entries are grouped, and long plans are cut, removals last.
        says_how: end with the command that applies only this plan.

    Returns:
        text that ends with a line break.
    """
    paint, width = painter(options.color), options.width
    parts = [
        [paint(header(plan), "bold"), *_what_if(plan, catalog, width)],
        list(_entries(plan, catalog, paint, width, verbose)),
        *(
            _table(cells, options)
            for cells in (
                tables.ledger_cells(plan, catalog, verbose=verbose),
                *tables.cost_tables(plan, catalog, verbose=verbose),
                *tables.cost_center_cells(plan),
            )
        ),
        _scheduled(plan, options, verbose),
        *(diagnostic_lines(diagnostic, paint) for diagnostic in _directed(plan)),
        [
            *(paint(line, "bold") for line in pack(summary_phrases(plan), width)),
            *pack([*map(escape_terminal, tables.cost_lines(plan))], width),
            *closing(plan, says_how=says_how),
        ],
    ]
    return "\n\n".join("\n".join(line for line in part if line) for part in parts if part) + "\n"


def _directed(plan: Plan) -> list[Diagnostic]:
    if not plan.diagnostics:
        return []
    return diagnostics_for(sort_diagnostics(plan.diagnostics), plan.directory)


def header(plan: Plan) -> str:
    """Give the account of the plan and where it is, its size, and when the plan was made."""
    size = f"{words.count(plan.users, 'user')}, {words.count(plan.units, 'license')}"
    where = backend_type(plan.backend).title
    return escape_terminal(f"{plan.account} · {where} · {size} · {words.instant(plan.created_at)}")


def apply_command(plan: Plan) -> str:
    """Give the command that applies only this plan, with the options it was made with.

    A plan that undoes a run has to be saved first.
    """
    directory = shlex.quote(plan.directory or ".")
    allowed = " --allow-loss" if any(action.consent == "run" for action in plan.actions) else ""
    options = "".join(f" {shlex.quote(word)}" for word in plan.narrowed_by)
    if plan.undoes:
        run = shlex.quote(plan.undoes)
        return escape_terminal(
            f"licsync undo {run} {directory}{options}{allowed} --out undo.json"
            " && licsync apply undo.json"
        )
    return escape_terminal(f"licsync apply {directory}{options}{allowed} --digest {plan.digest}")


def apply_label(plan: Plan) -> str:
    """Give the label of `apply_command`."""
    return "To save and apply this plan" if plan.undoes else "To apply only this plan"


def refusal(plan: Plan) -> str:
    """Say why the plan cannot be applied; empty if it can, or if it does nothing."""
    if plan.what_if:
        return "This plan is only an assumption: licsync saved nothing, and cannot apply it."
    if plan.actions and has_errors(plan.diagnostics):
        return "Apply refuses this plan until you fix its errors."
    return ""


def closing(plan: Plan, *, says_how: bool) -> list[str]:
    """Give the last lines: how to apply the plan, or why it cannot be applied."""
    if shown := refusal(plan):
        return [shown]
    return [f"{apply_label(plan)}: {apply_command(plan)}"] if plan.actions and says_how else []


def _what_if(plan: Plan, catalog: Catalog, width: int) -> list[str]:
    return pack([*map(escape_terminal, what_if_phrases(plan, catalog))], width)


def what_if_phrases(plan: Plan, catalog: Catalog) -> list[str]:
    """Say what the plan assumes, as phrases; nothing if it assumes nothing."""
    found = commas([_assumption(one, catalog) for one in plan.what_if])
    return [f"What if: {found[0]}", *found[1:]] if found else []


def _assumption(one: Assumption, catalog: Catalog) -> str:
    title = catalog.pool_name(one.type, one.country)
    if one.verb == "user":
        return f"{one.user} has {title if one.type else 'no license'}"
    return f"{one.verb} {one.number:,} {title}"


# --- entries --------------------------------------------------------------------------------------


def chosen_entries(
    plan: Plan, catalog: Catalog, *, verbose: bool, most: int
) -> tuple[list[Entry], list[Entry]]:
    """Divide the entries into those to show and those to count; removals are shown first."""
    entries = PlanEntries(plan, catalog, verbose).entries()
    if verbose:
        return entries, []
    entries = group_alike(entries, most)
    by_weight = sorted(
        range(len(entries)), key=lambda i: (entries[i].tone != "takes", not entries[i].members)
    )
    shown = set(by_weight[:most])
    return [e for i, e in enumerate(entries) if i in shown], [
        e for i, e in enumerate(entries) if i not in shown
    ]


def more_line(left: Iterable[Entry]) -> str:
    """Count the entries that are not shown."""
    members = [(entry.label, max(1, len(entry.members))) for entry in left]
    total = sum(number for _, number in members)
    shown = ", ".join(count_phrases(label for label, number in members for _ in range(number)))
    return f"… and {total:,} more: {shown}; --verbose shows all"


def _entries(
    plan: Plan, catalog: Catalog, paint: Paint, columns: int, verbose: bool
) -> Iterator[str]:
    shown, left = chosen_entries(plan, catalog, verbose=verbose, most=MOST_ENTRIES)
    for lines in entry_lines(shown, paint, columns):
        yield from lines
    if left:
        yield more_line(left)


def entry_lines(entries: Sequence[Entry], paint: Paint, columns: int) -> Iterator[list[str]]:
    """Write entries in columns: symbol, subject, change, source; the details below each."""
    subject = min(
        _WIDEST_SUBJECT,
        max((display_width(escape_terminal(e.subject)) for e in entries), default=0),
    )
    source = max((display_width(escape_terminal(e.source)) for e in entries), default=0)
    room = columns - subject - source - 7
    what = min(room, max((display_width(escape_terminal(e.what)) for e in entries), default=0))
    for entry in entries:
        yield list(_entry(entry, paint, columns, subject, what))


def _entry(entry: Entry, paint: Paint, columns: int, subject: int, what: int) -> Iterator[str]:
    name, source = escape_terminal(entry.subject), escape_terminal(entry.source)
    indent = 2 + subject + 3
    head = f"{paint(entry.symbol, _STYLE[entry.tone])} {paint(pad(name, subject), 'bold')}   "
    if columns - indent < _LEAST_ROOM:
        indent = 4
    if display_width(name) > subject or indent == 4:
        yield head.rstrip()
        head = " " * indent
    shown = escape_terminal(entry.what)
    if display_width(shown) <= what and indent > 4:
        first = head + (pad(shown, what) + "  " + paint(source, "dim") if source else shown)
        yield first
    else:
        first, *rest = pack(
            commas([*map(escape_terminal, entry.phrases)]), max(_LEAST_ROOM, columns - indent)
        )
        yield head + first
        yield from (" " * indent + line for line in rest)
        if source:
            yield " " * indent + paint(source, "dim")
    yield from _details(entry.details, paint, columns)


def _details(details: Iterable[Detail], paint: Paint, columns: int) -> Iterator[str]:
    found = [
        (escape_terminal(d.label), escape_terminal(d.text), escape_terminal(d.note), d.style)
        for d in details
    ]
    label = min(40, max((display_width(d[0]) for d in found), default=0))
    text = min(48, max((display_width(d[1]) for d in found if d[2]), default=0))
    for name, shown, note, style in found:
        start = f"    {pad(name, label)}   "
        if note:
            line = f"{start}{pad(shown, text)}   "
            if display_width(line + note) <= columns:
                yield paint(line, style) + paint(note, "dim")
                continue
            shown = f"{shown} ({note})"
        if columns - display_width(start) < min(_LEAST_ROOM, display_width(shown)):
            yield paint(f"    {name}", style)
            start = " " * 6
        for line in wrap(shown, max(_LEAST_ROOM, columns - display_width(start))):
            yield paint((start + line).rstrip(), style)
            start = " " * display_width(start)


def _scheduled(plan: Plan, options: RenderOptions, verbose: bool) -> list[str]:
    cells = tables.schedule_cells(plan, verbose=verbose)
    lines = headed_table(cells, options=options, indent=2)
    return [*lines, *(f"  {more}" for more in (tables.more_line(plan, verbose=verbose),) if more)]


def _table(cells: list[list[str]], options: RenderOptions) -> list[str]:
    def style(row: int, column: int) -> str:
        if row == 0:
            return "dim"
        return "red" if column == _SHORT_COLUMN else ""

    return headed_table(cells, "lrrrrr", options=options, indent=2, style=style)
