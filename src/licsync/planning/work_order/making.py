"""Makes the work order of a plan: what people do, item by item, in an order that is safe."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import cast

from licsync.model.bulk_edit import BulkField, offered_fields
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory
from licsync.model.throughput import CONSOLE_EFFORT, ConsoleEffort
from licsync.planning.licenses.settings import is_further
from licsync.planning.plan import Plan
from licsync.planning.work_order.drafts import DraftWriter
from licsync.planning.work_order.facts import (
    HeldLicenses,
    automatic_lines,
    change_lines,
    facts_of,
    labels_of,
    seen_user,
)
from licsync.planning.work_order.grouping import Setting, fewest_clicks
from licsync.planning.work_order.parts import Part, opens_page, parts_of
from licsync.planning.work_order.records import Expectation, WorkItem, WorkOrder
from licsync.planning.work_order.selection import UserFilters
from licsync.planning.work_order.sequence import PartGroup, group_parts, in_order
from licsync.planning.work_order.titles import (
    names_of,
)
from licsync.planning.work_order.uploads import NO_UPLOAD, UploadColumns


def make_work_order(
    plan: Plan,
    desired: Desired,
    inventory: Inventory | None = None,
    *,
    columns: UploadColumns = NO_UPLOAD,
) -> WorkOrder:
    """Say what people have to do for a plan.

    Args:
        plan: the plan. Its manual actions are the work.
        desired: the license types, and what the account says about its console.
        inventory: what the plan was made of. Without it, or where it lacks users, no filters are
            given: the names are ticked.
        columns: what the template of the bulk upload can set for a new user. Without a template
            users are created one by one, and so they are where that takes fewer clicks.
    """
    settings = desired.account.get("backend") or {}
    # as the declarations say, which these modules do not know
    figures = cast(Mapping[str, Mapping[str, int]], settings.get("effort", {}))
    effort = CONSOLE_EFFORT.with_own(figures)
    order = _order_with(plan, desired, inventory, columns, effort)
    new = sum(len(item.users) for item in order.items if item.kind == "upload")
    # with these figures each row saves a click at least; a site that is no column costs a bulk edit
    is_cheap = not effort.row.clicks and effort.create.clicks >= effort.visit.clicks
    if new and not (is_cheap and "site" in columns.paths and new >= effort.upload.clicks):
        other = _order_with(plan, desired, inventory, NO_UPLOAD, effort)
        return min(order, other, key=lambda found: sum(item.clicks for item in found.items))
    return order


def _order_with(
    plan: Plan,
    desired: Desired,
    inventory: Inventory | None,
    columns: UploadColumns,
    effort: ConsoleEffort,
) -> WorkOrder:
    settings = desired.account.get("backend") or {}
    fields = offered_fields(cast(Mapping[str, bool], settings.get("bulk_edit", {})))
    parts = parts_of(plan, fields, columns)
    cells: dict[str, set[Setting]] = {}
    for part in parts.values():
        if part.setting is not None:
            cells.setdefault(part.user, set()).add(part.setting)
    visited = {part.user for part in parts.values() if opens_page(part)}
    wanted = {name: frozenset(values) for name, values in cells.items()}
    bulk = fewest_clicks(wanted, visited, effort)
    groups = in_order(group_parts(parts.values(), bulk))
    alone = {group.users[0]: group.settings for group in bulk if len(group.users) == 1}
    writer = _Writer(plan, desired, inventory, effort, fields, alone)
    items = tuple(item for group in groups for item in writer.items(group))
    return WorkOrder(
        plan.account, plan.backend, plan.digest, plan.created_at, _with_order(items, writer)
    )


class _Writer:
    """Writes the items, in the order in which people do them."""

    def __init__(
        self,
        plan: Plan,
        desired: Desired,
        inventory: Inventory | None,
        effort: ConsoleEffort,
        fields: Mapping[str, BulkField],
        alone: Mapping[str, frozenset[Setting]],
    ):
        self.plan = plan
        self.inventory = inventory
        self.catalog = desired.catalog
        self.titles = {key: desired.catalog.title(key) for key in desired.catalog.types}
        self.held = HeldLicenses(plan)
        self.users = {
            name.casefold(): user.get("licenses") or () for name, user in desired.users.items()
        }
        units = inventory.licenses.values() if inventory is not None else ()
        owned = {unit["type"] for unit in units}
        self.owned_automatic = [k for k in self.catalog.automatic_types() if k in owned]
        self.filters: UserFilters | None = None
        if inventory is not None and inventory.user_count == len(inventory.users):
            self.filters = UserFilters(inventory, self.titles)
        self.drafts = DraftWriter(plan, self.titles, effort, fields, alone, self.filters)
        self.home: dict[str, str] = {}
        self.needs: dict[str, set[str]] = {}

    def items(self, group: PartGroup) -> Iterator[WorkItem]:
        """Write the items of a group."""
        if group.kind == "own":
            for part in group.parts:
                self.home[part.key] = part.action.id
                self._follow(part)
            return
        several = [(part,) for part in group.parts] if group.kind == "ring" else [group.parts]
        for number, parts in enumerate(several):
            yield self._item(group, parts)
            if number:  # those of a ring are done in direct succession
                self.needs[self.home[parts[0].key]].add(self.home[several[number - 1][0].key])

    def _item(self, group: PartGroup, parts: Sequence[Part]) -> WorkItem:
        keys = "\n".join((self.plan.digest, *sorted(part.key for part in parts)))
        name = f"w-{sha256(keys.encode()).hexdigest()[:12]}"
        users = names_of(parts)
        draft = self.drafts.draft(group, parts, users)
        before = {part.user: self.held.of(part.action) for part in parts if part.user}
        seen = tuple(self._seen(parts, before))
        facts = [
            self._named(fact)
            for part in parts
            for fact in facts_of(part, self.plan, self.owned_automatic)
        ]
        for part in parts:
            self.home[part.key] = name
            self._follow(part)
        resources = dict.fromkeys(part.action.resource for part in parts if part.user)
        again = {part.user for part in parts if part.action.page and part.action.page.reassigns}
        after = {part.user: self.held.of(part.action) for part in parts if part.user}
        facts += [
            Expectation(
                resource, "licenses", before[user], after[user], automatic=self._automatic(user)
            )
            for resource in resources
            if before[user := resource.partition("/")[2]] != after[user] or user in again
        ]
        facts = [self._placed(fact, before, after) for fact in facts]
        self.needs[name] = {need for part in parts for need in part.needs}
        actions = list(dict.fromkeys(part.action.id for part in parts))
        first = parts[0].action
        every = [part.action for part in parts]
        return WorkItem(
            id=name,
            kind=draft.kind,
            title=draft.title,
            actions=tuple(actions),
            users=users,
            selection=draft.selection,
            steps=tuple(draft.steps) or ("Do this in the console.",),
            expectations=tuple(_once(facts)),
            kept=labels_of(path for action in every for path in action.kept),
            changed=(*change_lines(parts, self.plan), *automatic_lines(parts, self.titles)),
            lost=labels_of(path for action in every for path in action.lost),
            why="; ".join(dict.fromkeys(action.why for action in every if action.why)),
            source=first.source,
            seconds=draft.effort.seconds,
            clicks=draft.effort.clicks,
            unseen=any(action.unseen for action in every),
            seen=seen,
        )

    def _seen(self, parts: Sequence[Part], held: Mapping[str, Sequence[str]]) -> Iterator[str]:
        """Say how the console shows each user before an item, who is there by then."""
        for user in dict.fromkeys(part.user for part in parts if part.user):
            own = [part for part in parts if part.user == user]
            if any(part.action.verb == "create" for part in own):
                continue
            listed = names_of(own)[0]
            known: dict[str, object] = {**self.plan.people.get(user, {})}
            if self.inventory is not None:
                known |= self.inventory.users.get(listed, {})
            for part in own:
                known |= {change.path: change.before for change in part.changes}
            yield seen_user(listed, known, held[user], self.titles)

    def _follow(self, part: Part) -> None:
        self.held.change(part)
        if self.filters is not None:
            self.filters.change(part, self.held.of(part.action))

    def _placed(
        self,
        fact: Expectation,
        before: Mapping[str, Sequence[str]],
        after: Mapping[str, Sequence[str]],
    ) -> Expectation:
        """Mark a setting of a license beside the phone license of its user."""
        if not fact.license:
            return fact
        user = fact.resource.partition("/")[2]
        held = {kind.partition(":")[0] for side in (before, after) for kind in side.get(user, ())}
        is_beside = is_further(self.catalog, fact.license.partition(":")[0], held)
        return replace(fact, is_further=True) if is_beside else fact

    def _named(self, fact: Expectation) -> Expectation:
        """Name the license that a fact is about, if licsync made up its id."""
        section, _, name = fact.resource.partition("/")
        if section != "licenses":
            return fact
        record = self.inventory.licenses.get(name) if self.inventory is not None else None
        kinds = {record["type"]} if record is not None else set()
        fact = replace(fact, automatic=tuple(kinds.intersection(self.owned_automatic)))
        unit = self.plan.unnamed.get(name)
        if unit is None:
            return fact
        return replace(
            fact, name=f"{self.titles.get(unit['type'], unit['type'])} {unit['country']}"
        )

    def _automatic(self, user: str) -> tuple[str, ...]:
        """List the license types that the console manages for a user, unless the files do."""
        declared = {entry["type"] for entry in self.users.get(user.casefold(), ())}
        return tuple(kind for kind in self.owned_automatic if kind not in declared)


def _once(facts: Iterable[Expectation]) -> list[Expectation]:
    found: list[Expectation] = []
    for fact in facts:
        if fact not in found:
            found.append(fact)
    return found


def _with_order(items: Iterable[WorkItem], writer: _Writer) -> tuple[WorkItem, ...]:
    """Name in each item what must come first."""
    return tuple(
        replace(item, after=tuple(sorted(
            {writer.home.get(need, need) for need in writer.needs[item.id]} - {item.id}
        )))
        for item in items
    )  # fmt: skip
