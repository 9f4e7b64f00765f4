"""What if: a plan of the account as it would be with licenses bought, canceled or given.

What is bought is there before the first action, and what is canceled goes after the last one. The
plan says what it assumes, so that nothing can apply it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from licsync.diagnostics import (
    Code,
    Diagnostic,
    InputInvalid,
    did_you_mean,
    error,
    info,
    sort_diagnostics,
    warning,
)
from licsync.model.catalog import SINGLE_PLANES, Catalog
from licsync.model.declarations import LicenseEntry, User
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory
from licsync.model.inventory_document import Unit
from licsync.model.license import Pool, state_of
from licsync.planning.costs import add_unassigned
from licsync.planning.licenses.pools import pool_of
from licsync.planning.plan import Plan
from licsync.planning.plan_document import Assumption, Cost, LedgerRow
from licsync.planning.resolver import Resolver
from licsync.planning.validation.references import country_hint, is_country

FORMS: Mapping[str, str] = {
    "buy": "TYPE:COUNTRY:NUMBER",
    "cancel": "TYPE:COUNTRY:NUMBER",
    "user": "NAME=TYPE",
}
"""What an assumption is about, by its verb."""

MOST = 100_000
"""How many units one assumption may buy or cancel."""

NO_LICENSE = "none"
"""What stands for a type where a user should have no license."""


class Assumed(NamedTuple):
    """An account as it would be.

    Attributes:
        desired: what the files would declare.
        inventory: what the console would hold, with what is bought.
        bought: the units that are bought, by id.
    """

    desired: Desired
    inventory: Inventory
    bought: dict[str, Unit]


# --- reading --------------------------------------------------------------------------------------


def read_assumptions(
    words: Iterable[tuple[str, str]], desired: Desired, inventory: Inventory
) -> list[Assumption]:
    """Read what a command line assumes: pairs such as `buy`, `x4:US:10`.

    Raises:
        InputInvalid: names every pair that says nothing that can be assumed.
    """
    found: list[Assumption] = []
    faults: list[Diagnostic] = []
    for verb, what in words:
        try:
            assumed = _read(verb, what, desired, inventory)
            _check_alone(assumed, found, desired.catalog)
            found.append(assumed)
        except _Fault as fault:
            message = f"--what-if {verb} {what}: {fault.message}"
            faults.append(error(fault.code, message, hint=fault.hint))
    if faults:
        raise InputInvalid(*sort_diagnostics(faults))
    return found


class _Fault(Exception):
    def __init__(self, code: Code, message: str, hint: str | None):
        super().__init__(message)
        self.code, self.message, self.hint = code, message, hint


def _read(verb: str, what: str, desired: Desired, inventory: Inventory) -> Assumption:
    if verb not in FORMS:
        forms = ", ".join(f"{name} {form}" for name, form in FORMS.items())
        hint = did_you_mean(verb, FORMS) or f"Write one of: {forms}."
        raise _Fault(Code.INVALID_VALUE, f"'{verb}' is not an assumption that licsync knows.", hint)
    if verb == "user":
        return _read_user(what, desired, inventory)
    parts = what.split(":")
    if len(parts) not in (2, 3):
        example = f"Write TYPE:COUNTRY:NUMBER, such as {verb} x4:US:10."
        raise _Fault(Code.INVALID_VALUE, f"'{what}' does not name a type and a number.", example)
    kind = _type(parts[0], desired)
    country = _country(parts[1] if len(parts) == 3 else "", desired, inventory)
    number = parts[-1]
    if not (number.isascii() and number.isdigit() and len(number) < 9 and 0 < int(number) <= MOST):
        hint = f"Write a whole number from 1 to {MOST:,}."
        raise _Fault(Code.INVALID_VALUE, f"'{number}' is not a number of licenses.", hint)
    return Assumption(verb, kind, country, int(number))


def _check_alone(new: Assumption, others: Iterable[Assumption], catalog: Catalog) -> None:
    """Refuse a second license for a user that would replace the first, or none beside another."""
    for other in others:
        if (new.verb, new.user) == ("user", other.user) and (
            not (new.type and other.type)
            or catalog.planes(new.type) & catalog.planes(other.type) & SINGLE_PLANES
        ):
            message = f"Another assumption says which license '{new.user}' has."
            raise _Fault(Code.INVALID_VALUE, message, "Remove one of them.")


def _read_user(what: str, desired: Desired, inventory: Inventory) -> Assumption:
    name, sign, wanted = what.rpartition("=")
    if not (name and sign):
        hint = f"Write NAME=TYPE, or NAME={NO_LICENSE} for no license."
        raise _Fault(Code.INVALID_VALUE, f"'{what}' does not name a user and a type.", hint)
    known = {n.casefold(): n for n in (*inventory.users, *desired.users)}
    if name.casefold() not in known:
        near = did_you_mean(name, known.values())
        message = f"There is no user '{name}' in the files or the inventory."
        raise _Fault(Code.UNKNOWN_REFERENCE, message, near)
    if wanted == NO_LICENSE:
        return Assumption("user", "", user=known[name.casefold()])
    kind, _, country = wanted.partition(":")
    place = _country(country, desired, inventory) if country else ""
    return Assumption("user", _type(kind, desired), place, user=known[name.casefold()])


def _type(name: str, desired: Desired) -> str:
    if name not in desired.catalog:
        hint = did_you_mean(name, desired.catalog.types)
        hint = hint or f"Known types: {', '.join(desired.catalog.types)}."
        raise _Fault(Code.UNKNOWN_REFERENCE, f"There is no license type '{name}'.", hint)
    return name


def _country(code: str, desired: Desired, inventory: Inventory) -> str:
    if not code and desired.country is None:
        hint = "Write TYPE:COUNTRY:NUMBER, or add defaults: {country: …} to the account."
        raise _Fault(Code.INVALID_VALUE, "It names no country.", hint)
    code = code or desired.country or ""
    if code not in {country for _, country in inventory.owned} and not is_country(code):
        message = f"There is no country with the code '{code}'."
        raise _Fault(Code.INVALID_VALUE, message, country_hint(code))
    return code


# --- assuming -------------------------------------------------------------------------------------


def assume(desired: Desired, inventory: Inventory, assumptions: Sequence[Assumption]) -> Assumed:
    """Give the account as the assumptions would have it; the arguments stay as they are."""
    wanted, bought = copy(desired), dict[str, Unit]()
    wanted.pools, wanted.users = [*desired.pools], {**desired.users}
    held = Counter(
        (unit["type"], unit["country"])
        for unit in inventory.licenses.values()
        if state_of(unit) != "suspended:removed"
    )
    resolver = Resolver(desired, inventory)
    for about in assumptions:
        if about.verb == "user":
            _give(about, resolver.declared_name(about.user), wanted, inventory)
            continue
        pool = about.type, about.country
        index = _declare(pool, wanted)
        if about.verb == "buy":
            held[pool] += about.number
            for address in _addresses(index, about.number, wanted, inventory):
                bought[f"bought-{len(bought) + 1}"] = _unit(pool, address)
        else:
            held[pool] -= about.number
        quantity, choose = wanted.pools[index].get("quantity"), max if about.verb == "buy" else min
        if quantity is not None:
            changed = max(0, choose(quantity, held[pool]))
            wanted.pools[index] = {**wanted.pools[index], "quantity": changed}
    there = copy(inventory)
    there.__dict__.pop("owned", None)  # it was made of other units
    there.licenses = {**inventory.licenses, **bought}
    return Assumed(wanted, there, bought)


def _unit(pool: Pool, address: str | None) -> Unit:
    unit: Unit = {"type": pool[0], "country": pool[1], "status": "unassigned", "unnamed": True}
    return {**unit, "service_address": address} if address else unit


def _declare(pool: Pool, wanted: Desired) -> int:
    """Find the entry of a pool in the files; add one that says nothing of it where none is."""
    for index, entry in enumerate(wanted.pools):
        if pool_of(entry, wanted) == pool:
            return index
    wanted.pools.append({"type": pool[0], "country": pool[1]})
    return len(wanted.pools) - 1


def _addresses(
    index: int, number: int, wanted: Desired, inventory: Inventory
) -> Iterator[str | None]:
    """Say to which addresses bought units of a pool are bound: where the pool lacks some."""
    asked = wanted.pools[index].get("unassigned_address")
    resolver = Resolver(wanted, inventory)
    ids = {label: i for i, label in sorted(resolver.labels.items(), reverse=True)}
    targets = {asked: number} if isinstance(asked, str) else asked or {}
    places = (
        ids.get(resolver.label_of_reference(slug) or "")
        for slug, many in targets.items()
        for _ in range(many)
    )
    for _ in range(number):
        yield next(places, None)


def _give(about: Assumption, name: str, wanted: Desired, inventory: Inventory) -> None:
    """Give a user, declared by a name, another license in place of those of the same plane."""
    user: User = wanted.users.get(name, {})
    entries = user.get("licenses")
    if entries is None:
        entries = _held(about.user, wanted, inventory)
    wanted.users[name] = {**user, "licenses": list(_exchanged(entries, about, wanted))}


def _held(user: str, wanted: Desired, inventory: Inventory) -> list[LicenseEntry]:
    name = inventory.user_names.get(user.casefold())
    services = inventory.users[name].get("services") if name is not None else ()
    pools = (inventory.pool_of(service["license"]) for service in services or ())
    return [
        {"type": kind, "country": country}
        for kind, country in pools
        if not wanted.catalog.is_automatic(kind)
    ]


def _exchanged(
    entries: Sequence[LicenseEntry], about: Assumption, wanted: Desired
) -> Iterator[LicenseEntry]:
    if not about.type:
        return
    planes, is_given = wanted.catalog.planes(about.type), False
    country: LicenseEntry = {"type": about.type}
    if about.country:
        country["country"] = about.country
    for entry in entries:
        is_rival = wanted.catalog.is_single(about.type) and bool(
            planes & wanted.catalog.planes(entry["type"])
        )
        if not is_rival:
            yield entry
        elif not is_given:
            is_given = True
            yield {**entry, **country}
    if not is_given:
        yield country


# --- the plan -------------------------------------------------------------------------------------


def with_assumptions(plan: Plan, assumptions: Sequence[Assumption], assumed: Assumed) -> Plan:
    """Say in a plan of an assumed account what it assumes, and count from the real one.

    Args:
        plan: the plan of the assumed account.
        assumptions: what it assumes.
        assumed: the account that it was made of.
    """
    resolver = Resolver(assumed.desired, assumed.inventory)
    bought = Counter(
        (unit["type"], unit["country"], resolver.label_of_id(unit.get("service_address")))
        for unit in assumed.bought.values()
    )
    of_pool = Counter((unit["type"], unit["country"]) for unit in assumed.bought.values())
    of_pool.update(assumed.inventory.pool_of(a.name) for a in plan.actions if a.verb == "reinstate")
    canceled = Counter[Pool]()
    for about in assumptions:
        if about.verb == "cancel":
            canceled[about.type, about.country] += about.number
    found = [*plan.diagnostics, *_of_leavers(assumptions, resolver, plan.created_at[:10])]
    rows, costs = list[LedgerRow](), list[Cost]()
    unassigned: dict[str, Decimal] = {}
    for row in plan.licenses:
        pool = row.type, row.country
        gone = min(canceled[pool], row.unassigned_after)
        new = sum(number for (*of, _), number in bought.items() if (*of,) == pool)
        rows.append(
            replace(
                row,
                owned_before=row.owned - of_pool[pool],
                owned=row.owned - gone,
                unassigned_before=row.unassigned_before - new,
                unassigned_after=row.unassigned_after - gone,
                short_by=row.short_by + canceled[pool] - gone,
            )
        )
        if row.price and plan.cost_centers:
            traded = Decimal(row.price["amount"]) * (new - gone)
            currency = row.price["currency"]
            unassigned[currency] = unassigned.get(currency, Decimal(0)) + traded
        own = [cost for cost in plan.costs if (cost.type, cost.country) == pool]
        costs += _bills(own, bought, gone)
        is_traded = any((a.type, a.country) == pool for a in assumptions if a.verb != "user")
        found += _findings(row, canceled[pool], gone, assumed.desired) if is_traded else ()
    return replace(
        plan,
        licenses=rows,
        costs=costs,
        cost_centers=add_unassigned(plan.cost_centers, unassigned),
        what_if=[*assumptions],
        units=plan.units - len(assumed.bought),
        diagnostics=sort_diagnostics(found),
    )


def _bills(
    costs: Sequence[Cost], bought: Mapping[tuple[str, str, str | None], int], gone: int
) -> Iterator[Cost]:
    """Correct the costs of a pool. Units are canceled where most of them are unused."""
    leaving = dict[str | None, int]()
    for cost in sorted(costs, key=lambda c: -c.unused_after):
        leaving[cost.service_address] = taken = min(gone, cost.unused_after)
        gone -= taken
    for cost in costs:
        new = bought.get((cost.type, cost.country, cost.service_address), 0)
        yield replace(
            cost,
            unused_before=cost.unused_before - new,
            unused_after=cost.unused_after - leaving[cost.service_address],
        )


def _of_leavers(
    assumptions: Iterable[Assumption], resolver: Resolver, today: str
) -> Iterator[Diagnostic]:
    """Warn that a user who has left gets no license, whatever is assumed."""
    desired = resolver.desired
    for about in assumptions:
        name = resolver.declared_name(about.user)
        day = desired.users.get(name, {}).get("offboard_on")
        if about.verb == "user" and about.type and day and day <= today:
            message = f"'{name}' has left on {day}, so the plan gives the user no license."
            hint = "Remove offboard_on in the files to see what a license would change."
            place = desired.where("users", name, "offboard_on")
            yield warning(Code.WHAT_IF, message, place, hint)


def _findings(row: LedgerRow, canceled: int, gone: int, desired: Desired) -> Iterator[Diagnostic]:
    name = desired.catalog.pool_name(row.type, row.country)
    if missing := canceled - gone:
        message = f"{name}: of {canceled} to cancel, {gone} would be unassigned ({missing} short)."
        hint = f"Cancel {missing} fewer, or unassign {missing} first."
        yield error(Code.LICENSE_SHORTAGE, message, hint=hint)
    if row.price is None:
        message = f"No file has a price of {name}, so its cost is unknown."
        hint = "Add it to the pool: price: {amount: …, currency: …}"
        yield info(Code.WHAT_IF, message, hint=hint)
