"""Opens an account: its files, its store, its backend. The composition of the parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from licsync.cli import output as console
from licsync.diagnostics import Code, Diagnostic, InputInvalid, LicsyncError, error
from licsync.model.license import format_instant
from licsync.model.secret_keys import redact_path
from licsync.profiling import phase
from licsync.workflows.containment import expect_contained
from licsync.workflows.inventory_files import read_seed
from licsync.workflows.storage import Storage, clock
from licsync.workflows.store_damage import note_use

if TYPE_CHECKING:
    from licsync.backends.api.backend import AdminApiBackend
    from licsync.backends.local.backend import LocalBackend
    from licsync.backends.local.partial_reader import PartialReader, Version
    from licsync.config.files import Files
    from licsync.model.capabilities import Capabilities
    from licsync.model.desired import Desired
    from licsync.model.inventory import Inventory
    from licsync.model.throughput import OperationStats


@dataclass(frozen=True, slots=True)
class _PrefetchedInventory:
    """An inventory that was read before the files were, and what the account's own file said of whose it is."""

    name: str
    seed: str | None
    types: Mapping[str, Any]
    inventory: Inventory
    version: Version | None


@dataclass(slots=True)
class Account(Storage):
    """An account directory that has been read: its files, its inventory, its backend.

    Attributes:
        backend: the vendor's API, once it was asked for (`workflows.backends`).
        version: names the inventory in the store as it was read last; None where there was none.
        basis: the same of the inventory that `backend` began with.
    """

    backend: AdminApiBackend | None = field(default=None, repr=False)
    version: Version | None = field(default=None, repr=False)
    basis: Version | None = field(default=None, repr=False)
    _prefetched: _PrefetchedInventory | None = field(default=None, repr=False)

    @property
    def backend_type(self) -> str:
        """The backend's type."""
        return str(self.settings.get("type", "local"))

    @property
    def capabilities(self) -> Capabilities:
        """What the backend can do."""
        from licsync.backends.api.capabilities import capabilities_of
        from licsync.model.capabilities import LOCAL

        return (
            LOCAL
            if self.backend_type == "local"
            else capabilities_of(self.settings, self._operation_stats())
        )

    def _operation_stats(self) -> dict[str, OperationStats]:
        """What operations of the account were seen to take; nothing where there is no store yet."""
        return (
            self.plan_archive().operation_stats(self.desired.name)
            if self.desired and self.has_store()
            else {}
        )

    def with_now(self, moment: datetime) -> Account:
        """Give the same account, planned by another day."""
        return replace(self, now=lambda: moment)

    def detached(self) -> Account:
        """Give the same account for another process, with nothing open."""
        return replace(self, backend=None, _engine=None, _prefetched=None)

    def embedded_backend(self, name: str | None = None) -> LocalBackend:
        """Give the embedded console as it is in the store."""
        from licsync.backends.local.backend import LocalBackend

        if name is None:
            assert self.desired is not None
            name = self.desired.name
        return LocalBackend(self.engine(), self.now, name)

    @contextmanager
    def open_reader(self, name: str) -> Iterator[PartialReader | None]:
        """Look at the account of a name in the embedded console; None where there is none, or it is empty.

        Raises:
            StoreFailed, BackendFailed: the store cannot be read.
            FastPathUnavailable: nor can it so quickly.
        """
        from licsync.backends.local.partial_reader import PartialReader
        from licsync.store.sqlite_fast_path import FastPathUnavailable

        self.check_identity()
        if not self.has_store():
            yield None
            return
        with ExitStack() as opened:
            try:
                look = opened.enter_context(self.fast_path().open_reader())
                snapshot = PartialReader.open(look.execute, name)
            except FastPathUnavailable:
                snapshot = opened.enter_context(self.embedded_backend(name).open_reader())
            yield snapshot

    def _stored_inventory(self, name: str) -> Inventory | None:
        """Give the inventory of an account in the store; None where there is none."""
        from licsync.model.inventory import Inventory
        from licsync.store.sqlite_fast_path import FastPathUnavailable

        self.version = None
        with suppress(FastPathUnavailable), self.open_reader(name) as snapshot:
            if snapshot is None:
                return None
            # of before the records are read: who writes meanwhile makes it out of date
            self.version = snapshot.version
            document = snapshot.full_document()
            if snapshot.is_current():
                return Inventory.from_document(document)
        # at one moment, also where somebody else is changing it
        return self.embedded_backend(name).read_now()

    def local_backend(self) -> LocalBackend:
        """Give the embedded console, filled from the seed where it is new."""
        self.bind()
        local = self.embedded_backend()
        if local.is_empty():
            local.seed(lambda: self.seed() or self.empty_document())
        return local

    @phase("reading the inventory")
    def inventory(self) -> Inventory | None:
        """Give the inventory last seen: the store's, else the seed's; None where none was ever seen.

        Raises:
            InputInvalid: the seed cannot be read or is inconsistent.
        """
        from licsync.model.inventory import Inventory

        self.check_identity()
        ahead, self._prefetched = self._prefetched, None
        if ahead is not None and self.desired is not None:
            of_files = self.desired.name, self.settings.get("seed"), self.desired.catalog.types
            if (ahead.name, ahead.seed, ahead.types) == of_files:
                self.version = ahead.version
                return ahead.inventory
        stored = self._stored_inventory(self.desired.name) if self.desired is not None else None
        if stored is not None:
            return stored
        document = self.seed()
        return Inventory.from_document(document) if document is not None else None

    @phase("reading the inventory")
    def prefetch_inventory(self, head: Any) -> None:
        """Import what planning needs, and read the inventory, while other processes read the files.

        What cannot be read so early is left to `inventory`, which says why.

        Args:
            head: the account section as its file has it, not checked.
        """
        from licsync.cli import plan_output as rendering  # noqa: F401
        from licsync.config.catalog import load_catalog
        from licsync.engine.ports import BackendFailed
        from licsync.model.inventory import Inventory
        from licsync.planning import planner  # noqa: F401
        from licsync.planning.validation import validate as check  # noqa: F401
        from licsync.views.plan import text as plan_text  # noqa: F401
        from licsync.workflows import planning  # noqa: F401

        match head:
            case {"name": str(name), "backend": {"seed": str(found)}}:
                seed: str | None = found
            case {"name": str(name)}:
                seed = None
            case _:
                return
        catalog = load_catalog({})
        with suppress(LicsyncError, BackendFailed):
            if (stored := self._stored_inventory(name)) is not None:
                self._prefetched = _PrefetchedInventory(
                    name, seed, catalog.types, stored, self.version
                )
            elif seed:
                document = read_seed(self.directory, seed, catalog)
                self._prefetched = _PrefetchedInventory(
                    name, seed, catalog.types, Inventory.from_document(document), None
                )

    def document(self) -> dict[str, Any]:
        """Give the inventory document: the store's, else the seed, else an empty one, with the identity declared."""
        from licsync.workflows.identity import declared_identity

        local = self.embedded_backend() if self.has_store() else None
        document = (
            local.dump() if local and not local.is_empty() else self.seed() or self.empty_document()
        )
        identity = declared_identity(self)
        head = {key: document[key] for key in ("format_version", "account") if key in document}
        return head | ({"identity": identity} if identity else {}) | document

    def bind(self) -> None:
        """Bind the account's name to its identity, before its records are written for the first time."""
        from licsync.workflows.identity import bind_identity

        bind_identity(self)

    def empty_document(self) -> dict[str, Any]:
        """Give the inventory of an account that nobody has used yet."""
        from licsync.model.desired import DEFAULT_POLICY
        from licsync.model.inventory import Inventory

        name = self.desired.name if self.desired else ""
        return {
            **Inventory(name, format_instant(self.now())).to_document(),
            "policies": {DEFAULT_POLICY: {"settings": {}}},
        }

    def last_seen(self) -> tuple[Inventory | None, list[Diagnostic]]:
        """Give the inventory last seen, and what is wrong with it, so that this is told with all other faults."""
        try:
            return self.inventory(), []
        except InputInvalid as fault:
            return None, fault.diagnostics

    @phase("checking references")
    def validate(self, inventory: Inventory | None) -> list[Diagnostic]:
        """Check the desired state as a whole, and list this with what is wrong with the files."""
        from licsync.planning.validation.validate import check

        if self.desired is None:
            return self.diagnostics
        found = check(self.desired, inventory, now=self.effective_now())
        if not self.is_complete:  # what is referred to may stand where nothing could be read
            found = [d for d in found if d.code is not Code.UNKNOWN_REFERENCE]
        at_fault = {(d.span, d.code) for d in self.diagnostics if d.span is not None}
        # an entry at fault lacks what it may have said
        found = [d for d in found if (d.span, d.code) not in at_fault]
        return [*self.file_faults(), *found]

    def file_faults(self) -> list[Diagnostic]:
        """List what is wrong with the files whatever they are compared with."""
        return [*self.diagnostics, *self._rule_faults()]

    def _rule_faults(self) -> list[Diagnostic]:
        """Find the rules whose expressions cannot be read."""
        if self.desired is None or not self.desired.rules:
            return []
        from licsync.rules.checking import unreadable

        return unreadable(self.desired.rules, self.desired.where)

    def seed(self) -> dict[str, Any] | None:
        """Read the seed document that the account names."""
        name = self.settings.get("seed")
        if not name or self.desired is None:
            return None
        from licsync.workflows.identity import check_document

        span = self.desired.where("account", "backend", "seed")
        document = read_seed(self.directory, str(name), self.desired.catalog, span)
        check_document(document, self, str(name))
        return document


