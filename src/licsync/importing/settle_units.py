"""Derives what no table says of a suspended license from its holder and from what was known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from licsync.importing.exported import ExportedAccount
from licsync.importing.merged import MergedInventory
from licsync.importing.table_rows import Rows
from licsync.model.inventory import Inventory, Record
from licsync.model.observed import observed_at

_SINCE_NOW = "Licenses of inactive users are assumed to be suspended since this export"
_REMOVED = "Suspended licenses without a holder are assumed to be removed by 8x8"
_REMOVED_SINCE = "Licenses are assumed to be removed since the previous export"


def settle_units(
    merged: MergedInventory, previous: Inventory, exported: ExportedAccount, as_of: str
) -> None:
    """Settle the status of every unit of the merged document."""
    users: Mapping[str, Record] = merged.document["users"]
    exported_ids = {name: unit for unit, name in merged.ids["licenses"].items()}
    exported_users = {name: user for user, name in merged.ids["users"].items()}
    last = observed_at(previous.observed, "licenses") or previous.as_of
    old_ids = {new: old for old, new in merged.same_units.items()}
    for unit_id, unit in merged.document["licenses"].items():
        exported_id = exported_ids.get(unit_id, "")
        is_reported = "status" in exported.fields("licenses", exported_id)
        user = users.get(unit.get("user") or "")
        if user is not None:
            exported_user = exported_users.get(unit["user"], "")
            is_user_reported = "status" in exported.fields("users", exported_user)
            _follow_user(merged, unit, user, as_of, is_reported=is_reported and is_user_reported)
            if is_reported and not is_user_reported:
                exported_unit = exported.document["licenses"][exported_id]
                _refuse_contradiction(merged, exported_id, exported_unit["status"], unit, user)
        elif unit["status"] == "suspended" and not unit.get("holder"):
            was: Any = previous.licenses.get(old_ids.get(unit_id, unit_id))
            _settle_removed(merged, exported_id, unit, was, last)


def settle_unknown_unit(rows: Rows, unit_id: str, unit: Record, holder: Record, as_of: str) -> None:
    """Settle the status of a unit of which no inventory knows anything.

    Args:
        rows: take the faults and what is concluded.
        unit_id: the id of the unit.
        unit: the unit, which is changed.
        holder: its user; empty if no user holds it.
        as_of: the instant of the tables.
    """
    if holder.get("status") == "inactive" and unit["status"] == "assigned":
        unit["status"] = "suspended"
        rows.concluded["Licenses of inactive users are assumed to be suspended"] += 1
    if unit["status"] != "suspended":
        return
    suspended = unit.setdefault("suspended", {})
    if "reason" not in suspended and holder.get("status") == "inactive":
        suspended["reason"] = "user_inactive"
    if not {"reason", "user", "holder"} & {*suspended, *unit} and "at" in suspended:
        suspended["reason"] = "removed"  # a user who is inactive keeps the license
        rows.concluded["Suspended licenses that nobody holds: 8x8 removed them"] += 1
    if suspended.get("reason") == "user_inactive" and "at" not in suspended:
        suspended["at"] = as_of
        rows.concluded["Licenses of inactive users are assumed to be suspended since today"] += 1
    if not {"reason", "at"} <= suspended.keys():
        table, row = rows.places["licenses", unit_id]
        if "reason" not in suspended:
            message = "The table does not say why the license is suspended."
            hint = "Add columns Suspended (user_inactive or removed) and Suspended at (a date)."
        else:
            message = "The table does not say when the license was removed."
            hint = "Add the column Suspended at (a date)."
        rows.add_fault(table, row, "status", message, hint)
        unit["suspended"] = {"reason": "user_inactive", "at": as_of} | suspended


def _follow_user(
    merged: MergedInventory, unit: Record, user: Record, as_of: str, *, is_reported: bool
) -> None:
    """Suspend the license of an inactive user, and lift that of an active one."""
    is_inactive = user.get("status") == "inactive"
    if is_inactive and unit["status"] == "assigned":
        unit["status"] = "suspended"
    elif not is_inactive and unit["status"] == "suspended" and not is_reported:
        unit["status"] = "assigned"
        unit.pop("suspended", None)
    if unit["status"] != "suspended":
        return
    suspended = {"reason": "user_inactive", **(unit.get("suspended") or {})}
    if "at" not in suspended:
        suspended["at"] = as_of
        merged.conclusions[_SINCE_NOW] += 1
    unit["suspended"] = suspended


def _refuse_contradiction(
    merged: MergedInventory, exported_id: str, exported: str, unit: Record, user: Record
) -> None:
    """Refuse a license status that a user's status of an earlier export contradicts."""
    if exported == unit["status"]:
        return
    status = user.get("status", "active")
    merged.add_fault(
        ("licenses", exported_id),
        f"The license is {exported}, but its user '{unit['user']}' was {status} when the users were"
        " last read",
        "Add the list of users to the export: a license is suspended while its user is inactive.",
    )


def _settle_removed(
    merged: MergedInventory,
    exported_id: str,
    unit: Record,
    was: Mapping[str, Any] | None,
    last: str,
) -> None:
    """Find out why and since when a license without a holder is suspended."""
    suspended = dict(unit.get("suspended") or {})
    if "reason" not in suspended:
        suspended["reason"] = "removed"
        merged.conclusions[_REMOVED] += 1
    if "at" not in suspended:
        if was is None or not last:
            message = "The table does not say when the license was removed"
            merged.add_fault(
                ("licenses", exported_id), message, "Add the column Suspended at (a date)."
            )
        suspended["at"] = last
        merged.conclusions[_REMOVED_SINCE] += 1
    unit["suspended"] = suspended
