"""What every store must do, on each database that it can be kept in."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy.engine import URL, Engine

from licsync.diagnostics import Code, Locked
from licsync.engine.ports import JournalEntry, Run
from licsync.model.console.step import Step
from licsync.store.leases import LEASE_SECONDS
from licsync.store.runs import SqlStore
from tests.support.set_clock import SetClock


def a_run(run_id: str = "run-1", account: str = "acme", **fields: Any) -> Run:
    plan = {
        "account": account,
        "checksum": f"sha256:{run_id}",
        "actions": [{"id": "a1", "why": "ünï\u0000code"}],
    }
    preimages = {
        "users/ada": {"id": "U1", "odd": [None, 1.5, {"z": 1, "a": 2}]},
        "licenses/L1": None,
    }
    return Run(run_id, account, plan, preimages, "ada", "2026-11-24T09:00:00Z", **fields)


def an_entry(position: int = 0, **fields: Any) -> JournalEntry:
    step = Step("user.update", "users/ada", {"set": {"job_title": "Ünter"}})
    return JournalEntry(
        position, f"a{position}", step, "intended", {"users/ada": {"id": "U1"}}, **fields
    )


def settled(entry: JournalEntry, state: str, **fields: Any) -> JournalEntry:
    return JournalEntry(entry.position, entry.action, entry.step, state, entry.before, **fields)  # type: ignore[arg-type]


# --- the lock -------------------------------------------------------------------------------------


def test_a_lock_is_held_by_one(database: Engine) -> None:
    store, other = SqlStore(database, SetClock()), SqlStore(database, SetClock())
    with store.lock("acme", "ada") as lease:
        assert (lease.account, lease.owner) == ("acme", "ada")
        assert (lease.since, lease.until) == ("2026-11-24T09:00:00Z", "2026-11-24T09:01:00Z")
        with pytest.raises(Locked) as refused, other.lock("acme", "bo"):
            pass
        with other.lock("globex", "bo"):
            pass
    [diagnostic] = refused.value.diagnostics
    assert diagnostic.code is Code.LOCKED
    for fact in ("ada", "process", "2026-11-24T09:00:00Z", "2026-11-24T09:01:00Z"):
        assert fact in diagnostic.message
    with other.lock("acme", "bo") as lease:
        assert lease.owner == "bo"


def test_a_lock_ends_with_an_error_too(database: Engine) -> None:
    store = SqlStore(database, SetClock())
    with pytest.raises(ZeroDivisionError), store.lock("acme", "ada"):
        raise ZeroDivisionError
    with store.lock("acme", "bo"):
        pass


def test_a_lease_that_is_over_is_taken_over_and_the_late_writer_is_refused(
    database: Engine,
) -> None:
    clock = SetClock()
    late, other = SqlStore(database, clock), SqlStore(database, clock)
    with late.lock("acme", "ada"):
        late.begin(a_run())
        clock.wait(LEASE_SECONDS + 1)
        with other.lock("acme", "bo"):
            for write in (
                lambda: late.record_intents("run-1", an_entry()),
                lambda: late.record_operation("run-1", an_entry(ticket="op-1")),
                lambda: late.record_results("run-1", an_entry()),
                lambda: late.finish("run-1", "done", "2026-11-24T10:00:00Z"),
                lambda: late.reopen("run-1"),
                lambda: late.begin(a_run("run-2")),
            ):
                with pytest.raises(Locked, match="taken over by bo"):
                    write()
            run = other.open_run("acme")
            assert run is not None
            assert run.entries == []
            other.record_intents("run-1", an_entry())
    assert [r.id for r in other.runs("acme")] == ["run-1"]


def test_the_end_of_a_lost_lock_does_not_release_that_of_another(database: Engine) -> None:
    clock = SetClock()
    late, other, third = (SqlStore(database, clock) for _ in range(3))
    lock = late.lock("acme", "ada")
    lock.__enter__()
    clock.wait(LEASE_SECONDS + 1)
    with other.lock("acme", "bo"):
        lock.__exit__(None, None, None)
        with pytest.raises(Locked, match="bo"), third.lock("acme", "cy"):
            pass


def test_every_write_renews_the_lease(database: Engine) -> None:
    clock = SetClock()
    store, other = SqlStore(database, clock), SqlStore(database, clock)
    with store.lock("acme", "ada"):
        store.begin(a_run())
        for _ in range(3):
            clock.wait(LEASE_SECONDS - 1)
            store.record_intents("run-1", an_entry())
        with pytest.raises(Locked, match="09:03:57Z"), other.lock("acme", "bo"):
            pass


def test_between_writes_the_lease_is_renewed(database: Engine) -> None:
    clock = SetClock()
    store, other = SqlStore(database, clock), SqlStore(database, clock)
    with store.lock("acme", "ada") as lease:
        assert lease.seconds == LEASE_SECONDS
        for _ in range(3):
            clock.wait(LEASE_SECONDS - 1)
            store.renew()
        with pytest.raises(Locked, match="09:03:57Z"), other.lock("acme", "bo"):
            pass


def test_a_lease_that_is_lost_cannot_be_renewed(database: Engine) -> None:
    store, other = SqlStore(database, SetClock()), SqlStore(database, SetClock())
    with store.lock("acme", "ada"):
        other.unlock("acme")
        with pytest.raises(Locked, match="broken"):
            store.renew()
        with other.lock("acme", "bo"), pytest.raises(Locked, match="taken over by bo"):
            store.renew()
    with pytest.raises(RuntimeError):
        store.renew()


def test_a_lock_says_where_its_run_can_be_looked_at(database: Engine) -> None:
    store, other = SqlStore(database, SetClock()), SqlStore(database, SetClock())
    with store.lock("acme", "ada", "https://ci.example/7") as lease:
        assert lease.link == "https://ci.example/7"
        with (
            pytest.raises(Locked, match=r"ada \(process .*, https://ci.example/7\)"),
            other.lock("acme", "bo"),
        ):
            pass
        assert other.unlock("acme") == lease
    with store.lock("acme", "ada") as lease:
        assert lease.link is None


@pytest.mark.slow
def test_a_lock_of_a_dead_process_is_taken_over_at_once(
    database: Engine, database_url: URL
) -> None:
    script = """
