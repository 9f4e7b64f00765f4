"""Opens the store of an account and checks that the account's name in it means this directory."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from licsync.diagnostics import Code, InputInvalid, error
from licsync.model.backend_types import backend_type
from licsync.model.desired import Desired
from licsync.operator_commands import content_of
from licsync.store import STATE, exists
from licsync.workflows.identity import check_identity, declared_identity
from licsync.workflows.session import Session

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Engine

    from licsync.backends.local.backend import LocalBackend
    from licsync.store.encryption import Cipher
    from licsync.store.plan_archive import PlanArchive
    from licsync.store.runs import SqlStore
    from licsync.store.sqlite_fast_path import SqliteFastPath

STORE_KEY = "LICSYNC_STORE_KEY"
"""The environment variable with the keys of the journal. The first of them encrypts."""


def open_store(url: str | URL, *, read_only: bool = False) -> Engine:
    """Open the database of a store, of accounts or of a fleet; create it if it does not exist.

    Args:
        url: where it is.
        read_only: whether nothing may be written.

    Raises:
        StoreFailed: the database cannot be opened or created.
    """
    from licsync.backends.local.migrations import HISTORY as LOCAL_BACKEND
    from licsync.store.database import Migrations, open_database
    from licsync.store.migrations import HISTORY as STORE

    histories = (Migrations(*STORE), Migrations(*LOCAL_BACKEND))
    return open_database(url, histories, read_only=read_only)


class Storage:
    """The store of an account. It is opened when it is first needed.

    Args:
        session: where the store is.
        desired: what the files declare besides users, such as the account's name and identity.
    """

    def __init__(self, session: Session, desired: Desired):
        self._session = session
        self._desired = desired
        self._engine: Engine | None = None
        self._is_identity_checked = False

    def exists(self) -> bool:
        """Tell whether the store exists.

        licsync assumes that a store on a server exists, unless it may not write.

        Raises:
            StoreFailed: the database cannot be opened.
            Refused: the store binds the name of the account to another one.
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
        """Open the store's database; create it if it does not exist.

        Args:
            checked: whether to refuse a store that binds the account's name to another account
                (`workflows.identity`).

        Raises:
            StoreFailed: the database cannot be opened or created.
            Refused: the store binds the account's name to another account.
        """
        if self._engine is None:
            from licsync.store.address import default_url

            url = self._session.state or default_url(self._session.directory)
            self._engine = open_store(url, read_only=self._session.read_only)
        if checked and not self._is_identity_checked:
            from licsync.store.identities import binding_of

            binding = binding_of(self._engine, self._desired.name)
            check_identity(self._session, self._desired, binding)
            self._is_identity_checked = True
        return self._engine

    def check_identity(self) -> None:
        """Check that an existing store binds the account's name to this directory.

        Raises:
            StoreFailed: the store cannot be read.
            Refused: the store binds the account's name to another account.
        """
        if self._is_identity_checked or not self.exists():
            return
        from licsync.store.identities import binding_by
        from licsync.store.sqlite_fast_path import FastPathUnavailable

        if self._session.state is None and declared_identity(self._session, self._desired) is None:
            return  # the store below the directory belongs to the directory
        try:
            with self.fast_path().open_reader() as reader:
                binding = binding_by(reader.execute, self._desired.name)
            check_identity(self._session, self._desired, binding)
            self._is_identity_checked = True
        except FastPathUnavailable:
            self.engine()

    def fast_path(self) -> SqliteFastPath:
        """Return access to the store without SQLAlchemy.

        It is unavailable unless the store is the file below the account directory.
        """
        from licsync.backends.local.migrations import HISTORY as LOCAL_BACKEND
        from licsync.store.migrations import HISTORY as STORE
        from licsync.store.sqlite_fast_path import SqliteFastPath

        session = self._session
        file = session.directory / STATE if session.state is None else None
        newest = [history[1:] for history in (STORE, LOCAL_BACKEND)]
        return SqliteFastPath(file, newest, read_only=session.read_only)

    def runs(self) -> SqlStore:
        """Return the store of runs and leases.

        Raises:
            StoreFailed: the database cannot be opened or created.
            Refused: the store binds the name of the account to another one.
            InputInvalid: the file with the key of the store cannot be read.
        """
        from licsync.store.runs import SqlStore

        organization = self._desired.account.get("backend", {}).get("customer_id")
        return SqlStore(self.engine(), cipher=store_cipher(), organization=organization)

    def plan_archive(self) -> PlanArchive:
        """Return the archive of plans, baselines and operation times.

        Raises:
            StoreFailed: the database cannot be opened or created.
            Refused: the store binds the name of the account to another one.
            InputInvalid: the file with the key of the store cannot be read.
        """
        from licsync.store.plan_archive import PlanArchive

        return PlanArchive(self.engine(), store_cipher())

    def embedded_backend(self) -> LocalBackend:
        """Return the local backend in the store, without filling it from the seed.

        Raises:
            StoreFailed: the database cannot be opened or created.
            Refused: the store binds the name of the account to another one.
        """
        from licsync.backends.local.backend import LocalBackend

        is_account = backend_type(self._desired.backend).is_sandbox
        return LocalBackend(
            self.engine(), self._session.now, self._desired.name, is_account=is_account
        )

    def close(self) -> None:
        """Close the database. The next access opens it again."""
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.dispose()


def store_cipher() -> Cipher:
    """Return the cipher of the journal. Without a key it encrypts nothing.

    Raises:
        InputInvalid: the file with the key cannot be read.
    """
    from licsync.store.encryption import Cipher

    keys = (key.strip() for key in (read_secret(STORE_KEY) or "").split(","))
    return Cipher(tuple(key for key in keys if key), STORE_KEY)


def read_secret(name: str) -> str | None:
    """Read a secret from an environment variable, or from the file that `{name}_FILE` names.

    Secrets come neither from options nor from YAML files.

    Returns:
        the secret; None if neither variable is set.

    Raises:
        InputInvalid: the file cannot be read.
    """
    if value := os.environ.get(name, "").strip():
        return value
    file = os.environ.get(f"{name}_FILE")
    if not file:
        return None
    try:
        return content_of(file).decode("utf-8").strip() or None
    except (OSError, UnicodeError) as fault:
        reason = getattr(fault, "strerror", None) or "it is not UTF-8"
        # the message omits the file name: it may be the secret itself
        message = f"The file that {name}_FILE names cannot be read: {reason}."
        hint = f"Set {name}_FILE to the path of a readable file, or {name} to the secret itself."
        raise InputInvalid(error(Code.INVALID_VALUE, message, hint=hint)) from fault
