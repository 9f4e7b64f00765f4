"""What the server needs to know of each of 8x8's APIs that it serves."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from licsync.simulator.exchange import Answer, Incoming
from licsync.simulator.problems import Problem


class Interface(Protocol):
    """One of 8x8's APIs, below a path of its own.

    Attributes:
        base: the path that its paths stand below.
    """

    base: str

    def has_credential(self, incoming: Incoming) -> bool:
        """Tell whether a request has the key or token of this API."""
        ...

    def limits(self, now: datetime) -> dict[str, str]:
        """Give the headers that say how many requests are left."""
        ...

    def spend(self, now: datetime) -> dict[str, str]:
        """Count one request, and give the headers that say what is left.

        Raises:
            Problem: there were too many requests (429).
        """
        ...

    def answer(self, incoming: Incoming) -> Answer:
        """Answer a request that was let in.

        Raises:
            Problem: the request is refused.
            BackendFailed: the database cannot do its work.
        """
        ...

    def refusal(self, incoming: Incoming, problem: Problem) -> Answer:
        """Answer a request with a problem, in the form of this API."""
        ...
