"""The lookups of the pages: built once for an account, then only read."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from licsync.diagnostics import Diagnostic
from licsync.engine.ports import Run
from licsync.engine.work_orders import OpenedOrder
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory
from licsync.model.pool_use import DayOfUse
from licsync.model.prices import prices_of
from licsync.planning.actions import Action
from licsync.planning.attribution import Attribution
from licsync.planning.calendar import account_day
from licsync.planning.drift import Drift
from licsync.planning.licenses.pools import declared_pools
from licsync.planning.mentions import named_units
from licsync.planning.period.days import Period
from licsync.planning.period.report import PeriodReport
from licsync.planning.plan import Plan
from licsync.planning.resolver import Resolver
from licsync.planning.usage import Usage
from licsync.views import phrases as words
from licsync.views.history import ENDINGS, run_ending
from licsync.views.licenses import Group, UnitRow, group_units, unit_rows
from licsync.views.plan.entry import Entry
from licsync.views.users import user_row
from licsync.views.word_search import fold
from licsync.web.list_columns import UserListItem, run_columns, unit_columns, user_columns
from licsync.web.plan_page import PlanContent
from licsync.web.ranking import Ranking

MOST_PERIODS = 12
"""How many reports of periods are kept: a large history takes seconds to read."""


@dataclass(frozen=True, slots=True)
class ReviewedAccount:
    """An account as last read: the source of everything on the pages.

    Attributes:
        desired: the content of the files.
        inventory: the content of the account.
        plan: the current plan, or a saved one.
        now: when the account was read.
        is_saved: whether the plan is a saved one, which can belong to another inventory.
        runs: the applied runs with their plans, newest first.
        drift: the drift since the last run; None if it is unknown.
        authors: who made the drift, by 8x8's audit log; None if it was not read.
        notes: why the audit log was not read.
        order: the work order: the unfinished one, else the last one; None if there was none.
        faults: why the current state of the account cannot be read.
        usage: who uses their licenses; None if it is unknown.
        read_run: reads a run with its journal; None if there is no such run.
        pool_use: the use of the pools over time, oldest first.
        read_period: makes the report of a period; None if there is none.
    """

    desired: Desired
    inventory: Inventory
    plan: Plan
    now: datetime
    is_saved: bool = False
    runs: Sequence[Run] = ()
    drift: Sequence[Drift] | None = None
    authors: Attribution | None = None
    notes: Sequence[Diagnostic] = ()
    order: OpenedOrder | None = None
    faults: Sequence[Diagnostic] = ()
    usage: Usage | None = None
    read_run: Callable[[str], Run | None] = lambda _: None
    pool_use: Sequence[DayOfUse] = ()
    read_period: Callable[[Period], PeriodReport | None] = lambda _: None


class AccountIndex:
    """An account with its lookups; each is built when it is first used."""

    def __init__(self, reviewed: ReviewedAccount):
        self.reviewed = reviewed
        self.desired = reviewed.desired
        self.inventory = reviewed.inventory
        self.catalog = reviewed.desired.catalog
        self.plan = reviewed.plan
        self.plan_content = PlanContent(reviewed.plan, reviewed.desired.catalog)
        self.resolver = Resolver(reviewed.desired, reviewed.inventory)
        self._periods: dict[Period, PeriodReport | None] = {}

    def prepare(self) -> None:
        """Build the lookups of the first pages in advance."""
        _ = (
            self.pools,
            self.people,
            self.plan_content.together,
            self.sites_at,
            self.resolver.declared_names,
        )
        _ = self.has_marked_names, self.prices

    def period_report(self, period: Period) -> PeriodReport | None:
        """Give the report of a period; None if there is none.

        Raises:
            LicsyncError: the store or a run cannot be read.
        """
        if period not in self._periods:
            self._periods[period] = self.reviewed.read_period(period)
            for earlier in [*self._periods][:-MOST_PERIODS]:
                del self._periods[earlier]
        return self._periods[period]

    # --- licenses ---------------------------------------------------------------------------------

    @cached_property
    def units(self) -> list[UnitRow]:
        """All units."""
        return unit_rows(self.inventory, self.reviewed.now)

    @cached_property
    def unit(self) -> dict[str, UnitRow]:
        """Units by id."""
        return {row.id: row for row in self.units}

    @cached_property
    def pools(self) -> list[Group]:
        """All units by type and country."""
        return group_units(self.units, self.catalog)

    @cached_property
    def unit_ranking(self) -> Ranking[UnitRow]:
        """The order of units by each column."""
        pools = [(group.type, group.country) for group in self.pools]
        rows = [row for group in self.pools for row in group.units]
        return Ranking(unit_columns(pools), rows, lambda row: row.id)

    @cached_property
    def addresses(self) -> dict[str, str]:
        """Service addresses of the units: id to postal text, ordered by text."""
        used = {row.address_id: row.address for row in self.units if row.address_id}
        return dict(sorted(used.items(), key=lambda item: (item[1].casefold(), item[0])))

    @cached_property
    def labels(self) -> dict[str, str]:
        """All service addresses that the files can name: label to postal text."""
        contents = self.resolver.contents.items()
        return dict(
            sorted(
                ((label, words.postal(content)) for label, content in contents),
                key=lambda item: item[0],
            )
        )

    @cached_property
    def sites_at(self) -> dict[str, list[str]]:
        """Names of the sites at each service address, by its id."""
        found: dict[str, list[str]] = defaultdict(list)
        for name, site in sorted(self.inventory.sites.items()):
            if address := site.get("service_address"):
                found[address].append(name)
        return found

    # --- users ------------------------------------------------------------------------------------

    @cached_property
    def people(self) -> list[UserListItem]:
        """All users, by name."""
        return [self._person(name) for name in sorted(self.inventory.users, key=str.casefold)]

    def _person(self, name: str) -> UserListItem:
        cells = user_row(self.inventory, self.catalog, name)
        user = self.inventory.users[name]
        held = [service["license"] for service in user.get("services") or ()]
        types = {self.inventory.pool_of(unit)[0] for unit in held}
        numbers = (
            n
            for s in user.get("services") or ()
            for n in (s.get("extension") or {}).get("phone_numbers") or ()
        )
        more = " ".join((str(user.get("job_title") or ""), *held, *numbers))
        text = fold("\n".join((*cells.values(), more)))
        return UserListItem(
            name, cells, frozenset(types), len(held), more, text, self.entry_of(name)
        )

    @cached_property
    def user_ranking(self) -> Ranking[UserListItem]:
        """The order of users by each column."""
        return Ranking(user_columns(), self.people, lambda person: person.name)

    @cached_property
    def person(self) -> dict[str, UserListItem]:
        """Users by name."""
        return {person.name: person for person in self.people}

    @cached_property
    def sites(self) -> list[str]:
        """Names of the sites of users."""
        return _sorted(person.cells["site"] for person in self.people)

    @cached_property
    def departments(self) -> list[str]:
        """Names of the departments of users."""
        return _sorted(person.cells["department"] for person in self.people)

    # --- runs -------------------------------------------------------------------------------------

    def ending_of(self, run: Run) -> str:
        """Say how a run ended; only the order of `reviewed` can be unfinished."""
        order = self.reviewed.order
        return run_ending(run, order if order is not None and order.run == run.id else None)

    @cached_property
    def run_endings(self) -> list[str]:
        """How the runs ended, those that need attention first."""
        found = {self.ending_of(run) for run in self.reviewed.runs}
        return [ending for ending in ENDINGS if ending in found]

    @cached_property
    def run_ranking(self) -> Ranking[Run]:
        """The order of runs by each column."""
        return Ranking(run_columns(self.ending_of), self.reviewed.runs, lambda run: run.id)

    @cached_property
    def runs_of(self) -> dict[str, list[Run]]:
        """The runs that touched each user and license, newest first, as far as plans are kept."""
        found: dict[str, list[Run]] = defaultdict(list)
        for run in self.reviewed.runs:
            actions = map(Action.from_json, run.plan.get("actions") or ())
            for key in dict.fromkeys(key for action in actions for key in _touched(action)):
                found[key].append(run)
        return found

    # --- costs ------------------------------------------------------------------------------------

    @property
    def has_prices(self) -> bool:
        """Whether the files have the price of a license."""
        return any(prices_of(pool) for pool in self.desired.pools)

    @cached_property
    def prices(self) -> dict[tuple[str, str], words.Money]:
        """Today's price of a license, by type and country."""
        today = account_day(self.desired, self.reviewed.now)
        declared = declared_pools(self.resolver, today).items()
        return {pool: price for pool, of in declared if (price := words.money(of.price))}

    def price_of(self, row: UnitRow) -> words.Money | None:
        """Give what a unit costs a month; None without a price, and for a removed unit."""
        return None if row.days_left is not None else self.prices.get((row.type, row.country))

    def costs_of(self, user: str) -> list[words.Money]:
        """Give what each license of a user costs a month, as far as it has a price."""
        if not self.prices:
            return []
        services = self.inventory.users[user].get("services") or ()
        held = (self.unit.get(one["license"]) for one in services)
        return [price for row in held if row is not None and (price := self.price_of(row))]

    # --- the plan ---------------------------------------------------------------------------------

    @cached_property
    def _entries_of_users(self) -> dict[str, Entry]:
        return {entry.resource: entry for entry in self.plan_content.entries}

    def entry_of(self, user: str) -> Entry | None:
        """Give the plan's entry of an inventory user, also if the plan renames the user."""
        found = self._entries_of_users
        return found.get(f"users/{user}") or found.get(
            f"users/{self.resolver.declared_names.get(user, user)}"
        )

    @cached_property
    def has_marked_names(self) -> bool:
        """Whether every name of a user and of a license has an `@` or a digit."""
        names = (*self.inventory.users, *self.inventory.licenses)
        return all(re.search("[@0-9]", name) for name in names)

    @cached_property
    def entries_of_units(self) -> dict[str, Entry]:
        """The plan's entries by the ids of the units that they name."""
        entries = {entry.resource: entry for entry in self.plan_content.entries}
        named = ((unit, action) for action in self.plan.actions for unit in named_units(action))
        return {unit: entries[action.resource] for unit, action in named}

    def user_of(self, resource: str) -> str:
        """Give the inventory name of a user in the plan; empty if the user does not exist yet."""
        section, _, name = resource.partition("/")
        if section != "users":
            return ""
        return (
            self.inventory.user_names.get(name.casefold())
            or self.resolver.current_names.get(name)
            or ""
        )


def _touched(action: Action) -> Iterator[str]:
    yield action.resource
    yield from (f"licenses/{unit}" for unit in named_units(action))


def _sorted(names: Iterable[str]) -> list[str]:
    return sorted({name for name in names if name}, key=str.casefold)
