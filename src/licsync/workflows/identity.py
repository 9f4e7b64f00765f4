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

from licsync.cli import output as console
from licsync.diagnostics import Code, Refused, Span, error
from licsync.model.license import format_instant
from licsync.workflows.environment import owner
from licsync.workflows.storage import clock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from licsync.store.identities import Binding
    from licsync.workflows.account import Account
    from licsync.workflows.storage import Storage

FILE = Path(".licsync", "identity")
"""Where a directory keeps an identity that its files do not declare."""

_RANDOM = re.compile(r"[0-9a-f]{32}")
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
    def read(cls, account: Storage) -> Claim:
        """Read what a directory says of itself."""
        desired = account.desired
        if desired is None:
            return cls()
        customer, identity = account.settings.get("customer_id"), desired.account.get("identity")
        path = ("backend", "customer_id") if customer else ("identity",) if identity else ("name",)
        span = desired.where("account", *path)
        return cls(customer or identity, _read_identity(account.directory), account.directory, span)

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
    return f"{identity[:8]}…" if _RANDOM.fullmatch(identity) else identity


def declared_identity(account: Storage) -> str | None:
    """Give the identity that the files of an account declare."""
    return Claim.read(account).declared


def check_identity(account: Storage, binding: Binding | None) -> None:
    """Look whether the store means this directory by the account's name.

    The store below the directory is the directory's own: it belongs to whoever the files name, once
    they name somebody.

    Raises:
        Refused: it means another one.
    """
    claim = Claim.read(account)
    if (
        binding is None
        or claim.matches(binding)
        or (account.state is None and claim.declared is None)
    ):
        return
    assert account.desired is not None
    name = account.desired.name
    message = (
        f"The store knows account '{name}' as identity {short_identity(binding.identity)}, bound at {binding.at} by "
        f"{binding.by}; the directory '{account.directory}' has {claim}."
    )
    hint = (
        "Another account needs another 'name' or another store. If this is the same account, moved or cloned anew: "
        f"licsync store adopt {account.directory}{_with_state(account)}"
    )
    raise Refused(error(Code.ACCOUNT_IDENTITY, message, claim.span, hint))


def check_document(document: Mapping[str, Any], account: Account, shown_as: str) -> None:
    """Look whether an inventory document is of the account whose directory is to take it in.

    Raises:
        Refused: it names another identity than the files declare.
    """
    claim, identity = Claim.read(account), document.get("identity")
    if identity and claim.declared and identity != claim.declared:
        message = f"The inventory '{shown_as}' is that of identity {short_identity(identity)}; this account has {claim}."
        raise Refused(
            error(Code.ACCOUNT_IDENTITY, message, claim.span, "Take the inventory of this account.")
        )


def print_identity(document: Mapping[str, Any], account: Account | None, shown_as: str) -> None:
    """Say of which identity a document is that files are made of: they declare none, for they may be a copy's.

    Raises:
        Refused: the files declare another one.
    """
    identity = document.get("identity")
    if not identity:
        return
    if account is not None:
        check_document(document, account, shown_as)
        if Claim.read(account).declared == identity:
            return
    console.print_message(
        f"The inventory '{shown_as}' is that of identity {short_identity(identity)}, "
        "which is not written to the files. If they are to be that account, and not a copy of it, "
        "copy 'identity' from the document to 'account' in account.yaml."
    )


def bind_identity(account: Account) -> None:
    """Bind the account's name before its records are written for the first time, and say so where a store is shared.

    Raises:
        Refused: another directory was first.
        InputInvalid: the id cannot be kept.
    """
    from licsync.store.identities import Binding, binding_of
    from licsync.store.identities import bind as record

    if account.read_only:
        return
    assert account.desired is not None
    engine, name = account.engine(), account.desired.name  # which has checked the binding
    before, claim = binding_of(engine, name), Claim.read(account)
    if before is None:
        identity, origin = (
            claim.declared or claim.kept or _write_identity(account.directory),
            claim.origin(),
        )
    else:
        identity, origin = claim.declared or before.identity, before.origin or claim.origin()
        if (identity, origin) == (before.identity, before.origin):
            return
    is_known = before is not None or not account.embedded_backend().is_empty()
    binding = record(
        engine, name, Binding(identity, format_instant(clock()), owner(), origin), before
    )
    check_identity(account, binding)
    if before is not None and before.identity == identity:
        return
    if account.state is not None or is_known:
        console.print_message(
            f"Account '{name}' is identity {short_identity(identity)} in this store from now on."
        )
    if account.state is not None and claim.declared is None:
        known = f", and other checkouts of {origin} are known by that" if origin else ""
        console.print_message(
            f"It is kept in {account.directory / FILE}{known}. For any other copy, put it into the files: "
            f"licsync store adopt {account.directory}{_with_state(account)}"
        )


