"""Rules of a company, and a plan to ask."""

from __future__ import annotations

from typing import Any

from licsync.config.catalog import load_catalog
from licsync.diagnostics import Span
from licsync.planning.actions import Action
from licsync.planning.plan import Plan
from licsync.planning.plan_document import LedgerRow

CATALOG = load_catalog()


TODAY = "2026-11-24"


PLAN = Plan(
    "acme", "local", "2026-11-24T09:00:00Z", "2026-12-01T09:00:00Z", "sha256:1",
    actions=[
        Action("license", "downgrade", "users/ada@acme.example", source=Span("a.yaml", 3), id="a1"),
        Action("site", "create", "sites/Denver", source=Span("b.yaml", 4), id="a2"),
    ],
    licenses=[LedgerRow("x2", "US", 10, unassigned_after=4), LedgerRow("x4", "US", 10)],
    people={
        "ada@acme.example": {"department": "Sales", "licenses": [{"type": "x1", "country": "US"}]},
        "bo@acme.example": {"department": "", "licenses": []},
    },
).to_json()  # fmt: skip


def rule(when: str, each: str = "plan", level: str = "deny", **more: Any) -> dict[str, Any]:
    return {"when": when, "each": each, "level": level, "message": "No.", **more}
