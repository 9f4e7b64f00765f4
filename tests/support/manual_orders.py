"""The work order of a plan without its inventory, in each form, as `licsync show` gives it."""

from __future__ import annotations

from licsync.model.catalog import Catalog
from licsync.model.desired import Desired
from licsync.planning.plan import Plan
from licsync.planning.work_order.making import make_work_order
from licsync.planning.work_order.records import WorkOrder
from licsync.views.plan.work_order_csv import work_order_csv
from licsync.views.plan.work_order_markdown import work_order_markdown
from licsync.web.work_order_page import work_order_html


def order_of(plan: Plan, catalog: Catalog) -> WorkOrder:
    return make_work_order(plan, Desired({"name": plan.account}, catalog))


def runbook(plan: Plan, catalog: Catalog) -> str:
    return work_order_markdown(order_of(plan, catalog), plan, catalog)


def runbook_csv(plan: Plan, catalog: Catalog) -> str:
    return work_order_csv(order_of(plan, catalog), plan, catalog)


def runbook_html(plan: Plan, catalog: Catalog) -> str:
    return work_order_html(order_of(plan, catalog), plan, catalog)
