"""What 8x8's console does and refuses, step by step, on any implementation of `Records`.

The operations are pure. They read and write through `Records`, so the embedded backend performs
them on SQL, the tests on dictionaries, and the engine predicts the effect of a step. An operation
computes all writes before the first one, so a refusal changes nothing. Rules: domain.md, sections 4
and 6 to 8.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import datetime

from licsync.model.catalog import Catalog
from licsync.model.console.local_numbers import choose_units
from licsync.model.console.named_resources import (
    Writes,
    create_address,
    delete_address,
    delete_named_resource,
    find_address_id,
    put_named_resource,
)
from licsync.model.console.records import InMemoryRecords as InMemoryRecords
from licsync.model.console.records import Records as Records
from licsync.model.console.records import set_value
from licsync.model.console.step import ConsoleRefusal as ConsoleRefusal
from licsync.model.console.step import Step as Step
from licsync.model.console.step import Values
from licsync.model.console.step import keys_of_step as keys_of_step
from licsync.model.declarations import KINDS, PLAIN, UserAttributes
from licsync.model.desired import DEFAULT_POLICY
from licsync.model.fields import Ref, fields_with_marker
from licsync.model.inventory import (
    Record,
    as_unit,
    as_user,
    is_filled,
    number_title,
    numbers_of,
)
from licsync.model.license import Event, can_reinstate, format_instant, state_of, transition


def perform(records: Records, step: Step, now: datetime, catalog: Catalog | None = None) -> None:
    """Perform one step on the records, as the console would.

    Args:
        records: the console's records, which change in place.
        step: the step.
        now: the console's clock, for suspensions and the thirty days of a reinstatement.
        catalog: for a step that does not name the local numbers to attach and detach: the console
            chooses them by the catalog. The steps of a plan name them.

    Raises:
        ConsoleRefusal: the console refuses the step. The records are unchanged.
    """
    writes = OPERATIONS[step.op](records, step, now)
    for key, record in (writes | _come_and_go(records, step, writes, catalog)).items():
        records.put(key, record)


# --- lookups and checks ---------------------------------------------------------------------------


def _user(records: Records, step: Step) -> Record:
    user = records.get(step.target)
    if user is None:
        raise ConsoleRefusal(f"There is no user {step.name}.")
    user["services"] = user.get("services") or []
    return user


def _active_user(records: Records, step: Step) -> Record:
    user = _user(records, step)
    if user.get("status") == "inactive":
        raise ConsoleRefusal(
            f"{step.name} is deactivated: settings and licenses cannot be edited. "
            "Reactivate the user first."
        )
    return user


def _unit(records: Records, unit_id: str) -> Record:
    unit = records.get(f"licenses/{unit_id}")
    if unit is None:
        raise ConsoleRefusal(f"There is no license {unit_id}.")
    return unit


def _service(user: Record, unit_id: str) -> Record:
    services: list[Record] = user["services"]
    for service in services:
        if service["license"] == unit_id:
            return service
    raise ConsoleRefusal(f"The user does not hold license {unit_id}.")


def _check_references(records: Records, before: Record, user: Record) -> None:
    """Check that a new site or policy exists. The user's previous one is not checked again."""
    for name, ref in fields_with_marker(UserAttributes, Ref).items():
        value = user.get(name)
        is_default = ref.kind == "policy" and value == DEFAULT_POLICY
        if not value or value == before.get(name) or is_default:
            continue
        if records.get(f"{KINDS[ref.kind].section}/{value}") is None:
            raise ConsoleRefusal(f"There is no {ref.kind} {value!r}.")


def _check_numbers(records: Records, name: str, user: Record) -> None:
    own: set[tuple[str, str]] = set()
    for space, value in numbers_of(as_user(user)):
        what = number_title(space).capitalize()
        if (space, value) in own:
            raise ConsoleRefusal(f"{what} {value} is used twice by {name}.")
        own.add((space, value))
        holder = records.holder(space, value)
        if holder is not None and holder != name:
            raise ConsoleRefusal(f"{what} {value} is in use by {holder}.")


def _check_pbx(records: Records, old: str | None, new: str | None) -> None:
    before, after = (records.get(f"sites/{s}") or {} if s else {} for s in (old, new))
    if before.get("pbx") and after.get("pbx") and before["pbx"] != after["pbx"]:
        raise ConsoleRefusal(
            f"{new} is on another PBX: remove the licenses, save, change the site, "
            "assign them again."
        )


def _bound(unit: Record, address: str | None) -> Record:
    return unit if address is None else {**unit, "service_address": address}


def _assigned(unit: Record, user: str, address: str | None) -> Record:
    return _bound({**unit, "status": "assigned", "user": user}, address)


def _freed(unit: Record) -> Record:
    return {k: v for k, v in unit.items() if k not in ("user", "suspended")} | {
        "status": "unassigned"
    }


