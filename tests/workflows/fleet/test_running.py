"""Runs of a fleet: what is recorded, also by a store that is away for a while."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from licsync.diagnostics import Code, Diagnostic, error
from licsync.engine.fleet import AccountResult, StoredResult
from licsync.engine.ports import StoreFailed
from licsync.store.fleet_results import FleetResults
from licsync.workflows.fleet.results import open_results
from licsync.workflows.fleet.running import FleetContext, check_drift, plan_fleet
from tests.support.fake_fleet import FakeRunner, a_context, answer, summary, write_fleet
from tests.support.set_clock import SetClock


class StoreThatIsAway(FleetResults):
    """A store that fails a number of times."""

    failures = 0

    def record(self, result: AccountResult, run: str | None = None) -> StoredResult:
        if self.failures:
            self.failures -= 1
            raise StoreFailed(error(Code.STORE_FAILED, "The server is gone."))
        return super().record(result, run)


@pytest.fixture
def context(tmp_path: Path) -> Iterator[FleetContext]:
    runner = FakeRunner()
    with a_context(write_fleet(tmp_path, "a: {}\nb: {}\nc: {}\n"), runner) as context:
        assert context.results is not None
        context.results = StoreThatIsAway(context.results._engine, "n")
        assert isinstance(context.now, SetClock)
        context.wait = context.now.wait
        yield context


def test_a_store_that_is_away_costs_no_account(context: FleetContext) -> None:
    store = context.results
    assert isinstance(store, StoreThatIsAway)
    store.failures = 6  # through all accounts, and three attempts later
    outcome = plan_fleet(context, context.fleet.members)
    assert [row.exit_code for row in outcome.rows] == [0, 0, 0]
    assert set(store.results_of(outcome.run)) == {"a", "b", "c"}
    last = store.last_run("plan")
    assert last is not None
    assert (last.ending, last.digest) == ("done", outcome.digest)


def test_results_that_cannot_be_recorded_are_reported(context: FleetContext) -> None:
    told: list[Diagnostic] = []

    def warn(found: Sequence[Diagnostic]) -> None:
        told.extend(found)

    context.warn = warn
    assert isinstance(context.results, StoreThatIsAway)
    context.results.failures = 1000
    outcome = check_drift(context, context.fleet.members)
    assert [row.exit_code for row in outcome.rows] == [0, 0, 0]
    assert [(one.severity, one.message) for one in told] == [("warning", "The server is gone.")]


def test_the_store_says_since_when_there_is_drift(context: FleetContext) -> None:
    runner = context.runner
    assert isinstance(runner, FakeRunner)
    runner.answers["b"] = lambda job: answer(job, 2, summary(1, drift=3))
    outcome = check_drift(context, context.fleet.members)
    assert [row.drift_since for row in outcome.rows] == [None, "2026-11-24T09:00:00Z", None]
    assert outcome.exit_code == 2


def test_an_interrupted_plan_has_no_digest(context: FleetContext) -> None:
    assert isinstance(context.runner, FakeRunner)
    context.runner.interrupt_after = 2
    outcome = plan_fleet(context, context.fleet.members)
    assert (outcome.digest, outcome.exit_code) == ("", 130)
    assert [row.state for row in outcome.rows] == ["done", "done", "not run"]


def test_an_error_of_the_runner_ends_the_run(context: FleetContext) -> None:
    assert isinstance(context.runner, FakeRunner)

    def fail(job: object) -> AccountResult:
        raise RuntimeError("a bug")

    context.runner.answers["b"] = fail
    with pytest.raises(RuntimeError):
        plan_fleet(context, context.fleet.members)
    with open_results(context.fleet) as results:
        last = results.last_run()
    assert last is not None
    assert (last.ending, last.digest) == ("stopped", None)


def test_texts_are_dropped_once_they_are_shown(context: FleetContext) -> None:
    shown: list[str] = []
    context.progress = lambda result, number, of: shown.append(result.text)
    context.is_brief = True
    outcome = plan_fleet(context, context.fleet.members)
    assert shown == ["text of a\n", "text of b\n", "text of c\n"]
    assert [row.result.text for row in outcome.rows if row.result] == ["", "", ""]
