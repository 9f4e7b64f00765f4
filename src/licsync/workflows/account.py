"""Opens an account: its files, everything that they declare besides users, and its store.

Most files of a large account list only users. They are parsed when a state is loaded
(`workflows.state`). All other files, the head files, are parsed here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from licsync.config.files import Files, is_large, read_files
from licsync.diagnostics import Code, Diagnostic, InputInvalid, error, warning
from licsync.model.account_declarations import BackendSettings
from licsync.model.backend_types import API, CONSOLE, SCIM_REACH, backend_type
from licsync.model.environment import FLEET_CHANNELS
from licsync.model.secret_keys import redact_path
from licsync.model.secret_origins import read_address
from licsync.profiling import phase
from licsync.store import CHANGING, STATE
from licsync.workflows.identity import Claim
from licsync.workflows.session import Session
from licsync.workflows.storage import Storage

if TYPE_CHECKING:
    from licsync.backends.api.backend import AdminApiBackend
    from licsync.backends.local.partial_reader import Version
    from licsync.backends.scim.users import ScimUsers
    from licsync.config.files import LoadedConfig
    from licsync.incremental.loader import IncrementalLoader
    from licsync.model.capabilities import Capabilities
    from licsync.model.desired import Desired
    from licsync.model.inventory import Inventory
    from licsync.model.notify_declarations import Channel


class ApiConnection(Struct):
    """The connection to 8x8's API.

    Attributes:
        backend: reads and changes the account.
        basis: the version of the stored inventory that the backend began with. The inventory that
            it reads replaces only that version.
    """

    backend: AdminApiBackend
    basis: Version | None


@dataclass(slots=True)
class Account:
    """An account directory whose account section is valid.

    Attributes:
        session: the use of the directory.
        files: all files of the account.
        config: what the head files declare.
        desired: the same as a desired state, with few users or none.
        storage: the store of the account.
        loader: loads the account without its users in sync; None for small accounts.
        api: the connection to 8x8's Administration API; None until it is needed.
        scim: the connection to 8x8's SCIM API; None until it is needed.
    """

    session: Session
    files: Files
    config: LoadedConfig
    desired: Desired
    storage: Storage = field(repr=False)
    loader: IncrementalLoader | None = field(default=None, repr=False)
    api: ApiConnection | None = field(default=None, repr=False)
    scim: ScimUsers | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """The account's name."""
        return self.desired.name

    @property
    def directory(self) -> Path:
        """The account directory."""
        return self.session.directory

    @property
    def settings(self) -> BackendSettings:
        """The settings of the backend."""
        return self.desired.account.get("backend", {})

    @property
    def backend_type(self) -> str:
        """The name of the type of the backend."""
        return self.desired.backend

    @property
    def is_stored(self) -> bool:
        """Whether the inventory lies in the store. Otherwise it is read from 8x8."""
        return backend_type(self.backend_type).is_stored

    @property
    def is_sandbox(self) -> bool:
        """Whether the backend only simulates 8x8."""
        return backend_type(self.backend_type).is_sandbox

    def claim(self) -> Claim:
        """Read the identity that the directory claims."""
        return Claim.read(self.session, self.desired)

    def close(self) -> None:
        """Close the store. The next access opens it again."""
        self.storage.close()


def reach_of(account: Account) -> str:
    """Say whether changes reach the account at 8x8, and how."""
    settings, kind = account.settings, backend_type(account.backend_type)
    address = read_address(str(settings["base_url"])) if "base_url" in settings else None
    if kind is API and address is not None and not address.is_vendor:
        return f"licsync changes the account at {address}, which is not 8x8's address."
    return _scim_reach(settings["scim"]) if kind is CONSOLE and settings.get("scim") else kind.reach


def other_scim_address(account: Account) -> list[Diagnostic]:
    """Warn of an address of SCIM that the environment names and that is not 8x8's.

    The checks of the files report an address that the files name.
    """
    from licsync.backends.scim.transport import SCIM_URL

    address = read_address(os.environ.get(SCIM_URL, ""))
    if not account.settings.get("scim") or address is None or address.is_vendor:
        return []
    message = f"licsync connects to {address}, which is not 8x8's address."
    hint = f"Unset {SCIM_URL} to connect to the address of the files."
    return [warning(Code.OTHER_ADDRESS, message, account.desired.where("account", "backend"), hint)]


def _scim_reach(scim: object) -> str:
    from licsync.backends.scim.transport import SCIM_URL

    stated = scim.get("url") if isinstance(scim, Mapping) else None
    address = read_address(os.environ.get(SCIM_URL) or str(stated))
    if address is None or address.is_vendor:
        return SCIM_REACH
    return (
        f"licsync changes users at {address}, which is not 8x8's address. People make all other "
        "changes in 8x8's Admin Console."
    )


