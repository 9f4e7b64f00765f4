"""The inverse of a run, as a plan: what its changes were before becomes the desired state, of just that.

It is the planner that finds the way back, so limits, protected users, shortages and the order of
things hold as in any plan. What others changed since and the run did not touch stays as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from licsync.diagnostics import Code, info, ordered
from licsync.model.declarations import KINDS, PLAIN, Extension, UserAttributes
from licsync.model.desired import Desired
from licsync.model.fields import fields_of
from licsync.model.inventory import Inventory, Record, address_key, compared
from licsync.model.labels import label, sentence
from licsync.planning.plan import GROUPS, Action, Change, Plan
from licsync.planning.planner import Options, empty_plan, make_plan
from licsync.planning.undo.effect import Effect, Way, some
from licsync.planning.undo.units import bound_elsewhere, bring_back_places, is_removed
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


def way_back(
    effect: Effect,
    inventory: Inventory,
    files: Desired,
    *,
    now: datetime,
    options: Options,
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
    addresses: dict[str, Any] = {
        slug: address
        for slug, address in files.service_addresses.items()
        if address is not None
        and (key := address_key(address)) not in created
        and key in inventory.address_ids
    }
    # of those in the targets: whom the run has created
    account = {**files.account, "unlisted_users": "delete"}
    desired = Desired(
        account,
        files.catalog,
        service_addresses=addresses,
        approvals=files.approvals,
        rules=files.rules,
        digest=files.digest,
    )
    way = Way(desired, inventory, effect, options.capabilities)
    _places(way, created, unused)
    _people(way)
    _licenses(way)
    bring_back_places(way)
    options = replace(options, targets=frozenset(way.targets), excludes=())
    if not way.targets:
        return empty_plan(
            desired, inventory, now=now, options=options, diagnostics=way.notes
        ), way.told
    faults = [d for d in check(desired, inventory, now=now) if d.code in _CHECKED]
    plan = make_plan(desired, inventory, now=now, options=options, diagnostics=faults)
    _regroup(way, plan.actions)
    for action in plan.actions:
        if action.why.startswith("not in the files"):
            action.why = "made by the run that is taken back"
    plan.diagnostics = ordered(
        [*(d for d in plan.diagnostics if d.code is not Code.UNLISTED_USER), *way.notes]
    )
    return plan, way.told


# --- places ---------------------------------------------------------------------------------------


def created_addresses(
    effect: Effect, inventory: Inventory
) -> dict[tuple[tuple[str, str], ...], str]:
    """Find the ids of the service addresses that the run made, which the console made up."""
    found = {}
    for action in effect.actions:
        if action.label == "service_address.create":
            key = address_key({change.path: change.after for change in action.changes})
            if key in inventory.address_ids:
                found[key] = inventory.address_ids[key]
    return found


def _places(way: Way, created: Mapping[Any, str], unused: Collection[str]) -> None:
    """Bring back addresses, sites and policy profiles, and let those go that the run made."""
    bound = {
        unit.get("service_address"): name for name, unit in sorted(way.inventory.licenses.items())
    }
    for address_id in created.values():
        if address_id in bound and address_id not in unused:
            message = (
                f"The service address '{address_id}' stays: {bound[address_id]} is bound to it."
            )
            way.cannot(message, key=f"service_addresses/{address_id}")
            continue
        way.desired.service_addresses[address_id] = None
        way.targets.add(f"service_addresses/{address_id}")
    for address_id in way.effect.changed("service_addresses"):
        was = way.effect.before[f"service_addresses/{address_id}"]
        if was is not None and address_key(was) not in way.inventory.address_ids:
            way.desired.service_addresses[address_id] = was
            way.targets.add(f"service_addresses/{address_id}")
    for kind in (KINDS[name] for name in PLAIN):
        for name in way.effect.changed(kind.section):
            key = f"{kind.section}/{name}"
            was, is_ = way.effect.before[key], way.effect.after[key]
            back = None if was is None else _back(kind.declaration, was, is_ or {})
            getattr(way.desired, kind.section)[name] = back
            way.targets.add(key)


# --- people ---------------------------------------------------------------------------------------


def _people(way: Way) -> None:
    renamed = way.former
    names, since, elsewhere = way.effect.changed("users"), list[str](), bound_elsewhere(way)
    for name in names:
        former = renamed.get(name, name)
        was, is_ = (
            _person(side.get(f"users/{n}"))
            for side, n in ((way.effect.before, former), (way.effect.after, name))
        )
        now = way.inventory.users.get(name)
        if is_ is None:
            if name not in renamed.values() and was is not None:
                _brought_back(way, name, was)
        elif now is None:
            way.cannot(f"{name} is gone since, and is not brought back.", key=f"users/{former}")
        elif was is None:
            way.targets.add(f"users/{name}")
        else:
            user = _back(UserAttributes, was, is_)
            moves = name in elsewhere or was.get("site") != is_.get("site")
            if moves or compared(was).get("services") != compared(is_).get("services"):
                user["licenses"] = _entries(way, was, is_, now)
                way.desired.exact |= {former} if way.is_exact else set()
            if former != name:
                user["previously"] = name
            way.groups[former] = _groups(was, is_)
            if compared(_person(now)) != compared(is_):
                since.append(name)
            way.desired.users[former] = user
            way.targets.add(f"users/{former}")
    if since:
        message = f"Changed since the run: {some(since)}. Of that, only what the run had changed is taken back."
        way.notes.append(info(Code.NOT_UNDONE, message))
    # of whom nothing but the address of a license was changed, or would be
    for name in elsewhere - set(names):
        now = way.inventory.users[name]
        way.desired.users[name] = {"licenses": _entries(way, now, now, now)}
        way.desired.exact |= {name} if way.is_exact else set()
        way.targets.add(f"users/{name}")


def _person(record: Record | None) -> Record | None:
    """Give a user's record with its status, which goes without saying."""
    return record and {"status": "active", **record}


