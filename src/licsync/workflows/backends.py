"""Opens the backend that an account names, and plans with what is there now."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeVar, cast

from licsync.cli.output import print_message
from licsync.diagnostics import Code, InputInvalid, error, has_errors
from licsync.profiling import phase
from licsync.workflows.account import Account
from licsync.workflows.saved_inventory import save_last_seen

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from licsync.backends.api.backend import AdminApiBackend
    from licsync.engine.events import Waiting
    from licsync.engine.ports import Backend
    from licsync.model.desired import Desired
    from licsync.model.inventory import Inventory
    from licsync.planning.plan import Plan
    from licsync.workflows.planning import PlanRequest

T = TypeVar("T")


def open_backend(account: Account) -> Backend:
    """Give the backend of an account; the same one whenever it is asked for.

    Raises:
        CredentialsMissing: there is no key, or none that may be sent where the account is.
        InputInvalid: the account's settings cannot be used.
    """
    if account.backend_type == "local":
        return account.local_backend()
    return _api(account)


def _api(account: Account) -> AdminApiBackend:
    if account.backend is None:
        from licsync.backends.api.factory import open_api
        from licsync.model.inventory import Inventory

        assert account.desired is not None
        declared = account.inventory() or Inventory.from_document(account.empty_document())
        account.basis = account.version
        catalog, capabilities = account.desired.catalog, account.capabilities
        place = account.desired.where("account", "backend", "base_url")
        sites = account.desired.sites
        account.backend = open_api(
            account.settings,
            declared,
            catalog,
            os.environ,
            capabilities=capabilities,
            place=place,
            sites=sites,
        )
        account.backend.reader.report = print_message
        listen_to_waits(account.backend, _print_waits())
    return account.backend


def listen_to_waits(backend: Backend, listener: Callable[[Waiting], None]) -> None:
    """Let a backend tell what it waits for; one that never waits has nothing to tell."""
    if backend.type != "local":
        cast("AdminApiBackend", backend).api.pace.on_wait = listener


def _print_waits() -> Callable[[Waiting], None]:
    from licsync.views.progress import wait_listener

    return wait_listener(print_message)


def parallelism(account: Account, asked: int | None) -> int:
    """Say how many changes may be under way at once: what is asked for, as far as the backend bears it."""
    if account.backend_type == "local":
        return 1
    from licsync.backends.api.rate_limit import IN_FLIGHT

    most = int(account.settings.get("operations_at_once", IN_FLIGHT))
    return min(asked or most, most)


def plan_now(account: Account, desired: Desired, request: PlanRequest) -> Plan:
    """Plan with the inventory as it is now.

    The vendor's is read anew, and kept as the one last seen. Files at fault are not worth asking
    the vendor for.

    Raises:
        CredentialsMissing: there is no key, or it is not accepted.
        InputInvalid: the inventory cannot be read.
    """
    from licsync.workflows.planning import plan_account

    if account.backend_type == "local" or has_errors(account.diagnostics):
        return plan_account(account, desired, request, account.inventory())

    plan, inventory = _run_query(_planned(_api(account), account, desired, request))
    save_last_seen(account, inventory)
    return plan


def inventory_now(account: Account, hint: str | None = None) -> Inventory | None:
    """Give the inventory as it is now, with everything that there is to know of every user.

    The vendor's is read anew, and kept as the one last seen; None where a local account was never
    filled.

    Args:
        account: the account.
        hint: what to do instead where it cannot be read.

    Raises:
        CredentialsMissing: there is no key, or it is not accepted.
        InputInvalid: the inventory cannot be read.
    """
    if account.backend_type == "local":
        return account.inventory()
    inventory = _run_query(_read_in_full(_api(account)), hint)
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


async def _planned(
    backend: AdminApiBackend, account: Account, desired: Desired, request: PlanRequest
) -> tuple[Plan, Inventory]:
    """Plan, and plan again where more is found out of the users and of the phone numbers that the plan is about."""
    from licsync.backends.api.number_lookup import (
        look_up_numbers,
        number_warnings,
        read_with_groups,
    )
    from licsync.diagnostics import sort_diagnostics
    from licsync.planning.order.dependencies import takes
    from licsync.workflows.planning import plan_account

    try:
        with phase("reading the inventory"):
            inventory = await read_with_groups(backend)
        asked: set[str] = set()
        while True:
            plan = plan_account(account, desired, request, inventory)
            with phase("reading users in full"):
                removing = [
                    f"users/{name}" for name, user in desired.users.items() if is_removal(user)
                ]
                fuller = await backend.complete(inventory, [*plan.saw, *removing])
            given = {
                value
                for action in plan.actions
                for space, value in takes(action)
                if space == "phone-number"
            }
            if fuller is inventory and (
                new := given - asked - {value for _, value in inventory.numbers}
            ):
                asked |= new
                with phase("looking up phone numbers"):
                    found = await look_up_numbers(backend, new)
                fuller = found if found.holders != inventory.holders else inventory
            if fuller is inventory:
                place = desired.where("account", "backend")
                plan.diagnostics = sort_diagnostics(
                    [*plan.diagnostics, *number_warnings(backend.mirror, plan.actions, place)]
                )
                return plan, inventory
            inventory = fuller
    finally:
        await backend.close()


def is_removal(declared: object) -> bool:
    """Tell whether an entry removes something: where a list does not show it, that looks as if it were done."""
    if isinstance(declared, dict | list) and declared:
        return any(
            is_removal(value)
            for value in (declared.values() if isinstance(declared, dict) else declared)
        )
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
