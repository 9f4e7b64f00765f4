"""Groups equal changes of several users into the bulk edits that take the fewest clicks.

A bulk edit sets some values for some users. It may set only values that all of its users are to
have, and it sets nothing for a user that the plan does not change. Each value of a user is set
once: by one bulk edit, or on the user's own page.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

from licsync.model.throughput import ConsoleEffort


class Setting(NamedTuple):
    """One value to set.

    Attributes:
        path: the field, as in a plan.
        value: the value, as canonical JSON.
        licenses: the licenses of the users who see the field; "" if everybody does.
        only_in_bulk: whether no page of a single user has the field.
    """

    path: str
    value: str
    licenses: str = ""
    only_in_bulk: bool = False


class BulkGroup(NamedTuple):
    """One bulk edit: what it sets, and for whom."""

    settings: frozenset[Setting]
    users: tuple[str, ...]


Settings = frozenset[Setting]
_Kind = tuple[Settings, bool]
"""Users who are alike: what to set for them, and whether their pages are opened anyway."""

_MAX_WORK = 30_000
"""Limit of the search, in users of different kinds looked at; small plans are searched wholly."""

_NEVER = 1_000_000
"""The clicks of what cannot be done."""

_MAX_CANDIDATES = 60
"""Of how many bulk edits, the most promising ones, families are made."""

_MAX_SUBSETS = 6
"""From how many values of one user on only those that it shares with others are combined."""


def fewest_clicks(
    wanted: Mapping[str, Settings], visited: Collection[str], effort: ConsoleEffort
) -> list[BulkGroup]:
    """Choose the bulk edits that take the fewest clicks, names ticked.

    Args:
        wanted: what to set, by user.
        visited: the users whose pages are opened anyway.
        effort: the clicks of each thing.

    Returns:
        the bulk edits. What is in none of them is set on the pages of the users.
    """
    groups: list[BulkGroup] = []
    for users in _components(wanted):
        kinds: dict[_Kind, list[str]] = defaultdict(list)
        for name in users:
            kinds[wanted[name], name in visited].append(name)
        family = _Search(kinds, effort).best()
        chosen: dict[Settings, list[str]] = defaultdict(list)
        for kind, names in kinds.items():
            for part in _ways(kind, family, effort).joined:
                chosen[part] += names
        groups += [BulkGroup(part, tuple(sorted(names))) for part, names in chosen.items()]
    return sorted(groups, key=lambda group: (sorted(group.settings), group.users))


def _base(settings: Collection[Setting], effort: ConsoleEffort) -> int:
    return effort.bulk_edit.clicks + effort.bulk_field.clicks * len(settings)


def _page_clicks(settings: Settings, effort: ConsoleEffort, *, is_visited: bool) -> int:
    """Count the clicks of settings on the page of one user."""
    if not settings:
        return 0
    if any(setting.only_in_bulk for setting in settings):
        return _NEVER
    fields = effort.field.clicks * len(settings)
    return fields + (0 if is_visited else effort.visit.clicks)


class _Way(NamedTuple):
    clicks: int
    joined: tuple[Settings, ...]


def _ways(kind: _Kind, family: Collection[Settings], effort: ConsoleEffort) -> _Way:
    """Choose the bulk edits that users of a kind are in, for the fewest clicks of each user."""
    settings, is_visited = kind
    usable = [part for part in family if part <= settings]
    best: dict[Settings, _Way] = {}

    def search(left: Settings) -> _Way:
        found = best.get(left)
        if found is None:
            ways = [_Way(_page_clicks(left, effort, is_visited=is_visited), ())]
            for part in usable:
                if part <= left:
                    rest = search(left - part)
                    ways.append(_Way(rest.clicks + effort.tick.clicks, (part, *rest.joined)))
            found = best[left] = min(ways, key=lambda way: way.clicks)
        return found

    return search(settings)


@dataclass(slots=True)
class _Search:
    """Searches the family of bulk edits of users that have something in common."""

    kinds: Mapping[_Kind, Sequence[str]]
    effort: ConsoleEffort
    work: int = 0

    def best(self) -> list[Settings]:
        """Search: first greedily, then by trying everything that could be better."""
        candidates = self._candidates()
        every = frozenset().union(*(settings for settings, _ in self.kinds))
        family = [frozenset((setting,)) for setting in sorted(every) if setting.only_in_bulk]
        family = self._improved(family, candidates)
        self.work = 0
        found = self._searched(candidates, self._clicks(family))
        return family if found is None else found

    def _candidates(self) -> list[Settings]:
        """List the sets of values worth a bulk edit of their own."""
        users: Counter[Settings] = Counter()
        for (settings, _), names in self.kinds.items():
            for part in _subsets(settings):
                users[part] += len(names)
        worth = [
            part
            for part, count in users.items()
            if count > 1 or any(setting.only_in_bulk for setting in part)
        ]
        worth.sort(key=lambda part: (-users[part] * len(part), sorted(part)))
        needed = [part for part in worth if len(part) == 1 and next(iter(part)).only_in_bulk]
        return list(dict.fromkeys((*worth[:_MAX_CANDIDATES], *needed)))

    def _clicks(self, family: Collection[Settings]) -> int:
        total = sum(_base(part, self.effort) for part in family)
        for kind, names in self.kinds.items():
            total += len(names) * _ways(kind, family, self.effort).clicks
        self.work += len(self.kinds)
        return total

    def _improved(self, family: list[Settings], candidates: Sequence[Settings]) -> list[Settings]:
        """Add or drop the bulk edit that saves the most clicks, until none does."""
        clicks = self._clicks(family)
        while self.work < _MAX_WORK:
            changed = [[*family, part] for part in candidates if part not in family]
            changed += [[other for other in family if other != part] for part in family]
            counts = [(self._clicks(other), place) for place, other in enumerate(changed)]
            fewest, place = min(counts, default=(clicks, 0))
            if fewest >= clicks:
                break
            family, clicks = changed[place], fewest
        return family

    def _searched(self, candidates: Sequence[Settings], most: int) -> list[Settings] | None:
        """Search a family with fewer clicks, wholly unless there is too much to look at."""
        found: list[Settings] | None = None
        stack: list[tuple[list[Settings], int]] = [([], 0)]
        while stack and self.work < _MAX_WORK:
            family, place = stack.pop()
            clicks = self._clicks(family)
            if clicks < most:
                found, most = family, clicks
            rest = candidates[place:]
            if not rest:
                continue
            # whatever is added costs at least this, if its own clicks were free
            bases = [sum(_base(p, self.effort) for p in rest), _least(rest, self.effort)]
            bound = self._clicks([*family, *rest]) - bases[0] + bases[1]
            if bound < most:
                stack.append((family, place + 1))
                stack.append(([*family, rest[0]], place + 1))
        return found


def _least(parts: Sequence[Settings], effort: ConsoleEffort) -> int:
    return min(_base(part, effort) for part in parts)


def _subsets(settings: Settings) -> Iterator[Settings]:
    ordered = sorted(settings)
    sizes = range(1, len(ordered) + 1)
    if len(ordered) > _MAX_SUBSETS:
        sizes = range(1, 2)
        yield settings
    for size in sizes:
        yield from map(frozenset, combinations(ordered, size))


def _components(wanted: Mapping[str, Settings]) -> Iterator[list[str]]:
    """Divide users into those that have a value to set in common, directly or through others."""
    users: dict[Setting, list[str]] = defaultdict(list)
    for name in sorted(wanted):
        for setting in wanted[name]:
            users[setting].append(name)
    seen: set[str] = set()
    for first in sorted(wanted):
        if first in seen:
            continue
        seen.add(first)
        found, left = [], [first]
        while left:
            name = left.pop()
            found.append(name)
            for setting in sorted(wanted[name]):
                for other in users.pop(setting, ()):
                    if other not in seen:
                        seen.add(other)
                        left.append(other)
        yield sorted(found)
