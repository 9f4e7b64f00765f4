"""Reads lists of people: finds the table, and says what each column means."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import cast

from licsync.diagnostics import (
    Code,
    Diagnostic,
    InputInvalid,
    Span,
    did_you_mean,
    error,
    has_errors,
)
from licsync.model.declarations import UserTemplate
from licsync.model.desired import Desired, SourceLookup, no_source
from licsync.model.fields import fields_of
from licsync.model.inventory import Inventory, as_list
from licsync.model.people_declarations import ListMapping
from licsync.onboarding.rows import ReadingContext
from licsync.spreadsheets.columns import Columns
from licsync.spreadsheets.sheet import Row, Sheet
from licsync.workflows.importing import read_table
from licsync.workflows.output import Output

KEYS = fields_of(ListMapping).keys()
"""The keys of the account's settings that say how to read a list."""

_PERSON = frozenset(("first_name", "last_name", "full_name", "user", "email", "external_id"))


@dataclass(frozen=True, slots=True)
class PeopleList:
    """A list of people.

    Attributes:
        file: a CSV or Excel file; None if a command prints the list.
        mapping: the mapping file.
        template: the template of people for whom neither list nor mapping file name one.
        sheet: the sheet of the list; None for the only one that looks like it.
        encoding: the encoding of a CSV file that does not state it.
        is_ascii: whether user names are made of ASCII letters only.
        ignored: columns to ignore.
        printed: the list that a command printed; None to read the file.
        groups: a CSV or Excel file with the groups of people.
    """

    file: Path | None
    mapping: Path | None = None
    template: str | None = None
    sheet: str | None = None
    encoding: str | None = None
    is_ascii: bool = False
    ignored: tuple[str, ...] = ()
    printed: Sheet | None = None
    groups: Path | None = None


def read_list(
    people_list: PeopleList,
    desired: Desired,
    inventory: Inventory | None,
    templates: Mapping[str, UserTemplate],
    today: date,
    output: Output,
    *,
    is_update: bool = False,
) -> tuple[ReadingContext, Sequence[Row]]:
    """Read the table and the rows of a list of people, and report how columns were interpreted.

    Args:
        people_list: the list.
        desired: the desired state, with the account's own way to read lists.
        inventory: the inventory; None if it is unknown.
        templates: the templates of the files.
        today: the day that decides who has left.
        output: shows how each column was interpreted.
        is_update: whether most people are declared, so that a row needs only a key.

    Raises:
        InputInvalid: the file, sheet, table or template does not exist, or the mapping file is
            invalid.
    """
    from licsync.onboarding.column_checks import check_columns
    from licsync.onboarding.leavers import unknown_state_headings
    from licsync.onboarding.movers import JOINERS_ONLY
    from licsync.planning.resolver import Resolver
    from licsync.spreadsheets.columns import normalize_heading, unknown_headings
    from licsync.spreadsheets.unread_columns import unread_columns
    from licsync.views.onboarding import joiner_columns_text

    mapping, where = _mapping(people_list, desired)
    if people_list.printed is not None:
        mapping.pop("columns", None)
        sheet, columns, rows = _printed_table(people_list.printed)
    else:
        sheet, columns, rows = _read_file(people_list, mapping, desired, output)
    if is_update and (remark := joiner_columns_text(columns, JOINERS_ONLY)):
        output.message(remark)
    faults = check_columns(columns, mapping, where, sheet, is_update=is_update)
    faults += unknown_headings(people_list.ignored, [(sheet, columns.header)])
    if people_list.printed is None:  # a printed list has only known keys
        ignored = frozenset(map(normalize_heading, people_list.ignored))
        faults += unknown_state_headings(columns, sheet, ignored)
    faults += _unknown_templates(people_list.template, mapping, where, templates)
    if faults:
        raise InputInvalid(*faults)
    resolver = Resolver(desired, inventory or Inventory(desired.name, ""))
    reading = ReadingContext(
        sheet,
        columns,
        mapping,
        resolver,
        templates,
        people_list.template,
        people_list.is_ascii,
        where,
        today,
    )
    if people_list.groups is not None:
        reading.memberships = _read_groups(people_list.groups, people_list.encoding, output)
    reading.faults += unread_columns(sheet, columns, rows, desired.catalog, people_list.ignored)
    return reading, rows


def _unknown_templates(
    template: str | None, mapping: ListMapping, where: SourceLookup, templates: Collection[str]
) -> Iterator[Diagnostic]:
    """Report templates that the option or the mapping names and that the account lacks."""
    named: list[tuple[str, Span | None]] = [(template, None)] if template else []
    for key, rules in (
        ("templates", mapping.get("templates", {})),
        ("groups", mapping.get("groups", {})),
    ):
        for group, names in rules.items():
            named += [(name, where(key, group)) for name in as_list(names)]
    for name, place in named:
        if name not in templates:
            hint = did_you_mean(name, templates) or "Declare it under templates: in the account."
            message = f"There is no template '{name}'."
            yield error(Code.UNKNOWN_REFERENCE, message, place, hint)


def _printed_table(sheet: Sheet) -> tuple[Sheet, Columns, Sequence[Row]]:
    """Return the table of a printed list, with the columns in which somebody has a value."""
    header, *rows = sheet.rows
    used = [at for at in range(len(header.cells)) if any(row.cells[at] for row in rows)]
    return sheet, Columns(header, {header.cells[at]: at for at in used}), rows