def capabilities_of(account: Account, inventory: Inventory | None) -> Capabilities:
    """Return the capabilities of an account's backend.

    Args:
        account: the account.
        inventory: its inventory, which says what exports of the console have shown.
    """
    from licsync.model.capabilities import LOCAL, console_capabilities
    from licsync.planning.validation.scim_access import scim_access

    if account.is_sandbox:
        return LOCAL
    if account.is_stored:
        observed = inventory.observed if inventory is not None else {}
        return console_capabilities(observed, scim=scim_access(account.settings, inventory))
    from licsync.backends.api.capabilities import capabilities_of as capabilities_of_api

    storage = account.storage
    times = storage.plan_archive().operation_stats(account.name) if storage.exists() else {}
    return capabilities_of_api(account.settings, times)


def channels_of(account: Account) -> Mapping[str, Channel]:
    """Return the channels for notifications: those of the account, and of its fleet.

    Raises:
        InputInvalid: the environment does not name the channels of the fleet in JSON.
    """
    text = os.environ.get(FLEET_CHANNELS)
    if not text:
        return account.desired.notify
    try:
        return {**json.loads(text), **account.desired.notify}
    except (TypeError, ValueError) as fault:
        message = f"{FLEET_CHANNELS} is not JSON of channels. Only a fleet sets it."
        raise InputInvalid(error(Code.INVALID_VALUE, message)) from fault


def require_directory(directory: Path) -> None:
    """Check that the account directory exists and that no link leads out of its repository.

    Raises:
        InputInvalid: the directory does not exist, or a link leads elsewhere.
    """
    if not directory.is_dir():
        shown = redact_path(directory)
        hint = f"Create an account with: licsync init {shown}"
        raise InputInvalid(
            error(Code.INVALID_VALUE, f"The directory '{shown}' does not exist.", hint=hint)
        )
    _expect_contained(directory)


def read_account_files(directory: Path) -> Files:
    """Read the contents of the files of an account directory.

    Raises:
        InputInvalid: the directory does not exist, a link leads elsewhere, or the files are too
            large.
    """
    require_directory(directory)
    with phase("reading files"):
        return read_files(directory)


def open_account(session: Session) -> Account:
    """Open the account of a directory.

    Raises:
        InputInvalid: the account section is invalid. The exception lists all errors of all files.
        Locked: another command is changing the files.
    """
    require_directory(session.directory)
    if os.path.lexists(session.directory / CHANGING):
        from licsync.workflows.file_changes import restore_files

        restore_files(session.directory, session.output, read_only=session.read_only)
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

        # to report the errors of all files together
        config = load_files(files, jobs=session.jobs)
    desired = config.required()
    return Account(session, files, config, desired, Storage(session, desired), loader)


def forget_cache(account: Account) -> None:
    """Continue without the cache of an account, because it led to a doubt or is wrong.

    Raises:
        InputInvalid: the account section is invalid.
    """
    loader, account.loader = account.loader, None
    if loader is None:
        return
    loader.discard()
    if not loader.was_cache_used:
        return
    from licsync.config.loader import load_head

    config = load_head(account.files)
    desired = config.required()
    account.close()
    account.config, account.desired = config, desired
    account.storage = Storage(account.session, desired)


# --- location of the directory --------------------------------------------------------------------


def _expect_contained(directory: Path) -> None:
    """Refuse an account directory or a store that is a link to another place.

    Whoever writes a branch can commit symbolic links. A link in place of the account directory
    would show files of the machine, and a link in place of the store would open another account's
    store. licsync follows links inside the account (`config.files`).

    Raises:
        InputInvalid: the directory is a link out of its repository, or a file of licsync in it is a
            link.
    """
    real = Path(os.path.realpath(directory))
    named = Path(os.path.abspath(directory))
    folders = (named, *named.parents)
    top = next((folder for folder in folders if os.path.lexists(folder / ".git")), None)
    if top is not None and not real.is_relative_to(os.path.realpath(top)):
        message = (
            f"'{redact_path(directory)}' is a symbolic link that leads out of the repository, "
            f"to '{real}'."
        )
        hint = f"If you mean that directory, name it directly: {redact_path(real)}"
        raise InputInvalid(error(Code.INVALID_VALUE, message, hint=hint))
    for path in _state_files(directory / STATE.parent):
        if path.is_symlink():
            message = (
                f"'{redact_path(path)}' is a symbolic link. "
                "The store of an account cannot be a link."
            )
            hint = "Remove the link. Name a store elsewhere with --state or LICSYNC_STATE."
            raise InputInvalid(error(Code.INVALID_VALUE, message, hint=hint))


def _state_files(folder: Path) -> list[Path]:
    """List the directory of licsync in an account directory, and its files."""
    try:
        return [folder, *sorted(folder.iterdir())]
    except OSError:  # it does not exist, or opening the store reports why it is unreadable
        return [folder]
