"""A work order as a Markdown checklist, and what its items say in every format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from licsync.diagnostics import has_errors
from licsync.model.catalog import Catalog
from licsync.model.labels import capitalized
from licsync.planning.plan import Plan
from licsync.planning.work_order.records import Expectation, WorkItem, WorkOrder
from licsync.views import phrases as words
from licsync.views.escaping import code_span, escape_markdown
from licsync.views.plan import tables
from licsync.views.plan.entries import PlanEntries
from licsync.views.work_orders import equal_facts

CONFIRM = "licsync inventory confirm"
"""The command that confirms items that the backend does not show."""

MANY_NEW = 2
"""From how many new users on an upload saves work."""


@dataclass(frozen=True, slots=True)
class ItemText:
    """What an item says, as plain text.

    Attributes:
        number: its number in the order.
        item: the item.
        after: what must come first.
        swap_with: the other users of its swap.
        before: what to see before.
        facts_before: the same without the lines about the users.
        then: what to see after.
    """

    number: int
    item: WorkItem
    after: tuple[str, ...] = ()
    swap_with: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    facts_before: tuple[str, ...] = ()
    then: tuple[str, ...] = ()

    @property
    def minutes(self) -> str:
        """How long it takes."""
        return words.minutes(self.item.seconds / 60)

    @property
    def place(self) -> str:
        """Where the files ask for it."""
        source = self.item.source
        return f"{source.file}:{source.line}" if source else ""

    @property
    def filters(self) -> str:
        """The filters that select exactly its users; empty if names are ticked."""
        return ", ".join(f"{name} = {value}" for name, value in self.item.selection)


@dataclass(slots=True)
class OrderTexts:
    """Writes the items of an order for people."""

    order: WorkOrder
    plan: Plan
    catalog: Catalog
    _entries: PlanEntries = field(init=False)

    def __post_init__(self) -> None:
        """Look up the actions of the plan."""
        self._entries = PlanEntries(self.plan, self.catalog)

    def items(self) -> list[ItemText]:
        """Give the items with their numbers."""
        numbers = {item.id: number for number, item in enumerate(self.order.items, 1)}
        actions = {action.id: action for action in self.plan.actions}
        found = []
        for item in self.order.items:
            after = []
            for need in sorted(item.after, key=lambda need: (numbers.get(need, 0), need)):
                if need in numbers:
                    after.append(f"item {numbers[need]}")
                elif need in actions:
                    own = actions[need]
                    after.append(f"licsync's own {self._entries.phrases.phrase(own)} of {own.name}")
            rings = {actions[name].ring for name in item.actions if name in actions}
            mates = chain.from_iterable(self._entries.rings.get(ring or "", ()) for ring in rings)
            found.append(
                ItemText(
                    numbers[item.id],
                    item,
                    tuple(after),
                    tuple(name for name in mates if name not in item.users),
                    (*item.seen, *self._facts(item, "before")),
                    tuple(self._facts(item, "before")),
                    tuple(self._facts(item, "after")),
                )
            )
        return found

    def _facts(self, item: WorkItem, side: str) -> Iterator[str]:
        """List what to see before or after, one line for all resources that have the same."""

        def is_redundant(fact: Expectation) -> bool:
            is_of_user = fact.path in ("licenses", "site")  # the line of the user says it
            return side == "before" and bool(item.seen) and is_of_user

        is_about_one = len({fact.resource for fact in item.expectations}) == 1
        for title, text, names in equal_facts(item, side, self.catalog, is_redundant):
            everybody = set(names) >= set(item.users) and len(names) > 1
            of = "all of them" if everybody else words.first_few(names, 5)
            yield f"{title}: {text}" if is_about_one else f"{title}: {text} ({of})"

    introduction = (
        "Do the items in 8x8's console, from top to bottom. Then export again: licsync verifies "
        "each item."
    )

    @property
    def nothing(self) -> str:
        """What an order without items says."""
        if has_errors(self.plan.diagnostics) and not self.plan.actions:
            return "There is no plan. Fix the errors first."
        return "There is nothing to do by hand."

    def by_template(self) -> str:
        """Say how to create new users by one upload; empty if there is nothing to gain."""
        pages = [item for item in self.order.items if item.kind == "user"]
        facts = chain.from_iterable(item.expectations for item in pages)
        number = sum((fact.path, fact.after) == ("exists", True) for fact in facts)
        if number < MANY_NEW or self.order.backend != "console":
            return ""
        return (
            f"The console can create the {number} new users by one upload: go to Home > Users > "
            "Bulk upload > Download .CSV template, save the file in the directory of the account, "
            "and name it there under backend.bulk_upload."
        )

    def unseen(self) -> str:
        """Say how many items licsync cannot verify; empty if there are none."""
        number = sum(item.unseen for item in self.order.items)
        return f"No export shows {words.count(number, 'item')}." if number else ""

    def confirm(self) -> str:
        """Give the command that confirms what is not shown."""
        return f"{CONFIRM} {self.plan.directory or 'DIR'}"

    def later(self) -> list[tuple[str, str, str]]:
        """List what later plans do, as day, verb and name."""
        rows = tables.schedule_cells(self.plan, verbose=True)[1:]
        return [(day, verb, name) for day, verb, name, _ in rows]


def work_order_markdown(order: WorkOrder, plan: Plan, catalog: Catalog) -> str:
    """Write a work order as a Markdown checklist, in the order of execution."""
    texts = OrderTexts(order, plan, catalog)
    parts = [f"# Work order: {code_span(order.account)}"]
    if not order.items:
        parts.append(texts.nothing)
    else:
        parts.append(f"**{escape_markdown(_sentence(order.summary()))}**")
        made = f"From the plan of {words.instant(order.created_at)}."
        parts.append(escape_markdown(f"{made} {texts.introduction}"))
    if hint := texts.by_template():
        parts.append(escape_markdown(hint))
    if limits := texts.unseen():
        request = escape_markdown(f"{limits} When they are done, confirm them with")
        parts.append(f"{request} {code_span(texts.confirm())}.")
    parts += [_block(text) for text in texts.items()]
    if later := texts.later():
        rows = (
            f"- {escape_markdown(day)}: {escape_markdown(verb)} {code_span(name)}"
            for day, verb, name in later
        )
        parts += ["## Scheduled for later", "\n".join(rows)]
    return "\n\n".join((*parts, f"Plan: {code_span(order.plan_digest)}")) + "\n"


def _sentence(text: str) -> str:
    return f"{capitalized(text)}."


def _block(text: ItemText) -> str:
    item = text.item
    about = [f"about {text.minutes}", *([text.place] if text.place else ())]
    parts = [f"## {text.number}. {escape_markdown(item.title)}", escape_markdown(" · ".join(about))]
    if text.after:
        parts.append(f"After {escape_markdown(words.sentence(text.after))}.")
    if text.swap_with:
        users = escape_markdown(words.sentence(text.swap_with))
        parts.append(f"Part of a swap with {users}: do these items in direct succession.")
    if item.why:
        parts.append(f"Why: {escape_markdown(item.why)}")
    if len(item.users) > 1:
        if text.filters:
            parts.append(
                f"If the list has these filters, they select exactly these "
                f"{len(item.users)} users: {escape_markdown(text.filters)}. Otherwise tick them."
            )
        people = item.seen if len(item.seen) == len(item.users) else item.users
        before = ", as the console shows them before" if people is item.seen else ""
        parts += _listed(f"Users{before}", people)
    parts += _listed("Before", text.before if len(item.users) < 2 else text.facts_before)
    parts.append("\n".join(f"- [ ] {escape_markdown(step)}" for step in item.steps))
    parts += _listed("After", text.then)
    for label, lines in (("Kept", item.kept), ("Changes", item.changed), ("Lost", item.lost)):
        if lines:
            parts.append(f"{label}: {escape_markdown('; '.join(lines))}.")
    if item.unseen:
        parts.append("No export shows whether this is done. Confirm it when it is.")
    return "\n\n".join(parts)


def _listed(label: str, lines: Iterable[str]) -> list[str]:
    found = "\n".join(f"- {escape_markdown(line)}" for line in lines)
    return [f"{label}:\n\n{found}"] if found else []
