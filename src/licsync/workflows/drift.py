"""Finds drift since the last apply: for `drift` and for the overview of the pages."""

from __future__ import annotations

from dataclasses import dataclass, replace

from licsync.diagnostics import Diagnostic, InputInvalid, has_errors
from licsync.model.inventory import SECTIONS, Inventory
from licsync.model.license import parse_instant
from licsync.planning.attribution import Attribution
from licsync.planning.drift import Drift, find_drift, without_baseline
from licsync.planning.plan import Plan
from licsync.workflows.account import Account
from licsync.workflows.attribution import attribute_changes
from licsync.workflows.inventory import empty_inventory
from licsync.workflows.plan_archive import Baseline, load_baseline, save_baseline
from licsync.workflows.planning import PlanRequest, options_of, plan_account, plan_stored
from licsync.workflows.state import State


def adopt_baseline(account: Account) -> None:
    """Save the inventory last seen as the baseline, if a plan of the files against it is empty.

    Raises:
        InputInvalid: the inventory last seen or the store cannot be used.
    """
    _, plan = plan_stored(account, PlanRequest())
    if not plan.actions and not has_errors(plan.diagnostics):
        save_baseline(account)


@dataclass(frozen=True, slots=True)
class AccountDrift:
    """The drift of an account, with what it was found from.

    Attributes:
        values: the values that differ.
        baseline: what the last apply left.
        plan: the plan of the files.
        inventory: the current inventory; None if there is none.
    """

    values: list[Drift]
    baseline: Baseline
    plan: Plan
    inventory: Inventory | None

    @property
    def in_console(self) -> list[Drift]:
        """The values that the console changed."""
        return [drift for drift in self.values if drift.moved != "files"]


def drift_now(account: Account) -> AccountDrift:
    """Find the drift of an account in its current inventory.

    Raises:
        InputInvalid: the files have errors, or the inventory or the baseline cannot be read.
    """
    # not reduced: every user is compared with the baseline
    state, plan = plan_account(account, PlanRequest(), reduce=False)
    if has_errors(state.diagnostics):
        raise InputInvalid(*state.diagnostics)
    return drift_since_apply(state, plan)


def attribute_drift(
    account: Account, found: AccountDrift
) -> tuple[Attribution | None, list[Diagnostic]]:
    """Ask 8x8's audit log who made the drift, if there is a key for it.

    Args:
        account: the account.
        found: its drift.

    Returns:
        who changed what, and warnings; None without a key, or if the log cannot be read.
    """
    last, current = found.baseline, found.inventory
    since = parse_instant(last.at) if last.at is not None else None
    in_console = ((drift, drift.seen) for drift in found.in_console)
    known = [last.inventory, *([current] if current is not None else [])]
    return attribute_changes(account, in_console, since, known)


def drift_since_apply(state: State, plan: Plan) -> AccountDrift:
    """Compare the baseline, the desired state and the inventory.

    Args:
        state: the whole state of an account whose files have no errors.
        plan: the plan of this state.

    Raises:
        LicsyncError: the baseline cannot be read.
    """
    current, of_files = state.inventory, plan
    inventory = current or empty_inventory(state.account)
    last = load_baseline(state.account, inventory)
    if last.at is not None:
        # actions that became due since then are not drift
        session = replace(state.account.session, at=parse_instant(last.at))
        state = replace(state, account=replace(state.account, session=session))
        plan = _unchecked_plan(state, inventory)
    before = plan
    if any(getattr(inventory, name) != getattr(last.inventory, name) for name in SECTIONS):
        before = _unchecked_plan(state, last.inventory)
    found = find_drift(before, plan, last.manual_actions)
    values = found if last.at else without_baseline(found, last.touched_keys)
    return AccountDrift(values, last, of_files, current)


def _unchecked_plan(state: State, inventory: Inventory) -> Plan:
    """Plan without checks, which say nothing of values that changed."""
    from licsync.planning.planner import make_plan

    now, options = state.account.session.now(), options_of(state, PlanRequest())
    return make_plan(state.desired, inventory, now=now, options=options)
