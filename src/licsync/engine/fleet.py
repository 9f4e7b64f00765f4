"""The port through which the jobs of a fleet run.

A job is one command on one account. A runner decides where and when the command runs: in child
processes of this machine, or on other machines. A job holds no secret, so it may be written to a
queue; it only says where the secrets of the account are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Literal, NotRequired, Protocol, cast

from typing_extensions import TypedDict

from licsync.diagnostics.exit_codes import Exit
from licsync.model.fleet_declarations import SecretReference
from licsync.model.notify_declarations import Channel, EventNotification

FleetVerb = Literal["plan", "apply", "drift", "validate"]
"""The commands that run on an account."""

RunEnd = Literal["done", "stopped", "interrupted"]
"""How a runner ended: with all jobs, at the request of `on_result`, or by a signal."""

RESULT_ORDER = (
    Exit.INTERRUPTED,
    Exit.CREDENTIALS,
    Exit.LOCKED,
    Exit.PARTLY,
    Exit.REFUSED,
    Exit.FAILED,
    Exit.CHANGES,
    Exit.DONE,
)
"""Exit codes, the most important first: a fleet exits with the first of them that occurred."""

FAULTLESS = frozenset((Exit.DONE, Exit.CHANGES))
"""Exit codes of commands that ended without a fault."""

RESUMABLE = frozenset((Exit.PARTLY, Exit.LOCKED, Exit.CREDENTIALS, Exit.INTERRUPTED))
"""Exit codes of an apply that `--resume` continues."""


def exit_of(codes: Iterable[int]) -> int:
    """Return the exit code of a fleet from those of its accounts; 0 if there are none."""
    found = set(codes)
    unknown = Exit.FAILED if found - set(RESULT_ORDER) else Exit.DONE
    return next((code for code in RESULT_ORDER if code in found | {unknown}), Exit.DONE)


class LicenseUse(TypedDict):
    """The use of one license type in one country."""

    type: str
    country: str
    owned: int
    assigned: int
    suspended: int


class AccountSummary(TypedDict):
    """What a command found out about an account, in numbers.

    Attributes:
        changes: actions of the plan.
        removals: those of them that suspend, unassign or delete.
        short_by: licenses that the plan lacks.
        costs: the change of the monthly bill, by currency.
        digest: the digest of the plan.
        inventory_at: the instant of the oldest part of the inventory; empty if it is unknown.
        licenses: the use of each license type before the plan; without what 8x8 removed.
        drift: values that were changed in the console since the last apply; only of `drift`.
        applied: actions that are done; only of `apply`.
    """

    changes: int
    removals: int
    short_by: int
    costs: dict[str, str]
    digest: str
    inventory_at: str
    licenses: list[LicenseUse]
    drift: NotRequired[int]
    applied: NotRequired[int]


class SentBefore(TypedDict):
    """The last message about an event on a channel (`store.notifications.SentMessage`)."""

    fingerprint: str
    at: str
    sending_since: NotRequired[str]


class UnsentMessage(TypedDict):
    """A message about an account that its command leaves to the fleet.

    Attributes:
        account: the name of the account in its store.
        channel: the name of the channel.
        declared: the channel.
        before: the last message about the event on the channel; None without one.
        fingerprint: tells the message from the last one.
        number: how many of what the message is about.
        notification: the message.
    """

    account: str
    channel: str
    declared: Channel
    before: SentBefore | None
    fingerprint: str
    number: int
    notification: EventNotification


@dataclass(frozen=True, slots=True)
class AccountJob:
    """One command on one account.

    Attributes:
        account: the account's directory, relative to the fleet file: its name in the fleet.
        directory: the same, absolute.
        organization: what 8x8 limits together. No two jobs of one organization run at once. It is
            the customer id, else the declared identity, else the absolute directory.
        verb: the command.
        arguments: further words of its command line.
        limits: the most actions of each verb; the files of the account cannot raise them.
        secrets: where the account's secrets are, by the variable that the command reads.
        withheld: variables of the environment that the command must not see, because they hold
            secrets of other accounts.
        channels: the channels for notifications of the fleet.
    """

    account: str
    directory: str
    organization: str
    verb: FleetVerb
    arguments: tuple[str, ...] = ()
    limits: Mapping[str, int | str] = field(default_factory=dict)
    secrets: Mapping[str, SecretReference] = field(default_factory=dict)
    withheld: tuple[str, ...] = ()
    channels: Mapping[str, Channel] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AccountResult:
    """The result of a job.

    Attributes:
        account: the account, as in the job.
        verb: the command.
        exit_code: what the command ended with.
        started_at: when it started, ISO 8601.
        finished_at: when it ended.
        summary: what it found; None if it ended before that.
        text: what it showed, for people. Not stored.
        error: what it said of faults and progress, without secrets.
        document: the plan or the drift as JSON; None if it ended before that. Not stored.
        codes: the codes of the errors that ended it. Not stored.
        messages: the messages that are to be sent. Not stored.
    """

    account: str
    verb: FleetVerb
    exit_code: int
    started_at: str
    finished_at: str
    summary: AccountSummary | None = None
    text: str = field(default="", repr=False)
    error: str = field(default="", repr=False)
    document: Mapping[str, object] | None = field(default=None, repr=False)
    codes: Sequence[str] = ()
    messages: Sequence[UnsentMessage] = field(default=(), repr=False)

    def to_json(self) -> dict[str, object]:
        """Return the document form."""
        return asdict(self)

    @classmethod
    def from_json(cls, doc: Mapping[str, object]) -> AccountResult:
        """Read the document form."""
        known = {field.name for field in fields(cls)}  # another version may know more
        values = {name: value for name, value in doc.items() if name in known}
        for name in ("codes", "messages"):
            values[name] = tuple(cast(Sequence[object], doc.get(name, ())))
        return cls(**values)  # type: ignore[arg-type]


OnResult = Callable[[AccountResult], bool]
"""Takes each result as it arrives, and says whether further jobs may start."""


class FleetRunner(Protocol):
    """Runs jobs.

    Every runner keeps these rules (`tests/workflows/fleet/test_runner_contract.py`):

    - It calls `on_result` once for each job that it started, one call at a time, in the thread that
      called `run`. A command that cannot be run, or that dies, has a result, too.
    - No two jobs of one organization run at once, also across callers if the runner has several.
    - The fault of one job costs no other.
    - After `on_result` returned False, or after the first SIGINT, SIGTERM or SIGHUP, no further job
      starts. Jobs that run end after the steps that are in flight, and have a result.
    - A job's secrets reach its command alone, and no result.
    """

    def run(self, jobs: Sequence[AccountJob], on_result: OnResult) -> RunEnd:
        """Run the jobs, and return when none of them runs any more."""
        ...


# --- what a fleet remembers -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FleetRun:
    """One command on a fleet.

    Attributes:
        id: its name.
        fleet: the fleet's name.
        verb: the command.
        actor: who started it.
        started_at: when it started, ISO 8601.
        jobs: the accounts that it is for; for an apply with the digests of their plans.
        link: the CI job.
        finished_at: when it ended; None while it runs, and if its process died.
        ending: how it ended.
        digest: the digest of the fleet: the one that was planned, or applied.
        scope: options that narrow the plans of its accounts; None if an older licsync, which did
            not record them, began the run.
        is_alive: whether its process runs on this machine.
    """

    id: str
    fleet: str
    verb: FleetVerb
    actor: str
    started_at: str
    jobs: Mapping[str, str]
    link: str | None = None
    finished_at: str | None = None
    ending: RunEnd | None = None
    digest: str | None = None
    scope: tuple[str, ...] | None = ()
    is_alive: bool = False


@dataclass(frozen=True, slots=True)
class StoredResult:
    """A result as it is remembered.

    Attributes:
        result: the result, without text and document.
        run: the run that it belongs to; None if a schedule started it.
        drift_since: since when there has been drift, as far as checks for drift know.
    """

    result: AccountResult
    run: str | None = None
    drift_since: str | None = None
