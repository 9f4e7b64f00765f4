"""Compares a list of people with the declared users: joiners, movers and leavers.

A user who is missing from the list has not left, unless the list is said to be complete. Then the
account's limits and `min_people` bound how many users may leave at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, cast

from licsync.diagnostics import (
    Code,
    Diagnostic,
    Severity,
    Span,
    error,
    errors_of,
    info,
    sort_diagnostics,
    warning,
)
from licsync.model.account_declarations import Account
from licsync.model.declarations import User
from licsync.model.desired import Desired
from licsync.onboarding.cell_places import CellPlaces
from licsync.onboarding.departures import departed, inactive_remark
from licsync.onboarding.groups import group_remarks
from licsync.onboarding.matching import RecognizedRow, match_rows
from licsync.onboarding.movers import moved, report_waiting
from licsync.onboarding.name_claims import NameClaims, claimed_name
from licsync.onboarding.onboard import onboard
from licsync.onboarding.outcomes import apply_templates, file_of, list_names
from licsync.onboarding.proposals import KINDS, FieldChange, Kind, PeopleChanges, Proposal
from licsync.onboarding.row_reader import RowReader
from licsync.onboarding.rows import PersonRow, ReadingContext
from licsync.planning.actions import Action
from licsync.planning.calendar import Calendar, account_day
from licsync.planning.guardrails import check_limits
from licsync.planning.resolver import Resolver
from licsync.planning.validation.validate import check
from licsync.spreadsheets.cell_values import fold
from licsync.spreadsheets.sheet import Row

Entries = Mapping[str, Mapping[str, Any]]
"""The entries of users in the files, without their templates."""


@dataclass(frozen=True, slots=True)
class PeopleRequest:
    """What to propose.

    Attributes:
        only: the kinds to propose.
        is_complete: whether a declared user who is missing from the list has left.
        min_people: the fewest people of a complete list.
        allow: limits raised for this run, by verb.
    """

    only: Collection[Kind] = KINDS
    is_complete: bool = False
    min_people: int = 1
    allow: Mapping[str, int] = field(default_factory=dict)


def propose(
    reading: ReadingContext,
    rows: Sequence[Row],
    written: Entries,
    request: PeopleRequest,
    now: datetime,
) -> PeopleChanges:
    """Compare a list of people with the declared users.

    Args:
        reading: the table, which takes the faults, with desired state and inventory.
        rows: the rows.
        written: the entries of the declared users in the files.
        request: what to propose.
        now: the instant of the proposals.
    """
    desired, inventory = reading.resolver.desired, reading.resolver.inventory
    readers = [RowReader(reading, row) for row in reading.data_rows(rows)]
    claims = NameClaims.of(readers, desired.users, inventory.user_names)
    people = _People(reading, written, Calendar.of(desired, inventory, now), claims)
    matching = match_rows(reading, readers, people.current, claims)
    found = PeopleChanges(desired, rows=dict.fromkeys((r.row.line for r in readers), "unchanged"))
    _propose_for_listed(people, matching.recognized, request, found)
    if request.is_complete:
        missing = list(people.missing(found.unlisted))
        found.proposals += missing if "leaver" in request.only else []
        found.left_out["leaver"] += 0 if "leaver" in request.only else len(missing)
    reading.faults += group_remarks(reading, readers)
    found.diagnostics += _bounds(reading, found, request, now)
    joiners = _joiners(reading, matching.others, claims, found)
    found.desired = _changed(reading, found, written)
    found.diagnostics += _new_faults(reading, found, now)
    if "joiner" in request.only:
        _join(reading, found, joiners, people.current, now)
    else:
        found.left_out["joiner"] += len(joiners)
        found.rows |= dict.fromkeys((reader.row.line for reader in joiners), "left_out")
    _finish(reading, matching.recognized, found)
    return found


def _propose_for_listed(
    people: _People,
    recognized: Sequence[RecognizedRow],
    request: PeopleRequest,
    found: PeopleChanges,
) -> None:
    """Propose what the rows say of declared users, and note who has no row."""
    for row in recognized:
        proposals = list(people.of_row(row))
        found.proposals += [p for p in proposals if p.kind in request.only]
        found.left_out.update(p.kind for p in proposals if p.kind not in request.only)
        if proposals:
            found.rows[row.reader.row.line] = "left_out"  # unless one of them is proposed
    found.rows |= dict.fromkeys(people.waiting, "waiting")
    listed = {row.name: row.reader for row in recognized}
    freed = list(people.freed_names(listed, found.edits))
    found.proposals += freed if "mover" in request.only else []
    declared = people.reading.resolver.desired.users
    found.unlisted = [name for name in declared if name not in listed]


def _joiners(
    reading: ReadingContext,
    others: Iterable[RowReader],
    claims: NameClaims,
    found: PeopleChanges,
) -> list[RowReader]:
    """List the rows of people to onboard, and note what becomes of the other new people."""
    joiners = []
    for reader in others:
        holder = claims.holder(claimed_name(reader))
        if reader.employment.left(reading.today):
            found.rows[reader.row.line] = "gone"
        elif holder is not None:
            report_waiting(reading, reader, reader.cell("user") or reader.email, holder)
            found.rows[reader.row.line] = "waiting"
        else:
            joiners.append(reader)
    return joiners


def _finish(
    reading: ReadingContext, recognized: Iterable[RecognizedRow], found: PeopleChanges
) -> None:
    """Join diagnostics and faults, and settle what becomes of each row."""
    found.rows |= {p.row: "proposed" for p in found.proposals if p.row is not None}
    found.proposals = [
        replace(p, place=reading.sheet.row_title(p.row)) if p.row is not None else p
        for p in found.proposals
    ]
    reported = {(fault.span, fault.code) for fault in reading.faults}
    found.diagnostics = [
        d
        for d in found.diagnostics
        if d.severity is not Severity.WARNING or (d.span, d.code) not in reported
    ]
    found.diagnostics = sort_diagnostics({*found.diagnostics, *reading.faults})
    faulty = {d.span for d in errors_of(found.diagnostics) if d.span}
    lines = {span.line for span in faulty if span.file == reading.sheet.file}
    found.rows |= dict.fromkeys(lines & found.rows.keys(), "faulty")
    found.unchanged = [
        row.name for row in recognized if found.rows[row.reader.row.line] == "unchanged"
    ]


class _People:
    """The declared users, and what a list says of them."""

    def __init__(
        self, reading: ReadingContext, written: Entries, calendar: Calendar, claims: NameClaims
    ) -> None:
        desired, inventory = reading.resolver.desired, reading.resolver.inventory
        self.reading = reading
        self.calendar = calendar
        self.written = written
        self.claims = claims
        self.current: dict[str, dict[str, Any]] = {
            name: {**inventory.users.get(current_name or "", {}), **desired.users[name]}
            for name, current_name in reading.resolver.current_names.items()
        }
        protected = desired.account.get("protected_users") or ()
        self.protected = {name.casefold() for name in protected}
        self.waiting: list[int] = []

    def of_row(self, row: RecognizedRow) -> Iterator[Proposal]:
        """Propose what a row says of a declared user."""
        name, reader, current = row.name, row.reader, self.current[row.name]
        line, file = reader.row.line, file_of(self.reading.resolver.desired, name)
        today = self.calendar.today(current.get("site"))
        is_protected = name.casefold() in self.protected
        outcome = departed(
            self.reading, row, current, self.written[name], today, is_protected=is_protected
        )
        if not reader.employment.left(today):
            move = moved(self.reading, row, current, self.written[name], self.claims)
            if move.changes:
                yield Proposal("mover", name, tuple(move.changes), move.why, line, file)
            if move.waits:
                self.waiting.append(line)
            inactive_remark(self.reading, row, current)
        if outcome is not None:
            kind, changes, why = outcome
            yield Proposal(kind, name, tuple(changes), why, line, file)

    def freed_names(self, listed: Mapping[str, RowReader], edits: Entries) -> Iterator[Proposal]:
        """Propose to forget the old names of renamed users that somebody else gets.

        Args:
            listed: the rows of users.
            edits: the users who are renamed now.
        """
        desired, pending = self.reading.resolver.desired, {*self.claims.pending.values()}
        for name, entry in self.written.items():
            old, reader = entry.get("previously"), listed.get(name)
            is_stale = name not in pending and "user" not in edits.get(name, {})
            if old and is_stale and self.claims.is_claimed(old, reader):
                changes = (FieldChange("previously", old, None),)
                line = reader.row.line if reader else None
                why = "the list gives the old user name to somebody else"
                yield Proposal("mover", name, changes, why, line, file_of(desired, name))

    def missing(self, unlisted: Iterable[str]) -> Iterator[Proposal]:
        """Propose that users leave who are missing from a complete list."""
        desired, faults = self.reading.resolver.desired, self.reading.faults
        staying: dict[str, list[str]] = {"are protected": [], "have no external_id": []}
        for name in unlisted:
            current = self.current[name]
            if "offboard_on" in current:
                continue
            if name.casefold() in self.protected:
                staying["are protected"].append(name)
            elif "external_id" in self.reading.columns.fields and "external_id" not in current:
                staying["have no external_id"].append(name)
            else:
                today = self.calendar.today(current.get("site")).isoformat()
                changes = (FieldChange("offboard_on", None, today),)
                why = "missing from the complete list"
                yield Proposal("leaver", name, changes, why, file=file_of(desired, name))
        for reason, names in staying.items():
            if names:
                message = f"Missing from the list, but not leaving, because they {reason}: "
                faults.append(info(Code.LEFT_AS_IS, f"{message}{list_names(names)}."))


def _bounds(
    reading: ReadingContext, found: PeopleChanges, request: PeopleRequest, now: datetime
) -> Iterator[Diagnostic]:
    """Refuse a complete list that is too short, and more leavers than the limits allow."""
    desired = reading.resolver.desired
    if request.is_complete and len(found.rows) < max(request.min_people, 1):
        people = "1 person" if len(found.rows) == 1 else f"{len(found.rows):,} people"
        message = f"The complete list has {people}; min_people is {request.min_people:,}."
        place = desired.where("account", "people", "min_people")
        hint = "Check that the list was not cut short."
        yield error(Code.LIMIT_EXCEEDED, message, place or Span(reading.sheet.file), hint)
    leavers = [p for p in found.of_kind("leaver") if p.changes[0].before is None]
    actions = [Action("user", "suspend", f"users/{p.user}") for p in leavers]
    users = len(reading.resolver.inventory.users) or len(desired.users)
    today = account_day(desired, now)
    yield from check_limits(actions, desired, users, request.allow, today, "list").diagnostics


# --- the desired state afterwards -----------------------------------------------------------------


def _changed(reading: ReadingContext, found: PeopleChanges, written: Entries) -> Desired:
    """Return the desired state after the proposals for declared users."""
    desired, edits = reading.resolver.desired, found.edits
    names = {name: edit["user"] for name, edit in edits.items() if "user" in edit}
    users: dict[str, User] = {}
    for name, user in desired.users.items():
        values = {key: value for key, value in edits.get(name, {}).items() if key != "user"}
        if values:
            # The loader has checked the entry; the checks look at what the list adds.
            own = {key: cast(Mapping[str, Any], user)[key] for key in written[name] if key in user}
            own |= {"template": written[name]["template"]} if "template" in written[name] else {}
            own |= values
            entry = {key: value for key, value in own.items() if value is not None}
            user = cast(User, apply_templates(reading.templates, entry))
        users[names.get(name, name)] = user
    account = dict(desired.account)
    if names and "protected_users" in account:
        folded = {name.casefold(): new for name, new in names.items()}
        protected = desired.account["protected_users"]
        account["protected_users"] = [folded.get(name.casefold(), name) for name in protected]
    old = {new: name for name, new in names.items()}

    def where(section: str, *path: str | int) -> Span | None:
        if section == "users" and path:
            path = (old.get(str(path[0]), path[0]), *path[1:])
        return desired.where(section, *path)

    return replace(desired, users=users, account=cast(Account, account), where=where)


def _new_faults(
    reading: ReadingContext, found: PeopleChanges, now: datetime
) -> Iterator[Diagnostic]:
    """List the faults that the proposals for declared users would bring, by row and column."""
    lines = {p.user: p.row for p in found.proposals if p.row is not None}
    if not lines:
        return
    rows_by_line = {row.line: row for row in reading.sheet.rows}
    names = {name: str(edit.get("user", name)) for name, edit in found.edits.items()}
    rows = {names[name]: rows_by_line[line] for name, line in lines.items() if name in names}
    desired, inventory = reading.resolver.desired, reading.resolver.inventory
    before = {(d.code, d.message) for d in check(desired, inventory, now=now)}
    required = replace(found.desired, where=CellPlaces(reading, rows))
    for diagnostic in check(required, inventory, now=now):
        if (diagnostic.code, diagnostic.message) not in before:
            yield diagnostic


# --- joiners --------------------------------------------------------------------------------------


def _join(
    reading: ReadingContext,
    found: PeopleChanges,
    joiners: Sequence[RowReader],
    current: Entries,
    now: datetime,
) -> None:
    """Onboard the people whom no file declares."""
    if not joiners:
        return
    people = [reader.person() for reader in joiners]
    _warn_of_namesakes(reading, people, {name: current[name] for name in found.unlisted})
    reading.resolver = Resolver(found.desired, reading.resolver.inventory)
    found.onboarding = onboard(reading, people, now)
    found.diagnostics += found.onboarding.diagnostics
    for outcome in found.onboarding.outcomes:
        if outcome.is_written:
            name, user = outcome.person.name, outcome.user
            changes = (
                FieldChange("user", None, name),
                *(FieldChange(key, None, value) for key, value in user.items()),
            )
            why = "not in the files" if outcome.state == "new" else "in the inventory, in no file"
            line = outcome.person.row.line
            found.proposals.append(Proposal("joiner", name, changes, why, line, outcome.file))


def _warn_of_namesakes(
    reading: ReadingContext, people: Iterable[PersonRow], unlisted: Entries
) -> None:
    """Warn of new people with the names of a declared user who is missing from the list."""
    known = {_full_name(user): name for name, user in unlisted.items()}
    known.pop("", None)
    for person in people:
        other = known.get(_full_name(person.user))
        if other and person.name:
            message = f"'{person.name}' is new, and '{other}', who has the same name, is missing"
            message += " from the list."
            hint = "If both are one person, write the external_id of the row in the entry of"
            hint += f" '{other}'."
            reading.report(warning, person.row, "user", message, hint, Code.DUPLICATE_NAME)


def _full_name(user: Mapping[str, Any]) -> str:
    return fold(f"{user.get('first_name') or ''} {user.get('last_name') or ''}")
