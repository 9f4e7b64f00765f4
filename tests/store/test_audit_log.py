"""The chain of the history: whatever is changed, taken out or put in is found."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Engine

from licsync.engine.ports import AuditResult, JournalEntry, Run, RunState
from licsync.model.console.step import Step
from licsync.store.audit_log import _append, _beginning, head, verify
from licsync.store.encryption import Cipher
from licsync.store.hash_chain import salted_hash
from licsync.store.runs import SqlStore

SECRET = "Ada Lopez"
KEY = "q0nUHDhTjmlvqhsPWb8xYNSYQPHzxP+S31DIlvVr4/I="


def recorded(
    engine: Engine, *ends: RunState, seal: Cipher | None = None, first: int = 1
) -> SqlStore:
    """Record runs, one a day."""
    store = SqlStore(engine, cipher=seal)
    plan: dict[str, Any] = {"digest": "d", "summary": {"user.update": 1}, "actions": [SECRET]}
    with store.lock("acme", "bo"):
        for number, state in enumerate(ends, first):
            run, day = f"run-{number}", f"2026-11-{number:02}"
            own = plan | {"checksum": f"c{number}"}
            before: dict[str, Any] = {"users/ada": {"name": SECRET}}
            store.begin(
                Run(run, "acme", own, before, "bo", f"{day}T09:00:00Z", link="https://ci/1")
            )
            entry = JournalEntry(0, "a1", Step("user.update", "users/ada", {}), "intended", before)
            store.record_intents(run, entry)
            store.record_results(run, JournalEntry(0, "a1", entry.step, "done", before, before))
            if state != "open":
                store.finish(run, state, f"{day}T10:00:00Z")
    return store


def changed(engine: Engine, statement: str) -> AuditResult:
    """Change the store behind licsync's back, and verify it."""
    with engine.begin() as connection:
        assert connection.execute(text(statement)).rowcount
    return verify(engine, "acme")


@pytest.mark.parametrize("seal", [None, Cipher((KEY,))], ids=["plain", "sealed"])
def test_a_recorded_history_is_valid(database: Engine, seal: Cipher | None) -> None:
    store = recorded(database, "done", "failed", seal=seal)
    found = verify(database, "acme")
    assert (found.entries, found.runs, found.before, found.faults) == (4, 2, 0, [])
    assert found.head == head(database, "acme")
    with store.lock("acme", "bo"):
        store.reopen("run-2")
        assert verify(database, "acme").faults == []
        store.finish("run-2", "done", "2026-11-03T10:00:00Z")
    recorded(database, "open", seal=seal, first=5)
    assert verify(database, "acme").faults == []
    assert verify(database, "acme").entries == 7


def test_of_an_account_without_runs_there_is_nothing(database: Engine) -> None:
    recorded(database, "done")
    assert verify(database, "other") == AuditResult()
    assert head(database, "other") is None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE licsync_runs SET actor = 'eve' WHERE id = 'run-2'", "Run run-2: who began it"),
        (
            "UPDATE licsync_runs SET link = 'https://x' WHERE id = 'run-2'",
            "Run run-2: who began it",
        ),
        (
            "UPDATE licsync_runs SET state = 'failed' WHERE id = 'run-2'",
            "Run run-2: how or when it ended",
        ),
        (
            "UPDATE licsync_runs SET finished_at = NULL WHERE id = 'run-2'",
            "Run run-2: how or when it ended",
        ),
        (
            "UPDATE licsync_runs SET preimages = '{}' WHERE id = 'run-2'",
            "Run run-2: its plan or what was there before",
        ),
        ("UPDATE licsync_runs SET plan = '{}' WHERE id = 'run-2'", "Run run-2: who began it"),
        (
            "UPDATE licsync_runs SET pruned_at = '2026' WHERE id = 'run-2'",
            "Run run-2: whether it was pruned",
        ),
        ("UPDATE licsync_journal SET after = '{}' WHERE run = 'run-2'", "Run run-2: its journal"),
        ("DELETE FROM licsync_journal WHERE run = 'run-2'", "Run run-2: its journal"),
        ("UPDATE licsync_runs SET account = 'other' WHERE id = 'run-2'", "Run run-2 is gone."),
        ("DELETE FROM licsync_history WHERE number = 3", "Entry 3 (ended, run run-2)"),
        ("DELETE FROM licsync_history WHERE number < 3", "Entry 1 (begun, run run-2)"),
        ("DELETE FROM licsync_history WHERE number > 4", "Run run-3 has no entry."),
        (
            "UPDATE licsync_history SET content = '{}' WHERE number = 4",
            "Entry 4 (ended, run run-2)",
        ),
        (
            "UPDATE licsync_history SET content = 'no JSON' WHERE number = 4",
            "Entry 4 (ended, run run-2)",
        ),
        ("UPDATE licsync_runs SET plan = '[]' WHERE id = 'run-2'", "Run run-2: who began it"),
        (
            "UPDATE licsync_history SET event = 'pruned' WHERE number = 4",
            "Entry 4 (pruned, run run-2)",
        ),
        ("UPDATE licsync_history SET run = 'run-1' WHERE number = 4", "Entry 4 (ended, run run-1)"),
    ],
)
def test_every_alteration_is_found(database: Engine, statement: str, says: str) -> None:
    recorded(database, "done", "done", "done")
    found = changed(database, statement)
    assert any(fault.startswith(says) for fault in found.faults), found.faults
    assert not found.is_sound


