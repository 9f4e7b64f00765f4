"""The entries of a plan for every medium: one per user or resource, removals first.

Entries hold unescaped text; each medium escapes what it writes. The order of entries is for
reading; the plan's own order is the execution order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from functools import cached_property, partial
from typing import Any, NamedTuple

from msgspec import Struct, field

from licsync.model.backend_types import CONSOLE
from licsync.model.catalog import Catalog
from licsync.planning.actions import Action, AnyChange, UnitChange, UnitRef, blocked_by_manual
from licsync.planning.plan import Plan
from licsync.planning.user_effects import units_taken
from licsync.views import phrases as words
from licsync.views.plan.entry import Detail, Entry, rank, reading_order, symbol_of, tone_of
from licsync.views.plan.units import UnitNames
from licsync.views.policy_restrictions import RESTRICTIONS

_INLINE = 56
"""The longest change that fits into the headline; longer ones get their own line."""


class _SharedText(NamedTuple):
    """The text that equal actions share; `before` and `behind` surround the line of a swap."""

    alike: str
    general: str
    before: tuple[Detail, ...]
    behind: tuple[Detail, ...]


class PlanEntries(Struct, dict=True):
    """A plan with everything that its entries are made from."""

    plan: Plan
    catalog: Catalog
    verbose: bool = False
    _known: dict[Hashable, _SharedText] = field(default_factory=dict)

    @cached_property
    def units(self) -> UnitNames:
        """Names of the plan's units."""
        return UnitNames(self.plan, self.catalog)

    @cached_property
    def rings(self) -> dict[str, list[str]]:
        """The users of each swap or ring, by its name."""
        rings: dict[str, list[str]] = defaultdict(list)
        for action in self.plan.actions:
            if action.ring and action.name not in rings[action.ring]:
                rings[action.ring].append(action.name)
        return rings

    @cached_property
    def given_up(self) -> frozenset[str | None]:
        """Ids of the units that their users release."""
        return frozenset(ref.id for action in self.plan.actions for ref in units_taken(action))

    @cached_property
    def contacts(self) -> frozenset[str]:
        """The resources of the users that the plan creates without a license."""
        with_license = {action.resource for action in self.plan.actions if action.kind == "license"}
        created = {action.resource for action in self.plan.actions if action.label == "user.create"}
        return frozenset(created - with_license)

    @cached_property
    def waiting(self) -> frozenset[str]:
        """Ids of the actions that manual steps block, directly or through other actions."""
        return frozenset(action.id for action in blocked_by_manual(self.plan.actions))

    def entries(self) -> list[Entry]:
        """Make the entries, removals first: one per user or, if verbose, one per action."""
        groups: dict[object, list[Action]] = defaultdict(list)
        for position, action in enumerate(self.plan.actions):
            groups[position if self.verbose else action.resource].append(action)
        return sorted((self.entry(actions) for actions in groups.values()), key=reading_order)

    def entry(self, actions: list[Action]) -> Entry:
        """Make the entry of actions on one resource."""
        main = actions[0]
        if len(actions) > 1:
            main = min(actions, key=lambda action: rank(action.label))
            if main.verb != "delete":
                actions = [main, *(action for action in actions if action is not main)]
        label, shared = main.label, [self._alike(action) for action in actions]
        tone = tone_of(label)
        if tone != "takes" and any([action.lost for action in actions]):
            tone = "takes"
        source = main.source or next((a.source for a in actions if a.source), None)
        return Entry(
            label=label,
            tone=tone,
            symbol=symbol_of(label),
            subject=self._subject(main),
            tell=partial(self._phrases, actions),
            alike=", ".join([one.alike for one in shared]),
            general=", ".join([one.general for one in shared]),
            details=self._details(actions, shared),
            source=f"{source.file}:{source.line}" if source else "",
            resource=main.resource,
        )

    def _subject(self, action: Action) -> str:
        match action.kind:
            case "user":
                return action.name
            case "license" if action.resource.startswith("users/"):
                return action.name
            case "license":
                return f"license {self.units.name(action.name)}"
            case "policy":
                return f"policy {action.name}"
            case _:
                return f"{action.kind.replace('_', ' ')} {action.name}"

    def _phrases(self, actions: Sequence[Action]) -> tuple[str, ...]:
        return tuple(self._headline(action) for action in actions)

    def _alike(self, action: Action) -> _SharedText:
        """Give the text that an action shares with equal actions, from the cache if possible."""
        shape = None if self.verbose else _shared_key(action, waits=action.id in self.waiting)
        if shape and action.label == "user.create":
            shape = shape, action.resource in self.contacts
        found = self._known.get(shape) if shape else None
        if found is None:
            found = _SharedText(
                self._headline(action, units=False),
                self._headline(action, units=False, values=False),
                tuple(dict.fromkeys(self._what_changes(action))),
                tuple(self._how(action)),
            )
            if shape:
                self._known[shape] = found
        return found

    def _details(
        self, actions: Sequence[Action], shared: Sequence[_SharedText]
    ) -> tuple[Detail, ...]:
        if len(shared) == 1 and not actions[0].ring and not self.verbose:
            return shared[0].before + shared[0].behind
        found: list[Detail] = []
        for action, one in zip(actions, shared, strict=True):
            found += one.before
            found += self._swap(action) if action.ring else ()
            found += one.behind
            found += self._verbose_details(action) if self.verbose else ()
        return tuple(dict.fromkeys(found))

    # --- the headline -----------------------------------------------------------------------------

    def _headline(self, action: Action, *, units: bool = True, values: bool = True) -> str:
        return self.phrase(action, units=units, values=values) + (
            " (manual)" if action.manual else ""
        )

    def phrase(self, action: Action, *, units: bool = True, values: bool = True) -> str:
        """Describe an action in one phrase, with or without unit ids and values."""
        parts = [action.verb]
        if action.kind == "license":
            parts[0] += f" {self._licenses(action)}"
            parts += self._units(action) if units else ()
            moves = (c for c in action.changes if c.path == "service_address" and c.license is None)
            parts += [self._move(change) for change in moves]
        elif action.label == "user.create" and action.resource in self.contacts:
            parts[0] += f" as {CONTACT}"
        elif action.verb == "suspend" and (held := self._held(action)):
            kept = words.first_few(self.units.counted(held), 3) if units else "all licenses"
            parts.append(f"keeps {kept}, unusable until reactivated")
        elif action.verb == "rename" and action.changes and values:
            parts[0] += f" {_renaming(action, action.changes[0])}"
        elif values and (inline := self._inline(action)) is not None:
            parts[0] += f" {words.label(inline.path)} {self._change_text(inline)}"
        elif action.verb == "update":
            own = [c for c in action.changes if not _is_beside(action, c)]
            parts[0] += f" {words.sentence(dict.fromkeys(words.label(c.path) for c in own))}"
        elif action.kind == "service_address" and action.verb == "create":
            parts.append(words.postal(self.plan.addresses.get(action.name)))
        return " · ".join(part for part in parts if part)

    def _held(self, action: Action) -> list[str]:
        """The units that a suspended user keeps: those that the plan does not release."""
        return [unit for unit in action.units if unit not in self.given_up]

    def _licenses(self, action: Action) -> str:
        old, new = action.origin, action.license
        if old is None or new is None:
            only = new or old
            return self.catalog.pool_name(only.type, only.country) if only else ""
        if old.country == new.country:
            after = self.catalog.pool_name(new.type, new.country)
            return f"{self.catalog.title(old.type)} → {after}"
        return " → ".join(self.catalog.pool_name(unit.type, unit.country) for unit in (old, new))

    def _units(self, action: Action) -> Iterator[str]:
        if action.license is not None and action.license.id is None:
            yield "none available"
        elif action.resource.startswith("users/") and (self.verbose or action.verb != "assign"):
            ids = [unit.id for unit in (action.origin, action.license) if unit and unit.id]
            is_moved = any(change.path == "service_address" for change in action.changes)
            yield from self.units.replaced(ids, is_moved=is_moved)

    def _move(self, change: AnyChange) -> str:
        names = [
            self.units.places.get(str(place), str(place))
            for place in (change.before, change.after)
            if place
        ]
        return " → ".join(names)

    def _inline(self, action: Action) -> AnyChange | None:
        """The only change of an action, if it is short enough for the headline."""
        own = [c for c in action.changes if not _is_beside(action, c)]
        if action.verb != "update" or len(own) != 1:
            return None
        only = own[0]
        return only if len(self._change_text(only)) <= _INLINE else None

    def _change_text(self, change: AnyChange) -> str:
        if change.path == "service_address":
            return self._move(change)
        return words.change(change.path, change.before, change.after)

    # --- the lines below --------------------------------------------------------------------------

    def _what_changes(self, action: Action) -> Iterator[Detail]:
        lost = {
            c.path: c
            for c in action.changes
            if c.path in action.lost or self._is_released(action, c)
        }
        several = (
            len({c.license for c in action.changes if c.license and not _is_beside(action, c)}) > 1
        )
        for change in action.changes:
            if _is_beside(action, change):
                yield from self._automatic(action, change)
            elif change.path not in lost and self._is_shown(action, change):
                owner = change.license if several else None
                note = self.units.title(owner) if owner else _note(change)
                yield Detail(words.label(change.path), self._change_text(change), note)
        off = {name.partition(":")[0] for name in action.available}
        if kept := [
            words.label(path) for path in action.kept if path.rpartition(".")[2] not in off
        ]:
            yield Detail("kept", ", ".join(kept))
        if paths := list(dict.fromkeys((*lost, *action.lost))):
            gone = [
                words.brief_setting(path, lost[path].before if path in lost else None)
                for path in paths
            ]
            is_explained = action.verb == "unassign" or action.consent
            note = "" if is_explained else "not restored automatically"
            yield Detail("lost", ", ".join(gone), note, "loss")
        if action.consent:
            yield Detail("consent", _CONSENT.get(action.consent, action.consent))
        if action.available:
            available = ", ".join(map(words.label, action.available))
            yield Detail("newly available, off", available)

    def _swap(self, action: Action) -> Iterator[Detail]:
        if others := [
            name for name in self.rings.get(action.ring or "", ()) if name != action.name
        ]:
            given_up = "license" if action.kind == "license" else "number"
            note = f"releases its {given_up} first" if action.split else ""
            yield Detail("swap", f"with {words.first_few(others, 3)}", note)

    def _how(self, action: Action) -> Iterator[Detail]:
        if action.manual and self.plan.backend == CONSOLE.name:
            # there, nearly everything is manual
            if action.unseen:
                yield Detail("unseen", "no export has shown it", "confirm it afterwards")
        elif action.manual:
            seen = "confirm it afterwards" if action.unseen else ""
            yield Detail("manual", "do this in the console: --format runbook", seen)
        elif action.id in self.waiting:
            yield Detail("blocked", "until the manual steps are done")
        if action.why:
            yield Detail("why", action.why)

    def _automatic(self, action: Action, change: AnyChange) -> Iterator[Detail]:
        """Describe a unit that 8x8 adds or removes automatically, and its move to the user."""
        if not isinstance(change, UnitChange):
            return
        unit = change.unit
        sign = "+" if change.arrives else "-"
        text = f"{sign} {self.units.coming(unit.id)}" if unit.id else "none available"
        moves = [
            c
            for c in action.changes
            if c.path == "service_address" and c.license and c.license == unit.id
        ]
        text = " · ".join((text, *map(self._move, moves)))
        yield Detail(
            self.catalog.pool_name(unit.type, unit.country),
            text,
            "automatic, with the phone numbers",
        )

    def _is_released(self, action: Action, change: AnyChange) -> bool:
        return change.reason == "released" and (self.verbose or action.verb != "delete")

    def _is_shown(self, action: Action, change: AnyChange) -> bool:
        if change.path == "service_address" and action.kind == "license":
            return False
        if self.verbose:
            return True
        if change is self._inline(action) or action.kind == "service_address":
            return False
        return (
            change.reason == "automatic"
            or action.label == "policy.create"
            or action.verb not in _SAYS_ALL
        )

    def _verbose_details(self, action: Action) -> Iterator[Detail]:
        for number, step in enumerate((*action.first_steps, *action.steps), 1):
            yield Detail(f"step {number}", step)
        if action.units and action.verb != "suspend":
            yield Detail("units", ", ".join(self.units.counted(action.units)))
        after = f" after {', '.join(action.needs)}" if action.needs else ""
        ring = f", within {action.ring}" if action.ring else ""
        yield Detail("action", f"{action.id}{after}{ring}")


