"""What a plan foretells of an apply, against what it takes in virtual time, with the published
limits.
"""

from __future__ import annotations

from typing import Any

import pytest

from licsync.backends.api.capabilities import API, PACE, capabilities_of
from licsync.engine.events import Event, Remaining
from licsync.model.capabilities import VERBS
from licsync.planning.plan_document import Forecast
from licsync.simulator.operations import Operations
from licsync.store.database import open_database
from licsync.store.plan_archive import PlanArchive
from tests.support.api_changes import KINDS, Spent, case, mixed, spend, world_of
from tests.support.databases import HISTORIES
from tests.support.samples import sampled

pytestmark = pytest.mark.untraced

COUNT = 60
SLOW = 2


def assert_foretold(forecast: Forecast | None, spent: Spent) -> None:
    assert forecast is not None
    assert forecast.requests == pytest.approx(spent.requests, rel=0.1)
    assert forecast.minutes == pytest.approx(spent.minutes, rel=0.1)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A vendor whose operations take twice as long as it says; the limits are those that it
    publishes.
    """
    usual = Operations.duration
    monkeypatch.setattr(Operations, "duration", lambda self: SLOW * usual(self))


@pytest.mark.slow
@sampled("kind", KINDS, lambda index: index % 8 == 0)
def test_requests_and_minutes_are_foretold_of_every_kind_of_change(kind: str) -> None:
    world = world_of(case(kind, COUNT))
    try:
        spent = spend(world, case(kind, COUNT))
    finally:
        world.close()
    assert spent.plan.summary == dict.fromkeys(KINDS[kind] or (kind,), COUNT)
    assert len(spent.outcome.done) == len(spent.plan.actions)
    assert_foretold(spent.plan.forecast, spent)


def test_every_kind_that_the_api_can_do_has_its_case() -> None:
    able = {f"{kind}.{verb}" for kind, verbs in API.verbs.items() for verb in verbs}
    others = {"license.change", "license.downgrade"}  # which are done as an upgrade is
    assert able == {kind for kind in KINDS if "." in kind} | others
    assert {PACE.cost_of("license", verb) for verb in ("upgrade", "downgrade", "change")} == {
        PACE.action_costs["license.upgrade"]
    }
    assert PACE.action_costs.keys() <= {
        f"{kind}.{verb}" for kind, verbs in VERBS.items() for verb in verbs
    }


@pytest.mark.slow
def test_requests_and_minutes_are_foretold_of_a_mix() -> None:
    world = world_of(mixed(12))
    try:
        spent = spend(world, mixed(12))
    finally:
        world.close()
    assert spent.plan.summary.keys() == {kind for kind in KINDS if "." in kind}
    assert len(spent.outcome.done) == len(spent.plan.actions)
    assert_foretold(spent.plan.forecast, spent)


# --- a vendor that is slower than it says ---------------------------------------------------------


@pytest.mark.slow
@pytest.mark.usefixtures("slow")
@sampled("kind", ["user.create", "license.upgrade", "joining"], lambda index: index == 0)
def test_the_next_forecast_goes_by_what_operations_took(kind: str, tmp_path: Any) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/memory.db", HISTORIES)
    try:
        first, second = (_in_a_new_account(kind, PlanArchive(engine)) for _ in range(2))
    finally:
        engine.dispose()
    assert first.plan.forecast is not None
    assert first.plan.forecast.seen == 0
    assert first.plan.forecast.minutes < first.minutes * 0.95
    assert second.plan.forecast is not None
    assert second.plan.forecast.seen >= 2 * COUNT
    assert_foretold(second.plan.forecast, second)


def _in_a_new_account(kind: str, memory: PlanArchive) -> Spent:
    """Plan, apply and remember, as one command after the other does."""
    world = world_of(
        case(kind, 2 * COUNT), capabilities=capabilities_of({}, memory.operation_stats("acme"))
    )
    try:
        spent = spend(world, case(kind, 2 * COUNT))
        memory.save_operation_stats("acme", world.backend.executor.take_samples())
        assert world.backend.executor.take_samples() == {}
    finally:
        world.close()
    return spent


# --- what is left ---------------------------------------------------------------------------------


def apply_and_listen(kind: str, count: int) -> tuple[Spent, list[Remaining]]:
    events: list[Event] = []
    world = world_of(case(kind, count))
    try:
        spent = spend(world, case(kind, count), listener=events.append)
    finally:
        world.close()
    return spent, [event for event in events if isinstance(event, Remaining)]


def assert_accurate(events: list[Remaining], spent: Spent, since: float) -> None:
    """The remaining time is within 10 % of the whole once this share of the actions has ended."""
    for event in events:
        left = spent.minutes - event.seconds / 60
        if event.ended >= since * event.actions:
            assert event.forecast.minutes == pytest.approx(left, abs=0.1 * spent.minutes), event


@pytest.mark.slow
@sampled(
    "kind, count",
    [("user.create", 4 * COUNT), ("license.upgrade", 2 * COUNT)],
    lambda index: index == 0,
)
def test_the_remaining_work_is_reported_after_every_action(kind: str, count: int) -> None:
    spent, events = apply_and_listen(kind, count)
    assert [(event.ended, event.actions) for event in events] == [
        (ended, count) for ended in range(count + 1)
    ]
    assert events[0].forecast == spent.plan.forecast
    assert events[-1].forecast == Forecast(0, 0.0)
    assert_accurate(events, spent, since=0.3)


@pytest.mark.soak
@pytest.mark.usefixtures("slow")
def test_the_remaining_time_follows_the_speed_of_the_run() -> None:
    spent, events = apply_and_listen("user.create", 4 * COUNT)
    assert events[0].forecast.minutes < 0.7 * spent.minutes
    assert_accurate(events, spent, since=0.6)


@pytest.mark.soak
def test_a_resumed_run_tells_what_is_left_of_the_whole() -> None:
    events: list[Event] = []
    begun = case("user.update", 2 * COUNT)
    world = world_of(begun)
    try:
        begun_with = spend(
            world, begun, listener=events.append, stop=lambda: len(remaining(events)) > 20
        )
        assert begun_with.outcome.interrupted
        before = remaining(events)[-1].ended
        events.clear()
        world.backend = world.client()
        outcome = world.resume(listener=events.append)
    finally:
        world.close()
    assert outcome is not None
    assert len(outcome.done) == 2 * COUNT
    assert [(e.ended, e.actions) for e in remaining(events)] == [
        (n, 2 * COUNT) for n in range(before, 2 * COUNT + 1)
    ]
    # the first after the resume looked at what the run before left open
    first, *_, last = remaining(events)
    assert first.forecast.minutes == pytest.approx(last.seconds / 60, rel=0.1)


def remaining(events: list[Event]) -> list[Remaining]:
    return [event for event in events if isinstance(event, Remaining)]