def _brought_back(way: Way, name: str, was: Record) -> None:
    """Declare a user that the run has deleted, in full."""
    if name.casefold() in way.inventory.user_names:
        way.cannot(f"There is another {name} since, who stays as is.", key=f"users/{name}")
        return
    # what a new user has, and this one had not
    defaults = dict.fromkeys(("email", "policy")) if way.is_exact else {}
    user = {**defaults, **_back(UserAttributes, was, {})}
    user["licenses"] = _entries(way, was, {}, {})
    way.desired.exact |= {name} if way.is_exact else set()
    way.desired.users[name] = user
    way.targets.add(f"users/{name}")
    way.groups[name] = _groups(was, {})
    way.cannot(
        f"{name} is created anew: with another id, and without password, voicemail messages, PIN and call history.",
        key=f"users/{name}",
        fields=("id",),
    )


def _groups(was: Record, is_: Record) -> dict[str, list[str]]:
    """Name the groups that a user was in and is no longer."""
    gone = {
        name: [g for g in was.get(name) or () if g not in (is_.get(name) or ())] for name in GROUPS
    }
    return {name: groups for name, groups in gone.items() if groups}


def _regroup(way: Way, actions: list[Action]) -> None:
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
    for name, gone in sorted(way.groups.items()):
        now, carrier, left = way.inventory.users.get(name) or {}, carriers.get(name), list[str]()
        for kind, groups in gone.items():
            there = now.get(kind) or []
            missing = [group for group in groups if group not in there]
            if missing and carrier is not None and way.capabilities.writes(kind):
                carrier.changes.append(Change(kind, there, [*there, *missing]))
            else:
                left += missing
        if left:
            hint = "Put the user back by hand: files do not say groups."
            way.cannot(f"{name} was in {sentence(left)}.", hint, key=f"users/{name}", fields=GROUPS)


def _entries(way: Way, was: Record, is_: Record, now: Record) -> list[dict[str, Any]]:
    """Declare the licenses that a user had, and those that others have given it since."""
    carried = {
        service["license"]: service.get("extension") or {} for service in is_.get("services") or ()
    }
    held = {service["license"] for service in now.get("services") or ()}
    had = [
        s for s in was.get("services") or () if s["license"] in held or s["license"] not in carried
    ]
    had = [s for s in had if _is_declared(way, s["license"])]
    kinds = Counter(_kind(way, service["license"])["type"] for service in had)
    entries = []
    for service in had:
        unit = service["license"]
        extension = service.get("extension") or {}
        meanwhile = carried.get(unit) or carried.get(way.effect.successors.get(unit, ""), {})
        if kinds[_kind(way, unit)["type"]] > 1:  # which is which, only all that they carry tells
            back = {name: extension.get(name) for name in fields_of(Extension)}
        else:
            back = _back(Extension, extension, meanwhile)
        entries.append(
            _entry(way, unit, unit in held) | {"unit": unit} | ({"extension": back} if back else {})
        )
        if "service_address" in entries[-1]:
            way.targets.add(f"licenses/{unit}")
    given = held - carried.keys() - {service["license"] for service in had}
    return [
        *entries,
        *(_entry(way, unit, True) for unit in sorted(given) if _is_declared(way, unit)),
    ]


def _is_declared(way: Way, unit: str) -> bool:
    """Tell whether such a license is declared: it is known, and does not come and go with numbers."""
    record = _kind(way, unit)
    return bool(record) and (way.is_exact or not way.desired.catalog.is_automatic(record["type"]))


def _kind(way: Way, unit: str) -> Record:
    """Give a unit as it was when the run began, else as it is."""
    return way.effect.before.get(f"licenses/{unit}") or way.inventory.licenses.get(unit) or {}


def _entry(way: Way, unit: str, is_held: bool) -> dict[str, Any]:
    """Declare a license like a unit, at its address: the one that it had where the run has changed it or taken it away.

    The address is said in any case, for otherwise it would follow a site that goes back.
    """
    record, key = _kind(way, unit), f"licenses/{unit}"
    entry = {name: record[name] for name in ("type", "country")}
    left = way.effect.after.get(key) or record
    if is_held and record.get("service_address") == left.get("service_address"):
        record = way.inventory.licenses[unit]
    place = way.place(record.get("service_address"))
    return entry | {"service_address": place} if place else entry


def _back(declaration: type, was: Record, is_: Record) -> dict[str, Any]:
    """Declare what was otherwise: values as they were, nothing where there was nothing."""
    found: dict[str, Any] = {}
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


def _licenses(way: Way) -> None:
    """Say what of the licenses does not come back."""
    for unit in way.effect.changed("licenses"):
        was, is_ = (
            side[f"licenses/{unit}"] or {} for side in (way.effect.before, way.effect.after)
        )
        if is_removed(was) and is_ and not is_removed(is_):
            message = f"{unit} was reinstated, and stays so: only the vendor removes a license."
            way.cannot(
                message,
                "Cancel it with 8x8.",
                key=f"licenses/{unit}",
                fields=("status", "suspended"),
            )
    for action in way.effect.actions:
        lost = [label(name) for name in action.lost if "." not in name and name not in GROUPS]
        if lost:
            way.cannot(
                f"What {action.name} has lost with its license stays lost: {sentence(lost)}."
            )
