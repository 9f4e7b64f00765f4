"""The inverse of a run, as a plan: the values before its changes become the desired state.

It is the planner that finds the way back, so limits, protected users, shortages and the order of
things hold as in any plan. What others changed since and the run did not touch stays as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import cast

from licsync.diagnostics import Code, sort_diagnostics
from licsync.model.account_declarations import Account
from licsync.model.declarations import KINDS, PLAIN, ServiceAddress
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory
from licsync.model.inventory_document import GROUPS
from licsync.model.labels import label, sentence
from licsync.model.places import place_key
from licsync.planning.actions import Action, Change
from licsync.planning.plan import Plan, PlanOptions
from licsync.planning.planner import empty_plan, make_plan
from licsync.planning.undo.effect import RunEffect, UndoState, inverse_values
from licsync.planning.undo.restored_users import restore_users
from licsync.planning.undo.units import is_removed, restore_unit_addresses
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

_ABOUT_UNLISTED_USERS = (Code.UNLISTED_USER, Code.PROBABLE_RENAME, Code.ACKNOWLEDGED)
"""What a plan reports of users whom no file names. Here they are those that the run has created."""


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
    restore_users(undo)
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
    found = [d for d in plan.diagnostics if d.code not in _ABOUT_UNLISTED_USERS] + undo.notes
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
            back = None if was is None else inverse_values(kind.declaration, was, is_ or {})
            getattr(undo.desired, kind.section)[name] = back
            undo.targets.add(key)


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
