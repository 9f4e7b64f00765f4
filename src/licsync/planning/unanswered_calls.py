"""Finds calls that reach nobody after a plan.

Others forward calls to a number that the plan releases, or whose user it deactivates; a ring group
or call queue loses its last active member; forwarding rules lead in a circle. The console warns of
none of these: a removed license gives its numbers back (NUMRET), and an inactive user takes no
calls (DEACT).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from licsync.diagnostics import Code, Diagnostic, Span, warning
from licsync.model.declarations import Extension as ExtensionSettings
from licsync.model.inventory import (
    Inventory,
    names_of_groups,
    number_key,
    number_title,
    numbers_in,
    numbers_of,
)
from licsync.model.inventory_document import GROUPS, GroupField
from licsync.model.labels import sentence
from licsync.planning.actions import Action, former_name
from licsync.planning.call_graph import (
    CallGraph,
    Extension,
    Number,
    leads_to,
    targets_of,
    title_of,
)
from licsync.planning.order.dependencies import NUMBERS, released_by, required_by
from licsync.planning.resolver import Resolver
from licsync.planning.user_effects import HeldLicense, attributes_after, licenses_after

_SPACES = frozenset(NUMBERS.values())
_CALLS = {"extension.call_forwarding", *NUMBERS}
"""Paths of changes by which calls can go elsewhere."""

_MOST = 6
"""How many extensions of a circle a message names."""


def unanswered_diagnostics(actions: Sequence[Action], resolver: Resolver) -> Iterator[Diagnostic]:
    """Warn of calls that reach nobody after the plan.

    Args:
        actions: the plan's actions.
        resolver: the inventory, and where users are declared.
    """
    plan = _UserChanges(actions, resolver)
    numbers = plan.dead_numbers()
    if numbers:
        yield from _forwarded(numbers, plan)
    yield from _empty_groups(plan)
    yield from _circles(plan)


class _NewLinks(NamedTuple):
    """What makes calls go on from or to an extension that did not before a plan.

    Attributes:
        action: the first action on its user.
        targets: the new targets of its rules.
        has_new_number: whether it has a number that it had not.
    """

    action: Action
    targets: Collection[str]
    has_new_number: bool

    def following(self, extension: Extension, graph: CallGraph) -> set[Extension]:
        """List the extensions to which calls can go on because of them."""
        if self.has_new_number:
            return graph.following(extension)
        return set[Extension]().union(*map(graph.reached, self.targets))


class _UserChanges:
    """What a plan does to the users of an inventory, by their names there."""

    def __init__(self, actions: Sequence[Action], resolver: Resolver):
        self.resolver = resolver
        self.inventory: Inventory = resolver.inventory
        former = {a.name: former_name(a) for a in actions if a.verb == "rename"}
        self.by_user: dict[str, list[Action]] = defaultdict(list)
        for action in actions:
            if action.resource.startswith("users/"):
                self.by_user[former.get(action.name) or action.name].append(action)
        self.verbs: dict[str, set[str]] = {
            name: {a.verb for a in own} for name, own in self.by_user.items()
        }

    def is_active(self, name: str) -> bool:
        """Tell whether a user is active after the plan."""
        actions = self.by_user.get(name)
        if not actions:
            return self.was_active(name)
        after = attributes_after(self.inventory.users.get(name), actions)
        return after is not None and after.get("status") != "inactive"

    def was_active(self, name: str) -> bool:
        """Tell whether a user is active before the plan."""
        return self.inventory.users.get(name, {}).get("status") != "inactive"

    def dead_numbers(self) -> dict[Number, tuple[str, Action]]:
        """List the numbers that nobody answers any more, with their user and the action."""
        found: dict[Number, tuple[str, Action]] = {}
        taken: set[Number] = set()
        for name, actions in self.by_user.items():
            for action in actions:
                found |= {use: (name, action) for use in released_by(action) if use[0] in _SPACES}
                taken.update(required_by(action))
                if action.verb == "suspend":
                    held = numbers_of(self.inventory.users[name])
                    found |= {use: (name, action) for use in held if use not in found}
        return {use: by for use, by in found.items() if use not in taken}

    def extensions(self, name: str) -> dict[str, ExtensionSettings]:
        """Return the settings of a user's licenses after the plan, by unit."""
        after = licenses_after(self._held(name), self.by_user.get(name, ()))
        return {unit: held.settings for unit, held in after.items()}

    def groups(self, name: str, kind: GroupField) -> list[str]:
        """List the ring groups or call queues of a user after the plan."""
        if _departure(kind, self.by_user.get(name, ())) is not None:
            return []
        return names_of_groups(self.inventory.users.get(name, {}).get(kind) or ())

    def new_links(self) -> dict[Extension, _NewLinks]:
        """List the extensions that forward calls, and have a new target or a new number."""
        found: dict[Extension, _NewLinks] = {}
        for name, actions in self.by_user.items():
            paths = {change.path for action in actions for change in action.changes}
            is_back = "reactivate" in self.verbs[name]
            if not (is_back or _CALLS & paths) or not self.is_active(name):
                continue
            before = [held.settings for held in self._held(name).values() if not is_back]
            known = {to for settings in before for to in targets_of(settings)}
            numbers = {number for settings in before for number in numbers_in(settings)}
            for unit, settings in self.extensions(name).items():
                targets = {*targets_of(settings)}
                has_new_number = not numbers.issuperset(numbers_in(settings))
                if targets - known or (targets and has_new_number):
                    found[name, unit] = _NewLinks(actions[0], targets - known, has_new_number)
        return found

    def _held(self, name: str) -> dict[str, HeldLicense]:
        services = self.inventory.users.get(name, {}).get("services") or ()
        return {s["license"]: HeldLicense("", "", s.get("extension") or {}) for s in services}


