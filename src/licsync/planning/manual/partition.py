"""Divides a plan into actions of the backend and manual actions in the vendor's console.

If the backend can do a part of an action, the action keeps that part, and the rest becomes a manual
update of the user that follows. So automatic work never waits for people, and nothing is dropped.
`manual_diagnostics` reports how much of a plan is left to people.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from licsync.diagnostics import Code, Diagnostic, info
from licsync.model.capabilities import Capabilities
from licsync.model.desired import DEFAULT_POLICY
from licsync.planning.actions import (
    Action,
    AnyChange,
    Change,
    UnitChange,
    UnitRef,
    blocked_by_manual,
)
from licsync.planning.licenses.settings import fallback
from licsync.planning.manual.losses import mark_losses, pending_restores, value_on_new_license
from licsync.planning.resolver import Resolver
from licsync.planning.user_effects import units_taken
from licsync.planning.users import PlannedUser, only_unit

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
        actions: what is to be done, not ordered yet.
        planned_users: the users of the plan.
        resolver: the inventory, and where sites are.
        capabilities: what the backend can do.

    Returns:
        Actions that the backend does as a whole, and manual ones. Each change of the input is in
        exactly one of them. Automatic changes are left out: licenses follow their site, and
        features are off on any new license.
    """
    return list(_CapabilitySplit(list(actions), planned_users, resolver, capabilities).actions())


def manual_diagnostics(actions: list[Action], resolver: Resolver) -> Iterator[Diagnostic]:
    """Report manual actions, actions blocked by them, and results that licsync cannot verify."""
    manual = [a for a in actions if a.manual]
    names = ", ".join(f"{a.verb} {_name(a, resolver)}" for a in manual[:3]) + (
        ", …" if len(manual) > 3 else ""
    )
    message = f"Manual actions in 8x8's console: {len(manual)} of {len(actions)} ({names})."
    hint = "Export them as a checklist with --format runbook."
    yield info(Code.MANUAL_STEP, message, manual[0].source, hint)
    if late := blocked_by_manual(actions):
        message = f"Manual steps block {_actions(len(late))}."
        hint = "Do the manual steps, then plan and apply again."
        yield info(Code.MANUAL_STEP, message, late[0].source, hint)
    if unseen := [a for a in manual if a.unseen]:
        message = f"licsync cannot verify the manual steps of {_actions(len(unseen))}."
        hint = "licsync relies on the loaded inventory. Record what was done with: "
        hint += "licsync inventory confirm DIR"
        yield info(Code.MANUAL_STEP, message, unseen[0].source, hint)


def _name(action: Action, resolver: Resolver) -> str:
    """Name the resource of an action for people."""
    section, _, name = action.resource.partition("/")
    shown = resolver.unit_name(name) if section == "licenses" else name
    return action.resource if shown == name else f"license {shown}"


