"""Bulk onboarding: adds the people of a list to the files of an account."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from licsync.diagnostics import Code, InputInvalid, Span, error, has_errors
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory
from licsync.onboarding.onboard import Onboarding, onboard, read_people
from licsync.workflows.account import Account
from licsync.workflows.backends import inventory_now
from licsync.workflows.inventory import last_seen
from licsync.workflows.people_lists import PeopleList, read_list
from licsync.workflows.state import load_state, validate_state

_SCHEMA_LINE = re.compile(rb"# yaml-language-server: \$schema=(\S+)")


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
        name: insert_users(contents.get(name), users, name, schema_of(contents, name))
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


def schema_of(contents: Mapping[str, bytes], name: str) -> str | None:
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
