"""Makes the work order of a plan: what people do, item by item, in an order that is safe."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import cast

from licsync.model.bulk_edit import BulkField, offered_fields
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory
from licsync.model.labels import label, sentence, value
from licsync.model.throughput import CONSOLE_EFFORT, ConsoleEffort, Effort
from licsync.planning.actions import Action, AnyChange
from licsync.planning.licenses.settings import is_further
from licsync.planning.manual.sentences import asks_billing, bulk_edit_steps, joined_steps
from licsync.planning.manual.visits import Piece, Visit, joined, steps_of, user_piece
from licsync.planning.plan import Plan
from licsync.planning.work_order.facts import (
    HeldLicenses,
    automatic_lines,
    change_lines,
    facts_of,
    labels_of,
    seen_user,
    shown_changes,
)
from licsync.planning.work_order.grouping import Setting, fewest_clicks
from licsync.planning.work_order.parts import Part, opens_page, parts_of
from licsync.planning.work_order.records import Expectation, ItemKind, WorkItem, WorkOrder
from licsync.planning.work_order.selection import UserFilters
from licsync.planning.work_order.sequence import PartGroup, group_parts, in_order
from licsync.planning.work_order.titles import (
    names_of,
    phrase,
    resource_title,
    upload_title,
    user_title,
)
from licsync.planning.work_order.uploads import NO_UPLOAD, UploadColumns

UPLOAD_STEPS = (
    "Go to Home > Users and click Bulk upload.",
    "Choose the file that licsync has filled in: new-users.csv of licsync apply, or FILE of "
    "licsync plan DIR --bulk-upload FILE. Then click Validate and Process.",
    "Look at the result on the page Tasks: nothing is created before every row is valid.",
)
"""How a file of new users is uploaded (BULKUP)."""


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


@dataclass(slots=True)
class _Draft:
    """What an item says, before it is known what it waits for."""

    kind: ItemKind
    title: str
    steps: Sequence[str]
    effort: Effort
    selection: tuple[tuple[str, str], ...] = ()


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
        self.effort = effort
        self.fields = fields
        self.alone = alone
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
        draft = self._draft(group, parts, users)
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
        after = {part.user: self.held.of(part.action) for part in parts if part.user}
        facts += [
            Expectation(
                resource, "licenses", before[user], after[user], automatic=self._automatic(user)
            )
            for resource in resources
            if before[user := resource.partition("/")[2]] != after[user]
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

    def _draft(self, group: PartGroup, parts: Sequence[Part], users: tuple[str, ...]) -> _Draft:
        if group.kind == "upload":
            effort = self.effort.upload.plus(self.effort.row.times(len(users)))
            return _Draft("upload", upload_title(parts, users), UPLOAD_STEPS, effort)
        if group.kind == "bulk":
            return self._bulk_draft(parts, users)
        if group.kind == "user":
            return self._user_draft(parts, users[0])
        if group.kind == "ring":
            return self._ring_draft(parts[0])
        return self._resource_draft([part.action for part in parts])

    def _bulk_draft(self, parts: Sequence[Part], users: tuple[str, ...]) -> _Draft:
        changes = _settings_of(parts)
        steps = bulk_edit_steps(users, changes)
        unsure = [label(c.path) for c in changes if not self.fields[c.path].is_certain]
        if unsure:
            steps.append(
                f"If the {sentence(unsure)} cannot be edited there, "
                "set it on the page of each user."
            )
        selection = self.filters.exactly(users) if self.filters is not None else ()
        what = sentence(label(change.path) for change in changes)
        title = f"Set the {what} of {len(users)} users"
        if len(changes) == 1:
            title += f" to {value(changes[0].path, changes[0].after)}"
        effort = self.effort.bulk_edit.plus(
            self.effort.bulk_field.times(len(changes)), self.effort.tick.times(len(users))
        )
        return _Draft("bulk_edit", title, steps, effort, selection)

    def _user_draft(self, parts: Sequence[Part], name: str) -> _Draft:
        pieces = list(self._pieces(parts))
        effort = Effort(0, 0).plus(*map(self._effort_of, joined(pieces)))
        return _Draft("user", user_title(name, parts, self.titles), steps_of(pieces), effort)

    def _pieces(self, parts: Sequence[Part]) -> Iterator[Piece]:
        """Give what to do for each action of a user, in the order of the plan."""
        by_action: dict[str, list[Part]] = {}
        for part in sorted(parts, key=_order_of_part):
            by_action.setdefault(part.action.id, []).append(part)
        for own in by_action.values():
            action = own[0].action
            moved = [p for p in own if p.setting in self.alone.get(action.name, ())]
            if moved:
                yield Visit(action.name, first=bulk_edit_steps([action.name], _settings_of(moved)))
            rest = [part for part in own if part not in moved]
            here = [change for part in rest for change in part.changes]
            if rest:
                done = [c for c in action.changes if c not in here]
                yield user_piece(*self._shown(action, done))

    def _shown(self, action: Action, done: Collection[AnyChange]) -> tuple[Action, list[AnyChange]]:
        changes = tuple(shown_changes(self.plan, action.changes))
        left = [
            shown for change, shown in zip(action.changes, changes, strict=True) if change in done
        ]
        return replace(action, changes=changes), left

    def _effort_of(self, piece: Piece) -> Effort:
        effort = self.effort
        if not isinstance(piece, Visit):
            return effort.menu
        fields = sum(len(changes) for changes in piece.entries.values())
        found = [effort.field.times(fields), effort.license.times(len(piece.chosen))]
        if piece.opens:
            found.append(effort.create if piece.is_new else effort.visit)
        if piece.inactive:  # a new user is active until it is deactivated
            found.append(effort.menu.times(1 if piece.is_new else 2))
        if piece.first:
            fields_there = sum(step.startswith("Under ") for step in piece.first)
            found += [effort.bulk_edit, effort.tick, effort.bulk_field.times(fields_there)]
        found += [effort.request.times(len(piece.then))]
        return Effort(0, 0).plus(*found)

    def _ring_draft(self, part: Part) -> _Draft:
        action = part.action
        is_release = part.role == "release"
        steps = action.first_steps if is_release else action.steps
        text = phrase(part, self.titles)
        title = (
            f"{action.name}: release first, to {text}" if is_release else f"{action.name}: {text}"
        )
        effort = self.effort.visit.plus(self.effort.license, self.effort.field.times(2))
        return _Draft("user", title, steps, effort)

    def _resource_draft(self, actions: Sequence[Action]) -> _Draft:
        asked = any(map(asks_billing, actions))
        actions = sorted(actions, key=lambda action: action.steps[2:3])  # type by type
        steps = joined_steps(action.steps for action in actions)
        title = resource_title(actions, self.titles, self.plan)
        if asked:
            return _Draft("billing", title, steps, self.effort.request)
        effort = self.effort.page.plus(self.effort.field.times(len(actions)))
        return _Draft("resource", title, steps, effort)


def _order_of_part(part: Part) -> tuple[bool, int]:
    """Order the parts of one user: as in the plan, but a move to another PBX comes last."""
    page = part.action.page
    return page is not None and page.other_pbx, part.place


def _settings_of(parts: Iterable[Part]) -> list[AnyChange]:
    """Give one change for each value that a bulk edit sets."""
    found = {part.setting.path: part.changes[0] for part in parts if part.setting is not None}
    return [found[path] for path in sorted(found)]


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
