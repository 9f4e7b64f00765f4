"""Checks an inventory document before anybody relies on it (contract, section 2; rules of domain.md, section 4).

Two passes, both of which name every fault: the shape of each record, by its declaration, and then
what the records say of each other. A record of a wrong shape is left out of the second pass,
references to it are not; references into a section of a wrong shape are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from licsync.diagnostics import (
    Code,
    Diagnostic,
    Span,
    cap_diagnostics,
    did_you_mean,
    error,
    sort_diagnostics,
)
from licsync.model.catalog import SINGLE_PLANES, Catalog
from licsync.model.declarations import KINDS, UserAttributes
from licsync.model.desired import DEFAULT_POLICY
from licsync.model.fields import PATTERNS, Ref, fields_with_marker
from licsync.model.inventory import (
    SECTIONS,
    Record,
    holder_title,
    number_title,
    numbers_of,
    numbers_of_holder,
)
from licsync.model.inventory_document import HOLDERS, InventoryDocument
from licsync.model.license import parse_instant

_TITLES = {kind.section: kind.title for kind in KINDS.values()}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at a place of the document."""

    path: tuple[str | int, ...]
    message: str
    hint: str | None = None

    def diagnostic(self, file: str) -> Diagnostic:
        """Give the diagnostic, with the place as a JSON pointer."""
        steps = (str(step).replace("~", "~0").replace("/", "~1") for step in self.path)
        pointer = "".join(f"/{step}" for step in steps)
        return error(
            Code.INVENTORY_INVALID, f"{self.message} ({pointer or '/'}).", Span(file), self.hint
        )


def check_document(
    document: Any,
    file: str = "inventory.json",
    catalog: Catalog | None = None,
    *,
    may_spell_surrogates: bool = True,
) -> list[Diagnostic]:
    """Find everything that is wrong with an inventory document.

    Args:
        document: what was read from JSON, unchecked. A section that is absent is empty.
        file: the name of the document, for the diagnostics.
        catalog: to see that nobody holds two licenses of one plane; types it does not know are
            fine.
        may_spell_surrogates: whether the JSON had escapes, by which alone text can be no Unicode.

    Returns:
        Errors with the code `inventory-invalid`; none where the document is good.
    """
    faults = faults_of(document, catalog, may_spell_surrogates=may_spell_surrogates)
    return sort_diagnostics(cap_diagnostics(fault.diagnostic(file) for fault in faults))


def with_holders(document: Any) -> Any:
    """Give a document with what is no user as the holder of its licenses, also where it stands in a shorter form.

    A license may say `"ring_group": "Main"` in place of a holder; so do those of a call queue, an
    auto attendant, a service. What has another form, or says two things, is left for the check.
    """
    units = document.get("licenses") if isinstance(document, Mapping) else None
    if not isinstance(units, Mapping):
        return document
    changed: dict[str, Any] = {}
    for unit_id, unit in units.items():
        if isinstance(unit, Mapping) and not unit.get("user") and not unit.get("holder"):
            named = [kind for kind in HOLDERS if isinstance(unit.get(kind), str) and unit[kind]]
            if len(named) == 1:
                rest = {key: value for key, value in unit.items() if key != named[0]}
                changed[unit_id] = rest | {"holder": {"kind": named[0], "name": unit[named[0]]}}
    return {**document, "licenses": {**units, **changed}} if changed else document


def faults_of(
    document: Any, catalog: Catalog | None = None, *, may_spell_surrogates: bool = True
) -> list[Fault]:
    """Find everything that is wrong with an inventory document, as `check_document` does, by its place in there."""
    if not isinstance(document, Mapping):
        return [Fault((), "An inventory document must be a JSON object")]
    whole: dict[str, Any] = {section: {} for section in SECTIONS} | dict(document)
    faults = [*_faults_of_shape(whole), *(_faults_of_text(whole) if may_spell_surrogates else ())]
    broken = {fault.path[:2] for fault in faults}
    whole |= {section: _Unread() for section in SECTIONS if (section,) in broken}
    return [*faults, *_Consistency(whole, broken, catalog).faults()]


# --- shape ----------------------------------------------------------------------------------------


@cache
def _adapter() -> TypeAdapter[InventoryDocument]:
    return TypeAdapter(InventoryDocument)


def _faults_of_shape(document: Mapping[str, Any]) -> Iterator[Fault]:
    try:
        _adapter().validate_python(document)
    except ValidationError as invalid:
        seen = set()
        for detail in invalid.errors(include_url=False):
            if detail["type"] == "extra_forbidden":  # the vendor may add what it likes
                continue
            path = (
                detail["loc"] if detail["type"] == "missing" else _within(document, detail["loc"])
            )
            if path not in seen:  # each choice of a union complains by itself
                seen.add(path)
                yield Fault(path, f"{_subject(path)} {_reason(detail)}")


