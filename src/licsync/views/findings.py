"""The findings of `licsync doctor`, for people and programs."""

from __future__ import annotations

from collections.abc import Sequence

from licsync.diagnostics.findings import Finding, all_fine
from licsync.views.escaping import escape_terminal, json_text
from licsync.views.terminal import PLAIN, RenderOptions, painter, wrap


def findings_text(findings: Sequence[Finding], *, options: RenderOptions = PLAIN) -> str:
    """Write findings as lines: state, subject, finding and advice.

    Args:
        findings: the findings.
        options: color and widths.
    """
    paint = painter(options.color)
    widest = max((len(finding.about) for finding in findings), default=0)
    lines = []
    for finding in findings:
        mark = paint("ok     ", "green") if finding.is_fine else paint("problem", "red")
        start = f"{mark}  {finding.about:{widest}}  "
        room = max(24, width - widest - 11) if (width := options.table_width) else None
        for line in _broken(escape_terminal(finding.message), room):
            lines.append(start + line)
            start = " " * (widest + 11)
        if finding.advice:
            first, *rest = _broken(escape_terminal(finding.advice), room and room - 2)
            lines += [f"{start}→ {first}", *(f"{start}  {line}" for line in rest)]
    return "\n".join(lines) + "\n"


def _broken(text: str, columns: int | None) -> list[str]:
    return [text] if columns is None else wrap(text, columns)


def findings_json(findings: Sequence[Finding]) -> str:
    """Write findings as one JSON document."""
    return (
        json_text(
            {"ok": all_fine(findings), "findings": [finding.to_json() for finding in findings]}
        )
        + "\n"
    )
