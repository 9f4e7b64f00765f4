"""The runs of an account: when, by whom, what, and how each ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from licsync.engine.ports import AuditResult, Run
from licsync.engine.work_orders import OpenedOrder
from licsync.model.backend_types import backend_type
from licsync.views import phrases as words
from licsync.views.escaping import escape_terminal, json_text
from licsync.views.plan.entry import count_titles
from licsync.views.terminal import PLAIN, RenderOptions, headed_table
from licsync.views.work_orders import order_json, order_lines


def history_table(
    runs: Sequence[Run],
    orders: Sequence[OpenedOrder] = (),
    *,
    options: RenderOptions = PLAIN,
) -> str:
    """Write runs as a table, and what of each work order is not verified.

    Args:
        runs: the runs.
        orders: the work orders.
        options: color and widths.
    """
    if not runs:
        return "Nothing has been applied yet.\n"
    linked = any(run.link for run in runs)
    of_run = {order.run: order for order in orders if order.run}
    cells = [["run", "started", "by", "backend", "ended", "what", "link"][: 7 if linked else 6]]
    for run in runs:
        undoes = [f"undoes {run.plan['undoes']}"] if run.plan.get("undoes") else []
        planned = [f"as of {words.instant(run.planned_for)}"] if run.planned_for else []
        what = "; ".join(
            (actions_text(run), *planned, *undoes, *map(_approved, run.plan.get("approvals") or ()))
        )
        where = backend_type(str(run.plan.get("backend", ""))).short
        start, ended = words.instant(run.started_at), run_ending(run, of_run.get(run.id))
        row = (run.id, start, run.actor, where, ended, what, run.link or "")
        cells.append([escape_terminal(cell) for cell in row[: 7 if linked else 6]])
    lines = headed_table(cells, options=options)
    return "\n".join([*lines, *order_lines(orders)]) + "\n"


def history_json(runs: Sequence[Run], orders: Sequence[OpenedOrder] = ()) -> str:
    """Write runs as JSON, each with its work order."""
    of_run = {order.run: order_json(order) for order in orders if order.run}
    found = [
        {
            "run": run.id,
            "account": run.account,
            "backend": run.plan.get("backend"),
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
            "work_order": of_run.get(run.id),
        }
        for run in runs
    ]
    return json_text({"runs": found}) + "\n"


def pruned_text(runs: Sequence[Run], before: str, orders: Sequence[OpenedOrder] = ()) -> str:
    """Report which runs and work orders were pruned."""
    lines = []
    if runs:
        lines = [f"Removed the journals and snapshots of {words.count(len(runs), 'run')}:"]
        lines += [f"  {run.id}, ended {words.instant(run.finished_at or '')}" for run in runs]
    if orders:
        lines.append(f"Removed the items and notes of {words.count(len(orders), 'work order')}:")
        lines += [f"  {it.id}, closed {words.instant(it.closed_at or '')}" for it in orders]
    if not lines:
        return f"No run that ended before {words.instant(before)} has data to remove."
    return "\n".join(map(escape_terminal, lines))


def audit_text(found: AuditResult) -> str:
    """Write the result of verifying a history for people."""
    if found == AuditResult():
        return "Nothing has been applied yet.\n"
    lines = [escape_terminal(f"✗ {fault}") for fault in found.faults]
    if found.has_head is False:
        lines.append(
            "✗ The requested hash is not in the history. The history was truncated or rebuilt."
        )
    counts = [words.count(found.runs, "run")]
    counts += [words.count(found.orders, "work order")] if found.orders else []
    what = ", ".join([*counts, words.count(found.entries, "entry", "entries")])
    lines.append(f"{what}: {'unaltered' if found.is_sound else 'altered'}.")
    if found.before:
        lines.append(f"Not covered: {words.count(found.before, 'earlier run')}.")
    if found.head:
        lines.append(f"History head: {found.head}")
    return "\n".join(lines) + "\n"


def audit_json(found: AuditResult) -> str:
    """Write the result of verifying a history as JSON."""
    names = ("entries", "runs", "before", "orders", "head", "has_head", "faults")
    return (
        json_text({"is_sound": found.is_sound} | {name: getattr(found, name) for name in names})
        + "\n"
    )


_WAITS = {"open": "work order open", "done": "work order not verified"}
"""What a run waits for whose work order is unfinished (`engine.work_orders.UNFINISHED`)."""

ENDINGS = (
    "open",
    "failed",
    *(f"unfinished, {waits}" for waits in _WAITS.values()),
    *_WAITS.values(),
    "abandoned",
    "done",
)
"""What `run_ending` says, those that need attention first."""


def run_ending(run: Run, order: OpenedOrder | None) -> str:
    """Say how a run ended. While people work on its order, it did not.

    Of a run that did not do all of its own part, a work order tells no failure from what waits for
    people.
    """
    waits = _WAITS.get(order.state) if order is not None else None
    if waits is None or run.state not in ("done", "failed"):
        return run.state
    return waits if run.state == "done" else f"unfinished, {waits}"


def _approved(approval: dict[str, Any]) -> str:
    what = f"of rule {approval['rule']}" if "rule" in approval else approval.get("verb")
    return f"approved: {approval.get('count', 'all')} {what} ({approval.get('reason')})"


def actions_text(run: Run) -> str:
    """Count the actions of a run's plan for people: `1 create, 1 assign`."""
    return ", ".join(count_titles(_summary(run))) or "nothing"


def summary_of(run: Run) -> str:
    """Count the actions of a run's plan by `kind.verb`, for programs."""
    return ", ".join(f"{count} {label}" for label, count in _summary(run).items()) or "nothing"


def _summary(run: Run) -> dict[str, Any]:
    return dict(run.plan.get("summary") or {})
