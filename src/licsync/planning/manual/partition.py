"""Divides a plan into actions of the backend and manual actions in the vendor's console.

If the backend can do a part of an action, the action keeps that part, and the rest becomes a manual
update of the user that follows. So automatic work never waits for people, and nothing is dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from licsync.model.capabilities import LOCAL, Capabilities
from licsync.planning.licenses.settings import fallback
from licsync.planning.manual.losses import mark_losses, pending_restores, value_on_new_license
from licsync.planning.plan import LICENSES, Action, Change, UnitRef
from licsync.planning.resolver import Resolver
from licsync.planning.users import PlannedUser

_EXTENSION = "extension."
_RESTORE_REASON = "lost in an earlier change of license"


def split_by_capability(
    actions: Iterable[Action],
    planned_users: Iterable[PlannedUser],
    resolver: Resolver,
    capabilities: Capabilities,
) -> list[Action]:
    """Divide actions by what a backend can do.

    Args:
        actions: the actions, not ordered yet; they may be modified.
        planned_users: the users of the plan.
        resolver: the inventory, and the addresses of sites.
        capabilities: what the backend can do.

    Returns:
        Actions that the backend does as a whole, and manual ones. Each change of the input is in
        exactly one of them. Automatic changes are left out: licenses follow their site, and features
        are off on any new license.
    """
    found = list(actions)
    if capabilities == LOCAL:
        return found
    return list(_CapabilitySplit(found, planned_users, resolver, capabilities).actions())


class _CapabilitySplit:
    def __init__(
        self,
        found: list[Action],
        planned_users: Iterable[PlannedUser],
        resolver: Resolver,
        able: Capabilities,
    ):
        self.found = found
        self.resolver = resolver
        self.able = able
        self.persons = {p.resource: p for p in planned_users}
        self.sites = {a.resource: a for a in found if a.kind == "site"}
        self.visits: dict[str, Action] = {}  # updates of users that are all by hand
        self.late = {a.name for a in found if a.label == "policy.create" and not self._can(a)}

    def actions(self) -> Iterator[Action]:
        rest: dict[str, Action] = {}  # what is left of a user's licenses, for one visit
        for action in self.found:
            if action.follows in self.sites and not self.able.can(action.kind, action.verb):
                self.sites[action.follows].units.append(action.name)  # it follows by itself (ADDR3)
            elif action.label == "user.update":
                yield from self._update(action)
            elif not self._can(action):
                action.manual = True
                yield action
            elif (
                action.resource in self.persons and action.license is not None and action.license.id
            ):
                done, left = self._license(action, action.license)
                yield done
                if left:
                    rest.setdefault(action.resource, _manual_update(action, [])).changes += left
            else:
                yield action
        for planned in self.persons.values():
            for lost in self._still_lost(planned):
                by_hand = Action(
                    "user",
                    "update",
                    planned.resource,
                    source=planned.source,
                    why=_RESTORE_REASON,
                    manual=True,
                )
                visit = self.visits.get(planned.resource) or rest.setdefault(
                    planned.resource, by_hand
                )
                visit.changes.append(lost)
                visit.license = only_unit(visit, self.resolver)
        for action in rest.values():
            action.license = only_unit(action, self.resolver)
            yield action

    def _still_lost(self, planned: PlannedUser) -> Iterator[Change]:
        """List the values to restore in the licenses that a user keeps."""
        gone = {
            a.origin.id
            for a in self.found
            if a.resource == planned.resource and a.origin is not None
        }
        for service in planned.services if not planned.delete else ():
            unit = service["license"]
            if "restore" in service and unit not in gone:
                kind = self.resolver.inventory.licenses[unit]["type"]
                for change in pending_restores(
                    service, kind, planned.wanted or (), self.resolver, self.able
                ):
                    yield replace(change, license=unit)

    def _can(self, action: Action) -> bool:
        if not self.able.can(action.kind, action.verb):
            return False
        required = (
            self.able.required.get(action.kind, frozenset())
            if action.verb == "create"
            else frozenset()
        )
        return required <= {c.path for c in action.changes if c.after is not None}

    def _writes(self, path: str, unit_id: str | None) -> bool:
        if unit_id is None:
            return self.able.writes(path)
        unit = self.resolver.inventory.licenses[unit_id]
        return self.able.writes(path, self.resolver.desired.catalog.planes(unit["type"]))

    def _update(self, action: Action) -> Iterator[Action]:
        written: list[Change] = []
        left: list[Change] = []
        by_itself = _local_numbers(action)
        for change in (c for c in action.changes if c not in by_itself):
            # an address that changes automatically goes with the user's site
            path = (
                "site"
                if change.path == "service_address" and change.reason == "automatic"
                else change.path
            )
            if self._can(action) and self._writes(path, change.license):
                written.append(change)
            elif not self._is_by_itself(change):
                left.append(change)
        _with_numbers(written, left).extend(by_itself)
        # only the policy waits for its manual creation
        late = [c for c in written if c.path == "policy" and c.after in self.late]
        for changes in (late, [c for c in written if c not in late]):
            if changes:
                part = replace(action, changes=changes)
                part.license = only_unit(part, self.resolver)
                yield part
        if left:
            by_hand = _manual_update(action, left)
            by_hand.license = only_unit(by_hand, self.resolver)
            self.visits[action.resource] = by_hand
            yield by_hand

    def _is_by_itself(self, change: Change) -> bool:
        """Tell whether a hidden value that nobody confirmed is the default of a new license."""
        if change.before is not None or change.license is None:
            return False
        kind = self.resolver.inventory.licenses[change.license]["type"]
        default = value_on_new_license(self.resolver, self.able, kind, change.path)
        return default is not None and change.after == default

    def _license(self, action: Action, unit: UnitRef) -> tuple[Action, list[Change]]:
        """Return the part of a license action that the backend does, and the other changes."""
        is_lossy = self.able.loses(action.verb)
        if is_lossy:
            mark_losses(action, self.resolver, self.able)
            self._lost_before(action, unit)
        site = self.resolver.address_of_site(self.persons[action.resource].site)
        bound = self.resolver.label_of_id(
            self.resolver.inventory.licenses[str(unit.id)].get("service_address")
        )
        by_itself = _local_numbers(action)
        changes = [c for c in action.changes if c not in by_itself]
        if (
            not any(c.path == "service_address" for c in changes)
            and site is not None
            and bound != site
        ):
            # without this change the new license would get the address of the site
            changes = [Change("service_address", bound, bound), *changes]
        done: list[Change] = []
        left: list[Change] = []
        for change in changes:
            path, before, after = change.path, change.before, change.after
            if self._writes(path, unit.id) or not (
                path == "service_address" or path.startswith(_EXTENSION)
            ):
                done.append(change)
                continue
            if path == "service_address":
                # the console assigns the address of the user's site (SEED)
                meanwhile = site or before
            elif action.origin is None or is_lossy:
                meanwhile = value_on_new_license(self.resolver, self.able, unit.type, path)
            else:
                meanwhile = self._in_place(unit.type, path.removeprefix(_EXTENSION), before)
            if before != meanwhile and (before is not None or path == "service_address"):
                done.append(Change(path, before, meanwhile, "automatic"))
            if meanwhile != after:
                left.append(Change(path, meanwhile, after, change.reason, unit.id))
        _with_numbers(done, left).extend(by_itself)
        return replace(action, changes=done), left

    def _lost_before(self, action: Action, unit: UnitRef) -> None:
        """Also restore in the new license what an earlier license change lost."""
        planned = self.persons[action.resource]
        service = next(
            s for s in planned.services if action.origin and s["license"] == action.origin.id
        )
        for change in pending_restores(
            service, unit.type, planned.wanted or (), self.resolver, self.able
        ):
            action.changes.append(change)
            action.kept = [path for path in action.kept if path != change.path]

    def _in_place(self, kind: str, path: str, before: Any) -> Any:
        return fallback(self.resolver.desired.catalog, kind, path, before)


def _local_numbers(action: Action) -> list[Change]:
    """List the changes of units that come and go with phone numbers."""
    coming = {ref.id for ref in action.arriving_units}
    return [
        c
        for c in action.changes
        if c.path == LICENSES or (c.license is not None and c.license in coming)
    ]


def _with_numbers(done: list[Change], left: list[Change]) -> list[Change]:
    """Return the part of an action that changes phone numbers, where automatic units belong."""
    return left if any(c.path == "extension.phone_numbers" for c in left) else done


def _manual_update(action: Action, changes: list[Change]) -> Action:
    """Return the manual update of a user for the rest of an action."""
    head: dict[str, Any] = {"source": action.source, "why": action.why, "manual": True}
    return Action("user", "update", action.resource, changes=changes, **head)


def only_unit(update: Action, resolver: Resolver) -> UnitRef | None:
    """Return the unit of an update that changes the settings of one unit only."""
    ids = {c.license for c in update.changes if c.license} - {
        ref.id for ref in update.arriving_units
    }
    if len(ids) != 1:
        return None
    unit_id = ids.pop()
    unit = resolver.inventory.licenses[unit_id]
    return UnitRef(unit_id, unit["type"], unit["country"])
