"""The inverse of a run, as a plan: the values before its changes become the desired state.

It is the planner that finds the way back, so limits, protected users, shortages and the order of
things hold as in any plan. What others changed since and the run did not touch stays as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from licsync.diagnostics import Code, info, sort_diagnostics
from licsync.model.account_declarations import Account
from licsync.model.declarations import (
    KINDS,
    PLAIN,
    Extension,
    LicenseEntry,
    ServiceAddress,
    User,
    UserAttributes,
)
from licsync.model.desired import Desired
from licsync.model.fields import fields_of
from licsync.model.inventory import Inventory, without_notes
from licsync.model.inventory_document import GROUPS, GroupField
from licsync.model.labels import label, sentence
from licsync.model.places import place_key
from licsync.planning.actions import Action, Change
from licsync.planning.plan import Plan
from licsync.planning.planner import PlanOptions, empty_plan, make_plan
from licsync.planning.undo.effect import RunEffect, UndoState, first_few
from licsync.planning.undo.units import is_removed, restore_unit_addresses, users_at_other_address
from licsync.planning.validation.validate import check

_CHECKED = (
    Code.INCOMPATIBLE_LICENSES,
    Code.DUPLICATE_EXTENSION,
    Code.DUPLICATE_PHONE_NUMBER,
    Code.OTHER_ADDRESS,
)
"""What may stand against what was there: what came since; and where it goes.

Whatever else checks ask was no matter.
"""


def plan_inverse(
    effect: RunEffect,
    inventory: Inventory,
    files: Desired,
    *,
    now: datetime,
    options: PlanOptions,
    unused: Collection[str] = (),
) -> tuple[Plan, set[tuple[str, str]]]:
    """Plan what takes a run back.

    Args:
        effect: what the run did.
        inventory: what the console holds now.
        files: what the files declare: their account section, catalogue and slugs hold here too.
        now: the day.
        options: the run's options; their targets are of no account.
        unused: ids of addresses to which nothing is bound any more once the run is taken back.

    Returns:
        the plan, and what it says not to come back: keys of records, with the field, or an empty
        text for all of it.
    """
    created = created_addresses(effect, inventory)
    addresses: dict[str, ServiceAddress | None] = {
        slug: address
        for slug, address in files.service_addresses.items()
        if address is not None
        and (key := place_key(address)) not in created
        and key in inventory.address_ids
    }
    # of those in the targets: whom the run has created
    account: Account = {**files.account, "unlisted_users": "delete"}
    desired = Desired(
        account,
        files.catalog,
        service_addresses=addresses,
        approvals=files.approvals,
        rules=files.rules,
        digest=files.digest,
    )
    undo = UndoState(desired, inventory, effect, options.capabilities)
    _restore_resources(undo, created, unused)
    _restore_users(undo)
    _note_lost_licenses(undo)
    restore_unit_addresses(undo)
    narrowed_by = replace(options, targets=(), excludes=()).command_line_words
    options = replace(options, targets=frozenset(undo.targets), excludes=())
    if not undo.targets:
        return empty_plan(
            desired, inventory, now=now, options=options, diagnostics=undo.notes
        ), undo.reported
    faults = [d for d in check(desired, inventory, now=now) if d.code in _CHECKED]
    plan = make_plan(desired, inventory, now=now, options=options, diagnostics=faults)
    actions = [
        replace(action, why="made by the run that is undone")
        if action.resource in undo.created
        else action
        for action in _with_groups(undo, plan.actions)
    ]
    found = [d for d in plan.diagnostics if d.code is not Code.UNLISTED_USER] + undo.notes
    undone = replace(
        plan, actions=actions, diagnostics=sort_diagnostics(found), narrowed_by=narrowed_by
    )
    return undone, undo.reported


# --- places ---------------------------------------------------------------------------------------


def created_addresses(
    effect: RunEffect, inventory: Inventory
) -> dict[tuple[tuple[str, str], ...], str]:
    """Find the ids of the service addresses that the run made, which the console made up."""
    found = {}
    for action in effect.actions:
        if action.label == "service_address.create":
            key = place_key({change.path: change.after for change in action.changes})
            if key in inventory.address_ids:
                found[key] = inventory.address_ids[key]
    return found


def _restore_resources(
    undo: UndoState, created: Mapping[tuple[tuple[str, str], ...], str], unused: Collection[str]
) -> None:
    """Bring back addresses, sites and policy profiles, and let those go that the run made."""
    bound = {
        unit.get("service_address"): name for name, unit in sorted(undo.inventory.licenses.items())
    }
    for address_id in created.values():
        if address_id in bound and address_id not in unused:
            message = (
                f"The service address '{address_id}' stays: "
                f"{undo.unit_name(bound[address_id])} is bound to it."
            )
            undo.note_not_undone(message, key=f"service_addresses/{address_id}")
            continue
        undo.desired.service_addresses[address_id] = None
        undo.targets.add(f"service_addresses/{address_id}")
    for address_id in undo.effect.changed("service_addresses"):
        was = undo.effect.before[f"service_addresses/{address_id}"]
        if was is not None and place_key(was) not in undo.inventory.address_ids:
            # An address never changes: one of the inventory can be declared as it is.
            undo.desired.service_addresses[address_id] = cast(ServiceAddress, was)
            undo.targets.add(f"service_addresses/{address_id}")
    for kind in (KINDS[name] for name in PLAIN):
        for name in undo.effect.changed(kind.section):
            key = f"{kind.section}/{name}"
            was, is_ = undo.effect.before[key], undo.effect.after[key]
            back = None if was is None else _inverse_values(kind.declaration, was, is_ or {})
            getattr(undo.desired, kind.section)[name] = back
            undo.targets.add(key)


# --- people ---------------------------------------------------------------------------------------


def _restore_users(undo: UndoState) -> None:
    renamed = undo.former
    names, since, elsewhere = (
        undo.effect.changed("users"),
        list[str](),
        users_at_other_address(undo),
    )
    for name in names:
        former = renamed.get(name, name)
        was, is_ = (
            _with_status(side.get(f"users/{n}"))
            for side, n in ((undo.effect.before, former), (undo.effect.after, name))
        )
        now = undo.inventory.users.get(name)
        if is_ is None:
            if name not in renamed.values() and was is not None:
                _restore_deleted_user(undo, name, was)
        elif now is None:
            undo.note_not_undone(
                f"{name} is gone since, and is not brought back.", key=f"users/{former}"
            )
        elif was is None:
            undo.targets.add(f"users/{name}")
            undo.created.add(f"users/{name}")
        else:
            user = cast(User, _inverse_values(UserAttributes, was, is_))
            moves = name in elsewhere or was.get("site") != is_.get("site")
            if moves or without_notes(was).get("services") != without_notes(is_).get("services"):
                user["licenses"] = _license_entries(undo, was, is_, now)
                undo.desired.exact |= {former} if undo.is_exact else set()
            if former != name:
                user["previously"] = name
            undo.groups[former] = _groups(was, is_)
            if without_notes(_with_status(now)) != without_notes(is_):
                since.append(name)
            undo.desired.users[former] = user
            undo.targets.add(f"users/{former}")
    if since:
        message = (
            f"Changed since the run: {first_few(since)}. "
            "Of that, only what the run had changed is undone."
        )
        undo.notes.append(info(Code.NOT_UNDONE, message))
    # of whom nothing but the address of a license was changed, or would be
    for name in elsewhere - set(names):
        now = undo.inventory.users[name]
        undo.desired.users[name] = {"licenses": _license_entries(undo, now, now, now)}
        undo.desired.exact |= {name} if undo.is_exact else set()
        undo.targets.add(f"users/{name}")


def _with_status(record: Mapping[str, object] | None) -> Mapping[str, object] | None:
    """Give a user's record with its status, which goes without saying."""
    return record and {"status": "active", **record}


