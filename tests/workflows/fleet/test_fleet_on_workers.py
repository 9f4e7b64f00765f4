"""A fleet on workers that die: everything is applied, nothing twice, and no fault costs another."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fleet_observer import FleetObserver, interleaved
from tests.support.fleet_on_workers import FleetOnWorkers, name_of
from tests.support.postgresql import PostgresServer, postgres_server

pytest.importorskip("procrastinate")
pytestmark = pytest.mark.untraced


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    with postgres_server() as started:
        yield started


@pytest.mark.slow
def test_the_job_of_a_killed_worker_is_done_by_another(
    server: PostgresServer, tmp_path: Path
) -> None:
    fleet = FleetOnWorkers(tmp_path, server, 3, dead_after=2)
    (tmp_path / name_of(1) / "people.yaml").write_text("users: [")

    def kill() -> None:
        fleet.wait_for_start(name_of(0))
        fleet.kill_one(random.Random(1))
        fleet.start_worker(2)

    with fleet.observed(), fleet.workers(1, 2):
        killer = threading.Thread(target=kill)
        killer.start()
        results = fleet.apply()
        killer.join()
    fleet.check(results, broken=(1,))


@pytest.mark.soak
def test_many_accounts_on_workers_that_die_and_a_store_that_restarts(
    server: PostgresServer, tmp_path: Path
) -> None:
    count = int(os.environ.get("LICSYNC_SOAK_ACCOUNTS", "200"))
    fleet = FleetOnWorkers(tmp_path, server, count, dead_after=6)
    broken, slow, locked = 1, 3, 4
    (tmp_path / name_of(broken) / "people.yaml").write_text("users: [")
    told = f'sh, -c, "sleep 5; echo $KEY_OF_CUSTOMER_{slow:05}"'
    fleet.with_entry(slow, f"{{key: {{command: [{told}]}}}}")
    choice, is_over = random.Random(19), threading.Event()

    def trouble() -> None:
        number = 0
        while not is_over.wait(choice.uniform(3, 9)):
            number += 1
            if number % 8 == 4:
                server.stop()
                time.sleep(choice.uniform(0, 2))
                server.start()
            else:
                fleet.kill_one(choice)
                fleet.start_worker(2)

    with fleet.observed() as observer, fleet.workers(4, 2):
        troubling = threading.Thread(target=trouble)
        with fleet.locked(locked, 15):
            troubling.start()
            try:
                results = fleet.apply(at_once=3)
            finally:
                is_over.set()
                troubling.join()
    fleet.check(results, broken=(broken,))
    assert len(observer.seen) > 1


def test_two_runs_of_one_account_are_seen() -> None:
    observer = FleetObserver("")
    observer.look([("a", ["1"]), ("b", ["2"])])
    assert (observer.overlaps, observer.seen) == ([], {"a", "b"})
    observer.look([("a", ["1", "3"])])
    assert observer.overlaps == [("a", ["1", "3"])]
    writes = [("a", "1"), ("b", "2"), ("a", "1"), ("a", "3"), ("b", "2")]
    assert interleaved(writes) == []
    assert interleaved([*writes, ("a", "1")]) == ["a"]


@pytest.mark.soak
def test_each_account_behind_the_api_is_applied_with_its_own_key(
    server: PostgresServer, tmp_path: Path
) -> None:
    fleet = FleetOnWorkers(tmp_path, server, 5)
    with fleet.simulators(), fleet.observed(), fleet.workers(2, 2):
        results = fleet.apply()
    assert {result.exit_code for result in results.values()} == {0}
    runs = fleet.rows("SELECT state, count(*) FROM licsync_runs GROUP BY state")
    assert runs == [("done", 5)]
    fleet.check_secrets()
