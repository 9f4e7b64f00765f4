"""Opens the backend of an account, and reads the current inventory from 8x8."""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

from licsync.coroutines import run_coroutine
from licsync.diagnostics import Code, InputInvalid, error, sort_diagnostics
from licsync.planning.comparison import removes
from licsync.planning.validation.scim_access import scim_access
from licsync.profiling import phase
from licsync.workflows.account import Account, ApiConnection, capabilities_of
from licsync.workflows.inventory import (
    StoredInventory,
    empty_inventory,
    last_seen,
    local_backend,
    read_stored,
)
from licsync.workflows.saved_inventory import save_last_seen

if TYPE_CHECKING:
    from licsync.backends.api.backend import AdminApiBackend
    from licsync.backends.console.backend import ConsoleBackend
    from licsync.backends.scim.users import ScimUsers
    from licsync.engine.events import Waiting
    from licsync.engine.ports import Backend
    from licsync.model.inventory import Inventory
    from licsync.planning.actions import Action
    from licsync.planning.plan import Plan
    from licsync.workflows.state import State

T = TypeVar("T")


def open_backend(account: Account) -> Backend:
    """Return the backend of an account. Repeated calls return the same API connection.

    Raises:
        CredentialsMissing: the key is missing, or may not be sent to the account's address.
        InputInvalid: the backend settings are invalid.
    """
    if account.is_sandbox:
        return local_backend(account)
    if account.is_stored:
        from licsync.backends.console.backend import ConsoleBackend

        inventory = last_seen(account)
        may_write = scim_access(account.settings, inventory) == "write"
        return ConsoleBackend(
            local_backend(account),
            capabilities_of(account, inventory),
            (lambda: connect_scim(account)) if may_write else None,
        )
    return _connect(account).backend


def connect_scim(account: Account) -> ScimUsers:
    """Return the SCIM API of an account; nothing is sent yet. Repeated calls return the same one.

    Raises:
        CredentialsMissing: the token or the address is missing, or the token may not be sent to it.
    """
    if account.scim is None:
        from licsync.backends.http.patience import APPLYING, OPTIONAL
        from licsync.backends.scim.factory import open_scim

        place = account.desired.where("account", "backend", "scim")
        patience = APPLYING if account.session.is_apply else OPTIONAL
        account.scim = open_scim(account.settings, os.environ, place=place, patience=patience)
    return account.scim


def require_access(account: Account, actions: Iterable[Action]) -> None:
    """Check before a run that what it needs to change the account is there; nothing is sent.

    Raises:
        CredentialsMissing: the token or the address of SCIM is missing.
    """
    if account.settings.get("scim") and not all(action.manual for action in actions):
        connect_scim(account)


def _connect(account: Account, known: StoredInventory | None = None) -> ApiConnection:
    if account.api is None:
        from licsync.backends.api.factory import open_api
        from licsync.backends.http.patience import APPLYING, READING

        stored, desired = known or read_stored(account), account.desired
        backend = open_api(
            account.settings,
            stored.required() or empty_inventory(account),
            desired.catalog,
            os.environ,
            capabilities=capabilities_of(account, stored.inventory),
            place=desired.where("account", "backend", "base_url"),
            sites=desired.sites,
            patience=APPLYING if account.session.is_apply else READING,
        )
        output = account.session.output
        backend.reader.report = output.message
        account.api = ApiConnection(backend, stored.version)
        listen_to_waits(backend, _show_waits(output.message))
    return account.api


def listen_to_waits(backend: Backend, listener: Callable[[Waiting], None]) -> None:
    """Report the waits of a backend to a listener. Only 8x8's API makes licsync wait."""
    if backend.type == "8x8":
        cast("AdminApiBackend", backend).api.pace.on_wait = listener
    elif backend.type == "console":
        cast("ConsoleBackend", backend).on_wait = listener


def _show_waits(show: Callable[[str], None]) -> Callable[[Waiting], None]:
    from licsync.views.progress import wait_listener

    return wait_listener(show)


def parallelism(account: Account, requested: int | None) -> int:
    """Return how many changes may run at once: the requested number, up to the backend's limit."""
    if account.is_stored:
        return 1
    from licsync.backends.http.limits import IN_FLIGHT

    limit = int(account.settings.get("operations_at_once", IN_FLIGHT))
    return min(requested or limit, limit)


