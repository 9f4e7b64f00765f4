"""Where a user stands on the way out: the account's offboarding stages, by day (contract, section 1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from enum import IntEnum
from typing import Any


class Stage(IntEnum):
    """How far offboarding has come; each stage includes the ones before it."""

    NONE = 0
    INACTIVE = 1
    UNASSIGNED = 2
    DELETED = 3


def stages(user: Mapping[str, Any], account: Mapping[str, Any]) -> Iterator[tuple[Stage, date]]:
    """List the stages that a declared user comes to, each with its first day, in order."""
    if not user.get("offboard_on"):
        return
    day = date.fromisoformat(user["offboard_on"])
    yield Stage.INACTIVE, day
    rules = account.get("offboarding", {})
    for stage_, rule in ((Stage.UNASSIGNED, "unassign_after"), (Stage.DELETED, "delete_after")):
        if rule in rules and date.max - day >= days(rules[rule]):
            yield stage_, day + days(rules[rule])


def stage(user: Mapping[str, Any], account: Mapping[str, Any], today: date) -> Stage:
    """Say which stage a declared user is in today."""
    return max((found for found, day in stages(user, account) if day <= today), default=Stage.NONE)


def days(duration: str) -> timedelta:
    """Read a duration such as `7d` or `2w`."""
    return timedelta(days=int(duration[:-1]) * (7 if duration.endswith("w") else 1))
