"""The inverse of a run, as a plan: what its changes were before becomes the desired state, of just that.

It is the planner that finds the way back, so limits, protected users, shortages and the order of things hold as in any
plan. What others changed since and the run did not touch stays as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from licsync.diagnostics import Code, Diagnostic, info, warning
from licsync.model.declarations import KINDS, PLAIN, Extension, UserAttributes
from licsync.model.desired import Desired
from licsync.model.fields import fields_of, mappings_of
from licsync.model.inventory import Inventory, Record, address_key, compared
from licsync.planning.check import check
from licsync.planning.plan import Action, Plan
from licsync.planning.planner import Options, empty_plan, make_plan
from licsync.planning.words import label, sentence

Records = Mapping[str, Record | None]

GROUPS = ("ring_groups", "call_queues")

_CONFLICTS = (Code.INCOMPATIBLE_LICENSES, Code.DUPLICATE_EXTENSION, Code.DUPLICATE_PHONE_NUMBER)
"""What may stand against what was there: what came since. Whatever else checks ask was no matter then."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a run did: the records that it changed, by key, as they were before and as it left them.

    Attributes:
        before: as they were; None where there was none.
        after: as the run left them; None where there is none any more.
        actions: the actions of its plan that took effect.
    """

    before: Records
    after: Records
    actions: list[Action]

    def changed(self, section: str) -> list[str]:
        """List the names of the records of a section that are not as they were."""
        names = (
            key.partition("/") for key, record in self.before.items() if compared(record) != compared(self.after[key])
        )
        return sorted(name for found, _, name in names if found == section)


@dataclass(slots=True)
class _Way:
    """The way back: what is desired, for which resources, and what cannot come back."""

    desired: Desired
    inventory: Inventory
    effect: Effect
    targets: set[str] = field(default_factory=set)
    notes: list[Diagnostic] = field(default_factory=list)

    def cannot(self, message: str, hint: str | None = None) -> None:
        self.notes.append(warning(Code.NOT_UNDONE, message, hint=hint))


def undo_plan(effect: Effect, inventory: Inventory, files: Desired, *, now: datetime, options: Options) -> Plan:
    """Plan what takes a run back.

    Args:
        effect: what the run did.
        inventory: what the console holds now.
        files: what the files declare: their account section, catalogue and slugs hold here too.
        now: the day.
        options: the run's options; their targets are of no account.
    """
    created = _created_addresses(effect, inventory)
    addresses: dict[str, Any] = {
        slug: address
        for slug, address in files.service_addresses.items()
        if address is not None and (key := address_key(address)) not in created and key in inventory.address_ids
    }
    account = {**files.account, "unlisted_users": "delete"}  # of those in the targets: whom the run has created
    desired = Desired(
        account,
        files.catalog,
        service_addresses=addresses,
        approvals=files.approvals,
        rules=files.rules,
        digest=files.digest,
    )
    way = _Way(desired, inventory, effect)
    _places(way, created)
    _people(way)
    _licenses(way)
    options = replace(options, targets=frozenset(way.targets), excludes=())
    if not way.targets:
        return empty_plan(desired, inventory, now=now, options=options, diagnostics=way.notes)
    faults = [*(d for d in check(desired, inventory, now=now) if d.code in _CONFLICTS), *way.notes]
    plan = make_plan(desired, inventory, now=now, options=options, diagnostics=faults)
    for action in plan.actions:
        if action.why.startswith("not in the files"):
            action.why = "made by the run that is taken back"
    plan.diagnostics = [d for d in plan.diagnostics if d.code is not Code.UNLISTED_USER]
    return plan


# --- places ----------------------------------------------------------------------------------------------------


def _created_addresses(effect: Effect, inventory: Inventory) -> dict[tuple[tuple[str, str], ...], str]:
    """Find the ids of the service addresses that the run made, which the console made up."""
    found = {}
    for action in effect.actions:
        if action.label == "service_address.create":
            key = address_key({change.path: change.after for change in action.changes})
            if key in inventory.address_ids:
                found[key] = inventory.address_ids[key]
    return found


def _places(way: _Way, created: Mapping[Any, str]) -> None:
    """Bring back addresses, sites and policy profiles, and let those go that the run made."""
    bound = {unit.get("service_address"): name for name, unit in sorted(way.inventory.licenses.items())}
    for address_id in created.values():
        if address_id in bound:
            way.cannot(f"The service address '{address_id}' stays: {bound[address_id]} is bound to it.")
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


# --- people ----------------------------------------------------------------------------------------------------


def _people(way: _Way) -> None:
    renamed = {
        action.name: str(change.before)
        for action in way.effect.actions
        for change in action.changes
        if action.label == "user.rename" and change.path == "name" and way.effect.after.get(action.resource)
    }
    names, since = way.effect.changed("users"), list[str]()
    for name in names:
        former = renamed.get(name, name)
        was, is_ = (
            _person(side.get(f"users/{n}")) for side, n in ((way.effect.before, former), (way.effect.after, name))
        )
        now = way.inventory.users.get(name)
        if is_ is None:
            if name not in renamed.values() and was is not None:
                _brought_back(way, name, was)
        elif now is None:
            way.cannot(f"{name} is gone since, and is not brought back.")
        elif was is None:
            way.targets.add(f"users/{name}")
        else:
            user = _back(UserAttributes, was, is_)
            if compared(was).get("services") != compared(is_).get("services"):
                user["licenses"] = _entries(way, was, is_, now)
            if former != name:
                user["previously"] = name
            if lost := _groups(was, is_):
                way.cannot(f"{former} was in {lost}, which files cannot say.", "Put the user back into them by hand.")
            if compared(_person(now)) != compared(is_):
                since.append(name)
            way.desired.users[former] = user
            way.targets.add(f"users/{former}")
    if since:
        message = f"Changed since the run: {_some(since)}. Of that, only what the run had changed is taken back."
        way.notes.append(info(Code.NOT_UNDONE, message))
    for name in _elsewhere(way) - set(names):  # of whom nothing but the address of a license was changed
        now = way.inventory.users[name]
        way.desired.users[name] = {"licenses": _entries(way, now, now, now)}
        way.targets.add(f"users/{name}")


def _elsewhere(way: _Way) -> set[str]:
    """Name the users who hold a license at another address than before the run."""
    found = set()
    for unit in way.effect.changed("licenses"):
        was, is_ = (side[f"licenses/{unit}"] or {} for side in (way.effect.before, way.effect.after))
        moved = was.get("service_address") != is_.get("service_address")
        if moved and was.get("user") and was.get("user") == way.inventory.licenses.get(unit, {}).get("user"):
            found.add(was["user"])
    return found


def _person(record: Record | None) -> Record | None:
    """Give a user's record with its status, which goes without saying."""
    return record and {"status": "active", **record}