def _read_file(
    people_list: PeopleList, mapping: ListMapping, desired: Desired, output: Output
) -> tuple[Sheet, Columns, Sequence[Row]]:
    """Read the table of a file, and report how columns were interpreted."""
    from licsync.spreadsheets.columns import guess_columns
    from licsync.views.onboarding import columns_text

    assert people_list.file is not None
    own, further = mapping.get("columns"), _own_headings(desired)
    sheets = read_table(
        people_list.file,
        people_list.encoding,
        output,
        lambda row: len(guess_columns(row, None, own, people_list.ignored, further).fields),
    )
    sheet, columns, rows = _choose_sheet(sheets, people_list, own, further, output)
    columns.resolve_repeated(rows)
    output.message(columns_text(columns, sheet))
    return sheet, columns, rows


def _mapping(people_list: PeopleList, desired: Desired) -> tuple[ListMapping, SourceLookup]:
    """Return how to read the list: as the mapping file says, else as the account says."""
    from licsync.onboarding.mapping_file import read_mapping

    mapping: ListMapping = {}
    where: SourceLookup = no_source
    if people_list.mapping:
        mapping, where = read_mapping(_bytes(people_list.mapping), str(people_list.mapping))
    settings = desired.account.get("people", {})
    joined = cast(ListMapping, {k: v for k, v in settings.items() if k in KEYS} | {**mapping})

    def place(section: str, *path: str | int) -> Span | None:
        if section in mapping:
            return where(section, *path)
        return desired.where("account", "people", section, *path)

    return joined, place


def _read_groups(file: Path, encoding: str | None, output: Output) -> Mapping[str, frozenset[str]]:
    """Read a table of the groups of people.

    Raises:
        InputInvalid: it has faults. All of them are reported.
    """
    from licsync.onboarding.groups import HEADINGS_OF_GROUPS, read_memberships
    from licsync.spreadsheets.columns import guess_columns, table_of
    from licsync.views.onboarding import columns_text

    def fields(row: Row) -> int:
        return len(guess_columns(row, HEADINGS_OF_GROUPS).fields)

    sheets = read_table(file, encoding, output, fields)
    table = table_of(sheets, HEADINGS_OF_GROUPS, needed=("groups",))
    if table is None:
        message = "The file has no table of people and their groups."
        hint = "It needs a column of groups (Group) and one of people (Employee ID, E-mail)."
        raise InputInvalid(error(Code.INVALID_VALUE, message, Span(str(file)), hint))
    output.message(columns_text(table[1], table[0]))
    found, remarks = read_memberships(*table)
    if has_errors(remarks):
        raise InputInvalid(*remarks)
    output.diagnostics(remarks)
    return found


_PEOPLE_FIELDS = {"phone_numbers": "phone", "type": "license"}
"""Fields of lists of people that tables of an account call otherwise."""


def _own_headings(desired: Desired) -> dict[str, list[str]]:
    """Return the headings that the account declares, by field of a list of people."""
    found: dict[str, list[str]] = {}
    for name, headings in desired.headings.items():
        found.setdefault(_PEOPLE_FIELDS.get(name, name), []).extend(headings)
    return found


def _choose_sheet(
    sheets: Sequence[Sheet],
    people_list: PeopleList,
    own: Mapping[str, str] | None,
    further: Mapping[str, Sequence[str]],
    output: Output,
) -> tuple[Sheet, Columns, Sequence[Row]]:
    """Choose the sheet with the list: the named one, or the only visible one with people."""
    from licsync.spreadsheets.columns import table_of

    named = [sheet for sheet in sheets if people_list.sheet in (None, sheet.name)]
    if not named:
        message = f"'{people_list.file}' has no sheet '{people_list.sheet}'."
        names = [repr(sheet.name) for sheet in sheets if sheet.name]
        hint = (
            f"It has: {', '.join(names)}."
            if names
            else "A CSV file has no sheets: leave out --sheet."
        )
        raise InputInvalid(error(Code.INVALID_VALUE, message, hint=hint))
    shown = [sheet for sheet in named if people_list.sheet or not sheet.is_hidden]
    found = {
        sheet.name: table
        for sheet in shown
        if (table := table_of([sheet], own=own, ignored=people_list.ignored, further=further))
    }
    lists = [
        name for name, (_, columns, _) in found.items() if _PERSON & columns.fields.keys()
    ] or list(found)
    if not lists:
        hint = (
            "Name the columns in a mapping file: --map map.yaml, "
            "with columns: {first_name: HEADING, …}."
        )
        if len(shown) < len(named):
            hint += " A hidden sheet is read only if you name it: --sheet NAME."
        message = "No row of the file has known headings."
        raise InputInvalid(error(Code.INVALID_VALUE, message, Span(str(people_list.file)), hint))
    if len(lists) > 1:
        message = f"Several sheets look like lists of people: {', '.join(map(repr, lists))}."
        hint = f"Name one at a time: --sheet '{lists[0]}'."
        raise InputInvalid(error(Code.INVALID_VALUE, message, Span(str(people_list.file)), hint))
    for sheet in sheets:
        if sheet.name != lists[0] and sheet.rows:
            why = "it is hidden" if sheet.is_hidden else "it is not the chosen list of people"
            output.message(f"The sheet '{sheet.name}' is not read: {why}.")
    return found[lists[0]]


def _bytes(path: Path) -> bytes:
    from licsync.config.yaml.limits import MAX_BYTES

    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as fault:
        message = f"'{path}' cannot be read: {fault.strerror or fault}."
        raise InputInvalid(error(Code.INVALID_VALUE, message)) from fault
