"""Faults: rules that say which requests go wrong, and how.

From a file, or posted to `/_simulator/faults`.

Chance is the simulation's own, so a seed gives the same faults for the same requests.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from licsync.simulator.operations import Timing

Seconds = Annotated[float, Field(ge=0, le=86_400)]


class Rule(BaseModel):
    """Selects requests for a fault: from the `nth` match, `count` times, by `probability`.

    `method` and `path` are patterns with `*`; the path is that below `/admin-provisioning`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: str = "*"
    path: str = "*"
    nth: Annotated[int, Field(ge=1)] = 1
    count: Annotated[int, Field(ge=1)] | None = None
    probability: Annotated[float, Field(ge=0, le=1)] = 1


class Status(Rule):
    """Answers with a status: 408, 424, 429, 500, 502, 503, or 405 and 501 (not implemented)."""

    kind: Literal["status"]
    status: Annotated[int, Field(ge=400, le=599)]
    after: bool = False  # the request takes effect all the same
    reset_in: float | None = None  # for 429: x-ratelimit-reset, from now; negative: in the past


class Cut(Rule):
    """Closes the connection instead of answering: after the request took effect, or before."""

    kind: Literal["cut"]
    after: bool = True


class Garble(Rule):
    """Sends a broken body: cut short, no JSON, of another type, or one that never ends."""

    kind: Literal["garble"]
    body: Literal["truncated", "no-json", "html", "empty", "huge", "endless"]


class Slow(Rule):
    """Answers after some seconds."""

    kind: Literal["slow"]
    seconds: Seconds


class Late(Rule):
    """The operation takes so much longer."""

    kind: Literal["late"]
    seconds: Seconds


class Lag(Rule):
    """The operation is COMPLETED so many seconds before its effect is seen (domain.md, 10.4.21)."""

    kind: Literal["lag"]
    seconds: Seconds


class Ends(Rule):
    """The operation ends with FAILED or UNKNOWN, or never; with its effect, or without."""

    kind: Literal["failed", "unknown", "never"]
    effect: bool = False


class Expire(Rule):
    """All scrolls end before the request."""

    kind: Literal["expire"]


class Revoke(Rule):
    """The key is not accepted any more, from this request on, until the faults are cleared."""

    kind: Literal["revoke"]


class Edit(Rule):
    """An admin edits a user before the request: the one of its path, or the named one.

    `set` maps dotted paths of the user's JSON to values; a number in a path is an index of a list.
    """

    kind: Literal["edit"]
    user: str | None = None
    set: dict[str, Any]


AnyRule = Annotated[
    Status | Cut | Garble | Slow | Late | Lag | Ends | Expire | Revoke | Edit,
    Field(discriminator="kind"),
]


@cache
def _rules() -> TypeAdapter[list[AnyRule]]:
    return TypeAdapter(list[AnyRule])


def read_rules(rules: Iterable[Mapping[str, Any]]) -> list[Any]:
    """Read rules. Raises pydantic.ValidationError."""
    return _rules().validate_python(list(rules))


@dataclass(slots=True)
class _Counted:
    rule: Any
    matched: int = 0
    fired: int = 0


@dataclass(slots=True)
class Faults:
    """The rules of a simulation, with how often each of them fired."""

    random: random.Random
    rules: list[_Counted] = field(default_factory=list)
    is_revoked: bool = False

    def add(self, rules: Iterable[Any]) -> None:
        """Add rules."""
        self.rules += [_Counted(rule) for rule in rules]

    def clear(self) -> None:
        """Remove all rules."""
        self.rules.clear()
        self.is_revoked = False

    def draw(self, method: str, path: str) -> list[Any]:
        """Find the rules that a request falls under, and count it."""
        fired = []
        for counted in self.rules:
            rule = counted.rule
            if not (fnmatchcase(method, rule.method) and fnmatchcase(path, rule.path)):
                continue
            counted.matched += 1
            if counted.matched < rule.nth or counted.fired == rule.count:
                continue
            if rule.probability < 1 and self.random.random() >= rule.probability:
                continue
            counted.fired += 1
            fired.append(rule)
        return fired

    def show(self) -> list[dict[str, Any]]:
        """List the rules with how often they fired."""
        return [c.rule.model_dump() | {"matched": c.matched, "fired": c.fired} for c in self.rules]


def timing_of(fired: Iterable[Any]) -> Timing:
    """Say what the rules that a request falls under do to its operation."""
    timing = Timing()
    for rule in fired:
        if rule.kind == "late":
            timing.delay += rule.seconds
        elif rule.kind == "lag":
            timing.lag += rule.seconds
        elif rule.kind in ("failed", "unknown", "never"):
            timing.commits = rule.effect
            timing.ends = rule.kind != "never"
            timing.status = {"failed": "FAILED", "unknown": "UNKNOWN", "never": None}[rule.kind]
    return timing
