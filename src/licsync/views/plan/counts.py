"""The counts of a plan's actions, like the last line of a Terraform plan."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from licsync.diagnostics import Code, has_errors
from licsync.model.capabilities import VERBS
from licsync.model.declarations import KINDS
from licsync.planning.plan import Plan
from licsync.views import phrases as words
from licsync.views.plan.entry import verb_order
from licsync.views.terminal import commas

_NOUNS: dict[str, tuple[str, str] | None] = {
    name: None
    if name in ("user", "license")
    else (kind.title, f"{kind.title}{'es' * kind.title.endswith('s') or 's'}")
    for name, kind in reversed(KINDS.items())
}
"""Nouns by kind; None for users and licenses, which are counted together by verb."""


def count_labels(labels: Iterable[str]) -> list[tuple[str, str]]:
    """Count each `kind.verb`, removals first, as pairs of a label and a phrase: `1 to create`."""
    numbers_of: dict[tuple[tuple[str, str] | None, str], dict[str, int]] = defaultdict(dict)
    for label, number in Counter(labels).items():
        kind, _, verb = label.partition(".")
        if verb in VERBS.get(kind, ()):  # a plan file can contain any label
            numbers_of[_NOUNS[kind], verb][label] = number
    counted = []
    for (nouns, verb), by_label in numbers_of.items():
        number = sum(by_label.values())
        amount = words.count(number, *nouns) if nouns else f"{number:,}"
        counted.append((min(by_label, key=verb_order), f"{amount} to {verb}"))
    return sorted(counted, key=lambda pair: (verb_order(pair[0]), pair[1]))


def count_phrases(labels: Iterable[str]) -> list[str]:
    """Count each `kind.verb`, removals first: `1 to create`, `2 sites to update`."""
    return [said for _, said in count_labels(labels)]


def summary_phrases(plan: Plan) -> list[str]:
    """Summarize a plan in one line, given as phrases between which the line can break."""
    if not plan.actions:
        if has_errors(plan.diagnostics):
            return ["No plan.", "Fix the errors first."]
        if any(d.code == Code.PLAN_NARROWED for d in plan.diagnostics):
            return ["No changes", "in the selected targets."]
        return ["No changes.", "The inventory matches the files."]
    said = commas(count_phrases(action.label for action in plan.actions)) or [
        words.count(len(plan.actions), "action")
    ]
    manual = sum(action.manual for action in plan.actions)
    said[0] = f"Plan: {said[0]}"
    said[-1] += "."
    if not manual:
        return said
    return [*said, f"{manual:,} of them {'is' if manual == 1 else 'are'} manual."]
