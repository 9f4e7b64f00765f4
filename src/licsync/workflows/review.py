"""Gathers what the review pages show: the files, the account as it was last seen, a plan, and the runs."""

from __future__ import annotations

from collections.abc import Hashable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from licsync.diagnostics import Code, InputInvalid, LicsyncError, error, has_errors
from licsync.workflows.account import Account, open_last_seen
from licsync.workflows.planning import PlanRequest, plan_account
from licsync.workflows.store_damage import find_damage

if TYPE_CHECKING:
    from licsync.engine.ports import Run
    from licsync.model.desired import Desired
    from licsync.model.inventory import Inventory
    from licsync.planning.drift import Drift
    from licsync.planning.plan import Plan
    from licsync.web.account_index import ReviewedAccount

RUNS = 60
"""How many of the last runs are looked at."""

ASK_SERVER = 30
"""After how many seconds a store on a server, which cannot be asked whether it changed, is read again."""


@dataclass(frozen=True, slots=True)
class Review:
    """What is looked at.

    Attributes:
        directory: the account directory.
        state: URL of the store, if not the default one.
        now: the instant to look at it; the clock's where it is not given.
        plan: a saved plan; the account is planned where it is not given.
    """

    directory: Path
    state: str | None = None
    now: datetime | None = None
    plan: Path | None = None

    def load(self) -> ReviewedAccount:
        """Read the account. Nothing is sent anywhere: of the vendor's it is what was seen last.

        Raises:
            InputInvalid: not even the account section, or the store or the inventory, can be read.
            Refused: the saved plan is not what licsync wrote.
        """
        from licsync.cli.plan_output import read_plan
        from licsync.web.account_index import ReviewedAccount

        account = None
        try:
            account, desired, inventory = open_last_seen(self.directory, self.state, self.now)
            if self.plan is not None:
                plan = read_plan(self.plan)
                _check_account(plan.account, desired.name, self.plan)
            else:
                plan = plan_account(account, desired, PlanRequest(), inventory)
            runs = _runs(account, desired.name)
            drifted = (
                _find_drift(account, desired, inventory, plan if self.plan is None else None)
                if runs
                else None
            )
        except LicsyncError:
            raise
        except Exception as fault:
            if found := find_damage():
                raise InputInvalid(*found) from fault
            raise
        finally:
            if account is not None:
                account.close()
        return ReviewedAccount(
            desired, inventory, plan, account.now(), self.plan is not None, runs, drifted
        )

    def stamp(self) -> Hashable:
        """Give what is another value once the files, the store or the saved plan changed."""
        from licsync.config.files import file_stamps, stamp_of

        others = [self.directory / ".licsync" / "state.db", *sorted(self.directory.rglob("*.json"))]
        if self.plan is not None:
            others.append(self.plan)
        if self.state is not None and self.state.startswith("sqlite:///"):
            others.append(Path(self.state.removeprefix("sqlite:///")))
        elif self.state is not None:
            return monotonic() // ASK_SERVER, tuple(file_stamps(self.directory).items())
        return tuple(file_stamps(self.directory).items()), tuple(
            (str(path), stamp_of(path)) for path in others
        )


def _check_account(planned: str, name: str, path: Path) -> None:
    if planned != name:
        message = (
            f"The plan '{path}' is about the account {planned!r}, and the files are about {name!r}."
        )
        raise InputInvalid(error(Code.INVALID_VALUE, message))


def _runs(account: Account, name: str) -> list[Run]:
    """List the last runs with their plans, the newest first."""
    if not account.has_store():
        return []
    store = account.store()
    runs = []
    for run in store.runs(name)[:RUNS]:
        if "licenses" not in run.plan and run.pruned_at is None:
            # sealed with a key that is not here: only its summary is known
            with suppress(LicsyncError):
                run = store.run(run.id) or run
        runs.append(run)
    return runs


def _find_drift(
    account: Account, desired: Desired, inventory: Inventory, plan: Plan | None
) -> list[Drift] | None:
    """Tell what moved since the last run; None where the files have errors, or what it left cannot be read."""
    from licsync.workflows.drift import drift_since_apply

    if has_errors(account.diagnostics):
        return None
    with suppress(LicsyncError):
        return drift_since_apply(
            account,
            desired,
            inventory,
            plan or plan_account(account, desired, PlanRequest(), inventory),
        )[0]
    return None
