"""What an account costs, month by month."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from licsync.diagnostics import InputInvalid, errors_of
from licsync.model.desired import Desired
from licsync.planning.calendar import account_day, months_from
from licsync.planning.costs import Costs, Dimension, account_costs
from licsync.planning.period.month_costs import CountedMonth, period_costs
from licsync.planning.validation.licenses import price_faults
from licsync.workflows.account import Account
from licsync.workflows.inventory import empty_inventory
from licsync.workflows.pool_use import recorded_days
from licsync.workflows.state import State, load_state

_OF_POOLS: frozenset[Dimension] = frozenset(("type", "country", "month"))
"""What is recorded of past months: nobody knows who had which license then."""


@dataclass(frozen=True, slots=True)
class CostReport:
    """The costs of an account.

    Attributes:
        desired: its files.
        as_of: when its inventory was seen.
        months: the first day of each month.
        past: those of them that are over.
        by_pool: the costs in these months, to be grouped by type, country and month. Those that are
            over count the licenses that were recorded in them, as `licsync report` does.
        by_user: the costs to be grouped by anything else. They count the inventory last seen.
        counted: from what the licenses of each month were counted in `by_pool`.
    """

    desired: Desired
    as_of: str
    months: list[date]
    past: list[date]
    by_pool: Costs
    by_user: Costs
    counted: list[CountedMonth]

    def costs(self, by: Iterable[Dimension]) -> Costs:
        """Give the costs that can be grouped so."""
        return self.by_pool if _OF_POOLS.issuperset(by) else self.by_user

    def counted_for(self, by: Iterable[Dimension]) -> list[CountedMonth]:
        """Say from what the licenses of each month were counted if they are grouped so."""
        if _OF_POOLS.issuperset(by):
            return self.counted
        return [CountedMonth(month, "inventory", self.as_of) for month in self.months]

    @property
    def by_default(self) -> Dimension:
        """What people group by: cost centers, if the files have any."""
        has_centers = any("cost_center" in user for user in self.desired.users.values())
        return "cost_center" if has_centers else "department"


def load_priced_state(account: Account) -> State:
    """Load the state of an account to say what its licenses cost.

    Raises:
        InputInvalid: the files, their prices or the inventory have errors.
    """
    state = load_state(account)
    if state.failure is not None:
        raise state.failure
    if errors := [*errors_of(state.diagnostics), *price_faults(state.desired)]:
        raise InputInvalid(*errors)
    return state


def load_costs(account: Account, first: date | None, number: int) -> CostReport:
    """Count what the licenses of an account cost in some months, by the prices of each.

    Args:
        account: the account.
        first: a day of the first month; None for the current one.
        number: how many months.

    Raises:
        InputInvalid: the files or the inventory have errors.
    """
    state = load_priced_state(account)
    inventory = state.inventory or empty_inventory(account)
    today = account_day(state.desired, account.session.now())
    months = months_from(first or today, number)
    past = [month for month in months if month < today.replace(day=1)]
    others = months[len(past) :]
    recorded = recorded_days(account, state.desired, today) if past else {}
    then = period_costs(state.desired, inventory, past, recorded, today)
    now = account_costs(state.desired, inventory, others)
    return CostReport(
        state.desired,
        inventory.as_of,
        months,
        past,
        Costs(
            [*then.by_pool.groups, *now.groups],
            then.by_pool.unpriced + now.unpriced,
        ),
        Costs([*then.by_user.groups, *now.groups], then.by_user.unpriced + now.unpriced),
        [*then.months, *(CountedMonth(month, "inventory", inventory.as_of) for month in others)],
    )
