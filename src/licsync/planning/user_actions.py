"""Plans actions on users and their licenses, which follow a user or a site."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from licsync.model.capabilities import Capabilities
from licsync.model.declarations import Extension
from licsync.model.inventory_document import InventoryUser
from licsync.planning.actions import Action, AnyChange, Change, UnitRef
from licsync.planning.comparison import differences
from licsync.planning.licenses import pools as pool_rules
from licsync.planning.licenses.moves import Move, automatic_changes, license_action
from licsync.planning.resolver import Resolver
from licsync.planning.users import PlannedUser, attribute_changes, user_actions


def plan_users(
    planned_users: list[PlannedUser], moves: list[Move], resolver: Resolver
) -> Iterator[Action]:
    """Make the actions on users and on the licenses that they get, keep or give up."""
    by_person: dict[str, list[Move]] = defaultdict(list)
    for move in moves:
        by_person[move.user.name].append(move)
    for planned in planned_users:
        own = by_person.get(planned.name, [])
        by_itself = [m for m in own if m.cause is not None]
        updates: list[AnyChange] = [*attribute_changes(planned)]
        updates += _kept_changes(planned, own, resolver)
        if by_itself:
            updates += automatic_changes(
                (m for m in by_itself if m.cause and m.cause.verb == "keep"), resolver
            )
        for action in user_actions(planned, updates, resolver):
            suspends = action.verb == "suspend"
            yield replace(action, units=_held_after(planned, own)) if suspends else action
        for move in own:
            if move.verb not in ("keep", "come", "go"):
                yield license_action(move, [m for m in by_itself if m.cause is move], resolver)


def _held_after(planned: PlannedUser, moves: list[Move]) -> tuple[str, ...]:
    """List the units that a user holds after all moves, and that are suspended with it."""
    held = {service["license"] for service in planned.services}
    held -= {
        move.service["license"]
        for move in moves
        if move.service is not None and move.verb != "keep"
    }
    return tuple(sorted(held | {move.unit for move in moves if move.unit is not None}))


def _kept_changes(planned: PlannedUser, moves: list[Move], resolver: Resolver) -> Iterator[Change]:
    """Compare settings of the licenses that stay, and addresses if the user changes site."""
    for move in moves:
        declared = move.entry.get("extension") if move.verb == "keep" and move.entry else None
        if declared and move.service is not None:
            for path, before, after in differences(
                Extension, declared, move.service.get("extension") or {}
            ):
                yield Change(f"extension.{path}", before, after, license=move.service["license"])
    if planned.moves_site:
        yield from _following(planned, moves, resolver)


def _following(planned: PlannedUser, moves: list[Move], resolver: Resolver) -> Iterator[Change]:
    """Move the licenses that stay to the new site of their user (T13), or as declared."""
    by_unit = {m.service["license"]: m for m in moves if m.service is not None}
    for unit_id in sorted(s["license"] for s in planned.services):
        move = by_unit.get(unit_id)
        if move is not None and move.verb != "keep":
            continue
        before = resolver.label_of_id(resolver.inventory.licenses[unit_id].get("service_address"))
        after = move.address if move else resolver.address_of_site(planned.site)
        explicit = move is not None and bool(move.own_address)
        if after is not None and before != after:
            yield Change(
                "service_address", before, after, "declared" if explicit else "automatic", unit_id
            )


def follow_sites(
    actions: list[Action],
    planned_users: list[PlannedUser],
    moves: list[Move],
    resolver: Resolver,
    able: Capabilities,
) -> Iterator[Action]:
    """Move the licenses at a site's old address to the new one (ADDR3).

    Licenses that move anyway, and suspended ones, do not follow.
    """
    moved = _moved_sites(actions)
    if not moved:
        return
    units = resolver.inventory.licenses
    changed = _changed_units(actions, moves)
    staying = _users_who_stay(planned_users, resolver, able)
    for user in staying:
        if user.get("site") not in moved:
            continue
        site, change = moved[user["site"]]
        for service in user.get("services") or ():
            unit_id = service["license"]
            unit = units[unit_id]
            address = resolver.label_of_id(unit.get("service_address"))
            if unit_id not in changed and address == change.before:
                yield pool_rules.relocation(
                    UnitRef(unit_id, unit["type"], unit["country"]),
                    change.before,
                    change.after,
                    site.source,
                    why=f"follows the site {site.name}",
                    follows=site.resource,
                )


def _moved_sites(actions: list[Action]) -> dict[str | None, tuple[Action, AnyChange]]:
    """Find the sites that get another address, with the action and the change of the address."""
    moved: dict[str | None, tuple[Action, AnyChange]] = {}
    for action in actions:
        if action.label == "site.update":
            changes = [c for c in action.changes if c.path == "service_address"]
            moved |= {action.name: (action, changes[-1])} if changes else {}
    return moved


def _changed_units(actions: list[Action], moves: list[Move]) -> set[str | None]:
    """List the units that change hands or address anyway, or that declare their own address."""
    changed: set[str | None] = set()
    for action in actions:
        if action.kind == "license":
            changed |= {ref.id for ref in (action.license, action.origin) if ref is not None}
        changed |= {c.license for c in action.changes if c.path == "service_address"}
        changed |= {ref.id for ref in (*action.arriving_units, *action.leaving_units)}
    for move in moves:
        if move.service is not None and move.own_address:
            changed.add(move.service["license"])
    return changed


def _users_who_stay(
    planned_users: list[PlannedUser], resolver: Resolver, able: Capabilities
) -> Iterator[InventoryUser]:
    """List the users who keep their site, and whose licenses can be edited when the site moves.

    The address of a suspended license cannot be edited. A user whom the backend suspends at once
    is suspended before people move the site by hand.
    """
    leaving = {p.current_name for p in planned_users if p.moves_site}
    active = {p.current_name for p in planned_users if p.status == "active"}
    is_suspended_first = able.can("user", "suspend") and not able.can("site", "update")
    if is_suspended_first:
        leaving |= {p.current_name for p in planned_users if p.status == "inactive"}
    for name, user in resolver.inventory.users.items():
        if name not in leaving and (user.get("status") != "inactive" or name in active):
            yield user