def _forwarded(
    numbers: Mapping[Number, tuple[str, Action]], plan: _UserChanges
) -> Iterator[Diagnostic]:
    """Report numbers that nobody answers, with the users who forward calls there."""
    by_key: dict[str, list[Number]] = defaultdict(list)
    for number in numbers:
        by_key[number_key(number[1])].append(number)
    callers: dict[Number, list[str]] = defaultdict(list)
    for name in {**plan.inventory.users, **dict.fromkeys(plan.by_user)}:
        if plan.is_active(name):
            targets = {
                to for settings in plan.extensions(name).values() for to in targets_of(settings)
            }
            reached: set[Number] = set()
            for to in targets:
                alike = by_key.get(number_key(to), ())
                reached.update(n for n in alike if numbers[n][0] != name and leads_to(to, n))
            for number in reached:
                callers[number].append(name)
    left_out = plan.inventory.in_sync_totals.call_links
    for number, (holder, action) in sorted(numbers.items()):
        names = [f"'{name}'" for name in sorted(callers[number], key=str.casefold)]
        if not names and f"to:{number_key(number[1])}" in left_out:
            names = ["a user in sync"]  # names follow once every user is compared
        if names:
            yield _forwarding_warning(number, holder, action, names, _places(callers[number], plan))


def _forwarding_warning(
    number: Number, holder: str, action: Action, names: list[str], places: list[Span]
) -> Diagnostic:
    title = f"{number_title(number[0])} '{number[1]}'"
    some = sentence(names if len(names) < 5 else [*names[:3], f"{len(names) - 3} more"])
    forward = "still forwards" if len(names) == 1 else "still forward"
    gone = f"The plan releases the {title} of '{holder}'"
    if action.verb == "suspend":
        gone = f"The plan deactivates '{holder}' with the {title}"
    return warning(
        Code.CALLS_UNANSWERED,
        f"{gone}, to which {some} {forward} calls.",
        action.source,
        "Change call_forwarding there, or give the number to somebody else.",
        related=places[:3],
    )


