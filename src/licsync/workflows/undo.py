"""Plans the undo of a run."""

from __future__ import annotations

from dataclasses import replace

from licsync.diagnostics import Code, InputInvalid, Refused, did_you_mean, error
from licsync.planning.calendar import account_day
from licsync.planning.plan import Plan
from licsync.workflows.account import Account
from licsync.workflows.backends import inventory_now
from licsync.workflows.inventory import empty_inventory
from licsync.workflows.planning import PlanRequest, apply_guardrails, options_of
from licsync.workflows.state import State, load_state


def plan_undo(account: Account, name: str, request: PlanRequest) -> tuple[State, Plan]:
    """Plan the inverse of a run against the current inventory.

    Raises:
        InputInvalid: the run does not exist, or was pruned.
        Refused: the run is not finished, or was undone already.
    """
    from licsync.engine.replay import run_effect
    from licsync.engine.undo import plan_undo as plan_inverse

    store = account.storage.runs() if account.storage.exists() else None
    run = store.run(name) if store is not None else None
    if store is None or run is None or run.account != account.name:
        known = [other.id for other in store.runs(account.name)] if store is not None else []
        hint = did_you_mean(name, known) or "List the runs with: licsync history DIR"
        raise InputInvalid(
            error(Code.UNKNOWN_REFERENCE, f"There is no run '{name}' of {account.name}.", hint=hint)
        )
    if run.pruned_at:
        message = f"The changes of the run {name} are unknown: it was pruned at {run.pruned_at}."
        raise InputInvalid(error(Code.INVALID_VALUE, message))
    if run.state == "open":
        hint = (
            "Resume it: licsync apply DIR --resume. "
            "Or close it as it is: licsync apply DIR --abandon."
        )
        raise Refused(error(Code.RUN_UNFINISHED, f"The run {name} is not finished.", hint=hint))
    undoing = (other for other in store.runs(account.name) if other.plan.get("undoes") == name)
    undo = next(undoing, None)
    if undo is not None and undo.state == "done":
        message = f"The run {name} was undone already, by the run {undo.id}."
        hint = f"To restore its changes: licsync undo {undo.id} DIR"
        raise Refused(error(Code.PLAN_APPLIED, message, hint=hint))
    inventory = inventory_now(account) or empty_inventory(account)
    state = replace(load_state(account), inventory=inventory, failure=None)
    now, desired = account.session.now(), state.desired
    options = options_of(state, request)
    plan = plan_inverse(run_effect(run), inventory, desired, now=now, options=options)
    plan = replace(plan, undoes=run.id)
    return state, apply_guardrails(
        plan, desired, dict(request.allow), account_day(desired, now), account.session.limits
    )
