"""Counts what a plan does, as Terraform's last line does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from licsync.diagnostics import has_errors
from licsync.model.declarations import KINDS
from licsync.planning.plan import Plan
from licsync.views import words
from licsync.views.text import commas

_COUNTED = (
    "create", "assign", "upgrade", "reactivate", "reinstate", "update", "rename", "relocate", "change",
    "downgrade", "suspend", "unassign", "delete",
)  # fmt: skip
_NOUNS: dict[str, tuple[str, str] | None] = {
    name: None if name in ("user", "license") else (kind.title, f"{kind.title}{'es' * kind.title.endswith('s') or 's'}")
    for name, kind in reversed(KINDS.items())
}
"""What is counted by kind: users and licenses together, by verb alone."""


def counted(labels: Iterable[str]) -> list[str]:
    """Say how many of each `kind.verb` there are: `1 to create`, `2 sites to update`."""
    parted = (label.partition(".") for label in labels)
    counts = Counter((_NOUNS.get(kind), verb) for kind, _, verb in parted)
    return [
        f"{words.count(counts[nouns, verb], *nouns) if nouns else f'{counts[nouns, verb]:,}'} to {verb}"
        for nouns in dict.fromkeys(_NOUNS.values())
        for verb in _COUNTED
        if counts[nouns, verb]
    ]


def counts(plan: Plan) -> list[str]:
    """Say what the plan does in one line, as Terraform does, in pieces between which it may be broken."""
    if not plan.actions:
        if has_errors(plan.diagnostics):
            return ["No plan.", "The errors have to be settled first."]
        return ["No changes.", "The inventory matches the files."]
    said = commas(counted(action.label for action in plan.actions)) or [words.count(len(plan.actions), "action")]
    manual = sum(action.manual for action in plan.actions)
    said[0] = f"Plan: {said[0]}"
    said[-1] += "."
    return [*said, f"{manual:,} of them by hand."] if manual else said
