"""Opens the store of an account, and checks that the store knows this directory by the account's name."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from licsync.model.desired import Desired
from licsync.store import STATE, exists
from licsync.workflows.identity import check_identity, declared_identity
from licsync.workflows.session import Session

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

    from licsync.backends.local.backend import LocalBackend
    from licsync.store.plan_archive import PlanArchive
    from licsync.store.runs import SqlStore
    from licsync.store.sqlite_fast_path import SqliteFastPath


class Storage:
    """The store of an account: opened when it is first needed, until `close`.

    Args:
        session: where the store is.
        desired: what the files declare besides users: the account's name and identity.
    """

    def __init__(self, session: Session, desired: Desired):
        self._session = session
        self._desired = desired
        self._engine: Engine | None = None
        self._is_identity_checked = False

    def exists(self) -> bool:
        """Tell whether the store exists already.

        A store on a server is taken to exist, unless nothing may be written.
        """
        state = self._session.state
        if state is None:
            return exists(self._session.directory / STATE)
        from licsync.store.database import NoStore, is_there

        if not self._session.read_only:
            return is_there(state)
        with suppress(NoStore):
            return bool(self.engine())
        return False

    def engine(self, *, checked: bool = True) -> Engine:
        """Open the store's database; make it if it does not exist.

        Args:
            checked: whether the store must not know the account's name as another account
                (`workflows.identity`).

        Raises:
            StoreFailed: the database cannot be opened or made.
            Refused: the store knows another account by this name.
        """
        if self._engine is None:
            from licsync.backends.local.migrations import HISTORY as LOCAL_BACKEND
            from licsync.store.database import Migrations, default_url, open_database
            from licsync.store.migrations import HISTORY as STORE

            histories = (Migrations(*STORE), Migrations(*LOCAL_BACKEND))
            url = self._session.state or default_url(self._session.directory)
            self._engine = open_database(url, histories, read_only=self._session.read_only)
        if checked and not self._is_identity_checked:
            from licsync.store.identities import binding_of

            binding = binding_of(self._engine, self._desired.name)
            check_identity(self._session, self._desired, binding)
            self._is_identity_checked = True
        return self._engine

    def check_identity(self) -> None:
        """Check once that the store, if there is one, knows this directory by the account's name.

        Raises:
            StoreFailed: the store cannot be read.
            Refused: the store knows another account by this name.
        """
        if self._is_identity_checked or not self.exists():
            return
        from licsync.store.identities import binding_by
        from licsync.store.sqlite_fast_path import FastPathUnavailable

        if self._session.state is None and declared_identity(self._session, self._desired) is None:
            return  # the store below the directory is the directory's own
        try:
            with self.fast_path().open_reader() as reader:
                binding = binding_by(reader.execute, self._desired.name)
            check_identity(self._session, self._desired, binding)
            self._is_identity_checked = True
        except FastPathUnavailable:
            self.engine()

    def fast_path(self) -> SqliteFastPath:
        """Give access to the store without SQLAlchemy; unavailable unless it is the account's own file."""
        from licsync.backends.local.migrations import HISTORY as LOCAL_BACKEND
        from licsync.store.migrations import HISTORY as STORE
        from licsync.store.sqlite_fast_path import SqliteFastPath

        session = self._session
        file = session.directory / STATE if session.state is None else None
        newest = [history[1:] for history in (STORE, LOCAL_BACKEND)]
        return SqliteFastPath(file, newest, read_only=session.read_only)

    def runs(self) -> SqlStore:
        """Give the store of runs and locks."""
        from licsync.store.runs import SqlStore
        from licsync.workflows.secrets import store_cipher

        organization = self._desired.account.get("backend", {}).get("customer_id")
        return SqlStore(self.engine(), cipher=store_cipher(), organization=organization)

    def plan_archive(self) -> PlanArchive:
        """Give what the store holds besides its runs: plans, baselines and operation times."""
        from licsync.store.plan_archive import PlanArchive
        from licsync.workflows.secrets import store_cipher

        return PlanArchive(self.engine(), store_cipher())

    def embedded_backend(self) -> LocalBackend:
        """Give the local backend as it is in the store."""
        from licsync.backends.local.backend import LocalBackend

        return LocalBackend(self.engine(), self._session.now, self._desired.name)

    def close(self) -> None:
        """Close the database; it is opened again when it is needed."""
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.dispose()
