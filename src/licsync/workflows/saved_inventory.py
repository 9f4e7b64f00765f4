"""Keeps in the store what was read from the vendor, and nothing that somebody else wrote meanwhile is lost by it.

A plan keeps what it read if the store is as it was before the vendor was asked, nobody works on the
account, and the inventory there was read from the same place with the same settings. A run keeps
what it left behind while it holds the lock; what plans have kept meanwhile is older. What is not
kept is told, and prevents nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from licsync.cli import output as console
from licsync.diagnostics import Code, InputInvalid, warning
from licsync.model.canonical import canonical_json
from licsync.workflows.account import Account
from licsync.workflows.storage import clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection

    from licsync.model.inventory import Inventory
    from licsync.store.runs import SqlStore

_PLACE = ("type", "base_url", "customer_id")
"""Settings of a backend that say which account an inventory is of."""


def source_of(account: Account) -> str:
    """Name where an account's inventory is read from, and the account's own license types, by which it is read."""
    from licsync.config.catalog import load_catalog

    assert account.desired is not None
    place = {name: account.settings.get(name) for name in _PLACE} | {"type": account.backend_type}
    usual = load_catalog({}).types
    own = {
        key: entry
        for key, entry in account.desired.catalog.types.items()
        if usual.get(key) != entry
    }
    return f"sha256:{sha256(canonical_json([place, own])).hexdigest()}"


def save_last_seen(account: Account, inventory: Inventory) -> None:
    """Keep an inventory that a plan read from the vendor as the one last seen."""
    if account.read_only:
        return
    with _reporting_failures():
        assert account.desired is not None
        account.bind()
        name, store = account.desired.name, account.store()
        _swap(
            account, inventory, lambda connection: store.is_free(connection, name), is_final=False
        )


def save_run_observations(account: Account, store: SqlStore) -> None:
    """Keep what a run has seen, while it holds the lock: the inventory, if read whole, and what operations took."""
    backend = account.backend
    if backend is None:
        return
    if backend.reader.was_read:
        with _reporting_failures():
            _swap(account, backend.inventory(), store.holds, is_final=True)
    if took := backend.executor.take_samples():
        assert account.desired is not None
        with _reporting_failures("What operations took is not kept"):
            account.plan_archive().save_operation_stats(account.desired.name, took)


def replace_inventory(account: Account, document: dict[str, Any]) -> Path | None:
    """Replace the inventory in the store, while it is locked; give the file that what was there is kept in."""
    from licsync.views.json_documents import inventory_json
    from licsync.workflows.files import write_new

    account.bind()
    local = account.embedded_backend()
    kept = None
    if not local.is_empty():
        kept = account.directory / ".licsync" / f"replaced-{clock():%Y%m%dT%H%M%S.%f}.json"
        write_new(kept, inventory_json(local.dump()), private=True)
    local.load(document, source_of(account))
    return kept


def _swap(
    account: Account, inventory: Inventory, may: Callable[[Connection], bool], *, is_final: bool
) -> None:
    local, source = account.embedded_backend(), source_of(account)
    account.basis = local.swap(
        inventory.to_document(), account.basis, source, may, is_final=is_final
    )


@contextmanager
def _reporting_failures(
    what: str = "What was read from the vendor is not kept in the store",
) -> Iterator[None]:
    """Tell what prevents that something is kept."""
    from licsync.backends.local.backend import NotSwapped
    from licsync.engine.ports import BackendFailed

    try:
        yield
    except NotSwapped as reason:
        hint = (
            "`licsync apply` or `licsync inventory load` replaces what is there."
            if "address" in str(reason)
            else None
        )
        said = f"{what}: {reason}."
        console.show_diagnostics([warning(Code.INVENTORY_NOT_KEPT, said, hint=hint)])
    except BackendFailed as fault:
        console.show_diagnostics([warning(Code.INVENTORY_NOT_KEPT, f"{what}. {fault}")])
    except InputInvalid as fault:
        said = " ".join(d.message for d in fault.diagnostics)
        console.show_diagnostics(
            [warning(Code.INVENTORY_NOT_KEPT, f"{what}. {said}", hint=fault.diagnostics[0].hint)]
        )
