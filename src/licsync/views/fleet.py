"""The outcome of a command on a fleet: a block for each account, one table, and JSON."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal, InvalidOperation

from licsync.diagnostics.exit_codes import Exit
from licsync.engine.fleet import FAULTLESS, RESUMABLE, AccountResult, LicenseUse
from licsync.engine.fleet_outcome import FleetOutcome, FleetRow
from licsync.model.license import parse_instant
from licsync.views.escaping import escape_terminal, json_text
from licsync.views.phrases import count, decimal, instant, sentence
from licsync.views.terminal import PLAIN, RenderOptions, headed_table, painter

HEADINGS = (
    "account",
    "changes",
    "removals",
    "short by",
    "cost a month",
    "drift since",
    "inventory",
    "exit",
)
ALIGN = "lrrrrlrl"

EXITS: Mapping[int, str] = {
    Exit.DONE: "done",
    Exit.FAILED: "failed",
    Exit.CHANGES: "with changes",
    Exit.REFUSED: "refused",
    Exit.PARTLY: "partly applied",
    Exit.LOCKED: "locked",
    Exit.CREDENTIALS: "without access",
    Exit.INTERRUPTED: "interrupted",
}
"""What an exit code means."""

_SECONDS = (("d", 86_400), ("h", 3_600), ("min", 60))


def block_text(
    result: AccountResult, number: int, of: int, *, options: RenderOptions = PLAIN
) -> str:
    """Write what the command of an account showed, below a line that names the account."""
    paint = painter(options.color)
    title = escape_terminal(f"── {number}/{of} {result.account} · {exit_text(result.exit_code)} ")
    parts = [paint(title + "─" * max(4, 78 - len(title)), "bold")]
    parts += [text.strip("\n") for text in (result.text, result.error) if text.strip()]
    return "\n".join(parts) + "\n"


def progress_line(result: AccountResult, number: int, of: int) -> str:
    """Write one line for each account."""
    text = f"{number}/{of} {result.account}: {exit_text(result.exit_code)}"
    if result.summary is not None:
        text += f", {count(result.summary['changes'], 'change')}"
    return escape_terminal(text)


def outcome_text(outcome: FleetOutcome, path: str, *, options: RenderOptions = PLAIN) -> str:
    """Write the table of all accounts, and what they come to together.

    Args:
        outcome: the outcome.
        path: the fleet as the command line named it, with the selection of accounts.
        options: color and widths.
    """
    rows = outcome.rows

    def style(row: int, column: int) -> str:
        if row == 0:
            return "dim"
        is_exit_code = column == len(HEADINGS) - 1
        return "red" if is_exit_code and rows[row - 1].is_faulty else ""

    cells = [HEADINGS, *(row_cells(row, outcome.at) for row in rows)]
    lines = headed_table(cells, ALIGN, options=options, style=style)
    return "\n".join([*lines, "", *closing_lines(outcome, path)]) + "\n"


def row_cells(row: FleetRow, at: str) -> list[str]:
    """Write a row as cells, as `HEADINGS` names them."""
    found = row.summary
    state = row.state if row.state != "done" else exit_text(row.exit_code or 0)
    since = instant(row.drift_since) if row.drift_since else ""
    if found is not None and (drift := found.get("drift")):
        since = f"{since or instant(at)}, {count(drift, 'value')}"
    if found is None:
        return [row.account, "", "", "", "", since, "", state]
    changes = f"{found['changes']:,}"
    if "applied" in found:
        changes = f"{found['applied']:,} of {changes}"
    return [
        row.account,
        changes,
        f"{found['removals']:,}",
        f"{found['short_by']:,}",
        _costs([found["costs"]]),
        since,
        age(found["inventory_at"], at),
        state,
    ]


def closing_lines(outcome: FleetOutcome, path: str) -> list[str]:
    """Say what the accounts come to together, and what to do next."""
    lines = [f"{summary_text(outcome)}."]
    if costs := _costs(row.summary["costs"] for row in outcome.rows if row.summary):
        lines.append(f"The monthly cost changes by {costs}.")
    may_apply = any(
        row.exit_code in FAULTLESS and row.summary and row.summary["changes"]
        for row in outcome.rows
    )
    if outcome.verb == "plan" and outcome.digest and may_apply:
        command = f"licsync fleet apply {path} --digest {outcome.digest}"
        lines.append(f"To apply exactly this: {command}")
    elif outcome.verb == "apply" and any(needs_resume(row) for row in outcome.rows):
        is_begun = bool(outcome.run)  # else it ended while the accounts were planned
        lines.append(
            f"To continue: licsync fleet apply {path} --resume"
            if is_begun
            else f"Nothing was applied. To begin again: licsync fleet apply {path}"
        )
    return [escape_terminal(line) for line in lines]


def validation_text(outcome: FleetOutcome) -> str:
    """Say how many accounts have files without errors."""
    faulty = sum(row.exit_code not in (0, None) for row in outcome.rows)
    accounts = count(len(outcome.rows), "account")
    if faulty:
        return f"{faulty} of {accounts} of the fleet {outcome.fleet} cannot be used as it is.\n"
    return f"Valid: fleet {outcome.fleet} with {accounts}.\n"


def needs_resume(row: FleetRow) -> bool:
    """Tell whether a later apply can go on with an account."""
    return row.state == "not run" or row.exit_code in RESUMABLE


def summary_text(outcome: FleetOutcome) -> str:
    """Count accounts, changes, and what went wrong."""
    rows = [row.summary for row in outcome.rows if row.summary]
    removals, short = (sum(row[key] for row in rows) for key in ("removals", "short_by"))
    parts = [count(outcome.changes, "change")]
    if outcome.verb == "apply":
        parts = [f"{sum(row.get('applied', 0) for row in rows):,} of {parts[0]} applied"]
    parts += [count(removals, "removal")] if removals else []
    parts += [f"{count(short, 'license')} short"] if short else []
    drift = sum(row.get("drift", 0) for row in rows)
    if outcome.verb == "drift":
        parts = [f"{count(drift, 'value')} changed in the console"]
    states = Counter(
        row.state if row.state != "done" else EXITS.get(row.exit_code or 0, "failed")
        for row in outcome.rows
    )
    faults = [f"{number} {state}" for state, number in states.items() if state != "done"]
    text = f"{count(len(outcome.rows), 'account')}: {sentence(parts)}"
    return f"{text}; {sentence(faults)}" if faults else text


def exit_text(code: int) -> str:
    """Say what an exit code means."""
    known = EXITS.get(code, "unknown")
    return known if code in FAULTLESS else f"{code} {known}"


def age(moment: str, now: str) -> str:
    """Say how old something is; empty if it is unknown."""
    if not moment:
        return ""
    return duration(parse_instant(moment), parse_instant(now))


def duration(start: datetime, end: datetime) -> str:
    """Write the time between two instants in its largest unit."""
    seconds = max(0, int((end - start).total_seconds()))
    for unit, size in _SECONDS:
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return "now"


def _costs(changes: Iterable[dict[str, str]]) -> str:
    """Sum up changes of costs by currency."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for costs in changes:
        for currency, amount in costs.items():
            try:
                sums[currency] += Decimal(amount)
            except InvalidOperation:
                continue
    return ", ".join(f"{decimal(sums[one], '+')} {one}" for one in sorted(sums) if sums[one])