def plan_with_vendor(
    account: Account,
    plan: Callable[[Inventory], tuple[State, Plan]],
    stored: StoredInventory | None = None,
) -> tuple[State, Plan]:
    """Plan an account against its inventory at 8x8, which is saved as the one last seen.

    Args:
        account: the account, of 8x8's API.
        plan: plans it against an inventory.
        stored: the inventory last seen, if it was read already.

    Raises:
        CredentialsMissing: the key is missing or was rejected.
        InputInvalid: the inventory cannot be read.
    """
    backend = _connect(account, stored).backend
    state, found, inventory = _run_query(_plan_with_details(backend, plan))
    save_last_seen(account, inventory)
    return state, found


def inventory_now(account: Account, hint: str | None = None) -> Inventory | None:
    """Return the current inventory with all details of every user.

    The inventory is read from 8x8 and saved as the one last seen.

    Args:
        account: the account.
        hint: what to do if the inventory cannot be read.

    Returns:
        the inventory; None if the store was never filled.

    Raises:
        CredentialsMissing: the key is missing or was rejected.
        InputInvalid: the inventory cannot be read.
    """
    if account.is_stored:
        read_over_scim(account)
        return last_seen(account)
    inventory = _run_query(_read_in_full(_connect(account).backend), hint)
    save_last_seen(account, inventory)
    return inventory


def read_over_scim(account: Account) -> None:
    """Read what SCIM shows of an account that has it, and save it in the inventory last seen.

    Raises:
        CredentialsMissing: the token or the address is missing, or the token was rejected.
        InputInvalid: the users cannot be read.
    """
    if account.settings.get("scim"):
        from licsync.workflows import scim_reading

        scim_reading.read_over_scim(account, connect_scim)


def _run_query(query: Coroutine[Any, Any, T], hint: str | None = None) -> T:
    """Run a query to 8x8, and report its failure as a diagnostic."""
    from licsync.engine.ports import BackendFailed

    try:
        return run_coroutine(query)
    except BackendFailed as fault:
        raise InputInvalid(
            error(Code.BACKEND_FAILED, f"{fault} Nothing was changed.", hint=hint)
        ) from fault


async def _plan_with_details(
    backend: AdminApiBackend, make_plan: Callable[[Inventory], tuple[State, Plan]]
) -> tuple[State, Plan, Inventory]:
    """Plan, read the details that the plan needs, and plan again until no details are missing.

    Lists of the API omit details of users and holders of phone numbers. Only those of users and
    numbers in the plan are read.

    Returns:
        the state, its plan, and the inventory with all users.
    """
    from licsync.backends.api.number_lookup import (
        look_up_numbers,
        number_warnings,
        read_with_groups,
    )
    from licsync.planning.order.dependencies import required_by

    try:
        with phase("reading the inventory"):
            inventory = await read_with_groups(backend)
        looked_up: set[str] = set()
        while True:
            state, plan = make_plan(inventory)
            users = state.desired.users
            # if a list omits a value, its removal looks done
            removing = [f"users/{name}" for name, user in users.items() if removes(user)]
            with phase("reading users in full"):
                fuller = await backend.complete(inventory, [*plan.saw, *removing])
            taken = [take for action in plan.actions for take in required_by(action)]
            numbers = {value for space, value in taken if space == "phone-number"}
            new = numbers - looked_up - {value for _, value in inventory.numbers}
            if fuller is inventory and new:
                looked_up |= new
                with phase("looking up phone numbers"):
                    found = await look_up_numbers(backend, new)
                fuller = found if found.holders != inventory.holders else inventory
            if fuller is inventory:
                span = state.desired.where("account", "backend")
                warnings = number_warnings(backend.mirror, plan.actions, span)
                diagnostics = sort_diagnostics([*plan.diagnostics, *warnings])
                return state, replace(plan, diagnostics=diagnostics), inventory
            inventory = fuller
    finally:
        await backend.close()


async def _read_in_full(backend: AdminApiBackend) -> Inventory:
    """Read everything, and each user separately if lists omit details."""
    from licsync.backends.api.number_lookup import read_with_groups

    try:
        with phase("reading the inventory"):
            inventory = await read_with_groups(backend)
        with phase("reading users in full"):
            return await backend.complete(inventory, [f"users/{name}" for name in inventory.users])
    finally:
        await backend.close()
