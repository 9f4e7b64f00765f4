"""What GitLab reads: the report of a plan beside a merge request, and faults as its code quality."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from licsync.diagnostics import Diagnostic, Severity
from licsync.planning.plan import Plan
from licsync.views.diagnostics import with_fingerprints
from licsync.views.escaping import escape_terminal, json_text

_COUNTED = {"create": "create", "assign": "create", "delete": "delete", "unassign": "delete"}
"""What the widget counts a verb as; everything else is an update."""

_SEVERITY = {Severity.ERROR: "critical", Severity.WARNING: "minor", Severity.INFO: "info"}

NOWHERE = "account.yaml"
"""GitLab wants a file for each fault; those without a place are about the account."""


def terraform_report(plan: Plan) -> str:
    """Count what a plan does, as `artifacts:reports:terraform` has it."""
    counts = Counter(_COUNTED.get(action.verb, "update") for action in plan.actions)
    return json_text({name: counts[name] for name in ("create", "update", "delete")}) + "\n"


def code_quality(diagnostics: Iterable[Diagnostic], nowhere: str = NOWHERE) -> str:
    """Write faults as `artifacts:reports:codequality` has them.

    A fingerprint is the same wherever in its file a fault stands, and no two are equal: GitLab
    drops repeats.
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
