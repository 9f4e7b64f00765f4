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
    """Show the identity of an imported document, which is not written to the files.

    The new files may be for a copy of the account.

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
        "written to the files. If they are for that account and not for a copy of it, copy "
        "'identity' from the document to 'account' in account.yaml."
    )


def bind_identity(account: Account) -> None:
    """Bind the account's name before the first write of its records.

    A message reports the binding in a shared store.

    Raises:
        Refused: the name is bound to another directory.
        InputInvalid: the id cannot be written.
    """
    from licsync.store.identities import Binding, binding_of
    from licsync.store.identities import bind as record

    if account.session.read_only:
        return
    engine, name = account.storage.engine(), account.name  # this checks the binding
    before, claim = binding_of(engine, name), account.claim()
    if before is None:
        identity, origin = (
            claim.declared or claim.random_id or write_identity(account.directory),
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
            f"It is stored in {account.directory / FILE}{known}. For any other copy, put it into "
            "the files: licsync store adopt DIR"
        )


def adopt_identity(account: Account, *, may_replace: bool) -> str:
    """Make the directory and the store agree on the account's identity, and return it.

    The declared identity wins over the store's. If the files declare none, the directory takes the
    store's identity.

    Args:
        account: the account. Its store is opened unchecked.
        may_replace: whether the store may be bound to another identity without asking.

    Raises:
        Refused: the user declined, or a run is not finished. Nothing was changed.
        InputInvalid: the id cannot be written.
    """
    from licsync.store.identities import Binding, binding_of
    from licsync.store.identities import bind as record

    engine, name, claim = account.storage.engine(checked=False), account.name, account.claim()
    before = binding_of(engine, name)
    if claim.declared is None and before is not None:
        if not RANDOM_IDENTITY.fullmatch(before.identity):
            message = (
                f"The store knows account '{name}' as identity {before.identity}, "
                "which the files do not declare."
            )
            hint = (
                f"Declare 'backend: {{customer_id: {before.identity}}}' or "
                f"'identity: {before.identity}' in 'account'."
            )
            raise Refused(error(Code.ACCOUNT_IDENTITY, message, claim.span, hint))
        return write_identity(account.directory, before.identity)
    identity = claim.declared or claim.random_id or write_identity(account.directory)
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
    """Ask whether the store may be bound to another identity.

    Raises:
        Refused: the answer was no, or nobody can answer.
    """
    from licsync.store.runs import SqlStore

    name = account.name
    bound = f"The store knows account '{name}' as identity {short_identity(before.identity)}"
    run = SqlStore(account.storage.engine(checked=False)).open_run(name)
    if run is not None:
        message = f"{bound}, whose run {run.id} was not finished."
        hint = (
            f"Resume or close it from the directory of identity {short_identity(before.identity)}."
        )
        raise Refused(error(Code.RUN_UNFINISHED, message, hint=hint))
    account.session.output.message(
        f"{bound}, bound at {before.at} by {before.by}; the files declare {claim}."
    )
    if not may_replace and not account.session.output.confirm(
        f"Bind '{name}' with all its history to {claim}?"
    ):
        raise Refused(error(Code.ACCOUNT_IDENTITY, "Nothing was changed.", claim.span))


def refuse_renamed(account: Account) -> None:
    """Refuse to work while a run of this directory is open under its previous account name.

    In the store below the directory every run is of this directory, in a shared store those of its
    identity are.

    Raises:
        Refused: such a run is open.
    """
    from licsync.store.identities import binding_of

    if not account.storage.exists():
        return
    name, claim = account.name, account.claim()
    runs = account.storage.runs().open_runs()
    if any(run.account == name for run in runs):  # the engine reports or resumes it
        return
    for run in runs:
        binding = binding_of(account.storage.engine(), run.account)
        is_own = claim.matches(binding) if binding is not None else False
        if not (is_own or account.session.state is None):
            continue
        message = (
            f"The run {run.id} of {run.actor}, begun at {run.started_at}, was not finished. It "
            f"belongs to the account '{run.account}', and the files now call the account '{name}'."
        )
        hint = (
            f"Set account.name back to '{run.account}', then resume it: "
            "licsync apply DIR --resume. Or close it as it is: licsync apply DIR --abandon. "
            "Rename the account afterwards."
        )
        raise Refused(
            error(Code.RUN_UNFINISHED, message, account.desired.where("account", "name"), hint)
        )
