"""Saves the inventory read from 8x8 in the store, without overwriting newer data.

A plan saves the inventory if the store has not changed since before the read, no run works on the
account, and the stored inventory has the same source (`source_of`). A run saves the inventory that
it leaves behind while it holds the lease. It may replace what plans saved meanwhile, which is
older. If something cannot be saved, licsync warns and continues.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from licsync.diagnostics import Code, InputInvalid, warning
from licsync.model.canonical import canonical_json
from licsync.workflows.account import Account
from licsync.workflows.identity import check_document
from licsync.workflows.identity_binding import bind_identity
from licsync.workflows.inventory_files import read_document
from licsync.workflows.pool_use import record_pool_use
from licsync.workflows.session import clock, owner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection

    from licsync.model.inventory import Inventory
    from licsync.store.runs import SqlStore

_PLACE = ("type", "base_url", "customer_id")
"""The settings of a backend that identify the source of an inventory."""


def source_of(account: Account) -> str:
    """Hash the source of an account's inventory: the backend, and the account's license types."""
    from licsync.config.catalog import load_catalog

    place = {name: account.settings.get(name) for name in _PLACE} | {"type": account.backend_type}
    default = load_catalog({}).types
    own = {
        key: entry
        for key, entry in account.desired.catalog.types.items()
        if default.get(key) != entry
    }
    return f"sha256:{sha256(canonical_json([place, own])).hexdigest()}"


def save_last_seen(account: Account, inventory: Inventory) -> None:
    """Save the inventory that a plan read from 8x8 as the one last seen."""
    if account.session.read_only:
        return
    with _reporting_failures(account):
        bind_identity(account)
        name, store = account.name, account.storage.runs()
        _swap(
            account, inventory, lambda connection: store.is_free(connection, name), is_final=False
        )


def save_run_observations(account: Account, store: SqlStore) -> None:
    """Save what a run observed: the inventory, if it was read, and the times of operations.

    The run holds the lease.
    """
    if account.api is None:
        _record_pool_use(account)
        return
    backend = account.api.backend
    if backend.reader.was_read:
        with _reporting_failures(account):
            _swap(account, backend.inventory(), store.holds, is_final=True)
    if took := backend.executor.take_samples():
        with _reporting_failures(account, "The times of operations are not saved"):
            account.storage.plan_archive().save_operation_stats(account.name, took)


def replace_inventory(
    account: Account, document: Mapping[str, Any], *, keep_old: bool = True
) -> Path | None:
    """Replace the inventory in the locked store.

    Args:
        account: the account.
        document: the checked document.
        keep_old: whether the previous inventory is written to a file.

    Returns:
        the file with the previous inventory; None if there is none.

    Raises:
        InputInvalid: the store or the file cannot be written.
        Refused: the name is bound to another directory.
    """
    from licsync.views.json_documents import inventory_json
    from licsync.workflows.files import write_new

    bind_identity(account)
    local = account.storage.embedded_backend()
    backup = None
    if keep_old and not local.is_empty():
        backup = account.directory / ".licsync" / f"replaced-{clock():%Y%m%dT%H%M%S.%f}.json"
        write_new(backup, inventory_json(local.dump()), private=True)
    local.load(document, source_of(account))
    _record_pool_use(account)
    return backup


def load_inventory(account: Account, file: Path) -> tuple[dict[str, Any], Path | None]:
    """Replace the inventory in the store by the document in a file.

    Returns:
        the document, and the file with the previous inventory.

    Raises:
        InputInvalid: the document is invalid. Nothing was changed.
        Refused: the document is of another account.
        Locked: another run works on the account.
    """
    from licsync.planning.validation.validate import other_account

    session, desired = account.session, account.desired
    document = read_document(file, str(file), desired.catalog, session.output.diagnostics)
    check_document(document, session, desired, str(file))
    session.output.diagnostics(other_account(document["account"], desired))
    with account.storage.runs().lock(account.name, owner()):
        return document, replace_inventory(account, document)


def _swap(
    account: Account, inventory: Inventory, may: Callable[[Connection], bool], *, is_final: bool
) -> None:
    connection, source = account.api, source_of(account)
    assert connection is not None, "only the inventory of 8x8's API replaces another one"
    connection.basis = account.storage.embedded_backend().swap(
        inventory.to_document(), connection.basis, source, may, is_final=is_final
    )
    _record_pool_use(account)


def _record_pool_use(account: Account) -> None:
    with _reporting_failures(account, "The use of the licenses is not recorded"):
        record_pool_use(account)


@contextmanager
def _reporting_failures(
    account: Account, what: str = "The inventory read from 8x8 is not saved in the store"
) -> Iterator[None]:
    """Report why something cannot be saved as a warning, and continue."""
    from licsync.backends.local.documents import NotSwapped
    from licsync.engine.ports import BackendFailed

    hint = None
    try:
        yield
        return
    except NotSwapped as reason:
        message = f"{what}: {reason}."
        if "address" in str(reason):
            hint = "`licsync apply` or `licsync inventory load` replaces the stored inventory."
    except BackendFailed as fault:
        message = f"{what}. {fault}"
    except InputInvalid as fault:
        message = f"{what}. {' '.join(d.message for d in fault.diagnostics)}"
        hint = fault.diagnostics[0].hint
    account.session.output.diagnostics([warning(Code.INVENTORY_NOT_KEPT, message, hint=hint)])
