"""A work order as CSV: one row per step, safe for spreadsheets."""

from __future__ import annotations

from licsync.model.catalog import Catalog
from licsync.planning.plan import Plan
from licsync.planning.work_order.records import WorkOrder
from licsync.views.escaping import csv_text
from licsync.views.plan.work_order_markdown import OrderTexts

_COLUMNS = (
    "number",
    "step",
    "kind",
    "item",
    "instruction",
    "users",
    "filter",
    "before",
    "after",
    "waits_for",
    "swap_with",
    "lost",
    "seconds",
    "confirm",
    "why",
    "source",
    "id",
)


def work_order_csv(order: WorkOrder, plan: Plan, catalog: Catalog) -> str:
    """Write a work order as CSV."""
    rows = (
        (
            text.number, step, text.item.kind, text.item.title, instruction,
            ", ".join(text.item.users), text.filters, "; ".join(text.before),
            "; ".join(text.then), ", ".join(text.after), ", ".join(text.swap_with),
            "; ".join(text.item.lost), text.item.seconds, "yes" if text.item.unseen else "no",
            text.item.why, text.place, text.item.id,
        )
        for text in OrderTexts(order, plan, catalog).items()
        for step, instruction in enumerate(text.item.steps, 1)
    )  # fmt: skip
    return csv_text(_COLUMNS, rows)
