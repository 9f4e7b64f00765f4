"""Opens the store of an account directory, and sees that the store means this directory by the account's name."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from licsync.cli import output as console
from licsync.diagnostics import Diagnostic
from licsync.store import STATE, exists
from licsync.workflows import read_only as access

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

    from licsync.model.desired import Desired
    from licsync.store.plan_archive import PlanArchive
    from licsync.store.runs import SqlStore
    from licsync.store.sqlite_fast_path import SqliteFastPath


TEST_CLOCK = "LICSYNC_TEST_CLOCK"
"""The environment variable by which `apply --now` sets the clock itself: for tests only."""


def clock() -> datetime:
    """Give the current instant."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Storage:
    """An account directory that has been read, and its store.

    Attributes:
        directory: where it is.
        desired: what the files declare; None where not even the account can be read.
        diagnostics: what is wrong with the files.
        is_complete: whether every file was read to its end; else what seems missing may only be
            unread.
        state: URL of the store, if not the default one.
        now: gives the instant to plan and act by.
        jobs: how many processes may work; as many as there are cores where it is not given.
        read_only: whether nothing may be written to the store and the caches.
        applies: whether the plan is made to be applied at once.
    """

    directory: Path
    desired: Desired | None
    diagnostics: list[Diagnostic]
    is_complete: bool = True
    state: str | None = None
    now: Callable[[], datetime] = clock
    jobs: int | None = None
    read_only: bool = field(default_factory=access.is_read_only)
    applies: bool = False
    _engine: Engine | None = field(default=None, repr=False)
    _is_identity_checked: bool = field(default=False, repr=False)

    def real_now(self) -> datetime:
        """Give the instant that records say: the clock's, or the one to act by where that is a test's clock."""
        return self.now() if os.environ.get(TEST_CLOCK) else clock()

    def effective_now(self) -> datetime:
        """Give the instant that expiry, approvals and offboarding go by.

        Of what is applied that is the later of the clock's and the one to plan for: a day that has
        come is never taken back by an option.
        """
        return max(self.now(), self.real_now()) if self.applies else self.now()

    @property
    def settings(self) -> dict[str, Any]:
        """The backend's settings."""
        return dict(self.desired.account.get("backend", {})) if self.desired else {}

    def has_store(self) -> bool:
        """Tell whether the store exists already; one on a server is taken to, unless nothing may be written."""
        if self.state is None:
            return exists(self.directory / STATE)
        from licsync.store.database import NoStore, is_there

        if not self.read_only:
            return is_there(self.state)
        with suppress(NoStore):
            return bool(self.engine())
        return False

    def engine(self, *, checked: bool = True) -> Engine:
        """Open the store's database, made if it is not there.

        Args:
            checked: whether the store must not know the account's name as another account
                (`workflows.identity`).

        Raises:
            StoreFailed: it cannot be opened, or made.
            Refused: it does.
        """
        if self._engine is None:
            from licsync.backends.local.migrations import HISTORY as CONSOLE
            from licsync.store.database import Migrations, default_url, open_database
            from licsync.store.migrations import HISTORY as STORE

            histories = (Migrations(*STORE), Migrations(*CONSOLE))
            url = self.state or default_url(self.directory)
            self._engine = open_database(url, histories, read_only=self.read_only)
            console.call_at_exit(self._engine.dispose)
        if checked and self.desired is not None and not self._is_identity_checked:
            from licsync.store.identities import binding_of
            from licsync.workflows import identity

            identity.check_identity(self, binding_of(self._engine, self.desired.name))
            self._is_identity_checked = True
        return self._engine

    def check_identity(self) -> None:
        """Look whether the store means this directory by the account's name, if it has not been looked at yet.

        Raises:
            StoreFailed: the store cannot be read.
            Refused: it means another one.
        """
        if self.desired is None or self._is_identity_checked or not self.has_store():
            return
        from licsync.store.identities import binding_by
        from licsync.store.sqlite_fast_path import FastPathUnavailable
        from licsync.workflows import identity

        if self.state is None and identity.declared_identity(self) is None:
            return  # the store below the directory is the directory's own
        try:
            with self.fast_path().open_reader() as look:
                identity.check_identity(self, binding_by(look.execute, self.desired.name))
            self._is_identity_checked = True
        except FastPathUnavailable:
            self.engine()

    def fast_path(self) -> SqliteFastPath:
        """Give what can be done with the store without SQLAlchemy: nothing where it is not the account's own file."""
        from licsync.backends.local.migrations import HISTORY as CONSOLE
        from licsync.store.migrations import HISTORY as STORE
        from licsync.store.sqlite_fast_path import SqliteFastPath

        file = self.directory / STATE if self.state is None else None
        return SqliteFastPath(
            file, [history[1:] for history in (STORE, CONSOLE)], read_only=self.read_only
        )

    def close(self) -> None:
        """Let go of the store's database; it is opened again when it is needed."""
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.dispose()

    def store(self) -> SqlStore:
        """Give the store of runs and locks."""
        from licsync.store.runs import SqlStore
        from licsync.workflows.secrets import store_cipher

        return SqlStore(
            self.engine(), cipher=store_cipher(), organization=self.settings.get("customer_id")
        )

    def plan_archive(self) -> PlanArchive:
        """Give what the store remembers besides its runs."""
        from licsync.store.plan_archive import PlanArchive
        from licsync.workflows.secrets import store_cipher

        return PlanArchive(self.engine(), store_cipher())
