"""The inventory last seen of an account: from the store, from its seed document, or empty.

`workflows.backends` reads the current inventory from 8x8.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from licsync.config.files import ACCOUNT_FILE
from licsync.diagnostics import InputInvalid
from licsync.model.canonical import compact_json
from licsync.profiling import phase
from licsync.workflows.account import Account
from licsync.workflows.identity import check_document
from licsync.workflows.identity_binding import bind_identity
from licsync.workflows.inventory_files import checked_document, read_seed, seed_bytes

if TYPE_CHECKING:
    from licsync.backends.local.backend import LocalBackend
    from licsync.backends.local.partial_reader import PartialReader, Version
    from licsync.incremental.cached_account import InventorySource
    from licsync.model.inventory import Inventory


class StoredInventory(Struct, frozen=True):
    """The inventory last seen.

    Attributes:
        inventory: the inventory; None if none was ever seen or it cannot be used.
        version: its version in the store; None if the store has none.
        failure: why it cannot be used.
    """

    inventory: Inventory | None = None
    version: Version | None = None
    failure: InputInvalid | None = None

    def required(self) -> Inventory | None:
        """Return the inventory.

        Raises:
            InputInvalid: it cannot be used.
        """
        if self.failure is not None:
            raise self.failure
        return self.inventory


@phase("reading the inventory")
def read_stored(account: Account) -> StoredInventory:
    """Read the inventory last seen: from the store, or from the seed if the store has none.

    Raises:
        BackendFailed: the store cannot be read.
        Refused: the store binds the account's name to another account.
    """
    from licsync.model.inventory import Inventory

    try:
        account.storage.check_identity()
        found = _from_store(account)
        if found is not None:
            return found
        document = read_seed_of(account)
    except InputInvalid as failure:
        return StoredInventory(failure=failure)
    return StoredInventory(Inventory.from_document(document) if document is not None else None)


def last_seen(account: Account) -> Inventory | None:
    """Return the inventory last seen; None if none was ever seen.

    Raises:
        InputInvalid: it cannot be used.
    """
    return read_stored(account).required()


def _from_store(account: Account) -> StoredInventory | None:
    from licsync.model.inventory import Inventory
    from licsync.store.sqlite_fast_path import FastPathUnavailable

    version = None
    with suppress(FastPathUnavailable), open_reader(account) as reader:
        if reader is None:
            return None
        # read before the records, so that a concurrent write makes it stale
        version = reader.version
        document = reader.full_document()
        if reader.is_current():
            return StoredInventory(Inventory.from_document(document), version)
    # in one transaction, because another process changes it
    inventory = account.storage.embedded_backend().read_now()
    return StoredInventory(inventory, version) if inventory is not None else None


@contextmanager
def open_reader(account: Account) -> Iterator[PartialReader | None]:
    """Open the account in the local backend for reading; None if it does not exist or is empty.

    Raises:
        StoreFailed, BackendFailed: the store cannot be read.
        FastPathUnavailable: only SQLAlchemy can read the store by now.
    """
    from licsync.backends.local.partial_reader import PartialReader
    from licsync.store.sqlite_fast_path import FastPathUnavailable

    account.storage.check_identity()
    if not account.storage.exists():
        yield None
        return
    with ExitStack() as opened:
        try:
            fast = opened.enter_context(account.storage.fast_path().open_reader())
            reader = PartialReader.open(fast.execute, account.name)
        except FastPathUnavailable:
            reader = opened.enter_context(account.storage.embedded_backend().open_reader())
        yield reader


@contextmanager
def inventory_source(
    account: Account, inventory: Inventory | None = None
) -> Iterator[InventorySource | None]:
    """Open an inventory to read it in part (`incremental.load`).

    Args:
        account: the account.
        inventory: the inventory, if it was just read from 8x8; None for the one last seen.

    Yields:
        the inventory; None if there is none, or it cannot be read in part.

    Raises:
        InputInvalid: the inventory last seen, the seed or the store cannot be read.
    """
    if inventory is None and not account.is_stored:
        inventory = last_seen(account)
        if inventory is None:
            yield None
            return
    if inventory is not None:
        yield _source_of_inventory(inventory)
        return
    with open_reader(account) as reader:
        yield reader or _source_of_seed(account)


def local_backend(account: Account) -> LocalBackend:
    """Return the backend in the store. A new one is filled from the seed.

    Raises:
        InputInvalid: the seed cannot be used, or the store cannot be written.
        Refused: the name is bound to another directory.
    """
    bind_identity(account)
    local = account.storage.embedded_backend()
    if local.is_empty():
        seed = read_seed_of(account)
        if seed is not None or account.is_sandbox:  # else what is in the console is unknown
            local.seed(lambda: seed or empty_document(account))
    return local


def inventory_document(account: Account) -> dict[str, Any]:
    """Return the inventory document with the declared identity.

    The document is the store's, or the seed, or an empty one.

    Raises:
        InputInvalid: the seed or the store cannot be read.
        Refused: the seed is that of another account, or the store binds the name to one.
    """
    local = account.storage.embedded_backend() if account.storage.exists() else None
    stored = local.dump() if local is not None and not local.is_empty() else None
    document = stored or read_seed_of(account) or empty_document(account)
    identity = account.claim().declared
    head = {key: document[key] for key in ("format_version", "account") if key in document}
    return head | ({"identity": identity} if identity else {}) | document


def empty_inventory(account: Account) -> Inventory:
    """Return the inventory of a new account."""
    from licsync.model.inventory import Inventory

    return Inventory.from_document(empty_document(account))


def empty_document(account: Account) -> dict[str, Any]:
    """Return the inventory document of a new account."""
    from licsync.model.desired import DEFAULT_POLICY
    from licsync.model.inventory import Inventory
    from licsync.model.license import format_instant

    # what is in the console is unknown until an export is read
    as_of = format_instant(account.session.now()) if account.backend_type != "console" else ""
    return {
        **Inventory(account.name, as_of).to_document(),
        "policies": {DEFAULT_POLICY: {"settings": {}}},
    }


def read_seed_of(account: Account) -> dict[str, Any] | None:
    """Read the inventory document that the account names as its seed.

    Raises:
        InputInvalid: the document cannot be read or is inconsistent.
        Refused: the document is another account's.
    """
    name = account.settings.get("seed")
    if not name or not (account.directory / ACCOUNT_FILE).is_file():
        return None  # without its file, this is no account: the settings are those of one below
    desired = account.desired
    span = desired.where("account", "backend", "seed")
    report = account.session.output.diagnostics
    document = read_seed(account.directory, str(name), desired.catalog, span, report)
    check_document(document, account.session, desired, str(name))
    return document


def _source_of_inventory(inventory: Inventory) -> _DocumentSource:
    document: dict[str, Any] = inventory.to_document()
    content = {key: value for key, value in document.items() if key != "as_of"}
    return _DocumentSource(f"content {_hash(compact_json(content))}", lambda: document)


def _source_of_seed(account: Account) -> _DocumentSource | None:
    name = str(account.settings.get("seed") or "")
    try:
        data = seed_bytes(account.directory, name) if name else None
    except OSError:
        return None
    if data is None:
        return None

    def read() -> dict[str, Any]:
        document = checked_document(data, name, account.desired.catalog)
        check_document(document, account.session, account.desired, name)
        return document

    return _DocumentSource(f"document {_hash(data)}", read)


def _hash(data: bytes) -> str:
    return sha256(data).hexdigest()


class _DocumentSource:
    """An `InventorySource` of a document in memory.

    Args:
        token: the name of the document's content.
        read: returns the document. Called when the first record is needed.
    """

    def __init__(self, token: str, read: Callable[[], dict[str, Any]]):
        self.token = token
        self._read = read

    @cached_property
    def _document(self) -> dict[str, Any]:
        return self._read()

    def document(self) -> dict[str, Any]:
        return {key: value for key, value in self._document.items() if key not in _LARGE}

    def names(self, section: str) -> Collection[str]:
        return (self._document.get(section) or {}).keys()

    def select(self, section: str, names: Collection[str]) -> dict[str, str]:
        records = self._document.get(section) or {}
        return {name: compact_json(records[name]).decode() for name in names if name in records}

    def prepare(self) -> None:
        """Read the document, so that forked processes share it."""
        self._document  # noqa: B018 - a cached property

    def is_current(self) -> bool:
        return True


_LARGE = ("users", "licenses")
