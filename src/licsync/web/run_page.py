"""The page of a run: what became of each action by its journal, before and after."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from licsync.diagnostics import LicsyncError
from licsync.engine.ports import JournalEntry, Run
from licsync.engine.reporting import outcome_of
from licsync.model.backend_types import API, backend_type
from licsync.model.catalog import Catalog
from licsync.model.inventory import Record, without_notes
from licsync.model.secret_keys import is_secret
from licsync.planning.actions import Action
from licsync.planning.plan import Plan
from licsync.views import phrases as words
from licsync.views.plan.entries import PlanEntries
from licsync.views.plan.entry import Entry
from licsync.web.account_index import AccountIndex
from licsync.web.layout import Layout, paginate
from licsync.web.query_params import RunsQuery

Ending = Literal["done", "by hand", "failed", "uncertain", "half done", "not begun"]
"""What became of an action."""

ENDINGS: tuple[Ending, ...] = get_args(Ending)

LEFT: frozenset[Ending] = frozenset(("failed", "uncertain", "half done", "not begun"))
"""What is left of a run."""

SECRET = "…"


@dataclass(frozen=True, slots=True)
class RunAction:
    """One action of a run.

    Attributes:
        entry: what the plan said of it.
        ending: what became of it.
        reason: why it was not done.
        changes: what the journal recorded: setting, value before and value after, as text.
    """

    entry: Entry
    ending: Ending
    reason: str
    changes: list[tuple[str, str, str]]


def content(index: AccountIndex, query: RunsQuery, layout: Layout) -> dict[str, Any]:
    """Give what the page of a run shows, by the names of its template."""
    try:
        run = index.reviewed.read_run(query.run)
    except LicsyncError as fault:
        listed = next((run for run in index.reviewed.runs if run.id == query.run), None)
        reasons = " ".join(diagnostic.message for diagnostic in fault.diagnostics)
        return {"run": listed, "unread": reasons, "actions": None}
    if run is None or "actions" not in run.plan:
        return {"run": run, "unread": "", "actions": None}
    actions = run_actions(run, index.catalog)
    numbers = Counter(action.ending for action in actions)
    chosen = [action for action in actions if query.state in ("", action.ending)]
    everything = layout.assets is not None or query.whole
    return {
        "run": run,
        "unread": "",
        "actions": paginate(chosen, query.page, None if everything else layout.rows),
        "all_actions": len(actions),
        "endings": [(ending, numbers[ending]) for ending in ENDINGS if numbers[ending]],
        "left": sum(numbers[ending] for ending in LEFT),
        "approvals": list(run.plan.get("approvals") or ()),
    }


def run_actions(run: Run, catalog: Catalog) -> list[RunAction]:
    """List the actions of a run with its journal, in the order of its plan."""
    plan = Plan.from_json(run.plan)
    outcome = outcome_of(run, plan, in_place=backend_type(plan.backend) is not API)
    endings: dict[str, Ending] = {
        **dict.fromkeys(outcome.done, "done"),
        **dict.fromkeys(outcome.manual, "by hand"),
        **dict.fromkeys(outcome.uncertain, "uncertain"),
        **dict.fromkeys(outcome.half_done, "half done"),
        **dict.fromkeys(outcome.failed, "failed"),
    }
    reasons = {**outcome.uncertain, **outcome.failed}
    journal: dict[str, list[JournalEntry]] = defaultdict(list)
    for entry in run.entries:
        journal[entry.action].append(entry)
    plan_entries = PlanEntries(plan, catalog)

    def shown(action: Action) -> RunAction:
        changes = [
            (path if key == action.resource else f"{path} ({key.partition('/')[2]})", was, new)
            for key, path, was, new in recorded_changes(journal[action.id])
        ]
        return RunAction(
            plan_entries.entry([action]),
            endings.get(action.id, "not begun"),
            reasons.get(action.id, ""),
            changes,
        )

    return [shown(action) for action in plan.actions]


# --- what the journal recorded --------------------------------------------------------------------


def recorded_changes(entries: Sequence[JournalEntry]) -> Iterator[tuple[str, str, str, str]]:
    """List the values that steps changed: record, setting, and the values before and after.

    Secrets are masked. Attempts without a result show nothing.
    """
    before: dict[str, Record | None] = {}
    after: dict[str, Record | None] = {}
    for entry in entries:
        if entry.after is not None:
            before = {**entry.before, **before}
            after |= entry.after
    for key, now in after.items():
        was = _values(without_notes(before.get(key) or {}))
        new = _values(without_notes(now or {}))
        for path in dict.fromkeys((*was, *new)):
            texts = _value_text(path, was), _value_text(path, new)
            # an absent value and an empty one read the same
            if was.get(path) != new.get(path) and (texts[0] != texts[1] or SECRET in texts):
                yield key, words.label(path), *texts


def _value_text(path: str, values: Mapping[str, Any]) -> str:
    text = words.value(path, values.get(path))
    return SECRET if is_secret(path.rpartition(".")[2]) and text != words.NONE else text


def _values(record: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Give the values of a record by dotted path; services by the id of their license."""
    found: dict[str, Any] = {}
    for name, value in record.items():
        path = f"{prefix}{name}"
        if name == "services" and isinstance(value, list):
            for service in value:
                unit = str(service.get("license"))
                found[f"license {unit}"] = "assigned"
                found |= _values(service.get("extension") or {}, f"{unit}.")
        elif isinstance(value, Mapping):
            found |= _values(value, f"{path}.")
        else:
            found[path] = value
    return found
