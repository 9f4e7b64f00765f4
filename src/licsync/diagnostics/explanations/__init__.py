"""What every diagnostic code means, why it comes, and what to do: data for people."""

from __future__ import annotations

from collections.abc import Mapping

from licsync.diagnostics import Code
from licsync.diagnostics.explanations.explanation import Explanation
from licsync.diagnostics.explanations.of_files import FILES
from licsync.diagnostics.explanations.of_plans import PLANS
from licsync.diagnostics.explanations.of_runs import RUNS
from licsync.version import address_of

__all__ = ["EXPLANATIONS", "GROUPS", "Explanation", "page_of"]

GROUPS: Mapping[str, Mapping[Code, Explanation]] = {
    "Files and lists": FILES,
    "Plans": PLANS,
    "Runs": RUNS,
}
"""The explanations by what they are about."""

EXPLANATIONS: Mapping[Code, Explanation] = {**FILES, **PLANS, **RUNS}
"""The explanation of every code."""


def page_of(code: Code) -> str:
    """Return the address of what the documentation says about a code."""
    return address_of(f"reference/diagnostics#{code}")
