"""The rows of licenses, users and runs that pass the filters of a query, and their totals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from licsync.engine.ports import Run
from licsync.views import phrases as words
from licsync.views.history import actions_text, summary_of
from licsync.views.licenses import Group, LicenseFilter, UnitRow, group_units
from licsync.views.word_search import contains, fold, names_and_numbers_of, words_of
from licsync.web.list_columns import STATUSES, UserListItem
from licsync.web.query_params import NOWHERE, LicensesQuery, RunsQuery, UsersQuery

if TYPE_CHECKING:
    from licsync.web.account_index import AccountIndex

# --- licenses -------------------------------------------------------------------------------------


def chosen_units(query: LicensesQuery) -> LicenseFilter:
    """Give the filter of the Licenses page; type and country select the opened level."""
    address = "" if query.address == NOWHERE else query.address or None
    return LicenseFilter(
        statuses=frozenset(query.status), search=query.q.strip(), address_id=address
    )


def shown_groups(index: AccountIndex, query: LicensesQuery) -> list[Group]:
    """Group the units that pass the filters by type and country, whatever level is opened."""
    return group_units(index.units, index.catalog, chosen_units(query))


def shown_units(
    index: AccountIndex, query: LicensesQuery, groups: Sequence[Group] | None = None
) -> Sequence[UnitRow]:
    """List the units of the opened level that pass the filters, sorted.

    Args:
        index: the account.
        query: which units to show, and their order.
        groups: the `shown_groups`, if they are known.
    """
    groups = shown_groups(index, query) if groups is None else groups
    opened = [group for group in groups if _is_open(group, query)]
    units = [row for group in opened for row in group.units]
    return index.unit_ranking.order(units, query.sort)


def _is_open(group: Group, query: LicensesQuery) -> bool:
    return query.type in ("", group.type) and query.country in ("", group.country)


def unit_totals(index: AccountIndex, units: Sequence[UnitRow]) -> list[str]:
    """Give the totals of units: their number, the number in each state, and the monthly cost."""
    states = Counter([row.status for row in units])
    paid = Counter([(row.type, row.country) for row in units if row.days_left is None])
    prices = index.prices
    cost = words.total(
        (prices[pool][0], number * prices[pool][1])
        for pool, number in paid.items()
        if pool in prices
    )
    return [
        words.count(len(units), "license"),
        *(f"{states[state]:,} {state}" for state in STATUSES if states[state]),
        *([f"{cost} per month"] if cost else []),
    ]


# --- users ----------------------------------------------------------------------------------------


def shown_people(index: AccountIndex, query: UsersQuery) -> Sequence[UserListItem]:
    """List the users that pass the filters, sorted."""
    return index.user_ranking.order(chosen_people(index, query), query.sort)


def chosen_people(index: AccountIndex, query: UsersQuery) -> list[UserListItem]:
    """List the users that pass the filters and contain every word of the search."""
    searched = names_and_numbers_of([query.q])

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
            and contains(searched, person.text)
        )

    return [person for person in index.people if is_chosen(person)]


def _fits(wanted: str, found: str) -> bool:
    return not wanted or found == ("" if wanted == NOWHERE else wanted)


def people_totals(index: AccountIndex, people: Sequence[UserListItem]) -> list[str]:
    """Give the totals of users: their number, how many are active, their licenses, the cost."""
    states = Counter([person.cells["status"] for person in people])
    cost = words.total(_costs(index, people))
    return [
        words.count(len(people), "user"),
        *(f"{states[state]:,} {state}" for state in ("active", "inactive") if states[state]),
        words.count(sum([person.licenses for person in people]), "license"),
        *([f"{cost} per month"] if cost else []),
    ]


def _costs(index: AccountIndex, people: Iterable[UserListItem]) -> Iterator[words.Money]:
    for person in people:
        yield from index.costs_of(person.name)


# --- runs -----------------------------------------------------------------------------------------


def shown_runs(index: AccountIndex, query: RunsQuery) -> Sequence[Run]:
    """List the runs that pass the filters, sorted; the newest first without a chosen column."""
    searched = words_of(query.q)

    def is_chosen(run: Run) -> bool:
        text = (
            fold("\n".join((run.id, run.actor, actions_text(run), summary_of(run))))
            if searched
            else ""
        )
        return query.state in ("", index.ending_of(run)) and contains(searched, text)

    chosen = [run for run in index.reviewed.runs if is_chosen(run)]
    return index.run_ranking.order(chosen, query.sort)


def run_totals(index: AccountIndex, runs: Sequence[Run]) -> list[str]:
    """Give the totals of runs: their number, how they ended, and the number of actions."""
    endings = Counter(map(index.ending_of, runs))
    actions = sum(sum((run.plan.get("summary") or {}).values()) for run in runs)
    return [
        words.count(len(runs), "run"),
        *(f"{endings[ending]:,} {ending}" for ending in index.run_endings if endings[ending]),
        words.count(actions, "action"),
    ]
