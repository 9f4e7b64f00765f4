"""Opens an account: finds its files, reads what they declare besides users, and gives access to its store.

Most files of a large account list users and nothing else. They are read when a state is loaded
(`workflows.state`); every other file is read when the account is opened.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from licsync.config.files import Files, is_large, read_files
from licsync.diagnostics import Code, InputInvalid, error
from licsync.model.secret_keys import redact_path
from licsync.profiling import phase
from licsync.store import STATE
from licsync.workflows.identity import Claim
from licsync.workflows.session import Session
from licsync.workflows.storage import Storage

if TYPE_CHECKING:
    from licsync.backends.api.backend import AdminApiBackend
    from licsync.backends.local.partial_reader import Version
    from licsync.config.loaded import LoadedConfig
    from licsync.incremental.loader import IncrementalLoader
    from licsync.model.desired import Desired


@dataclass(slots=True)
class ApiConnection:
    """The vendor's API, once it was needed.

    Attributes:
        backend: reads and changes the account.
        basis: the version of the stored inventory that the backend began with: what it reads
            replaces that version and no other.
    """

    backend: AdminApiBackend
    basis: Version | None


@dataclass(slots=True)
class Account:
    """An account directory whose account section is valid.

    Attributes:
        session: where it is, and how to work on it.
        files: all its files.
        config: what the files declare besides those that list only users.
        desired: the same as a desired state, with few users in it or none.
        storage: its store.
        loader: loads it without its users that are in sync, where it is large.
        api: the connection to the vendor, once there is one.
    """

    session: Session
    files: Files
    config: LoadedConfig
    desired: Desired
    storage: Storage = field(repr=False)
    loader: IncrementalLoader | None = field(default=None, repr=False)
    api: ApiConnection | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """The account's name."""
        return self.desired.name

    @property
    def directory(self) -> Path:
        """The account directory."""
        return self.session.directory

    @property
    def settings(self) -> Mapping[str, Any]:
        """The settings of the backend."""
        settings: Mapping[str, Any] = self.desired.account.get("backend", {})
        return settings

    @property
    def backend_type(self) -> str:
        """The type of the backend."""
        return str(self.settings.get("type", "local"))

    def claim(self) -> Claim:
        """Read who the account says that it is."""
        return Claim.read(self.session, self.desired)

    def close(self) -> None:
        """Close the store; it is opened again when it is needed."""
        self.storage.close()


def require_directory(directory: Path) -> None:
    """Check that there is an account directory, and that it lies where it seems to.

    Raises:
        InputInvalid: there is none, or it is a link elsewhere.
    """
    if not directory.is_dir():
        shown = redact_path(directory)
        hint = f"Make an account to start from with: licsync init {shown}"
        raise InputInvalid(
            error(Code.INVALID_VALUE, f"There is no directory '{shown}'.", hint=hint)
        )
    _expect_contained(directory)


def read_account_files(directory: Path) -> Files:
    """Read the files of an account directory as they are.

    Raises:
        InputInvalid: there is no such directory, it is a link elsewhere, or its files are too
            large.
    """
    require_directory(directory)
    with phase("reading files"):
        return read_files(directory)


def open_account(session: Session) -> Account:
    """Open the account of a directory.

    Raises:
        InputInvalid: not even the account section can be used; every fault of every file is named.
    """
    files = read_account_files(session.directory)
    loader = None
    if session.use_cache and is_large(files):
        from licsync.incremental.loader import IncrementalLoader

        today = session.now().toordinal()
        loader = IncrementalLoader(
            files, today=today, jobs=session.jobs, read_only=session.read_only
        )
        config = loader.head
    else:
        from licsync.config.loader import load_head

        config = load_head(files)
    if config.desired is None:
        from licsync.config.loader import load_files

        # to name every fault of every file
        config = load_files(files, jobs=session.jobs)
    if config.desired is None:
        raise InputInvalid(*config.diagnostics)
    storage = Storage(session, config.desired)
    return Account(session, files, config, config.desired, storage, loader)


def forget_cache(account: Account) -> None:
    """Go on without what was cached of an account: it led to a doubt, or it is wrong.

    Raises:
        InputInvalid: not even the account section can be used.
    """
    loader, account.loader = account.loader, None
    if loader is None:
        return
    loader.discard()
    if not loader.was_cache_used:
        return
    from licsync.config.loader import load_head

    config = load_head(account.files)
    if config.desired is None:
        raise InputInvalid(*config.diagnostics)
    account.close()
    account.config, account.desired = config, config.desired
    account.storage = Storage(account.session, config.desired)


# --- where the directory lies ---------------------------------------------------------------------


def _expect_contained(directory: Path) -> None:
    """Refuse an account directory that is elsewhere, or whose store is.

    Whoever writes a branch can commit symbolic links. One in place of the account directory shows
    files of the machine, and one in place of the store is another account's store. Links inside the
    account are followed (`config.files`).

    Raises:
        InputInvalid: the directory is a link out of the repository that it is named in, or what
            licsync keeps in it is a link.
    """
    real = Path(os.path.realpath(directory))
    named = Path(os.path.abspath(directory))
    places = (named, *named.parents)
    top = next((place for place in places if os.path.lexists(place / ".git")), None)
    if top is not None and not real.is_relative_to(os.path.realpath(top)):
        message = (
            f"'{redact_path(directory)}' is a symbolic link that leads out of the repository, "
            f"to '{real}'."
        )
        hint = f"If that is the account directory you mean, name it itself: {redact_path(real)}"
        raise InputInvalid(error(Code.INVALID_VALUE, message, hint=hint))
    for path in _state_files(directory / STATE.parent):
        if path.is_symlink():
            message = (
                f"'{redact_path(path)}' is a symbolic link: the store of an account is its own."
            )
            hint = "Remove the link. A store in another place is named by --state or LICSYNC_STATE."
            raise InputInvalid(error(Code.INVALID_VALUE, message, hint=hint))


def _state_files(folder: Path) -> list[Path]:
    """List the folder that licsync keeps in an account directory, and what is in it."""
    try:
        return [folder, *sorted(folder.iterdir())]
    except OSError:  # it does not exist, or whoever opens the store says why it cannot be read
        return [folder]
