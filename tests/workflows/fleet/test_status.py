"""What a fleet remembers: what ran when, what is due, what is stuck."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from licsync.engine.fleet import FleetRun
from licsync.engine.fleet_status import FleetStatus
from licsync.store import STATE
from licsync.store.tables import FLEET_RUNS
from licsync.views.fleet_status import status_json, status_metrics, status_text
from licsync.workflows.fleet.applying import ApplyRequest, apply_fleet
from licsync.workflows.fleet.fleet import open_fleet
from licsync.workflows.fleet.results import open_results, reading_results
from licsync.workflows.fleet.running import FleetContext, check_drift, plan_fleet
from licsync.workflows.fleet.status import due_members, status_of
from tests.support.command_line import run
from tests.support.fake_fleet import FakeRunner, a_context, answer, summary, usual, write_fleet
from tests.support.set_clock import NOW, SetClock

ACCOUNTS = 'a: {drift: {every: 6h}, labels: {tier: "\\"gold\\""}}\nb: {}\n'


@pytest.fixture
def runner() -> FakeRunner:
    return FakeRunner()


@pytest.fixture
def context(tmp_path: Path, runner: FakeRunner) -> Iterator[FleetContext]:
    with a_context(write_fleet(tmp_path, ACCOUNTS), runner) as context:
        yield context


def status(context: FleetContext) -> FleetStatus:
    return status_of(context.fleet, context.fleet.members, context.results, context.now())


def test_nothing_has_run_yet(tmp_path: Path) -> None:
    fleet = open_fleet(write_fleet(tmp_path, ACCOUNTS))
    with reading_results(fleet) as results:
        assert results is None
        found = status_of(fleet, fleet.members, results, NOW)
    assert not (tmp_path / ".licsync").exists()
    assert status_text(found, "f").splitlines()[1].split() == [
        "a",
        "never",
        "never",
        "never",
        "now",
    ]
    assert "2 accounts; 1 due for a check for drift." in status_text(found, "f")
    with open_results(fleet):
        pass
    with reading_results(fleet) as results:
        assert results is not None


def test_what_ran_and_what_is_due(context: FleetContext, runner: FakeRunner) -> None:
    members = context.fleet.members
    runner.answers["a"] = lambda job: answer(job, 2, summary(3, drift=1))
    plan_fleet(context, members)
    check_drift(context, members)
    assert isinstance(context.now, SetClock)
    context.now.wait(3600)
    found = status(context)
    lines = status_text(found, "f").splitlines()
    assert lines[1].startswith(
        "a         1 h ago, with changes   never   1 h ago, with changes         3   24 Nov 2026"
    )
    assert lines[2].startswith("b         1 h ago, done")
    due = found.accounts[0].due_at
    assert due is not None
    assert NOW < due <= NOW + timedelta(hours=6)
    assert not due_members(members, context.results, NOW)
    assert [m.account for m in due_members(members, context.results, due)] == ["a"]
    context.now.now = due
    assert status_text(status(context), "f").splitlines()[1].endswith("now")


def test_an_apply_leaves_no_changes(context: FleetContext, runner: FakeRunner) -> None:
    apply_fleet(context, context.fleet.members, ApplyRequest(confirm=lambda plans: True))
    [a, b] = status(context).accounts
    assert a.found is not None
    assert a.found["changes"] == 0
    assert set(b.successes) == {"apply"}


def test_what_an_apply_has_left(context: FleetContext, runner: FakeRunner) -> None:
    runner.answers["a"] = lambda job: usual(job) if job.verb == "plan" else answer(job, 4)
    apply_fleet(context, context.fleet.members, ApplyRequest(confirm=lambda plans: True))
    text = status_text(status(context), "northwind")
    assert (
        "ended and left 1 of 2 accounts: a. To continue: licsync fleet apply northwind --resume"
        in text
    )


def test_runs_that_have_not_ended(context: FleetContext) -> None:
    assert context.results is not None
    run = FleetRun("r1", "n", "plan", "ada", "2026-11-24T08:00:00Z", {"a": "", "b": ""})
    context.results.begin_run(run)
    text = status_text(status(context), "f")
    assert (
        "The plan r1 by ada, started 24 Nov 2026 08:00 UTC, is running: 2 of 2 accounts to go."
        in text
    )
    found = status(context)
    [stuck] = found.running
    died = replace(found, running=[replace(stuck, run=replace(stuck.run, is_alive=False))])
    text = status_text(died, "f")
    assert "but its process does not run on this machine, and left 2 of 2 accounts without" in text


def test_a_run_that_died_is_forgotten_once_the_command_ran_again(context: FleetContext) -> None:
    results = context.results
    assert results is not None
    run = FleetRun("r1", "n", "plan", "ada", "2026-11-24T08:00:00Z", {"a": ""})
    results.begin_run(run)
    with results._engine.begin() as connection:
        connection.execute(update(FLEET_RUNS).values(born="long ago"))
    assert [one.run.id for one in status(context).running] == ["r1"]
    plan_fleet(context, context.fleet.members)
    assert status(context).running == []


def test_accounts_that_have_left_the_fleet_are_named(context: FleetContext, tmp_path: Path) -> None:
    plan_fleet(context, context.fleet.members)
    fleet = open_fleet(write_fleet(tmp_path, "a: {}\n"))
    found = status_of(fleet, fleet.members, context.results, NOW)
    assert found.gone == ["b"]
    assert "No longer in the fleet: b. Nothing changed in these accounts." in status_text(
        found, "f"
    )
    assert json.loads(status_json(found))["gone"] == ["b"]


def test_metrics_are_samples_of_each_account(context: FleetContext, runner: FakeRunner) -> None:
    runner.answers["b"] = lambda job: answer(job, 5)
    plan_fleet(context, context.fleet.members)
    check_drift(context, context.fleet.members)
    lines = status_metrics(status(context)).splitlines()
    assert 'licsync_fleet_last_exit{fleet="n",account="b",verb="plan"} 5' in lines
    assert 'licsync_fleet_changes{fleet="n",account="a"} 2' in lines
    assert 'licsync_fleet_drift{fleet="n",account="a"} 0' in lines
    success = [line for line in lines if line.startswith("licsync_fleet_last_success_timestamp")]
    assert [line.split()[-1] for line in success] == [f"{NOW.timestamp():.0f}"] * 2
    assert all(line.startswith(("# HELP", "# TYPE", "licsync_fleet_")) for line in lines)
    found = json.loads(status_json(status(context)))
    assert found["accounts"][1]["last"]["plan"]["exit_code"] == 5


@pytest.fixture
def old_store(context: FleetContext, tmp_path: Path) -> Path:
    """The store of a fleet that ran once, as it was at revision 0013."""
    plan_fleet(context, context.fleet.members)
    file = tmp_path / STATE
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("ALTER TABLE licsync_notifications DROP COLUMN sending_since")
        connection.execute("ALTER TABLE licsync_fleet_runs DROP COLUMN scope")
        connection.execute("UPDATE licsync_store_version SET version_num = '0013'")
        connection.commit()
    return file


@pytest.mark.parametrize("words", [("status",), ("metrics",)])
def test_an_older_store_is_migrated(old_store: Path, tmp_path: Path, words: tuple[str]) -> None:
    assert "a" in run("fleet", *words, tmp_path).stdout
    with reading_results(open_fleet(tmp_path)) as results:
        assert results is not None
        assert results.last_run() is not None


def test_an_older_store_that_may_not_be_written_is_left_alone(
    old_store: Path, tmp_path: Path
) -> None:
    before = old_store.read_bytes()
    refused = run("fleet", "status", tmp_path, code=1, LICSYNC_READ_ONLY="yes")
    assert "An older licsync wrote the store" in refused.stderr
    assert "For a fleet: licsync fleet status FLEET" in refused.stderr
    assert old_store.read_bytes() == before


def test_what_to_do_is_said_where_an_older_store_cannot_be_migrated(
    old_store: Path, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(old_store)) as connection:  # so the migration fails
        connection.execute("ALTER TABLE licsync_fleet_runs ADD COLUMN scope TEXT")
    failed = run("fleet", "status", tmp_path, code=1)
    assert "An older licsync wrote the store" in failed.stderr
