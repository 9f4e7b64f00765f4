"""Restores the addresses of units that a run has bound to other ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from licsync.diagnostics import Code, info
from licsync.model.inventory_document import Unit
from licsync.planning.undo.effect import UndoState, first_few


def users_at_other_address(undo: UndoState) -> set[str]:
    """Find users with a license at another address than before the run.

    A license that would change its address when the site goes back counts too.
    """
    units, users, found = undo.inventory.licenses, undo.inventory.users, set[str]()
    changed = set[str]()
    for unit in undo.effect.changed("licenses"):
        was, is_ = (
            side[f"licenses/{unit}"] or {} for side in (undo.effect.before, undo.effect.after)
        )
        if was.get("service_address") != is_.get("service_address"):
            changed.add(unit)
            there = units.get(unit)
            holder = there and there.get("user")
            if holder and was.get("user") == undo.former.get(holder, holder):
                found.add(holder)
    sites = {
        site: undo.inventory.sites.get(site, {}).get("service_address")
        for site in undo.effect.changed("sites")
    }
    for name, user in users.items() if sites else ():
        here = sites.get(user.get("site") or "")
        held = (
            {service["license"] for service in user.get("services") or ()} - changed if here else ()
        )
        if any(units[unit].get("service_address") == here for unit in held):
            found.add(name)
    return found


def restore_unit_addresses(undo: UndoState) -> None:
    """Bring the units that nobody has back to the addresses that they had."""
    moved: dict[str, Unit] = {}
    for unit in undo.effect.changed("licenses"):
        was, is_ = (
            side[f"licenses/{unit}"] or {} for side in (undo.effect.before, undo.effect.after)
        )
        # it comes back with its user
        is_held = was.get("status") == is_.get("status") == "assigned"
        if was and not is_held and was.get("service_address") != is_.get("service_address"):
            moved[unit] = _restored_unit(was, is_, undo.inventory.licenses.get(unit) or {})
    if moved and not undo.capabilities.can("license", "relocate"):
        hint = "Change it in the console, where it matters."
        message = (
            "Units that are unassigned again stay at the address that they have "
            f"({first_few([*map(undo.unit_name, moved)])})."
        )
        undo.notes.append(info(Code.NOT_UNDONE, message, hint=hint))
        undo.reported |= {(f"licenses/{unit}", "service_address") for unit in moved}
        return
    for unit, then in moved.items():
        place = undo.place(then.get("service_address"))
        if place is not None and then.get("status") == "unassigned":
            undo.desired.places[unit] = place
            undo.targets.add(f"licenses/{unit}")


def _restored_unit(
    was: Mapping[str, object], is_: Mapping[str, object], now: Mapping[str, object]
) -> Unit:
    """Return a unit after the undo; what others changed since the run stays."""
    groups = ("status", "user", "suspended"), ("service_address",)
    since: list[str] = []
    for group in groups:
        if any(now.get(name) != is_.get(name) for name in group):
            since += group
    stays = {"status": "unassigned"} if is_removed(was) and not is_removed(is_) else {}
    return cast(Unit, {**was, **stays, **{name: now.get(name) for name in since}})


def is_removed(unit: Mapping[str, object]) -> bool:
    """Tell whether the vendor has taken a unit away, which it can give back for a while."""
    suspended = unit.get("suspended")
    return isinstance(suspended, Mapping) and suspended.get("reason") == "removed"
