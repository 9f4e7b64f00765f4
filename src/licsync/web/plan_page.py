"""The page of a plan: on the server, in a report, and alone for `plan --format html`.

It depends only on the plan, so a saved plan looks the same wherever it is opened.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain
from typing import Any

from licsync.diagnostics import sort_diagnostics
from licsync.model.catalog import Catalog
from licsync.planning.actions import Action
from licsync.planning.plan import Plan
from licsync.planning.plan_document import LedgerRow
from licsync.views import phrases as words
from licsync.views.diagnostics import diagnostics_for
from licsync.views.plan import tables
from licsync.views.plan.entries import PlanEntries
from licsync.views.plan.entry import (
    Entry,
    Tone,
    count_labels,
    group_alike,
    summary_phrases,
    tone_of,
    verb_order,
    verb_title,
)
from licsync.views.plan.swap_diagrams import draw_rings
from licsync.views.plan.text import apply_command, apply_label, refusal, what_if_phrases
from licsync.views.redaction import RedactedPlan
from licsync.views.word_search import contains, fold, words_of
from licsync.web.layout import Layout, paginate
from licsync.web.query_params import NOWHERE, PlanQuery
from licsync.web.ranking import Column, Ranking, natural
from licsync.web.small_tables import SmallTable, small_table

TITLES: dict[Tone, str] = {
    "takes": "Removals",
    "changes": "Modifications",
    "gives": "Additions",
}
"""Headings of the tones, in reading order."""

MOST = 2_000
"""The most entries of a page without pagination; beyond it, groups list names only."""

MOST_DIAGNOSTICS = 200
"""How many diagnostics are shown."""

MOST_SITES = 20
"""How many sites the table lists; the filter offers all of them."""


@dataclass(frozen=True, slots=True)
class Section:
    """The entries of one tone, and the number of their users and resources."""

    tone: Tone
    title: str
    number: int
    entries: list[Entry]


@dataclass(frozen=True, slots=True)
class Bar:
    """A pool before or after a plan: parts with kind, number, start and width (percent)."""

    label: str
    parts: list[tuple[str, int, str, str]]


SiteRow = tuple[str, dict[str, int], int]
"""A site, the number of its actions by label, and the number of all of them."""


class PlanContent:
    """A plan with the lookups of its page; each is built when it is first used."""

    def __init__(self, plan: Plan, catalog: Catalog):
        self.plan = plan
        self.catalog = catalog

    @cached_property
    def entries(self) -> list[Entry]:
        """The entries of the plan, removals first."""
        return PlanEntries(self.plan, self.catalog).entries()

    @cached_property
    def together(self) -> list[Entry]:
        """The entries, with equal changes grouped."""
        return group_alike(self.entries, MOST)

    @cached_property
    def actions(self) -> dict[str, list[Action]]:
        """Actions by resource."""
        found: dict[str, list[Action]] = defaultdict(list)
        for action in self.plan.actions:
            found[action.resource].append(action)
        return found

    @cached_property
    def summary(self) -> dict[str, int]:
        """Count the actions by `kind.verb`, removals first."""
        return dict(sorted(self.plan.summary.items(), key=lambda item: verb_order(item[0])))

    @cached_property
    def sites(self) -> list[SiteRow]:
        """Count the actions by site and verb: most actions first, then those without a site."""
        found: dict[str, dict[str, int]] = {}
        for action in self.plan.actions:
            site = found.setdefault(self.site_of(action.resource), {})
            site[action.label] = site.get(action.label, 0) + 1
        rows = [(site, verbs, sum(verbs.values())) for site, verbs in found.items()]
        return sorted(rows, key=lambda row: (row[0] == NOWHERE, -row[2], row[0].casefold()))

    def sorted_sites(self, sort: str) -> SmallTable[SiteRow]:
        """Give the table of the sites."""
        columns: list[Column[SiteRow]] = [
            Column(
                "sites.site", "site", lambda row: None if row[0] == NOWHERE else natural(row[0])
            ),
            *(
                Column(f"sites.{label}", verb_title(label), partial(_number_of, label))
                for label in self.summary
            ),
            Column("sites.all", "all", lambda row: row[2]),
        ]
        return small_table(self.sites, columns, sort)

    def ranking(self, entries: Sequence[Entry]) -> Ranking[Entry]:
        """Give the order of entries, and of those in groups, by each column."""
        columns: list[Column[Entry]] = [
            Column("subject", "User or resource", lambda entry: natural(entry.subject)),
            Column("change", "Change", lambda entry: natural(entry.what)),
            Column("source", "File and line", lambda entry: natural(entry.source)),
        ]
        grouped = chain.from_iterable(entry.grouped_entries for entry in entries)
        return Ranking(columns, [*entries, *grouped], id)

    def site_of(self, resource: str) -> str:
        """Give the site of an action, or of its user after the plan; else `NOWHERE`."""
        section, _, name = resource.partition("/")
        if section == "sites":
            return name
        if section != "users":
            return NOWHERE
        if name in self.plan.people:
            return str(self.plan.people[name].get("site") or NOWHERE)
        # the plan deletes the user: the site is that of before
        changes = chain.from_iterable(action.changes for action in self.actions[resource])
        before = (change.before for change in changes if change.path == "site")
        return str(next(before, None) or NOWHERE)

    def verbs_of(self, entry: Entry) -> list[str]:
        """List the labels of the actions behind an entry."""
        return sorted(
            {action.label for resource in _resources(entry) for action in self.actions[resource]}
        )

    def members_of(self, entry: Entry) -> dict[str, int]:
        """Count the actions of each resource of a group."""
        return {resource: len(self.actions[resource]) for resource in _resources(entry)}

    def sites_of(self, entry: Entry) -> list[str]:
        """List the sites of an entry."""
        return sorted({self.site_of(resource) for resource in _resources(entry)})


def _number_of(label: str, row: SiteRow) -> int | None:
    return row[1].get(label)


def _resources(entry: Entry) -> list[str]:
    return [each.resource for each in entry.grouped_entries] or [entry.resource]


def content(
    content: PlanContent,
    query: PlanQuery,
    layout: Layout,
    user_of: Callable[[str], str] = lambda _: "",
) -> dict[str, Any]:
    """Give what the page of a plan shows, by the names of its template.

    Args:
        content: the plan.
        query: which entries to show; a page that is a file has them all.
        layout: how it is laid out.
        user_of: gives the user whose page a resource links to; empty where there is none.
    """
    is_file = layout.assets is not None
    chosen = content.together if is_file else chosen_entries(content, query)
    shown = paginate(chosen, query.page, MOST if query.whole or is_file else layout.rows)
    numbers = {
        tone: sum(max(1, len(e.members)) for e in content.together if e.tone == tone)
        for tone in TITLES
    }
    return {
        **_parts(content.plan, content.catalog),
        "plan_content": content,
        "ranking": content.ranking(chosen),
        "sites": content.sorted_sites(query.sort),
        "entries": shown,
        "sections": sections(shown.rows),
        "totals": entry_totals(content, chosen, query),
        "number_of_resources": sum(len(_resources(entry)) for entry in chosen),
        "tone_options": list(TITLES.items()),
        "is_each_told": len(content.entries) <= MOST,
        "tones": [(tone, title, numbers[tone]) for tone, title in TITLES.items() if numbers[tone]],
        "verb_options": [
            (label, f"{verb_title(label)} ({number:,})")
            for label, number in content.summary.items()
        ],
        "site_options": [
            (site, "no site" if site == NOWHERE else site) for site, _, _ in content.sites
        ],
        "user_of": user_of,
        "work": None,
        "most_diagnostics": MOST_DIAGNOSTICS,
        "most_sites": MOST_SITES,
        "is_masked": isinstance(content.plan, RedactedPlan),
    }


def _parts(plan: Plan, catalog: Catalog) -> dict[str, Any]:
    cells = tables.ledger_cells(plan, catalog)
    return {
        "plan": plan,
        "made": words.instant(plan.created_at),
        "expires": words.instant(plan.expires_at),
        "size": f"{words.count(plan.users, 'user')}, {words.count(plan.units, 'license')}",
        "counts": _counts(plan),
        "costs": tables.cost_lines(plan),
        "monthly": [*tables.cost_tables(plan, catalog), *tables.cost_center_cells(plan)],
        "scheduled": tables.schedule_cells(plan)[1:],
        "more_scheduled": tables.more_line(plan),
        "refused": refusal(plan),
        "what_if": " ".join(what_if_phrases(plan, catalog)),
        "command": apply_command(plan),
        "command_label": apply_label(plan),
        "diagnostics": diagnostics_for(sort_diagnostics(plan.diagnostics), plan.directory),
        "headings": cells[0] if cells else [],
        "rows": list(zip(cells[1:], map(_bars, tables.shown_rows(plan)), strict=True)),
        "rings": draw_rings(plan, catalog),
    }


def sections(entries: Sequence[Entry]) -> list[Section]:
    """Divide entries by tone, removals first."""
    return [section for tone in TITLES if (section := _section(tone, entries)).entries]


def _section(tone: Tone, entries: Iterable[Entry]) -> Section:
    own = [entry for entry in entries if entry.tone == tone]
    return Section(tone, TITLES[tone], sum(max(1, len(entry.members)) for entry in own), own)


def chosen_entries(content: PlanContent, query: PlanQuery) -> list[Entry]:
    """List the entries that pass the filters, grouped unless the query ungroups them.

    Removals are first in any order.
    """
    entries = _chosen_entries(content, query)
    ranked = content.ranking(entries).order(entries, query.sort)
    places = list(TITLES)
    return sorted(ranked, key=lambda entry: places.index(entry.tone))


def _chosen_entries(content: PlanContent, query: PlanQuery) -> list[Entry]:
    if not (query.q or query.verb or query.site or query.tone):
        return content.entries if query.ungrouped else content.together
    searched = words_of(query.q)

    def is_chosen(entry: Entry) -> bool:
        if query.verb and all(
            action.label != query.verb for action in content.actions[entry.resource]
        ):
            return False
        if query.site and content.site_of(entry.resource) != query.site:
            return False
        if query.tone and entry.tone != query.tone:
            return False
        text = fold(f"{entry.subject}\n{entry.what}\n{entry.source}") if searched else ""
        return contains(searched, text)

    found = [entry for entry in content.entries if is_chosen(entry)]
    return found if query.ungrouped else group_alike(found, MOST)


def entry_totals(content: PlanContent, entries: Sequence[Entry], query: PlanQuery) -> list[str]:
    """Give the totals of entries: how many users and resources, and how many of the actions."""
    resources = [resource for entry in entries for resource in _resources(entry)]
    labels = [action.label for resource in resources for action in content.actions[resource]]
    actions = labels.count(query.verb) if query.verb else len(labels)
    return [words.count(len(resources), "entry", "entries"), words.count(actions, "action")]


def _counts(plan: Plan) -> list[tuple[str, str]]:
    """Give the phrases that count the actions, each with its tone."""
    if not plan.actions:
        return [("", phrase) for phrase in summary_phrases(plan)]
    manual = sum(action.manual for action in plan.actions)
    by_hand = [("", words.count(manual, "manual action"))] if manual else []
    return [
        *(
            (tone_of(label), phrase)
            for label, phrase in count_labels(action.label for action in plan.actions)
        ),
        *by_hand,
    ]


# --- the ledger -----------------------------------------------------------------------------------


def _bars(row: LedgerRow) -> list[Bar]:
    before: dict[str, int] = {
        "assigned": row.assigned_before,
        "suspended": row.suspended_before,
        "unassigned": row.unassigned_before,
    }
    after: dict[str, int] = {
        "assigned": row.assigned_after,
        "suspended": row.suspended,
        "unassigned": row.unassigned_after,
        "missing": row.short_by,
    }
    whole = max(sum(before.values()), sum(after.values()), 1)
    return [Bar("before", _lengths(before, whole)), Bar("after", _lengths(after, whole))]


def _lengths(numbers: dict[str, int], whole: int) -> list[tuple[str, int, str, str]]:
    parts, start = [], 0
    for kind, number in numbers.items():
        if number > 0:
            parts.append(
                (kind, number, f"{100 * start / whole:.2f}%", f"{100 * number / whole:.2f}%")
            )
            start += number
    return parts