def _brought_back(way: _Way, name: str, was: Record) -> None:
    """Declare a user that the run has deleted, in full."""
    if name.casefold() in way.inventory.user_names:
        way.cannot(f"There is another {name} since, who stays as is.")
        return
    user = _back(UserAttributes, was, {})
    user["licenses"] = _entries(way, was, {}, {})
    way.desired.users[name] = user
    way.targets.add(f"users/{name}")
    lost = _groups(was, {})
    message = f"{name} is created anew: with another id, and without password, voicemail messages, PIN and call history"
    way.cannot(
        f"{message}{f'; and not in {lost}' if lost else ''}.", "Put it into its groups by hand." if lost else None
    )


def _groups(was: Record, is_: Record) -> str:
    """Name the groups that a user was in and is no longer."""
    gone = [g for name in GROUPS for g in was.get(name) or () if g not in (is_.get(name) or ())]
    return sentence(gone) if gone else ""


def _entries(way: _Way, was: Record, is_: Record, now: Record) -> list[dict[str, Any]]:
    """Declare the licenses that a user had, and those that others have given it since."""
    carried = {service["license"]: service.get("extension") or {} for service in is_.get("services") or ()}
    held = {service["license"] for service in now.get("services") or ()}
    had = [s for s in was.get("services") or () if s["license"] in held or s["license"] not in carried]
    had = [s for s in had if _is_declared(way, s["license"])]
    pairs = [(a.origin, a.license) for a in way.effect.actions if a.kind == "license"]
    successors = {gone.id: come.id for gone, come in pairs if gone and come and gone.id and come.id}
    kinds = Counter(_kind(way, service["license"])["type"] for service in had)
    entries = []
    for service in had:
        unit = service["license"]
        extension = service.get("extension") or {}
        meanwhile = carried.get(unit) or carried.get(successors.get(unit, ""), {})
        if kinds[_kind(way, unit)["type"]] > 1:  # which is which, only all that they carry tells
            back = {name: extension.get(name) for name in fields_of(Extension)}
        else:
            back = _back(Extension, extension, meanwhile)
        entries.append(_entry(way, unit) | ({"extension": back} if back else {}))
        if "service_address" in entries[-1]:
            way.targets.add(f"licenses/{unit}")
    given = held - carried.keys() - {service["license"] for service in had}
    return [*entries, *(_entry(way, unit) for unit in sorted(given) if _is_declared(way, unit))]