def _shared_key(action: Action, *, waits: bool) -> Hashable:
    """Give all that `_alike` reads of an action, or None if no other action equals it."""
    if action.units or action.kind == "service_address" or action.verb == "rename":
        return None
    if action.changes and any([c.license for c in action.changes]):
        return None
    return (
        action.kind,
        action.verb,
        (action.origin.type, action.origin.country) if action.origin else None,
        (action.license.type, action.license.country) if action.license else None,
        tuple(
            [(c.path, _hashable(c.before), _hashable(c.after), c.reason) for c in action.changes]
        ),
        (*action.kept, None, *action.lost, None, *action.available),
        (action.manual, action.unseen, waits),
        action.consent,
        action.why,
    )


def _hashable(value: Any) -> Hashable:
    return value if value is None or isinstance(value, str) else (repr(value),)


def _is_beside(action: Action, change: AnyChange) -> bool:
    """Whether a change concerns a unit that 8x8 adds or removes beside the action's own."""
    return isinstance(change, UnitChange) or bool(
        change.license and change.license in [ref.id for ref in action.arriving_units]
    )


_CONSENT = {
    "needed": "missing: set allow_loss in the files or use --allow-loss",
    "file": "given by allow_loss in the files",
    "run": "given by --allow-loss",
}

CONTACT = "contact (no license)"
"""The term for a user without a license."""

_SAYS_ALL = ("create", "assign", "rename", "suspend", "reactivate", "reinstate", "delete")
"""Verbs that need no details; only verbose output lists their changes."""


def _renaming(action: Action, change: AnyChange) -> str:
    return f"from {change.before}" if change.after == action.name else f"to {change.after}"


def _note(change: AnyChange) -> str:
    if change.path.startswith("settings.") and change.after is True:
        return RESTRICTIONS.get(change.path.removeprefix("settings."), "")
    return {"automatic": "changes automatically", "default": "by default"}.get(change.reason, "")


def unit_of(action: Action) -> UnitRef | None:
    """Give the unit of an action on a license."""
    return action.license or action.origin
