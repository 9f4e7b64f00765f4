"""Renders the pages from their templates, for the server and for files."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from hashlib import sha256
from typing import Any

from licsync.diagnostics import has_errors
from licsync.model.backend_types import backend_type
from licsync.views.licenses import Group, LicenseFilter, by_type, group_units
from licsync.views.user_profile import profile
from licsync.web.account_index import AccountIndex, UserListItem
from licsync.web.address_changes import plan_address_changes
from licsync.web.costs_page import content as costs_content
from licsync.web.layout import Layout, paginate, templates
from licsync.web.overview import overview
from licsync.web.plan_page import content
from licsync.web.query_params import (
    NOWHERE,
    CostsQuery,
    LicensesQuery,
    OverviewQuery,
    PlanQuery,
    Query,
    UsersQuery,
    WorkQuery,
)
from licsync.web.source_links import SourceLinks
from licsync.web.work_page import content as work_content

MOST_MOVES = 500
"""How many pending changes are listed; the YAML contains all of them."""

STATUSES = ("assigned", "unassigned", "suspended")


class Pages:
    """The pages of one account."""

    def __init__(self, index: AccountIndex):
        self.index = index

    @cached_property
    def _templates(self) -> Any:
        return templates(self.index.catalog)

    def _render(self, name: str, query: Query, layout: Layout, body: str = "", **shown: Any) -> str:
        seen = self.index.seen
        about = {
            "account": seen.desired.name,
            "where": backend_type(seen.desired.backend).title,
            "as_of": seen.inventory.as_of,
            "faults": seen.faults,
            "is_saved": seen.is_saved,
            "number_of_actions": len(self.index.plan.actions),
            "order": seen.order,
            "has_prices": self.index.has_prices,
            "is_refused": has_errors(self.index.plan.diagnostics),
        }
        about |= {
            "name": name,
            "body": body or name,
            "query": query,
            "layout": layout,
            "link": layout.link,
        }
        return str(self._templates.get_template(layout.head).render(about | shown))

    # --- licenses ---------------------------------------------------------------------------------

    def licenses(self, query: LicensesQuery, layout: Layout) -> str:
        """Render the Licenses page: by type, then country, then the units (SEED)."""
        index = self.index
        chosen = chosen_units(query)
        shown = _by_pool(group_units(index.units, index.catalog, chosen))
        opened = [group for group in shown.values() if _is_open(group, query)]
        units = [row for group in opened for row in group.units]
        free = [row.id for row in units if row.status == "unassigned"]
        here = paginate(units, query.page, layout.rows)
        picked = tuple(dict.fromkeys((*query.unit, *(free if query.every else ()))))
        moves = plan_address_changes(index, picked, query.to) if picked else None
        return self._render(
            "licenses",
            query,
            layout,
            types=[(key, groups, _totals(groups)) for key, groups in by_type(index.pools)],
            shown=shown,
            is_filtered=bool(query.q or query.address or query.status),
            is_open=lambda group: _is_open(group, query),
            units=here,
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

    # --- users ------------------------------------------------------------------------------------

    def users(self, query: UsersQuery, layout: Layout) -> str:
        """Render the Users page: the list, and the panel of one user."""
        index = self.index
        people = chosen_people(index, query)
        held = {key for person in index.people for key in person.types}
        return self._render(
            "users",
            query,
            layout,
            people=paginate(people, query.page, layout.rows),
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
        declared = index.declared_names.get(name)
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
            "plan", query, layout, **content(self.index.told, query, layout, self.index.user_of)
        )

    # --- costs ------------------------------------------------------------------------------------

    def costs(self, query: CostsQuery, layout: Layout) -> str:
        """Render the page of the costs."""
        return self._render("costs", query, layout, **costs_content(self.index))

    # --- the work order -----------------------------------------------------------------------

    def work(self, query: WorkQuery, layout: Layout) -> str:
        """Render the page of the work order."""
        return self._render("work", query, layout, **work_content(self.index))

    # --- the overview -----------------------------------------------------------------------------

    def overview(self, query: OverviewQuery, layout: Layout) -> str:
        """Render the overview."""
        return self._render(
            "overview", query, layout, now=self.index.seen.now, **overview(self.index)
        )


def anchor(user: str) -> str:
    """Give the id of a user's panel on a page of several."""
    return "u-" + sha256(user.encode("utf-8", "surrogatepass")).hexdigest()[:12]


# --- what a query chooses -------------------------------------------------------------------------


def chosen_units(query: LicensesQuery) -> LicenseFilter:
    """Give the filter of the Licenses page; type and country select the opened level."""
    address = "" if query.address == NOWHERE else query.address or None
    return LicenseFilter(
        statuses=frozenset(query.status), search=query.q.strip(), address_id=address
    )


def _by_pool(groups: list[Group]) -> dict[tuple[str, str], Group]:
    return {(group.type, group.country): group for group in groups}


def _is_open(group: Group, query: LicensesQuery) -> bool:
    return query.type in ("", group.type) and query.country in ("", group.country)


def _totals(groups: list[Group]) -> tuple[int, int, int]:
    return (
        sum(g.unassigned for g in groups),
        sum(g.total for g in groups),
        sum(g.removed for g in groups),
    )


def chosen_people(index: AccountIndex, query: UsersQuery) -> list[UserListItem]:
    """List the users that pass the filters and contain every word of the search."""
    searched = query.q.casefold().split()

    def is_chosen(person: UserListItem) -> bool:
        cells = person.cells
        return (
            _fits(query.site, cells["site"])
            and _fits(query.department, cells["department"])
            and (not query.status or cells["status"] == query.status)
            and (
                not query.license
                or query.license in person.types
                or (query.license == NOWHERE and not person.types)
            )
            and (not query.planned or person.entry is not None)
            and all(word in person.text for word in searched)
        )

    return [person for person in index.people if is_chosen(person)]


def _fits(wanted: str, found: str) -> bool:
    return not wanted or found == ("" if wanted == NOWHERE else wanted)
