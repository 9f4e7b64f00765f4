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
from licsync.planning.actions import Action, AnyChange, UnitChange, blocked_by_manual
from licsync.planning.plan import Plan
from licsync.views import phrases as words
from licsync.views.plan.action_phrases import ActionPhrases, is_beside
from licsync.views.plan.entry import Detail, Entry, rank, reading_order, symbol_of, tone_of
from licsync.views.policy_restrictions import RESTRICTIONS


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
    def phrases(self) -> ActionPhrases:
        """What each action does."""
        return ActionPhrases(self.plan, self.catalog, self.verbose)

    @cached_property
    def rings(self) -> dict[str, list[str]]:
        """The users of each swap or ring, by its name."""
        rings: dict[str, list[str]] = defaultdict(list)
        for action in self.plan.actions:
            if action.ring and action.name not in rings[action.ring]:
                rings[action.ring].append(action.name)
        return rings

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
                return f"license {self.phrases.units.name(action.name)}"
            case "policy":
                return f"policy {action.name}"
            case _:
                return f"{action.kind.replace('_', ' ')} {action.name}"

    def _phrases(self, actions: Sequence[Action]) -> tuple[str, ...]:
        return tuple(self.phrases.headline(action) for action in actions)

    def _alike(self, action: Action) -> _SharedText:
        """Give the text that an action shares with equal actions, from the cache if possible."""
        shape = None if self.verbose else _shared_key(action, waits=action.id in self.waiting)
        if shape and action.label == "user.create":
            shape = shape, action.resource in self.phrases.contacts
        found = self._known.get(shape) if shape else None
        if found is None:
            found = _SharedText(
                self.phrases.headline(action, units=False),
                self.phrases.headline(action, units=False, values=False),
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

    # --- the lines below --------------------------------------------------------------------------

    def _what_changes(self, action: Action) -> Iterator[Detail]:
        lost = {
            c.path: c
            for c in action.changes
            if c.path in action.lost or self._is_released(action, c)
        }
        several = (
            len({c.license for c in action.changes if c.license and not is_beside(action, c)}) > 1
        )
        for change in action.changes:
            if is_beside(action, change):
                yield from self._automatic(action, change)
            elif change.path not in lost and self._is_shown(action, change):
                owner = change.license if several else None
                note = self.phrases.units.title(owner) if owner else _note(change)
                yield Detail(words.label(change.path), self.phrases.change_text(change), note)
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
        if action.kind == "site" and action.units:
            followers = words.first_few(self.phrases.units.counted(action.units), 3)
            yield Detail("relocates", followers, "licenses of its users, automatically")
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
        text = f"{sign} {self.phrases.units.coming(unit.id)}" if unit.id else "none available"
        moves = [
            c
            for c in action.changes
            if c.path == "service_address" and c.license and c.license == unit.id
        ]
        text = " · ".join((text, *map(self.phrases.move, moves)))
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
        if change is self.phrases.inline(action) or action.kind == "service_address":
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
            yield Detail("units", ", ".join(self.phrases.units.counted(action.units)))
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


_CONSENT = {
    "needed": "missing: set allow_loss in the files or use --allow-loss",
    "file": "given by allow_loss in the files",
    "run": "given by --allow-loss",
}

_SAYS_ALL = ("create", "assign", "rename", "suspend", "reactivate", "reinstate", "delete")
"""Verbs that need no details; only verbose output lists their changes."""


def _note(change: AnyChange) -> str:
    if change.path.startswith("settings.") and change.after is True:
        return RESTRICTIONS.get(change.path.removeprefix("settings."), "")
    return {"automatic": "changes automatically", "default": "by default"}.get(change.reason, "")