def adopt_identity(account: Account, *, may_replace: bool) -> str:
    """Make the directory and the store agree who the account is; give the identity.

    What the files declare wins over the store; where they declare nothing, the directory takes the
    store's identity.

    Args:
        account: the account, whose store is opened unchecked.
        may_replace: whether the store may be bound to another identity without asking.

    Raises:
        Refused: nothing was changed: nobody agreed, or a run was not finished.
        InputInvalid: the id cannot be kept.
    """
    from licsync.store.identities import Binding, binding_of
    from licsync.store.identities import bind as record

    assert account.desired is not None
    engine, name, claim = account.engine(checked=False), account.desired.name, Claim.read(account)
    before = binding_of(engine, name)
    if claim.declared is None and before is not None:
        if not _RANDOM.fullmatch(before.identity):
            message = f"The store knows account '{name}' as identity {before.identity}, which the files do not declare."
            hint = f"Declare 'backend: {{customer_id: {before.identity}}}' or 'identity: {before.identity}' in 'account'."
            raise Refused(error(Code.ACCOUNT_IDENTITY, message, claim.span, hint))
        return _write_identity(account.directory, before.identity)
    identity = claim.declared or claim.kept or _write_identity(account.directory)
    if before is not None and before.identity != identity:
        _agree(account, before, claim, may_replace=may_replace)
    if before is None or before.identity != identity:
        record(
            engine,
            name,
            Binding(identity, format_instant(clock()), owner(), claim.origin()),
            before,
        )
    return identity


def _agree(account: Account, before: Binding, claim: Claim, *, may_replace: bool) -> None:
    """Ask whether the store may be bound to another identity. Raises Refused."""
    from licsync.store.runs import SqlStore

    assert account.desired is not None
    name = account.desired.name
    bound = f"The store knows account '{name}' as identity {short_identity(before.identity)}"
    run = SqlStore(account.engine(checked=False)).open_run(name)
    if run is not None:
        message = f"{bound}, whose run {run.id} was not finished."
        hint = f"Go on with it, or close it, from the directory of identity {short_identity(before.identity)}."
        raise Refused(error(Code.RUN_UNFINISHED, message, hint=hint))
    console.print_message(
        f"{bound}, bound at {before.at} by {before.by}; the files declare {claim}."
    )
    if not may_replace and not console.confirm(
        f"Is '{name}' to be {claim} from now on, with all its history?"
    ):
        raise Refused(error(Code.ACCOUNT_IDENTITY, "Nothing was changed.", claim.span))


def refuse_renamed(account: Account) -> None:
    """Look whether a run of this directory is open under another name, which its files had when it was begun.

    In the store below the directory every run is the directory's own; in a shared one, those of its
    identity are.

    Raises:
        Refused: one is.
    """
    from licsync.store.identities import binding_of

    assert account.desired is not None
    if not account.has_store():
        return
    name, claim = account.desired.name, Claim.read(account)
    runs = account.store().open_runs()
    if any(run.account == name for run in runs):  # which is told, or gone on with, as any other
        return
    for run in runs:
        binding = binding_of(account.engine(), run.account)
        is_own = claim.matches(binding) if binding is not None else False
        if not (is_own or account.state is None):
            continue
        message = (
            f"The run {run.id} of {run.actor}, begun at {run.started_at}, was not finished. It is one of the account "
            f"'{run.account}', and the files call the account '{name}' now."
        )
        hint = (
            f"Set account.name back to '{run.account}', then go on with it: licsync apply DIR --resume. "
            "Or close it as it is: licsync apply DIR --abandon. Rename the account afterwards."
        )
        raise Refused(
            error(Code.RUN_UNFINISHED, message, account.desired.where("account", "name"), hint)
        )


def _with_state(account: Storage) -> str:
    """Say that a command needs the option; its URL, which may hold a password, is not repeated."""
    return " --state URL" if account.state is not None else ""


def _read_identity(directory: Path) -> str | None:
    """Read the id that a directory keeps; what is no id of ours counts for nothing."""
    from licsync.config.files import read_regular

    try:
        text = read_regular(directory / FILE, _MOST_BYTES).decode("ascii").strip()
    except (OSError, ValueError):
        return None
    return text if _RANDOM.fullmatch(text) else None


def _write_identity(directory: Path, identity: str | None = None) -> str:
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
    if _read_identity(directory) is None:
        os.replace(aside, file)
    aside.unlink(missing_ok=True)
    return _read_identity(directory) or new
