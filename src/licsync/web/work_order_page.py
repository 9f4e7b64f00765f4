"""A work order as one HTML file: it prints well, and works without network and without script."""

from __future__ import annotations

from markupsafe import Markup

from licsync.model.catalog import Catalog
from licsync.planning.plan import Plan
from licsync.planning.work_order.records import WorkOrder
from licsync.views.plan.work_order_markdown import OrderTexts
from licsync.web.layout import asset, templates
from licsync.web.report import policy_of


def work_order_html(order: WorkOrder, plan: Plan, catalog: Catalog) -> str:
    """Write a work order as one file."""
    style = asset("work_order.css") + asset("work_order_items.css")
    script = asset("work_order.js")
    texts = OrderTexts(order, plan, catalog)
    return str(
        templates(catalog)
        .get_template("work_order.html.j2")
        .render(
            policy=policy_of(style, script),
            style=Markup(style),
            script=Markup(script),
            order=order,
            summary=order.summary(),
            introduction=texts.introduction,
            items=texts.items(),
            nothing=texts.nothing,
            by_template=texts.by_template(),
            unseen=texts.unseen(),
            confirm=texts.confirm(),
            later=texts.later(),
        )
    )
