"""What an account costs, month by month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from licsync.diagnostics import InputInvalid, errors_of
from licsync.model.desired import Desired
from licsync.planning.calendar import account_day, months_from
from licsync.planning.costs import Costs, Dimension, account_costs
from licsync.planning.validation.licenses import price_faults
from licsync.workflows.account import Account
from licsync.workflows.inventory import empty_inventory
from licsync.workflows.state import State, load_state


@dataclass(frozen=True, slots=True)
class CostReport:
    """The costs of an account.

    Attributes:
        desired: its files.
        as_of: when its inventory was seen.
        months: the first day of each month.
        past: those of them that are over: the inventory of then is not known.
        costs: the costs in these months.
    """

    desired: Desired
    as_of: str
    months: list[date]
    past: list[date]
    costs: Costs

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
    """Count what the inventory last seen costs in some months, by the prices of each.

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
    costs = account_costs(state.desired, inventory, months)
    past = [month for month in months if month < today.replace(day=1)]
    return CostReport(state.desired, inventory.as_of, months, past, costs)
