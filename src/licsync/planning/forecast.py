"""Foretells how many requests a plan takes through an API, and how long.

What one action takes is data of the backend (`model.capabilities.Pace`), measured on the simulator in virtual time with
the published limits (domain.md, section 10). Actions by hand are nobody's requests.
"""

from __future__ import annotations

from collections.abc import Iterable

from licsync.model.capabilities import Capabilities
from licsync.planning.cost import Forecast
from licsync.planning.plan import Action


def forecast(actions: Iterable[Action], capabilities: Capabilities) -> Forecast | None:
    """Add up what actions take; None where there is nothing to wait for.

    Args:
        actions: the plan's.
        capabilities: what the backend can do, and how fast.
    """
    pace = capabilities.pace
    efforts = [pace.effort_of(action.kind, action.verb) for action in actions if not action.manual] if pace else []
    if pace is None or not efforts:
        return None
    requests = pace.at_first + sum(effort.requests for effort in efforts)
    operations = sum(effort.operations for effort in efforts)
    by_requests = requests * 60 / pace.requests_a_minute
    by_operations = operations * pace.seconds_an_operation / pace.operations_at_once
    return Forecast(round(requests), round((pace.seconds_at_first + max(by_requests, by_operations)) / 60, 2))