def _is_declared(way: _Way, unit: str) -> bool:
    """Tell whether files declare such a license: it is known, and does not come and go with numbers."""
    record = _kind(way, unit)
    return bool(record) and not way.desired.catalog.is_automatic(record["type"])


def _kind(way: _Way, unit: str) -> Record:
    """Give a unit as it was when the run began, else as it is."""
    return way.effect.before.get(f"licenses/{unit}") or way.inventory.licenses.get(unit) or {}


def _entry(way: _Way, unit: str) -> dict[str, Any]:
    """Declare a license like a unit, at the address that it had where the run has changed it."""
    record = _kind(way, unit)
    entry = {name: record[name] for name in ("type", "country")}
    key = f"licenses/{unit}"
    moved = key in way.effect.before and record.get("service_address") != (way.effect.after[key] or {}).get(
        "service_address"
    )
    return entry | {"service_address": record["service_address"]} if moved and record.get("service_address") else entry


def _back(declaration: type, was: Record, is_: Record) -> dict[str, Any]:
    """Declare what was otherwise: values as they were, nothing where there was nothing."""
    found: dict[str, Any] = {}
    for name in fields_of(declaration):
        before, after = was.get(name), is_.get(name)
        if isinstance(before, dict) or isinstance(after, dict):
            off = None if name in mappings_of(declaration) else False  # a setting is removed, a feature switched off
            before, after = before or {}, after or {}
            changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
            if changed:
                found[name] = {
                    key: before.get(key, off if isinstance(after.get(key), bool) else None) for key in sorted(changed)
                }
        elif before != after:
            found[name] = before
    return found


# --- licenses --------------------------------------------------------------------------------------------------


def _licenses(way: _Way) -> None:
    """Say what of the licenses does not come back."""
    moved = []
    for unit in way.effect.changed("licenses"):
        was, is_ = (side[f"licenses/{unit}"] or {} for side in (way.effect.before, way.effect.after))
        if (was.get("suspended") or {}).get("reason") == "removed" and is_.get("status") != "suspended":
            way.cannot(
                f"{unit} was reinstated, and stays so: only the vendor removes a license.", "Cancel it with 8x8."
            )
        elif was.get("status") == "unassigned" and was.get("service_address") != is_.get("service_address"):
            moved.append(unit)
    if moved:
        message = f"Units that are unassigned again stay at the address that they have ({_some(moved)})."
        hint = "Say where they should be with unassigned_address in the pool."
        way.notes.append(info(Code.NOT_UNDONE, message, hint=hint))
    for action in way.effect.actions:
        lost = [label(name) for name in action.lost if "." not in name and name not in GROUPS]
        if lost:
            way.cannot(f"What {action.name} has lost with its license stays lost: {sentence(lost)}.")


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
