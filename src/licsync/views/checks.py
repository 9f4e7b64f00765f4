"""The results of checks, for people."""

from __future__ import annotations

from collections.abc import Sequence

from licsync.diagnostics.checks import Check
from licsync.views import phrases as words
from licsync.views.escaping import escape_terminal


def checks_text(checks: Sequence[Check]) -> str:
    """List checks with their faults and remarks, and count them at the end."""
    lines = []
    for check in checks:
        lines.append(escape_terminal(f"{'✗' if check.faults else '✓'} {check.name}"))
        lines += [f"    {escape_terminal(line)}" for line in (*check.faults, *check.remarks)]
    failed = sum(bool(check.faults) for check in checks)
    lines.append(
        f"{words.count(len(checks), 'check')}, {failed:,} failed."
        if checks
        else "There are no checks."
    )
    return "\n".join(lines) + "\n"
