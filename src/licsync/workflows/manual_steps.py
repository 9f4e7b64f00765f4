"""Confirms manual steps: records in the inventory what people did and the backend cannot show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from licsync.diagnostics import InputInvalid, has_errors
from licsync.engine.manual_steps import confirm_manual_actions, confirmable, with_unseen
from licsync.model.inventory import Inventory
from licsync.model.license import parse_instant
from licsync.model.observed import observed_at
from licsync.planning.actions import Action
from licsync.planning.plan import Plan
from licsync.workflows.account import Account
from licsync.workflows.drift import adopt_baseline
from licsync.workflows.inventory import empty_inventory
from licsync.workflows.planning import PlanRequest, plan_state
from licsync.workflows.saved_inventory import replace_inventory
from licsync.workflows.session import owner
from licsync.workflows.state import load_state
from licsync.workflows.unfinished_orders import unfinished_order
from licsync.workflows.work_orders import confirm_work_orders


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The result of a confirmation.

    Attributes:
        actions: the actions that can be confirmed.
        others: the number of manual actions that cannot.
        is_agreed: whether they were confirmed.
        backup: the file with the previous inventory.
    """

    actions: list[Action] = field(default_factory=list)
    others: int = 0
    is_agreed: bool = False
    backup: Path | None = None


_LISTED = (("users", "licenses"), ("users", "services"), ("licenses", ""), ("licenses", "user"))
"""What exports say and SCIM does not."""


def _is_exported(inventory: Inventory, since: str) -> bool:
    """Tell whether an export was read since an instant: what it lacks, no export shows."""
    instants = [observed_at(inventory.observed, *place) for place in _LISTED]
    return any(at and parse_instant(at) >= parse_instant(since) for at in instants)


def confirm_manual_steps(
    account: Account, targets: Sequence[str], agree: Callable[[Plan, Sequence[Action]], bool]
) -> Confirmation:
    """Record that manual steps of the account's plan are done.

    Args:
        account: the account.
        targets: the resources to confirm; empty for all.
        agree: decides on the plan and the actions that can be confirmed.

    Raises:
        InputInvalid: the files have errors, or the inventory cannot be read.
        Locked: another run works on the account.
    """
    store, session = account.storage.runs(), account.session
    with store.lock(account.name, owner()):
        state = load_state(account)
        inventory = state.inventory or empty_inventory(account)
        plan = plan_state(replace(state, inventory=inventory), PlanRequest(targets))
        if not plan.actions and has_errors(plan.diagnostics):
            raise InputInvalid(*plan.diagnostics)
        order = unfinished_order(account)
        if order is not None and _is_exported(inventory, order.created_at):
            plan = with_unseen(plan, order.progress.hidden)
        actions = confirmable(plan)
        others = sum(action.manual for action in plan.actions) - len(actions)
        if not actions or not agree(plan, actions):
            return Confirmation(actions, others)
        store.renew()  # the answer may have taken longer than the lease
        confirmed = confirm_manual_actions(plan, inventory, session.now())
        backup = replace_inventory(account, confirmed)
    confirm_work_orders(account, Inventory.from_document(confirmed))
    adopt_baseline(account)
    return Confirmation(actions, others, is_agreed=True, backup=backup)
