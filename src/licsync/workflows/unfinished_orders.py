"""The unfinished work order of an account: made when a run ends, in the way of other plans."""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import TYPE_CHECKING

from licsync.diagnostics import Code, Diagnostic, Refused, error, warning
from licsync.engine.ports import StoreFailed
from licsync.model.license import format_instant
from licsync.workflows.account import Account
from licsync.workflows.inventory import last_seen
from licsync.workflows.session import owner

if TYPE_CHECKING:
    from licsync.engine.events import Outcome
    from licsync.engine.work_orders import OpenedOrder
    from licsync.planning.plan import Plan
    from licsync.store.runs import SqlStore

HINT = (
    "To continue it: licsync apply DIR --resume. To verify it with new exports: "
    "licsync refresh DIR --from EXPORT. To close it as it is: licsync apply DIR --abandon."
)
"""What to do about an unfinished work order."""


# --- an unfinished order --------------------------------------------------------------------------


def may_have_orders(account: Account) -> bool:
    """Tell whether people ever do something by hand for an account, and its store exists."""
    return not account.is_sandbox and account.storage.exists()


def unfinished_order(account: Account) -> OpenedOrder | None:
    """Find the work order of an account that is open, or done and not verified yet."""
    if not may_have_orders(account) or _has_surely_none(account):
        return None
    return account.storage.runs().unfinished_order(account.name)


_UNFINISHED = (
    "SELECT id FROM licsync_work_orders WHERE account = :account AND state IN ('open', 'done')"
)


def _has_surely_none(account: Account) -> bool:
    """Tell, without importing SQLAlchemy, that an account has no unfinished order.

    Every plan asks, and importing it takes longer than a plan of an unchanged account.
    """
    from licsync.store.sqlite_fast_path import FastPathUnavailable

    with suppress(FastPathUnavailable), account.storage.fast_path().open_reader() as reader:
        return next(iter(reader.execute(_UNFINISHED, {"account": account.name})), None) is None
    return False


def work_orders_of(account: Account) -> list[OpenedOrder]:
    """List the work orders of an account, newest first; none if they cannot be decrypted."""
    if not account.storage.exists():
        return []
    with suppress(StoreFailed):
        return account.storage.runs().orders(account.name)
    return []


def refuse_unfinished_order(account: Account, plan: Plan) -> None:
    """Refuse to apply a plan while a work order is unfinished, unless they have nothing in common.

    Raises:
        Refused: the order may change what the plan relies on.
    """
    order = unfinished_order(account)
    if order is not None and not _is_independent(plan, order):
        raise Refused(error(Code.WORK_ORDER_OPEN, f"{describe(order)} {_WHY}", hint=HINT))


_WHY = "A new plan may repeat or contradict its items. Nothing was changed."


def _is_independent(plan: Plan, order: OpenedOrder) -> bool:
    """Tell whether a plan touches nothing of an order.

    The console may pick any unit of a pool, so a plan of licenses never counts as independent.
    """
    if any(action.manual or action.kind != "user" for action in plan.actions):
        return False
    touched = {fact.resource for item in order.order.items for fact in item.expectations}
    touched |= {f"users/{name}" for item in order.order.items for name in item.users}
    return touched.isdisjoint(plan.saw)


def order_warnings(account: Account) -> list[Diagnostic]:
    """Warn if a work order of an account is unfinished: its items may be in a new plan again."""
    order = unfinished_order(account)
    if order is None:
        return []
    why = "The plan may list what somebody is doing or has done."
    return [warning(Code.WORK_ORDER_OPEN, f"{describe(order)} {why}", hint=HINT)]


def describe(order: OpenedOrder) -> str:
    """Say in a sentence which order it is and how far it is."""
    if order.state == "done":
        how = "is done, and no inventory has verified it yet"
    else:
        done, items = order.progress.count("done"), len(order.order.items)
        how = f"is open: {done} of {items} items {'is' if done == 1 else 'are'} done"
    return f"The work order of {order.actor} from {order.created_at} {how}."


# --- a new order ----------------------------------------------------------------------------------


def open_order(account: Account, store: SqlStore, plan: Plan, outcome: Outcome) -> None:
    """Record the work order of a run that is about to end. The account is locked.

    If the run was resumed and has its order already, only what licsync has done since is recorded.

    Args:
        account: the account.
        store: its store, which holds the lease.
        plan: the plan of the run.
        outcome: what became of licsync's own part.

    Raises:
        Refused: the account has a work order of another run.
    """
    if not any(action.manual for action in plan.actions):
        return
    from licsync.engine.work_orders import OpenedOrder, OrderChanged
    from licsync.planning.work_order.progress import ItemRecord
    from licsync.workflows.work_order_content import work_order_of

    now, done = account.session.record_time(), set(outcome.done) | set(outcome.manual)
    known = store.unfinished_order(account.name)
    if known is not None and known.run == outcome.run:
        later = [action for action in known.progress.waiting if action in done]
        store.record_items(
            known, *(ItemRecord(action, "done", owner(), format_instant(now)) for action in later)
        )
        return
    order = OpenedOrder(
        id=f"order-{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}",
        account=account.name,
        run=outcome.run or None,
        actor=owner(),
        created_at=format_instant(now),
        order=work_order_of(account, plan),
        waiting=tuple(action for action in outcome.actions if action not in done),
    )
    before = last_seen(account)
    try:
        store.open_order(order, before.to_document() if before else None)
    except OrderChanged as fault:
        message = describe(known) if known else "Somebody else made a work order."
        raise Refused(error(Code.WORK_ORDER_OPEN, message, hint=HINT)) from fault


def abandon_order(account: Account) -> OpenedOrder | None:
    """Close the unfinished work order as it is; None if there is none."""
    if not may_have_orders(account):
        return None
    store = account.storage.runs()
    with store.lock(account.name, owner()):
        order = store.unfinished_order(account.name)
        if order is not None:
            at = format_instant(account.session.record_time())
            store.set_order_state(order, "abandoned", at)
        return order
