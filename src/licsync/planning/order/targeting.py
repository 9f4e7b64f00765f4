"""Narrows a plan to targets, or excludes resources, and keeps dependent actions together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from licsync.diagnostics import Code, Diagnostic, error, info
from licsync.model.catalog import Catalog
from licsync.model.inventory import Inventory, number_title
from licsync.planning.actions import Action
from licsync.planning.order.conflicts import held_elsewhere
from licsync.planning.order.ordering import order_actions
from licsync.planning.users import PlannedUser

_NOTHING = frozenset(("users/",))
"""The target of a plan without users: no resource has this name."""


class Scope(Struct, frozen=True):
    """What a plan is narrowed to, as plans name resources.

    Attributes:
        targets: the resources to keep; empty: all.
        excludes: the resources to leave out.
    """

    targets: Collection[str] = ()
    excludes: Collection[str] = ()

    def within(self, planned_users: list[PlannedUser]) -> list[PlannedUser]:
        """Keep the users of the scope; other users keep everything they hold."""
        taking_part = (p for p in planned_users if not self.targets or p.resource in self.targets)
        return [p for p in taking_part if p.resource not in self.excludes]

    def to_users(self, planned_users: Iterable[PlannedUser]) -> Scope:
        """Narrow the scope to some users, or to nobody."""
        return Scope(frozenset(p.resource for p in planned_users) or _NOTHING, self.excludes)


def apply_targets(actions: Sequence[Action], scope: Scope, catalog: Catalog) -> list[Action]:
    """Keep targets and what they need; drop excluded resources and what needs them.

    Args:
        actions: ordered actions.
        scope: what to keep.
        catalog: needed to order the remaining actions.
    """
    mates = _ring_members(actions)
    selected = list(actions)
    if scope.excludes:
        dropped = _with_dependents(mates, selected, scope.excludes)
        selected = [a for a in selected if a.id not in dropped]
    if scope.targets:
        targets = set(scope.targets)
        needed = _closure(
            mates,
            selected,
            lambda a, ids: a.id in ids or not targets.isdisjoint((a.resource, a.follows)),
            lambda mate: mate.needs,
        )
        selected = [a for a in selected if a.id in needed]
    if len(selected) == len(actions):
        return list(actions)
    return order_actions(selected, catalog)


def _ring_members(actions: Sequence[Action]) -> dict[str, list[Action]]:
    """Map the id of each action to the actions that are inseparable from it.

    These are the members of its ring, and a site with the licenses that follow it to a new address.
    A license left behind would stay there, since no later plan moves the site again.
    """
    sites = {action.resource: action for action in actions if action.kind == "site"}
    groups: dict[str, list[Action]] = defaultdict(list)
    keys = {action.id: action.ring or sites.get(action.follows, action).id for action in actions}
    for action in actions:
        groups[keys[action.id]].append(action)
    return {action: groups[key] for action, key in keys.items()}


def _closure(
    mates: Mapping[str, Sequence[Action]],
    actions: Sequence[Action],
    takes_part: Callable[[Action, set[str]], bool],
    beside: Callable[[Action], Iterable[str]] = lambda mate: (),
) -> set[str]:
    """Collect the ids of actions that take part, with their mates, until nothing is added.

    Args:
        mates: the inseparable actions, by id.
        actions: the candidates.
        takes_part: decides by the action and the ids found so far.
        beside: the ids that a mate adds.
    """
    found: set[str] = set()
    size = -1
    while size < len(found):
        size = len(found)
        for action in actions:
            if takes_part(action, found):
                found |= {i for mate in mates[action.id] for i in (mate.id, *beside(mate))}
    return found


def _with_dependents(
    mates: Mapping[str, Sequence[Action]], actions: Sequence[Action], resources: Collection[str]
) -> set[str]:
    """Collect the ids of the actions on some resources, and of all that need them."""
    return _closure(
        mates, actions, lambda a, ids: a.resource in resources or not ids.isdisjoint(a.needs)
    )


def dependent_diagnostics(actions: Sequence[Action], scope: Scope) -> Iterator[Diagnostic]:
    """Report what an excluded resource takes out of the plan with it.

    Args:
        actions: those of the plan before it is narrowed.
        scope: what the plan is narrowed to.
    """
    mates = _ring_members(actions)
    for excluded in sorted(scope.excludes):
        dropped = _with_dependents(mates, actions, (excluded,))
        dependents = [
            action
            for action in actions
            if action.id in dropped
            and action.resource not in scope.excludes
            and (not scope.targets or action.resource in scope.targets)
        ]
        if dependents:
            names = list(dict.fromkeys(action.resource for action in dependents))
            listed = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if names[3:] else "")
            yield info(
                Code.PLAN_NARROWED,
                f"Left out with {excluded}, which is excluded and needed: {listed}.",
                dependents[0].source,
                f"Include {excluded} in the plan to make them too.",
            )


def narrowed_diagnostics(actions: Sequence[Action], inventory: Inventory) -> Iterator[Diagnostic]:
    """Report what speaks against a narrowed plan.

    These are numbers that a user outside the scope would have to release first. Of an empty plan,
    say that the rest of the account may differ from the files.
    """
    if not actions:
        yield info(
            Code.PLAN_NARROWED, "The plan is narrowed and does not cover the rest of the account."
        )
    for action, space, number, holder in held_elsewhere(actions, inventory):
        if (space, number) not in inventory.holder_numbers:  # the checks report those
            message = (
                f"{action.name} needs the {number_title(space)} {number}, which {holder} keeps."
            )
            hint = f"Include users/{holder} in the plan."
            yield error(Code.PLAN_NARROWED, message, action.source, hint)
