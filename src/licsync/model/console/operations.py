"""What the vendor's console does and refuses, one step at a time, on whatever holds the records.

Pure: it reads and writes through `Records`, so the embedded backend executes it on SQL, the tests
on dictionaries, and the engine to foretell what a step leaves behind. Every operation computes all
it would
write before anything is written, so a refusal leaves nothing changed. Rules: domain.md, sections 4
and 6 to 8.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import datetime
from typing import Any

from licsync.model.catalog import Catalog
from licsync.model.console.local_numbers import choose_units
from licsync.model.console.records import InMemoryRecords as InMemoryRecords
from licsync.model.console.records import Records as Records
from licsync.model.console.records import set_value
from licsync.model.console.step import ConsoleRefusal as ConsoleRefusal
from licsync.model.console.step import Step as Step
from licsync.model.console.step import keys_of_step as keys_of_step
from licsync.model.declarations import KINDS, PLAIN, UserAttributes
from licsync.model.desired import DEFAULT_POLICY
from licsync.model.fields import IMMUTABLE, Ref, fields_of, fields_with_marker, mappings_of
from licsync.model.inventory import Record, is_filled, number_title, numbers_of
from licsync.model.license import Event, can_reinstate, format_instant, state_of, transition

Writes = dict[str, Record | None]
"""What an operation writes: key to record, or to None for one that goes, in the order of writing."""


def perform(records: Records, step: Step, now: datetime, catalog: Catalog | None = None) -> None:
    """Do one step on the records, as the console would.

    Args:
        records: what the console holds; changed in place.
        step: what to do.
        now: the console's clock, for suspensions and the thirty days of a reinstatement.
        catalog: by which the console itself chooses the local numbers that come and go with phone
            numbers, where the step does not name them. The steps of a plan do, and need none.

    Raises:
        ConsoleRefusal: the console refuses; the records are as they were.
    """
    writes = OPERATIONS[step.op](records, step, now)
    for key, record in (writes | _come_and_go(records, step, writes, catalog)).items():
        records.put(key, record)


# --- what the operations share --------------------------------------------------------------------


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
            f"{step.name} is deactivated: settings and licenses cannot be edited. Reactivate the user first."
        )
    return user


def _unit(records: Records, unit_id: str) -> Record:
    unit = records.get(f"licenses/{unit_id}")
    if unit is None:
        raise ConsoleRefusal(f"There is no license {unit_id}.")
    return unit


def _service(user: Record, unit_id: str) -> Record:
    for service in user["services"]:
        if service["license"] == unit_id:
            return service  # type: ignore[no-any-return]
    raise ConsoleRefusal(f"The user does not hold license {unit_id}.")


def _address_id(records: Records, content: Mapping[str, Any] | None) -> str | None:
    if content is None:
        return None
    found = records.find_address(content)
    if found is None:
        raise ConsoleRefusal("The service address does not exist; create it first.")
    return found


def _check_references(records: Records, before: Mapping[str, Any], user: Mapping[str, Any]) -> None:
    """Look a new site or policy up; what a user has already is not asked about again."""
    for name, ref in fields_with_marker(UserAttributes, Ref).items():
        value = user.get(name)
        if (
            not value
            or value == before.get(name)
            or (ref.kind == "policy" and value == DEFAULT_POLICY)
        ):
            continue
        if records.get(f"{KINDS[ref.kind].section}/{value}") is None:
            raise ConsoleRefusal(f"There is no {ref.kind} {value!r}.")


def _check_numbers(records: Records, name: str, user: Mapping[str, Any]) -> None:
    own: set[tuple[str, str]] = set()
    for space, value in numbers_of(user):
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
            f"{new} is on another PBX: remove the licenses, save, change the site, assign them again."
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
    """Look up a unit that may become the user's: T2 and its guards."""
    unit = _unit(records, unit_id)
    if transition(unit, "assign") is None:
        state = state_of(unit).partition(":")[0]
        raise ConsoleRefusal(
            f"Failed saving user settings: License {unit_id} is {state}, only an unassigned one can be assigned."
        )
    if not user.get("site"):
        raise ConsoleRefusal(f"{step.name} has no site: set it before a license is assigned.")
    return unit