def license_totals(accounts: Iterable[Iterable[LicenseUse]]) -> list[LicenseUse]:
    """Sum up the use of each license type and country over all accounts."""
    totals: dict[tuple[str, str], LicenseUse] = {}
    for uses in accounts:
        for use in uses:
            key = use["type"], use["country"]
            total = totals.setdefault(
                key, LicenseUse(type=key[0], country=key[1], owned=0, assigned=0, suspended=0)
            )
            total["owned"] += use["owned"]
            total["assigned"] += use["assigned"]
            total["suspended"] += use["suspended"]
    return [totals[key] for key in sorted(totals)]


def outcome_json(outcome: FleetOutcome) -> str:
    """Write the outcome with everything that is known of each account."""
    document = {
        "format_version": "1",
        "fleet": outcome.fleet,
        "verb": outcome.verb,
        "run": outcome.run,
        "at": outcome.at,
        "digest": outcome.digest,
        "ending": outcome.ending,
        "exit_code": outcome.exit_code,
        "accounts": [_row_json(row) for row in outcome.rows],
        "licenses": license_totals(row.summary["licenses"] for row in outcome.rows if row.summary),
    }
    return json_text(document) + "\n"


def _row_json(row: FleetRow) -> dict[str, object]:
    document: dict[str, object] = {
        "account": row.account,
        "labels": dict(row.labels),
        "state": row.state,
        "exit_code": row.exit_code,
        "drift_since": row.drift_since,
    }
    if row.result is not None:
        kept = asdict(row.result)
        names = ("started_at", "finished_at", "summary", "error", "document")
        document |= {name: kept[name] for name in names}
    return document
