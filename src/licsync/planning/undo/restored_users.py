"""Declares users and their licenses as they were before a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import cast

from licsync.diagnostics import Code, info
from licsync.model.declarations import Extension, LicenseEntry, User, UserAttributes
from licsync.model.fields import fields_of
from licsync.model.inventory import without_notes
from licsync.model.inventory_document import GROUPS, GroupField, InventoryUser, Unit
from licsync.planning.undo.effect import UndoState, first_few, inverse_values
from licsync.planning.undo.units import users_at_other_address


def restore_users(undo: UndoState) -> None:
    """Declare the users that the run changed, and name what does not come back of them."""
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
            user = cast(User, inverse_values(UserAttributes, was, is_))
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


def _with_status(record: Mapping[str, object] | None) -> InventoryUser | None:
    """Give a user's record with its status, which goes without saying."""
    return cast("InventoryUser | None", record and {"status": "active", **record})


def _restore_deleted_user(undo: UndoState, name: str, was: InventoryUser) -> None:
    """Declare a user that the run has deleted, in full."""
    if name.casefold() in undo.inventory.user_names:
        undo.note_not_undone(
            f"There is another {name} since, who stays as is.", key=f"users/{name}"
        )
        return
    # what a new user has, and this one had not
    defaults = dict.fromkeys(("email", "policy")) if undo.is_exact else {}
    user = cast(User, {**defaults, **inverse_values(UserAttributes, was, {})})
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


def _groups(was: InventoryUser, is_: InventoryUser) -> dict[GroupField, list[str]]:
    """Name the groups that a user was in and is no longer."""
    gone = {
        name: [str(g) for g in was.get(name) or () if g not in (is_.get(name) or ())]
        for name in GROUPS
    }
    return {name: groups for name, groups in gone.items() if groups}


# --- licenses -----------------------------------------------------------------------------------


def _license_entries(
    undo: UndoState, was: InventoryUser, is_: InventoryUser, now: InventoryUser
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
    entries: list[dict[str, object]] = []
    for service in had:
        unit = service["license"]
        extension = service.get("extension") or {}
        meanwhile = carried.get(unit) or carried.get(undo.effect.successors.get(unit, ""), {})
        if (
            kinds[_former_unit(undo, unit)["type"]] > 1
        ):  # which is which, only all that they carry tells
            back = {name: extension.get(name) for name in fields_of(Extension)}
        else:
            back = inverse_values(Extension, extension, meanwhile)
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


def _former_unit(undo: UndoState, unit: str) -> Unit:
    """Give a unit as it was when the run began, else as it is."""
    former = undo.effect.before.get(f"licenses/{unit}")
    return cast(Unit, former or undo.inventory.licenses.get(unit) or {})


def _license_entry(undo: UndoState, unit: str, is_held: bool) -> dict[str, object]:
    """Declare a license like a unit, at its address.

    It is the address before the run if the run changed it or took the license away. It is always
    explicit, or the license would follow a site that goes back.
    """
    record, key = _former_unit(undo, unit), f"licenses/{unit}"
    entry: dict[str, object] = {"type": record["type"], "country": record["country"]}
    left = undo.effect.after.get(key) or record
    if is_held and record.get("service_address") == left.get("service_address"):
        record = undo.inventory.licenses[unit]
    place = undo.place(record.get("service_address"))
    return entry | {"service_address": place} if place else entry
