"""Tells whether an account directory is the account that a store knows by its name.

The name of an account is what people call it; its identity is what it is: the vendor's customer id,
else a random id. A store binds each name to one identity, so that another directory with the same
name neither sees nor changes the account (decision 18).
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from licsync.diagnostics import Code, Refused, Span, error
from licsync.model.desired import Desired
from licsync.workflows.session import Session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from licsync.store.identities import Binding

FILE = Path(".licsync", "identity")
"""Where a directory keeps an identity that its files do not declare."""

RANDOM_IDENTITY = re.compile(r"[0-9a-f]{32}")
_MOST_BYTES = 100  # of the file of an id, whoever wrote it


@dataclass(frozen=True, slots=True)
class Claim:
    """Who an account directory says that it is.

    Attributes:
        declared: what its files declare: `backend.customer_id`, else `account.identity`.
        kept: the random id that it keeps below `.licsync/`.
        directory: where it is.
        span: where it is declared.
    """

    declared: str | None = None
    kept: str | None = None
    directory: Path = Path()
    span: Span | None = field(default=None, compare=False)

    @classmethod
    def read(cls, session: Session, desired: Desired) -> Claim:
        """Read what a directory and its files say of themselves."""
        customer = desired.account.get("backend", {}).get("customer_id")
        identity = desired.account.get("identity")
        path: tuple[str, ...] = ("name",)
        if customer:
            path = ("backend", "customer_id")
        elif identity:
            path = ("identity",)
        span = desired.where("account", *path)
        kept = read_identity(session.directory)
        return cls(customer or identity, kept, session.directory, span)

    def matches(self, binding: Binding) -> bool:
        """Tell whether a binding is to this directory; a random id that was bound first stays known to it.

        Where nothing is declared, another checkout of the same repository is the same account, too.
        """
        if binding.identity in (self.declared, self.kept):
            return True
        return (
            self.declared is None and binding.origin is not None and binding.origin == self.origin()
        )

    def origin(self) -> str | None:
        """Name the repository that the directory is a checkout of, and its path in there."""
        from licsync.workflows.git import origin_of

        return origin_of(self.directory)

    def __str__(self) -> str:
        found = self.declared or self.kept
        return f"identity {short_identity(found)}" if found else "no identity"


def short_identity(identity: str) -> str:
    """Name an identity in a message; of a random one too little for anybody to claim it."""
    return f"{identity[:8]}…" if RANDOM_IDENTITY.fullmatch(identity) else identity


def declared_identity(session: Session, desired: Desired) -> str | None:
    """Give the identity that the files of an account declare."""
    return Claim.read(session, desired).declared


def check_identity(session: Session, desired: Desired, binding: Binding | None) -> None:
    """Check that the store knows this directory by the account's name.

    The store below the directory is the directory's own: it belongs to whoever the files name, once
    they name somebody.

    Raises:
        Refused: it means another one.
    """
    claim = Claim.read(session, desired)
    is_own_store = session.state is None and claim.declared is None
    if binding is None or claim.matches(binding) or is_own_store:
        return
    message = (
        f"The store knows account '{desired.name}' as identity {short_identity(binding.identity)}, bound at {binding.at} by "
        f"{binding.by}; the directory '{session.directory}' has {claim}."
    )
    hint = (
        "Another account needs another 'name' or another store. If this is the same account, moved or cloned anew: "
        f"licsync store adopt {session.directory}{state_option(session)}"
    )
    raise Refused(error(Code.ACCOUNT_IDENTITY, message, claim.span, hint))


def check_document(
    document: Mapping[str, Any], session: Session, desired: Desired, shown_as: str
) -> None:
    """Check that an inventory document is of the account whose directory is to take it in.

    Raises:
        Refused: it names another identity than the files declare.
    """
    claim, identity = Claim.read(session, desired), document.get("identity")
    if identity and claim.declared and identity != claim.declared:
        message = f"The inventory '{shown_as}' is that of identity {short_identity(identity)}; this account has {claim}."
        raise Refused(
            error(Code.ACCOUNT_IDENTITY, message, claim.span, "Take the inventory of this account.")
        )


def state_option(session: Session) -> str:
    """Give the option that a command needs; its URL, which may hold a password, is not repeated."""
    return " --state URL" if session.state is not None else ""


def read_identity(directory: Path) -> str | None:
    """Read the id that a directory keeps; what is no id of ours counts for nothing."""
    from licsync.config.files import read_regular

    try:
        text = read_regular(directory / FILE, _MOST_BYTES).decode("ascii").strip()
    except (OSError, ValueError):
        return None
    return text if RANDOM_IDENTITY.fullmatch(text) else None


def write_identity(directory: Path, identity: str | None = None) -> str:
    """Keep an id in a directory: the one that is given, else the one that is there or a new one.

    Raises:
        InputInvalid: it cannot be written.
    """
    from licsync.workflows.files import write_new

    file = directory / FILE
    if identity is not None:
        write_new(file, identity + "\n", overwrite=True, private=True)
        return identity
    new = uuid4().hex
    aside = file.with_name(f"identity.{new}")
    write_new(aside, new + "\n", private=True)
    with suppress(OSError):  # another process was first, or there are no hard links here
        os.link(aside, file)
    if read_identity(directory) is None:
        os.replace(aside, file)
    aside.unlink(missing_ok=True)
    return read_identity(directory) or new
