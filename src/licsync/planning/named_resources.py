"""Actions on service addresses, sites and policy profiles, to which users and licenses refer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from licsync.diagnostics import Code, Diagnostic, error, info
from licsync.model.canonical import FieldValue
from licsync.model.declarations import KINDS, PLAIN, Kind, ServiceAddress, UserAttributes
from licsync.model.fields import Ref, fields_with_marker
from licsync.planning.actions import Action, AnyChange, Change, former_name
from licsync.planning.comparison import differences, flatten
from licsync.planning.licenses.moves import Move
from licsync.planning.resolver import Resolver
from licsync.planning.users import PlannedUser


def plan_addresses(resolver: Resolver) -> Iterator[Action]:
    """Create declared service addresses that do not exist, and delete those declared null."""
    desired, inventory = resolver.desired, resolver.inventory
    existing = {resolver.label_of_id(i) for i in inventory.service_addresses}
    for slug, address in sorted(desired.service_addresses.items()):
        source = desired.where("service_addresses", slug)
        if address is None:
            if slug in inventory.service_addresses:
                record = inventory.service_addresses[slug]
                changes = [
                    Change(path, value, None) for path, value, _ in flatten(ServiceAddress, record)
                ]
                yield Action(
                    "service_address",
                    "delete",
                    f"service_addresses/{slug}",
                    changes=tuple(changes),
                    source=source,
                )
        elif resolver.label_of_reference(slug) == slug and slug not in existing:
            changes = [
                Change(path, None, value) for path, value, _ in flatten(ServiceAddress, address)
            ]
            yield Action(
                "service_address",
                "create",
                f"service_addresses/{slug}",
                changes=tuple(changes),
                source=source,
            )


def plan_named(kind: Kind, resolver: Resolver) -> Iterator[Action]:
    """Create, update and delete sites, policy profiles and the like as declared.

    Args:
        kind: one of the plain kinds.
        resolver: what is declared and what is there.
    """
    desired = resolver.desired
    for name, record in sorted(getattr(desired, kind.section).items()):
        source, resource = desired.where(kind.section, name), f"{kind.section}/{name}"
        current = getattr(resolver.inventory, kind.section).get(name)
        before = _with_address_label(current or {}, resolver.label_of_id)
        if record is None:
            if current is not None:
                gone = [
                    Change(path, value, None)
                    for path, value, _ in flatten(kind.declaration, before)
                ]
                yield Action(kind.name, "delete", resource, changes=tuple(gone), source=source)
            continue
        after = _with_address_label(record, resolver.label_of_reference)
        changes = [
            Change(*difference) for difference in differences(kind.declaration, after, before)
        ]
        if current is None:
            yield Action(kind.name, "create", resource, changes=tuple(changes), source=source)
        elif changes:
            yield Action(kind.name, "update", resource, changes=tuple(changes), source=source)


def _with_address_label(
    record: Mapping[str, FieldValue], label: Callable[[str | None], str | None]
) -> dict[str, object]:
    """Return a record with the label of its service address, if it has one."""
    place = (
        {"service_address": label(record["service_address"])} if "service_address" in record else {}
    )
    return {**record, **place}


def left_behind_diagnostics(
    actions: list[Action], moves: list[Move], resolver: Resolver
) -> Iterator[Diagnostic]:
    """Report suspended licenses that stay where their site was: nobody can edit their address."""
    updates = (action for action in actions if action.label == "site.update")
    moved = dict(_changes_of(updates, "service_address"))
    if not moved:
        return
    units, behind = resolver.inventory.licenses, dict[str, list[str]]()
    changed_units: set[str | None] = set()
    for action in actions:
        refs = (action.license, action.origin, *action.arriving_units, *action.leaving_units)
        changed_units |= {ref.id for ref in refs if ref is not None}
        changed_units |= {change.license for change in action.changes}
        changed_units |= {*action.units} if action.kind == "site" else set()
    changed_units |= {m.service["license"] for m in moves if m.service and m.own_address}
    leaving = {action.name for action in actions if action.label == "user.suspend"}
    for name, user in resolver.inventory.users.items():
        is_suspended = user.get("status") == "inactive" or name in leaving
        if is_suspended and user.get("site") in moved:
            before = moved[user["site"]].before
            for unit_id in (service["license"] for service in user.get("services") or ()):
                if (
                    unit_id not in changed_units
                    and resolver.label_of_id(units[unit_id].get("service_address")) == before
                ):
                    behind.setdefault(user["site"], []).append(
                        f"{resolver.unit_name(unit_id)} ({name})"
                    )
    for site, found in sorted(behind.items()):
        some = ", ".join(sorted(found)[:10]) + (", …" if len(found) > 10 else "")
        message = (
            f"Suspended licenses stay at '{moved[site].before}' when the site {site} moves: {some}."
        )
        place = resolver.desired.where("sites", site, "service_address")
        hint = "Licenses that the files declare follow when their users are active again."
        yield info(Code.LEFT_AS_IS, message, place, hint)


def pbx_diagnostics(
    actions: list[Action], planned_users: Iterable[PlannedUser], resolver: Resolver
) -> Iterator[Diagnostic]:
    """Report users who would keep a license while they move to another PBX.

    The console refuses that (domain.md, 6.4).
    """
    given_back = {a.origin.id for a in actions if a.verb == "unassign" and a.origin is not None}
    updates = (action for action in actions if action.kind == "user" and not action.manual)
    moving = dict(_changes_of(updates, "site"))
    for planned in planned_users if moving else ():
        change = moving.get(planned.name)
        if change is None or not resolver.is_other_pbx(change.before, change.after):
            continue
        units = [s["license"] for s in planned.services if s["license"] not in given_back]
        if held := [resolver.unit_name(unit_id) for unit_id in units]:
            message = (
                f"{planned.name} cannot move to {change.after} while holding {', '.join(held)}: "
            )
            message += "the site is on another PBX."
            hint = "Declare the new site with 'licenses: []' and apply. Then declare the licenses "
            hint += "again with all their settings."
            place = planned.where(*planned.place, "site")
            yield error(Code.INVALID_VALUE, message, place, hint)


def deletion_diagnostics(actions: list[Action], resolver: Resolver) -> Iterator[Diagnostic]:
    """Report every policy profile, site and address that is deleted while in use.

    The console refuses that.
    """
    gone = [a for a in actions if a.verb == "delete" and a.kind in _IN_USE]
    for action in gone:
        found = sorted(_IN_USE[action.kind](action, actions, resolver))
        if found:
            title = KINDS[action.kind].title
            some = ", ".join(found[:3]) + (", …" if len(found) > 3 else "")
            message = f"The {title} '{action.name}' cannot be deleted: it is used by {some}."
            hint = f"Declare another {title} for everything that uses it, or keep it."
            yield error(Code.INVALID_VALUE, message, action.source, hint)


def _changes_of(actions: Iterable[Action], path: str) -> Iterator[tuple[str, AnyChange]]:
    """List the changes of a path, each with the name of the resource."""
    for action in actions:
        for change in action.changes:
            if change.path == path:
                yield action.name, change


def _users_of(gone: Action, actions: list[Action], resolver: Resolver) -> Iterator[str]:
    """List the users that have a site or policy profile now and do not get another one."""
    left: set[tuple[str, str]] = set()
    for action in (action for action in actions if action.kind == "user"):
        left |= {(c.path, action.name) for c in action.changes if c.before != c.after}
    former = {a.name: former_name(a) for a in actions if a.verb == "rename"}
    left |= {(path, former[name]) for path, name in left if name in former}
    fields = [
        field
        for field, ref in fields_with_marker(UserAttributes, Ref).items()
        if ref.kind == gone.kind
    ]
    for name, user in resolver.inventory.users.items():
        if any(user.get(field) == gone.name and (field, name) not in left for field in fields):
            yield name


def _bound_to(gone: Action, actions: list[Action], resolver: Resolver) -> Iterator[str]:
    """List the sites and licenses that will be at an address, and a slug of the same address."""
    label = resolver.label_of_id(gone.name)
    after: dict[str, str | None] = {
        a.resource: None for a in actions if a.kind == "site" and a.verb == "delete"
    }
    for action in actions:
        for change in action.changes:
            if change.path == "service_address":
                unit = change.license or (action.license.id if action.license else None)
                after[f"licenses/{unit}" if unit else action.resource] = change.after
    for section, title in (("sites", "site"), ("licenses", "license")):
        for name, record in getattr(resolver.inventory, section).items():
            key = f"{section}/{name}"
            if after[key] == label if key in after else record.get("service_address") == gone.name:
                yield f"{title} {resolver.unit_name(name) if section == 'licenses' else name}"
    if label in resolver.desired.service_addresses and label != gone.name:
        yield f"the files as {label}"


_IN_USE = {"service_address": _bound_to, **dict.fromkeys(PLAIN, _users_of)}
"""Lists, by kind, what still uses a resource, which therefore cannot be deleted."""
