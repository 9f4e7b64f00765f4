"""What licenses cost in the months of a period.

The rule is that of `planning.costs`: each owned license costs the price that is valid on the first
day of the month, for the whole month. Nothing is divided by days. The licenses of a month are those
of its last recorded day. If none was recorded, they are those of the inventory last seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from licsync.model.desired import Desired
from licsync.model.inventory import Inventory
from licsync.model.pool_use import DayOfUse
from licsync.planning.costs import CostGroup, Costs, Share, Use, account_costs, prices_on
from licsync.planning.period.days import next_month

Source = Literal["recorded", "inventory"]


@dataclass(frozen=True, slots=True)
class CountedMonth:
    """From what the licenses of a month were counted.

    Attributes:
        first: the first day of the month.
        source: the record of a day, or the inventory last seen.
        at: the instant of it, ISO 8601; empty if the inventory was never seen.
    """

    first: date
    source: Source
    at: str


@dataclass(frozen=True, slots=True)
class PeriodCosts:
    """The costs of the months of a period.

    Attributes:
        months: from what the licenses of each were counted.
        by_pool: the costs by type and country.
        by_user: the costs by cost center, department and site. They always count the inventory last
            seen: nobody knows who had which license in earlier months.
    """

    months: list[CountedMonth]
    by_pool: Costs
    by_user: Costs


def period_costs(
    desired: Desired,
    inventory: Inventory,
    months: Iterable[date],
    recorded: Mapping[date, DayOfUse],
    today: date,
) -> PeriodCosts:
    """Count what licenses cost in months.

    Args:
        desired: the files, with prices and cost centers.
        inventory: the inventory last seen.
        months: the first day of each month. Those that have not begun are left out.
        recorded: the use of the licenses by day.
        today: the current day of the account.
    """
    begun = [first for first in months if first <= today]
    counted: list[CountedMonth] = []
    found = Costs([], Counter())
    for first in begun:
        days = [day for day in recorded if first <= day < next_month(first)]
        if days:
            use = recorded[max(days)]
            counted.append(CountedMonth(first, "recorded", use.at))
            costs = _recorded_costs(desired, use, first)
        else:
            counted.append(CountedMonth(first, "inventory", inventory.as_of))
            costs = account_costs(desired, inventory, [first])
        found.groups.extend(costs.groups)
        found.unpriced.update(costs.unpriced)
    return PeriodCosts(counted, found, account_costs(desired, inventory, begun))


def _recorded_costs(desired: Desired, recorded: DayOfUse, first: date) -> Costs:
    costs, prices = Costs([], Counter()), prices_on(desired, first)
    month = first.isoformat()[:7]
    for use in recorded.pools:
        numbers: Sequence[tuple[Use, int]] = (
            ("used", use.assigned), ("inactive", use.inactive), ("unassigned", use.unassigned),
        )  # fmt: skip
        for name, number in numbers:
            if not number:
                continue
            if use.pool not in prices:
                costs.unpriced[use.type, use.country, month] += number
                continue
            currency, amount = prices[use.pool]
            share = Share("", "", "", use.type, use.country, name)
            costs.groups.append(CostGroup(share, month, number, currency, amount * number))
    return costs