def _come_and_go(records: Records, step: Step, writes: Writes, catalog: Catalog | None) -> Writes:
    """Attach and detach the units that come and go with phone numbers, after what the step does itself (T2, T3)."""
    automatic, user = step.args.get("automatic"), writes.get(step.target)
    if (
        automatic is None
        and catalog is not None
        and step.target.startswith("users/")
        and user is not None
    ):
        automatic = choose_units(records, catalog, records.get(step.target) or {}, user)
    if not automatic or user is None:
        return {}
    found: Writes = {}
    for unit_id in automatic.get("detached", ()):
        user["services"].remove(_service(user, unit_id))
        found[f"licenses/{unit_id}"] = _freed(_unit(records, unit_id))
    last, attached = len(user["services"]), automatic.get("attached", {})
    for unit_id, given in sorted(
        attached.items(), key=lambda item: (item[1].get("at", last), item[0])
    ):
        unit = _assignable(records, user, step, unit_id)
        if f"licenses/{unit_id}" in writes:
            raise ConsoleRefusal(f"License {unit_id} is assigned already.")
        found[f"licenses/{unit_id}"] = _assigned(
            unit, step.name, _address_id(records, given.get("service_address"))
        )
        service: Record = {**deepcopy(dict(given.get("service", {}))), "license": unit_id}
        user["services"].insert(given.get("at", len(user["services"])), service)
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
            _unit(records, unit_id), _address_id(records, content)
        )
    return writes | {step.target: user}


def _configure(service: Record, values: Mapping[str, Any]) -> None:
    """Set values of what a license carries; a license that carries nothing has no extension."""
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


def _units_after(records: Records, user: Record, event: Event, values: Mapping[str, Any]) -> Writes:
    """What becomes of those of a user's units that the event is about (T5, T6)."""
    units = {s["license"]: _unit(records, s["license"]) for s in user["services"]}
    return {
        f"licenses/{unit_id}": {k: v for k, v in unit.items() if k != "suspended"} | dict(values)
        for unit_id, unit in units.items()
        if transition(unit, event)
    }


def _delete_user(records: Records, step: Step, now: datetime) -> Writes:
    if _user(records, step)["services"]:
        raise ConsoleRefusal(
            f"{step.name} still holds licenses: unassign them first, otherwise phone numbers may be stranded."
        )
    return {step.target: None}


# --- licenses -------------------------------------------------------------------------------------


