"""What POST, PUT and DELETE do to a user: a body becomes steps of the console.

PUT replaces everything: what is not in the body is taken away (domain.md, 10.4.1). A license is
changed in two steps, and what depends on it is lost: extension, voicemail, forwarding, ring groups,
call queues (UG, "License Changes").
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime
from typing import Any

from licsync.model.console.step import Step, StepArgs, as_address
from licsync.model.desired import DEFAULT_POLICY
from licsync.model.inventory import Record, as_user, numbers_of
from licsync.model.license import format_instant
from licsync.simulator.bodies import check
from licsync.simulator.deactivation import allow_edits, deactivate
from licsync.simulator.license_requests import requested_licenses
from licsync.simulator.membership import find, follow, membership_names
from licsync.simulator.numbers import remember
from licsync.simulator.problems import Detail, Problem, invalid
from licsync.simulator.simulation import Simulation, name_of_user, perform_step
from licsync.simulator.sites import site_named
from licsync.simulator.transaction_cache import CachedRecords
from licsync.simulator.user_bodies import User
from licsync.simulator.user_extensions import Extensions, extensions_of, without_retired_devices
from licsync.simulator.users import FIELDS, get_path, user_document


def check_user(sim: Simulation, body: Any) -> None:
    """Refuse a body that is not a user, or one of another customer.

    Raises:
        Problem: the body is not one (400), or is one of another customer (403).
    """
    check(User, body)
    customer = body["basicInfo"].get("customerId")
    if customer not in (None, sim.settings.customer_id):
        message = f"CustomerId mismatch: {sim.settings.customer_id} vs {customer}"
        raise Problem(403, "Forbidden", Detail("FORBIDDEN", message), detail=message)


def create_user(
    sim: Simulation, records: CachedRecords, identifier: str | None, body: Any, now: datetime
) -> str:
    """Make a user, with everything the body gives it.

    Raises:
        Problem: the name is in use, there is no such site, or the body cannot be stored (400).
    """
    write = _UserWrite(sim, records, body["basicInfo"]["userName"], now)
    write.expect_free_name()
    site = site_named(sim, records, body["basicInfo"].get("site"))
    if site is None:
        raise invalid("Either site id or name must be provided", "basicInfo.site.id")
    identifier = sim.fresh_id()
    write.perform("user.create", {"set": {"id": identifier, "site": site}})
    write.fill(body)
    _store(sim, identifier, body, None, now)
    return identifier


def update_user(
    sim: Simulation, records: CachedRecords, identifier: str | None, body: Any, now: datetime
) -> str:
    """Replace a user."""
    assert identifier is not None
    write = _UserWrite(sim, records, name_of_user(records, identifier), now)
    before = write.record()
    _check_identity(sim, records, identifier, before, body)
    shown = user_document(sim, records.get, write.name, before)
    write.rename(body["basicInfo"]["userName"])
    write.fill(body)
    _store(sim, identifier, body, shown, now)
    return identifier


def delete_user(
    sim: Simulation, records: CachedRecords, identifier: str | None, body: Any, now: datetime
) -> str:
    """Delete a user: licenses go back to the pool, numbers with them (T8)."""
    assert identifier is not None
    write = _UserWrite(sim, records, name_of_user(records, identifier), now)
    before = write.record()
    if before.get("status") == "inactive":
        write.perform("user.reactivate")
    while services := sorted(
        write.record()["services"], key=lambda service: service.get("extension") is None
    ):
        write.detach(services[0]["license"])
    write.perform("user.delete")
    remember(sim, before, None)
    for kind in ("ring_groups", "call_queues"):
        follow(sim, identifier, kind, (), {})
    sim.documents.put("users", identifier, None)
    return identifier


def _check_identity(
    sim: Simulation, records: CachedRecords, identifier: str, before: Record, body: Any
) -> None:
    user_id = body["basicInfo"].get("userId")
    if user_id not in (None, identifier):
        message = f"Mismatched userId in url vs payload: {identifier} vs {user_id}"
        title = "Mismatched userId in url vs payload"
        raise Problem(
            400, title, Detail("VALIDATION_ERROR", message, "basicInfo.userId"), detail=message
        )
    site = site_named(sim, records, body["basicInfo"].get("site"))
    if site is None and before.get("site"):
        raise invalid("Either site id or name must be provided", "basicInfo.site.id")
    if before.get("site") and site != before["site"]:
        raise invalid("Site cannot be changed after a user is created", "basicInfo.site.id")


class _UserWrite:
    """Writes one user: turns what a body asks for into steps of the console.

    Attributes:
        name: the user name.
    """

    def __init__(self, sim: Simulation, records: CachedRecords, name: str, now: datetime):
        self.name = name
        self._sim = sim
        self._records = records
        self._now = now

    def record(self) -> Record:
        """Read the user, who exists."""
        record = self._records.get(f"users/{self.name}")
        assert record is not None
        return {**record, "services": record.get("services") or []}

    def perform(self, op: str, args: StepArgs | None = None, field: str | None = None) -> None:
        """Perform a step on the user; a refusal becomes a problem of a field of the request."""
        step = Step(op, f"users/{self.name}", args or {})
        perform_step(self._sim, self._records, step, self._now, field)

    def detach(self, unit_id: str, field: str | None = None) -> None:
        """Take a license away, with its extension."""
        self.perform("license.detach", {"license": unit_id}, field)
        self._sim.documents.put("extensions", unit_id, None)

    def expect_free_name(self, own: str | None = None) -> None:
        """Refuse the name if another user than `own` has it.

        Raises:
            Problem: another user has it (400).
        """
        if self._records.find_user(self.name) not in (None, own):
            raise invalid("userName already in use")

    def rename(self, name: str) -> None:
        """Give the user another name, if it is another one."""
        if name == self.name:
            return
        renamed = _UserWrite(self._sim, self._records, name, self._now)
        renamed.expect_free_name(self.name)
        self.perform("user.rename", {"to": name})
        self.name = name

    def fill(self, body: Any) -> None:
        """Make everything of the user as the body has it."""
        sim, records, before = self._sim, self._records, self.record()
        becomes_inactive = body["basicInfo"].get("status") == "INACTIVE"
        suspended = allow_edits(
            sim, records, self.name, stays_inactive=becomes_inactive, now=self._now
        )
        held = requested_licenses(sim, records, before, body)
        extensions = extensions_of(sim, records, before, body, held)
        self._detach_others(before, held)
        self._set_attributes(body)
        self._configure(held, extensions)
        self._attach(held, extensions)
        self._assign(before.get("id") or "", body)
        if becomes_inactive:
            deactivate(sim, records, self.name, self._now, since=suspended, held=held)
        after = self.record()
        _check_groups(sim, after)
        remember(sim, before, after)
        for kind in ("ring_groups", "call_queues"):
            for lost in set(membership_names(before, kind)) - set(membership_names(after, kind)):
                sim.record_loss(f"{self.name}: {kind.replace('_', ' ')[:-1]} {lost}")

    def _detach_others(self, before: Record, held: list[str]) -> None:
        """Take the licenses away that the body leaves out, and note what is lost with them."""
        sim = self._sim
        for service in before["services"]:
            unit_id, extension = service["license"], service.get("extension")
            unit = self._records.get(f"licenses/{unit_id}")
            if unit_id in held or (unit and sim.settings.catalog.is_automatic(unit["type"])):
                continue
            self.detach(unit_id, "serviceInfo.licenses")
            if extension is not None:
                title = f"{extension.get('number') or unit_id}"
                sim.record_loss(f"{self.name}: voicemail messages, greeting and PIN of {title}")
                for what in ("call_forwarding", "features"):
                    if extension.get(what):
                        sim.record_loss(f"{self.name}: {what} of {title}")

    def _set_attributes(self, body: Any) -> None:
        current = self.record()
        wanted = {field: get_path(body, path) for path, field in FIELDS.items()}
        wanted["policy"] = wanted["policy"] or DEFAULT_POLICY
        changed = {field: value for field, value in wanted.items() if value != current.get(field)}
        policy = changed.get("policy", DEFAULT_POLICY)
        if policy != DEFAULT_POLICY and self._records.get(f"policies/{policy}") is None:
            raise invalid("Profile policy not found", "assignmentInfo.profilePolicy.name")
        if changed:
            self.perform("user.update", {"set": changed}, "basicInfo")

    def _configure(self, held: list[str], extensions: Extensions) -> None:
        """Set the extensions of kept licenses as in the body; remove those it leaves out."""
        user = self.record()
        has = {s["license"]: s.get("extension") for s in user["services"] if s["license"] in held}
        gone = {
            unit_id
            for unit_id, extension in has.items()
            if extension is not None and unit_id not in extensions
        }
        changed = {
            unit_id: extensions.get(unit_id, {})
            for unit_id in has
            if has[unit_id] != extensions.get(unit_id)
        }
        if not changed:
            return
        self._expect_active(user, "serviceInfo.extensions")
        services = [{**s, "extension": extensions.get(s["license"])} for s in user["services"]]
        _check_numbers(self._records, self.name, services)
        values = {
            unit_id: {**dict.fromkeys(has[unit_id] or ()), **new}
            for unit_id, new in changed.items()
        }
        self.perform("user.update", {"extensions": values}, "serviceInfo.extensions")
        after = self.record()
        for service in after["services"]:
            if service["license"] in gone:
                service.pop("extension", None)
            elif service["license"] in extensions and service["license"] in has:
                service["extension"] = extensions[service["license"]]
        self._records.put(f"users/{self.name}", after)

    def _attach(self, held: list[str], extensions: Extensions) -> None:
        """Give the user the licenses that the body adds, bound to the address of the site."""
        user = self.record()
        has = {service["license"] for service in user["services"]}
        site = self._records.get(f"sites/{user['site']}") if user.get("site") else None
        address = (
            self._records.get(f"service_addresses/{site['service_address']}")
            if site and site.get("service_address")
            else None
        )
        for unit_id in held:
            if unit_id in has:
                continue
            args: StepArgs = {"license": unit_id, "service_address": as_address(address)}
            if unit_id in extensions:
                args["service"] = {"extension": extensions[unit_id]}
                self._sim.documents.put("extensions", unit_id, {"id": self._sim.fresh_id()})
            self.perform("license.attach", args, "serviceInfo.licenses")

    def _assign(self, identifier: str, body: Any) -> None:
        """Make ring groups and call queues as the body has them; members need an extension."""
        user = self.record()
        has_extension = any(service.get("extension") is not None for service in user["services"])
        changed: dict[str, Any] = {}
        for kind, path in (
            ("ring_groups", "assignmentInfo.ringGroups"),
            ("call_queues", "assignmentInfo.ucCallQueues"),
        ):
            names, values = [], {}
            for index, entry in enumerate(get_path(body, path) or ()):
                group = find(self._sim, kind, entry)
                if group is None:
                    raise invalid("Not found", f"{path}[{index}].id")
                names.append(group["name"])
                if entry.get("memberType"):
                    values[group["name"]] = entry["memberType"]
            if not has_extension:
                names = []
            if names != membership_names(user, kind):
                others = [other for other in user.get(kind) or () if not isinstance(other, str)]
                changed[kind] = [*others, *names]
            follow(self._sim, identifier, kind, names, values)
        if changed:
            self._expect_active(user, "assignmentInfo")
            self._records.put(f"users/{self.name}", {**user, **changed})

    def _expect_active(self, user: Record, field: str) -> None:
        if user.get("status") == "inactive":
            message = f"{self.name} is deactivated: settings and licenses cannot be edited"
            raise invalid(message, field)


def _check_groups(sim: Simulation, user: Record) -> None:
    """Refuse numbers that a ring group has."""
    for space, value in numbers_of(as_user(user)):
        for _, group in sim.documents.all("ring_groups"):
            phones = [entry.get("phoneNumber") for entry in group["body"].get("phoneNumbers") or ()]
            if value in (
                phones if space == "phone-number" else [group["body"].get("extensionNumber")]
            ):
                raise invalid(f"{value} is already in use", "serviceInfo.extensions")


def _check_numbers(records: CachedRecords, name: str, services: list[Record]) -> None:
    own = set()
    for space, value in numbers_of(as_user({"services": services})):
        what = "Extension number" if space == "extension" else "Phone number"
        if (space, value) in own or records.holder(space, value) not in (None, name):
            raise invalid(f"{what} {value} is already in use", "serviceInfo.extensions")
        own.add((space, value))


# --- what is stored of the body -------------------------------------------------------------------


def _store(
    sim: Simulation, identifier: str, body: Any, shown: Mapping[str, Any] | None, now: datetime
) -> None:
    stored = deepcopy(body)
    groups = get_path(stored, "assignmentInfo.userGroups")
    if groups and len(groups) > 1:  # one only, and nobody knows which (UG, "User Group Assignment")
        stored["assignmentInfo"]["userGroups"] = [sim.random.choice(groups)]
    _synchronize(stored, shown)
    without_retired_devices(stored)
    old = sim.documents.get("users", identifier) or {}
    instant = format_instant(now)
    created = old.get("created") or (
        get_path(dict(shown), "basicInfo.createdTime") if shown else instant
    )
    sim.documents.put("users", identifier, {"created": created, "updated": instant, "body": stored})


def _synchronize(body: dict[str, Any], shown: Mapping[str, Any] | None) -> None:
    """Align the two flags of a UC user: the changed one wins (UG, "Directory Visibility")."""
    extensions = [
        e for e in get_path(body, "serviceInfo.extensions") or () if e.get("extensionType") != "CC"
    ]
    if not extensions:
        return
    before = get_path(dict(shown), "directoryInfo.displayInDirectory") if shown else True
    own, mirrored = (
        get_path(body, "directoryInfo.displayInDirectory"),
        extensions[0].get("displayInDirectory"),
    )
    own, mirrored = own is not False, mirrored is not False
    value = own if own != before else mirrored
    body["directoryInfo"] = {**(body.get("directoryInfo") or {}), "displayInDirectory": value}
    extensions[0]["displayInDirectory"] = value
