"""What the vendor's console does and refuses, one step at a time, on whatever holds the records.

Pure: it reads and writes through `Records`, so the embedded backend executes it on SQL, the tests on
dictionaries, and the engine to foretell what a step leaves behind. Rules: domain.md, sections 4 and 6 to 8.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, MutableMapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from licsync.model.inventory import Record, address_key, numbers_of
from licsync.model.license import can_reinstate, format_instant, state_of, transition


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that a backend does at once.

    Attributes:
        op: what, a key of `OPERATIONS`.
        target: key of the record it is about: `users/NAME`, `licenses/ID`, `sites/NAME`, …
        args: what the operation needs, plain JSON values.
    """

    op: str
    target: str
    args: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The target's name, without its section."""
        return self.target.partition("/")[2]

    def to_json(self) -> dict[str, Any]:
        """Give the step as a plain document, for the journal."""
        return {"op": self.op, "target": self.target, "args": dict(self.args)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Step:
        """Read a step back from the journal."""
        return cls(document["op"], document["target"], document["args"])


class ConsoleRefusal(Exception):
    """The console refuses a step; the message is the console's reason. Nothing was changed."""


class Records(Protocol):
    """What holds the console's records. Records that are read are copies; `put` writes one back."""

    def get(self, key: str) -> Record | None:
        """Read the record of a key `section/name`."""
        ...

    def put(self, key: str, record: Record | None) -> None:
        """Write a record, or remove it."""
        ...

    def find_user(self, name: str) -> str | None:
        """Find a user name without regard to case."""
        ...

    def find_address(self, content: Mapping[str, Any]) -> str | None:
        """Find the service address with the same postal content; the lowest id."""
        ...

    def fresh_id(self, section: str) -> str:
        """Make an id that no record of the section has: `U…` for users, `A…` for service addresses."""
        ...

    def sites_at(self, address: str) -> Iterable[str]:
        """Name the sites whose service address this is."""
        ...

    def holder(self, space: str, value: str) -> str | None:
        """Name the user that holds an extension number (`extension`) or phone number (`phone-number`)."""
        ...

    def users_with(self, field: str, value: str) -> Iterable[str]:
        """Name the users whose `site` or `policy` is the value."""
        ...

    def units_at(self, address: str) -> Iterable[str]:
        """List the ids of the units that are bound to a service address."""
        ...


class MemoryRecords:
    """Records in dictionaries: for tests, and to foretell the effect of a step."""

    def __init__(self, sections: Mapping[str, Mapping[str, Record]]):
        self.sections: dict[str, dict[str, Record]] = {
            name: {k: deepcopy(dict(r)) for k, r in records.items()} for name, records in sections.items()
        }

    def get(self, key: str) -> Record | None:
        """Read a copy of a record."""
        section, _, name = key.partition("/")
        record = self.sections.get(section, {}).get(name)
        return deepcopy(record) if record is not None else None

    def put(self, key: str, record: Record | None) -> None:
        """Write a record, or remove it."""
        section, _, name = key.partition("/")
        if record is None:
            self.sections.setdefault(section, {}).pop(name, None)
        else:
            self.sections.setdefault(section, {})[name] = deepcopy(record)

    def find_user(self, name: str) -> str | None:
        """Find a user name without regard to case."""
        return next((n for n in self.sections.get("users", {}) if n.casefold() == name.casefold()), None)

    def find_address(self, content: Mapping[str, Any]) -> str | None:
        """Find the service address with the same postal content."""
        wanted = address_key(content)
        addresses = self.sections.get("service_addresses", {})
        return min((n for n, a in addresses.items() if address_key(a) == wanted), default=None)

    def fresh_id(self, section: str) -> str:
        """Make an id that no record of the section has."""
        records = self.sections.get(section, {})
        taken = {r.get("id") for r in records.values()} if section == "users" else set(records)
        return fresh_id(section, taken)

    def sites_at(self, address: str) -> Iterator[str]:
        """Name the sites at an address."""
        sites = self.sections.get("sites", {})
        return (n for n, s in list(sites.items()) if s.get("service_address") == address)

    def holder(self, space: str, value: str) -> str | None:
        """Name the user that holds a number."""
        for name, user in self.sections.get("users", {}).items():
            if (space, value) in numbers_of(user):
                return name
        return None

    def users_with(self, field: str, value: str) -> Iterator[str]:
        """Name the users whose field is the value."""
        return (n for n, u in list(self.sections.get("users", {}).items()) if u.get(field) == value)

    def units_at(self, address: str) -> Iterator[str]:
        """List the units that are bound to an address."""
        units = self.sections.get("licenses", {})
        return (n for n, u in list(units.items()) if u.get("service_address") == address)


def fresh_id(section: str, taken: Collection[Any]) -> str:
    """Make an id that is not taken: the section's letter and a number."""
    prefix = "U" if section == "users" else "A"
    number = len(taken) + 1
    while f"{prefix}{number}" in taken:
        number += 1
    return f"{prefix}{number}"


def perform(records: Records, step: Step, now: datetime) -> None:
    """Do one step on the records, as the console would.

    Args:
        records: what the console holds; changed in place.
        step: what to do.
        now: the console's clock, for suspensions and the thirty days of a reinstatement.

    Raises:
        ConsoleRefusal: the console refuses; the records are as they were.
    """
    OPERATIONS[step.op](records, step, now)


def touched(step: Step) -> list[str]:
    """List the keys of the records that a step may write, for pre-images and for reading back."""
    keys = [step.target]
    args = step.args
    if step.op == "user.rename":
        keys.append(f"users/{args['to']}")
    if step.op.startswith("license."):
        keys += [f"licenses/{args[name]}" for name in ("license", "from", "to") if name in args]
    keys += [f"licenses/{unit}" for unit in (*args.get("units", ()), *args.get("addresses", ()))]
    return list(dict.fromkeys(keys))


# --- helpers -----------------------------------------------------------------------------------------------


def _user(records: Records, step: Step) -> Record:
    user = records.get(step.target)
    if user is None:
        raise ConsoleRefusal(f"There is no user {step.name}.")
    user.setdefault("services", [])
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


def _check_references(records: Records, user: Mapping[str, Any]) -> None:
    for name, section in (("site", "sites"), ("policy", "policies")):
        if user.get(name) and records.get(f"{section}/{user[name]}") is None:
            raise ConsoleRefusal(f"There is no {name} {user[name]!r}.")


def _check_numbers(records: Records, name: str, user: Mapping[str, Any]) -> None:
    own: set[tuple[str, str]] = set()
    for space, value in numbers_of(user):
        what = "Extension number" if space == "extension" else "Phone number"
        if (space, value) in own:
            raise ConsoleRefusal(f"{what} {value} is used twice by {name}.")
        own.add((space, value))
        holder = records.holder(space, value)
        if holder is not None and holder != name:
            raise ConsoleRefusal(f"{what} {value} is in use by {holder}.")


def _set(record: MutableMapping[str, Any], path: str, value: Any) -> None:
    """Set a value by its dotted path; an empty value removes the key."""
    *parents, last = path.split(".")
    for parent in parents:
        record = record.setdefault(parent, {})
    if value is None or value == [] or value == "":
        record.pop(last, None)
    else:
        record[last] = value


def _release(unit: Record) -> Record:
    return {k: v for k, v in unit.items() if k not in ("user", "suspended")} | {"status": "unassigned"}


# --- users -------------------------------------------------------------------------------------------------


def _create_user(records: Records, step: Step, now: datetime) -> None:
    if records.find_user(step.name) is not None:
        raise ConsoleRefusal(f"The user name {step.name} is already in use.")
    attributes = {k: v for k, v in step.args["set"].items() if v not in (None, "")}
    user = {"id": records.fresh_id("users"), "status": "active", **attributes, "services": []}
    _check_references(records, user)
    records.put(step.target, user)


def _update_user(records: Records, step: Step, now: datetime) -> None:
    user = _active_user(records, step)
    old_site = user.get("site")
    for path, value in step.args.get("set", {}).items():
        _set(user, path, value)
    _check_references(records, user)
    for unit_id, values in step.args.get("extensions", {}).items():
        service = _service(user, unit_id)
        extension = service.setdefault("extension", {})
        for path, value in values.items():
            _set(extension, path, value)
    _check_numbers(records, step.name, user)
    if user.get("site") != old_site and user["services"]:
        _check_pbx(records, old_site, user.get("site"))
    for unit_id, content in step.args.get("addresses", {}).items():
        _service(user, unit_id)
        _bind(records, unit_id, _address_id(records, content))
    records.put(step.target, user)


def _check_pbx(records: Records, old: str | None, new: str | None) -> None:
    before, after = (records.get(f"sites/{s}") or {} if s else {} for s in (old, new))
    if before.get("pbx") and after.get("pbx") and before["pbx"] != after["pbx"]:
        raise ConsoleRefusal(f"{new} is on another PBX: remove the licenses, save, change the site, assign them again.")


def _bind(records: Records, unit_id: str, address: str | None) -> None:
    unit = _unit(records, unit_id)
    if address is not None:
        unit["service_address"] = address
        records.put(f"licenses/{unit_id}", unit)


def _rename_user(records: Records, step: Step, now: datetime) -> None:
    user, to = _user(records, step), step.args["to"]
    if records.find_user(to) not in (None, step.name):
        raise ConsoleRefusal(f"The user name {to} is already in use.")
    for service in user["services"]:
        unit = _unit(records, service["license"])
        records.put(f"licenses/{service['license']}", {**unit, "user": to})
    records.put(step.target, None)
    records.put(f"users/{to}", user)


def _suspend_user(records: Records, step: Step, now: datetime) -> None:
    user = _active_user(records, step)
    for service in user["services"]:
        unit = _unit(records, service["license"])
        suspended = {"reason": "user_inactive", "at": format_instant(now)}
        records.put(f"licenses/{service['license']}", {**unit, "status": "suspended", "suspended": suspended})
    records.put(step.target, {**user, "status": "inactive"})


def _reactivate_user(records: Records, step: Step, now: datetime) -> None:
    user = _user(records, step)
    if user.get("status") != "inactive":
        raise ConsoleRefusal(f"{step.name} is active already.")
    for service in user["services"]:
        unit = _unit(records, service["license"])
        lifted = {k: v for k, v in unit.items() if k != "suspended"} | {"status": "assigned"}
        records.put(f"licenses/{service['license']}", lifted)
    records.put(step.target, {**user, "status": "active"})


def _delete_user(records: Records, step: Step, now: datetime) -> None:
    if _user(records, step)["services"]:
        raise ConsoleRefusal(
            f"{step.name} still holds licenses: unassign them first, otherwise phone numbers may be stranded."
        )
    records.put(step.target, None)


# --- licenses ----------------------------------------------------------------------------------------------


def _attach(records: Records, step: Step, now: datetime) -> None:
    user, unit_id = _active_user(records, step), step.args["license"]
    unit = _unit(records, unit_id)
    if transition(unit, "assign") is None:
        reason = f"License {unit_id} is {state_of(unit).partition(':')[0]} and cannot be assigned."
        raise ConsoleRefusal(f"Failed saving user settings: {reason}")
    if not user.get("site"):
        raise ConsoleRefusal(f"{step.name} has no site: set it before a license is assigned.")
    service: Record = {"license": unit_id}
    if step.args.get("extension"):
        service["extension"] = deepcopy(dict(step.args["extension"]))
    user["services"].append(service)
    _check_numbers(records, step.name, user)
    for name in ("ring_groups", "call_queues"):
        if step.args.get(name):
            user[name] = list(step.args[name])
    address = _address_id(records, step.args.get("service_address"))
    records.put(f"licenses/{unit_id}", _assigned(unit, step.name, address))
    records.put(step.target, user)


def _assigned(unit: Record, user: str, address: str | None) -> Record:
    unit = {**unit, "status": "assigned", "user": user}
    if address is not None:
        unit["service_address"] = address
    return unit


def _detach(records: Records, step: Step, now: datetime) -> None:
    user, unit_id = _active_user(records, step), step.args["license"]
    service = _service(user, unit_id)
    user["services"].remove(service)
    if not any(s.get("extension") for s in user["services"]):
        for name in ("ring_groups", "call_queues"):
            if user.get(name):
                user[name] = []
    records.put(f"licenses/{unit_id}", _release(_unit(records, unit_id)))
    records.put(step.target, user)


def _replace(records: Records, step: Step, now: datetime) -> None:
    """T4: another license in the drop-down; what both types share stays (SEED)."""
    user, old_id, new_id = _active_user(records, step), step.args["from"], step.args["to"]
    service, new = _service(user, old_id), _unit(records, new_id)
    if transition(new, "assign") is None:
        reason = f"License {new_id} is {state_of(new).partition(':')[0]} and cannot be assigned."
        raise ConsoleRefusal(f"Failed saving user settings: {reason}")
    if not user.get("site"):
        raise ConsoleRefusal(f"{step.name} has no site: set it before a license is assigned.")
    extension = service.get("extension") or {}
    for path, value in step.args.get("extension", {}).items():
        _set(extension, path, value)
    if extension:
        service["extension"] = extension
    service["license"] = new_id
    _check_numbers(records, step.name, user)
    address = _address_id(records, step.args.get("service_address"))
    records.put(f"licenses/{old_id}", _release(_unit(records, old_id)))
    records.put(f"licenses/{new_id}", _assigned(new, step.name, address))
    records.put(step.target, user)


def _release_numbers(records: Records, step: Step, now: datetime) -> None:
    """Take numbers off a user, so that somebody else can have them: half of a swap."""
    user = _active_user(records, step)
    for unit_id, paths in step.args["extensions"].items():
        extension = _service(user, unit_id).get("extension") or {}
        for path in paths:
            _set(extension, path, None)
    records.put(step.target, user)


def _relocate(records: Records, step: Step, now: datetime) -> None:
    unit = _unit(records, step.name)
    if transition(unit, "relocate") is None and transition(unit, "follow") is None:
        raise ConsoleRefusal(f"License {step.name} is suspended: its service address cannot be edited.")
    _bind(records, step.name, _address_id(records, step.args["service_address"]))


def _reinstate(records: Records, step: Step, now: datetime) -> None:
    unit = _unit(records, step.name)
    if transition(unit, "reinstate") is None:
        raise ConsoleRefusal(f"License {step.name} was not removed.")
    if not can_reinstate(unit, now):
        raise ConsoleRefusal(f"License {step.name} was removed more than 30 days ago and is gone.")
    records.put(step.target, _release(unit))


# --- policies, sites, addresses ----------------------------------------------------------------------------


def _put_policy(records: Records, step: Step, now: datetime) -> None:
    policy = records.get(step.target) or {"settings": {}}
    settings = dict(policy.get("settings") or {})
    for name, value in step.args["settings"].items():
        if value is None:
            settings.pop(name, None)
        else:
            settings[name] = value
    records.put(step.target, {**policy, "settings": settings})


def _put_site(records: Records, step: Step, now: datetime) -> None:
    site = records.get(step.target) or {}
    values = dict(step.args["set"])
    if "pbx" in values and site.get("pbx") not in (None, values["pbx"]):
        raise ConsoleRefusal(f"The PBX of site {step.name} cannot be changed.")
    old = site.get("service_address")
    if "service_address" in values:
        values["service_address"] = _address_id(records, values["service_address"])
    records.put(step.target, site | values)
    for unit_id in step.args.get("units", ()):  # all "same as site" users move together (ADDR3)
        if _unit(records, unit_id).get("service_address") == old:
            _bind(records, unit_id, values["service_address"])


def _create_address(records: Records, step: Step, now: datetime) -> None:
    """Identical addresses are one (domain.md, 6.3)."""
    if records.find_address(step.args["content"]) is None:
        records.put(f"service_addresses/{records.fresh_id('service_addresses')}", dict(step.args["content"]))


def _delete_policy(records: Records, step: Step, now: datetime) -> None:
    _delete_unused(records, step, next(iter(records.users_with("policy", step.name)), None))


def _delete_site(records: Records, step: Step, now: datetime) -> None:
    _delete_unused(records, step, next(iter(records.users_with("site", step.name)), None))


def _delete_address(records: Records, step: Step, now: datetime) -> None:
    holder = next(iter(records.units_at(step.name)), None) or next(iter(records.sites_at(step.name)), None)
    _delete_unused(records, step, holder)


def _delete_unused(records: Records, step: Step, user_of_it: str | None) -> None:
    if records.get(step.target) is None:
        raise ConsoleRefusal(f"There is no {step.target}.")
    if user_of_it is not None:
        raise ConsoleRefusal(f"{step.name} cannot be removed: it is used by {user_of_it}.")
    records.put(step.target, None)


OPERATIONS = {
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
    "policy.put": _put_policy,
    "policy.delete": _delete_policy,
    "site.put": _put_site,
    "site.delete": _delete_site,
    "service_address.create": _create_address,
    "service_address.delete": _delete_address,
}
"""What the console can do, by the name of a step's operation."""
