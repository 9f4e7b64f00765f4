"""The findings of `licsync doctor`, for people and programs."""

from __future__ import annotations

from collections.abc import Sequence

from licsync.diagnostics.findings import Finding, all_fine
from licsync.views.escaping import escape_terminal, json_text
from licsync.views.terminal import painter


def findings_text(findings: Sequence[Finding], *, color: bool = False) -> str:
    """Write findings as lines: state, subject, finding and advice."""
    paint = painter(color)
    widest = max((len(finding.about) for finding in findings), default=0)
    lines = []
    for finding in findings:
        mark = paint("ok     ", "green") if finding.is_fine else paint("problem", "red")
        lines.append(f"{mark}  {finding.about:{widest}}  {escape_terminal(finding.said)}")
        if finding.advice:
            lines.append(f"{'':9}{'':{widest}}  → {escape_terminal(finding.advice)}")
    return "\n".join(lines) + "\n"


def findings_json(findings: Sequence[Finding]) -> str:
    """Write findings as one JSON document."""
    return (
        json_text(
            {"ok": all_fine(findings), "findings": [finding.to_json() for finding in findings]}
        )
        + "\n"
    )
