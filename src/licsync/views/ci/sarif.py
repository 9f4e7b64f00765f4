"""Diagnostics as SARIF 2.1.0, for GitHub code scanning and editors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from licsync.diagnostics import Diagnostic, Severity, Span
from licsync.version import __version__
from licsync.views.diagnostics import with_fingerprints
from licsync.views.escaping import escape_terminal, json_text

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

MOST_RESULTS = 5_000
"""The most results that code scanning shows of one run."""

_LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def sarif(diagnostics: Iterable[Diagnostic]) -> str:
    """Write diagnostics as a SARIF log of one run, with their codes as rules.

    Errors come first; at most 5,000 results are written.
    """
    found = list(with_fingerprints(diagnostics))
    shown = found[:MOST_RESULTS]
    rules = list(dict.fromkeys(str(diagnostic.code) for diagnostic, _ in shown))
    driver = {
        "name": "licsync",
        "version": __version__,
        "rules": [
            {"id": rule, "shortDescription": {"text": rule.replace("-", " ").capitalize()}}
            for rule in rules
        ],
    }
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(diagnostic, rules) | {"partialFingerprints": {"primaryLocationLineHash": name}}
            for diagnostic, name in shown
        ],
    }
    if len(found) > len(shown):
        run["properties"] = {"omitted": len(found) - len(shown)}
    return json_text({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}) + "\n"


def _result(diagnostic: Diagnostic, rules: list[str]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": str(diagnostic.code),
        "ruleIndex": rules.index(diagnostic.code),
        "level": _LEVEL[diagnostic.severity],
        "message": {
            "text": _message(" ".join(filter(None, (diagnostic.message, diagnostic.hint))))
        },
    }
    if diagnostic.span:
        result["locations"] = [_location(diagnostic.span)]
    if diagnostic.related:
        result["relatedLocations"] = [
            {"id": i, **_location(span)} for i, span in enumerate(diagnostic.related, 1)
        ]
    return result


def _location(span: Span) -> dict[str, Any]:
    region = {"startLine": span.line, "startColumn": span.column}
    file = quote(span.file.encode("utf-8", "surrogatepass"))
    return {"physicalLocation": {"artifactLocation": {"uri": file}, "region": region}}


def _message(text: str) -> str:
    """Make a message of text: in SARIF braces are placeholders, and `[…](…)` is a link."""
    return escape_terminal(text).replace("{", "{{").replace("}", "}}").replace("](", "] (")
