"""To which extensions calls can go on, by forwarding rules and ring groups."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping

from licsync.model.declarations import Extension as ExtensionSettings
from licsync.model.inventory import Inventory, number_key, numbers_in, numbers_of_holder
from licsync.planning.order.ordering import components

Number = tuple[str, str]
"""The kind of a number (`extension` or `phone-number`) and its value."""

Extension = tuple[str, str]
"""A user and the unit that carries an extension; an empty name and a ring group."""

_IN_SYNC: Extension = ("", "")
"""The users in sync: only the targets of their rules and their groups are known."""


def title_of(extension: Extension) -> str:
    """Name an extension for people."""
    name, unit = extension
    if extension == _IN_SYNC:
        return "a user in sync"  # a whole plan names it
    return f"'{name}'" if name else f"ring group '{unit}'"


class CallGraph:
    """To which extensions the calls to an extension can go on. A ring group is one of them.

    Args:
        extensions: the settings of the extensions of active users.
        members: the extensions of the active members of each ring group.
        inventory: the numbers of ring groups, and what is known of users in sync.
    """

    def __init__(
        self,
        extensions: Mapping[Extension, ExtensionSettings],
        members: Mapping[str, Collection[Extension]],
        inventory: Inventory,
    ):
        self._left_out = inventory.in_sync_totals.call_links
        self._by_key: dict[str, list[tuple[Number, Extension]]] = defaultdict(list)
        self._following: dict[Extension, set[Extension]] = {}
        for holder in inventory.holders:
            if holder["kind"] == "ring_group":
                group = "", holder["name"]
                self._following[group] = set(members.get(holder["name"], ()))
                self._add(group, numbers_of_holder(holder))
        self._groups = {*self._following}
        for extension, settings in extensions.items():
            self._add(extension, numbers_in(settings))
        for extension, settings in extensions.items():
            reached = map(self.reached, targets_of(settings))
            # a rule to an own number is a fault of its own (`forwarding-loop`)
            self._following[extension] = set[Extension]().union(*reached) - {extension}
        if self._left_out:
            self._add_users_in_sync()

    def _add(self, extension: Extension, numbers: Iterable[Number]) -> None:
        for number in numbers:
            self._by_key[number_key(number[1])].append((number, extension))

    def reached(self, to: str) -> set[Extension]:
        """Find the extensions that have a number. One of a user in sync may have any other."""
        found = {e for number, e in self._by_key.get(number_key(to), ()) if leads_to(to, number)}
        return found or ({_IN_SYNC} if self._left_out else set())

    def _add_users_in_sync(self) -> None:
        keys = (key for key in self._by_key if f"to:{key}" in self._left_out)
        self._following[_IN_SYNC] = {other for key in keys for _, other in self._by_key[key]}
        for group in self._groups:
            if f"ring_groups:{group[1]}" in self._left_out:
                self._following[group].add(_IN_SYNC)

    def following(self, extension: Extension) -> set[Extension]:
        """List the extensions to which the calls to one can go on."""
        return self._following[extension]

    def circles(self) -> Iterator[set[Extension]]:
        """List the extensions among which calls can go in a circle, circle by circle.

        A group belongs to one only if all its active members do.
        """
        todo = [set(self._following)]
        while todo:
            for circle in self._components(todo.pop()):
                outward = {e for e in circle & self._groups if not self._following[e] <= circle}
                if outward:
                    todo.append(circle - outward)
                else:
                    yield circle

    def _components(self, among: set[Extension]) -> Iterator[set[Extension]]:
        ordered = sorted(among)
        numbers = {extension: number for number, extension in enumerate(ordered)}
        graph = {
            number: {numbers[e] for e in self._following[extension] if e in numbers}
            for number, extension in enumerate(ordered)
        }
        for component in components(graph):
            if len(component) > 1:
                yield {ordered[number] for number in component}

    def way_around(
        self, start: Extension, following: Collection[Extension], circle: Collection[Extension]
    ) -> list[Extension]:
        """Find the shortest way of a call from an extension back to it.

        Args:
            start: the extension.
            following: those of the circle that may come next.
            circle: the extensions of the circle.
        """
        came_from = dict.fromkeys(sorted(following), start)
        todo = deque(came_from)
        while start not in came_from:
            extension = todo.popleft()
            for other in sorted(self._following[extension]):
                if other in circle and other not in came_from:
                    came_from[other] = extension
                    todo.append(other)
        way = [came_from[start]]
        while way[-1] != start:
            way.append(came_from[way[-1]])
        return way[::-1]


def targets_of(settings: ExtensionSettings) -> list[str]:
    """List the targets of the forwarding rules of an extension."""
    return [rule["to"] for rule in settings.get("call_forwarding") or ()]


def _digits(number: str) -> str:
    return re.sub("[^0-9]", "", number)


def leads_to(target: str, number: Number) -> bool:
    """Tell whether the target of a rule is a number, which may be written without its country."""
    space, value = number
    if target == value:
        return True
    digits = _digits(target).lstrip("0")
    return space == "phone-number" and len(digits) >= 7 and value.endswith(digits)
