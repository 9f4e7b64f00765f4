"""The outcome of a command on a fleet for CI systems: one comment for all accounts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from licsync.diagnostics import Code, Diagnostic, Span, error, has_errors, sort_diagnostics
from licsync.diagnostics.checks import Check
from licsync.engine.fleet_outcome import FleetOutcome, FleetRow, worst_first
from licsync.views.ci.gitlab import report_of_counts
from licsync.views.escaping import clip, code_span, escape_markdown, fence, html_text, utf16
from licsync.views.fleet import EXITS, HEADINGS, closing_lines, row_cells
from licsync.views.phrases import count
from licsync.views.plan.markdown import marker
from licsync.views.printed_commands import complete_commands

_LONGEST_LINE = 500
_FRAME = 200
"""Room for the text around a block."""


def fleet_markdown(
    outcome: FleetOutcome,
    path: str,
    *,
    limit: int = 60_000,
    size: Callable[[str], int] = utf16,
    link: str = "",
) -> str:
    """Write an outcome as Markdown of a given size at most.

    The accounts that need attention come first. Every account has the same share of the room, and
    what one does not need goes to the others.

    Args:
        outcome: the outcome.
        path: the fleet as the command line named it.
        limit: the largest `size` of the text.
        size: measures text.
        link: the address of the whole output.
    """
    title = f"Fleet {code_span(clip(outcome.fleet, 100))}: {outcome.verb}"
    head = [f"{marker(f'fleet/{outcome.fleet}')}\n## {title}"]
    head += [
        f"**{escape_markdown(line)}**" if not number else _closing(line)
        for number, line in enumerate(closing_lines(outcome, path))
    ]
    rows = worst_first(row for row in outcome.rows if _is_worth_a_row(row))
    quiet = len(outcome.rows) - len(rows)
    tail = [f"{count(quiet, 'account')} without changes."] if quiet else []
    tail += [f"[Whole output]({link})"] if link.startswith("https://") else []
    room = limit - sum(size(part) + 2 for part in (*head, *tail)) - _FRAME
    table = _table(rows, outcome.at, room // 2, size)
    details = _details(rows, room - size(table), size)
    return "\n\n".join(part for part in (*head, table, *details, *tail) if part) + "\n"


def _closing(line: str) -> str:
    """Write a sentence; a command at its end as code."""
    text, colon, command = line.partition(": licsync ")
    return (
        f"{escape_markdown(text)}:\n\n{fence([f'licsync {command}'])}"
        if colon
        else escape_markdown(line)
    )


def _is_worth_a_row(row: FleetRow) -> bool:
    if row.exit_code or row.state in ("not run", "differs"):
        return True
    found = row.summary
    return found is not None and bool(found["changes"] or found["short_by"] or found.get("drift"))


def _table(rows: Sequence[FleetRow], at: str, room: int, size: Callable[[str], int]) -> str:
    """Write one row for each account, as many as fit."""
    if not rows:
        return ""
    lines = [f"| {' | '.join(HEADINGS)} |", "|---|--:|--:|--:|--:|---|--:|---|"]
    used = sum(map(size, lines)) + _FRAME
    for number, row in enumerate(rows):
        account, *cells = row_cells(row, at)
        shown = map(escape_markdown, (clip(account, 200), *cells))
        line = f"| {' | '.join(shown)} |"
        used += size(line) + 1
        if used > room:
            left = Counter(_state(one) for one in rows[number:])
            counts = ", ".join(f"{many} {state}" for state, many in left.items())
            return (
                "\n".join(lines) + f"\n\nAnd {count(len(rows) - number, 'more account')}: {counts}."
            )
        lines.append(line)
    return "\n".join(lines)


def _state(row: FleetRow) -> str:
    return row.state if row.state != "done" else EXITS.get(row.exit_code or 0, "failed")


def _details(rows: Sequence[FleetRow], room: int, size: Callable[[str], int]) -> Iterator[str]:
    """Write what each account showed, folded and cut to its share of the room."""
    shown = [(row, _lines(row)) for row in rows if row.result and _lines(row)]
    needed = [sum(size(line) + 1 for line in lines) + _FRAME for _, lines in shown]
    for (row, lines), need, share in zip(shown, needed, shares(needed, room), strict=True):
        if share < min(need, 2 * _FRAME):
            continue
        kept, used = [], _FRAME
        for line in lines:
            used += size(line) + 1
            if used > share:
                break
            kept.append(line)
        cut = len(lines) - len(kept)
        kept += [f"… {count(cut, 'more line')}"] if cut else []
        found = f" · {count(row.summary['changes'], 'change')}" if row.summary else ""
        name = html_text(clip(row.account, 100))
        summary = f"<details><summary>{name}{found} · {_state(row)}</summary>"
        yield f"{summary}\n\n{fence(kept)}\n\n</details>"


def _lines(row: FleetRow) -> list[str]:
    if row.result is None:
        return []
    text = f"{row.result.error.strip()}\n\n{row.result.text.strip()}".strip()
    return [clip(line.rstrip(), _LONGEST_LINE) for line in text.splitlines()]


def shares(needed: Sequence[int], room: int) -> list[int]:
    """Divide room fairly: nobody gets more than needed, and what one leaves goes to the others."""
    share = dict[int, int]()
    left = max(room, 0)
    for place, index in enumerate(sorted(range(len(needed)), key=needed.__getitem__)):
        share[index] = min(needed[index], left // (len(needed) - place))
        left -= share[index]
    return [share[index] for index in range(len(needed))]


# --- reports --------------------------------------------------------------------------------------


def diagnostics_of(rows: Iterable[FleetRow], directory: str) -> list[Diagnostic]:
    """List the diagnostics of all accounts, with files named from the fleet file.

    An account that failed without a diagnostic has one that says so.

    Args:
        rows: the accounts.
        directory: the directory of the fleet file.
    """
    found: list[Diagnostic] = []
    for row in rows:
        document = row.result.document if row.result else None
        own = [
            _below(directory, row.account, Diagnostic.from_json(one))
            for one in cast(Sequence[dict[str, Any]], (document or {}).get("diagnostics", ()))
        ]
        if row.is_faulty and not has_errors(own):
            own.append(_fault_of(row))
        found += own
    return sort_diagnostics(found)


def _below(directory: str, account: str, diagnostic: Diagnostic) -> Diagnostic:
    def at(span: Span) -> Span:
        return replace(span, file=f"{account}/{span.file}")

    return replace(
        diagnostic,
        message=f"{account}: {diagnostic.message}",
        span=at(diagnostic.span) if diagnostic.span else None,
        hint=complete_commands(diagnostic.hint or "", f"{directory}/{account}") or None,
        related=tuple(map(at, diagnostic.related)),
    )


def _fault_of(row: FleetRow) -> Diagnostic:
    text = row.result.error.strip() if row.result else ""
    last = text.splitlines()[-1] if text else "It printed nothing."
    return error(Code.FLEET_ACCOUNT, f"{row.account}: {_state(row)}. {last}")


def fleet_checks(rows: Iterable[FleetRow]) -> list[Check]:
    """Make one check of each account, which fails if its command did."""
    checks = []
    for row in rows:
        texts = [f"{_state(row)}", *_lines(row)[:20]]
        is_fault = row.is_faulty
        checks.append(Check(row.account, texts if is_fault else (), () if is_fault else texts[:1]))
    return checks


def fleet_terraform_report(rows: Iterable[FleetRow]) -> str:
    """Count the actions of all plans, in the format of `artifacts:reports:terraform`."""
    counts: Counter[str] = Counter()
    for row in rows:
        document = row.result.document if row.result else None
        for action in cast(Sequence[Mapping[str, str]], (document or {}).get("actions", ())):
            counts[action["verb"]] += 1
    return report_of_counts(counts)
