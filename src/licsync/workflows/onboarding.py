"""Bulk onboarding: reads a list of people and a mapping file, and makes the updated files."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from licsync.diagnostics import Code, InputInvalid, Span, error, has_errors
from licsync.model.declarations import UserTemplate
from licsync.model.desired import Desired, SourceLookup, no_source
from licsync.model.inventory import Inventory
from licsync.onboarding.mapping_schema import OnboardingMap
from licsync.onboarding.onboard import Onboarding, onboard
from licsync.onboarding.row_reader import read_people
from licsync.onboarding.rows import ReadingContext
from licsync.spreadsheets.columns import Columns
from licsync.spreadsheets.sheet import Row, Sheet
from licsync.workflows.account import Account
from licsync.workflows.backends import inventory_now
from licsync.workflows.importing import read_table
from licsync.workflows.inventory import last_seen
from licsync.workflows.output import Output
from licsync.workflows.state import load_state, validate_state

_PERSON = frozenset(("first_name", "last_name", "full_name", "user", "email"))
_SCHEMA_LINE = re.compile(rb"# yaml-language-server: \$schema=(\S+)")


@dataclass(frozen=True, slots=True)
class PeopleList:
    """A list of people to onboard.

    Attributes:
        file: a CSV or Excel file.
        mapping: the mapping file.
        template: the template of people for whom neither list nor mapping file name one.
        sheet: the sheet of the list; None for the only one that looks like it.
        encoding: the encoding of a CSV file that does not state it.
        is_ascii: whether user names are made of ASCII letters only.
        ignored: columns to ignore.
    """

    file: Path
    mapping: Path | None = None
    template: str | None = None
    sheet: str | None = None
    encoding: str | None = None
    is_ascii: bool = False
    ignored: tuple[str, ...] = ()


def current_inventory(account: Account, *, is_last_seen: bool) -> Inventory | None:
    """Return the inventory and report where it comes from; None if it is unknown.

    Args:
        account: the account.
        is_last_seen: whether to use the inventory last seen instead of asking the backend.

    Raises:
        CredentialsMissing: the key is missing or was rejected.
        InputInvalid: the inventory cannot be read.
    """
    from licsync.views.phrases import instant

    output = account.session.output
    if account.is_stored:
        return last_seen(account)
    if not is_last_seen:
        found = inventory_now(account, hint="To use the inventory last seen: --last-seen")
        output.message("The pool and the numbers in use are read from 8x8 now.")
        return found
    seen = last_seen(account)
    if seen is None:
        output.message(
            "No inventory was ever seen, so the pool and the numbers in use are not checked."
        )
    else:
        output.message(
            f"The pool and the numbers in use are those last seen on {instant(seen.as_of)}."
        )
    return seen


def plan_onboarding(
    account: Account, people_list: PeopleList, *, is_last_seen: bool
) -> tuple[Onboarding, Desired]:
    """Read a list of people, and decide on each row. Nothing is written.

    Args:
        account: the account that users are added to.
        people_list: the list.
        is_last_seen: whether to use the inventory last seen instead of asking the backend.

    Returns:
        the decision on each row, and the current desired state.

    Raises:
        InputInvalid: the files have errors, or the list cannot be read.
    """
    inventory = current_inventory(account, is_last_seen=is_last_seen)
    state = replace(load_state(account), inventory=inventory, failure=None)
    if has_errors(faults := validate_state(state)):
        raise InputInvalid(*faults)
    desired, session = state.desired, account.session
    today = session.now().date()
    reading, rows = read_list(
        people_list, desired, inventory, desired.templates, today, session.output
    )
    found = onboard(reading, read_people(reading, rows), session.now())
    if inventory is None and not account.is_sandbox:
        found.needed.clear()  # a pool that was never seen cannot be short
    return found, desired


def read_list(
    people_list: PeopleList,
    desired: Desired,
    inventory: Inventory | None,
    templates: Mapping[str, UserTemplate],
    today: date,
    output: Output,
) -> tuple[ReadingContext, Sequence[Row]]:
    """Read the table and the rows of a list of people, and report how columns were interpreted.

    Raises:
        InputInvalid: the file, sheet, table or template does not exist, or the mapping file is
            invalid.
    """
    from licsync.diagnostics import did_you_mean
    from licsync.onboarding.column_checks import check_columns
    from licsync.onboarding.leavers import unknown_state_headings
    from licsync.onboarding.mapping_file import read_mapping
    from licsync.planning.resolver import Resolver
    from licsync.spreadsheets.columns import guess_columns, normalize_heading, unknown_headings
    from licsync.spreadsheets.unread_columns import unread_columns
    from licsync.views.onboarding import columns_text

    says: tuple[OnboardingMap, SourceLookup] = ({}, no_source)
    if people_list.mapping:
        says = read_mapping(_bytes(people_list.mapping), str(people_list.mapping))
    mapping, where = says
    own = mapping.get("columns")
    further = _own_headings(desired)
    sheets = read_table(
        people_list.file,
        people_list.encoding,
        output,
        lambda row: len(guess_columns(row, None, own, people_list.ignored, further).fields),
    )
    sheet, columns, rows = _choose_sheet(sheets, people_list, own, further, output)
    columns.resolve_repeated(rows)
    output.message(columns_text(columns, sheet))
    faults = check_columns(columns, mapping, where, sheet)
    faults += unknown_headings(people_list.ignored, [(sheet, columns.header)])
    faults += unknown_state_headings(
        columns, sheet, frozenset(map(normalize_heading, people_list.ignored))
    )
    wanted: list[tuple[str, Span | None]] = (
        [(people_list.template, None)] if people_list.template else []
    )
    for group, names in mapping.get("templates", {}).items():
        wanted += [(name, where("templates", group)) for name in names]
    for name, place in wanted:
        if name not in templates:
            hint = did_you_mean(name, templates) or "Declare it under templates: in the account."
            faults.append(
                error(Code.UNKNOWN_REFERENCE, f"There is no template '{name}'.", place, hint)
            )
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
    reading.faults += unread_columns(sheet, columns, rows, desired.catalog, people_list.ignored)
    return reading, rows


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
        hint = f"It has: {', '.join(repr(sheet.name) for sheet in sheets)}." if sheets else None
        raise InputInvalid(
            error(
                Code.INVALID_VALUE,
                f"'{people_list.file}' has no sheet '{people_list.sheet}'.",
                hint=hint,
            )
        )
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
    try:
        return path.read_bytes()
    except OSError as fault:
        message = f"'{path}' cannot be read: {fault.strerror or fault}."
        raise InputInvalid(error(Code.INVALID_VALUE, message)) from fault


def updated_files(directory: Path, found: Onboarding, desired: Desired) -> dict[str, bytes]:
    """Return the updated files with the new users.

    The result is verified: existing users are unchanged, and every new user is declared.

    Raises:
        InputInvalid: a file cannot be edited.
    """
    from licsync.config.assembly import build_desired
    from licsync.config.edit.insert_users import insert_users
    from licsync.config.files import Files, read_files
    from licsync.config.parallel import read_documents

    contents = read_files(directory).contents
    groups: dict[str, dict[str, Any]] = {}
    for outcome in found.outcomes:
        if outcome.is_written:
            groups.setdefault(outcome.file, {})[outcome.person.name] = outcome.user
    new = {
        name: insert_users(contents.get(name), users, name, _schema(contents, name))
        for name, users in groups.items()
    }
    files = Files(dict(sorted({**contents, **new}.items())))
    loaded = build_desired(files, read_documents(files.contents))
    users = loaded.desired.users if loaded.desired else {}
    are_unchanged = all(users.get(name) == user for name, user in desired.users.items())
    are_all = users.keys() == desired.users.keys() | found.new.keys()
    if has_errors(loaded.diagnostics) or not are_unchanged or not are_all:
        message = "licsync cannot add the users without changing others; nothing was written."
        hint = "Write the section users: of the file in block style (one key per line)."
        places = [error(Code.INVALID_VALUE, message, Span(name), hint) for name in new]
        raise InputInvalid(*places, *loaded.diagnostics)
    return new


def _schema(contents: Mapping[str, bytes], name: str) -> str | None:
    """Return the path of the JSON Schema from a new file, if account.yaml names a local one."""
    found = _SCHEMA_LINE.match(contents.get("account.yaml", b""))
    if found is None or b"://" in found[1]:
        return found[1].decode() if found else None
    return "../" * name.count("/") + found[1].decode()


def unified_diff(directory: Path, contents: Mapping[str, bytes]) -> str:
    """Show the changes of files as a unified diff."""
    from licsync.views.escaping import escape_terminal

    lines: list[str] = []
    for name, data in sorted(contents.items()):
        path = directory / name
        before = path.read_text("utf-8").splitlines() if path.exists() else []
        after = data.decode().splitlines()
        lines += difflib.unified_diff(before, after, name, name, lineterm="", n=1)
    return "\n".join(map(escape_terminal, lines))
