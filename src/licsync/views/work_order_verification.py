"""What the verification of a work order found, for people at a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from licsync.engine.work_orders import OpenedOrder
from licsync.model.catalog import Catalog
from licsync.planning.work_order.verification import VerifiedItem
from licsync.views import phrases as words
from licsync.views.escaping import escape_terminal
from licsync.views.work_orders import (
    MOST_FACTS,
    STATES,
    fact_line,
    fact_title,
    value_phrase,
    waiting_phrase,
)


def verification_lines(
    order: OpenedOrder, items: Sequence[VerifiedItem], catalog: Catalog
) -> Iterator[str]:
    """Write what an inventory shows of an order: only what is not verified in detail."""
    numbers = {item.id: number for number, item in enumerate(order.order.items, 1)}
    progress = order.progress
    settled = sum(progress.is_settled(item.item.id) for item in items)
    yield f"Work order {order.id}: {settled} of {words.count(len(items), 'item')} verified."
    for found in items:
        if progress.is_settled(found.item.id):
            continue
        answer = progress.answers.get(found.item.id)
        answered = (
            f", answered {STATES[answer.state]} by {answer.actor}" if answer else ", no answer"
        )
        title = f"{numbers[found.item.id]}. {found.item.title}"
        yield escape_terminal(f"  {title}: {STATES[found.finding]}{answered}")
        yield from (escape_terminal(f"     {line}") for line in _fault_lines(found, catalog))
    if later := len(order.order.items) - len(items):
        yield f"  {waiting_phrase(later)}"
    yield _next(order, items)


def _fault_lines(found: VerifiedItem, catalog: Catalog) -> Iterator[str]:
    """Write the facts of an item that are not as expected, with both values."""
    hidden = [fact for fact in found.faults if fact.verdict == "not_visible"]
    seen = [fact for fact in found.faults if fact.verdict != "not_visible"]
    yield from (fact_line(fact, found.item, catalog) for fact in seen[:MOST_FACTS])
    if hidden:
        titles = dict.fromkeys(map(fact_title, hidden))
        yield f"Nothing that was read since then shows {words.sentence(titles)}."
    if len(seen) > MOST_FACTS:
        yield f"and {len(seen) - MOST_FACTS:,} more"
    for stray in found.strays:
        before, now = (value_phrase(stray.path, v, catalog) for v in (stray.before, stray.found))
        who = stray.resource.partition("/")[2]
        yield f"Instead? {who}: {words.label(stray.path)} changed from {before} to {now}"


def _next(order: OpenedOrder, items: Sequence[VerifiedItem]) -> str:
    if order.state == "verified":
        return "The work order is closed. To plan again: licsync plan DIR"
    confirm = "what no export shows with: licsync inventory confirm DIR"
    left = [found for found in items if not order.progress.is_settled(found.item.id)]
    is_hidden = any(found.finding == "not_visible" for found in left)
    if order.progress.left:
        hidden = f" When it is done, confirm {confirm}" if is_hidden else ""
        stale = any(item.finding == "not_done" and _is_reported_done(item, order) for item in items)
        old = " If it is done, the exports may be older than the work." if stale else ""
        return f"To continue it: licsync apply DIR --resume.{old}{hidden}"
    if is_hidden:
        return f"Confirm {confirm}"
    return "To verify it with newer exports: licsync refresh DIR --from EXPORT"


def _is_reported_done(found: VerifiedItem, order: OpenedOrder) -> bool:
    """Tell whether somebody answered that an item is done."""
    answer = order.progress.answers.get(found.item.id)
    return answer is not None and answer.state == "done"
