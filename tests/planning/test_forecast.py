"""What a plan takes through an API: by what each action takes, the limits, what is done by hand;
and what is left.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from licsync.model.capabilities import LOCAL, Capabilities
from licsync.model.throughput import ActionCost, OperationStats, Throughput
from licsync.planning.actions import Action
from licsync.planning.forecast import Countdown
from licsync.planning.plan import Plan
from licsync.planning.plan_document import Forecast
from tests.support.accounts import desired, inventory, unit, user
from tests.support.planning import planned

PACE = Throughput(
    requests_a_minute=60,
    operations_at_once=2,
    operations={"fast": OperationStats(10, 1), "slow": OperationStats(40, 2, 30)},
    at_first=4,
    action_costs={
        "license.assign": ActionCost(3, ("fast", "fast", "fast")),
        "site.create": ActionCost(2),
    },
    default_cost=ActionCost(1, ("fast",)),
    again={"fast": 5},
)


def plan(capabilities: Capabilities) -> Plan:
    there = inventory({"L1": unit()}, {"ada": user(), "bo": user()})
    return planned(
        desired({"ada": {"licenses": ["x2"]}, "bo": {"department": "Ops"}}),
        there,
        capabilities=capabilities,
    )


def action(number: int, label: str = "user.update", resource: str = "") -> Action:
    kind, _, verb = label.partition(".")
    return Action(kind, verb, resource or f"users/{number}", id=f"a{number}")


def test_requests_add_up_and_operations_hold_them_up() -> None:
    """Six requests for three operations, two for one, four at first; four times ten seconds by two,
    and the last.
    """
    assert plan(replace(LOCAL, throughput=PACE)).forecast == Forecast(12, 0.5)


def test_requests_hold_up_where_they_are_many() -> None:
    assert plan(replace(LOCAL, throughput=replace(PACE, requests_a_minute=1))).forecast == Forecast(
        12, 12.0
    )


def test_what_is_as_scarce_as_the_other_waits_for_it_at_times() -> None:
    made = plan(replace(LOCAL, throughput=replace(PACE, requests_a_minute=24))).forecast
    assert made == Forecast(12, 0.55)  # half a minute by each


def test_a_further_action_on_a_record_waits_for_the_one_before() -> None:
    pace = replace(PACE, at_first=0)
    different, same = ([action(1), action(2, resource=second)] for second in ("users/2", "users/1"))
    assert (
        Countdown(same, pace).forecast(0).requests
        == Countdown(different, pace).forecast(0).requests + 5
    )


def test_immediate_changes_need_no_operation() -> None:
    done_at_once = [action(1, "site.create", "sites/1"), action(2, "site.create", "sites/1")]
    assert Countdown(done_at_once, PACE).forecast(0) == Forecast(4, round(4 / 60, 2))


def test_nobody_waits_for_the_embedded_console_or_for_nothing() -> None:
    assert plan(LOCAL).forecast is None
    by_hand = Capabilities({}, throughput=PACE)
    assert plan(by_hand).forecast is None


def test_a_plan_document_keeps_it() -> None:
    made = plan(replace(LOCAL, throughput=PACE))
    assert made.to_json()["forecast"] == {"requests": 12, "minutes": 0.5}
    assert Plan.from_json(made.to_json()) == made
    assert "forecast" not in plan(LOCAL).to_json()


def test_it_says_how_many_operations_of_what_the_plan_does_it_goes_by() -> None:
    by_seen = plan(
        replace(LOCAL, throughput=PACE.with_observed({"fast": OperationStats(20, 1, 25)}))
    )
    assert by_seen.forecast == Forecast(12, 1.0, 25)  # the slow ones are none of the plan's
    assert by_seen.to_json()["forecast"] == {"requests": 12, "minutes": 1.0, "seen": 25}
    assert Plan.from_json(by_seen.to_json()) == by_seen


def test_a_plan_is_the_same_however_long_it_takes() -> None:
    """An approval is not lost because an apply in between has shown how fast the vendor is."""
    published, seen = (
        plan(replace(LOCAL, throughput=PACE)),
        plan(replace(LOCAL, throughput=replace(PACE, requests_a_minute=1))),
    )
    assert published.forecast != seen.forecast
    assert published.digest == seen.digest
    assert published.to_json()["checksum"] != seen.to_json()["checksum"]


def test_what_is_left_becomes_less_with_every_action_that_ends() -> None:
    left = Countdown([action(n) for n in range(100)], PACE)
    assert (left.actions, left.forecast(0)) == (100, Forecast(204, 8.5))
    assert left.end("a7")
    assert not left.end("a7")
    assert (left.actions, left.forecast(0).requests) == (99, 202)
    for number in set(range(100)) - {7}:
        left.end(f"a{number}")
    assert (left.actions, left.forecast(600)) == (0, Forecast(0, 0.0))
    assert Countdown([], PACE).forecast(0) == Forecast(0, 0.0)


@pytest.mark.parametrize(("seconds", "speed"), [(250, 1.0), (560, 2.0), (95, 0.5)])
def test_what_is_left_goes_by_the_speed_of_the_run(seconds: float, speed: float) -> None:
    """For half of the actions 250 seconds were predicted, and a minute more counts for what was
    foretold.
    """
    left = Countdown([action(n) for n in range(100)], PACE)
    for number in range(50):
        left.end(f"a{number}")
    assert left.forecast(seconds).minutes == pytest.approx(260 / 60 * speed, abs=0.01)


def test_of_what_is_under_way_half_is_done() -> None:
    left = Countdown([action(n) for n in range(100)], PACE)
    left.begin("a7")
    left.begin("of another run")
    assert (left.actions, left.forecast(0).requests) == (100, 203)
    left.end("a7")
    assert (left.actions, left.forecast(0).requests) == (99, 202)
