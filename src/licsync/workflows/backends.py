"""Opens the backend that an account names, and plans against what the account holds now."""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

from licsync.diagnostics import Code, InputInvalid, error, has_errors
from licsync.profiling import phase
from licsync.workflows.account import Account, ApiConnection
from licsync.workflows.inventory import empty_inventory, last_seen, local_backend, read_stored
from licsync.workflows.planning import (
    PlanRequest,
    capabilities_of,
    plan_state,
    plan_stored,
)
from licsync.workflows.saved_inventory import save_last_seen
from licsync.workflows.state import State, load_state

if TYPE_CHECKING:
    from licsync.backends.api.backend import AdminApiBackend
    from licsync.engine.events import Waiting
    from licsync.engine.ports import Backend
    from licsync.model.inventory import Inventory
    from licsync.planning.plan import Plan

T = TypeVar("T")


def open_backend(account: Account) -> Backend:
    """Give the backend of an account; the same one whenever it is asked for.

    Raises:
        CredentialsMissing: there is no key, or none that may be sent where the account is.
        InputInvalid: the account's settings cannot be used.
    """
    if account.backend_type == "local":
        return local_backend(account)
    return _connect(account).backend


def _connect(account: Account) -> ApiConnection:
    if account.api is None:
        from licsync.backends.api.factory import open_api

        stored, desired = read_stored(account), account.desired
        backend = open_api(
            account.settings,
            stored.required() or empty_inventory(account),
            desired.catalog,
            os.environ,
            capabilities=capabilities_of(account),
            place=desired.where("account", "backend", "base_url"),
            sites=desired.sites,
        )
        output = account.session.output
        backend.reader.report = output.message
        account.api = ApiConnection(backend, stored.version)
        listen_to_waits(backend, _show_waits(output.message))
    return account.api


def listen_to_waits(backend: Backend, listener: Callable[[Waiting], None]) -> None:
    """Let a backend tell what it waits for; one that never waits has nothing to tell."""
    if backend.type != "local":
        cast("AdminApiBackend", backend).api.pace.on_wait = listener


def _show_waits(show: Callable[[str], None]) -> Callable[[Waiting], None]:
    from licsync.views.progress import wait_listener

    return wait_listener(show)


def parallelism(account: Account, asked: int | None) -> int:
    """Say how many changes may be under way at once: what is asked for, as far as the backend bears it."""
    if account.backend_type == "local":
        return 1
    from licsync.backends.api.rate_limit import IN_FLIGHT

    most = int(account.settings.get("operations_at_once", IN_FLIGHT))
    return min(asked or most, most)


def plan_account(
    account: Account, request: PlanRequest, *, reduce: bool = True
) -> tuple[State, Plan]:
    """Plan an account against what it holds now: the one road of every command to a plan.

    The vendor's inventory is read anew, and saved as the one last seen. Where the files have errors
    the vendor is not asked.

    Args:
        account: the account.
        request: what the plan is asked for.
        reduce: whether users that are in sync may be left out of the state.

    Raises:
        CredentialsMissing: there is no key, or it is not accepted.
        InputInvalid: the files or the inventory cannot be used, or the request names what does not
            exist.
    """
    if account.backend_type == "local":
        return plan_stored(account, request, reduce=reduce)
    state = load_state(account)
    if has_errors(state.diagnostics):
        return state, plan_state(state, request)
    state, plan = _run_query(_plan_with_vendor(_connect(account).backend, state, request))
    assert state.inventory is not None
    save_last_seen(account, state.inventory)
    return state, plan


def inventory_now(account: Account, hint: str | None = None) -> Inventory | None:
    """Give the inventory as it is now, with everything that there is to know of every user.

    The vendor's is read anew, and saved as the one last seen.

    Args:
        account: the account.
        hint: what to do instead where it cannot be read.

    Returns:
        the inventory; None where a local account was never filled.

    Raises:
        CredentialsMissing: there is no key, or it is not accepted.
        InputInvalid: the inventory cannot be read.
    """
    if account.backend_type == "local":
        return last_seen(account)
    inventory = _run_query(_read_in_full(_connect(account).backend), hint)
    save_last_seen(account, inventory)
    return inventory


def _run_query(answer: Coroutine[Any, Any, T], hint: str | None = None) -> T:
    """Wait for what the vendor answers."""
    import asyncio

    from licsync.engine.ports import BackendFailed

    try:
        return asyncio.run(answer)
    except BackendFailed as fault:
        raise InputInvalid(
            error(Code.BACKEND_FAILED, f"{fault} Nothing was changed.", hint=hint)
        ) from fault


async def _plan_with_vendor(
    backend: AdminApiBackend, state: State, request: PlanRequest
) -> tuple[State, Plan]:
    """Plan, and plan again where more is found out of the users and phone numbers in the plan."""
    from licsync.backends.api.number_lookup import (
        look_up_numbers,
        number_warnings,
        read_with_groups,
    )
    from licsync.diagnostics import sort_diagnostics
    from licsync.planning.order.dependencies import takes

    desired = state.desired
    removing = [f"users/{name}" for name, user in desired.users.items() if is_removal(user)]
    try:
        with phase("reading the inventory"):
            inventory = await read_with_groups(backend)
        looked_up: set[str] = set()
        while True:
            state = replace(state, inventory=inventory, failure=None)
            plan = plan_state(state, request)
            with phase("reading users in full"):
                fuller = await backend.complete(inventory, [*plan.saw, *removing])
            taken = [take for action in plan.actions for take in takes(action)]
            numbers = {value for space, value in taken if space == "phone-number"}
            new = numbers - looked_up - {value for _, value in inventory.numbers}
            if fuller is inventory and new:
                looked_up |= new
                with phase("looking up phone numbers"):
                    found = await look_up_numbers(backend, new)
                fuller = found if found.holders != inventory.holders else inventory
            if fuller is inventory:
                place = desired.where("account", "backend")
                warnings = number_warnings(backend.mirror, plan.actions, place)
                found_all = sort_diagnostics([*plan.diagnostics, *warnings])
                return state, replace(plan, diagnostics=found_all)
            inventory = fuller
    finally:
        await backend.close()


def is_removal(declared: object) -> bool:
    """Tell whether an entry removes something: where a list does not show it, that looks as if it were done."""
    if isinstance(declared, dict) and declared:
        return any(is_removal(value) for value in declared.values())
    if isinstance(declared, list) and declared:
        return any(is_removal(value) for value in declared)
    return declared in (None, "", [], {})


async def _read_in_full(backend: AdminApiBackend) -> Inventory:
    """Read everything, each user by itself where lists say too little."""
    from licsync.backends.api.number_lookup import read_with_groups

    try:
        with phase("reading the inventory"):
            inventory = await read_with_groups(backend)
        with phase("reading users in full"):
            return await backend.complete(inventory, [f"users/{name}" for name in inventory.users])
    finally:
        await backend.close()
