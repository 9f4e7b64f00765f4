"""Plans, diagnostics and inventories as JSON documents (contract, sections 2 and 4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from licsync.diagnostics import Diagnostic, sort_diagnostics
from licsync.planning.plan import Plan
from licsync.views.escaping import json_text


def plan_json(plan: Plan) -> str:
    """Write the plan document."""
    return json_text(plan.to_json()) + "\n"


def diagnostics_json(diagnostics: Iterable[Diagnostic]) -> str:
    """Write diagnostics as `{"diagnostics": […]}`, errors first."""
    return json_text({"diagnostics": [d.to_json() for d in sort_diagnostics(diagnostics)]}) + "\n"


def inventory_json(document: Mapping[str, Any]) -> str:
    """Write the inventory document (contract, section 2)."""
    return json_text(document) + "\n"