def _restore_deleted_user(undo: UndoState, name: str, was: Mapping[str, object]) -> None:
    """Declare a user that the run has deleted, in full."""
    if name.casefold() in undo.inventory.user_names:
        undo.note_not_undone(
            f"There is another {name} since, who stays as is.", key=f"users/{name}"
        )
        return
    # what a new user has, and this one had not
    defaults = dict.fromkeys(("email", "policy")) if undo.is_exact else {}
    user = cast(User, {**defaults, **_inverse_values(UserAttributes, was, {})})
    user["licenses"] = _license_entries(undo, was, {}, {})
    undo.desired.exact |= {name} if undo.is_exact else set()
    undo.desired.users[name] = user
    undo.targets.add(f"users/{name}")
    undo.groups[name] = _groups(was, {})
    undo.note_not_undone(
        f"{name} is created anew: with another id, and without password, voicemail messages, "
        "PIN and call history.",
        key=f"users/{name}",
        fields=("id",),
    )


def _groups(was: Mapping[str, Any], is_: Mapping[str, Any]) -> dict[GroupField, list[str]]:
    """Name the groups that a user was in and is no longer."""
    gone = {
        name: [g for g in was.get(name) or () if g not in (is_.get(name) or ())] for name in GROUPS
    }
    return {name: groups for name, groups in gone.items() if groups}


def _with_groups(undo: UndoState, actions: list[Action]) -> list[Action]:
    """Have users put back into their groups with the license that brings their extension back.

    Who has no extension is in no group, so it is with a license that groups go, and with one that
    they come back.
    """
    carriers: dict[str, Action] = {}
    for action in actions:
        if (
            action.verb == "assign"
            and not action.manual
            and any(c.path.startswith("extension.") for c in action.changes)
        ):
            carriers.setdefault(action.name, action)
    back: dict[str, list[Change]] = {}
    for name, gone in sorted(undo.groups.items()):
        now, carrier, left = undo.inventory.users.get(name) or {}, carriers.get(name), list[str]()
        for kind, groups in gone.items():
            there = now.get(kind) or []
            missing = [group for group in groups if group not in there]
            if missing and carrier is not None and undo.capabilities.writes(kind):
                back.setdefault(carrier.id, []).append(Change(kind, there, [*there, *missing]))
            else:
                left += missing
        if left:
            hint = "Put the user back by hand: files do not say groups."
            undo.note_not_undone(
                f"{name} was in {sentence(left)}.", hint, key=f"users/{name}", fields=GROUPS
            )
    return [
        replace(action, changes=(*action.changes, *back[action.id]))
        if action.id in back
        else action
        for action in actions
    ]


