"""The manual steps of a plan as an ordered checklist: Markdown, CSV and plain lines."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import StringIO
from itertools import groupby

from licsync.model.catalog import Catalog
from licsync.planning.actions import Action
from licsync.planning.plan import Plan
from licsync.views import phrases as words
from licsync.views.escaping import code_span, csv_cell, escape_markdown, escape_terminal
from licsync.views.plan import tables as schedule
from licsync.views.plan.entries import PlanEntries

CONFIRM = "licsync inventory confirm"
"""The command that confirms manual actions that the backend does not show."""

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
    """One manual action: its number in the checklist, what it does, and what precedes it."""

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
            return f"licsync's action {need}"
        whose = "" if other.resource == action.resource else f" of {other.name}"
        return f"licsync's {plan_entries.phrase(other)}{whose}"

    def swap_with(action: Action) -> tuple[str, ...]:
        return tuple(
            name for name in plan_entries.rings.get(action.ring or "", ()) if name != action.name
        )

    found = []
    for number, (action, is_release) in enumerate(parts, 1):
        what, steps, needs = plan_entries.phrase(action), action.steps, action.needs
        if is_release:
            what, steps = f"release first, to {what}", action.first_steps
        elif action.first_steps:
            needs = ()  # they stand before the release
        after = tuple(first(action, need) for need in needs)
        instructions = tuple(steps) or ("Do this in the console.",)
        found.append(Item(number, action, what, after, swap_with(action), instructions))
    return found


def _in_execution_order(manual: Iterable[Action]) -> Iterator[tuple[Action, bool]]:
    """List actions in execution order, with a flag for the part that releases something.

    A user who releases something at the start of a swap appears twice.
    """
    for _, mates in groupby(manual, key=lambda action: action.ring or action.id):
        ring = list(mates)
        yield from ((action, True) for action in ring if action.first_steps)
        yield from ((action, False) for action in ring if action.steps or not action.first_steps)


def _count(found: Iterable[Item]) -> int:
    """Count the actions, not the items: an action of a swap can have two items."""
    return len({item.action.id for item in found})


def _unverifiable(found: Iterable[Item]) -> str:
    """Count the actions that licsync cannot verify; empty if there are none."""
    number = _count(item for item in found if item.action.unseen)
    return f"licsync cannot verify {words.count(number, 'manual action')}." if number else ""


def runbook(plan: Plan, catalog: Catalog) -> str:
    """Write the manual actions of a plan as a Markdown checklist, in execution order."""
    found = items(plan, catalog)
    head = f"# Manual steps: {code_span(plan.account)}"
    later = _scheduled(plan)
    if not found:
        return "\n\n".join((head, "There are no manual steps.", *later)) + "\n"
    intro = (
        f"{words.count(_count(found), 'action')} from the plan of "
        f"{words.instant(plan.created_at)}. Do them in the console, from top to bottom. "
        "Then plan again: licsync verifies what the backend shows."
    )
    parts = [head, escape_markdown(intro)]
    if limits := _unverifiable(found):
        request = escape_markdown(f"{limits} When they are done, confirm them with")
        parts.append(f"{request} {code_span(_confirm(plan))}.")
    blocks = [_block(item) for item in found]
    return "\n\n".join((*parts, *blocks, *later, f"Plan: {code_span(plan.digest)}")) + "\n"


def _scheduled(plan: Plan) -> list[str]:
    """List what later plans do, by day."""
    rows = [
        f"- {escape_markdown(day)}: {escape_markdown(verb)} {code_span(name)}"
        for day, verb, name, _ in schedule.schedule_cells(plan, verbose=True)[1:]
    ]
    return ["## Scheduled for later", "\n".join(rows)] if rows else []


def _confirm(plan: Plan) -> str:
    return f"{CONFIRM} {plan.directory or 'DIR'}"


def _block(item: Item) -> str:
    action = item.action
    parts = [f"## {item.number}. {code_span(action.name)}: {escape_markdown(item.what)}"]
    if item.after:
        parts.append(f"After {escape_markdown(words.sentence(item.after))}.")
    if item.swap_with:
        users = escape_markdown(words.sentence(item.swap_with))
        parts.append(f"Part of a swap with {users}: do these actions in direct succession.")
    if action.why:
        parts.append(f"Why: {escape_markdown(action.why)}")
    if action.unseen:
        parts.append("licsync cannot verify this action. Confirm it when it is done.")
    parts.append("\n".join(f"- [ ] {escape_markdown(step)}" for step in item.steps))
    return "\n\n".join(parts)


def runbook_csv(plan: Plan, catalog: Catalog) -> str:
    """Write the manual actions of a plan as CSV, one row per step, safe for spreadsheets."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for item in items(plan, catalog):
        action = item.action
        source = f"{action.source.file}:{action.source.line}" if action.source else ""
        for step, instruction in enumerate(item.steps, 1):
            cells = (
                item.number, step, action.resource, item.what, instruction,
                ", ".join(item.after), ", ".join(item.swap_with),
                "yes" if action.unseen else "no", action.why, source, action.id,
            )  # fmt: skip
            writer.writerow([csv_cell(cell) for cell in cells])
    return out.getvalue()


def left_by_hand(plan: Plan, catalog: Catalog) -> Iterator[str]:
    """List the manual actions that remain after an apply, with their steps, line by line."""
    found = items(plan, catalog)
    if not found:
        return
    number = _count(found)
    verb = "remains" if number == 1 else "remain"
    yield f"{words.count(number, 'manual action')} {verb}, to be done in the console:"
    for item in found:
        after = f" (after {words.sentence(item.after)})" if item.after else ""
        yield escape_terminal(f"{item.number}. {item.action.name}: {item.what}{after}")
        yield from (escape_terminal(f"     {step}") for step in item.steps)
    if limits := _unverifiable(found):
        yield escape_terminal(f"{limits} When they are done, run: {_confirm(plan)}")


def confirmation(plan: Plan, actions: Iterable[Action], catalog: Catalog) -> Iterator[str]:
    """List the manual actions to confirm, line by line."""
    plan_entries = PlanEntries(plan, catalog)
    yield f"{escape_terminal(plan.account)}: manual actions to confirm"
    for action in actions:
        yield escape_terminal(f"  {action.name}: {plan_entries.phrase(action)}")