def _attach(records: Records, step: Step, now: datetime) -> Writes:
    """T2.

    A license that was detached for a moment comes back as it was: `service`, `at`, the groups.
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
    address = _address_id(records, args.get("service_address"))
    return {f"licenses/{args['license']}": _assigned(unit, step.name, address), step.target: user}


def _detach(records: Records, step: Step, now: datetime) -> Writes:
    """T3. Who has no extension left is in no ring group and no call queue."""
    user, unit_id = _active_user(records, step), step.args["license"]
    user["services"].remove(_service(user, unit_id))
    if not any(is_filled(s.get("extension")) for s in user["services"]):
        user |= {name: [] for name in ("ring_groups", "call_queues") if user.get(name)}
    return {f"licenses/{unit_id}": _freed(_unit(records, unit_id)), step.target: user}


def _replace(records: Records, step: Step, now: datetime) -> Writes:
    """T4: another license in the drop-down; what both types share stays (SEED)."""
    user, old_id, new_id = _active_user(records, step), step.args["from"], step.args["to"]
    service, new = _service(user, old_id), _assignable(records, user, step, new_id)
    _configure(service, step.args.get("extension", {}))
    service["license"] = new_id
    _check_numbers(records, step.name, user)
    address = _address_id(records, step.args.get("service_address"))
    return {
        f"licenses/{old_id}": _freed(_unit(records, old_id)),
        f"licenses/{new_id}": _assigned(new, step.name, address),
        step.target: user,
    }


def _release_numbers(records: Records, step: Step, now: datetime) -> Writes:
    """Take numbers off a user, so that somebody else can have them: half of a swap."""
    user = _active_user(records, step)
    for unit_id, paths in step.args["extensions"].items():
        _configure(_service(user, unit_id), dict.fromkeys(paths))
    return {step.target: user}


def _relocate(records: Records, step: Step, now: datetime) -> Writes:
    """T12, T13."""
    unit = _unit(records, step.name)
    if transition(unit, "relocate") is None and transition(unit, "follow") is None:
        raise ConsoleRefusal(
            f"License {step.name} is suspended: its service address cannot be edited."
        )
    return {step.target: _bound(unit, _address_id(records, step.args["service_address"]))}


def _reinstate(records: Records, step: Step, now: datetime) -> Writes:
    """T10, T11."""
    unit = _unit(records, step.name)
    if transition(unit, "reinstate") is None:
        raise ConsoleRefusal(f"License {step.name} was not removed.")
    if not can_reinstate(unit, now):
        raise ConsoleRefusal(f"License {step.name} was removed more than 30 days ago and is gone.")
    return {step.target: _freed(unit)}


# --- policies, sites, addresses -------------------------------------------------------------------


def _put(records: Records, step: Step, now: datetime) -> Writes:
    """Make or change what is only named: a site, a policy profile.

    Entries of a mapping that are not given stay.
    """
    kind, record = KINDS[step.op.partition(".")[0]], records.get(step.target) or {}
    for name, value in step.args["set"].items():
        if IMMUTABLE in fields_of(kind.declaration).get(name, ()) and record.get(name) not in (
            None,
            value,
        ):
            raise ConsoleRefusal(f"The {name} of {kind.title} {step.name} cannot be changed.")
        if name == "service_address":
            set_value(record, name, _address_id(records, value))
        elif name in mappings_of(kind.declaration):
            joined = {**(record.get(name) or {}), **value}
            record[name] = {k: v for k, v in joined.items() if v is not None or k not in value}
        else:
            set_value(record, name, value)
    return {step.target: record}


def _create_address(records: Records, step: Step, now: datetime) -> Writes:
    """Identical addresses are one (domain.md, 6.3)."""
    content = dict(step.args["content"])
    if records.find_address(content) is not None:
        return {}
    return {f"service_addresses/{records.fresh_id('service_addresses')}": content}


def _delete_used(records: Records, step: Step, now: datetime) -> Writes:
    """Delete what users may refer to: a policy profile, a site."""
    kind = step.op.partition(".")[0]
    fields = (
        name for name, ref in fields_with_marker(UserAttributes, Ref).items() if ref.kind == kind
    )
    return _removed(
        records,
        step,
        next((user for f in fields for user in records.users_with(f, step.name)), None),
    )


def _delete_address(records: Records, step: Step, now: datetime) -> Writes:
    unit, site = (
        next(iter(records.units_at(step.name)), None),
        next(iter(records.sites_at(step.name)), None),
    )
    return _removed(records, step, f"license {unit}" if unit else f"site {site}" if site else None)


def _removed(records: Records, step: Step, used_by: str | None) -> Writes:
    if records.get(step.target) is None:
        raise ConsoleRefusal(
            f"There is no {step.op.partition('.')[0].replace('_', ' ')} {step.name}."
        )
    if used_by is not None:
        raise ConsoleRefusal(f"{step.name} cannot be removed: it is used by {used_by}.")
    return {step.target: None}


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
    **{f"{kind}.put": _put for kind in PLAIN},
    **{f"{kind}.delete": _delete_used for kind in PLAIN},
    "service_address.create": _create_address,
    "service_address.delete": _delete_address,
}
"""What the console can do, by the name of a step's operation."""
