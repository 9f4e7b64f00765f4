"""Reports for GitLab: a plan for the merge request widget, diagnostics as code quality."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from licsync.diagnostics import Diagnostic, Severity
from licsync.planning.plan import Plan
from licsync.views.diagnostics import with_fingerprints
from licsync.views.escaping import escape_terminal, json_text

_COUNTED = {"create": "create", "assign": "create", "delete": "delete", "unassign": "delete"}
"""How the widget counts a verb; other verbs are updates."""

_SEVERITY = {Severity.ERROR: "critical", Severity.WARNING: "minor", Severity.INFO: "info"}

NOWHERE = "account.yaml"
"""The file of diagnostics without a place: GitLab requires one."""


def terraform_report(plan: Plan) -> str:
    """Count the actions of a plan, in the format of `artifacts:reports:terraform`."""
    return report_of_counts(Counter(action.verb for action in plan.actions))


def report_of_counts(verbs: Mapping[str, int]) -> str:
    """Write numbers of actions by verb in that format."""
    counts: Counter[str] = Counter()
    for verb, number in verbs.items():
        counts[_COUNTED.get(verb, "update")] += number
    return json_text({name: counts[name] for name in ("create", "update", "delete")}) + "\n"


def code_quality(diagnostics: Iterable[Diagnostic], nowhere: str = NOWHERE) -> str:
    """Write diagnostics in the format of `artifacts:reports:codequality`.

    A fingerprint does not depend on the line. All fingerprints differ, because GitLab drops
    repeated ones.
    """
    found = [
        {
            "description": escape_terminal(
                " ".join(filter(None, (diagnostic.message, diagnostic.hint)))
            ),
            "check_name": str(diagnostic.code),
            "fingerprint": name,
            "severity": _SEVERITY[diagnostic.severity],
            "location": {
                "path": escape_terminal(diagnostic.span.file if diagnostic.span else nowhere),
                "lines": {"begin": diagnostic.span.line if diagnostic.span else 1},
            },
        }
        for diagnostic, name in with_fingerprints(diagnostics)
    ]
    return json_text(found) + "\n"