def _assignable(records: Records, user: Record, step: Step, unit_id: str) -> Record:
    """Look up a unit to assign to the user, and check the guards of T2."""
    unit = _unit(records, unit_id)
    if transition(as_unit(unit), "assign") is None:
        state = state_of(as_unit(unit)).partition(":")[0]
        raise ConsoleRefusal(
            f"Failed saving user settings: License {unit_id} is {state}, "
            "only an unassigned one can be assigned."
        )
    if not user.get("site"):
        raise ConsoleRefusal(f"{step.name} has no site: set it before a license is assigned.")
    return unit


def _come_and_go(records: Records, step: Step, writes: Writes, catalog: Catalog | None) -> Writes:
    """Attach and detach automatic units, after the writes of the step itself (T2, T3)."""
    automatic, user = step.args.get("automatic"), writes.get(step.target)
    if user is None:
        return {}
    if automatic is None and catalog is not None and step.target.startswith("users/"):
        automatic = choose_units(records, catalog, records.get(step.target) or {}, user)
    if not automatic:
        return {}
    found: Writes = {}
    for unit_id in automatic.get("detached", ()):
        user["services"].remove(_service(user, unit_id))
        found[f"licenses/{unit_id}"] = _freed(_unit(records, unit_id))
    last, attached = len(user["services"]), automatic.get("attached", {})
    in_order = sorted(attached.items(), key=lambda item: (item[1].get("at", last), item[0]))
    for unit_id, arriving in in_order:
        unit = _assignable(records, user, step, unit_id)
        if f"licenses/{unit_id}" in writes:
            raise ConsoleRefusal(f"License {unit_id} is assigned already.")
        found[f"licenses/{unit_id}"] = _assigned(
            unit, step.name, find_address_id(records, arriving.get("service_address"))
        )
        service: Record = {**deepcopy(dict(arriving.get("service", {}))), "license": unit_id}
        user["services"].insert(arriving.get("at", len(user["services"])), service)
    return found | {step.target: user}


# --- users ----------------------------------------------------------------------------------------


def _create_user(records: Records, step: Step, now: datetime) -> Writes:
    if records.find_user(step.name) is not None:
        raise ConsoleRefusal(f"The user name {step.name} is already in use.")
    user: Record = {"id": records.fresh_id("users"), "status": "active"}
    for path, value in step.args["set"].items():
        set_value(user, path, value)
    _check_references(records, {}, user)
    return {step.target: {**user, "services": []}}


def _update_user(records: Records, step: Step, now: datetime) -> Writes:
    user = _active_user(records, step)
    before = dict(user)
    for path, value in step.args.get("set", {}).items():
        set_value(user, path, value)
    _check_references(records, before, user)
    for unit_id, values in step.args.get("extensions", {}).items():
        _configure(_service(user, unit_id), values)
    _check_numbers(records, step.name, user)
    if user.get("site") != before.get("site") and user["services"]:
        _check_pbx(records, before.get("site"), user.get("site"))
    writes: Writes = {}
    for unit_id, content in step.args.get("addresses", {}).items():
        _service(user, unit_id)
        writes[f"licenses/{unit_id}"] = _bound(
            _unit(records, unit_id), find_address_id(records, content)
        )
    return writes | {step.target: user}


def _configure(service: Record, values: Values) -> None:
    """Set values of a license's extension. An empty extension is not added."""
    extension = service.get("extension") or {}
    for path, value in values.items():
        set_value(extension, path, value)
    if extension or service.get("extension") is not None:
        service["extension"] = extension


def _rename_user(records: Records, step: Step, now: datetime) -> Writes:
    user, to = _user(records, step), step.args["to"]
    if records.find_user(to) not in (None, step.name):
        raise ConsoleRefusal(f"The user name {to} is already in use.")
    units = [s["license"] for s in user["services"]]
    writes: Writes = {
        f"licenses/{unit_id}": {**_unit(records, unit_id), "user": to} for unit_id in units
    }
    return {step.target: None, f"users/{to}": user} | writes


def _suspend_user(records: Records, step: Step, now: datetime) -> Writes:
    user = _active_user(records, step)
    suspended = {"reason": "user_inactive", "at": format_instant(now)}
    units = _units_after(records, user, "suspend", {"status": "suspended", "suspended": suspended})
    return units | {step.target: {**user, "status": "inactive"}}


def _reactivate_user(records: Records, step: Step, now: datetime) -> Writes:
    user = _user(records, step)
    if user.get("status") != "inactive":
        raise ConsoleRefusal(f"{step.name} is active already.")
    units = _units_after(records, user, "reactivate", {"status": "assigned"})
    return units | {step.target: {**user, "status": "active"}}


