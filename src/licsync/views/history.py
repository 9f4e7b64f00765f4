"""The runs of an account: when, who, what, and how each ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from licsync.engine.ports import AuditResult, Run
from licsync.views import phrases as words
from licsync.views.escaping import escape_terminal, json_text
from licsync.views.terminal import table


def history_table(runs: Sequence[Run]) -> str:
    """List runs for people."""
    if not runs:
        return "Nothing was applied yet.\n"
    linked = any(run.link for run in runs)
    cells = [["run", "started", "by", "ended", "what", "link"][: 6 if linked else 5]]
    for run in runs:
        undoes = [f"takes back {run.plan['undoes']}"] if run.plan.get("undoes") else []
        planned = [f"as of {words.instant(run.planned_for)}"] if run.planned_for else []
        what = "; ".join(
            (summary_of(run), *planned, *undoes, *map(_approved, run.plan.get("approvals") or ()))
        )
        row = (run.id, words.instant(run.started_at), run.actor, run.state, what, run.link or "")
        cells.append([escape_terminal(cell) for cell in row[: 6 if linked else 5]])
    return "\n".join(table(cells)) + "\n"


def history_json(runs: Sequence[Run]) -> str:
    """List runs for programs."""
    found = [
        {
            "run": run.id,
            "account": run.account,
            "actor": run.actor,
            "started_at": run.started_at,
            "finished_at": run.finished_at,
            "planned_for": run.planned_for,
            "state": run.state,
            "digest": run.plan.get("digest"),
            "summary": _summary(run),
            "approvals": run.plan.get("approvals") or [],
            "undoes": run.plan.get("undoes"),
            "link": run.link,
            "pruned_at": run.pruned_at,
        }
        for run in runs
    ]
    return json_text({"runs": found}) + "\n"


def pruned_text(runs: Sequence[Run], before: str) -> str:
    """Say which runs were pruned."""
    if not runs:
        return (
            f"No run that ended before {words.instant(before)} holds anything that can be removed."
        )
    names = [
        escape_terminal(f"  {run.id}, ended {words.instant(run.finished_at or '')}") for run in runs
    ]
    what = "1 run" if len(runs) == 1 else f"{len(runs):,} runs"
    return "\n".join([f"Removed the journals and snapshots of {what}:", *names])


def audit_text(found: AuditResult) -> str:
    """Say for people what came of verifying a history."""
    if found == AuditResult():
        return "Nothing was applied yet.\n"
    lines = [escape_terminal(f"✗ {fault}") for fault in found.faults]
    if found.has_head is False:
        lines.append(
            "✗ The hash that was asked for is not there: the end of the history was cut off, or is another one."
        )
    what = f"{words.count(found.runs, 'run')}, {words.count(found.entries, 'entry', 'entries')}"
    lines.append(
        f"{what}: {'all as they were written' if found.is_sound else 'not as they were written'}."
    )
    if found.before:
        lines.append(
            f"{words.count(found.before, 'run')} before them {'is' if found.before == 1 else 'are'} not covered."
        )
    if found.head:
        lines.append(f"The last one is {found.head}")
    return "\n".join(lines) + "\n"


def audit_json(found: AuditResult) -> str:
    """Say for programs what came of verifying a history."""
    names = ("entries", "runs", "before", "head", "has_head", "faults")
    return (
        json_text({"is_sound": found.is_sound} | {name: getattr(found, name) for name in names})
        + "\n"
    )


def _approved(approval: dict[str, Any]) -> str:
    what = f"of rule {approval['rule']}" if "rule" in approval else approval.get("verb")
    return f"approved: {approval.get('count', 'all')} {what} ({approval.get('reason')})"


def summary_of(run: Run) -> str:
    """Say what a run was to do."""
    return ", ".join(f"{count} {label}" for label, count in _summary(run).items()) or "nothing"


def _summary(run: Run) -> dict[str, Any]:
    return dict(run.plan.get("summary") or {})
