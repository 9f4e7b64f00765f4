"""Config-as-code for the licenses of an 8x8 cloud phone system.

The functions below are the use cases of the command line, for Python programs:

>>> import licsync
>>> from pathlib import Path
>>> plan = licsync.plan(Path("examples/accounts/acme"), now="2026-11-24")
>>> plan.summary["license.upgrade"]
2
>>> [diagnostic.code.value for diagnostic in licsync.validate(Path("examples/accounts/acme"))]
[]

`licsync.apply` applies only the plan with the approved digest:

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

# The functions import what they need, because the command line imports this module and must start
# fast.


def validate(directory: Path, *, state: str | None = None) -> list[Diagnostic]:
    """Check the files of an account, and its references in the inventory last seen.

    Args:
        directory: the account directory.
        state: the URL of the store; None for the store below the directory.

    Returns:
        every error and warning of the files, in reading order; empty if they are valid.

    Raises:
        InputInvalid: the directory does not exist.
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
    require_fresh: bool = False,
) -> Plan:
    """Plan the changes that turn the inventory of an account into its desired state.

    Planning changes neither the account nor the files.

    Args:
        directory: the account directory.
        state: the URL of the store; None for the store below the directory.
        now: the instant or day to plan for; None for the current time.
        targets: the resources to plan, such as `users/NAME`; empty for all.
        excludes: resources that the plan leaves out.
        allow_loss: whether license changes may lose settings that 8x8's API cannot keep.
        require_fresh: whether an exported inventory that is older than the account allows is an
            error of the plan.

    Returns:
        the plan. Its `diagnostics` hold errors and warnings.

    Raises:
        InputInvalid: the files or the inventory cannot be used.
        CredentialsMissing: 8x8's API key is missing or was rejected.
    """
    from contextlib import closing

    from licsync.workflows.account import open_account
    from licsync.workflows.planning import PlanRequest, plan_account
    from licsync.workflows.session import Session

    request = PlanRequest(targets, excludes, allow_loss=allow_loss, require_fresh=require_fresh)
    with closing(open_account(Session(directory, state, _instant(now)))) as account:
        return plan_account(account, request)[1]


def apply(
    directory: Path,
    *,
    digest: str,
    state: str | None = None,
    now: datetime | str | None = None,
    allow_loss: bool = False,
    require_fresh: bool = False,
    listener: Callable[[Event], None] = lambda event: None,
) -> Outcome:
    """Plan an account again, and apply the plan if its digest is the approved one.

    Args:
        directory: the account directory.
        digest: the digest of the plan that was approved.
        state: the URL of the store; None for the store below the directory.
        now: the instant or day to act by; None for the current time.
        allow_loss: the value that the approved plan was made with.
        require_fresh: whether to refuse an exported inventory that is older than the account
            allows.
        listener: receives each event of the run.

    Returns:
        which actions are done, failed and left.

    Raises:
        InputInvalid: the files or the inventory cannot be used, or the plan has errors.
        Refused: the digest of the plan differs, or limits forbid the plan.
        Locked: another run works on the account.
        CredentialsMissing: 8x8's API key is missing or was rejected.
    """
    from contextlib import closing

    from licsync.workflows.account import open_account
    from licsync.workflows.apply import ApplyOptions, apply_approved
    from licsync.workflows.planning import PlanRequest
    from licsync.workflows.session import Session

    options = ApplyOptions(listener)
    request = PlanRequest(allow_loss=allow_loss, require_fresh=require_fresh)
    with closing(open_account(Session(directory, state, _instant(now), is_apply=True))) as account:
        return apply_approved(account, digest, options, request)


def _instant(now: datetime | str | None) -> datetime | None:
    from licsync.model.license import parse_day_or_instant

    return parse_day_or_instant(now) if isinstance(now, str) else now
