"""What a fleet remembers of its runs and results, on each database that it can be kept in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.engine import Engine

from licsync.engine.fleet import AccountResult, FleetRun, FleetVerb
from licsync.store.fleet_results import FleetResults
from licsync.store.tables import FLEET_RUNS
from tests.support.fleet_runners import SUMMARY


@pytest.fixture
def results(database: Engine) -> FleetResults:
    return FleetResults(database, "northwind")


def run(name: str = "r1", verb: FleetVerb = "plan", **fields: Any) -> FleetRun:
    jobs = {"a": "sha256:1", "b": ""}
    scope = ("--due", "--require-fresh")
    at = "2026-11-24T09:00:00Z"
    return FleetRun(name, "northwind", verb, "ada", at, jobs, scope=scope, **fields)


def result(account: str = "a", hour: int = 9, **fields: Any) -> AccountResult:
    at = f"2026-11-24T{hour:02}:00:00Z"
    return AccountResult(
        **{"account": account, "verb": "plan", "exit_code": 0, "started_at": at, "finished_at": at}
        | fields
    )


def checked(hour: int, drift: int | None, **fields: Any) -> AccountResult:
    summary = None if drift is None else {**SUMMARY, "drift": drift}
    return result(hour=hour, verb="drift", summary=summary, **fields)


def test_a_run_is_read_back(results: FleetResults) -> None:
    assert results.last_run() is None
    results.begin_run(run(link="https://ci/1"))
    assert results.last_run() == run(link="https://ci/1", is_alive=True)
    assert results.unfinished_runs() == [run(link="https://ci/1", is_alive=True)]
    results.finish_run("r1", "done", "2026-11-24T10:00:00Z", "sha256:all")
    found = results.planned("sha256:all")
    assert found is not None
    assert (found.ending, found.finished_at, found.is_alive) == (
        "done", "2026-11-24T10:00:00Z", False,
    )  # fmt: skip
    assert results.unfinished_runs() == []
    assert results.last_run("apply") is None
    assert results.planned("sha256:other") is None


def test_a_run_whose_process_died_is_reported(database: Engine, results: FleetResults) -> None:
    results.begin_run(run())
    with database.begin() as connection:
        connection.execute(update(FLEET_RUNS).values(born="long ago"))
    assert [one.is_alive for one in results.unfinished_runs()] == [False]


def test_the_last_result_of_each_account_counts(results: FleetResults) -> None:
    results.record(result(hour=9, exit_code=3), "r1")
    last = results.record(result(hour=10, summary=SUMMARY, error="ünï"), "r1")
    other = results.record(result("b", verb="apply", exit_code=4))
    assert results.results_of("r1") == {"a": last}
    assert results.latest() == {("a", "plan"): last, ("b", "apply"): other}
    assert results.last_success() == {("a", "plan"): "2026-11-24T10:00:00Z"}


def test_since_when_there_is_drift(results: FleetResults) -> None:
    since = [
        results.record(checked(hour, drift)).drift_since
        for hour, drift in ((1, 0), (2, 3), (3, 1), (4, None), (5, 2), (6, 0), (7, None), (8, 1))
    ]
    two, eight = "2026-11-24T02:00:00Z", "2026-11-24T08:00:00Z"
    assert since == [None, two, two, two, two, None, None, eight]
    assert results.record(result(hour=9)).drift_since == eight


def test_another_fleet_sees_nothing_of_it(database: Engine, results: FleetResults) -> None:
    results.begin_run(run())
    results.record(checked(1, 1))
    other = FleetResults(database, "southwind")
    assert other.last_run() is None
    assert not other.latest()
    other.prune("2030-01-01T00:00:00Z")
    assert results.latest()


def test_old_results_are_pruned_but_the_last_of_each_kind(results: FleetResults) -> None:
    results.begin_run(run("old"))
    results.begin_run(replace(run("new"), started_at="2026-11-24T12:00:00Z"))
    for hour in (1, 2, 3, 13):
        results.record(result(hour=hour), "old")
    kept = results.record(checked(1, 0), "old")
    results.prune("2026-11-24T12:00:00Z")
    assert [one.id for one in results.unfinished_runs()] == ["new"]
    assert set(results.latest()) == {("a", "plan"), ("a", "drift")}
    assert results.results_of("old")["a"] == kept


@pytest.mark.parametrize(("hour", "code"), [(10, 5), (10, 3), (11, 3)])
def test_a_refused_apply_gives_way_to_what_was_applied_meanwhile(
    results: FleetResults, hour: int, code: int
) -> None:
    results.begin_run(run("r2", verb="apply"))
    applied = result(verb="apply", hour=10)
    results.record(applied, "r1")
    refused = result(verb="apply", hour=hour, exit_code=code)
    results.record(refused, "r2")
    results.record(replace(refused, verb="plan"), "r2")
    assert results.latest()["a", "plan"].result.exit_code == code
    assert results.latest()["a", "apply"].result == applied
    results.prune("2026-11-25T00:00:00Z")
    assert results.latest()["a", "apply"].result == applied


def test_an_account_that_is_locked_by_nobody_known_is_reported(results: FleetResults) -> None:
    results.record(result(verb="apply", hour=9), "r1")
    locked = result(verb="apply", hour=10, exit_code=5)
    results.record(locked, "r2")
    assert results.latest()["a", "apply"].result == locked
    results.record(result("b", verb="apply", hour=10, exit_code=5), "r2")
    assert results.latest()["b", "apply"].result.exit_code == 5
    again = result(verb="apply", hour=11)
    results.record(again, "r3")
    assert results.latest()["a", "apply"].result == again
