"""The limits on requests of one key: per minute, and at once (domain.md, 10.2).

Windows slide: whatever the vendor counts by, who stays within these stays within those.
"""

from __future__ import annotations

import math
from collections import deque
from datetime import datetime

from licsync.simulator.problems import standard
from licsync.simulator.settings import Settings

NO_LIMIT = 1_000_000
"""The limit that the headers state at speed 0, where nothing is counted."""


class Budget:
    """What a key has left. At speed 0 nothing is counted."""

    def __init__(self, settings: Settings):
        limits, speed = settings.limits, settings.speed
        self._is_open = speed == 0
        self._limit = NO_LIMIT if self._is_open else limits.per_minute
        if not self._is_open:
            self._windows = (
                (limits.per_minute, 60 / speed),
                (limits.burst, limits.burst_seconds / speed),
            )
        self._spent: deque[float] = deque()

    def spend(self, now: datetime) -> dict[str, str]:
        """Take one request, and give the headers that say what is left.

        Raises:
            Problem: there is nothing left (429); the request does not count.
        """
        if self._is_open:
            return self.headers(now)
        moment, longest = now.timestamp(), max(seconds for _, seconds in self._windows)
        while self._spent and self._spent[0] <= moment - longest:
            self._spent.popleft()
        for count, seconds in self._windows:
            inside = [t for t in self._spent if t > moment - seconds]
            if len(inside) >= count:
                problem = standard(429)
                problem.headers = self._headers(0, inside[0] + seconds)
                raise problem
        self._spent.append(moment)
        return self.headers(now)

    def headers(self, now: datetime) -> dict[str, str]:
        """Say what is left of the minute."""
        if self._is_open:
            return self._headers(NO_LIMIT, now.timestamp() + 60)
        count, seconds = self._windows[0]
        inside = [t for t in self._spent if t > now.timestamp() - seconds]
        return self._headers(
            count - len(inside), (inside[0] if inside else now.timestamp()) + seconds
        )

    def _headers(self, remaining: int, reset: float) -> dict[str, str]:
        return {
            "x-ratelimit-limit": str(self._limit),
            "x-ratelimit-remaining": str(remaining),
            "x-ratelimit-reset": str(math.ceil(reset)),
        }