def _places(names: Iterable[str], plan: _UserChanges) -> list[Span]:
    declared, where = plan.resolver.declared_names, plan.resolver.desired.where
    spans = (where("users", declared[name]) for name in sorted(names) if name in declared)
    return [span for span in spans if span is not None]


def _empty_groups(plan: _UserChanges) -> Iterator[Diagnostic]:
    """Report ring groups and call queues that lose their last active member."""
    leaving: dict[tuple[str, str], list[tuple[str, Action]]] = defaultdict(list)
    for name, actions in plan.by_user.items():
        user = plan.inventory.users.get(name)
        if user is None or not plan.was_active(name):
            continue
        for kind in GROUPS:
            action = _departure(kind, actions)
            if action is not None:
                for group in names_of_groups(user.get(kind) or ()):
                    leaving[kind, group].append((name, action))
    if not leaving:
        return
    left_out = plan.inventory.in_sync_totals.call_links
    gone = {group: {name for name, _ in members} for group, members in leaving.items()}
    staying = {group for group in leaving if f"{group[0]}:{group[1]}" in left_out}
    for name, member in plan.inventory.users.items():
        if plan.is_active(name):
            groups = {
                (field, one) for field in GROUPS for one in names_of_groups(member.get(field) or ())
            }
            staying |= {group for group in groups if group in gone and name not in gone[group]}
    for (groups_of, group), members in sorted(leaving.items()):
        if (groups_of, group) not in staying:
            names = sentence(f"'{name}'" for name, _ in members)
            title = f"{groups_of.replace('_', ' ').removesuffix('s')} '{group}'"
            has = "has no active member" if len(members) == 1 else "has no active members"
            yield warning(
                Code.CALLS_UNANSWERED,
                f"Without {names} the {title} {has}, and calls to it reach nobody.",
                members[0][1].source,
                "Add a member in 8x8's console, or delete it there if nobody needs it.",
            )


def _departure(kind: str, actions: Iterable[Action]) -> Action | None:
    """Find the action after which a user takes no calls of its groups of a kind."""
    for action in actions:
        if action.kind == "user" and action.verb in ("suspend", "delete"):
            return action
        if any(change.path == kind and not change.after for change in action.changes):
            return action
    return None


# --- circles --------------------------------------------------------------------------------------


def _circles(plan: _UserChanges) -> Iterator[Diagnostic]:
    """Report circles of forwarded calls that a plan closes."""
    links = plan.new_links()
    if not links:
        return
    extensions: dict[Extension, ExtensionSettings] = {}
    members: dict[str, set[Extension]] = defaultdict(set)
    for name in filter(plan.is_active, {**plan.inventory.users, **dict.fromkeys(plan.by_user)}):
        own = {(name, unit): settings for unit, settings in plan.extensions(name).items()}
        extensions |= own
        for group in plan.groups(name, "ring_groups"):
            members[group] |= own.keys()
    graph = CallGraph(extensions, members, plan.inventory)
    for circle in graph.circles():
        for extension in sorted(links.keys() & circle):
            following = links[extension].following(extension, graph) & circle
            if following:
                way = graph.way_around(extension, following, circle)
                yield _circle_warning(way, links[extension].action, plan)
                break


def _circle_warning(way: Sequence[Extension], action: Action, plan: _UserChanges) -> Diagnostic:
    titles = [title_of(extension) for extension in way]
    if len(titles) > _MOST:
        titles = [*titles[: _MOST - 1], f"{len(titles) - _MOST + 1} more"]
    chain = " → ".join([*titles, titles[0]])
    return warning(
        Code.CALLS_UNANSWERED,
        f"After the plan, calls can go in a circle: {chain}. If nobody answers, they reach nobody.",
        action.source,
        "Change call_forwarding of one of them.",
        related=_places({name for name, _ in way[1:]}, plan)[:3],
    )
