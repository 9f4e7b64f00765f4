"""Tells what moved since an account was applied last: for `find_drift`, and for the overview of the pages."""

from __future__ import annotations

from licsync.diagnostics import has_errors
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory
from licsync.model.license import parse_instant
from licsync.planning.drift import Drift, find_drift, without_baseline
from licsync.planning.plan import Plan
from licsync.workflows.account import Account
from licsync.workflows.plan_archive import Baseline, load_baseline, save_baseline
from licsync.workflows.planning import PlanRequest, plan_account


def adopt_baseline(account: Account, desired: Desired) -> None:
    """Remember the account as applied, where a plan of its files against the inventory last seen is empty."""
    plan = plan_account(account, desired, PlanRequest(), account.inventory())
    if not plan.actions and not has_errors(plan.diagnostics):
        save_baseline(account, desired.name)


def drift_since_apply(
    account: Account, desired: Desired, seen: Inventory, plan: Plan
) -> tuple[list[Drift], Baseline]:
    """Tell what moved, and since when: three ways, with what was applied last, the files, and the inventory.

    Args:
        account: whose files have no errors.
        desired: what they declare.
        seen: the inventory as it is now.
        plan: turns it into what the files say.

    Raises:
        LicsyncError: what was applied cannot be read.
    """
    last = load_baseline(account, desired.name, seen)
    if last.at is not None:  # what is due by date since then has moved nobody
        account = account.with_now(parse_instant(last.at))
        plan = plan_account(account, desired, PlanRequest(), seen)
    found = find_drift(
        plan_account(account, desired, PlanRequest(), last.inventory), plan, last.manual_actions
    )
    return (found if last.at else without_baseline(found, last.touched_keys)), last
