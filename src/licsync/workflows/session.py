"""A session: one use of an account directory, with its time, its options and its user."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from licsync.diagnostics import Code, InputInvalid, error
from licsync.model.environment import CEILINGS
from licsync.workflows.output import Output, Silent

if TYPE_CHECKING:
    from licsync.engine.fleet import UnsentMessage

TEST_CLOCK = "LICSYNC_TEST_CLOCK"
"""The environment variable that makes `--now` replace the clock, or that is itself the instant at
which the clock stands: for tests only.
"""

READ_ONLY = "LICSYNC_READ_ONLY"
"""The environment variable that forbids every command to write to stores and caches."""

_YES = frozenset(("1", "true", "yes", "on"))
_NO = frozenset(("", "0", "false", "no", "off"))

_SAME_TIME = timedelta(minutes=1)
"""Instants that are closer to each other are the same for a plan."""


def clock() -> datetime:
    """Return the current instant.

    Raises:
        InputInvalid: the variable that stops the clock is invalid.
    """
    return stopped_clock() or datetime.now(UTC)


def stopped_clock(environ: Mapping[str, str] = os.environ) -> datetime | None:
    """Return the instant at which a test has stopped the clock.

    Raises:
        InputInvalid: the variable is neither 1 nor an instant.
    """
    value = environ.get(TEST_CLOCK, "")
    if value in ("", "1"):
        return None
    from licsync.model.license import parse_day_or_instant

    try:
        return parse_day_or_instant(value)
    except (ValueError, OverflowError) as fault:
        message = f"{TEST_CLOCK} must be 1 or an ISO 8601 instant, not {value!r}."
        hint = f"Unset {TEST_CLOCK}: it is only for tests."
        raise InputInvalid(error(Code.INVALID_VALUE, message, hint=hint)) from fault


def is_read_only(environ: Mapping[str, str] = os.environ) -> bool:
    """Tell whether the environment forbids writing.

    Raises:
        InputInvalid: the variable is neither yes nor no.
    """
    value = environ.get(READ_ONLY, "").strip().casefold()
    if value not in _YES | _NO:
        message = f"{READ_ONLY} must be yes or no, not {environ[READ_ONLY]!r}."
        hint = f"Write {READ_ONLY}=1, or unset it."
        raise InputInvalid(error(Code.INVALID_VALUE, message, hint=hint))
    return value in _YES


Ceilings = Sequence[tuple[str, int | str]]
"""Verbs with their most actions: a number, or a share of the users."""


def limits_of(environ: Mapping[str, str] = os.environ) -> Ceilings:
    """Read the most actions of each verb that the operator allows: `delete=0 suspend=5%`.

    Raises:
        InputInvalid: the variable does not say so.
    """
    words = environ.get(CEILINGS, "").replace(",", " ").split()
    if not words:
        return ()
    from pydantic import TypeAdapter

    from licsync.model.account_declarations import Limits
    from licsync.model.fields import CountOrShare
    from licsync.model.scalars import Plain

    verbs, found = tuple(Limits.__annotations__), []
    for word in words:
        verb, _, most = word.partition("=")
        try:
            if verb not in verbs:
                raise ValueError
            found.append((verb, TypeAdapter(CountOrShare).validate_python(Plain(most))))
        except ValueError as fault:  # of pydantic, too
            message = f"{CEILINGS}: '{word}' is not a limit of a verb."
            hint = f"Write {CEILINGS}='delete=0 suspend=5%'. Verbs: {', '.join(verbs)}."
            raise InputInvalid(error(Code.INVALID_VALUE, message, hint=hint)) from fault
    return found


@dataclass(frozen=True, slots=True)
class Session:
    """One use of an account directory.

    There is one clock, `clock`. `--now` moves what a plan is made for, and nothing else, so a use
    case asks for an instant by what it is for:

    - `now`: to plan and act by.
    - `record_time`: to write into records, such as the history.
    - `due_time`: to decide whether a date has passed.

    Attributes:
        directory: the account directory.
        state: the URL of the store; None for the store below the directory.
        at: the instant of `--now`; None for the clock's.
        jobs: how many processes may work; None for one per core.
        use_cache: whether the caches of earlier plans may be used.
        read_only: whether the store and the caches must not be written.
        limits: the most actions of each verb that the operator allows.
        is_apply: whether plans are applied at once.
        output: shows the messages of use cases.
        outbox: takes the notifications that a fleet sends; None to send them at once.
    """

    directory: Path
    state: str | None = None
    at: datetime | None = None
    jobs: int | None = None
    use_cache: bool = True
    read_only: bool = field(default_factory=is_read_only)
    is_apply: bool = False
    limits: Ceilings = field(default_factory=limits_of)
    output: Output = field(default_factory=Silent)
    outbox: list[UnsentMessage] | None = None

    def now(self) -> datetime:
        """Return the instant to plan and act by: that of `--now`, else the clock's.

        Raises:
            InputInvalid: the variable that stops the clock is invalid.
        """
        return self.at or clock()

    def planned_for(self, present: datetime) -> datetime | None:
        """Return the instant of `--now` if it is not the present: for plans and runs to name it.

        Args:
            present: the instant that the clock shows.
        """
        return self.at if self.at and abs(self.at - present) >= _SAME_TIME else None

    def record_time(self) -> datetime:
        """Return the clock's instant, for records. In a test, `--now` can replace the clock.

        Raises:
            InputInvalid: the variable that stops the clock is invalid.
        """
        return self.now() if os.environ.get(TEST_CLOCK) else clock()

    def due_time(self) -> datetime:
        """Return the instant that decides whether a date has passed: expiry, approval, offboarding.

        An apply uses the later of the clock and the planned instant, so that no option can undo a
        date that has passed.

        Raises:
            InputInvalid: the variable that stops the clock is invalid.
        """
        return max(self.now(), self.record_time()) if self.is_apply else self.now()


def owner() -> str:
    """Name who runs this as `user@host`: for locks and the history."""
    import getpass
    import socket

    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "unknown"
    return f"{user}@{socket.gethostname()}"


def run_link(environment: Mapping[str, str]) -> str | None:
    """Find the link of the CI job: `LICSYNC_RUN_URL`, or what GitHub, GitLab or Jenkins set."""
    for name in ("LICSYNC_RUN_URL", "CI_JOB_URL", "BUILD_URL"):
        if link := environment.get(name):
            return link
    parts = [environment.get(f"GITHUB_{name}") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID")]
    return "{}/{}/actions/runs/{}".format(*parts) if all(parts) else None
