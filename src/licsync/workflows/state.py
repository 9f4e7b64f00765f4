"""The state of an account: its desired state and its inventory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from licsync.diagnostics import Code, Diagnostic, InputInvalid, sort_diagnostics
from licsync.profiling import phase
from licsync.workflows.account import Account
from licsync.workflows.inventory import StoredInventory, inventory_source, read_stored

if TYPE_CHECKING:
    from licsync.config.files import LoadedConfig
    from licsync.model.desired import Desired
    from licsync.model.inventory import Inventory


@dataclass(frozen=True, slots=True)
class State:
    """The desired state of an account beside its inventory.

    Attributes:
        account: the account.
        desired: the desired state that its files declare.
        inventory: the inventory; None if it was never seen.
        diagnostics: errors and warnings of the files by themselves.
        is_complete: whether every file was read to its end. If not, missing entries may be unread.
        is_reduced: whether users in sync are left out of both, and only counted.
        failure: why the inventory last seen cannot be used.
        stored: the whole inventory last seen, as it was read for this state; None if it was not.
    """

    account: Account
    desired: Desired
    inventory: Inventory | None
    diagnostics: list[Diagnostic] = field(default_factory=list)
    is_complete: bool = True
    is_reduced: bool = False
    failure: InputInvalid | None = None
    stored: StoredInventory | None = None


def load_config(account: Account) -> LoadedConfig:
    """Load everything that the files declare."""
    return _start_loading(account)()


def declared_state(account: Account) -> tuple[Desired, list[Diagnostic]]:
    """Load the desired state, and check it without an inventory.

    Raises:
        InputInvalid: the account section is invalid.
    """
    state = _state(account, load_config(account), StoredInventory())
    return state.desired, validate_state(state)


def load_state(
    account: Account, *, inventory: Inventory | None = None, reduce: bool = False
) -> State:
    """Load the desired state, beside the inventory last seen or another one.

    Args:
        account: the account.
        inventory: the inventory, if it was just read from 8x8; None for the one last seen.
        reduce: whether users in sync may be left out. The plan of a reduced state equals the plan
            of the whole state, unless its diagnostics are doubtful
            (`incremental.in_sync.is_doubtful`).

    Raises:
        InputInvalid: the account section is invalid.
        BackendFailed: the store cannot be read.
        Refused: the store binds the account's name to another account.
    """
    if reduce and (reduced := _load_reduced(account, inventory)) is not None:
        return reduced
    finish_loading = _start_loading(account)
    # while other processes read the files
    stored = read_stored(account) if inventory is None else None
    state = _state(account, finish_loading(), stored or StoredInventory(inventory))
    return replace(state, stored=stored)


def _start_loading(account: Account) -> Callable[[], LoadedConfig]:
    head, files, session = account.config, account.files, account.session
    if not files.user_files:
        return lambda: head  # the head files are all files
    from licsync.config.loader import start_loading

    known = {} if head.diagnostics else {k: v for k, v in head.sections.items() if k != "users"}
    return start_loading(files, jobs=session.jobs, known=known)


def _state(account: Account, config: LoadedConfig, stored: StoredInventory) -> State:
    return State(
        account,
        config.required(),
        stored.inventory,
        config.diagnostics,
        is_complete=config.is_complete,
        failure=stored.failure,
    )


@phase("leaving out users in sync")
def _load_reduced(account: Account, inventory: Inventory | None) -> State | None:
    """Load the state without users in sync; None if the whole state has to be loaded."""
    from licsync.store.sqlite_fast_path import FastPathUnavailable

    if account.loader is None:
        return None
    try:
        with inventory_source(account, inventory) as source:
            rest = account.loader.load(source)
    except (InputInvalid, FastPathUnavailable):
        return None  # loading the whole state reports what is wrong with inventory or store
    if rest is None:
        return None
    reduced = rest.inventory()
    if inventory is not None:
        reduced.as_of = inventory.as_of  # the cached content may have been read earlier
    return State(account, rest.desired(), reduced, rest.diagnostics, is_reduced=True)


# --- validation -----------------------------------------------------------------------------------


@phase("checking references")
def validate_state(state: State, *, is_planned: bool = False) -> list[Diagnostic]:
    """Check the desired state as a whole, and list all its diagnostics with those of the files."""
    from licsync.planning.validation.validate import check

    now = state.account.session.due_time()
    found = check(state.desired, state.inventory, now=now, is_planned=is_planned)
    if state.desired.columns:
        from licsync.importing.own_headings import ambiguous_headings

        found = sort_diagnostics([*found, *ambiguous_headings(state.desired)])
    if not state.is_complete:  # the missing entries may be in unread parts of files
        found = [d for d in found if d.code is not Code.UNKNOWN_REFERENCE]
    at_fault = {(d.span, d.code) for d in state.diagnostics if d.span is not None}
    # an invalid entry lacks some of its keys, so that other checks may misjudge it
    found = [d for d in found if (d.span, d.code) not in at_fault]
    return [*file_diagnostics(state.desired, state.diagnostics), *found]


def file_diagnostics(desired: Desired, diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """List the diagnostics of the files by themselves, including rules that cannot be parsed."""
    if not desired.rules:
        return list(diagnostics)
    from licsync.rules.checking import unreadable

    return [*diagnostics, *unreadable(desired.rules, desired.where)]
