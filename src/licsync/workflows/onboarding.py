"""Bulk onboarding: reads the list and the mapping file, and makes the files as they will be."""

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
    """What the command line says of a list of people."""

    file: Path
    mapping: Path | None = None
    template: str | None = None
    sheet: str | None = None
    encoding: str | None = None
    is_ascii: bool = False
    ignored: tuple[str, ...] = ()


def current_inventory(account: Account, *, is_last_seen: bool) -> Inventory | None:
    """Give what the account holds, and say where that is from; None where nothing is known of it.

    Args:
        account: the account.
        is_last_seen: whether the inventory last seen will do, where the backend is asked otherwise.

    Raises:
        CredentialsMissing: there is no key, or it is not accepted.
        InputInvalid: the inventory cannot be read.
    """
    from licsync.views.phrases import instant

    output = account.session.output
    if account.backend_type == "local":
        return last_seen(account)
    if not is_last_seen:
        found = inventory_now(account, hint="To go by the inventory last seen: --last-seen")
        output.message("The pool and the numbers in use are those that 8x8 holds now.")
        return found
    seen = last_seen(account)
    if seen is None:
        output.message(
            "No inventory was ever seen, so neither the pool nor the numbers in use are compared."
        )
    else:
        output.message(
            f"The pool and the numbers in use are those last seen, {instant(seen.as_of)}."
        )
    return seen


def plan_onboarding(
    account: Account, people_list: PeopleList, *, is_last_seen: bool
) -> tuple[Onboarding, Desired]:
    """Read a list of people, and decide for each row what becomes of it. Nothing is written.

    Args:
        account: the account that users are added to.
        people_list: the list.
        is_last_seen: whether the inventory last seen will do, where the backend is asked otherwise.

    Returns:
        what becomes of each row, and what the files declare now.

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
    found = onboard(reading, reading.people(rows), session.now())
    if inventory is None and account.backend_type != "local":
        found.needed.clear()  # a pool that was never seen is not short of anything
    return found, desired


def read_list(
    people_list: PeopleList,
    desired: Desired,
    inventory: Inventory | None,
    templates: Mapping[str, UserTemplate],
    today: date,
    output: Output,
) -> tuple[ReadingContext, Sequence[Row]]:
    """Read a list of people: the table in it, and its rows; says what its columns were taken for.

    Raises:
        InputInvalid: there is no such file, sheet, table, template, or the mapping file is at
            fault.
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
    sheets = read_table(
        people_list.file,
        people_list.encoding,
        output,
        lambda row: len(guess_columns(row, None, own, people_list.ignored).fields),
    )
    sheet, columns, rows = _choose_sheet(sheets, people_list, own, output)
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


def _choose_sheet(
    sheets: Sequence[Sheet],
    people_list: PeopleList,
    own: Mapping[str, str] | None,
    output: Output,
) -> tuple[Sheet, Columns, Sequence[Row]]:
    """Choose the sheet with the list: the one that is asked for, else the only visible one with people in it."""
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
        if (table := table_of([sheet], own=own, ignored=people_list.ignored))
    }
    lists = [
        name for name, (_, columns, _) in found.items() if _PERSON & columns.fields.keys()
    ] or list(found)
    if not lists:
        hint = "Say in a mapping file what the columns are: --map map.yaml, with columns: {first_name: HEADING, …}."
        if len(shown) < len(named):
            hint += " Sheets that are hidden are only read where they are asked for: --sheet NAME."
        message = "No row of the file has headings that say what the columns are."
        raise InputInvalid(error(Code.INVALID_VALUE, message, Span(str(people_list.file)), hint))
    if len(lists) > 1:
        message = f"Several sheets look like lists of people: {', '.join(map(repr, lists))}."
        hint = f"Name one at a time: --sheet '{lists[0]}'."
        raise InputInvalid(error(Code.INVALID_VALUE, message, Span(str(people_list.file)), hint))
    for sheet in sheets:
        if sheet.name != lists[0] and sheet.rows:
            why = (
                "it is hidden"
                if sheet.is_hidden
                else "it has no list of people, or another one was asked for"
            )
            output.message(f"The sheet '{sheet.name}' is not read: {why}.")
    return found[lists[0]]


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        message = f"'{path}' cannot be read: {fault.strerror or fault}."
        raise InputInvalid(error(Code.INVALID_VALUE, message)) from fault


def updated_files(directory: Path, found: Onboarding, desired: Desired) -> dict[str, bytes]:
    """Give the files that new users go to, as they will be; proved to say of everybody what they should.

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
    whole = Files(dict(sorted({**contents, **new}.items())))
    loaded = build_desired(whole, read_documents(whole.contents))
    kept = loaded.desired.users if loaded.desired else {}
    is_kept = all(kept.get(name) == user for name, user in desired.users.items())
    if (
        has_errors(loaded.diagnostics)
        or not is_kept
        or kept.keys() != desired.users.keys() | found.new.keys()
    ):
        message = (
            "The files cannot be edited so that they say the same as before; nothing was written."
        )
        hint = "Put the section users: of the file into block style (one key a line)."
        places = [error(Code.INVALID_VALUE, message, Span(name), hint) for name in new]
        raise InputInvalid(*places, *loaded.diagnostics)
    return new


def _schema(contents: Mapping[str, bytes], name: str) -> str | None:
    """Say where the JSON Schema is, seen from a new file, if other files name one that is in the directory."""
    found = _SCHEMA_LINE.match(contents.get("account.yaml", b""))
    if found is None or b"://" in found[1]:
        return found[1].decode() if found else None
    return "../" * name.count("/") + found[1].decode()


def unified_diff(directory: Path, contents: Mapping[str, bytes]) -> str:
    """Show what would be written, as a unified diff."""
    from licsync.views.escaping import escape_terminal

    lines: list[str] = []
    for name, data in sorted(contents.items()):
        path = directory / name
        before = path.read_text("utf-8").splitlines() if path.exists() else []
        after = data.decode().splitlines()
        lines += difflib.unified_diff(before, after, name, name, lineterm="", n=1)
    return "\n".join(map(escape_terminal, lines))
