"""Validates an account: reports all errors of its files and references together."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from licsync.diagnostics import Diagnostic, InputInvalid, sort_diagnostics
from licsync.workflows.account import open_account, require_directory
from licsync.workflows.session import Session
from licsync.workflows.state import load_state, validate_state

if TYPE_CHECKING:
    from licsync.model.desired import Desired


@dataclass(frozen=True, slots=True)
class Validation:
    """The result of a validation.

    Attributes:
        desired: the desired state; None if the account section is invalid.
        diagnostics: all errors and warnings, in reading order.
    """

    desired: Desired | None
    diagnostics: list[Diagnostic]


def validate(session: Session) -> Validation:
    """Check the files of an account, and their references in the inventory last seen.

    Raises:
        InputInvalid: the directory does not exist.
        BackendFailed: the store cannot be read.
    """
    require_directory(session.directory)
    try:
        with closing(open_account(session)) as account:
            state = load_state(account)
    except InputInvalid as refused:
        return Validation(None, sort_diagnostics(refused.diagnostics))
    unusable = state.failure.diagnostics if state.failure is not None else []
    return Validation(state.desired, sort_diagnostics([*unusable, *validate_state(state)]))
