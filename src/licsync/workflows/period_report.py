"""Loads the report of a period: who came, moved and left, licenses by day, and their cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import TYPE_CHECKING, cast

from licsync.diagnostics import LicsyncError
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory, Record
from licsync.model.inventory_document import InventoryUser
from licsync.model.license import Pool, parse_instant
from licsync.planning.calendar import Calendar, account_day
from licsync.planning.period.by_hand import done_by
from licsync.planning.period.days import Period
from licsync.planning.period.month_costs import period_costs
from licsync.planning.period.movements import Identities, Movement, movements
from licsync.planning.period.report import DatedMovement, Origin, PeriodReport
from licsync.planning.resolver import Resolver
from licsync.workflows.account import Account, open_account
from licsync.workflows.costs import load_priced_state
from licsync.workflows.inventory import empty_inventory
from licsync.workflows.pool_use import recorded_days
from licsync.workflows.replaced_inventories import replaced_inventories
from licsync.workflows.session import Session
from licsync.workflows.unfinished_orders import work_orders_of

if TYPE_CHECKING:
    from licsync.engine.account_history import KnownInventory, RunRecords, UsersChange
    from licsync.engine.ports import Run
    from licsync.store.runs import SqlStore


def today_of(session: Session) -> date:
    """Return the current day of the account of a directory.

    Raises:
        InputInvalid: the account section is invalid.
    """
    account = open_account(session)
    try:
        return account_day(account.desired, session.now())
    finally:
        account.close()


def load_period_report(account: Account, period: Period) -> PeriodReport:
    """Load the report of a period, from the files of today and what the store has recorded.

    Raises:
        InputInvalid: the files, their prices or the inventory have errors.
    """
    state = load_priced_state(account)
    inventory = state.inventory or empty_inventory(account)
    return period_report(account, state.desired, inventory, period)


def period_report(
    account: Account, desired: Desired, inventory: Inventory, period: Period
) -> PeriodReport:
    """Make the report of a period.

    Args:
        account: the account, whose store is read.
        desired: its files.
        inventory: its inventory last seen.
        period: the days.
    """
    from licsync.engine.account_history import users_changes

    now = account.session.now()
    today = account_day(desired, now)
    history = _History(account, desired, inventory, now)
    found = [
        one
        for change in users_changes(history.inventories, history.runs)
        for one in history.dated(change)
    ]
    recorded = recorded_days(account, desired, today)
    days = [(run, account_day(desired, run.ended)) for run in history.runs]
    inside = [(run, day) for run, day in days if day in period]
    return PeriodReport(
        desired,
        period,
        now,
        today,
        inventory.as_of,
        history.known_since,
        [one for one in found if one.day in period],
        [one for one in found if one.since <= period.last < one.day],
        recorded,
        period_costs(desired, inventory, period.months, recorded, today),
        [(run.run.id, day) for run, day in inside if not run.is_readable],
        [(run.run.id, day) for run, day in inside if run.run.state == "open"],
    )


class _History:
    """What the store knows of an account, and who did what."""

    def __init__(self, account: Account, desired: Desired, inventory: Inventory, now: datetime):
        self.desired, self.inventory = desired, inventory
        self.pools: dict[str, Pool] = {}
        exists = account.storage.exists()
        self.runs = list(self._read_runs(account.storage.runs(), account.name)) if exists else []
        self.orders = [(order, order.progress) for order in work_orders_of(account)]
        self.inventories = list(self._read_inventories(account, now))
        self._learn_units(inventory.licenses)
        self._identities = Identities()
        names = Resolver(desired, inventory).current_names
        self._centers: dict[str, str] = {}
        for declared, user in desired.users.items():
            for name in (declared, names.get(declared), user.get("previously")):
                self._centers.setdefault(name or declared, user.get("cost_center") or "")

    @property
    def known_since(self) -> datetime | None:
        """The earliest instant of which users are known."""
        return min(
            [*(run.started for run in self.runs), *(one.seen_at for one in self.inventories)],
            default=None,
        )

    def dated(self, change: UsersChange) -> Iterator[DatedMovement]:
        """List the movements of a change, each with its day for the user.

        Changes are given oldest first, so that users are followed through renames.
        """
        catalog = self.desired.catalog
        self._identities.rename(change.renamed)
        found = movements(change.before, change.after, self.pools, catalog, change.renamed)
        at = change.at.isoformat()
        for one in found:
            day = self._day(change.at, one.site)
            since = day if change.run else self._day(change.since[one.user], one.site)
            origin = self._origin(change, one)
            center, identity = self._centers.get(one.user, ""), self._identities.of(one.user)
            yield DatedMovement(one, day, since, at, origin, center, identity)

    def _day(self, moment: datetime, site: str) -> date:
        return Calendar.of(self.desired, self.inventory, moment).today(site or None)

    def _origin(self, change: UsersChange, movement: Movement) -> Origin:
        if change.run is not None:
            return Origin("run", change.run.id, change.run.actor)
        since = change.since[movement.user]
        former = [old for old, new in change.renamed.items() if new == movement.user]
        for order, progress in self.orders:
            closed = parse_instant(order.closed_at) if order.closed_at else None
            if parse_instant(order.created_at) > change.at or (closed and closed < since):
                continue
            actor = done_by(progress, movement, former, self.desired.catalog)
            if actor is not None:
                return Origin("by hand", order.run or order.id, actor)
        return Origin("outside")

    # --- what is known ----------------------------------------------------------------------------

    def _read_runs(self, store: SqlStore, name: str) -> Iterator[RunRecords]:
        """Read the runs, oldest first."""
        from licsync.engine.account_history import RunRecords

        for listed in reversed(store.runs(name)):
            run: Run | None = None
            if listed.pruned_at is None:
                with suppress(LicsyncError):  # encrypted, and the key is not there
                    run = store.run(listed.id)
            if run is None:
                yield RunRecords.of(listed, is_readable=False)
                continue
            self._learn_units(_units(run.preimages))
            for entry in run.entries:
                self._learn_units(_units(entry.after or {}))
            yield RunRecords.of(run)

    def _read_inventories(self, account: Account, now: datetime) -> Iterator[KnownInventory]:
        """Read the inventories that are kept, oldest first."""
        from licsync.engine.account_history import KnownInventory

        known: list[KnownInventory] = []
        for at, inventory in replaced_inventories(account.directory):
            self._learn_units(inventory.licenses)
            seen = min(at, _seen_at(account, inventory, at))
            known.append(KnownInventory(at, seen, _records(inventory), is_replaced=True))
        snapshot = None
        if account.storage.exists():
            with suppress(LicsyncError):  # encrypted, and the key is not there
                snapshot = account.storage.plan_archive().last_applied(account.name)
        if snapshot is not None:
            inventory = Inventory.from_document(snapshot.inventory)
            self._learn_units(inventory.licenses)
            at = max(
                [parse_instant(snapshot.at)]
                + [run.ended for run in self.runs if run.run.id == snapshot.run]
            )
            known.append(KnownInventory(at, at, _records(inventory)))
        yield from sorted(known, key=lambda one: one.until)
        if self.inventory.users or self.inventory.as_of:
            seen = _seen_at(account, self.inventory, now)
            yield KnownInventory(max(now, seen), seen, _records(self.inventory))

    def _learn_units(self, units: Mapping[str, Mapping[str, object]]) -> None:
        for name, unit in units.items():
            self.pools[name] = str(unit["type"]), str(unit["country"])


def _seen_at(account: Account, inventory: Inventory, otherwise: datetime) -> datetime:
    """Give when an inventory was seen. That of a sandbox with a store is the account itself."""
    is_itself = account.is_sandbox and account.storage.exists()
    return otherwise if is_itself or not inventory.as_of else parse_instant(inventory.as_of)


def _records(inventory: Inventory) -> dict[str, InventoryUser]:
    return {name: cast(InventoryUser, {**user}) for name, user in inventory.users.items()}


def _units(records: Mapping[str, Record | None]) -> dict[str, Record]:
    section = "licenses/"
    return {
        key.removeprefix(section): record
        for key, record in records.items()
        if record is not None and key.startswith(section)
    }
