"""Durations as the files write them."""

from __future__ import annotations

from datetime import timedelta

_SECONDS = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def duration(text: str) -> timedelta:
    """Read a duration or an interval, such as `7d`, `2w`, `6h` or `30m`."""
    return timedelta(seconds=int(text[:-1]) * _SECONDS[text[-1]])
