"""The pages as self-contained files: readable without the script, filtered with it."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256

from markupsafe import Markup

from licsync.model.backend_types import backend_type
from licsync.model.catalog import Catalog
from licsync.planning.period.days import Period
from licsync.planning.plan import Plan
from licsync.planning.work_order.records import WorkOrder
from licsync.views.plan.work_order_markdown import OrderTexts
from licsync.web.layout import Layout, anchor, asset, templates, unit_anchor
from licsync.web.mentions import plain
from licsync.web.pages import Pages
from licsync.web.plan_page import PlanContent, content
from licsync.web.query_params import (
    CostsQuery,
    LicensesQuery,
    MonthQuery,
    OverviewQuery,
    PlanQuery,
    Query,
    RunsQuery,
    UseQuery,
    UsersQuery,
    WorkQuery,
    changed,
    encoded,
)

TOGETHER = 100
"""User panels per file."""

FILES = {
    "overview": "index.html",
    "licenses": "licenses.html",
    "users": "users.html",
    "plan": "plan.html",
    "runs": "runs.html",
    "use": "use.html",
    "costs": "costs.html",
    "month": "month.html",
    "work": "work-order.html",
}
"""The file of each page; panels are in `users-001.html` and so on, runs in `runs-001.html`."""

MOST_RUNS = 60
"""How many of the last runs have a file."""

WORKBOOK = "report.xlsx"
"""The Excel file of a period, beside the pages."""

OURS = re.compile(
    rf"{'|'.join(map(re.escape, (*FILES.values(), WORKBOOK)))}|(users|runs)-\d{{3,}}\.html"
)
"""The possible file names of a report."""


def report(pages: Pages, period: Period | None = None) -> Iterator[tuple[str, str]]:
    """Give the pages of an account as file names and texts.

    Args:
        pages: the pages.
        period: the period to report; None for the pages without one.
    """
    names = [person.name for person in pages.index.people]
    files = {name: f"users-{1 + place // TOGETHER:03}.html" for place, name in enumerate(names)}

    runs = [run.id for run in pages.index.reviewed.runs]
    journals = {
        run: f"runs-{len(runs) - place:03}.html" for place, run in enumerate(runs[:MOST_RUNS])
    }

    def link(page: str, query: Query) -> str:
        if isinstance(query, UsersQuery) and query.user in files:
            return f"{files[query.user]}#{anchor(query.user)}"
        if isinstance(query, RunsQuery) and query.run:
            return journals.get(query.run, FILES[page]) + encoded(changed(query, run="")).replace(
                "?", "#", 1
            )
        if isinstance(query, LicensesQuery) and query.id in pages.index.unit:
            return f"{FILES[page]}#{unit_anchor(query.id)}"
        return FILES[page] + encoded(query).replace("?", "#", 1)

    layout = Layout(link, rows=None, assets=_assets(), has_month=period is not None)
    yield FILES["overview"], pages.overview(OverviewQuery(), layout)
    yield FILES["licenses"], pages.licenses(LicensesQuery(), layout)
    yield FILES["users"], pages.users(UsersQuery(), layout)
    yield FILES["plan"], pages.plan(PlanQuery(), layout)
    yield FILES["runs"], pages.runs(RunsQuery(), layout)
    yield FILES["use"], pages.use(UseQuery(), layout)
    for run, file in journals.items():
        yield file, pages.runs(RunsQuery(run=run), layout)
    if pages.index.has_prices:
        yield FILES["costs"], pages.costs(CostsQuery(), layout)
    if period is not None:
        query = MonthQuery(first=str(period.first), last=str(period.last))
        yield FILES["month"], pages.month(query, layout)
    if pages.index.reviewed.order is not None:
        yield FILES["work"], pages.work(WorkQuery(), layout)
    for start in range(0, len(names), TOGETHER):
        several = names[start : start + TOGETHER]
        yield files[several[0]], pages.profiles(several, layout)


def plan_html(plan: Plan, catalog: Catalog, work: WorkOrder | None = None) -> str:
    """Write a plan as one file: the plan page of a report, without the other pages.

    Args:
        plan: the plan.
        catalog: the license types.
        work: what people do for it; None for a plan without work by hand.
    """

    def link(page: str, query: Query) -> str:
        return encoded(query).replace("?", "#", 1) or "#"

    texts = OrderTexts(work, plan, catalog) if work is not None and work.items else None
    assets = _assets() if texts is None else _assets("work_order_items.css", "work_order.js")
    query, layout = PlanQuery(), Layout(link, rows=None, assets=assets, is_alone=True)
    return str(
        templates(catalog)
        .get_template(layout.head)
        .render(
            name="plan",
            body="plan",
            account=plan.account,
            where=backend_type(plan.backend).title,
            as_of="",
            faults=(),
            is_saved=False,
            order=None,
            query=query,
            layout=layout,
            link=link,
            mention=plain,
            **{**content(PlanContent(plan, catalog), query, layout), "work": texts},
        )
    )


def _assets(*further: str) -> dict[str, str]:
    """Give style and script of a file, and the policy that allows only these."""
    scripts = ("selection.js", "keyboard.js", "report.js")
    names = ("plan.css", "pages.css", "lists.css", "report.css", *scripts, *further)
    style, script = (
        "".join(asset(name) for name in names if name.endswith(kind)) for kind in (".css", ".js")
    )
    return {"policy": policy_of(style, script), "style": Markup(style), "script": Markup(script)}


def policy_of(style: str, script: str) -> str:
    """Give the policy of a file that allows only this style and this script."""
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