def _units_after(records: Records, user: Record, event: Event, values: Values) -> Writes:
    """Apply an event to those of a user's units that it concerns (T5, T6)."""
    units = {s["license"]: _unit(records, s["license"]) for s in user["services"]}
    return {
        f"licenses/{unit_id}": {k: v for k, v in unit.items() if k != "suspended"} | dict(values)
        for unit_id, unit in units.items()
        if transition(as_unit(unit), event)
    }


def _delete_user(records: Records, step: Step, now: datetime) -> Writes:
    if _user(records, step)["services"]:
        raise ConsoleRefusal(
            f"{step.name} still holds licenses: unassign them first, "
            "otherwise phone numbers may be stranded."
        )
    return {step.target: None}


# --- licenses -------------------------------------------------------------------------------------


def _attach(records: Records, step: Step, now: datetime) -> Writes:
    """Perform T2.

    The arguments `service`, `at` and the groups restore a license after a temporary detach.
    """
    user, args = _active_user(records, step), step.args
    unit = _assignable(records, user, step, args["license"])
    service: Record = {**deepcopy(dict(args.get("service", {}))), "license": args["license"]}
    if args.get("extension"):
        service["extension"] = deepcopy(dict(args["extension"]))
    user["services"].insert(args.get("at", len(user["services"])), service)
    _check_numbers(records, step.name, user)
    for name in ("ring_groups", "call_queues"):
        if args.get(name):
            user[name] = list(args[name])
    address = find_address_id(records, args.get("service_address"))
    return {f"licenses/{args['license']}": _assigned(unit, step.name, address), step.target: user}


def _detach(records: Records, step: Step, now: datetime) -> Writes:
    """Perform T3. A user without an extension leaves the ring groups and call queues."""
    user, unit_id = _active_user(records, step), step.args["license"]
    user["services"].remove(_service(user, unit_id))
    if not any(is_filled(s.get("extension")) for s in user["services"]):
        user |= {name: [] for name in ("ring_groups", "call_queues") if user.get(name)}
    return {f"licenses/{unit_id}": _freed(_unit(records, unit_id)), step.target: user}


def _replace(records: Records, step: Step, now: datetime) -> Writes:
    """Perform T4: another license in the drop-down. What both types support stays (SEED)."""
    user, old_id, new_id = _active_user(records, step), step.args["from"], step.args["to"]
    service, new = _service(user, old_id), _assignable(records, user, step, new_id)
    _configure(service, step.args.get("extension", {}))
    service["license"] = new_id
    _check_numbers(records, step.name, user)
    address = find_address_id(records, step.args.get("service_address"))
    return {
        f"licenses/{old_id}": _freed(_unit(records, old_id)),
        f"licenses/{new_id}": _assigned(new, step.name, address),
        step.target: user,
    }


def _release_numbers(records: Records, step: Step, now: datetime) -> Writes:
    """Remove numbers from a user, so that another user can get them: half of a swap."""
    user = _active_user(records, step)
    for unit_id, paths in step.args["extensions"].items():
        _configure(_service(user, unit_id), dict.fromkeys(paths))
    return {step.target: user}


_MOVES: tuple[Event, ...] = ("relocate", "follow")


def _relocate(records: Records, step: Step, now: datetime) -> Writes:
    """Perform T12 or T13."""
    unit = _unit(records, step.name)
    if not any(transition(as_unit(unit), event) for event in _MOVES):
        raise ConsoleRefusal(
            f"License {step.name} is suspended: its service address cannot be edited."
        )
    return {step.target: _bound(unit, find_address_id(records, step.args["service_address"]))}


def _reinstate(records: Records, step: Step, now: datetime) -> Writes:
    """Perform T10. After T11 the console refuses it."""
    unit = _unit(records, step.name)
    if transition(as_unit(unit), "reinstate") is None:
        raise ConsoleRefusal(f"License {step.name} was not removed.")
    if not can_reinstate(as_unit(unit), now):
        raise ConsoleRefusal(f"License {step.name} was removed more than 30 days ago and is gone.")
    return {step.target: _freed(unit)}


OPERATIONS: Mapping[str, Callable[[Records, Step, datetime], Writes]] = {
    "user.create": _create_user,
    "user.update": _update_user,
    "user.rename": _rename_user,
    "user.suspend": _suspend_user,
    "user.reactivate": _reactivate_user,
    "user.delete": _delete_user,
    "license.attach": _attach,
    "license.detach": _detach,
    "license.replace": _replace,
    "license.relocate": _relocate,
    "license.reinstate": _reinstate,
    "numbers.release": _release_numbers,
    **{f"{kind}.put": put_named_resource for kind in PLAIN},
    **{f"{kind}.delete": delete_named_resource for kind in PLAIN},
    "service_address.create": create_address,
    "service_address.delete": delete_address,
}
"""The operations of the console, by name."""
