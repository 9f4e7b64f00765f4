"""Joiners, movers and leavers: compares a list of people with the files, and edits the files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from licsync.diagnostics import Code, InputInvalid, Span, error, has_errors
from licsync.model.desired import Desired
from licsync.onboarding.people import PeopleRequest, propose
from licsync.onboarding.printed_list import by_path, read_printed
from licsync.onboarding.proposals import PeopleChanges
from licsync.spreadsheets.sheet import Sheet
from licsync.workflows.account import Account
from licsync.workflows.commands import run_json
from licsync.workflows.onboarding import current_inventory, schema_of
from licsync.workflows.people_lists import PeopleList, read_list
from licsync.workflows.state import load_state, validate_state


def plan_people(
    account: Account, people_list: PeopleList, request: PeopleRequest, *, is_last_seen: bool
) -> PeopleChanges:
    """Compare a list of people with the declared users. Nothing is written.

    Args:
        account: the account.
        people_list: the list.
        request: what to propose.
        is_last_seen: whether to use the inventory last seen instead of asking the backend.

    Raises:
        InputInvalid: the files have errors, or there is no list, or it cannot be read.
    """
    from licsync.planning.calendar import account_day

    inventory = current_inventory(account, is_last_seen=is_last_seen)
    state = replace(load_state(account), inventory=inventory, failure=None)
    if has_errors(faults := validate_state(state)):
        raise InputInvalid(*faults)
    desired, session = state.desired, account.session
    settings = desired.account.get("people", {})
    request = replace(request, min_people=settings.get("min_people", request.min_people))
    if people_list.file is None:
        people_list = replace(people_list, printed=_run_command(desired, account.directory))
    try:
        reading, rows = read_list(
            people_list,
            desired,
            inventory,
            desired.templates,
            account_day(desired, session.now()),
            session.output,
            is_update=True,
        )
    except InputInvalid as refused:
        if people_list.printed is None:
            raise
        raise InputInvalid(*by_path(refused.diagnostics, people_list.printed)) from None
    written = _written_users(account.directory)
    found = propose(reading, rows, written, request, session.now())
    if inventory is None and not account.is_sandbox:
        found.onboarding.needed.clear()  # a pool that was never seen cannot be short
    if people_list.printed is not None:
        found.diagnostics = by_path(found.diagnostics, people_list.printed)
    return found


def _run_command(desired: Desired, directory: Path) -> Sheet:
    """Run the command of the account that prints the list."""
    command = desired.account.get("people", {}).get("command")
    if not command:
        hint = "Pass --from FILE, or set people: {command: [PROGRAM, …]} in the account."
        place = desired.where("account", "people")
        raise InputInvalid(error(Code.INVALID_VALUE, "There is no list of people.", place, hint))
    place = desired.where("account", "people", "command")
    return read_printed(run_json(command, directory, place), place)


def _written_users(directory: Path) -> dict[str, Mapping[str, Any]]:
    """Return the entries of users in the files, without their templates."""
    from licsync.config.files import read_files
    from licsync.config.parallel import read_documents

    documents = read_documents(read_files(directory).contents)
    return {
        name: entry or {}
        for document in documents
        for name, entry in (document.root.get("users") or {}).items()
    }


def edited_files(directory: Path, found: PeopleChanges) -> dict[str, bytes]:
    """Return the files that the proposals change, with their new content.

    The result is verified: it declares exactly what the proposals say.

    Args:
        directory: the account directory.
        found: the proposals.

    Raises:
        InputInvalid: a file cannot be edited.
    """
    from licsync.config.assembly import build_desired
    from licsync.config.edit.edit_users import UserEdit, edit_users
    from licsync.config.edit.insert_users import insert_users
    from licsync.config.files import Files, read_files
    from licsync.config.parallel import read_documents

    contents = read_files(directory).contents
    edits = {
        name: UserEdit(
            values.get("user"), {key: value for key, value in values.items() if key != "user"}
        )
        for name, values in found.edits.items()
    }
    new = {name: edit_users(data, edits, name) for name, data in contents.items()} if edits else {}
    joiners: dict[str, dict[str, Any]] = {}
    for outcome in found.onboarding.outcomes:
        if outcome.is_written:
            joiners.setdefault(outcome.file, {})[outcome.person.name] = outcome.user
    for name, users in joiners.items():
        data = new.get(name, contents.get(name))
        new[name] = insert_users(data, users, name, schema_of(contents, name))
    files = Files(dict(sorted({**contents, **new}.items())))
    loaded = build_desired(files, read_documents(files.contents))
    changed = {name: data for name, data in new.items() if data != contents.get(name)}
    if has_errors(loaded.diagnostics) or not _is_as_proposed(loaded.desired, found):
        message = "licsync cannot make these edits without changing others; nothing was written."
        hint = "Write each user in block style (one key per line), without anchors and aliases."
        places = [error(Code.INVALID_VALUE, message, Span(name), hint) for name in changed]
        raise InputInvalid(*places, *loaded.diagnostics)
    return changed


def _is_as_proposed(edited: Desired | None, found: PeopleChanges) -> bool:
    """Tell whether the edited files declare what the proposals say, and nothing else."""
    if edited is None:
        return False
    expected = found.desired
    others = {name: user for name, user in edited.users.items() if name in expected.users}
    return (
        others == expected.users
        and edited.users.keys() == expected.users.keys() | found.onboarding.new.keys()
        and edited.account == expected.account
    )
