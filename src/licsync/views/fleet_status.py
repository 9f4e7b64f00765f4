"""What a fleet remembers, for people, for programs and for Prometheus."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from datetime import datetime

from licsync.engine.fleet import FleetVerb, StoredResult
from licsync.engine.fleet_status import AccountStatus, FleetStatus, QueueStatus, StuckRun
from licsync.model.license import format_instant, parse_instant
from licsync.views.escaping import escape_terminal, json_text
from licsync.views.fleet import duration, exit_text
from licsync.views.phrases import count, first_few, instant
from licsync.views.terminal import PLAIN, RenderOptions, headed_table

HEADINGS = ("account", "plan", "apply", "drift", "changes", "drift since", "due")
_VERBS: tuple[FleetVerb, ...] = ("plan", "apply", "drift")


def status_text(status: FleetStatus, path: str, *, options: RenderOptions = PLAIN) -> str:
    """Write what a fleet remembers.

    Args:
        status: what it remembers.
        path: the fleet as the command line named it.
        options: color and widths.
    """
    rows = [HEADINGS, *(status_cells(account, status.at) for account in status.accounts)]
    lines = headed_table(rows, "llllrll", options=options)
    due = sum(_is_due(account, status.at) for account in status.accounts)
    facts = [f"{count(len(status.accounts), 'account')}; {due} due for a check for drift."]
    if status.queue is not None:
        facts.append(queue_text(status.queue))
    facts += [run_text(one, status.at, path) for one in status.running]
    if status.gone:
        names = first_few(list(status.gone), 10)
        facts.append(f"No longer in the fleet: {names}. Nothing changed in these accounts.")
    return "\n".join([*lines, "", *map(escape_terminal, facts)]) + "\n"


def status_cells(account: AccountStatus, now: datetime) -> list[str]:
    """Write what is remembered of an account as cells, as `HEADINGS` names them."""
    found = account.found
    return [
        account.account,
        *(_ran(account.last.get(verb), now) for verb in _VERBS),
        f"{found['changes']:,}" if found else "",
        instant(account.drift_since) if account.drift_since else "",
        _due_text(account, now),
    ]


def _ran(stored: StoredResult | None, now: datetime) -> str:
    """Say how long ago a command ended, and how."""
    if stored is None:
        return "never"
    ago = duration(parse_instant(stored.result.finished_at), now)
    return f"{ago if ago == 'now' else f'{ago} ago'}, {exit_text(stored.result.exit_code)}"


def _is_due(account: AccountStatus, now: datetime) -> bool:
    return account.due_at is not None and account.due_at <= now


def _due_text(account: AccountStatus, now: datetime) -> str:
    if account.due_at is None:
        return ""
    return "now" if account.due_at <= now else f"in {duration(now, account.due_at)}"


def run_text(one: StuckRun, now: datetime, path: str) -> str:
    """Describe what is left of a run, and how to resume it."""
    run = one.run
    who = f"The {run.verb} {run.id} by {run.actor}, started {instant(run.started_at)},"
    left = f"{len(one.left)} of {count(len(run.jobs), 'account')}"
    if run.is_alive:
        return f"{who} is running: {left} to go."
    ended = (
        "ended"
        if run.finished_at
        else "has not ended, but its process does not run on this machine,"
    )
    if run.verb != "apply":
        return f"{who} {ended} and left {left} without a result."
    names = first_few(list(one.left), 5)
    command = f"licsync fleet apply {path} --resume"
    return f"{who} {ended} and left {left}: {names}. To continue: {command}"


def queue_text(queue: QueueStatus) -> str:
    """Say which workers live, and what they have to do."""
    hosts = Counter(queue.workers)
    named = [f"{host} ({number})" if number > 1 else host for host, number in hosts.items()]
    workers = f"{count(len(queue.workers), 'worker')} on {first_few(named, 10)}"
    if not queue.workers:
        workers = "No worker is running"
    later = f", {queue.later} of them for another attempt" if queue.later else ""
    return f"{workers}. In the queue: {queue.running} running, {queue.waiting} waiting{later}."


def status_json(status: FleetStatus) -> str:
    """Write what a fleet remembers as JSON."""
    document = {
        "format_version": "1",
        "fleet": status.fleet,
        "at": format_instant(status.at),
        "accounts": [_account_json(account) for account in status.accounts],
        "runs": [
            {
                "id": one.run.id,
                "verb": one.run.verb,
                "actor": one.run.actor,
                "started_at": one.run.started_at,
                "finished_at": one.run.finished_at,
                "link": one.run.link,
                "running": one.run.is_alive,
                "left": list(one.left),
            }
            for one in status.running
        ],
        "gone": list(status.gone),
        "queue": asdict(status.queue) if status.queue else None,
    }
    return json_text(document) + "\n"


def _account_json(account: AccountStatus) -> dict[str, object]:
    last = {
        verb: {
            "exit_code": stored.result.exit_code,
            "started_at": stored.result.started_at,
            "finished_at": stored.result.finished_at,
            "run": stored.run,
            "summary": stored.result.summary,
            "error": stored.result.error,
        }
        for verb, stored in account.last.items()
    }
    return {
        "account": account.account,
        "labels": dict(account.labels),
        "last": last,
        "last_success": dict(account.successes),
        "drift_since": account.drift_since,
        "due_at": format_instant(account.due_at) if account.due_at else None,
    }


# --- Prometheus -----------------------------------------------------------------------------------

_METRICS = {
    "last_success": "When a command last ended without a fault, in seconds since 1970.",
    "last_exit": "The exit code of the last run of a command.",
    "changes": "Actions that are left to apply.",
    "removals": "Those of them that suspend, unassign or delete.",
    "short_by": "Licenses that the last plan lacks.",
    "drift": "Values that the last check found changed in the console.",
    "inventory": "When the inventory was read last, in seconds since 1970.",
    "due": "When the next check for drift is due, in seconds since 1970.",
    "workers": "Workers of the fleet that live.",
    "jobs_running": "Jobs that workers run.",
    "jobs_waiting": "Jobs that wait for a worker, or for another attempt.",
}


def status_metrics(status: FleetStatus) -> str:
    """Write what a fleet remembers in the text format of Prometheus."""
    samples: dict[str, list[str]] = {name: [] for name in _METRICS}

    def add(name: str, account: str | None, value: float, **labels: str) -> None:
        of = {"account": account} if account is not None else {}
        all_labels = {"fleet": status.fleet, **of, **labels}
        written = ",".join(f'{key}="{_label(value)}"' for key, value in all_labels.items())
        samples[name].append(f"{_name(name)}{{{written}}} {value:.0f}")

    for one in status.accounts:
        for verb, at in sorted(one.successes.items()):
            add("last_success", one.account, _seconds(at), verb=verb)
        for verb, stored in sorted(one.last.items()):
            add("last_exit", one.account, stored.result.exit_code, verb=verb)
        if one.due_at is not None:
            add("due", one.account, one.due_at.timestamp())
        found = one.found
        if found is None:
            continue
        add("changes", one.account, found["changes"])
        add("removals", one.account, found["removals"])
        add("short_by", one.account, found["short_by"])
        if found["inventory_at"]:
            add("inventory", one.account, _seconds(found["inventory_at"]))
        checked = one.last.get("drift")
        if checked and checked.result.summary and "drift" in checked.result.summary:
            add("drift", one.account, checked.result.summary["drift"])
    if status.queue is not None:
        add("workers", None, len(status.queue.workers))
        add("jobs_running", None, status.queue.running)
        add("jobs_waiting", None, status.queue.waiting)
    lines = []
    for name, about in _METRICS.items():
        lines += [f"# HELP {_name(name)} {about}", f"# TYPE {_name(name)} gauge", *samples[name]]
    return "\n".join(lines) + "\n"


def _name(metric: str) -> str:
    seconds = "_timestamp_seconds" if metric in ("last_success", "inventory", "due") else ""
    return f"licsync_fleet_{metric}{seconds}"


def _seconds(moment: str) -> float:
    return parse_instant(moment).timestamp()


def _label(value: str) -> str:
    """Escape the value of a label."""
    return escape_terminal(value).replace("\\", "\\\\").replace('"', '\\"')
