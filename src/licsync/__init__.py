"""Config-as-code for the licenses of an 8x8 cloud phone system.

The functions below are the use cases of the command line, for Python programs:

>>> import licsync
>>> from pathlib import Path
>>> plan = licsync.plan(Path("examples/accounts/acme"), now="2026-11-24")
>>> plan.summary["license.upgrade"]
2
>>> [diagnostic.code.value for diagnostic in licsync.validate(Path("examples/accounts/acme"))]
[]

`licsync.apply` applies a plan, and nothing but that plan:

>>> import shutil, tempfile
>>> directory = Path(tempfile.mkdtemp()) / "acme"
>>> _ = shutil.copytree("examples/accounts/acme", directory)
>>> plan = licsync.plan(directory, now="2026-11-24")
>>> outcome = licsync.apply(directory, digest=plan.digest, now="2026-11-24")
>>> outcome.is_complete, len(outcome.done)
(True, 24)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from licsync.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from licsync.diagnostics import Diagnostic
    from licsync.engine.events import Event, Outcome
    from licsync.planning.plan import Plan

__all__ = ["__version__", "apply", "plan", "validate"]

# Everything is imported when a function is called: the command line imports this module, too, and
# starts faster without.


def validate(directory: Path, *, state: str | None = None) -> list[Diagnostic]:
    """Check the files of an account, and look up references in the inventory last seen.

    Args:
        directory: the account directory.
        state: the URL of the store; None for the store below the directory.

    Returns:
        every fault of the files, in reading order; none where they are valid.

    Raises:
        InputInvalid: there is no such directory.
    """
    from licsync.workflows.session import Session
    from licsync.workflows.validation import validate as validate_account

    return validate_account(Session(directory, state)).diagnostics


def plan(
    directory: Path,
    *,
    state: str | None = None,
    now: datetime | str | None = None,
    targets: Sequence[str] = (),
    excludes: Sequence[str] = (),
    allow_loss: bool = False,
) -> Plan:
    """Plan what turns the inventory of an account into what its files declare. Changes nothing.

    Args:
        directory: the account directory.
        state: the URL of the store; None for the store below the directory.
        now: the instant or day to plan for; None for the clock's.
        targets: resources that the plan is narrowed to, such as `users/NAME`; empty for all.
        excludes: resources that the plan leaves out.
        allow_loss: whether changes of license may lose what the vendor's API cannot keep.

    Returns:
        the plan; what speaks against it is in its `diagnostics`.

    Raises:
        InputInvalid: the files or the inventory cannot be used.
        CredentialsMissing: there is no key for the vendor's API, or it is not accepted.
    """
    from licsync.workflows.account import open_account
    from licsync.workflows.backends import plan_account
    from licsync.workflows.planning import PlanRequest
    from licsync.workflows.session import Session

    account = open_account(Session(directory, state, _instant(now)))
    try:
        request = PlanRequest(targets, excludes, allow_loss=allow_loss)
        return plan_account(account, request)[1]
    finally:
        account.close()


def apply(
    directory: Path,
    *,
    digest: str,
    state: str | None = None,
    now: datetime | str | None = None,
    allow_loss: bool = False,
    listener: Callable[[Event], None] = lambda event: None,
) -> Outcome:
    """Plan an account again, and apply the plan if it is the approved one.

    Args:
        directory: the account directory.
        digest: the digest of the plan that was approved.
        state: the URL of the store; None for the store below the directory.
        now: the instant or day to act by; None for the clock's.
        allow_loss: as the approved plan was made with.
        listener: is told of each event of the run.

    Returns:
        what was done, what failed, and what is left.

    Raises:
        InputInvalid: the files or the inventory cannot be used, or the plan has errors.
        Refused: the plan is not the approved one, or limits forbid it.
        Locked: another run works on the account.
        CredentialsMissing: there is no key for the vendor's API, or it is not accepted.
    """
    from licsync.workflows.account import open_account
    from licsync.workflows.apply import ApplyOptions, apply_approved
    from licsync.workflows.planning import PlanRequest
    from licsync.workflows.session import Session

    account = open_account(Session(directory, state, _instant(now), is_apply=True))
    try:
        options = ApplyOptions(listener)
        return apply_approved(account, digest, options, PlanRequest(allow_loss=allow_loss))
    finally:
        account.close()


def _instant(now: datetime | str | None) -> datetime | None:
    from licsync.model.license import parse_day_or_instant

    return parse_day_or_instant(now) if isinstance(now, str) else now
