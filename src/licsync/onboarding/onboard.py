"""Turns the people of a spreadsheet into declared users with licenses and numbers.

Users who are already declared stay unchanged: importing the same list again changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, cast

from licsync.diagnostics import (
    Code,
    Diagnostic,
    Severity,
    error,
    errors_of,
    sort_diagnostics,
    warning,
)
from licsync.model.declarations import User
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory, as_list
from licsync.onboarding.cell_places import CellPlaces
from licsync.onboarding.declared_users import compare_declared
from licsync.onboarding.groups import group_remarks
from licsync.onboarding.number_assignment import NumberPool, expand_range
from licsync.onboarding.outcomes import RowOutcome, apply_templates, file_of, resolve_licenses
from licsync.onboarding.row_reader import RowReader
from licsync.onboarding.rows import PersonRow, ReadingContext, Templates
from licsync.planning.declarable import slug
from licsync.planning.plan_document import LedgerRow
from licsync.planning.planner import make_plan
from licsync.planning.validation.validate import check
from licsync.spreadsheets.cell_values import CellRefused
from licsync.spreadsheets.sheet import Row


@dataclass(slots=True)
class Onboarding:
    """The result of onboarding a list.

    Attributes:
        outcomes: the outcome of each row.
        diagnostics: errors and remarks, by row and column.
        pool: the ledger rows of the licenses that new users need, once all are assigned.
        needed: how many units new users need, by type and country.
    """

    outcomes: list[RowOutcome] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    pool: list[LedgerRow] = field(default_factory=list)
    needed: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def new(self) -> dict[str, dict[str, Any]]:
        """The declarations to write, by user name."""
        return {o.person.name: o.user for o in self.outcomes if o.is_written}


def read_people(reading: ReadingContext, rows: Sequence[Row]) -> list[PersonRow]:
    """Parse rows of new people. Rows of people who have left are skipped, with a warning."""
    readers = [RowReader(reading, row) for row in reading.data_rows(rows)]
    reading.faults += group_remarks(reading, readers)
    return [reader.person() for reader in readers]


def onboard(reading: ReadingContext, people: Sequence[PersonRow], now: datetime) -> Onboarding:
    """Turn people into declared users.

    Args:
        reading: the table of the people, with its faults.
        people: the parsed rows.
        now: the day that plans are made for.
    """
    desired, inventory = reading.resolver.desired, reading.resolver.inventory
    declared = {name.casefold(): name for name in desired.users}
    _check_twice(reading, people)
    extensions, phones = _numbers(reading, people)
    result = Onboarding()
    processed = {""}  # missing and repeated names are already reported
    for person in people:
        if person.skipped:
            result.outcomes.append(RowOutcome(person, "skipped", message=person.skipped))
        elif person.name.casefold() in processed:
            result.outcomes.append(RowOutcome(person, "faulty"))
        elif person.name.casefold() in declared:
            result.outcomes.append(
                compare_declared(reading, person, declared[person.name.casefold()], now)
            )
        else:
            held = inventory.users.get(inventory.user_names.get(person.name.casefold(), ""), {})
            has_numbers = any(s.get("extension") for s in held.get("services") or ())
            user = _user(reading, person, extensions, phones, has_numbers=has_numbers)
            message = _reactivate(reading, person, user, held)
            state = "adopted" if held else "new"
            result.outcomes.append(
                RowOutcome(
                    person, state, user, message=message, resolved=resolve_licenses(reading, user)
                )
            )
        processed.add(person.name.casefold())
    _file(result.outcomes, desired, reading.templates)
    _check(reading, result, now)
    result.diagnostics = sort_diagnostics((*reading.faults, *result.diagnostics))
    errors = errors_of(result.diagnostics)
    faulty = {d.span.line: d.message for d in reversed(errors) if d.span}
    for outcome in result.outcomes:
        if outcome.person.row.line in faulty:
            outcome.state = "faulty"
            outcome.message = faulty[outcome.person.row.line]
    return result


def _check_twice(reading: ReadingContext, people: Iterable[PersonRow]) -> None:
    """Report user names and numbers that two rows claim."""
    first: dict[tuple[str, str], PersonRow] = {}
    for person in people:
        claims = [("user", person.name.casefold())] if person.name else []
        claims += [("extension", person.extension)] if person.extension else []
        claims += [("phone", phone) for phone in person.phones]
        for claim in claims:
            other = first.setdefault(claim, person)
            if other is not person:
                message = f"'{claim[1]}' is already in {reading.sheet.row_title(other.row.line)}."
                reading.report(error, person.row, claim[0], message)


# --- numbers --------------------------------------------------------------------------------------


def _numbers(reading: ReadingContext, people: Iterable[PersonRow]) -> tuple[NumberPool, NumberPool]:
    """Prepare the assignable numbers: those of the rules that nobody has or requests."""
    used: dict[str, set[str]] = {"extension": set(), "phone-number": set()}
    for space, number in reading.resolver.inventory.numbers:
        used[space].add(number)
    for user in reading.resolver.desired.users.values():
        for entry in user.get("licenses") or ():
            extension = entry.get("extension") or {}
            used["extension"].add(extension.get("number") or "")
            used["phone-number"].update(extension.get("phone_numbers") or ())
    for person in people:
        used["extension"].add(person.extension or "")
        used["phone-number"].update(person.phones)
    return (
        NumberPool(_rules(reading, "extensions"), used["extension"], "extension number"),
        NumberPool(_rules(reading, "phone_numbers"), used["phone-number"], "phone number"),
    )


def _rules(
    reading: ReadingContext, name: Literal["extensions", "phone_numbers"]
) -> dict[str, list[str]]:
    """Return the number ranges by site. Faulty rules are reported and left out."""
    rules: dict[str, list[str]] = {}
    for site, named in reading.mapping.get(name, {}).items():
        texts = list(as_list(named))
        try:
            for text in texts:
                expand_range(text)
            rules[site if site == "default" else reading.site(site)] = texts
        except CellRefused as refused:
            reading.faults.append(
                error(Code.INVALID_VALUE, str(refused), reading.where(name, site), refused.hint)
            )
    return rules


_CHOOSING = ("license", "template", "groups", "department", "site")
"""The cells that choose the licenses of a user. With an error there, they are unknown."""


def _user(
    reading: ReadingContext,
    person: PersonRow,
    extensions: NumberPool,
    phones: NumberPool,
    *,
    has_numbers: bool,
) -> dict[str, Any]:
    """Build the declaration of a new user, with assigned numbers."""
    entries = _entries(reading, person)
    catalog = reading.resolver.desired.catalog
    carrier = next((entry for entry in entries or () if catalog.is_single(entry["type"])), None)
    extension_values: dict[str, Any] = {}
    if carrier is None and not reading.has_error(person.row, *_CHOOSING):
        license_cells = (
            ("extension", person.extension),
            ("phone", person.phones),
            ("voicemail_email", person.voicemail),
        )
        for name, value in license_cells:
            if value:
                message = "This needs a license, and the user gets none."
                reading.report(
                    error,
                    person.row,
                    name,
                    message,
                    "Name a license in the row, or a template that has one.",
                )
    elif carrier is not None:
        site = apply_templates(reading.templates, person.user).get("site")
        number = person.extension or (
            "" if has_numbers else _allocate_number(reading, person, "extension", extensions, site)
        )
        free = (
            []
            if has_numbers or person.phones
            else [_allocate_number(reading, person, "phone", phones, site)]
        )
        owned = person.phones or [phone for phone in free if phone]
        extension_values = ({"number": number} if number else {}) | (
            {"phone_numbers": owned} if owned else {}
        )
        extension_values |= {"voicemail_email": person.voicemail} if person.voicemail else {}
        if extension_values:
            carrier["extension"] = {**carrier.get("extension", {}), **extension_values}
    declares_licenses = person.kinds is not None or person.country or extension_values
    return person.user | (
        {"licenses": entries} if declares_licenses and entries is not None else {}
    )


def _entries(reading: ReadingContext, person: PersonRow) -> list[dict[str, Any]] | None:
    """List the license entries of a person: those of the row, else those of the templates."""
    entries: list[dict[str, Any]] | None
    if person.kinds is not None:
        entries = [{"type": kind} for kind in person.kinds]
    else:
        inherited = apply_templates(reading.templates, person.user).get("licenses")
        entries = [dict(entry) for entry in inherited] if inherited is not None else None
    if person.country:
        entries = [
            {"type": entry["type"], "country": person.country} | entry for entry in entries or ()
        ]
    return entries


def _allocate_number(
    reading: ReadingContext, person: PersonRow, name: str, numbers: NumberPool, site: str | None
) -> str | None:
    try:
        return numbers.next(site)
    except CellRefused as refused:
        reading.report(error, person.row, name, str(refused), refused.hint)
        return None


def _reactivate(
    reading: ReadingContext, person: PersonRow, user: dict[str, Any], held: Mapping[str, Any]
) -> str:
    """Reactivate an inactive user if the row says so, and report what happens."""
    if held.get("status") != "inactive":
        return ""
    if person.is_active:
        user["status"] = "active"
        message = (
            f"'{person.name}' is inactive in the inventory and will be reactivated,"
            " because the row says 'active'."
        )
        reading.report(warning, person.row, "status", message)
    else:
        message = (
            f"'{person.name}' is inactive in the inventory and stays inactive,"
            " because the row has no status."
        )
        hint = "Set 'status: active' in the files, or add a status column to the list."
        reading.report(warning, person.row, "status", message, hint, Code.REACTIVATION_MISSING)
    return message


# --- files and checks -----------------------------------------------------------------------------


def _file(outcomes: Iterable[RowOutcome], desired: Desired, templates: Templates) -> None:
    """Choose the file of each new user: by department or site, the only file, or a new one."""
    files = {name: file_of(desired, name) for name in desired.users}
    homes: dict[tuple[str, Any], Counter[str]] = {}
    for name, declared in desired.users.items():
        for key, group in (
            ("department", declared.get("department")),
            ("site", declared.get("site")),
        ):
            if group:
                homes.setdefault((key, group), Counter())[files[name]] += 1
    present = set(files.values())
    is_one = len(present) == 1
    for outcome in outcomes:
        if not outcome.is_written:
            continue
        user = apply_templates(templates, outcome.user)
        found = next(
            (
                homes[key, user[key]]
                for key in ("department", "site")
                if (key, user.get(key)) in homes
            ),
            None,
        )
        if found:
            outcome.file = min(found.items(), key=lambda item: (-item[1], item[0]))[0]
        elif is_one:
            (outcome.file,) = present
        else:
            outcome.file = (
                f"users/{slug(user.get('department') or user.get('site') or '') or 'new'}.yaml"
            )


def _check(reading: ReadingContext, result: Onboarding, now: datetime) -> None:
    """Check the resulting files, and map each fault to its cell."""
    desired, inventory = reading.resolver.desired, reading.resolver.inventory
    rows = {o.person.name: o.person.row for o in result.outcomes if o.is_written}
    filled = {
        # The loader has checked the templates; the checks below look at what the row adds.
        name: cast(User, apply_templates(reading.templates, user))
        for name, user in result.new.items()
    }
    required = replace(desired, users={**desired.users, **filled}, where=CellPlaces(reading, rows))
    before = set(check(desired, inventory, now=now))
    found = (d for d in check(required, inventory, now=now) if d not in before)
    result.diagnostics += [d for d in found if not _is_reported(d, reading)]
    for name, user in filled.items():
        result.needed.update(_needed(reading, inventory, name, user))
    plan = make_plan(required, inventory, now=now)
    result.pool = [row for row in plan.licenses if (row.type, row.country) in result.needed]


def _is_reported(found: Diagnostic, reading: ReadingContext) -> bool:
    """Return whether a fault is already reported for its cell, or follows from such a fault."""
    places = {d.span for d in reading.faults if d.severity is not Severity.WARNING and d.span}
    fields = reading.columns.fields
    is_of_whole_user = (
        found.span is not None
        and found.span.column == fields.get("user", fields.get("email", 0)) + 1
    )
    if found.code is Code.USER_NEEDS_SITE or (
        found.code is Code.INVALID_VALUE and is_of_whole_user
    ):
        return found.span is not None and found.span.line in {place.line for place in places}
    return found.span in places or any(
        d.span == found.span and d.message.endswith(found.message) for d in reading.faults
    )


def _needed(
    reading: ReadingContext, inventory: Inventory, name: str, user: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """List type and country of the licenses that a user needs but does not hold."""
    current = inventory.users.get(inventory.user_names.get(name.casefold(), ""), {})
    units = [inventory.licenses[s["license"]] for s in current.get("services") or ()]
    held = Counter((unit["type"], unit["country"]) for unit in units)
    required = Counter(
        (entry["type"], reading.resolver.country_of(user.get("site"), entry) or "")
        for entry in user.get("licenses") or ()
    )
    yield from (required - held).elements()
