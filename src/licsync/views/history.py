"""The runs of an account: when, who, what, and how each ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from licsync.engine.ports import Run
from licsync.views import words
from licsync.views.safe import json_text, terminal
from licsync.views.text import table


def history_table(runs: Sequence[Run]) -> str:
    """List runs for people."""
    if not runs:
        return "Nothing was applied yet.\n"
    cells = [["run", "started", "by", "ended", "what"]]
    for run in runs:
        what = ", ".join(f"{count} {label}" for label, count in _summary(run).items()) or "nothing"
        row = (run.id, words.instant(run.started_at), run.actor, run.state, what)
        cells.append([terminal(cell) for cell in row])
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
            "state": run.state,
            "digest": run.plan.get("digest"),
            "summary": _summary(run),
        }
        for run in runs
    ]
    return json_text({"runs": found}) + "\n"


def _summary(run: Run) -> dict[str, Any]:
    return dict(run.plan.get("summary") or {})