def _license_entries(
    undo: UndoState, was: Mapping[str, Any], is_: Mapping[str, Any], now: Mapping[str, Any]
) -> list[LicenseEntry]:
    """Declare the licenses that a user had, and those that others have given it since."""
    carried = {
        service["license"]: service.get("extension") or {} for service in is_.get("services") or ()
    }
    held = {service["license"] for service in now.get("services") or ()}
    had = [
        s for s in was.get("services") or () if s["license"] in held or s["license"] not in carried
    ]
    had = [s for s in had if _is_declared(undo, s["license"])]
    kinds = Counter(_former_unit(undo, service["license"])["type"] for service in had)
    entries: list[dict[str, Any]] = []
    for service in had:
        unit = service["license"]
        extension = service.get("extension") or {}
        meanwhile = carried.get(unit) or carried.get(undo.effect.successors.get(unit, ""), {})
        if (
            kinds[_former_unit(undo, unit)["type"]] > 1
        ):  # which is which, only all that they carry tells
            back = {name: extension.get(name) for name in fields_of(Extension)}
        else:
            back = _inverse_values(Extension, extension, meanwhile)
        entries.append(
            _license_entry(undo, unit, unit in held)
            | {"unit": unit}
            | ({"extension": back} if back else {})
        )
        if "service_address" in entries[-1]:
            undo.targets.add(f"licenses/{unit}")
    gained = held - carried.keys() - {service["license"] for service in had}
    entries += [
        _license_entry(undo, unit, True) for unit in sorted(gained) if _is_declared(undo, unit)
    ]
    # Each is a license entry, of which an exact one also names its `unit`.
    return cast(list[LicenseEntry], entries)


def _is_declared(undo: UndoState, unit: str) -> bool:
    """Tell whether to declare a license: it is known, and not automatic."""
    record = _former_unit(undo, unit)
    return bool(record) and (undo.is_exact or not undo.desired.catalog.is_automatic(record["type"]))


def _former_unit(undo: UndoState, unit: str) -> Mapping[str, Any]:
    """Give a unit as it was when the run began, else as it is."""
    return undo.effect.before.get(f"licenses/{unit}") or undo.inventory.licenses.get(unit) or {}


def _license_entry(undo: UndoState, unit: str, is_held: bool) -> dict[str, object]:
    """Declare a license like a unit, at its address.

    It is the address before the run if the run changed it or took the license away. It is always
    explicit, or the license would follow a site that goes back.
    """
    record, key = _former_unit(undo, unit), f"licenses/{unit}"
    entry = {name: record[name] for name in ("type", "country")}
    left = undo.effect.after.get(key) or record
    if is_held and record.get("service_address") == left.get("service_address"):
        record = undo.inventory.licenses[unit]
    place = undo.place(record.get("service_address"))
    return entry | {"service_address": place} if place else entry


def _inverse_values(
    declaration: type, was: Mapping[str, Any], is_: Mapping[str, Any]
) -> dict[str, object]:
    """Declare what was otherwise: values as they were, nothing where there was nothing."""
    found: dict[str, object] = {}
    for name in fields_of(declaration):
        before, after = was.get(name), is_.get(name)
        if isinstance(before, dict) or isinstance(after, dict):
            before, after = before or {}, after or {}
            changed = {
                key for key in before.keys() | after.keys() if before.get(key) != after.get(key)
            }
            if changed:
                found[name] = {key: before.get(key) for key in sorted(changed)}
        elif before != after:
            found[name] = before
    return found


# --- licenses -------------------------------------------------------------------------------------


def _note_lost_licenses(undo: UndoState) -> None:
    """Say what of the licenses does not come back."""
    for unit in undo.effect.changed("licenses"):
        was, is_ = (
            side[f"licenses/{unit}"] or {} for side in (undo.effect.before, undo.effect.after)
        )
        if is_removed(was) and is_ and not is_removed(is_):
            undo.note_not_undone(
                f"{undo.unit_name(unit)} was reinstated, and stays so: "
                "only the vendor removes a license.",
                "Cancel it with 8x8.",
                key=f"licenses/{unit}",
                fields=("status", "suspended"),
            )
    for action in undo.effect.actions:
        lost = [label(name) for name in action.lost if "." not in name and name not in GROUPS]
        if lost:
            undo.note_not_undone(
                f"What {action.name} has lost with its license stays lost: {sentence(lost)}."
            )
