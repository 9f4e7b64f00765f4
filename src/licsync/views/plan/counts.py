"""Counts what a plan does, as Terraform's last line does."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from licsync.diagnostics import Code, has_errors
from licsync.model.declarations import KINDS
from licsync.planning.plan import VERBS, Plan
from licsync.views import phrases as words
from licsync.views.plan.entry import verb_order
from licsync.views.terminal import commas

_NOUNS: dict[str, tuple[str, str] | None] = {
    name: None
    if name in ("user", "license")
    else (kind.title, f"{kind.title}{'es' * kind.title.endswith('s') or 's'}")
    for name, kind in reversed(KINDS.items())
}
"""What is counted by kind: users and licenses together, by verb alone."""


def count_labels(labels: Iterable[str]) -> list[tuple[str, str]]:
    """Say how many of each `kind.verb` there are, what takes away first: a label of each, and `1 to create`."""
    numbers_of: dict[tuple[tuple[str, str] | None, str], dict[str, int]] = defaultdict(dict)
    for label, number in Counter(labels).items():
        kind, _, verb = label.partition(".")
        if verb in VERBS.get(kind, ()):  # a plan file may name anything
            numbers_of[_NOUNS[kind], verb][label] = number
    found = [
        (
            min(alike, key=verb_order),
            f"{words.count(number, *nouns) if nouns else f'{number:,}'} to {verb}",
        )
        for (nouns, verb), alike in numbers_of.items()
        for number in (sum(alike.values()),)
    ]
    return sorted(found, key=lambda pair: (verb_order(pair[0]), pair[1]))


def count_phrases(labels: Iterable[str]) -> list[str]:
    """Say how many of each `kind.verb` there are, what takes away first: `1 to create`, `2 sites to update`."""
    return [said for _, said in count_labels(labels)]


def summary_phrases(plan: Plan) -> list[str]:
    """Say what the plan does in one line, as Terraform does, in pieces between which it may be broken."""
    if not plan.actions:
        if has_errors(plan.diagnostics):
            return ["No plan.", "The errors have to be settled first."]
        if any(d.code == Code.PLAN_NARROWED for d in plan.diagnostics):
            return ["No changes", "in what the plan is narrowed to."]
        return ["No changes.", "The inventory matches the files."]
    said = commas(count_phrases(action.label for action in plan.actions)) or [
        words.count(len(plan.actions), "action")
    ]
    manual = sum(action.manual for action in plan.actions)
    said[0] = f"Plan: {said[0]}"
    said[-1] += "."
    return [*said, f"{manual:,} of them by hand."] if manual else said
