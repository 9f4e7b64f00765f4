"""Checks as JUnit XML, which CI systems show with test results."""

from __future__ import annotations

from collections.abc import Iterable

from licsync.diagnostics import Diagnostic, Severity, has_errors, sort_diagnostics
from licsync.diagnostics.checks import Check
from licsync.views import phrases as words
from licsync.views.escaping import escape_terminal


def diagnostic_checks(diagnostics: Iterable[Diagnostic], whole: str) -> list[Check]:
    """Make a check named `whole`, which fails on errors, and one check per diagnostic."""
    found = sort_diagnostics(diagnostics)
    errors = sum(diagnostic.severity is Severity.ERROR for diagnostic in found)
    checks = [Check(whole, [words.count(errors, "error")] if has_errors(found) else [])]
    for diagnostic in found:
        texts = [diagnostic.message, *([diagnostic.hint] if diagnostic.hint else ())]
        is_fault = diagnostic.severity is Severity.ERROR
        name = f"{diagnostic.code} {diagnostic.span or ''}".rstrip()
        checks.append(Check(name, texts if is_fault else (), () if is_fault else texts))
    return checks


def junit(suite: str, checks: Iterable[Check]) -> str:
    """Write checks as one test suite."""
    from xml.etree import ElementTree as xml

    checks, suite = list(checks), escape_terminal(suite)
    failed = sum(bool(check.faults) for check in checks)
    totals = {"tests": str(len(checks)), "failures": str(failed), "errors": "0", "skipped": "0"}
    root = xml.Element("testsuites", {"name": "licsync", **totals})
    group = xml.SubElement(root, "testsuite", {"name": suite, **totals})
    for check in checks:
        case = xml.SubElement(
            group,
            "testcase",
            {"classname": suite, "name": escape_terminal(check.name), "time": "0"},
        )
        if check.faults:
            fault = xml.SubElement(case, "failure", {"message": escape_terminal(check.faults[0])})
            fault.text = "\n".join(map(escape_terminal, check.faults))
        if check.remarks:
            xml.SubElement(case, "system-out").text = "\n".join(map(escape_terminal, check.remarks))
    xml.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{xml.tostring(root, encoding="unicode")}\n'
