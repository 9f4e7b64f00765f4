"""Renders the pages from their templates, for the server and for files."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from licsync.diagnostics import has_errors
from licsync.model.backend_types import backend_type
from licsync.views import phrases as words
from licsync.views.licenses import Group, by_type
from licsync.views.redaction import RedactedPlan
from licsync.views.user_profile import profile
from licsync.web.account_index import AccountIndex
from licsync.web.address_changes import plan_address_changes
from licsync.web.costs_page import content as costs_content
from licsync.web.layout import Layout, anchor, paginate, templates
from licsync.web.list_columns import STATUSES
from licsync.web.lists import (
    people_totals,
    run_totals,
    shown_groups,
    shown_people,
    shown_runs,
    shown_units,
    unit_totals,
)
from licsync.web.mentions import linking
from licsync.web.month_page import content as month_content
from licsync.web.overview import overview
from licsync.web.plan_page import content
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
)
from licsync.web.run_page import content as run_content
from licsync.web.source_links import SourceLinks
from licsync.web.use_page import content as use_content
from licsync.web.work_page import content as work_content

MOST_MOVES = 500
"""How many pending changes are listed; the YAML contains all of them."""


class Pages:
    """The pages of one account."""

    def __init__(self, index: AccountIndex):
        self.index = index

    @cached_property
    def _templates(self) -> Any:
        return templates(self.index.catalog)

    def _render(self, name: str, query: Query, layout: Layout, body: str = "", **shown: Any) -> str:
        reviewed = self.index.reviewed
        about = {
            "account": reviewed.desired.name,
            "where": backend_type(reviewed.desired.backend).title,
            "as_of": reviewed.inventory.as_of,
            "faults": reviewed.faults,
            "is_saved": reviewed.is_saved,
            "number_of_actions": len(self.index.plan.actions),
            "order": reviewed.order,
            "has_prices": self.index.has_prices,
            "is_masked": isinstance(self.index.plan, RedactedPlan),
            "is_refused": has_errors(self.index.plan.diagnostics),
        }
        about |= {
            "name": name,
            "body": body or name,
            "query": query,
            "layout": layout,
            "link": layout.link,
            "mention": linking(self.index, layout),
            "ending_of": self.index.ending_of,
            "now": reviewed.now,
        }
        return str(self._templates.get_template(layout.head).render(about | shown))

    # --- licenses ---------------------------------------------------------------------------------

    def licenses(self, query: LicensesQuery, layout: Layout) -> str:
        """Render the Licenses page: by type, then country, then the units (SEED)."""
        index = self.index
        groups = shown_groups(index, query)
        units = shown_units(index, query, groups)
        free = [row.id for row in units if row.status == "unassigned"]
        here = paginate(units, query.page, None if query.whole else layout.rows)
        picked = tuple(dict.fromkeys((*query.unit, *(free if query.every else ()))))
        moves = plan_address_changes(index, picked, query.to) if picked else None
        return self._render(
            "licenses",
            query,
            layout,
            types=[(key, groups, _totals(groups)) for key, groups in by_type(index.pools)],
            shown={(group.type, group.country): group for group in groups},
            is_filtered=bool(query.q or query.address or query.status),
            units=here,
            totals=unit_totals(index, units),
            ranking=index.unit_ranking,
            price_of=index.price_of,
            opened=self.license(query.id) if query.id else None,
            shown_here=frozenset(row.id for row in here.rows),
            free=len(free),
            picked=frozenset(picked),
            pending=moves,
            heading=self._heading(query),
            addresses=index.addresses,
            is_bound_nowhere=any(row.address_id is None for row in index.units),
            labels=index.labels,
            countries=sorted({group.country for group in index.pools}),
            statuses=STATUSES,
            most_moves=MOST_MOVES,
        )

    def _heading(self, query: LicensesQuery) -> str:
        title = self.index.catalog.title(query.type) if query.type else ""
        return " · ".join(part for part in (title, query.country) if part) or "All licenses"

    def license(self, unit_id: str) -> dict[str, Any]:
        """Give the content of a license's panel; its `row` is None if there is no such license."""
        index, row = self.index, self.index.unit.get(unit_id)
        entry = index.entries_of_units.get(unit_id)
        price = index.price_of(row) if row is not None else None
        return {
            "id": unit_id,
            "row": row,
            "price": words.total([price]) if price else "",
            "entry": entry,
            "user": index.user_of(entry.resource) if entry else "",
            "sites": index.sites_at.get(row.address_id or "", []) if row else [],
            "runs": index.runs_of.get(f"licenses/{unit_id}", []),
        }

    # --- users ------------------------------------------------------------------------------------

    def users(self, query: UsersQuery, layout: Layout) -> str:
        """Render the Users page: the list, and the panel of one user."""
        index = self.index
        people = shown_people(index, query)
        held = {key for person in index.people for key in person.types}
        return self._render(
            "users",
            query,
            layout,
            people=paginate(people, query.page, None if query.whole else layout.rows),
            totals=people_totals(index, people),
            ranking=index.user_ranking,
            costs_of=index.costs_of,
            everybody=len(index.people),
            sites=index.sites,
            departments=index.departments,
            license_options=[
                (key, index.catalog.title(key)) for key in sorted(held, key=index.catalog.title)
            ],
            panel=self.panel(query.user) if query.user in index.inventory.users else None,
            is_unknown=bool(query.user) and query.user not in index.inventory.users,
        )

    def panel(self, name: str) -> dict[str, Any]:
        """Give the content of a user's panel: profile, places in the files, planned changes."""
        index = self.index
        shown = profile(index.inventory, index.catalog, name)
        declared = index.resolver.declared_names.get(name)
        places = SourceLinks(index, declared)
        return {
            "shown": shown,
            "source": places.of(),
            "places": {
                fact.field: places.of(fact.field) for fact in shown.attributes if fact.field
            },
            "policy_place": places.of("policy"),
            "services": [
                (service, *places.of_license(shown, service)) for service in shown.services
            ],
            "entry": index.entry_of(name),
            "is_declared": declared is not None,
            "directives": list(places.directives()),
            "runs": index.runs_of.get(f"users/{declared or name}")
            or index.runs_of.get(f"users/{name}", []),
        }

    def profiles(self, names: Sequence[str], layout: Layout) -> str:
        """Render a page of user panels, for files; it lists the features of each type once."""
        panels = [(anchor(name), self.panel(name)) for name in names]
        services = (service for _, panel in panels for service, _, _ in panel["services"])
        shared = {service.type: service.gives for service in services if service.gives}
        return self._render(
            "users",
            UsersQuery(),
            layout,
            body="profiles",
            panels_shown=panels,
            shared=dict(sorted(shared.items())),
        )

    # --- the plan ---------------------------------------------------------------------------------

    def plan(self, query: PlanQuery, layout: Layout) -> str:
        """Render the Plan page."""
        return self._render(
            "plan",
            query,
            layout,
            **content(self.index.plan_content, query, layout, self.index.user_of),
        )

    # --- costs ------------------------------------------------------------------------------------

    def costs(self, query: CostsQuery, layout: Layout) -> str:
        """Render the page of the costs."""
        return self._render("costs", query, layout, **costs_content(self.index, query))

    def month(self, query: MonthQuery, layout: Layout) -> str:
        """Render the page of a month."""
        return self._render("month", query, layout, **month_content(self.index, query))

    # --- the work order -----------------------------------------------------------------------

    def work(self, query: WorkQuery, layout: Layout) -> str:
        """Render the page of the work order."""
        return self._render("work", query, layout, **work_content(self.index))

    # --- runs and use over time -------------------------------------------------------------------

    def runs(self, query: RunsQuery, layout: Layout) -> str:
        """Render the list of runs, or the page of one run."""
        if query.run:
            shown = run_content(self.index, query, layout)
            return self._render(
                "runs", query, layout, body="run", user_of=self.index.user_of, **shown
            )
        runs = shown_runs(self.index, query)
        return self._render(
            "runs",
            query,
            layout,
            runs=paginate(runs, query.page, None if query.whole else layout.rows),
            everything=len(self.index.reviewed.runs),
            ranking=self.index.run_ranking,
            totals=run_totals(self.index, runs),
            endings=self.index.run_endings,
        )

    def use(self, query: UseQuery, layout: Layout) -> str:
        """Render the page of the use over time."""
        return self._render("use", query, layout, **use_content(self.index, query))

    # --- the overview -----------------------------------------------------------------------------

    def overview(self, query: OverviewQuery, layout: Layout) -> str:
        """Render the overview."""
        return self._render("overview", query, layout, **overview(self.index, query))


def _totals(groups: list[Group]) -> tuple[int, int, int]:
    return (
        sum(g.unassigned for g in groups),
        sum(g.total for g in groups),
        sum(g.removed for g in groups),
    )
