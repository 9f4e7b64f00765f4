"""The page of the work order: every item with its answer and what an inventory showed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from licsync.engine.work_orders import OpenedOrder
from licsync.model.catalog import Catalog
from licsync.planning.work_order.progress import ItemRecord, Progress
from licsync.planning.work_order.records import WorkItem
from licsync.views import phrases as words
from licsync.views.work_orders import by_itself, expectation_lines, fact_line, state_phrase
from licsync.web.account_index import AccountIndex

_TONES = {
    "verified": "gives",
    "confirmed": "gives",
    "done": "gives",
    "failed": "takes",
    "not_done": "takes",
    "different": "takes",
    "partly": "takes",
}


@dataclass(frozen=True, slots=True)
class ShownItem:
    """One item of the page.

    Attributes:
        number: its place in the order.
        item: the item.
        state: where it stands, for people.
        tone: the color of its state.
        waits: what it waits for, for people; empty for nothing.
        answer: the last answer.
        found: what an inventory showed, as lines.
        before: what to see before it.
        after: what to see after it.
        names: the users.
        changes: what changes by itself.
    """

    number: int
    item: WorkItem
    state: str
    tone: str
    waits: str
    answer: ItemRecord | None
    found: list[str]
    before: list[str]
    after: list[str]
    names: list[str]
    changes: list[str]


def content(index: AccountIndex) -> dict[str, Any]:
    """Give the variables of the template."""
    order = index.reviewed.order
    if order is None:
        return {"order": None}
    progress = order.progress
    items = shown_items(order, index.catalog)
    total = max(1, len(items))
    verified = sum(progress.is_settled(entry.item.id) for entry in items)
    done = progress.count("done")
    return {
        "order": order,
        "items": items,
        "done": done,
        "verified": verified,
        "done_share": round(100 * done / total, 2),
        "verified_share": round(100 * verified / total, 2),
        "skipped": progress.count("skipped"),
        "failed": progress.count("failed"),
        "left": progress.count("open", "begun"),
        "state_text": _state_text(order, progress),
    }


def shown_items(order: OpenedOrder, catalog: Catalog) -> list[ShownItem]:
    """List the items of an order, with where each stands."""
    progress = order.progress
    numbers = {item.id: number for number, item in enumerate(order.order.items, 1)}
    return [
        _shown(item, numbers[item.id], progress, numbers, catalog) for item in order.order.items
    ]


def _shown(
    item: WorkItem,
    number: int,
    progress: Progress,
    numbers: dict[str, int],
    catalog: Catalog,
) -> ShownItem:
    last, finding = progress.last.get(item.id), progress.findings.get(item.id)
    waits = () if progress.standing(item.id) == "done" else progress.waits_for(item)
    return ShownItem(
        number=number,
        item=item,
        state=state_phrase(progress, item.id),
        tone=_TONES.get(last.state, "changes") if last else "changes",
        waits=words.sentence(_need(need, numbers) for need in waits) if waits else "",
        answer=progress.answers.get(item.id),
        found=[fact_line(fact, item, catalog) for fact in _visible(finding)],
        before=expectation_lines(item, "before", catalog),
        after=expectation_lines(item, "after", catalog),
        names=list(item.users),
        changes=by_itself(item),
    )


def _visible(finding: ItemRecord | None) -> Sequence[Any]:
    facts = finding.facts if finding is not None else ()
    return [fact for fact in facts if fact.verdict != "not_visible"]


def _need(need: str, numbers: dict[str, int]) -> str:
    return f"item {numbers[need]}" if need in numbers else "licsync's own part"


def _state_text(order: OpenedOrder, progress: Progress) -> str:
    if order.state == "verified":
        return "Verified and closed."
    if order.state == "abandoned":
        return "Closed as it is."
    if not progress.left:
        return "Everything is done. The next export verifies it."
    return "Open."