def open_account(
    directory: Path,
    state: str | None = None,
    now: datetime | None = None,
    jobs: int | None = None,
    *,
    thoroughly: bool = False,
) -> Account:
    """Read an account directory. Faults of its files stand in `diagnostics`."""
    from licsync.config.loader import load

    _use_directory(directory)
    note_use(directory, state)
    account = Account(
        directory, None, [], state=state, now=(lambda: now) if now else clock, jobs=jobs
    )
    loaded = load(directory, jobs=jobs, thoroughly=thoroughly, meanwhile=account.prefetch_inventory)
    account.desired, account.diagnostics, account.is_complete = (
        loaded.desired,
        loaded.diagnostics,
        loaded.is_complete,
    )
    return account


def _use_directory(directory: Path) -> None:
    """Remember where files are shown from; raises InputInvalid where there is no such directory, or it is elsewhere."""
    console.use_directory(directory)
    if not directory.is_dir():
        shown = redact_path(directory)
        raise InputInvalid(
            error(
                Code.INVALID_VALUE,
                f"There is no directory '{shown}'.",
                hint=f"Make an account to start from with: licsync init {shown}",
            )
        )
    expect_contained(directory)


def read_tree(directory: Path) -> Files:
    """Read the files of an account directory as they are.

    Raises InputInvalid where there is no such directory.
    """
    from licsync.config.files import read_files

    _use_directory(directory)
    return read_files(directory)


def open_valid_account(
    directory: Path,
    state: str | None = None,
    now: datetime | None = None,
    jobs: int | None = None,
    *,
    thoroughly: bool = False,
) -> tuple[Account, Desired]:
    """Read an account directory whose files must be in order as far as the account itself goes.

    Raises:
        InputInvalid: not even the account section can be used.
    """
    account = open_account(directory, state, now, jobs, thoroughly=thoroughly)
    if account.desired is None:
        raise InputInvalid(*account.diagnostics)
    return account, account.desired


def open_last_seen(
    directory: Path, state: str | None = None, now: datetime | None = None
) -> tuple[Account, Desired, Inventory]:
    """Read an account and the inventory last seen, for the pages that show it."""
    from licsync.model.inventory import Inventory

    account, desired = open_valid_account(directory, state, now)
    return (
        account,
        desired,
        account.inventory() or Inventory.from_document(account.empty_document()),
    )
