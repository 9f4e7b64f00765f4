"""Makes the pages: what each template is given, for the server and for files alike."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any, Generic, TypeVar

from licsync.diagnostics import has_errors
from licsync.views import words
from licsync.views.grouping import together
from licsync.views.history import summary_of
from licsync.views.licenses import Group, LicenseFilter, by_type, fate, grouped
from licsync.views.plan_html import MOST, TITLES, parts, sections
from licsync.views.profile import profile
from licsync.views.safe import html_environment
from licsync.views.story import Entry, rank, tone
from licsync.views.users import CONTACT
from licsync.web.index import Index, Person
from licsync.web.overview import overview
from licsync.web.pending import pending
from licsync.web.places import Places
from licsync.web.queries import (
    NOWHERE,
    LicensesQuery,
    OverviewQuery,
    PlanQuery,
    Query,
    UsersQuery,
    changed,
    pairs,
)

T = TypeVar("T")

PAGE = 100
"""How many rows a page has."""

NAMES = {"overview": "Overview", "licenses": "Licenses", "users": "Users", "plan": "Plan"}
"""The pages and their titles, in the order of the navigation."""

QUERIES = {"overview": OverviewQuery, "licenses": LicensesQuery, "users": UsersQuery, "plan": PlanQuery}
"""What each page can be asked for."""

MOST_MOVES = 500
"""How many pending changes are listed; the YAML counts all of them."""

MOST_DIAGNOSTICS = 200
"""How many diagnostics of a plan are shown."""

STATUSES = ("assigned", "unassigned", "suspended")

Link = Callable[[str, Query], str]
"""Gives the URL of a page in a state."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How pages are laid out: what a link is, how many rows stand on a page, what they are wrapped in.

    Attributes:
        link: gives the URL of a page.
        rows: the most rows of a page; None for all.
        head: the template around them: `page.html.j2`, or `fragment.html.j2` for the part that a script replaces.
        assets: what the template around them says of style and script.
    """

    link: Link
    rows: int | None = PAGE
    head: str = "page.html.j2"
    assets: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Slice(Generic[T]):
    """The rows of one page, of how many, on which page of how many."""

    rows: Sequence[T]
    total: int
    page: int
    pages: int

    @property
    def said(self) -> str:
        """Say which rows these are."""
        if self.pages == 1:
            return f"{self.total:,}"
        first = (self.page - 1) * PAGE
        return f"{first + 1:,}-{first + len(self.rows):,} of {self.total:,}"


def sliced(rows: Sequence[T], page: int, most: int | None) -> Slice[T]:
    """Give the rows of a page; the last page where there are not so many."""
    if most is None:
        return Slice(rows, len(rows), 1, 1)
    pages = max(1, -(-len(rows) // most))
    page = min(page, pages)
    return Slice(rows[(page - 1) * most : page * most], len(rows), page, pages)


class Pages:
    """The pages of one account."""

    def __init__(self, index: Index):
        self.index = index

    @cached_property
    def _environment(self) -> Any:
        environment = html_environment("licsync.web")
        environment.filters["number"] = "{:,}".format
        environment.filters["json"] = json.dumps
        environment.filters["instant"] = words.instant
        environment.filters["unit_title"] = lambda row: words.unit(self.index.catalog, row.type, row.country)
        environment.globals.update(
            changed=changed, fate=fate, pairs=pairs, nowhere=NOWHERE, names=NAMES, contact=CONTACT, count=words.count
        )
        environment.globals.update(LicensesQuery=LicensesQuery, UsersQuery=UsersQuery, PlanQuery=PlanQuery)
        environment.globals.update(queries=QUERIES, title=self.index.catalog.title, verb_title=verb_title, zip=zip)
        environment.globals.update(day=words.day, what_of=summary_of)
        return environment

    def _render(self, name: str, query: Query, layout: Layout, body: str = "", **content: Any) -> str:
        seen = self.index.seen
        about = {
            "account": seen.desired.name,
            "as_of": seen.inventory.as_of,
            "faults": seen.faults,
            "is_saved": seen.is_saved,
            "number_of_actions": len(self.index.plan.actions),
            "is_refused": has_errors(self.index.plan.diagnostics),
        }
        about |= {"name": name, "body": body or name, "query": query, "layout": layout, "link": layout.link}
        return str(self._environment.get_template(layout.head).render(**about, **content))

    # --- licenses ------------------------------------------------------------------------------------------

    def licenses(self, query: LicensesQuery, layout: Layout) -> str:
        """Make the Licenses page: by type, then country, then the units (SEED)."""
        index = self.index
        chosen = chosen_units(query)
        shown = _by_pool(grouped(index.units, index.catalog, chosen))
        units = [row for group in shown.values() if _is_open(group, query) for row in group.units]
        free = [row.id for row in units if row.status == "unassigned"]
        here = sliced(units, query.page, layout.rows)
        picked = tuple(dict.fromkeys((*query.unit, *(free if query.every else ()))))
        moves = pending(index, picked, query.to) if picked else None
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

    # --- users ---------------------------------------------------------------------------------------------

    def users(self, query: UsersQuery, layout: Layout) -> str:
        """Make the Users page: the list, and the panel of one user."""
        index = self.index
        people = chosen_people(index, query)
        held = {key for person in index.people for key in person.types}
        return self._render(
            "users",
            query,
            layout,
            people=sliced(people, query.page, layout.rows),
            everybody=len(index.people),
            sites=index.sites,
            departments=index.departments,
            license_options=[(key, index.catalog.title(key)) for key in sorted(held, key=index.catalog.title)],
            panel=self.panel(query.user) if query.user in index.inventory.users else None,
            is_unknown=bool(query.user) and query.user not in index.inventory.users,
        )

    def panel(self, name: str) -> dict[str, Any]:
        """Give what the panel of a user shows: the profile, where the files say what, what the plan changes."""
        index = self.index
        shown = profile(index.inventory, index.catalog, name)
        declared = index.declared_names.get(name)
        places = Places(index, declared)
        return {
            "shown": shown,
            "source": places.of(),
            "places": {fact.field: places.of(fact.field) for fact in shown.attributes if fact.field},
            "policy_place": places.of("policy"),
            "services": [(service, *places.of_license(shown, service)) for service in shown.services],
            "entry": index.entry_of(name),
            "is_declared": declared is not None,
            "directives": places.directives(),
        }

    def profiles(self, names: Sequence[str], layout: Layout) -> str:
        """Make a page of nothing but panels, for files."""
        panels = [(anchor(name), self.panel(name)) for name in names]
        return self._render("users", UsersQuery(), layout, body="profiles", panels_shown=panels)

    # --- the plan ------------------------------------------------------------------------------------------

    def plan(self, query: PlanQuery, layout: Layout) -> str:
        """Make the Plan page."""
        index = self.index
        told = index.readable if layout.assets else chosen_entries(index, query)
        shown = sliced(told, query.page, MOST if query.whole or layout.assets else layout.rows)
        counted = {
            tone: sum(max(1, len(entry.members)) for entry in index.told if entry.tone == tone) for tone in TITLES
        }
        return self._render(
            "plan",
            query,
            layout,
            **parts(index.plan, index.catalog),
            sections=sections(shown.rows),
            entries=shown,
            tones=[(tone, title, counted[tone]) for tone, title in TITLES.items() if counted[tone]],
            summary=dict(sorted(index.plan.summary.items(), key=lambda item: rank(item[0]))),
            tone_of=tone,
            sites=(by_site := _by_site(index)),
            verb_options=[(label, f"{verb_title(label)} ({number:,})") for label, number in index.plan.summary.items()],
            site_options=[(site, "no site" if site == NOWHERE else site) for site, _, _ in by_site],
            subjects=index.subjects,
            verbs_of=lambda entry: sorted({action.label for action in index.actions[entry.resource]}),
            sites_of=index.sites_of,
            most_diagnostics=MOST_DIAGNOSTICS,
        )

    # --- the overview --------------------------------------------------------------------------------------

    def overview(self, query: OverviewQuery, layout: Layout) -> str:
        """Make the overview."""
        return self._render("overview", query, layout, now=self.index.seen.now, **overview(self.index))


def anchor(user: str) -> str:
    """Give the id of a user's panel in a page of several."""
    return "u-" + sha256(user.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def verb_title(label: str) -> str:
    """Name what is done, and to what where that is neither a user nor a license: `downgrade`, `create site`."""
    kind, _, verb = label.partition(".")
    return verb if kind in ("user", "license") else f"{verb} {kind.replace('_', ' ')}"


# --- what a query chooses ------------------------------------------------------------------------------------


def chosen_units(query: LicensesQuery) -> LicenseFilter:
    """Say what the filters of the Licenses page keep; type and country are the levels that it is opened at."""
    address = "" if query.address == NOWHERE else query.address or None
    return LicenseFilter(statuses=frozenset(query.status), search=query.q.strip(), address_id=address)


def _by_pool(groups: list[Group]) -> dict[tuple[str, str], Group]:
    return {(group.type, group.country): group for group in groups}


def _is_open(group: Group, query: LicensesQuery) -> bool:
    return query.type in ("", group.type) and query.country in ("", group.country)


def _totals(groups: list[Group]) -> tuple[int, int, int]:
    return sum(g.unassigned for g in groups), sum(g.total for g in groups), sum(g.removed for g in groups)


def chosen_people(index: Index, query: UsersQuery) -> list[Person]:
    """List the users that the filters keep; every word that is searched for must be found."""
    searched = query.q.casefold().split()

    def is_chosen(person: Person) -> bool:
        cells = person.cells
        return (
            _fits(query.site, cells["site"])
            and _fits(query.department, cells["department"])
            and (not query.status or cells["status"] == query.status)
            and (not query.license or query.license in person.types or (query.license == NOWHERE and not person.types))
            and (not query.planned or person.entry is not None)
            and all(word in person.text for word in searched)
        )

    return [person for person in index.people if is_chosen(person)]


def _fits(wanted: str, found: str) -> bool:
    return not wanted or found == ("" if wanted == NOWHERE else wanted)


def chosen_entries(index: Index, query: PlanQuery) -> list[Entry]:
    """List the entries that the filters keep, told together unless they are asked for apart."""
    if not (query.q or query.verb or query.site):
        return index.entries if query.apart else index.told
    searched = query.q.casefold().split()

    def is_chosen(entry: Entry) -> bool:
        if query.verb and all(action.label != query.verb for action in index.actions[entry.resource]):
            return False
        if query.site and index.site_of(entry.resource) != query.site:
            return False
        text = f"{entry.subject}\n{entry.what}\n{entry.source}".casefold() if searched else ""
        return all(word in text for word in searched)

    found = [entry for entry in index.entries if is_chosen(entry)]
    return found if query.apart else together(found, MOST)


def _by_site(index: Index) -> list[tuple[str, dict[str, int], int]]:
    """Count the actions by site and verb, the sites with the most first; what has no site last."""
    found: dict[str, dict[str, int]] = {}
    for action in index.plan.actions:
        site = found.setdefault(index.site_of(action.resource), {})
        site[action.label] = site.get(action.label, 0) + 1
    rows = [(site, verbs, sum(verbs.values())) for site, verbs in found.items()]
    return sorted(rows, key=lambda row: (row[0] == NOWHERE, -row[2], row[0].casefold()))
