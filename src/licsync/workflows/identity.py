"""Tells whether an account directory is the account that a store binds to its name.

People give accounts their names, and two accounts can have the same name. The identity tells them
apart: 8x8's customer id, or a random id. A store binds each name to one identity, so that another
directory with the same name neither reads nor changes the account (decision 18).
"""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from licsync.diagnostics import Code, Refused, Span, error
from licsync.model.desired import Desired
from licsync.workflows.session import Session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from licsync.store.identities import Binding

FILE = Path(".licsync", "identity")
"""The file with a random identity, for accounts that declare none."""

RANDOM_IDENTITY = re.compile(r"[0-9a-f]{32}")
_MAX_BYTES = 100  # of the file, which a branch may contain


@dataclass(frozen=True, slots=True)
class Claim:
    """The identity that an account directory claims.

    Attributes:
        declared: the declared identity: `backend.customer_id`, or else `account.identity`.
        random_id: the random id in `.licsync/identity`.
        directory: the account directory.
        span: where the identity is declared.
    """

    declared: str | None = None
    random_id: str | None = None
    directory: Path = Path()
    span: Span | None = field(default=None, compare=False)

    @classmethod
    def read(cls, session: Session, desired: Desired) -> Claim:
        """Read the claim of a directory and its files."""
        customer = desired.account.get("backend", {}).get("customer_id")
        identity = desired.account.get("identity")
        path: tuple[str, ...] = ("name",)
        if customer:
            path = ("backend", "customer_id")
        elif identity:
            path = ("identity",)
        span = desired.where("account", *path)
        random_id = read_identity(session.directory)
        return cls(customer or identity, random_id, session.directory, span)

    def matches(self, binding: Binding) -> bool:
        """Tell whether a binding is to this directory.

        The random id still matches after the files declare an identity. If they declare none,
        another checkout of the same repository is the same account, too.
        """
        if binding.identity in (self.declared, self.random_id):
            return True
        return (
            self.declared is None and binding.origin is not None and binding.origin == self.origin()
        )

    def origin(self) -> str | None:
        """Name the repository that the directory is a checkout of, and its path in it."""
        from licsync.workflows.git import origin_of

        return origin_of(self.directory)

    def __str__(self) -> str:
        found = self.declared or self.random_id
        return f"identity {short_identity(found)}" if found else "no identity"


def short_identity(identity: str) -> str:
    """Shorten a random identity for a message, so that no reader can claim it."""
    return f"{identity[:8]}…" if RANDOM_IDENTITY.fullmatch(identity) else identity


def declared_identity(session: Session, desired: Desired) -> str | None:
    """Return the identity that the files of an account declare."""
    return Claim.read(session, desired).declared


def check_identity(session: Session, desired: Desired, binding: Binding | None) -> None:
    """Check that a store binds the account's name to this directory.

    The store below the directory belongs to the directory, unless the files declare an identity.

    Raises:
        Refused: the store binds the name to another account.
    """
    claim = Claim.read(session, desired)
    is_own_store = session.state is None and claim.declared is None
    if binding is None or claim.matches(binding) or is_own_store:
        return
    message = (
        f"The store knows account '{desired.name}' as identity "
        f"{short_identity(binding.identity)}, bound at {binding.at} by {binding.by}; "
        f"the directory '{session.directory}' has {claim}."
    )
    hint = (
        "Another account needs another 'name' or another store. If this is the same account, "
        "moved or cloned again: "
        "licsync store adopt DIR"
    )
    raise Refused(error(Code.ACCOUNT_IDENTITY, message, claim.span, hint))


def check_document(
    document: Mapping[str, Any], session: Session, desired: Desired, shown_as: str
) -> None:
    """Check that an inventory document is of the account that is to use it.

    Raises:
        Refused: the document names another identity than the files declare.
    """
    identity = document.get("identity")
    if not identity:
        return
    claim = Claim.read(session, desired)
    if claim.declared and identity != claim.declared:
        message = (
            f"The inventory '{shown_as}' is that of identity {short_identity(identity)}; "
            f"this account has {claim}."
        )
        hint = "Use the inventory of this account."
        raise Refused(error(Code.ACCOUNT_IDENTITY, message, claim.span, hint))


def read_identity(directory: Path) -> str | None:
    """Read the random id of a directory; None if there is none or it is invalid."""
    from licsync.config.files import read_regular

    try:
        text = read_regular(directory / FILE, _MAX_BYTES).decode("ascii").strip()
    except (OSError, ValueError):
        return None
    return text if RANDOM_IDENTITY.fullmatch(text) else None


def write_identity(directory: Path, identity: str | None = None) -> str:
    """Write an id into a directory.

    Args:
        directory: the account directory.
        identity: the id; None for the existing one, or a new one if there is none.

    Returns:
        the id that the directory has now.

    Raises:
        InputInvalid: the id cannot be written.
    """
    from licsync.workflows.files import write_new

    file = directory / FILE
    if identity is not None:
        write_new(file, identity + "\n", overwrite=True, private=True)
        return identity
    new = secrets.token_hex(16)
    temporary = file.with_name(f"identity.{new}")
    write_new(temporary, new + "\n", private=True)
    with suppress(OSError):  # another process was first, or the file system has no hard links
        os.link(temporary, file)
    if read_identity(directory) is None:
        os.replace(temporary, file)
    temporary.unlink(missing_ok=True)
    return read_identity(directory) or new
