"""A work order for people at a terminal: its items, and how far it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from licsync.engine.work_orders import OpenedOrder
from licsync.model.catalog import Catalog
from licsync.model.declarations import KINDS
from licsync.planning.work_order.progress import Fact, ItemRecord, Progress, Standing
from licsync.planning.work_order.records import Expectation, WorkItem
from licsync.views import phrases as words
from licsync.views.escaping import escape_terminal
from licsync.views.terminal import PLAIN, Paint, RenderOptions, commas, pack, painter, wrap

STANDINGS: dict[Standing, str] = {
    "open": "open",
    "begun": "open",
    "done": "done",
    "skipped": "skipped",
    "failed": "failed",
}
"""Where an item stands, for people."""

STATES = {
    "begun": "shown, not answered",
    "done": "done",
    "skipped": "skipped",
    "failed": "failed",
    "confirmed": "confirmed",
    "verified": "verified",
    "not_done": "not done",
    "different": "done differently",
    "partly": "partly done",
    "not_visible": "not visible",
}
"""What the journal says of an item, for people."""

_MOST_NAMES = 60
_MOST_SEEN = 20
MOST_FACTS = 12
"""How many facts of an item are listed."""

_MARGIN = 11  # columns before the text of an item


# --- an item --------------------------------------------------------------------------------------


def item_lines(
    item: WorkItem,
    heading: str,
    catalog: Catalog,
    *,
    options: RenderOptions = PLAIN,
) -> list[str]:
    """Write an item for somebody who is about to do it.

    Args:
        item: the item.
        heading: where it stands among the others.
        catalog: the license types, for their names.
        options: color and widths.
    """
    paint, width = painter(options.color), options.width
    minutes = f" · about {words.minutes(item.seconds / 60)}" if item.seconds else ""
    lines = ["", f"── {heading} · {paint(escape_terminal(item.title), 'bold')}{minutes}"]
    parts: list[tuple[str, list[str]]] = []
    if item.selection:
        filters = [f"{name}: {value}" for name, value in item.selection]
        parts.append(("Filter", pack(commas(filters), width - _MARGIN)))
    if item.seen and len(item.seen) <= _MOST_SEEN:
        parts.append(("Users", list(item.seen)))
    elif item.users:
        parts.append(("Users", _names(item.users, width)))
    parts.append(("Before", expectation_lines(item, "before", catalog)))
    parts.append(("Do", [f"{number}. {step}" for number, step in enumerate(item.steps, 1)]))
    parts.append(("After", expectation_lines(item, "after", catalog)))
    parts += [("Kept", [", ".join(item.kept)]), ("Changes", by_itself(item))]
    parts += [("Lost", [", ".join(item.lost)]), ("Why", [_why(item)])]
    for label, texts in parts:
        lines += _part(label, texts, width, paint)
    return lines


def by_itself(item: WorkItem) -> list[str]:
    """List the changes that what to see before and after does not say: who makes them."""
    if not item.expectations:
        return list(item.changed)
    return [line for line in item.changed if line.endswith("by itself")]


def _why(item: WorkItem) -> str:
    place = f"{item.source.file}:{item.source.line}" if item.source else ""
    return "  ".join(part for part in (item.why, place) if part)


def _names(names: Sequence[str], width: int) -> list[str]:
    shown = [*names[:_MOST_NAMES]]
    if len(names) > len(shown):
        shown.append(f"{len(names) - len(shown):,} more, which the files name")
    return pack(commas(shown), width - _MARGIN)


def _part(label: str, texts: Iterable[str], width: int, paint: Paint) -> Iterator[str]:
    margin = " " * _MARGIN
    first = f"  {label:{_MARGIN - 2}}"
    for text in filter(None, texts):
        for line in wrap(escape_terminal(text), max(20, width - _MARGIN)):
            yield f"{paint(first, 'dim')}{line}".rstrip()
            first = margin


def expectation_lines(item: WorkItem, side: str, catalog: Catalog) -> list[str]:
    """List what to see before or after, one line for all users that have the same."""
    return [
        f"{title} {text}{_of(names, item)}"
        for title, text, names in equal_facts(item, side, catalog)
    ]


def equal_facts(
    item: WorkItem,
    side: str,
    catalog: Catalog,
    is_left_out: Callable[[Expectation], bool] = lambda fact: False,
) -> Iterator[tuple[str, str, list[str]]]:
    """Group what to see before or after an item.

    Args:
        item: the item.
        side: `before` or `after`.
        catalog: the license types, for their names.
        is_left_out: tells which facts something else says.

    Yields:
        what it is about, the value, and the names of all that have it.
    """
    who: dict[tuple[str, str], dict[str, None]] = {}
    new = {fact.resource for fact in item.expectations if fact.path == "exists" and fact.after}
    for fact in item.expectations:
        if side == "before" and fact.path != "exists" and fact.resource in new:
            continue  # what does not exist has no values
        if not (is_left_out(fact) or _is_in_file(fact, item, side)):
            text = value_phrase(fact.path, getattr(fact, side), catalog)
            names = who.setdefault((fact_title(fact), text), {})
            names[fact.subject] = None
    for (title, text), names in who.items():
        yield title, text, [*names]


def _is_in_file(fact: Expectation, item: WorkItem, side: str) -> bool:
    """Tell whether the file of an upload says a fact."""
    is_shown = fact.path == "exists" or (side, fact.path) == ("after", "licenses")
    return item.kind == "upload" and not is_shown


def _of(names: list[str], item: WorkItem) -> str:
    """Name the user of a fact, unless it applies to all users of the item."""
    if len(item.users) <= 1 or set(names) >= set(item.users):
        return ""
    return f" ({words.first_few(names, 3)})"


def fact_title(fact: Expectation | Fact) -> str:
    """Name the value that a fact is about."""
    if fact.path == "exists":
        section = fact.resource.partition("/")[0]
        return next(kind.title for kind in KINDS.values() if kind.section == section)
    return words.label(fact.path)


def value_phrase(path: str, value: object, catalog: Catalog) -> str:
    """Write a value of a fact."""
    if path == "exists":
        return "exists" if value else "does not exist"
    if path == "licenses":
        pools = value if isinstance(value, list | tuple) else ()
        parts = (str(pool).partition(":") for pool in pools)
        return ", ".join(catalog.pool_name(kind, country) for kind, _, country in parts) or "none"
    return words.value(path, value)


# --- how far it is --------------------------------------------------------------------------------


def progress_line(progress: Progress) -> str:
    """Count the items of an order by their state."""
    total = len(progress.order.items)
    parts = [f"{progress.count('done')} of {words.count(total, 'item')} done"]
    for label, standings in (
        ("skipped", ("skipped",)),
        ("failed", ("failed",)),
        ("open", ("open", "begun")),
    ):
        if number := progress.count(*standings):
            parts.append(f"{number:,} {label}")
    return ", ".join(parts)


def left_lines(order: OpenedOrder) -> Iterator[str]:
    """List the items that are not done, with why: for the end of a walk-through."""
    progress = order.progress
    numbers = {item.id: number for number, item in enumerate(order.order.items, 1)}
    for item in order.order.items:
        standing = progress.standing(item.id)
        if standing == "done":
            continue
        line = f"  {numbers[item.id]}. {item.title}: "
        if waits := progress.waits_for(item):
            needs = dict.fromkeys(_need(need, numbers, progress) for need in waits)
            line += f"waits for {words.sentence(needs)}"
        else:
            record = progress.last.get(item.id)
            line += answer_phrase(record) if record else "open"
        yield escape_terminal(line)


def waiting_phrase(number: int) -> str:
    """Say how many items are left for a later plan."""
    verb = "waits" if number == 1 else "wait"
    return f"{words.count(number, 'item')} {verb} for licsync's own part, which a later apply does."


def _need(need: str, numbers: dict[str, int], progress: Progress) -> str:
    if need in numbers:
        return f"item {numbers[need]} ({STANDINGS[progress.standing(need)]})"
    return "licsync's own part"


def state_phrase(progress: Progress, item: str) -> str:
    """Give the state of an item: as found by verification, else as answered."""
    last = progress.last.get(item)
    if last is None or last.state == "not_visible":
        return STANDINGS[progress.standing(item)]
    return STATES[last.state]


def record_lines(progress: Progress, item: WorkItem, catalog: Catalog) -> Iterator[str]:
    """Write what was answered and found of an item before, for whoever is shown it again."""
    answer, finding = progress.answers.get(item.id), progress.findings.get(item.id)
    if answer is not None:
        yield f"Answered {answer_phrase(answer)}. Enter keeps this answer."
    if finding is not None and finding.facts and finding.state != "not_visible":
        facts = "; ".join(fact_line(fact, item, catalog) for fact in finding.facts[:MOST_FACTS])
        yield f"Found {STATES[finding.state]}: {facts}"


def answer_phrase(record: ItemRecord) -> str:
    """Write a record of the journal: what, by whom, when, with its note."""
    note = f": {record.note}" if record.note else ""
    return f"{STATES[record.state]} ({record.actor}, {words.instant(record.at)}){note}"


def fact_line(fact: Fact, item: WorkItem, catalog: Catalog) -> str:
    """Write a fact of an item that is not as expected, with both values."""
    expected = value_phrase(fact.path, fact.expected, catalog)
    names = {expected.resource: expected.subject for expected in item.expectations}
    subject = names.get(fact.resource) or fact.resource.partition("/")[2]
    place = f"{subject}: {fact_title(fact)}"
    return f"{place}: expected {expected}, found {value_phrase(fact.path, fact.found, catalog)}"


# --- documents ------------------------------------------------------------------------------------


def order_lines(orders: Iterable[OpenedOrder]) -> Iterator[str]:
    """List work orders below the runs: how far each is, and items that are not verified."""
    for order in orders:
        progress = order.progress
        verified = sum(progress.is_settled(item.id) for item in order.order.items)
        what = f"{progress_line(progress)}, {verified:,} verified"
        if order.pruned_at:
            what = f"its items were removed {words.instant(order.pruned_at)}"
        yield ""
        whose = f"of run {order.run}" if order.run else f"by {order.actor}"
        yield escape_terminal(f"work order {whose}: {order.state}; {what}")
        for number, item in enumerate(order.order.items, 1):
            last = progress.last.get(item.id)
            if not progress.is_settled(item.id):
                answered = progress.answers.get(item.id)
                parts = [answer_phrase(record) for record in (answered, last) if record is not None]
                state = "; then ".join(dict.fromkeys(parts)) or "no answer"
                yield escape_terminal(f"  {number}. {item.title}: {state}")


def order_json(order: OpenedOrder) -> dict[str, Any]:
    """Give an order with its journal as a JSON document, for `history`."""
    progress = order.progress
    titles = {item.id: item.title for item in order.order.items}
    known = titles or {record.item: "" for record in order.records}
    return {
        "id": order.id,
        "state": order.state,
        "actor": order.actor,
        "created_at": order.created_at,
        "closed_at": order.closed_at,
        "pruned_at": order.pruned_at,
        "items": [
            {
                "id": item,
                "title": title,
                "standing": progress.standing(item),
                "is_verified": progress.is_settled(item),
                "journal": [
                    _record_json(record) for record in order.records if record.item == item
                ],
            }
            for item, title in known.items()
        ],
    }


def _record_json(record: ItemRecord) -> dict[str, Any]:
    return {
        "state": record.state,
        "actor": record.actor,
        "at": record.at,
        "note": record.note,
        "facts": [fact.to_json() for fact in record.facts],
    }
