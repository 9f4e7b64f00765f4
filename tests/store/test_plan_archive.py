"""What the store remembers besides its runs: plans until they expire, what was applied last, what operations took."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.engine import Engine

from licsync.model.throughput import Asked, Took
from licsync.store.encryption import Seal
from licsync.store.plan_archive import Memory, Snapshot
from tests.support.databases import row

KEY = "0" * 43 + "="
PLAN = {
    "account": "acme",
    "digest": "sha256:1",
    "expires_at": "2026-12-01T09:00:00Z",
    "who": "ada.lopez@acme.example",
}
NOW = "2026-11-24T09:00:00Z"


def test_a_plan_is_remembered_until_it_expires(database: Engine) -> None:
    memory = Memory(database)
    memory.keep_plan(row(PLAN), NOW)
    memory.keep_plan(row(PLAN | {"who": "bo"}), NOW)
    assert memory.plan("acme", "sha256:1") == PLAN | {"who": "bo"}
    assert memory.plan("acme", "sha256:2") is None
    assert memory.plan("other", "sha256:1") is None
    memory.keep_plan(
        row(PLAN | {"digest": "sha256:2", "expires_at": "2026-12-09T09:00:00Z"}),
        "2026-12-02T09:00:00Z",
    )
    assert memory.plan("acme", "sha256:1") is None
    assert memory.plan("acme", "sha256:2") is not None


def test_what_was_applied_last_replaces_what_was_applied_before(database: Engine) -> None:
    memory = Memory(database)
    assert memory.applied("acme") is None
    for run in ("r1", None):
        memory.keep_applied("acme", Snapshot(run, NOW, {"users": {"ada": {"id": run}}}))
        memory.keep_applied("other", Snapshot("x", NOW, {}))
        assert memory.applied("acme") == Snapshot(run, NOW, {"users": {"ada": {"id": run}}})


def test_what_operations_took_is_averaged_by_account_and_kind(database: Engine) -> None:
    memory = Memory(database)
    assert memory.pace("acme") == {}
    memory.keep_pace("acme", {"create": [Asked(4, 1), Asked(8, 0.5)], "delete": [Asked(3, 1)]})
    memory.keep_pace("acme", {"create": [Asked(12, 0.75)] * 2})
    memory.keep_pace("acme", {})
    memory.keep_pace("other", {"create": [Asked(30, 2)]})
    assert memory.pace("acme") == {"create": Took(9, 0.75, 4), "delete": Took(3, 1, 1)}
    assert memory.pace("other") == {"create": Took(30, 2, 1)}


def test_with_a_key_nothing_of_users_is_stored_in_the_clear(database: Engine) -> None:
    memory = Memory(database, Seal((KEY,)))
    memory.keep_plan(row(PLAN, Seal((KEY,))), NOW)
    memory.keep_applied("acme", Snapshot(None, NOW, {"users": {"ada": {}}}))
    with database.connect() as connection:
        stored = [
            connection.scalar(text("SELECT plan FROM licsync_plans")),
            connection.scalar(text("SELECT inventory FROM licsync_applied")),
        ]
    assert all(value.startswith("sealed:") for value in stored)
    assert memory.plan("acme", "sha256:1") == PLAN
