"""Finds filters of the console's list of users that select exactly the users of an item."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import combinations

from licsync.model.inventory import Inventory
from licsync.planning.work_order.parts import Part

Profile = tuple[tuple[str, str], ...]
"""Site, license and status of a user, as the filters name them."""


class UserFilters:
    """The filters of all users, while the work proceeds."""

    def __init__(self, inventory: Inventory, titles: Mapping[str, str]) -> None:
        self._titles = titles
        self._profiles: dict[str, Profile] = {}
        for name, user in inventory.users.items():
            units = (inventory.licenses[s["license"]] for s in user.get("services") or ())
            kinds = sorted({unit["type"] for unit in units})
            status = user.get("status", "active")
            self._profiles[name] = self._profile(user.get("site"), kinds, status)
        self._counts = Counter(self._profiles.values())

    def _profile(self, site: str | None, kinds: Iterable[str], status: str) -> Profile:
        held = " + ".join(self._titles.get(kind, kind) for kind in kinds)
        return (("Site", site or ""), ("License", held or "none"), ("Status", status))

    def exactly(self, names: Iterable[str]) -> tuple[tuple[str, str], ...]:
        """Give the fewest filters that select these users and nobody else; empty for none."""
        wanted = [self._profiles[name] for name in names]
        common = [set(filters) for filters in zip(*wanted, strict=True)]
        shared = [filters.pop() for filters in common if len(filters) == 1]
        for size in range(1, len(shared) + 1):
            for chosen in combinations(shared, size):
                if self._count(chosen) == len(wanted):
                    return chosen
        return ()

    def _count(self, chosen: tuple[tuple[str, str], ...]) -> int:
        return sum(count for profile, count in self._counts.items() if set(chosen) <= set(profile))

    def change(self, part: Part, held: Iterable[str]) -> None:
        """Follow what a part does; `held` is what its user holds afterwards."""
        name, action = part.user, part.action
        if not name or (part.role == "release" and not held):
            return
        old = self._profiles.pop(action.name, None)
        if action.verb == "rename":
            former = str(action.changes[0].before) if action.changes else ""
            old = self._profiles.pop(former, old)
        if old is not None:
            self._counts[old] -= 1
        if action.verb == "delete":
            return
        values = dict(old or (("Site", ""), ("License", "none"), ("Status", "active")))
        site, status = values["Site"], values["Status"]
        for change in part.changes:
            site = str(change.after or "") if change.path == "site" else site
            status = str(change.after) if change.path == "status" else status
        kinds = sorted({kind.partition(":")[0] for kind in held})
        new = self._profile(site, kinds, status)
        self._profiles[name] = new
        self._counts[new] += 1
