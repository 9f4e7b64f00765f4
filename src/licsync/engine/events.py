"""What happens while a plan is applied, for whoever shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from licsync.planning.cost import Forecast
from licsync.planning.plan import Action


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


@dataclass(slots=True)
class Outcome:
    """How a run ended: the actions by id, and why some were not done."""

    run: str
    done: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    manual: list[str] = field(default_factory=list)
    interrupted: bool = False
    seconds: float = 0.0
    uncertain: dict[str, str] = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        """Tell whether everything the backend can do was done."""
        return not (self.failed or self.skipped or self.uncertain or self.interrupted)


@dataclass(frozen=True, slots=True)
class RunFinished:
    """A run ended."""

    outcome: Outcome


ActionEvent = ActionStarted | ActionDone | ActionFailed | ActionSkipped | ActionUncertain
Event = RunStarted | ActionEvent | Remaining | RunFinished
Listener = Callable[[Event], None]