import os, sys
from licsync.store.database import Migrations, open_database
from licsync.store.migrations import HISTORY
from licsync.store.runs import SqlStore
store = SqlStore(open_database(sys.argv[1], [Migrations(*HISTORY)]))
store.lock("acme", "ada").__enter__()
os._exit(0)
"""
    subprocess.run([sys.executable, "-c", script, database_url.render_as_string()], check=True)
    with SqlStore(database).lock("acme", "bo") as lease:
        assert lease.owner == "bo"


@pytest.mark.slow
def test_of_many_at_once_one_gets_the_lock(database: Engine) -> None:
    barrier, got, refused = Barrier(6), [], []

    def race(number: int) -> None:
        store = SqlStore(database)
        barrier.wait()
        try:
            with store.lock("acme", f"racer {number}"):
                got.append(number)
                time.sleep(0.5)
        except Locked:
            refused.append(number)

    racers = [Thread(target=race, args=(n,)) for n in range(6)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert (len(got), len(refused)) == (1, 5)


def test_a_lock_can_be_broken(database: Engine) -> None:
    store, other = SqlStore(database, SetClock()), SqlStore(database, SetClock())
    assert other.unlock("acme") is None
    with store.lock("acme", "ada") as lease:
        assert other.unlock("acme") == lease
        with pytest.raises(Locked, match="broken"):
            store.begin(a_run())
    assert other.runs("acme") == []


def test_nothing_is_recorded_without_the_lock(database: Engine) -> None:
    with pytest.raises(RuntimeError):
        SqlStore(database).begin(a_run())


# --- runs and their journal -----------------------------------------------------------------------


@pytest.fixture
def store(database: Engine) -> SqlStore:
    return SqlStore(database, SetClock())


def test_a_run_is_read_back_as_it_was_recorded(store: SqlStore) -> None:
    with store.lock("acme", "ada"):
        store.begin(a_run())
        store.record_intents("run-1", an_entry(0))
    run = store.open_run("acme")
    assert run == a_run(entries=[an_entry(0)])
    assert run == store.run("run-1")
    assert list(run.preimages["users/ada"]["odd"][2]) == ["z", "a"]  # type: ignore[index]
    assert store.run("run-2") is None
    assert store.open_run("globex") is None


def test_a_step_ends_done_or_refused(store: SqlStore) -> None:
    done = settled(an_entry(0), "done", after={"users/ada": None})
    refused = settled(an_entry(1), "refused", reason="no")
    with store.lock("acme", "ada"):
        store.begin(a_run())
        store.record_intents("run-1", an_entry(0))
        store.record_results("run-1", done)
        store.record_intents("run-1", an_entry(1))
        store.record_results("run-1", refused)
    run = store.run("run-1")
    assert run is not None
    assert run.entries == [done, refused]


def test_the_ticket_of_an_accepted_step_is_recorded(store: SqlStore) -> None:
    entry = an_entry(0)
    with store.lock("acme", "ada"):
        store.begin(a_run())
        store.record_intents("run-1", an_entry(0))
        store.record_results("run-1", settled(entry, "refused", reason="no"))
        store.record_intents("run-1", entry)
        entry.ticket = "op-1"
        store.record_operation("run-1", entry)
    run = store.open_run("acme")
    assert run is not None
    assert run.entries == [settled(entry, "refused", reason="no"), entry]
    with store.lock("acme", "ada"):
        store.record_results("run-1", settled(entry, "done", after={}))
    run = store.open_run("acme")
    assert run is not None
    assert (run.entries[-1].state, run.entries[-1].ticket) == ("done", "op-1")


def test_the_end_of_one_step_and_the_intent_of_the_next_are_one_write(store: SqlStore) -> None:
    done = settled(an_entry(0), "done", after={})
    with store.lock("acme", "ada"):
        store.begin(a_run())
        store.record_intents("run-1", an_entry(0))
        store.record_intents("run-1", an_entry(1), settled=[done])
    run = store.run("run-1")
    assert run is not None
    assert run.entries == [done, an_entry(1)]


def test_a_step_that_is_tried_again_has_an_entry_for_each_attempt(store: SqlStore) -> None:
    refused, done = (
        settled(an_entry(0), "refused", reason="no"),
        settled(an_entry(0), "done", after={}),
    )
    with store.lock("acme", "ada"):
        store.begin(a_run())
        store.record_intents("run-1", an_entry(0))
        store.record_results("run-1", refused)
        store.record_intents("run-1", an_entry(-1))
        store.record_intents("run-1", an_entry(0))
        store.record_results("run-1", done)
    run = store.run("run-1")
    assert run is not None
    assert run.entries == [refused, an_entry(-1), done]


def test_runs_are_listed_newest_first_and_closed(store: SqlStore) -> None:
    with store.lock("acme", "ada"):
        store.begin(a_run("run-1"))
        store.finish("run-1", "failed", "2026-11-24T10:00:00Z")
        store.begin(a_run("run-2"))
    with store.lock("globex", "ada"):
        store.begin(a_run("run-3", "globex"))
    assert [(r.id, r.state, r.finished_at) for r in store.runs("acme")] == [
        ("run-2", "open", None),
        ("run-1", "failed", "2026-11-24T10:00:00Z"),
    ]
    assert store.runs("acme")[0].preimages == {}
    assert store.open_run("acme") == a_run("run-2")
    with store.lock("acme", "ada"):
        store.finish("run-2", "done", "2026-11-24T10:00:00Z")
        assert store.open_run("acme") is None
        store.reopen("run-1")
    assert store.open_run("acme") == a_run("run-1")


def test_a_plan_is_used_from_the_beginning_of_its_run(store: SqlStore) -> None:
    assert not store.is_used("sha256:run-1")
    with store.lock("acme", "ada"):
        store.begin(a_run())
        again = a_run("run-2")
        again.plan["checksum"] = "sha256:run-1"
        store.begin(again)
    assert store.is_used("sha256:run-1")
    assert not store.is_used("sha256:run-2")


def test_what_one_process_recorded_another_one_reads(
    store: SqlStore, database_url: URL, opened: Callable[[URL], Engine]
) -> None:
    with store.lock("acme", "ada"):
        store.begin(a_run())
        store.record_intents("run-1", an_entry())
        assert SqlStore(opened(database_url)).open_run("acme") == a_run(entries=[an_entry()])
