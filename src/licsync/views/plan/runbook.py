"""What the backend cannot do, as an ordered checklist for the vendor's console: Markdown, CSV, and plain lines."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import StringIO
from itertools import groupby

from licsync.model.catalog import Catalog
from licsync.planning.plan import Action, Plan
from licsync.views import phrases as words
from licsync.views import schedule
from licsync.views.escaping import code_span, csv_cell, escape_markdown, escape_terminal
from licsync.views.plan.entries import PlanEntries

CONFIRM = "licsync inventory confirm"
"""The command that says that what the backend does not show was done."""

_COLUMNS = (
    "number",
    "step",
    "resource",
    "action",
    "instruction",
    "after",
    "swap_with",
    "confirm",
    "why",
    "source",
    "id",
)


@dataclass(frozen=True, slots=True)
class Item:
    """One manual action: its number in the checklist, what it does, and what comes before it."""

    number: int
    action: Action
    what: str
    after: tuple[str, ...]
    swap_with: tuple[str, ...]
    steps: tuple[str, ...]


def items(plan: Plan, catalog: Catalog) -> list[Item]:
    """List the manual actions of a plan in the order of execution."""
    manual = [action for action in plan.actions if action.manual]
    plan_entries = PlanEntries(plan, catalog)
    parts = list(_in_execution_order(manual))
    numbers = {action.id: number for number, (action, _) in enumerate(parts, 1)}
    others = {action.id: action for action in plan.actions if not action.manual}

    def first(action: Action, need: str) -> str:
        if need in numbers:
            return f"step {numbers[need]}"
        other = others.get(need)
        if other is None:
            return f"action {need} of licsync"
        whose = "" if other.resource == action.resource else f" of {other.name}"
        return f"licsync's {plan_entries.phrase(other)}{whose}"

    def swap_with(action: Action) -> tuple[str, ...]:
        return tuple(
            name for name in plan_entries.rings.get(action.ring or "", ()) if name != action.name
        )

    found = []
    for number, (action, is_first) in enumerate(parts, 1):
        what, steps, needs = plan_entries.phrase(action), action.steps, action.needs
        if is_first:
            what, steps = f"give up first, to {what}", action.first_steps
        elif action.first_steps:
            needs = []  # they came before its first part
        after = tuple(first(action, need) for need in needs)
        said = tuple(steps) or ("Do this in the vendor's console.",)
        found.append(Item(number, action, what, after, swap_with(action), said))
    return found


def _in_execution_order(manual: Iterable[Action]) -> Iterator[tuple[Action, bool]]:
    """List actions in the order in which they are done; who gives something up when a ring begins stands there twice.

    The flag tells the first part, in which something is given up.
    """
    for _, mates in groupby(manual, key=lambda action: action.ring or action.id):
        ring = list(mates)
        yield from ((action, True) for action in ring if action.first_steps)
        yield from ((action, False) for action in ring if action.steps or not action.first_steps)


def _count(found: Iterable[Item]) -> int:
    """Count the actions: one of a ring may stand there in two parts."""
    return len({item.action.id for item in found})


def runbook(plan: Plan, catalog: Catalog) -> str:
    """Write the manual actions of a plan as a Markdown checklist, in the order of execution."""
    found = items(plan, catalog)
    head = f"# By hand: {code_span(plan.account)}"
    later = _scheduled(plan)
    if not found:
        return "\n\n".join((head, "Nothing has to be done by hand.", *later)) + "\n"
    intro = (
        f"{words.count(_count(found), 'action')} of the plan of {words.instant(plan.created_at)}, for the vendor's "
        "console, from top to bottom. Plan again afterwards: licsync checks that each was done."
    )
    parts = [head, escape_markdown(intro)]
    if any(item.action.unseen for item in found):
        said = "What is marked as not visible cannot be checked: when it is done, say so with"
        parts.append(f"{escape_markdown(said)} {code_span(_confirm(plan))}.")
    blocks = [_block(item) for item in found]
    return "\n\n".join((*parts, *blocks, *later, f"Plan: {code_span(plan.digest)}")) + "\n"


def _scheduled(plan: Plan) -> list[str]:
    """List what later plans have to do, by day: nothing of it is to be done now."""
    rows = [
        f"- {escape_markdown(day)}: {escape_markdown(verb)} {code_span(name)}"
        for day, verb, name, _ in schedule.schedule_cells(plan, verbose=True)[1:]
    ]
    return ["## Scheduled, not to be done yet", "\n".join(rows)] if rows else []


def _confirm(plan: Plan) -> str:
    return f"{CONFIRM} {plan.directory or 'DIR'}"


def _block(item: Item) -> str:
    action = item.action
    lines = [f"## {item.number}. {code_span(action.name)}: {escape_markdown(item.what)}"]
    if item.after:
        lines.append(f"After {escape_markdown(words.sentence(item.after))}.")
    if item.swap_with:
        lines.append(
            f"Part of a swap with {escape_markdown(words.sentence(item.swap_with))}: do them one after the other."
        )
    if action.why:
        lines.append(f"Why: {escape_markdown(action.why)}")
    if action.unseen:
        lines.append("Not visible to licsync afterwards.")
    return (
        "\n\n".join(lines)
        + "\n\n"
        + "\n".join(f"- [ ] {escape_markdown(step)}" for step in item.steps)
    )


def runbook_csv(plan: Plan, catalog: Catalog) -> str:
    """Write the manual actions of a plan as a table, one row for each step, that no spreadsheet takes for formulas."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for item in items(plan, catalog):
        action = item.action
        source = f"{action.source.file}:{action.source.line}" if action.source else ""
        for step, instruction in enumerate(item.steps, 1):
            cells = (
                item.number, step, action.resource, item.what, instruction, ", ".join(item.after),
                ", ".join(item.swap_with), "yes" if action.unseen else "no", action.why, source, action.id,
            )  # fmt: skip
            writer.writerow([csv_cell(cell) for cell in cells])
    return out.getvalue()


def left_by_hand(plan: Plan, catalog: Catalog) -> Iterator[str]:
    """Say line by line what an apply left to do by hand, with the console's steps; nothing where it left nothing."""
    found = items(plan, catalog)
    if not found:
        return
    yield f"Left to do by hand in the vendor's console, {words.count(_count(found), 'action')}:"
    for item in found:
        after = f" (after {words.sentence(item.after)})" if item.after else ""
        yield escape_terminal(f"{item.number}. {item.action.name}: {item.what}{after}")
        yield from (escape_terminal(f"     {step}") for step in item.steps)
    if any(item.action.unseen for item in found):
        yield escape_terminal(
            f"Not all of that can be seen by licsync: when it is done, {_confirm(plan)}"
        )


def confirmation(plan: Plan, actions: Iterable[Action], catalog: Catalog) -> Iterator[str]:
    """Say line by line what is to be confirmed."""
    plan_entries = PlanEntries(plan, catalog)
    yield f"{escape_terminal(plan.account)}: what was done by hand"
    for action in actions:
        yield escape_terminal(f"  {action.name}: {plan_entries.phrase(action)}")
