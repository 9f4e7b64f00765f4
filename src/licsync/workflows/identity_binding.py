"""Binds the name of an account in the store to the account's identity (decision 18)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from licsync.diagnostics import Code, Refused, error
from licsync.model.license import format_instant
from licsync.workflows.account import Account
from licsync.workflows.identity import (
    FILE,
    RANDOM_IDENTITY,
    Claim,
    check_document,
    check_identity,
    short_identity,
    state_option,
    write_identity,
)
from licsync.workflows.output import Output
from licsync.workflows.session import clock, owner

if TYPE_CHECKING:
    from collections.abc import Mapping

    from licsync.store.identities import Binding


def show_identity(
    document: Mapping[str, Any], account: Account | None, shown_as: str, output: Output
) -> None:
    """Show whose identity an imported document has: files declare none, for they may be a copy's.

    Raises:
        Refused: the files declare another identity.
    """
    identity = document.get("identity")
    if not identity:
        return
    if account is not None:
        check_document(document, account.session, account.desired, shown_as)
        if account.claim().declared == identity:
            return
    output.message(
        f"The inventory '{shown_as}' is that of identity {short_identity(identity)}, which is not "
        "written to the files. If they are to be that account, and not a copy of it, copy "
        "'identity' from the document to 'account' in account.yaml."
    )


def bind_identity(account: Account) -> None:
    """Bind the account's name before its records are written for the first time, and say so where a store is shared.

    Raises:
        Refused: another directory was first.
        InputInvalid: the id cannot be kept.
    """
    from licsync.store.identities import Binding, binding_of
    from licsync.store.identities import bind as record

    if account.session.read_only:
        return
    engine, name = account.storage.engine(), account.name  # which has checked the binding
    before, claim = binding_of(engine, name), account.claim()
    if before is None:
        identity, origin = (
            claim.declared or claim.kept or write_identity(account.directory),
            claim.origin(),
        )
    else:
        identity, origin = claim.declared or before.identity, before.origin or claim.origin()
        if (identity, origin) == (before.identity, before.origin):
            return
    is_known = before is not None or not account.storage.embedded_backend().is_empty()
    binding = record(
        engine, name, Binding(identity, format_instant(clock()), owner(), origin), before
    )
    check_identity(account.session, account.desired, binding)
    if before is not None and before.identity == identity:
        return
    if account.session.state is not None or is_known:
        account.session.output.message(
            f"Account '{name}' is identity {short_identity(identity)} in this store from now on."
        )
    if account.session.state is not None and claim.declared is None:
        known = f", and other checkouts of {origin} are known by that" if origin else ""
        account.session.output.message(
            f"It is kept in {account.directory / FILE}{known}. For any other copy, put it into the files: "
            f"licsync store adopt {account.directory}{state_option(account.session)}"
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

    engine, name, claim = account.storage.engine(checked=False), account.name, account.claim()
    before = binding_of(engine, name)
    if claim.declared is None and before is not None:
        if not RANDOM_IDENTITY.fullmatch(before.identity):
            message = f"The store knows account '{name}' as identity {before.identity}, which the files do not declare."
            hint = f"Declare 'backend: {{customer_id: {before.identity}}}' or 'identity: {before.identity}' in 'account'."
            raise Refused(error(Code.ACCOUNT_IDENTITY, message, claim.span, hint))
        return write_identity(account.directory, before.identity)
    identity = claim.declared or claim.kept or write_identity(account.directory)
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

    name = account.name
    bound = f"The store knows account '{name}' as identity {short_identity(before.identity)}"
    run = SqlStore(account.storage.engine(checked=False)).open_run(name)
    if run is not None:
        message = f"{bound}, whose run {run.id} was not finished."
        hint = f"Go on with it, or close it, from the directory of identity {short_identity(before.identity)}."
        raise Refused(error(Code.RUN_UNFINISHED, message, hint=hint))
    account.session.output.message(
        f"{bound}, bound at {before.at} by {before.by}; the files declare {claim}."
    )
    if not may_replace and not account.session.output.confirm(
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

    if not account.storage.exists():
        return
    name, claim = account.name, account.claim()
    runs = account.storage.runs().open_runs()
    if any(run.account == name for run in runs):  # which is told, or gone on with, as any other
        return
    for run in runs:
        binding = binding_of(account.storage.engine(), run.account)
        is_own = claim.matches(binding) if binding is not None else False
        if not (is_own or account.session.state is None):
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
