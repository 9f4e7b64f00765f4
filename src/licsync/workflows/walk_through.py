"""One person's walk through a work order: which item comes next, and what becomes of answers.

The account is locked meanwhile, and a thread renews the lease while the person works. An item is
recorded as begun before it is shown, and every answer at once, so that a crash loses nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from licsync.diagnostics import Code, Locked, Refused, error
from licsync.engine.ports import StoreFailed
from licsync.engine.work_orders import OpenedOrder, OrderChanged
from licsync.model.license import format_instant
from licsync.planning.work_order.progress import ItemRecord, OrderState, Progress
from licsync.planning.work_order.records import WorkItem
from licsync.workflows.account import Account
from licsync.workflows.session import owner
from licsync.workflows.unfinished_orders import HINT, describe

if TYPE_CHECKING:
    from licsync.store.runs import SqlStore

Given = Literal["done", "skipped", "failed"]
"""The answers that a person can give."""


class WalkThrough:
    """Goes through the items of an order that can be done now.

    Args:
        account: the account, which is locked.
        store: its store, which holds the lease.
        order: the order.
        again: whether to offer what was skipped or failed, too.
    """

    def __init__(self, account: Account, store: SqlStore, order: OpenedOrder, *, again: bool):
        self._account, self._store = account, store
        self.order = order
        self._again = again
        self._passed: list[str] = []
        self._back: list[str] = []
        self._shown = {name for name in order.progress.last if _is_begun(order, name)}

    @property
    def progress(self) -> Progress:
        """Where each item stands."""
        return self.order.progress

    def next_item(self) -> WorkItem | None:
        """Give the next item and record that it is shown; None if nothing is left to offer."""
        progress = self.progress
        if self._back:
            return progress.items[self._back[-1]]
        offered = progress.offered(again=self._again)
        item = next((item for item in offered if item.id not in self._passed), None)
        if item is not None and progress.standing(item.id) != "begun":
            self._record(ItemRecord(item.id, "begun", owner(), self._now()))
        return item

    def answer(self, item: WorkItem, answer: Given, note: str) -> None:
        """Record an answer, durably.

        Raises:
            Locked: somebody else took over the account.
            Refused: somebody else answered an item or closed the order.
        """
        self._record(ItemRecord(item.id, answer, owner(), self._now(), note))
        self._pass(item)

    def keep(self, item: WorkItem) -> None:
        """Keep the answer that was given before. Raises as `answer`."""
        if self.progress.standing(item.id) == "begun":
            answer = replace(self.progress.answers[item.id], actor=owner(), at=self._now())
            self._record(answer)
        self._pass(item)

    def _pass(self, item: WorkItem) -> None:
        if self._back:
            self._back.pop()
        if item.id not in self._passed:
            self._passed.append(item.id)

    def go_back(self, item: WorkItem) -> bool:
        """Return to the item that was answered before an item; tell whether there is one."""
        answered = self._answered()
        if item.id in answered:
            answered = answered[: answered.index(item.id)]
        if answered:
            self._back.append(answered[-1])
        return bool(answered)

    def was_shown(self, item: WorkItem) -> bool:
        """Tell whether an item was shown to somebody before who gave no answer."""
        return item.id in self._shown

    def finish(self) -> None:
        """Record whether everything is done.

        Raises:
            Refused: somebody else has changed the order.
        """
        state: OrderState = "open" if self.progress.left else "done"
        if self.order.state != state:
            try:
                self._store.set_order_state(self.order, state, self._now())
            except OrderChanged as fault:
                raise self._changed() from fault

    def _answered(self) -> list[str]:
        """List the answered items, those of this walk-through last."""
        earlier = [name for name in self.progress.answers if name not in self._passed]
        return [*earlier, *self._passed]

    def _record(self, record: ItemRecord) -> None:
        try:
            self._store.record_items(self.order, record)
        except OrderChanged as fault:
            raise self._changed() from fault

    def _changed(self) -> Refused:
        now = self._store.unfinished_order(self._account.name)
        message = "Somebody else has answered an item or closed the work order. "
        message += describe(now) if now else "It is closed."
        return Refused(error(Code.WORK_ORDER_OPEN, message, hint=HINT))

    def _now(self) -> str:
        return format_instant(self._account.session.record_time())


def _is_begun(order: OpenedOrder, item: str) -> bool:
    return order.progress.last[item].state == "begun"


@contextmanager
def walking_through(account: Account) -> Iterator[WalkThrough | None]:
    """Lock an account, and give the walk through its unfinished order; None if there is none.

    If every item was answered, those that were skipped or failed are offered again.

    Raises:
        Locked: somebody else works on the account.
    """
    store = account.storage.runs()
    with store.lock(account.name, owner()) as lease, _renewing(store, lease.seconds / 3):
        order = store.unfinished_order(account.name)
        if order is None:
            yield None
            return
        again = not order.progress.offered()
        walk = WalkThrough(account, store, order, again=again)
        yield walk


@contextmanager
def _renewing(store: SqlStore, seconds: float) -> Iterator[None]:
    """Renew the lease in a thread while a person works.

    A lease that is lost is found by the next write.
    """
    over = threading.Event()

    def renew() -> None:
        while not over.wait(seconds):
            try:
                with suppress(StoreFailed):  # the next attempt may succeed
                    store.renew()
            except Locked:
                return

    thread = threading.Thread(target=renew, name="licsync lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
