"""Verifies work orders that somebody has followed on the embedded console."""

from __future__ import annotations

from hypothesis import note

from licsync.model.inventory import Inventory
from licsync.model.labels import postal
from licsync.planning.resolver import Resolver
from licsync.planning.work_order.progress import Progress
from licsync.planning.work_order.records import WorkOrder
from licsync.planning.work_order.verification import Verification, VerifiedItem
from tests.support.random_plans import Account


def verify(
    order: WorkOrder, account: Account, after: Inventory, waiting: frozenset[str] = frozenset()
) -> list[VerifiedItem]:
    wanted, there = account
    resolver = Resolver(wanted, after)

    def names_of(address: str | None) -> list[str]:
        place = after.service_addresses.get(address or "")
        known = [postal(place), resolver.label_of_id(address), address] if place else []
        return [name for name in known if name]

    progress = Progress(order, (), waiting)
    later = "2100-01-01T00:00:00Z"
    return Verification(progress, after, lambda *_: later, names_of, there).items()


def tell(found: list[VerifiedItem]) -> None:
    for it in found:
        note(f"{it.item.title}: {it.finding}")
        for fact in it.faults:
            note(f"   {fact}")
