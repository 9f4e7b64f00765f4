"""What a plan takes through an API: by what each action takes, the limits, and what is done by hand."""

from __future__ import annotations

from dataclasses import replace

from plan_building import desired, holder, inventory, planned, unit

from licsync.model.capabilities import LOCAL, Capabilities, Effort, Pace
from licsync.planning.cost import Forecast
from licsync.planning.plan import Plan

PACE = Pace(60, 2, 10, 4, 30, {"license.assign": Effort(5, 3)}, Effort(2, 1))


def plan(capabilities: Capabilities) -> Plan:
    there = inventory({"L1": unit()}, {"ada": holder(), "bo": holder()})
    return planned(
        desired({"ada": {"licenses": ["x2"]}, "bo": {"department": "Ops"}}), there, capabilities=capabilities
    )


def test_requests_add_up_and_operations_hold_them_up() -> None:
    assert plan(replace(LOCAL, pace=PACE)).forecast == Forecast(11, 0.83)  # four operations, two at once: 20 s and 30


def test_requests_hold_up_where_they_are_many() -> None:
    assert plan(replace(LOCAL, pace=replace(PACE, requests_a_minute=1))).forecast == Forecast(11, 11.5)


def test_nobody_waits_for_the_embedded_console_or_for_nothing() -> None:
    assert plan(LOCAL).forecast is None
    by_hand = Capabilities({}, pace=PACE)
    assert plan(by_hand).forecast is None


def test_a_plan_document_keeps_it() -> None:
    made = plan(replace(LOCAL, pace=PACE))
    assert made.to_json()["forecast"] == {"requests": 11, "minutes": 0.83}
    assert Plan.from_json(made.to_json()) == made
    assert "forecast" not in plan(LOCAL).to_json()
