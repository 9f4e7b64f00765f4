"""Events of a run, for progress output and JSON lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from licsync.planning.actions import Action
from licsync.planning.plan_document import Forecast


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run begins, or is resumed.

    Attributes:
        run: its id.
        account: the account's name.
        actions: the number of its actions.
        resumed: whether it is resumed.
        names: the names of resources for people, where they are not the resources themselves.
    """

    run: str
    account: str
    actions: int
    resumed: bool = False
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ActionStarted:
    """An action begins."""

    action: Action


@dataclass(frozen=True, slots=True)
class ActionDone:
    """All steps of an action are done and recorded.

    Attributes:
        action: which one.
        notes: what the backend stores otherwise than was asked for.
    """

    action: Action
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ActionFailed:
    """The backend refused an action; its earlier steps were compensated."""

    action: Action
    reason: str


@dataclass(frozen=True, slots=True)
class ActionSkipped:
    """An action was skipped, since it needs one that was not done."""

    action: Action
    reason: str


@dataclass(frozen=True, slots=True)
class ActionUncertain:
    """It is unknown whether a step of an action took effect; a resume asks again."""

    action: Action
    reason: str


@dataclass(frozen=True, slots=True)
class Remaining:
    """What is left of a run through an API, at its beginning and whenever actions have ended.

    Attributes:
        ended: how many actions have ended, those of an earlier attempt included.
        actions: how many there are, manual ones not included.
        forecast: the remaining requests and minutes.
        seconds: how long the run has taken so far.
    """

    ended: int
    actions: int
    forecast: Forecast
    seconds: float


About = Literal["limit", "operation", "settle", "connection"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """The backend waits for longer than a moment; repeated while the wait lasts.

    Attributes:
        about: a rate `limit` of the API, an `operation` that has not ended, `settle` (a request may
            still take effect), or the `connection`.
        what: continues "waiting for".
        since: when it began.
        until: when the wait ends at the latest.
        now: when the event was sent.
    """

    about: About
    what: str
    since: datetime
    until: datetime
    now: datetime


@dataclass(slots=True)
class Outcome:
    """The outcome of a run: the actions by id, and why some were not done.

    Attributes:
        run: its id; empty if the plan had no actions, so that no run began.
        done: actions that are done, by an earlier attempt too.
        failed: actions that the backend refused, and why.
        skipped: actions that need something that was not done, and what.
        manual: manual actions.
        interrupted: whether the run was interrupted.
        seconds: how long this attempt took.
        uncertain: actions that may have been done, and why that is unknown.
        half_done: actions that were begun and neither finished nor compensated.
        not_begun: actions that the run did not come to.
        left: what a new plan still finds to do.
        is_checked: false if a new plan was due and could not be made.
        actions: the plan's actions by id.
        names: the names of resources for people, where they are not the resources themselves.
    """

    run: str
    done: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    manual: list[str] = field(default_factory=list)
    interrupted: bool = False
    seconds: float = 0.0
    uncertain: dict[str, str] = field(default_factory=dict)
    half_done: list[str] = field(default_factory=list)
    not_begun: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    is_checked: bool = True
    actions: Mapping[str, Action] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        """Tell whether everything that the backend can do was done."""
        undone = self.failed or self.skipped or self.uncertain or self.half_done or self.not_begun
        return not (undone or self.interrupted)

    @property
    def accounted(self) -> set[str]:
        """Give the actions whose outcome is known."""
        return {*self.done, *self.failed, *self.skipped, *self.manual, *self.uncertain}

    def describe(self, ids: Iterable[str]) -> list[str]:
        """Name actions for people."""
        found = ((i, self.actions.get(i)) for i in ids)
        return [f"{a.verb} {self.names.get(a.resource, a.resource)}" if a else i for i, a in found]


@dataclass(frozen=True, slots=True)
class RunFinished:
    """A run ended."""

    outcome: Outcome


ActionEvent = ActionStarted | ActionDone | ActionFailed | ActionSkipped | ActionUncertain
Event = RunStarted | ActionEvent | Remaining | Waiting | RunFinished
Listener = Callable[[Event], None]
