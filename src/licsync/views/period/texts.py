"""The report of a period for terminals, as Markdown and as JSON, and masked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from licsync.planning.period.report import DatedMovement, PeriodReport
from licsync.views.escaping import code_span, escape_markdown, escape_terminal, json_text
from licsync.views.period.sections import Cells, head_line, notes, sections, summary_line
from licsync.views.period.tables import period_document
from licsync.views.redaction import mask, redact_value
from licsync.views.terminal import (
    PLAIN,
    RenderOptions,
    headed_table,
    painter,
    wrap,
)


def period_text(report: PeriodReport, *, options: RenderOptions = PLAIN) -> str:
    """Write the report for a terminal.

    Args:
        report: the report.
        options: color and widths.
    """
    paint = painter(options.color)
    blocks = [[paint(escape_terminal(" · ".join(head_line(report))), "bold")]]
    blocks.append([summary_line(report), *_remarks(notes(report), options.table_width)])
    for section in sections(report):
        blocks.append([paint(section.title, "bold")])
        lines = [
            headed_table(grid.cells, grid.align, options=options, indent=2)
            for grid in section.tables
        ]
        blocks[-1] += lines[0] if lines else [f"  {section.empty}"]
        blocks += lines[1:]
        if section.notes:
            blocks.append(_remarks(section.notes, options.table_width))
    return "\n\n".join("\n".join(lines) for lines in blocks) + "\n"


def _remarks(texts: Sequence[str], width: int | None) -> list[str]:
    safe = [escape_terminal(text) for text in texts]
    return [line for text in safe for line in (wrap(text, width) if width else [text])]


def period_markdown(report: PeriodReport) -> str:
    """Write the report as Markdown."""
    account, period, seen = head_line(report)
    blocks = [f"## Report of {code_span(account)}, {period}", escape_markdown(seen)]
    blocks += [f"**{summary_line(report)}**", *map(escape_markdown, notes(report))]
    for section in sections(report):
        blocks.append(f"### {section.title}")
        blocks += [_markdown_table(grid.cells) for grid in section.tables] or [section.empty]
        blocks += map(escape_markdown, section.notes)
    return "\n\n".join(blocks) + "\n"


def _markdown_table(cells: Cells) -> str:
    head, *rows = (f"| {' | '.join(escape_markdown(cell) for cell in row)} |" for row in cells)
    return "\n".join((head, "|---" * len(cells[0]) + "|", *rows))


def period_json(report: PeriodReport) -> str:
    """Write the report as JSON."""
    return json_text(period_document(report)) + "\n"


def redact_period(report: PeriodReport) -> PeriodReport:
    """Mask e-mail addresses and phone numbers of a report."""
    return replace(
        report,
        movements=[_redacted(one) for one in report.movements],
        later=[_redacted(one) for one in report.later],
    )


def _redacted(dated: DatedMovement) -> DatedMovement:
    movement = dated.movement
    sides = {
        side: redact_value(f"users/{movement.user}", movement.path, getattr(movement, side))
        for side in ("before", "after")
    }
    masked = replace(
        movement,
        user=mask(movement.user),
        department=mask(movement.department),
        site=mask(movement.site),
        person=mask(movement.person),
        **sides,
    )
    origin = replace(dated.origin, actor=mask(dated.origin.actor))
    return replace(dated, movement=masked, origin=origin)
