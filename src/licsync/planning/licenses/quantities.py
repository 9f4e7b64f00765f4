"""What is wrong with the quantities: shortages, and pools that own more or less than declared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

from licsync.diagnostics import Code, Diagnostic, error, info, warning
from licsync.model.backend_types import API, CONSOLE
from licsync.model.catalog import Catalog
from licsync.model.inventory import Inventory
from licsync.model.license import Pool
from licsync.planning.licenses.local_numbers import add_local_numbers
from licsync.planning.licenses.moves import Move, pair_licenses
from licsync.planning.licenses.pools import Counts, DeclaredPool, Licenses
from licsync.planning.plan_document import LedgerRow
from licsync.planning.resolver import Resolver
from licsync.planning.users import PlannedUser

_LIST_FIRST = {
    API.name: "8x8's API shows no unassigned licenses. Load a list of all from the console: "
    "licsync inventory load DIR FILE. Order only what it lacks.",
    CONSOLE.name: "No export has listed the licenses, so unassigned ones are unknown. Read such an "
    "export with: licsync refresh DIR --from EXPORT. Order only what it lacks.",
}
"""What comes before an order where only the licenses that users hold are known, by backend."""


def missing_list(backend: str, inventory: Inventory) -> str:
    """Ask for a list of the owned licenses; nothing if one was read.

    Args:
        backend: the type of the backend.
        inventory: what is known.
    """
    return "" if inventory.lists_licenses else _LIST_FIRST.get(backend, "")


def units_given_up(
    left_out: Iterable[PlannedUser], owned: Collection[Pool], resolver: Resolver
) -> dict[Pool, list[str]]:
    """Name the users outside a narrowed plan who would give up a unit, by type and country.

    Args:
        left_out: the users outside the plan.
        owned: the types and countries that the account owns units of, or declares.
        resolver: the inventory and the catalog.
    """
    found: dict[Pool, list[str]] = defaultdict(list)
    for move in add_local_numbers(pair_licenses(left_out, resolver), owned, resolver):
        if move.service is not None and move.verb != "keep":
            unit = resolver.inventory.licenses[move.service["license"]]
            found[unit["type"], unit["country"]].append(move.user.resource)
    return found


def quantity_diagnostics(
    rows: Sequence[LedgerRow], licenses: Licenses, catalog: Catalog, list_first: str
) -> Iterator[Diagnostic]:
    """Report shortages, and compare the pools with what the files declare of them.

    Args:
        rows: the ledger.
        licenses: what becomes of the licenses.
        catalog: the titles of the types.
        list_first: asks for a list of the owned licenses; empty if one was read.
    """
    for row in rows:
        if row.short_by:
            yield _shortage(row, licenses, catalog, list_first)
        pool = row.type, row.country
        if declared := licenses.pools.get(pool):
            name, back = catalog.pool_name(*pool), licenses.reinstated.get(pool, ())
            owned = licenses.held.get(pool, Counts()).owned + len(back)
            yield from _quantity_diagnostics(name, declared, owned, list_first)
            yield from _unassigned_diagnostics(name, declared, row, list_first)


def _shortage(row: LedgerRow, licenses: Licenses, catalog: Catalog, list_first: str) -> Diagnostic:
    """Report a type and country that lacks units."""
    pool, moves = (row.type, row.country), licenses.moves
    first = next(m for m in moves.moves if m.pool == pool and m.unit is None and m.verb != "keep")
    wanted = moves.wanted[pool]
    reinstatable = licenses.held.get(pool, Counts()).reinstatable
    removed = len(reinstatable) - len(licenses.reinstated.get(pool, ()))
    return error(
        Code.LICENSE_SHORTAGE,
        f"{catalog.pool_name(*pool)}: need {wanted}, "
        f"{wanted - row.short_by} available ({row.short_by} short).",
        first.user.source,
        _remedy(row, first, licenses.given_up.get(pool, ()), removed, list_first),
    )


def _remedy(
    row: LedgerRow, first: Move, given_up: Sequence[str], removed: int, list_first: str
) -> str:
    """Say what ends a shortage; units that others give up cost nothing, so they come first.

    Args:
        row: the type and country that lacks units.
        first: the first license that gets no unit.
        given_up: the users outside the plan who would give up a unit.
        removed: how many units 8x8 removed that can be reinstated and do not come back.
        list_first: asks for a list of the owned licenses; empty if one was read.
    """
    names = " and ".join(dict.fromkeys(given_up[: row.short_by]))
    include = f"Include {names} in the plan, which frees such a license. " if names else ""
    if list_first:
        return include + list_first
    order = "Otherwise order" if include else "Order"
    fewer = "declare fewer phone numbers" if first.verb == "come" else "assign fewer"
    back = ", raise the pool's quantity to reinstate removed units," if removed else ""
    suspended = " Suspended licenses cannot be assigned." if row.suspended else ""
    return f"{include}{order} {row.short_by} more from 8x8{back} or {fewer}.{suspended}"


def _quantity_diagnostics(
    name: str, declared: DeclaredPool, owned: int, list_first: str
) -> Iterator[Diagnostic]:
    """Report units to order, and units beyond the declared quantity."""
    if declared.quantity is None:
        return
    state = f"{name}: declared {declared.quantity}, owned {owned}"
    if declared.quantity > owned and list_first:
        message = f"{name}: declared {declared.quantity}, known {owned}."
        yield warning(Code.ORDER_MORE, message, declared.source, list_first)
    elif declared.quantity > owned:
        message = f"{state}; order {declared.quantity - owned} from 8x8."
        yield warning(Code.ORDER_MORE, message, declared.source)
    elif declared.quantity < owned:
        message = f"{state}; cancel {owned - declared.quantity} with 8x8."
        hint = "Unassign units before you cancel them. A cancellation takes 30 days or more."
        yield warning(Code.SPARE_LICENSES, message, declared.source, hint)


def _unassigned_diagnostics(
    name: str, declared: DeclaredPool, row: LedgerRow, list_first: str
) -> Iterator[Diagnostic]:
    """Report addresses for more unassigned units than there are."""
    if not declared.targets:
        return
    asked = sum(number or 0 for number in declared.targets.values())
    if row.unassigned_after < asked:
        message = f"{name}: unassigned_address asks for {asked} unassigned "
        message += f"license{'s' * (asked > 1)}, and the plan leaves {row.unassigned_after}."
        hint = list_first or "Lower the numbers if that is meant, or order more from 8x8."
        yield info(Code.LEFT_AS_IS, message, declared.source, hint)
    elif not row.owned and not declared.quantity:
        message = f"{name}: unassigned_address has no effect, because the account has no such "
        message += "license."
        hint = list_first or "Remove the entry, or declare the quantity to order."
        yield info(Code.LEFT_AS_IS, message, declared.source, hint)