@pytest.mark.slow
@pytest.mark.parametrize("seal", [None, Cipher((KEY,))], ids=["plain", "sealed"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE licsync_journal SET before = '{}' WHERE run = 'run-2'",
        "UPDATE licsync_journal SET after = NULL WHERE run = 'run-2'",
        "UPDATE licsync_journal SET state = 'refused' WHERE run = 'run-2'",
        "UPDATE licsync_journal SET ticket = 'op-9' WHERE run = 'run-2'",
        "UPDATE licsync_journal SET reason = '' WHERE run = 'run-2'",
        "UPDATE licsync_journal SET position = -1 WHERE run = 'run-2'",
        "UPDATE licsync_journal SET run = 'run-1' WHERE run = 'run-2'",
        "UPDATE licsync_journal SET number = number + 9 WHERE run = 'run-2'",
        "DELETE FROM licsync_journal WHERE run = 'run-2'",
        "DELETE FROM licsync_journal_sums WHERE run = 'run-2'",
        "UPDATE licsync_journal_sums SET total = '0' WHERE run = 'run-2'",
    ],
)
def test_the_journal_of_a_run_that_is_open_is_covered(
    database: Engine, statement: str, seal: Cipher | None
) -> None:
    recorded(database, "done", "open", seal=seal)
    assert verify(database, "acme").is_sound
    assert "Run run-2: its journal is not as it was written." in changed(database, statement).faults


def test_a_journal_stays_covered_however_its_entries_change(database: Engine) -> None:
    store = recorded(database, "open")
    step = Step("user.update", "users/ada", {})
    with store.lock("acme", "bo"):
        for position, end in ((1, "refused"), (1, "done"), (-2, "partly")):
            entry = JournalEntry(position, "a2", step, "intended", {"users/ada": None})
            store.record_intents(
                "run-1", entry, settled=[JournalEntry(0, "a1", step, "done", {}, {})]
            )
            entry.ticket = f"op{position}"
            store.record_operation("run-1", entry)
            assert verify(database, "acme").is_sound
            store.record_results("run-1", replace(entry, state=end))  # type: ignore[arg-type]
            assert verify(database, "acme").is_sound
        store.finish("run-1", "failed", "2026-11-03T10:00:00Z")
        store.reopen("run-1")
        assert verify(database, "acme").is_sound


def test_a_run_that_was_begun_before_there_were_sums_is_covered_once_it_has_ended(
    database: Engine,
) -> None:
    store = recorded(database, "open")
    with database.begin() as connection:
        connection.execute(text("DELETE FROM licsync_journal_sums"))
        connection.execute(text("DELETE FROM licsync_history"))
        row = connection.execute(text("SELECT * FROM licsync_runs")).one()
        content = _beginning(row) | {"stored": salted_hash(row.salt, row.plan, row.preimages)}
        _append(connection, row, "begun", content)
    assert verify(database, "acme").is_sound
    with store.lock("acme", "bo"):
        store.record_results(
            "run-1", JournalEntry(0, "a1", Step("user.update", "users/ada", {}), "done", {}, {})
        )
        assert verify(database, "acme").is_sound
        store.finish("run-1", "done", "2026-11-03T10:00:00Z")
    assert not changed(database, "UPDATE licsync_journal SET before = '{}'").is_sound


def test_an_end_that_was_cut_off_is_found_by_a_hash_noted_elsewhere(database: Engine) -> None:
    recorded(database, "done", "done")
    noted = head(database, "acme")
    with database.begin() as connection:
        for table, key in (
            ("used_plans", "run"),
            ("journal_sums", "run"),
            ("journal", "run"),
            ("runs", "id"),
            ("history", "run"),
        ):
            connection.execute(text(f"DELETE FROM licsync_{table} WHERE {key} = 'run-2'"))
    assert verify(database, "acme").is_sound
    found = verify(database, "acme", noted)
    assert (found.has_head, found.is_sound) == (False, False)
    assert verify(database, "acme", head(database, "acme")).is_sound


def test_pruning_breaks_nothing_and_leaves_nothing_to_guess_by(database: Engine) -> None:
    store = recorded(database, "done", "failed", "done")
    with store.lock("acme", "bo"):
        assert len(store.prune("acme", "2026-11-09T00:00:00Z", "2026-12-01T00:00:00Z")) == 2
    found = verify(database, "acme")
    assert (found.entries, found.faults) == (8, [])
    with database.connect() as connection:
        assert connection.scalars(text("SELECT salt FROM licsync_runs ORDER BY number")).all()[
            :2
        ] == [None, None]
        kept = connection.execute(text("SELECT * FROM licsync_history")).all()
    assert SECRET not in str(kept)
    output = changed(database, "UPDATE licsync_runs SET pruned_at = NULL WHERE id = 'run-1'").faults
    assert "Run run-1: whether it was pruned is not as it was written." in output


def test_runs_from_before_there_was_a_chain_are_counted(database: Engine) -> None:
    recorded(database, "done")
    with database.begin() as connection:
        connection.execute(text("DELETE FROM licsync_history"))
    recorded(database, "done", first=2)
    found = verify(database, "acme")
    assert (found.runs, found.before, found.faults) == (1, 1, [])
