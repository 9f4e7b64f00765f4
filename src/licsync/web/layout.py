"""The common parts of all pages: layout, pagination and the environment of the templates."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, Generic, TypeVar
from urllib.parse import quote_plus

from licsync.model.backend_types import backend_type
from licsync.model.catalog import Catalog
from licsync.views import phrases as words
from licsync.views.escaping import html_environment
from licsync.views.history import actions_text
from licsync.views.licenses import remaining_days
from licsync.views.plan.entry import tone_of, verb_title
from licsync.views.users import CONTACT
from licsync.web.query_params import (
    NOWHERE,
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
    pairs,
)

T = TypeVar("T")

PAGE = 100
"""Rows per page."""

NAMES = {
    "overview": "Overview",
    "licenses": "Licenses",
    "users": "Users",
    "plan": "Plan",
    "work": "Work",
    "runs": "Runs",
    "use": "Use",
    "costs": "Costs",
    "month": "Month",
}
"""The pages and their titles, in navigation order."""

QUERIES = {
    "overview": OverviewQuery,
    "licenses": LicensesQuery,
    "users": UsersQuery,
    "plan": PlanQuery,
    "work": WorkQuery,
    "runs": RunsQuery,
    "use": UseQuery,
    "costs": CostsQuery,
    "month": MonthQuery,
}
"""The query of each page."""

Link = Callable[[str, Query], str]
"""Gives the URL of a page for a query."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How pages are laid out: links, rows per page and surrounding template.

    Attributes:
        link: gives the URL of a page.
        rows: the most rows of a page; None for all.
        head: the surrounding template: `page.html.j2`, or `fragment.html.j2` for the part that the
            script replaces.
        assets: inline style and script of the surrounding template; None if they are files.
        is_alone: whether there are no other pages.
        fleet: the URL of the page of the account's fleet; empty if it has none.
        has_month: whether there is a page of a month.
    """

    link: Link
    rows: int | None = PAGE
    head: str = "page.html.j2"
    assets: Mapping[str, str] | None = None
    is_alone: bool = False
    fleet: str = ""
    has_month: bool = True


@dataclass(frozen=True, slots=True)
class Slice(Generic[T]):
    """The rows of one page, with the totals of rows and pages."""

    rows: Sequence[T]
    total: int
    page: int
    pages: int

    @property
    def shown_range(self) -> str:
        """The range of the rows."""
        if self.pages == 1:
            return f"{self.total:,}"
        first = (self.page - 1) * PAGE
        return f"{first + 1:,}-{first + len(self.rows):,} of {self.total:,}"


def paginate(rows: Sequence[T], page: int, most: int | None) -> Slice[T]:
    """Give the rows of a page, or of the last page if there are not so many."""
    if most is None:
        return Slice(rows, len(rows), 1, 1)
    pages = max(1, -(-len(rows) // most))
    page = min(page, pages)
    return Slice(rows[(page - 1) * most : page * most], len(rows), page, pages)


def sorted_by(query: Query, column: str) -> tuple[str, Query]:
    """Give how a list is sorted by a column (`aria-sort`), and the query that a heading leads to.

    A heading sorts ascending first, then descending, then not at all.
    """
    sort = getattr(query, "sort", "")
    if sort == column:
        return "ascending", changed(query, sort=f"-{column}")
    if sort == f"-{column}":
        return "descending", changed(query, sort="")
    return "none", changed(query, sort=column)


def extended(url: str, name: str, value: str) -> str:
    """Add a parameter to a URL."""
    return f"{url}{'&' if '?' in url else '?'}{name}={quote_plus(value, errors='replace')}"


def as_file(url: str, format: str) -> str:
    """Give the URL of what a page shows as a file."""
    page, mark, query = url.partition("?")
    return f"{page}.{format}{mark}{query}"


def templates(catalog: Catalog) -> Any:
    """Make the environment of the templates for the license types of a catalog."""
    from licsync.web.compiled_templates import CompiledTemplates

    environment = html_environment()
    environment.bytecode_cache = CompiledTemplates()
    environment.filters["number"] = "{:,}".format
    environment.filters["json"] = json.dumps
    environment.filters["as_file"] = as_file
    environment.filters["instant"] = words.instant
    environment.filters["unit_title"] = lambda row: catalog.pool_name(row.type, row.country)
    environment.filters["unit_name"] = lambda row: (
        row.id
        if row.has_id
        else f"{catalog.pool_name(row.type, row.country)}, {row.address or words.NONE}"
    )
    environment.globals.update(
        changed=changed,
        fate=remaining_days,
        pairs=pairs,
        nowhere=NOWHERE,
        names=NAMES,
        contact=CONTACT,
        count=words.count,
        tone_of=tone_of,
    )
    environment.globals.update(
        LicensesQuery=LicensesQuery,
        UsersQuery=UsersQuery,
        PlanQuery=PlanQuery,
        RunsQuery=RunsQuery,
        UseQuery=UseQuery,
        MonthQuery=MonthQuery,
        WorkQuery=WorkQuery,
        sorted_by=sorted_by,
        extended=extended,
        unit_anchor=unit_anchor,
    )
    environment.globals.update(queries=QUERIES, title=catalog.title, verb_title=verb_title, zip=zip)
    environment.globals.update(day=words.day, what_of=actions_text, backend_type=backend_type)
    return environment


def anchor(user: str) -> str:
    """Give the id of a user's panel on a page of several."""
    return f"u-{_digest(user)}"


def unit_anchor(unit_id: str) -> str:
    """Give the id of a license's row on a page of all."""
    return f"l-{_digest(unit_id)}"


def _digest(name: str) -> str:
    return sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:12]


@cache
def asset(name: str) -> str:
    """Read a style or script of the pages."""
    return (files("licsync.web") / "static" / name).read_text("utf-8")
