"""Diagnostics for people: what is wrong, where, why and what to do, as compilers say it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from licsync.diagnostics import Diagnostic, Severity, Span, ordered
from licsync.views import words
from licsync.views.safe import github_message, github_property, terminal
from licsync.views.text import Paint, display_width, painter

SourceLine = Callable[[Span], str | None]
"""Gives the line of text at a place, or nothing where it cannot be read."""

_STYLE = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
_LONGEST_LINE = 160
_GITHUB_MOST = 10
"""GitHub shows at most ten annotations of a level in one step."""


def diagnostics_text(
    diagnostics: Iterable[Diagnostic], *, color: bool = False, source_line: SourceLine | None = None
) -> str:
    """Write diagnostics for a person, errors first, counted at the end; empty where there are none.

    Args:
        diagnostics: what to say.
        color: whether to use colour.
        source_line: reads the line of a place, to show it with a caret.
    """
    found = ordered(diagnostics)
    if not found:
        return ""
    paint = painter(color)
    blocks = ["\n".join(diagnostic_lines(diagnostic, paint, source_line)) for diagnostic in found]
    return "\n\n".join((*blocks, counts(found))) + "\n"


def diagnostic_lines(diagnostic: Diagnostic, paint: Paint, source_line: SourceLine | None = None) -> list[str]:
    """Write one diagnostic."""
    severity = paint(f"{diagnostic.severity}[{diagnostic.code}]", _STYLE[diagnostic.severity])
    place = f"{paint(terminal(diagnostic.span), 'bold')}: " if diagnostic.span else ""
    lines = [f"{severity} {place}{terminal(diagnostic.message)}"]
    if diagnostic.span and source_line and (line := source_line(diagnostic.span)):
        lines += _excerpt(line, diagnostic.span, paint)
    lines += [f"  see also: {terminal(span)}" for span in diagnostic.related]
    if diagnostic.hint:
        lines.append(f"  {paint('hint:', 'cyan')} {terminal(diagnostic.hint)}")
    return lines


def _excerpt(line: str, span: Span, paint: Paint) -> list[str]:
    line = line.rstrip("\r\n").replace("\t", " ")
    number = str(span.line)
    before = terminal(line[: span.column - 1])
    shown = before + terminal(line[span.column - 1 :])
    if display_width(before) > _LONGEST_LINE - 20:
        return []
    if len(shown) > _LONGEST_LINE:
        shown = shown[: _LONGEST_LINE - 1] + "…"
    margin = " " * len(number)
    return [f"  {number} | {shown}", f"  {margin} | {' ' * display_width(before)}{paint('^', 'red')}"]


def counts(diagnostics: Sequence[Diagnostic]) -> str:
    """Say how many there are: `3 errors, 1 warning`."""
    number = Counter(diagnostic.severity for diagnostic in diagnostics)
    nouns = ((Severity.ERROR, "error"), (Severity.WARNING, "warning"), (Severity.INFO, "remark"))
    return ", ".join(words.count(number[severity], noun) for severity, noun in nouns if number[severity])


def diagnostics_github(diagnostics: Iterable[Diagnostic]) -> str:
    """Write diagnostics as GitHub workflow commands, which become annotations; the worst first, at most ten a level."""
    lines: list[str] = []
    level = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
    grouped: dict[Severity, list[Diagnostic]] = {severity: [] for severity in Severity}
    for diagnostic in ordered(diagnostics):
        grouped[diagnostic.severity].append(diagnostic)
    for severity, found in grouped.items():
        shown = found if len(found) <= _GITHUB_MOST else found[: _GITHUB_MOST - 1]
        lines += [_annotation(level[severity], diagnostic) for diagnostic in shown]
        if len(found) > len(shown):
            lines.append(f"::{level[severity]}::and {len(found) - len(shown):,} more; see the log of this step")
    return "\n".join(lines) + "\n" if lines else ""


def _annotation(level: str, diagnostic: Diagnostic) -> str:
    span = diagnostic.span
    place = f"file={github_property(span.file)},line={span.line},col={span.column}," if span else ""
    hint = f" {diagnostic.hint}" if diagnostic.hint else ""
    return f"::{level} {place}title={diagnostic.code}::{github_message(diagnostic.message + hint)}"
