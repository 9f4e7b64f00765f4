"""Loads what the review pages show: files, inventory last seen, plan, runs and drift."""

from __future__ import annotations

from collections.abc import Hashable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from licsync.diagnostics import Code, InputInvalid, LicsyncError, error, has_errors
from licsync.store import STATE
from licsync.workflows.account import Account, open_account
from licsync.workflows.drift import AccountDrift, attribute_drift, drift_since_apply
from licsync.workflows.inventory import empty_inventory
from licsync.workflows.plan_files import read_plan
from licsync.workflows.planning import PlanRequest, plan_state
from licsync.workflows.pool_use import pool_use_of
from licsync.workflows.session import Session
from licsync.workflows.state import State, load_state
from licsync.workflows.storage import Storage
from licsync.workflows.store_damage import find_damage
from licsync.workflows.unfinished_orders import work_orders_of
from licsync.workflows.usage import last_usage

if TYPE_CHECKING:
    from licsync.engine.ports import Run
    from licsync.model.desired import Desired
    from licsync.model.inventory import Inventory
    from licsync.planning.period.days import Period
    from licsync.planning.period.report import PeriodReport
    from licsync.planning.plan import Plan
    from licsync.web.account_index import ReviewedAccount

RUNS = 60
"""The number of the last runs whose plans are kept in memory; of others only what is listed."""

ASK_SERVER = 30
"""The seconds after which a store on a server is read again, for changes that it cannot report."""


@dataclass(frozen=True, slots=True)
class Review:
    """What the pages show.

    Attributes:
        session: the use of the account directory.
        plan: a saved plan; None to plan the account.
        asks_who: whether 8x8's audit log may be asked who made the drift, if there is a key for it.
    """

    session: Session
    plan: Path | None = None
    asks_who: bool = True

    def load(self) -> ReviewedAccount:
        """Load the account with the inventory last seen.

        8x8 is not contacted, except for its audit log if the environment has a key for it.

        Raises:
            InputInvalid: the account section, the store or the inventory is invalid.
            Refused: the saved plan was altered.
        """
        try:
            account = open_account(self.session)
            try:
                return self._read(account)
            finally:
                account.close()
        except LicsyncError:
            raise
        except Exception as fault:
            if found := find_damage(self.session.directory, self.session.state):
                raise InputInvalid(*found) from fault
            raise

    def _read(self, account: Account) -> ReviewedAccount:
        from licsync.web.account_index import ReviewedAccount

        state = load_state(account)
        if state.failure is not None:
            raise state.failure
        inventory = state.inventory or empty_inventory(account)
        state = replace(state, inventory=inventory)
        saved = self._saved_plan(account.name)
        plan = saved if saved is not None else plan_state(state, PlanRequest())
        runs = _runs(account)
        current = plan if saved is None else None
        drift = _find_drift(state, current) if runs else None
        asked = drift if self.asks_who else None
        authors, notes = attribute_drift(account, asked) if asked else (None, [])
        return ReviewedAccount(
            state.desired,
            inventory,
            plan,
            self.session.now(),
            saved is not None,
            runs,
            drift.values if drift else None,
            authors,
            notes,
            next(iter(work_orders_of(account)), None) if runs else None,
            usage=last_usage(account, inventory),
            read_run=partial(self.read_run, state.desired),
            pool_use=pool_use_of(account),
            read_period=partial(self.read_period, state.desired, inventory),
        )

    def _saved_plan(self, account: str) -> Plan | None:
        """Read the saved plan, which must be one of the account."""
        if self.plan is None:
            return None
        plan = read_plan(self.plan)
        _check_account(plan.account, account, self.plan)
        return plan

    def read_run(self, desired: Desired, run: str) -> Run | None:
        """Read a run of the account with its journal; None if there is no such run.

        Raises:
            LicsyncError: the store cannot be read or decrypted.
        """
        storage = Storage(self.session, desired)
        if not storage.exists():
            return None
        try:
            found = storage.runs().run(run)
        finally:
            storage.close()
        return found if found is not None and found.account == desired.name else None

    def read_period(
        self, desired: Desired, inventory: Inventory, period: Period
    ) -> PeriodReport | None:
        """Make the report of a period.

        Raises:
            LicsyncError: the account cannot be opened.
        """
        from licsync.workflows.period_report import period_report

        account = open_account(self.session)
        try:
            return period_report(account, desired, inventory, period)
        finally:
            account.close()

    def stamp(self) -> Hashable:
        """Return a value that changes when the files, the store or the saved plan change."""
        from licsync.config.files import file_stamps, stamp_of

        directory, url = self.session.directory, self.session.state
        files = tuple(file_stamps(directory).items())
        if url is not None and not url.startswith("sqlite:///"):
            return monotonic() // ASK_SERVER, files
        others = [directory / STATE, *sorted(directory.rglob("*.json"))]
        if self.plan is not None:
            others.append(self.plan)
        if url is not None:
            others.append(Path(url.removeprefix("sqlite:///")))
        return files, tuple((str(path), stamp_of(path)) for path in others)


def _check_account(planned: str, name: str, path: Path) -> None:
    if planned != name:
        message = (
            f"The plan '{path}' is about the account {planned!r}, and the files are about {name!r}."
        )
        raise InputInvalid(error(Code.INVALID_VALUE, message))


def _runs(account: Account) -> list[Run]:
    """List the last runs with their plans, the newest first."""
    if not account.storage.exists():
        return []
    from licsync.store.audit_log import plan_listing

    store = account.storage.runs()
    runs = []
    for place, run in enumerate(store.runs(account.name)):
        if place >= RUNS:
            run.plan = plan_listing(run.plan)
        elif "licenses" not in run.plan and run.pruned_at is None:
            # encrypted; without the key only the summary is known
            with suppress(LicsyncError):
                run = store.run(run.id) or run
        runs.append(run)
    return runs


def _find_drift(state: State, plan: Plan | None) -> AccountDrift | None:
    """Find the drift; None if there are errors or no readable baseline."""
    if has_errors(state.diagnostics):
        return None
    with suppress(LicsyncError):
        return drift_since_apply(state, plan or plan_state(state, PlanRequest()))
    return None
