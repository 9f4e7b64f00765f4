"""The common parts of all pages: layout, pagination and the environment of the templates."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Generic, TypeVar

from licsync.model.backend_types import backend_type
from licsync.model.catalog import Catalog
from licsync.views import phrases as words
from licsync.views.escaping import html_environment
from licsync.views.history import summary_of
from licsync.views.licenses import remaining_days
from licsync.views.plan.entry import tone_of
from licsync.views.users import CONTACT
from licsync.web.query_params import (
    NOWHERE,
    CostsQuery,
    LicensesQuery,
    OverviewQuery,
    PlanQuery,
    Query,
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
    "costs": "Costs",
    "work": "Work",
}
"""The pages and their titles, in navigation order."""

QUERIES = {
    "overview": OverviewQuery,
    "licenses": LicensesQuery,
    "users": UsersQuery,
    "plan": PlanQuery,
    "costs": CostsQuery,
    "work": WorkQuery,
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
    """

    link: Link
    rows: int | None = PAGE
    head: str = "page.html.j2"
    assets: Mapping[str, str] | None = None
    is_alone: bool = False
    fleet: str = ""


@dataclass(frozen=True, slots=True)
class Slice(Generic[T]):
    """The rows of one page, with the totals of rows and pages."""

    rows: Sequence[T]
    total: int
    page: int
    pages: int

    @property
    def said(self) -> str:
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


def verb_title(label: str) -> str:
    """Name a verb, with the kind unless it is a user or license: `downgrade`, `create site`."""
    kind, _, verb = label.partition(".")
    return verb if kind in ("user", "license") else f"{verb} {kind.replace('_', ' ')}"


def templates(catalog: Catalog) -> Any:
    """Make the environment of the templates for the license types of a catalog."""
    from licsync.web.compiled_templates import CompiledTemplates

    environment = html_environment()
    environment.bytecode_cache = CompiledTemplates()
    environment.filters["number"] = "{:,}".format
    environment.filters["json"] = json.dumps
    environment.filters["instant"] = words.instant
    environment.filters["unit_title"] = lambda row: words.unit(catalog, row.type, row.country)
    environment.filters["unit_name"] = lambda row: (
        row.id
        if row.has_id
        else f"{words.unit(catalog, row.type, row.country)}, {row.address or words.NONE}"
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
        LicensesQuery=LicensesQuery, UsersQuery=UsersQuery, PlanQuery=PlanQuery, WorkQuery=WorkQuery
    )
    environment.globals.update(queries=QUERIES, title=catalog.title, verb_title=verb_title, zip=zip)
    environment.globals.update(day=words.day, what_of=summary_of, backend_type=backend_type)
    return environment


@cache
def asset(name: str) -> str:
    """Read a style or script of the pages."""
    return (files("licsync.web") / "static" / name).read_text("utf-8")
