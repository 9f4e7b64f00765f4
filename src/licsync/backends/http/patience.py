"""How long licsync tries a server that does not answer.

An apply waits for a server to come back. Whoever only reads wants to know at once that a server is
gone.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and for how many seconds a request is retried.

    Attributes:
        connections: how often a server is tried that cannot be reached.
        reads: how often something is read that the server does not answer as it should.
        connect: seconds that one connection may take.
        deadline: seconds that one request may take, from its begin to the end of its answer.
        reach: seconds after which a server that cannot be reached is not tried again.
    """

    connections: int
    reads: int
    connect: float
    deadline: float
    reach: float = 60.0


APPLYING = Patience(connections=6, reads=6, connect=10.0, deadline=60.0)
"""Of a run that changes the account."""

READING = Patience(connections=2, reads=6, connect=3.0, deadline=60.0, reach=3.0)
"""Of a command that changes nothing at 8x8."""

OPTIONAL = Patience(connections=2, reads=2, connect=3.0, deadline=20.0, reach=3.0)
"""For commands that do not need the answer."""

BEGUN = 12
"""How often a request of work that has begun is tried, whatever the patience."""
