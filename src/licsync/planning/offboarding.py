"""Where a user stands on the way out: the account's offboarding stages, by day (contract, section 1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from enum import IntEnum
from typing import Any


class Stage(IntEnum):
    """How far offboarding has come; each stage includes the ones before it."""

    NONE = 0
    INACTIVE = 1
    UNASSIGNED = 2
    DELETED = 3


def stage(user: Mapping[str, Any], account: Mapping[str, Any], today: date) -> Stage:
    """Say which stage a declared user is in today."""
    if not user.get("offboard_on"):
        return Stage.NONE
    day = date.fromisoformat(user["offboard_on"])
    if today < day:
        return Stage.NONE
    rules = account.get("offboarding", {})
    for reached, rule in ((Stage.DELETED, "delete_after"), (Stage.UNASSIGNED, "unassign_after")):
        if rule in rules and today - day >= days(rules[rule]):
            return reached
    return Stage.INACTIVE


def days(duration: str) -> timedelta:
    """Read a duration such as `7d` or `2w`."""
    return timedelta(days=int(duration[:-1]) * (7 if duration.endswith("w") else 1))
