"""What the licenses of an account cost, by who uses them, and what a plan changes of it.

Amounts are exact decimals. Amounts of several currencies are never added together, and the groups
of a report always add up to the bill: every owned unit with a price is in exactly one group.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Literal, get_args

from licsync.model.desired import Desired
from licsync.model.inventory import Inventory
from licsync.model.inventory_document import Unit
from licsync.model.license import Pool, State, state_of
from licsync.model.prices import price_on
from licsync.planning.actions import Action, UnitRef
from licsync.planning.licenses.pools import pool_of
from licsync.planning.plan_document import CostChange, LedgerRow
from licsync.planning.resolver import Resolver
from licsync.planning.user_effects import units_given, units_taken
from licsync.planning.users import PlannedUser

Dimension = Literal["department", "cost_center", "site", "type", "country", "month"]
"""What costs are grouped by."""

DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)

Use = Literal["used", "inactive", "unassigned"]

USE: Mapping[State, Use] = {
    "assigned": "used",
    "suspended:user_inactive": "inactive",
    "unassigned": "unassigned",
}
"""How a paid unit counts, by its state; a unit that 8x8 removed is not paid for."""

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Share:
    """What is equal among units of one share of the bill.

    Attributes:
        department: of the user; empty for units without a user or department.
        cost_center: the same.
        site: the same.
        type: a key of the license catalog.
        country: where the license is valid.
        use: whether a user has it, an inactive user keeps it, or nobody has it.
    """

    department: str
    cost_center: str
    site: str
    type: str
    country: str
    use: Use


@dataclass(frozen=True, slots=True)
class CostGroup:
    """Units of one share in one month.

    Attributes:
        share: what is equal among them.
        month: such as `2026-11`.
        number: number of units.
        currency: of the price.
        amount: what all of them cost in the month.
    """

    share: Share
    month: str
    number: int
    currency: str
    amount: Decimal

    def key(self, by: Sequence[Dimension]) -> tuple[str, ...]:
        """Give the values that the group is grouped by."""
        return tuple(self.month if name == "month" else getattr(self.share, name) for name in by)


@dataclass(frozen=True, slots=True)
class CostRow:
    """The costs of several groups.

    Attributes:
        key: the values that they are grouped by.
        currency: the currency.
        number: number of units, counted in each month.
        amounts: what they cost, by use.
    """

    key: tuple[str, ...]
    currency: str
    number: int
    amounts: Mapping[Use, Decimal]

    @property
    def total(self) -> Decimal:
        """What all of them cost."""
        return sum(self.amounts.values(), ZERO)


@dataclass(frozen=True, slots=True)
class Costs:
    """The costs of an account in some months.

    Attributes:
        groups: the units with a price.
        unpriced: number of owned units without a price, by type and country and month.
    """

    groups: list[CostGroup]
    unpriced: Counter[tuple[str, str, str]]


def account_costs(desired: Desired, inventory: Inventory, months: Sequence[date]) -> Costs:
    """Count what the owned units cost in each month, by the prices of its first day.

    Args:
        desired: the files, with prices and cost centers.
        inventory: the units and their users.
        months: the first day of each month.
    """
    shares = Counter(_shares(desired, inventory))
    groups: list[CostGroup] = []
    unpriced = Counter[tuple[str, str, str]]()
    for first in months:
        month = first.isoformat()[:7]
        prices = prices_on(desired, first)
        for share, number in shares.items():
            price = prices.get((share.type, share.country))
            if price is None:
                unpriced[share.type, share.country, month] += number
            else:
                currency, amount = price
                groups.append(CostGroup(share, month, number, currency, amount * number))
    return Costs(groups, unpriced)


def prices_on(desired: Desired, day: date) -> dict[Pool, tuple[str, Decimal]]:
    """Give currency and amount of the price of each pool that has one on a day."""
    found: dict[Pool, tuple[str, Decimal]] = {}
    for entry in desired.pools:
        kind, country = pool_of(entry, desired)
        price = price_on(entry, day)
        if country is not None and price is not None:
            found[kind, country] = price["currency"], Decimal(price["amount"])
    return found


def _shares(desired: Desired, inventory: Inventory) -> Iterator[Share]:
    """Say of each owned unit whose it is; the inventory counts before the files."""
    names = Resolver(desired, inventory).declared_names
    declared = {current: desired.users[name] for current, name in names.items()}
    for unit in inventory.licenses.values():
        use = USE.get(state_of(unit))
        if use is not None:
            yield _share(unit, use, inventory, declared.get(unit.get("user") or "", {}))


def _share(unit: Unit, use: Use, inventory: Inventory, declared: Mapping[str, object]) -> Share:
    record = inventory.users.get(unit.get("user") or "")
    seen: Mapping[str, object] = record if record is not None else {}
    department, site = (str(seen.get(n, declared.get(n)) or "") for n in ("department", "site"))
    center = str(declared.get("cost_center") or "")
    return Share(department, center, site, unit["type"], unit["country"], use)


def summarize(groups: Iterable[CostGroup], by: Sequence[Dimension]) -> list[CostRow]:
    """Add groups up, one row for each currency and each combination of values.

    Args:
        groups: the groups.
        by: what to group by; nothing for the bill of each currency.
    """
    found: dict[tuple[str, tuple[str, ...]], CostRow] = {}
    for group in groups:
        place = group.currency, group.key(by)
        row = found.get(place) or CostRow(
            place[1], group.currency, 0, dict.fromkeys(get_args(Use), ZERO)
        )
        amounts = {**row.amounts, group.share.use: row.amounts[group.share.use] + group.amount}
        found[place] = replace(row, number=row.number + group.number, amounts=amounts)
    return [found[place] for place in sorted(found)]


# --- what a plan changes --------------------------------------------------------------------------


def cost_changes(
    actions: Iterable[Action],
    planned_users: Iterable[PlannedUser],
    rows: Iterable[LedgerRow],
    desired: Desired,
) -> list[CostChange]:
    """Say what each cost center pays more or less a month after a plan.

    Licenses that the plan takes are paid by nobody until they are canceled. All changes together
    are that of the bill. Empty if no user of the plan has a cost center.
    """
    prices = {
        (row.type, row.country): (row.price["currency"], Decimal(row.price["amount"]))
        for row in rows
        if row.price
    }
    centers = {
        planned.resource: desired.users.get(planned.declared_name or "", {}).get("cost_center")
        for planned in planned_users
    }
    found: dict[tuple[bool, str, str], Decimal] = {}

    def pay(payer: str | None, unit: UnitRef | None, sign: int, *, unassigned: bool) -> None:
        if unit is not None and unit.id and (unit.type, unit.country) in prices:
            currency, amount = prices[unit.type, unit.country]
            key = unassigned, payer or "", currency
            found[key] = found.get(key, ZERO) + sign * amount

    for action in actions:
        if action.verb == "reinstate":
            pay(None, action.license, 1, unassigned=True)
        if not action.resource.startswith("users/"):
            continue
        center = centers.get(action.resource)
        is_short = action.license is not None and not action.license.id
        taken = action.leaving_units if is_short else units_taken(action)
        for units, sign in ((units_given(action), 1), (taken, -1)):
            for unit in units:
                pay(center, unit, sign, unassigned=False)
                pay(None, unit, -sign, unassigned=True)
    return _changes(found) if any(payer for _, payer, _ in found) else []


def add_unassigned(changes: Sequence[CostChange], more: Mapping[str, Decimal]) -> list[CostChange]:
    """Add what unassigned licenses cost more, by currency."""
    found = {(c.unassigned, c.cost_center, c.currency): Decimal(c.change) for c in changes}
    for currency, amount in more.items():
        key = True, "", currency
        found[key] = found.get(key, ZERO) + amount
    return _changes(found)


def _changes(found: Mapping[tuple[bool, str, str], Decimal]) -> list[CostChange]:
    return [
        CostChange(payer, currency, f"{amount:f}", unassigned)
        for (unassigned, payer, currency), amount in sorted(found.items())
        if amount
    ]
