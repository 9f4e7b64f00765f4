"""Checks the records of an inventory document against each other (domain.md, section 4).

Each reference has a target, each number one holder, and users and licenses agree on who holds what.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from licsync.diagnostics import Code, Diagnostic, Span, did_you_mean, error
from licsync.model.catalog import SINGLE_PLANES, Catalog
from licsync.model.declarations import KINDS, UserAttributes
from licsync.model.desired import DEFAULT_POLICY
from licsync.model.fields import Ref, fields_with_marker
from licsync.model.inventory import (
    SECTIONS,
    UNIQUE,
    holder_title,
    number_title,
    numbers_in,
    numbers_of_holder,
)
from licsync.model.inventory_document import InventoryDocument, InventoryUser, Service, Unit
from licsync.model.license import parse_instant
from licsync.model.observed import is_observable, observable_keys

Path = tuple[str | int, ...]
"""A path in an inventory document: keys, and positions in lists."""

SECTION_TITLES = {kind.section: kind.title for kind in KINDS.values()}
"""The name of a record of a section, for people."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault at a path of the document."""

    path: Path
    message: str
    hint: str | None = None

    def diagnostic(self, file: str, place: tuple[int, int] = (1, 1)) -> Diagnostic:
        """Give the diagnostic, with the path as a JSON pointer.

        Args:
            file: the name of the document.
            place: line and column of the fault, where the document is a file.
        """
        steps = (str(step).replace("~", "~0").replace("/", "~1") for step in self.path)
        pointer = "".join(f"/{step}" for step in steps)
        message = f"{self.message} ({pointer or '/'})."
        return error(Code.INVENTORY_INVALID, message, Span(file, *place), self.hint)


def consistency_faults(
    document: Mapping[str, object], broken: Collection[Path], catalog: Catalog | None
) -> Iterator[Fault]:
    """Find contradictions between the records of a document.

    Args:
        document: the document, with all sections.
        broken: the paths of sections and records with a wrong shape, which are skipped.
        catalog: to find users with two licenses of one plane. None: not checked.
    """
    return _Consistency(document, broken, catalog).faults()


_INSTANT = "Write it as 2026-11-24T09:00:00Z."


class _Unreadable(dict[str, object]):
    """A section with a wrong shape. It has no records, but every reference into it is valid."""

    def __contains__(self, name: object) -> bool:
        return True


_UNREADABLE = _Unreadable()


def _section(document: Mapping[str, object], section: str) -> Mapping[str, object]:
    return cast(Mapping[str, object], document[section])  # its shape is checked


def _sound(
    section: str, records: Mapping[str, object], broken: Collection[Path]
) -> Mapping[str, object]:
    """Leave out the records with a wrong shape."""
    if not broken:
        return records
    return {name: record for name, record in records.items() if (section, name) not in broken}