def _faults_of_text(document: Mapping[str, Any]) -> Iterator[Fault]:
    """Find text that no file or database takes: half a surrogate pair, which JSON can spell."""
    if _is_unicode(document):
        return
    if not _is_unicode(document.get("holders")):
        yield Fault(("holders",), "'holders' must be Unicode text only")
    for section in SECTIONS:
        for name, record in (
            document[section].items() if isinstance(document[section], Mapping) else ()
        ):
            if not _is_unicode({name: record}):
                shown = name.encode(errors="replace").decode()
                yield Fault(
                    (section, shown),
                    f"{_TITLES[section].capitalize()} '{shown}' must be Unicode text only",
                )


def _is_unicode(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _within(document: Any, location: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Cut a location off where it leaves the document: what follows names a choice of a union."""
    for depth, step in enumerate(location):
        try:
            document = document[step]
        except (KeyError, TypeError):
            return location[:depth]
    return location


def _subject(path: tuple[str | int, ...]) -> str:
    title = _TITLES.get(str(path[0]))
    if path[0] == "holders" and len(path) > 1:
        return f"Holder {int(path[1]) + 1}" + (f": '{path[2]}'" if len(path) > 2 else "")
    if title is None or len(path) == 1:
        return f"'{path[0]}'"
    field = ".".join(str(step) for step in path[2:])
    return f"{title.capitalize()} '{path[1]}'" + (f": '{field}'" if field else "")


_REASONS = {
    "missing": "must be given",
    "literal_error": "must be {expected}",
    "value_error": "{error}",
    "string_type": "must be text",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "list_type": "must be a list",
    "dict_type": "must be a mapping",
}


def _reason(detail: Mapping[str, Any]) -> str:
    context = detail.get("ctx", {})
    if context.get("pattern") in PATTERNS:
        return PATTERNS[context["pattern"]]
    return _REASONS.get(detail["type"], "must be of another form").format(**context)


# --- consistency ----------------------------------------------------------------------------------


class _Unread(dict[str, Any]):
    """A section of a wrong shape: it has no records, and whatever is referred to may be among them."""

    def __contains__(self, name: object) -> bool:
        return True


class _Consistency:
    """What the records of one document say of each other."""

    def __init__(
        self,
        document: Mapping[str, Any],
        broken: set[tuple[str | int, ...]],
        catalog: Catalog | None,
    ) -> None:
        self.names: dict[str, Mapping[str, Any]] = {
            section: document[section] for section in SECTIONS
        }
        self.records: dict[str, Mapping[str, Record]] = {
            section: {
                name: record for name, record in records.items() if (section, name) not in broken
            }
            if broken
            else records
            for section, records in self.names.items()
        }
        self.catalog = catalog
        whole = [*enumerate(document.get("holders") or ())] if ("holders",) not in broken else []
        self.others = [
            (index, holder) for index, holder in whole if ("holders", index) not in broken
        ]
        self.references = [
            (field, KINDS[ref.kind].section, self.names[KINDS[ref.kind].section])
            for field, ref in fields_with_marker(UserAttributes, Ref).items()
        ]
        self.holders: dict[str, str] = {}

    def faults(self) -> Iterator[Fault]:
        """Find the faults; users come first, because they say who holds what."""
        yield from self._names()
        yield from self._numbers()
        for name, user in self.records["users"].items():
            yield from self._user(name, user)
        for unit_id, unit in self.records["licenses"].items():
            yield from self._license(unit_id, unit)
        for name, site in self.records["sites"].items():
            yield from self._reference("sites", name, site, "service_address", "service_addresses")

    def _reference(
        self, section: str, name: str, record: Record, field: str, target: str
    ) -> Iterator[Fault]:
        value = record.get(field)
        if value and value not in self.names[target]:
            message = f"{_TITLES[section].capitalize()} '{name}' names the {_TITLES[target]} '{value}', which is unknown"
            yield Fault(
                (section, name, field), message, did_you_mean(str(value), self.names[target])
            )

    def _names(self) -> Iterator[Fault]:
        first: dict[str, str] = {}
        for name in self.names["users"]:
            other = first.setdefault(name.casefold(), name)
            if other != name:
                yield Fault(
                    ("users", name), f"User names are equal but for case: '{other}' and '{name}'"
                )

    def _numbers(self) -> Iterator[Fault]:
        first: dict[tuple[str, str], str] = {}
        for name, user in self.records["users"].items():
            for use in numbers_of(user):
                if use in first:
                    what = f"{number_title(use[0]).capitalize()} '{use[1]}'"
                    by = (
                        f"by '{first[use]}' and by '{name}'"
                        if first[use] != name
                        else f"by '{name}'"
                    )
                    yield Fault(("users", name), f"{what} is used twice: {by}")
                else:
                    first[use] = name
        for index, holder in self.others:
            for use in numbers_of_holder(holder):
                title = holder_title(holder)
                if use in first:
                    what = f"{number_title(use[0]).capitalize()} '{use[1]}'"
                    message = f"{what} is used twice: by '{first[use]}' and by {title}"
                    yield Fault(("holders", index), message)
                first.setdefault(use, title)

    def _user(self, name: str, user: Record) -> Iterator[Fault]:
        for field, section, known in self.references:
            if (
                user.get(field, DEFAULT_POLICY) != DEFAULT_POLICY and user[field] not in known
            ):  # in every account (POL2)
                yield from self._reference("users", name, user, field, section)
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
                yield Fault(
                    path, f"License '{unit_id}' is held twice: by '{other}' and by '{name}'"
                )
                continue
            self.holders[unit_id] = name
            unit = self.records["licenses"].get(unit_id)
            if unit is not None and not _agree(name, user, unit):
                yield from self._holding(path, name, user, unit_id, unit)
        if self.catalog is not None and len(services) > 1:
            yield from self._planes(name, services, self.catalog)

    def _holding(
        self, path: tuple[str | int, ...], name: str, user: Record, unit_id: str, unit: Record
    ) -> Iterator[Fault]:
        if unit["status"] == "unassigned":
            yield Fault(path, f"User '{name}' holds the license '{unit_id}', which is unassigned")
            return
        if unit.get("holder"):
            other = holder_title(unit["holder"])
            yield Fault(
                path, f"User '{name}' holds the license '{unit_id}', which is held by {other}"
            )
            return
        if unit.get("user") and unit["user"] != name:
            yield Fault(
                path,
                f"User '{name}' holds the license '{unit_id}', which names the user '{unit['user']}'",
            )
        inactive, suspended = user.get("status") == "inactive", unit["status"] == "suspended"
        if inactive and not suspended:
            yield Fault(
                path, f"User '{name}' is inactive, but the license '{unit_id}' is not suspended"
            )
        if suspended and not inactive:
            yield Fault(path, f"User '{name}' is active, but the license '{unit_id}' is suspended")

    def _planes(self, name: str, services: list[Record], catalog: Catalog) -> Iterator[Fault]:
        filled: dict[str, str] = {}
        for index, service in enumerate(services):
            unit = self.records["licenses"].get(service["license"])
            if unit is None or unit["type"] not in catalog:
                continue
            for plane in sorted(catalog.planes(unit["type"]) & SINGLE_PLANES):
                if plane in filled:
                    both = f"'{filled[plane]}' and '{service['license']}'"
                    message = f"User '{name}' holds two licenses of plane {plane}: {both}"
                    yield Fault(("users", name, "services", index), message)
                filled.setdefault(plane, service["license"])

    def _license(self, unit_id: str, unit: Record) -> Iterator[Fault]:
        yield from self._reference(
            "licenses", unit_id, unit, "service_address", "service_addresses"
        )
        yield from self._reference("licenses", unit_id, unit, "user", "users")
        path, license_, user = ("licenses", unit_id), f"License '{unit_id}'", unit.get("user")
        other = holder_title(unit["holder"]) if unit.get("holder") else None
        if user and other:
            yield Fault(
                (*path, "holder"),
                f"{license_} names the user '{user}' and {other}: only one can hold it",
            )
        suspended = unit.get("suspended") if unit["status"] == "suspended" else None
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
            holder = user or self.holders.get(unit_id)
            if holder or other:
                by = other or f"'{holder}'"
                yield Fault(
                    (*path, "user" if holder else "holder"),
                    f"{license_} was removed, but is held by {by}",
                )
        elif not user and not other:
            hint = (
                'Where no user has it, say who: "holder": {"kind": "ring_group", "name": "Main"}.'
            )
            yield Fault(path, f"{license_} is {unit['status']}, but names no user", hint)
        elif user and self.holders.get(unit_id) != user and user in self.records["users"]:
            yield Fault(
                (*path, "user"), f"{license_} names the user '{user}', who does not hold it"
            )
        if suspended and not _is_instant(suspended["at"]):
            message = f"{license_} is suspended since '{suspended['at']}', which is not an ISO 8601 instant"
            yield Fault((*path, "suspended", "at"), message)


def _agree(name: str, user: Record, unit: Record) -> bool:
    """Tell whether an active user and its assigned license say the same of each other, as nearly all do."""
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
