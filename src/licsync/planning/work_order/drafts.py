"""Says how an item of a work order reads: its title and steps, and what it takes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from licsync.model.bulk_edit import BulkField
from licsync.model.labels import label, sentence, value
from licsync.model.throughput import ConsoleEffort, Effort
from licsync.planning.actions import Action, AnyChange
from licsync.planning.manual.sentences import asks_billing, bulk_edit_steps, joined_steps
from licsync.planning.manual.visits import Piece, Visit, joined, steps_of, user_piece
from licsync.planning.plan import Plan
from licsync.planning.work_order.facts import shown_changes
from licsync.planning.work_order.grouping import Setting
from licsync.planning.work_order.parts import Part
from licsync.planning.work_order.records import ItemKind
from licsync.planning.work_order.selection import UserFilters
from licsync.planning.work_order.sequence import PartGroup
from licsync.planning.work_order.titles import phrase, resource_title, upload_title, user_title

UPLOAD_STEPS = (
    "Go to Home > Users and click Bulk upload.",
    "Choose the file that licsync has filled in: new-users.csv of licsync apply, or FILE of "
    "licsync plan DIR --bulk-upload FILE. Then click Validate and Process.",
    "Look at the result on the page Tasks: nothing is created before every row is valid.",
)
"""How a file of new users is uploaded (BULKUP)."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What an item says, before it is known what it waits for."""

    kind: ItemKind
    title: str
    steps: Sequence[str]
    effort: Effort
    selection: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class DraftWriter:
    """Writes drafts of items.

    Attributes:
        plan: the plan.
        titles: the names of the license types.
        effort: how long the steps take.
        fields: what a bulk edit offers.
        alone: the settings of each user that are edited in bulk for that user only.
        filters: finds filters of the console for users; None if that is unknown.
    """

    plan: Plan
    titles: Mapping[str, str]
    effort: ConsoleEffort
    fields: Mapping[str, BulkField]
    alone: Mapping[str, frozenset[Setting]]
    filters: UserFilters | None

    def draft(self, group: PartGroup, parts: Sequence[Part], users: tuple[str, ...]) -> Draft:
        """Write the draft of an item that does parts of a group."""
        if group.kind == "upload":
            effort = self.effort.upload.plus(self.effort.row.times(len(users)))
            return Draft("upload", upload_title(parts, users), UPLOAD_STEPS, effort)
        if group.kind == "bulk":
            return self._bulk_draft(parts, users)
        if group.kind == "user":
            return self._user_draft(parts, users[0])
        if group.kind == "ring":
            return self._ring_draft(parts[0])
        return self._resource_draft([part.action for part in parts])

    def _bulk_draft(self, parts: Sequence[Part], users: tuple[str, ...]) -> Draft:
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
        return Draft("bulk_edit", title, steps, effort, selection)

    def _user_draft(self, parts: Sequence[Part], name: str) -> Draft:
        pieces = list(self._pieces(parts))
        effort = Effort(0, 0).plus(*map(self._effort_of, joined(pieces)))
        return Draft("user", user_title(name, parts, self.titles), steps_of(pieces), effort)

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

    def _ring_draft(self, part: Part) -> Draft:
        action = part.action
        is_release = part.role == "release"
        steps = action.first_steps if is_release else action.steps
        text = phrase(part, self.titles)
        title = (
            f"{action.name}: release first, to {text}" if is_release else f"{action.name}: {text}"
        )
        effort = self.effort.visit.plus(self.effort.license, self.effort.field.times(2))
        return Draft("user", title, steps, effort)

    def _resource_draft(self, actions: Sequence[Action]) -> Draft:
        asked = any(map(asks_billing, actions))
        actions = sorted(actions, key=lambda action: action.steps[2:3])  # type by type
        steps = joined_steps(action.steps for action in actions)
        title = resource_title(actions, self.titles, self.plan)
        if asked:
            return Draft("billing", title, steps, self.effort.request)
        effort = self.effort.page.plus(self.effort.field.times(len(actions)))
        return Draft("resource", title, steps, effort)


def _order_of_part(part: Part) -> tuple[bool, int]:
    """Order the parts of one user: as in the plan, but a move to another PBX comes last."""
    page = part.action.page
    return page is not None and page.other_pbx, part.place


def _settings_of(parts: Iterable[Part]) -> list[AnyChange]:
    """Give one change for each value that a bulk edit sets."""
    found = {part.setting.path: part.changes[0] for part in parts if part.setting is not None}
    return [found[path] for path in sorted(found)]
