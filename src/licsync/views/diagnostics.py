"""Diagnostics for people, in the style of compilers: what is wrong, where, and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256

from licsync.diagnostics import Diagnostic, Severity, Span, sort_diagnostics
from licsync.model.secret_keys import cut_before_secret
from licsync.views import phrases as words
from licsync.views.escaping import escape_terminal, github_message, github_property
from licsync.views.printed_commands import complete_commands
from licsync.views.terminal import PLAIN, Paint, RenderOptions, display_width, painter

SourceLine = Callable[[Span], str | None]
"""Gives the line of text at a place, or None if it cannot be read."""

_STYLE = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
_LONGEST_LINE = 160
_LOOKED_AT = 1000  # characters of a line that are searched for secrets
_GITHUB_LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
_GITHUB_MOST = 10
"""GitHub shows at most ten annotations of a level per step."""


def diagnostics_text(
    diagnostics: Iterable[Diagnostic],
    *,
    options: RenderOptions = PLAIN,
    source_line: SourceLine | None = None,
) -> str:
    """Write diagnostics, errors first, with a count at the end; empty if there are none.

    Args:
        diagnostics: the diagnostics.
        options: color and widths.
        source_line: reads the line of a place, which is shown with a caret.
    """
    found = sort_diagnostics(diagnostics)
    if not found:
        return ""
    paint = painter(options.color)
    blocks = ["\n".join(diagnostic_lines(diagnostic, paint, source_line)) for diagnostic in found]
    return "\n\n".join((*blocks, severity_counts(found))) + "\n"


def diagnostic_lines(
    diagnostic: Diagnostic, paint: Paint, source_line: SourceLine | None = None
) -> list[str]:
    """Write one diagnostic."""
    severity = paint(f"{diagnostic.severity}[{diagnostic.code}]", _STYLE[diagnostic.severity])
    place = f"{paint(escape_terminal(diagnostic.span), 'bold')}: " if diagnostic.span else ""
    lines = [f"{severity} {place}{escape_terminal(diagnostic.message)}"]
    if diagnostic.span and source_line and (line := source_line(diagnostic.span)):
        lines += _excerpt(line, diagnostic.span, paint)
    lines += [f"  see also: {escape_terminal(span)}" for span in diagnostic.related]
    if diagnostic.hint:
        lines.append(f"  {paint('hint:', 'cyan')} {escape_terminal(diagnostic.hint)}")
    return lines


def _excerpt(line: str, span: Span, paint: Paint) -> list[str]:
    """Show the line of a place with a caret, if the place is near the start of the line.

    The line is cut first: it can be a whole file with a fault in every word.
    """
    at = span.column - 1
    if at > _LONGEST_LINE:
        return []
    line = line[:_LOOKED_AT]
    end = len(cut_before_secret(line))  # many people read the logs of pipelines
    if end < len(line) and at >= end:
        return []
    before = escape_terminal(line[:at].replace("\t", " "))
    after = escape_terminal(
        line[at : min(end, _LONGEST_LINE + 1)].rstrip("\r\n").replace("\t", " ")
    )
    if display_width(before) > _LONGEST_LINE - 20:
        return []
    shown = f"{before}{after} …" if end < len(line) else before + after
    if len(shown) > _LONGEST_LINE:
        shown = shown[: _LONGEST_LINE - 1] + "…"
    number = str(span.line)
    margin = " " * len(number)
    return [
        f"  {number} | {shown}",
        f"  {margin} | {' ' * display_width(before)}{paint('^', 'red')}",
    ]


def severity_counts(diagnostics: Sequence[Diagnostic]) -> str:
    """Count diagnostics by severity: `3 errors, 1 warning`."""
    number = Counter(diagnostic.severity for diagnostic in diagnostics)
    nouns = ((Severity.ERROR, "error"), (Severity.WARNING, "warning"), (Severity.INFO, "note"))
    return ", ".join(
        words.count(number[severity], noun) for severity, noun in nouns if number[severity]
    )


def diagnostics_github(diagnostics: Iterable[Diagnostic]) -> str:
    """Write diagnostics as GitHub workflow commands: errors first, at most ten per level.

    Notices count the diagnostics beyond that limit, and a group in the log of the step lists them.
    """
    lines: list[str] = []
    more: list[str] = []
    rest: list[Diagnostic] = []
    found = sort_diagnostics(diagnostics)
    for severity, level in _GITHUB_LEVEL.items():
        own = [diagnostic for diagnostic in found if diagnostic.severity is severity]
        most = _GITHUB_MOST - (len(more) + 1 if level == "notice" else 0)
        lines += [_annotation(level, diagnostic) for diagnostic in own[:most]]
        if len(own) > most:
            left = words.count(len(own) - most, f"more {level}")
            more.append(f"::notice::and {left}; see the log of this step")
            rest += own[most:]
    return "".join(f"{line}\n" for line in (*lines, *more, *_log_group(rest)))


def _log_group(diagnostics: Sequence[Diagnostic]) -> list[str]:
    if not diagnostics:
        return []
    paint = painter(False)
    lines = [line for diagnostic in diagnostics for line in diagnostic_lines(diagnostic, paint)]
    return [
        f"::group::{severity_counts(diagnostics)} without an annotation",
        *lines,
        "::endgroup::",
    ]


def _annotation(level: str, diagnostic: Diagnostic) -> str:
    span = diagnostic.span
    place = f"file={github_property(span.file)},line={span.line},col={span.column}," if span else ""
    hint = f" {diagnostic.hint}" if diagnostic.hint else ""
    return f"::{level} {place}title={diagnostic.code}::{github_message(diagnostic.message + hint)}"


def with_fingerprints(diagnostics: Iterable[Diagnostic]) -> Iterator[tuple[Diagnostic, str]]:
    """Give each diagnostic, in reading order, a unique name that does not depend on its line."""
    seen: Counter[str] = Counter()
    for diagnostic in sort_diagnostics(diagnostics):
        what = "\0".join(
            (diagnostic.code, diagnostic.span.file if diagnostic.span else "", diagnostic.message)
        )
        seen[what] += 1
        yield (
            diagnostic,
            sha256(f"{what}\0{seen[what]}".encode("utf-8", "surrogatepass")).hexdigest(),
        )


def diagnostics_for(diagnostics: Iterable[Diagnostic], directory: str) -> list[Diagnostic]:
    """Write the commands in hints for a directory."""
    return [
        replace(one, hint=complete_commands(one.hint, directory)) if one.hint else one
        for one in diagnostics
    ]