def _actions(number: int) -> str:
    return "1 action" if number == 1 else f"{number} actions"


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
        self.late = {a.name for a in found if a.label == "policy.create" and not self._can(a)}
        self.gone = {ref.id for action in found for ref in units_taken(action)}
        self.followers: dict[str, list[str]] = {}
        for action in found:
            if self._follows_by_itself(action):
                self.followers.setdefault(action.follows, []).append(action.name)

    def actions(self) -> Iterator[Action]:
        # What earlier changes of license have lost goes into the visit that the user needs anyway.
        lost = {p.resource: list(self._still_lost(p)) for p in self.persons.values()}
        rest: dict[str, tuple[Action, list[AnyChange]]] = {}
        for action in self.found:
            if self._follows_by_itself(action):
                continue
            if action.label == "user.update":
                yield from self._update(action, lost)
            elif not self._can(action):
                yield replace(self._with_followers(action), manual=True)
            elif action.label == "user.create":
                yield from self._create(action)
            elif (
                action.resource in self.persons and action.license is not None and action.license.id
            ):
                done, left = self._license(action, action.license)
                yield done
                if left:
                    visit = rest.setdefault(action.resource, (_manual_update(action), []))
                    visit[1].extend(left)
            elif self.able.loses(action.verb):
                yield self._short(action)
            else:
                yield self._with_followers(action)
        for planned in self.persons.values():
            if changes := lost[planned.resource]:
                visit = rest.setdefault(planned.resource, (_restoring_update(planned), []))
                visit[1].extend(changes)
        for visit in rest.values():
            yield self._changing(*visit)

    def _follows_by_itself(self, action: Action) -> bool:
        """Tell whether a unit follows its site and the backend cannot relocate it (ADDR3)."""
        return action.follows in self.sites and not self.able.can(action.kind, action.verb)

    def _with_followers(self, action: Action) -> Action:
        """Name in the move of a site the units that follow it by themselves."""
        units = self.followers.get(action.resource)
        return replace(action, units=(*action.units, *units)) if units else action

    def _changing(self, update: Action, changes: Sequence[AnyChange]) -> Action:
        """Give an update that makes these changes."""
        return replace(update, changes=tuple(changes), license=only_unit(changes, self.resolver))

    def _still_lost(self, planned: PlannedUser) -> Iterator[Change]:
        """List the values to restore in the licenses that a user keeps."""
        for service in planned.services if not planned.delete else ():
            unit = service["license"]
            if "restore" in service and unit not in self.gone:
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

    def _create(self, action: Action) -> Iterator[Action]:
        """Create a user with what the backend can write; people set the rest."""
        able = self.able.creation_paths
        left = [c for c in action.changes if able is not None and c.path not in able]
        yield replace(action, changes=tuple(c for c in action.changes if c not in left))
        # a new user has this policy profile by itself (POL2)
        left = [c for c in left if (c.path, c.after) != ("policy", DEFAULT_POLICY)]
        if left:
            yield self._changing(_manual_update(action), left)

    def _writes(self, path: str, unit_id: str | None) -> bool:
        if unit_id is None:
            return self.able.writes(path)
        unit = self.resolver.inventory.licenses[unit_id]
        return self.able.writes(path, self.resolver.desired.catalog.planes(unit["type"]))

    def _update(self, action: Action, lost: dict[str, list[Change]]) -> Iterator[Action]:
        written: list[AnyChange] = []
        left: list[AnyChange] = []
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
                yield self._changing(action, changes)
        if any(c.path == "site" for c in left):
            left += self._bound_elsewhere(action)
        if left:
            left += lost[action.resource]
            lost[action.resource] = []
            yield self._changing(_manual_update(action), left)

    def _bound_elsewhere(self, action: Action) -> Iterator[Change]:
        """List the licenses that keep an address of their own when their user moves.

        The console binds them to the address of the new site (T13).
        """
        planned = self.persons[action.resource]
        site = self.resolver.address_of_site(planned.site)
        moved = {c.license for c in action.changes if c.path == "service_address"}
        for unit in (service["license"] for service in planned.services):
            record = self.resolver.inventory.licenses[unit]
            bound = self.resolver.label_of_id(record.get("service_address"))
            if unit not in moved | self.gone and site is not None and bound not in (None, site):
                yield Change("service_address", site, bound, "declared", unit)

    def _is_by_itself(self, change: AnyChange) -> bool:
        """Tell whether a hidden value that nobody confirmed is the default of a new license."""
        if change.before is not None or change.license is None:
            return False
        kind = self.resolver.inventory.licenses[change.license]["type"]
        default = value_on_new_license(self.resolver, self.able, kind, change.path)
        return default is not None and change.after == default

    def _license(self, action: Action, unit: UnitRef) -> tuple[Action, list[AnyChange]]:
        """Return the part of a license action that the backend does, and the other changes."""
        is_lossy = self.able.loses(action.verb)
        if is_lossy:
            action = mark_losses(action, self.resolver, self.able)
            action = self._with_earlier_losses(action, unit)
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
        done: list[AnyChange] = []
        left: list[AnyChange] = []
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
        return replace(action, changes=tuple(done)), left

    def _short(self, action: Action) -> Action:
        """Say what a change of license will lose as soon as there is a unit for it."""
        told = mark_losses(action, self.resolver, self.able)
        return replace(action, kept=told.kept, lost=told.lost, consent=told.consent)

    def _with_earlier_losses(self, action: Action, unit: UnitRef) -> Action:
        """Also restore in the new license what an earlier license change lost."""
        planned = self.persons[action.resource]
        service = next(
            s for s in planned.services if action.origin and s["license"] == action.origin.id
        )
        restored = list(
            pending_restores(service, unit.type, planned.wanted or (), self.resolver, self.able)
        )
        paths = {change.path for change in restored}
        return replace(
            action,
            changes=(*action.changes, *restored),
            kept=tuple(path for path in action.kept if path not in paths),
        )

    def _in_place(self, kind: str, path: str, before: object) -> object:
        return fallback(self.resolver.desired.catalog, kind, path, before)


def _local_numbers(action: Action) -> list[AnyChange]:
    """List the changes of units that come and go with phone numbers."""
    coming = {ref.id for ref in action.arriving_units}
    return [
        c
        for c in action.changes
        if isinstance(c, UnitChange) or (c.license is not None and c.license in coming)
    ]


def _with_numbers(done: list[AnyChange], left: list[AnyChange]) -> list[AnyChange]:
    """Return the part of an action that changes phone numbers; automatic units belong there."""
    return left if any(c.path == "extension.phone_numbers" for c in left) else done


def _manual_update(action: Action) -> Action:
    """Start the update of a user that does by hand what is left of an action."""
    return Action(
        "user", "update", action.resource, source=action.source, why=action.why, manual=True
    )


def _restoring_update(planned: PlannedUser) -> Action:
    """Start the update of a user that puts back by hand what was lost."""
    return Action(
        "user", "update", planned.resource, source=planned.source, why=_RESTORE_REASON, manual=True
    )
