"""What happens while a plan is applied, for whoever shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from licsync.planning.plan import Action
from licsync.planning.plan_document import Forecast


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run begins, or goes on where an earlier one ended."""

    run: str
    account: str
    actions: int
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class ActionStarted:
    """An action's first step is about to be sent."""

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
    """The backend refused an action; what it had begun was taken back."""

    action: Action
    reason: str


@dataclass(frozen=True, slots=True)
class ActionSkipped:
    """An action was not tried, since it waits for one that was not done."""

    action: Action
    reason: str


@dataclass(frozen=True, slots=True)
class ActionUncertain:
    """It is not known yet whether a step of an action took effect; a resume asks again."""

    action: Action
    reason: str


@dataclass(frozen=True, slots=True)
class Remaining:
    """What is left of a run through an API: told when it begins, and whenever actions have ended.

    Attributes:
        ended: how many actions are ended, by an earlier attempt too.
        actions: how many there are, without those that people do.
        forecast: the requests and minutes that are left.
        seconds: how long the run has gone on.
    """

    ended: int
    actions: int
    forecast: Forecast
    seconds: float


About = Literal["limit", "operation", "settle", "connection"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """The backend waits for something, longer than a moment; told again while the wait lasts.

    Attributes:
        about: `limit` of the API on requests, `operation` of the API that has not ended, `settle`:
            a request whose effect may still come, or `connection`.
        what: what is waited for, in words that follow "waiting for".
        since: when it began.
        until: when the wait ends at the latest.
        now: when this was told.
    """

    about: About
    what: str
    since: datetime
    until: datetime
    now: datetime


@dataclass(slots=True)
class Outcome:
    """How a run ended: the actions by id, and why some were not done.

    Attributes:
        run: its id.
        done: what is done, by an earlier attempt too.
        failed: what the backend refused, and why.
        skipped: what was not tried because it waits for something that was not done.
        manual: what people have to do.
        interrupted: whether somebody ended the run early.
        seconds: how long this attempt took, what it asked about an earlier one included.
        uncertain: what may have been done, and why that is not known.
        half_done: what was begun and neither finished nor taken back.
        not_begun: what was not tried because the run ended before.
        left: what a new plan still finds to do, in words.
        is_checked: false where a new plan was to be made and could not be.
        actions: the plan's actions by id.
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

    @property
    def is_complete(self) -> bool:
        """Tell whether everything the backend can do was done."""
        undone = self.failed or self.skipped or self.uncertain or self.half_done or self.not_begun
        return not (undone or self.interrupted)

    @property
    def accounted(self) -> set[str]:
        """Give the actions of which it is known what became of them."""
        return {*self.done, *self.failed, *self.skipped, *self.manual, *self.uncertain}

    def describe(self, ids: Iterable[str]) -> list[str]:
        """Name actions for people."""
        return [f"{a.verb} {a.resource}" if (a := self.actions.get(i)) else i for i in ids]


@dataclass(frozen=True, slots=True)
class RunFinished:
    """A run ended."""

    outcome: Outcome


ActionEvent = ActionStarted | ActionDone | ActionFailed | ActionSkipped | ActionUncertain
Event = RunStarted | ActionEvent | Remaining | Waiting | RunFinished
Listener = Callable[[Event], None]
