"""What a store keeps of old runs, and what of users can be read in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import URL, Engine

from licsync.engine.ports import JournalEntry, Run, RunState, StoreFailed
from licsync.model.console.step import Step
from licsync.store.address import default_url
from licsync.store.encryption import Cipher
from licsync.store.runs import SqlStore

KEY = "q0nUHDhTjmlvqhsPWb8xYNSYQPHzxP+S31DIlvVr4/I="  # as openssl rand -base64 writes it
OTHER = "8n0ydVdMZ7JMJd1ZpWZTdF4SLxmWmLw_fW6tGLTmF4Q="
SECRET = "Ada Lopez"


def a_run(number: int, account: str = "acme") -> Run:
    plan = {
        "digest": f"d{number}",
        "checksum": f"c{number}",
        "summary": {"user.update": 1},
        "actions": [SECRET],
    }
    preimages: dict[str, Any] = {"users/ada": {"name": SECRET}}
    return Run(
        f"run-{number}",
        account,
        plan,
        preimages,
        "bo",
        f"2026-11-{number:02}T09:00:00Z",
        link="https://ci/1",
    )


def an_entry() -> JournalEntry:
    step = Step("user.update", "users/ada", {"set": {"name": SECRET}})
    return JournalEntry(0, "a1", step, "intended", {"users/ada": {"name": SECRET}})


def done(entry: JournalEntry) -> JournalEntry:
    return JournalEntry(0, "a1", entry.step, "done", entry.before, {"users/ada": {"name": SECRET}})


def record(store: SqlStore, *ends: RunState) -> None:
    """Record runs, one a day from the first of November, each with a journal."""
    with store.lock("acme", "bo"):
        for number, state in enumerate(ends, 1):
            store.begin(a_run(number))
            store.record_intents(f"run-{number}", an_entry())
            store.record_results(f"run-{number}", done(an_entry()))
            if state != "open":
                store.finish(f"run-{number}", state, f"2026-11-{number:02}T10:00:00Z")


def pruned(store: SqlStore, before: str, account: str = "acme") -> list[str]:
    with store.lock(account, "bo"):
        return [run.id for run in store.prune(account, before, "2026-12-01T00:00:00Z")]


# --- pruning --------------------------------------------------------------------------------------


def test_old_runs_are_emptied_and_stay_in_the_history(database: Engine) -> None:
    store = SqlStore(database)
    record(store, "done", "failed", "done", "done")
    assert pruned(store, "2026-11-03T00:00:00Z") == ["run-2", "run-1"]
    assert pruned(store, "2026-11-03T00:00:00Z") == []
    emptied, kept = store.run("run-1"), store.run("run-3")
    assert emptied is not None
    assert (emptied.entries, emptied.preimages, emptied.pruned_at) == (
        [],
        {},
        "2026-12-01T00:00:00Z",
    )
    assert emptied.plan == {"digest": "d1", "checksum": "c1", "summary": {"user.update": 1}}
    assert kept is not None
    assert (kept.entries, kept.preimages, kept.pruned_at) == (
        [done(an_entry())],
        a_run(3).preimages,
        None,
    )
    assert [(r.id, r.state, r.link) for r in store.runs("acme")] == [
        (f"run-{n}", state, "https://ci/1")
        for n, state in ((4, "done"), (3, "done"), (2, "failed"), (1, "done"))
    ]
    assert all(store.is_used(f"c{number}") for number in range(1, 5))


def test_what_a_resume_needs_is_never_pruned(database: Engine) -> None:
    store = SqlStore(database)
    record(store, "done", "open", "failed")
    assert pruned(store, "2027-01-01T00:00:00Z", "globex") == []
    assert pruned(store, "2027-01-01T00:00:00Z") == ["run-1"]
    open_run, last = store.open_run("acme"), store.run("run-3")
    assert open_run is not None
    assert last is not None
    assert (open_run.id, open_run.entries, last.entries) == (
        "run-2",
        [done(an_entry())],
        [done(an_entry())],
    )
    assert last.plan["actions"]


def test_nothing_of_what_was_removed_is_left_in_the_file(
    tmp_path: Path, opened: Callable[[URL], Engine]
) -> None:
    store, file = SqlStore(opened(default_url(tmp_path))), tmp_path / ".licsync" / "state.db"
    record(store, "done", "done")
    with store.lock("acme", "bo"):
        store.begin(Run("run-3", "acme", {}, {}, "bo", "2026-11-03T09:00:00Z"))
    assert SECRET.encode() in file.read_bytes()
    assert pruned(store, "2027-01-01T00:00:00Z") == ["run-2", "run-1"]
    assert SECRET.encode() not in file.read_bytes()


# --- sealing --------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [KEY, OTHER])
def test_with_a_key_nothing_of_a_user_can_be_read(database: Engine, key: str) -> None:
    store, blind = SqlStore(database, cipher=Cipher((key,))), SqlStore(database)
    with store.lock("acme", "bo"):
        store.begin(a_run(1))
        store.record_intents("run-1", an_entry())
        store.record_results("run-1", done(an_entry()))
    with database.connect() as connection:
        for table in ("licsync_runs", "licsync_journal"):
            rows = connection.exec_driver_sql(f"SELECT * FROM {table}").all()
            assert rows
            assert SECRET not in str(rows)
    assert store.open_run("acme") == replace(a_run(1), entries=[done(an_entry())])
    [listed] = blind.runs("acme")
    assert (listed.id, listed.plan["digest"], listed.plan["summary"]) == (
        "run-1",
        "d1",
        {"user.update": 1},
    )
    assert store.is_used("c1")


def test_encrypted_journals_are_pruned_without_the_key(database: Engine) -> None:
    record(SqlStore(database, cipher=Cipher((KEY,))), "done", "done")
    blind = SqlStore(database)
    assert pruned(blind, "2027-01-01T00:00:00Z") == ["run-1"]
    emptied = blind.run("run-1")
    assert emptied is not None
    assert (emptied.plan["digest"], emptied.preimages) == ("d1", {})


def refusal(store: SqlStore) -> str:
    with pytest.raises(StoreFailed) as refused:
        store.open_run("acme")
    [diagnostic] = refused.value.diagnostics
    assert diagnostic.hint
    return f"{diagnostic.message} {diagnostic.hint}"


def test_a_wrong_or_missing_key_is_reported(database: Engine) -> None:
    record(SqlStore(database, cipher=Cipher((KEY,))), "open")
    assert "Set LICSYNC_STORE_KEY" in refusal(SqlStore(database))
    assert "does not open" in refusal(SqlStore(database, cipher=Cipher((OTHER,))))
    for key in ("secret", "ünï", "AAAA"):
        broken = SqlStore(database, cipher=Cipher((key,)))
        assert "openssl rand" in refusal(broken)
        with broken.lock("globex", "bo"), pytest.raises(StoreFailed, match="is not a key"):
            broken.begin(a_run(2, "globex"))
    assert SqlStore(database).runs("globex") == []


def test_a_new_key_stands_before_the_old_one(database: Engine) -> None:
    record(SqlStore(database), "done")
    plain = SqlStore(database, cipher=Cipher((KEY,)))
    with plain.lock("acme", "bo"):
        plain.begin(a_run(2))
    both = SqlStore(database, cipher=Cipher((OTHER, KEY)))
    with both.lock("acme", "bo"):
        both.record_intents("run-2", an_entry())
    for number in (1, 2):  # the first one was recorded without a key
        run = both.run(f"run-{number}")
        assert run is not None
        assert run.preimages == a_run(number).preimages
    assert "does not open" in refusal(plain)