class _Consistency:
    """Checks the records of one document against each other."""

    def __init__(
        self, document: Mapping[str, object], broken: Collection[Path], catalog: Catalog | None
    ) -> None:
        self.names: dict[str, Mapping[str, object]] = {
            section: _UNREADABLE if (section,) in broken else _section(document, section)
            for section in SECTIONS
        }
        checked = cast(
            InventoryDocument,  # what is left has the shape of the declaration
            {section: _sound(section, self.names[section], broken) for section in SECTIONS},
        )
        self.users, self.units = checked["users"], checked["licenses"]
        self.sites = checked["sites"]
        self.catalog = catalog
        self.as_of = "" if ("as_of",) in broken else str(document.get("as_of", ""))
        observed = cast(InventoryDocument, document).get("observed") or {}
        self.observed = {} if ("observed",) in broken else observed
        self.broken_instants = {path[1] for path in broken if path[0] == "observed" and path[1:]}
        holders = cast(InventoryDocument, document).get("holders") or ()
        self.others = [
            (index, holder)
            for index, holder in enumerate(() if ("holders",) in broken else holders)
            if ("holders", index) not in broken
        ]
        self.references = [
            (field, KINDS[ref.kind].section, self.names[KINDS[ref.kind].section])
            for field, ref in fields_with_marker(UserAttributes, Ref).items()
        ]
        self.holders: dict[str, str] = {}

    def faults(self) -> Iterator[Fault]:
        """Find the faults. Users come first, because they define who holds which license."""
        if self.as_of and not _is_instant(self.as_of):
            message = f"'as_of' is '{self.as_of}', which is not an ISO 8601 instant"
            yield Fault(("as_of",), message, _INSTANT)
        yield from self._observed()
        yield from self._names()
        yield from self._ids()
        yield from self._numbers()
        for name, user in self.users.items():
            yield from self._user(name, user)
        for unit_id, unit in self.units.items():
            yield from self._license(unit_id, unit)
        for name, site in self.sites.items():
            yield from self._reference("sites", name, site, "service_address", "service_addresses")

    def _reference(
        self, section: str, name: str, record: Mapping[str, object], field: str, target: str
    ) -> Iterator[Fault]:
        value = record.get(field)
        if value and value not in self.names[target]:
            subject, kind = SECTION_TITLES[section].capitalize(), SECTION_TITLES[target]
            message = f"{subject} '{name}' names the {kind} '{value}', which is unknown"
            yield Fault(
                (section, name, field), message, did_you_mean(str(value), self.names[target])
            )

    def _observed(self) -> Iterator[Fault]:
        for key, instant in self.observed.items():
            if not is_observable(key):
                hint = did_you_mean(key, observable_keys()) or (
                    "Name a section, or a section and a path of a plan, such as users.status."
                )
                yield Fault(("observed", key), f"'{key}' names nothing of an inventory", hint)
            if key not in self.broken_instants and not _is_instant(instant):
                message = f"'{key}' was observed at '{instant}', which is not an ISO 8601 instant"
                yield Fault(("observed", key), message, _INSTANT)

    def _names(self) -> Iterator[Fault]:
        for section, records in self.names.items():
            if "" in records and records is not _UNREADABLE:
                yield Fault((section, ""), f"The name of a {SECTION_TITLES[section]} is empty")
        first: dict[str, str] = {}
        for name in self.names["users"]:
            other = first.setdefault(name.casefold(), name)
            if other != name:
                yield Fault(
                    ("users", name), f"User names are equal but for case: '{other}' and '{name}'"
                )

    def _ids(self) -> Iterator[Fault]:
        first: dict[str, str] = {}
        for name, user in self.users.items():
            user_id = user.get("id")
            if user_id and (other := first.setdefault(user_id, name)) != name:
                message = f"User '{name}' has the id '{user_id}', which is that of '{other}'"
                yield Fault(("users", name, "id"), message)

    def _numbers(self) -> Iterator[Fault]:
        """Find numbers in use twice, unless it is because their license is held twice."""
        first: dict[tuple[str, str], str] = {}
        services: dict[tuple[str, str], tuple[str, str, int]] = {}
        for name, user in self.users.items():
            for index, service in enumerate(user.get("services") or ()):
                for use in numbers_in(service.get("extension") or {}):
                    if use not in first:
                        first[use], services[use] = name, (service["license"], name, index)
                    elif repeat := _repeat(use, services[use], (service["license"], name, index)):
                        path = ("users", name, "services", index, "extension", _FIELDS[use[0]])
                        yield Fault(path, repeat)
        for index, holder in self.others:
            for use in numbers_of_holder(holder):
                title = holder_title(holder)
                if use in first:
                    what = f"{number_title(use[0]).capitalize()} '{use[1]}'"
                    message = f"{what} is used twice: by '{first[use]}' and by {title}"
                    yield Fault(("holders", index), message)
                first.setdefault(use, title)

    def _user(self, name: str, user: InventoryUser) -> Iterator[Fault]:
        fields: Mapping[str, object] = user
        for field, section, known in self.references:
            value = fields.get(field, DEFAULT_POLICY)
            if value != DEFAULT_POLICY and value not in known:  # every account has it (POL2)
                yield from self._reference("users", name, fields, field, section)
        services = user.get("services", ())
        for index, service in enumerate(services):
            path, unit_id = ("users", name, "services", index, "license"), service["license"]
            if unit_id not in self.names["licenses"]:
                hint = did_you_mean(unit_id, self.names["licenses"])
                yield Fault(
                    path, f"User '{name}' holds the license '{unit_id}', which is unknown", hint
                )
                continue
            if unit_id in self.holders:
                other = self.holders[unit_id]
                by = f"held twice: by '{other}' and by '{name}'"
                if other == name:
                    by = f"listed twice for '{name}'"
                yield Fault(path, f"License '{unit_id}' is {by}")
                continue
            self.holders[unit_id] = name
            unit = self.units.get(unit_id)
            if unit is not None and not _agree(name, user, unit):
                yield from self._holding(path, name, user, unit_id, unit)
        if self.catalog is not None and len(services) > 1:
            yield from self._planes(name, services, self.catalog)

    def _holding(
        self, path: Path, name: str, user: InventoryUser, unit_id: str, unit: Unit
    ) -> Iterator[Fault]:
        if unit["status"] == "unassigned":
            yield Fault(path, f"User '{name}' holds the license '{unit_id}', which is unassigned")
            return
        if holder := unit.get("holder"):
            other = holder_title(holder)
            yield Fault(
                path, f"User '{name}' holds the license '{unit_id}', which is held by {other}"
            )
            return
        if unit.get("user") and unit["user"] != name:
            held = f"User '{name}' holds the license '{unit_id}'"
            yield Fault(path, f"{held}, which names the user '{unit['user']}'")
        inactive, suspended = user.get("status") == "inactive", unit["status"] == "suspended"
        if inactive and not suspended:
            yield Fault(
                path, f"User '{name}' is inactive, but the license '{unit_id}' is not suspended"
            )
        if suspended and not inactive:
            yield Fault(path, f"User '{name}' is active, but the license '{unit_id}' is suspended")

    def _planes(self, name: str, services: list[Service], catalog: Catalog) -> Iterator[Fault]:
        filled: dict[str, str] = {}
        for index, service in enumerate(services):
            unit = self.units.get(service["license"])
            if unit is None or unit["type"] not in catalog:
                continue
            for plane in sorted(catalog.planes(unit["type"]) & SINGLE_PLANES):
                if filled.get(plane, service["license"]) != service["license"]:
                    both = f"'{filled[plane]}' and '{service['license']}'"
                    message = f"User '{name}' holds two licenses of plane {plane}: {both}"
                    yield Fault(("users", name, "services", index), message)
                filled.setdefault(plane, service["license"])

    def _license(self, unit_id: str, unit: Unit) -> Iterator[Fault]:
        yield from self._reference(
            "licenses", unit_id, unit, "service_address", "service_addresses"
        )
        yield from self._reference("licenses", unit_id, unit, "user", "users")
        path, license_, user = ("licenses", unit_id), f"License '{unit_id}'", unit.get("user")
        holder = unit.get("holder")
        other = holder_title(holder) if holder else None
        if user and other:
            yield Fault(
                (*path, "holder"),
                f"{license_} names the user '{user}' and {other}: only one can hold it",
            )
        suspended = unit.get("suspended")
        if suspended and unit["status"] != "suspended":
            yield Fault(
                (*path, "suspended"),
                f"{license_} is {unit['status']}, but says why it is suspended",
                'Remove "suspended", or write "status": "suspended".',
            )
            return
        if unit["status"] == "unassigned":
            if user:
                yield Fault(
                    (*path, "user"), f"{license_} is unassigned, but names the user '{user}'"
                )
            elif other:
                yield Fault((*path, "holder"), f"{license_} is unassigned, but is held by {other}")
        elif unit["status"] == "suspended" and not suspended:
            yield Fault(path, f"{license_} is suspended without a reason")
        elif suspended and suspended["reason"] == "removed":
            held_by = user or self.holders.get(unit_id)
            if held_by or other:
                by = other or f"'{held_by}'"
                yield Fault(
                    (*path, "user" if held_by else "holder"),
                    f"{license_} was removed, but is held by {by}",
                )
        elif not user and not other:
            hint = (
                'Where no user has it, say who: "holder": {"kind": "ring_group", "name": "Main"}.'
            )
            yield Fault(path, f"{license_} is {unit['status']}, but names no user", hint)
        elif user and self.holders.get(unit_id) != user and user in self.users:
            yield Fault(
                (*path, "user"), f"{license_} names the user '{user}', who does not hold it"
            )
        if suspended and not _is_instant(suspended["at"]):
            since = f"{license_} is suspended since '{suspended['at']}'"
            yield Fault((*path, "suspended", "at"), f"{since}, which is not an ISO 8601 instant")


_FIELDS = {space: field for field, space in UNIQUE.items()}
"""The field of an extension that holds the numbers of a space."""


def _repeat(
    use: tuple[str, str], first: tuple[str, str, int], second: tuple[str, str, int]
) -> str | None:
    """Describe a number in two services: license, user and index; None if it is one license."""
    what = f"{number_title(use[0]).capitalize()} '{use[1]}'"
    if first == second:
        return f"{what} is listed twice for '{first[1]}'"
    if first[0] == second[0]:
        return None
    if first[1] == second[1]:
        return f"{what} is used by two licenses of '{first[1]}': '{first[0]}' and '{second[0]}'"
    return f"{what} is used twice: by '{first[1]}' and by '{second[1]}'"


def _agree(name: str, user: InventoryUser, unit: Unit) -> bool:
    """Tell whether a user is active and its license is assigned to it. Nearly all pass."""
    return (
        unit["status"] == "assigned"
        and unit.get("user") == name
        and user.get("status") != "inactive"
    )


def _is_instant(text: str) -> bool:
    try:
        parse_instant(text)
    except ValueError:
        return False
    return True
