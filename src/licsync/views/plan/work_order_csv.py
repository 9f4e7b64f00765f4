"""A work order as CSV: one row per step, safe for spreadsheets."""

from __future__ import annotations

import csv
from io import StringIO

from licsync.model.catalog import Catalog
from licsync.planning.plan import Plan
from licsync.planning.work_order.records import WorkOrder
from licsync.views.escaping import csv_cell
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
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for text in OrderTexts(order, plan, catalog).items():
        item = text.item
        for step, instruction in enumerate(item.steps, 1):
            cells = (
                text.number, step, item.kind, item.title, instruction, ", ".join(item.users),
                text.filters, "; ".join(text.before), "; ".join(text.then), ", ".join(text.after),
                ", ".join(text.swap_with), "; ".join(item.lost), item.seconds,
                "yes" if item.unseen else "no", item.why, text.place, item.id,
            )  # fmt: skip
            writer.writerow([csv_cell(cell) for cell in cells])
    return out.getvalue()
