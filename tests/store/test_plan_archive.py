"""What the store remembers besides its runs: plans until they expire, what was applied last, what
operations took.
"""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Engine

from licsync.engine.ports import StoreFailed
from licsync.model.throughput import OperationSample, OperationStats
from licsync.store.encryption import Cipher
from licsync.store.plan_archive import AppliedSnapshot, PlanArchive
from tests.support.databases import row

KEY = "0" * 43 + "="
PLAN = {
    "account": "acme",
    "digest": "sha256:1",
    "expires_at": "2026-12-01T09:00:00Z",
    "who": "ada.lopez@acme.example",
}
NOW = "2026-11-24T09:00:00Z"


@pytest.mark.slow
def test_a_plan_is_remembered_until_it_expires(database: Engine) -> None:
    memory = PlanArchive(database)
    memory.save_plan(row(PLAN), NOW)
    memory.save_plan(row(PLAN | {"who": "bo"}), NOW)
    assert memory.plan("acme", "sha256:1") == PLAN | {"who": "bo"}
    assert memory.plan("acme", "sha256:2") is None
    assert memory.plan("other", "sha256:1") is None
    memory.save_plan(
        row(PLAN | {"digest": "sha256:2", "expires_at": "2026-12-09T09:00:00Z"}),
        "2026-12-02T09:00:00Z",
    )
    assert memory.plan("acme", "sha256:1") is None
    assert memory.plan("acme", "sha256:2") is not None


def test_what_was_applied_last_replaces_what_was_applied_before(database: Engine) -> None:
    memory = PlanArchive(database)
    assert memory.last_applied("acme") is None
    for run in ("r1", None):
        memory.save_applied("acme", AppliedSnapshot(run, NOW, {"users": {"ada": {"id": run}}}))
        memory.save_applied("other", AppliedSnapshot("x", NOW, {}))
        assert memory.last_applied("acme") == AppliedSnapshot(
            run, NOW, {"users": {"ada": {"id": run}}}
        )


def test_nothing_is_stored_in_the_clear_beside_what_is_encrypted(database: Engine) -> None:
    sealed, clear = PlanArchive(database, Cipher((KEY,))), PlanArchive(database)
    clear.save_plan(row(PLAN), NOW)
    assert clear.plan("acme", "sha256:1") is not None
    sealed.save_applied("acme", AppliedSnapshot(None, NOW, {}))
    clear.save_plan(row(PLAN | {"digest": "sha256:2"}), NOW)
    assert clear.plan("acme", "sha256:2") is None
    with pytest.raises(StoreFailed, match="The journal of acme is encrypted"):
        clear.save_applied("acme", AppliedSnapshot(None, NOW, {}))
    with pytest.raises(StoreFailed, match="The journal of acme is encrypted"):
        clear.save_usage("acme", {}, NOW)
    clear.save_usage("other", {}, NOW)
    assert clear.usage("other") == {}


def test_what_operations_took_is_averaged_by_account_and_kind(database: Engine) -> None:
    memory = PlanArchive(database)
    assert memory.operation_stats("acme") == {}
    memory.save_operation_stats(
        "acme",
        {
            "create": [OperationSample(4, 1), OperationSample(8, 0.5)],
            "delete": [OperationSample(3, 1)],
        },
    )
    memory.save_operation_stats("acme", {"create": [OperationSample(12, 0.75)] * 2})
    memory.save_operation_stats("acme", {})
    memory.save_operation_stats("other", {"create": [OperationSample(30, 2)]})
    assert memory.operation_stats("acme") == {
        "create": OperationStats(9, 0.75, 4),
        "delete": OperationStats(3, 1, 1),
    }
    assert memory.operation_stats("other") == {"create": OperationStats(30, 2, 1)}


def test_with_a_key_nothing_of_users_is_stored_in_the_clear(database: Engine) -> None:
    memory = PlanArchive(database, Cipher((KEY,)))
    memory.save_plan(row(PLAN, Cipher((KEY,))), NOW)
    memory.save_applied("acme", AppliedSnapshot(None, NOW, {"users": {"ada": {}}}))
    with database.connect() as connection:
        stored = [
            connection.scalar(text("SELECT plan FROM licsync_plans")),
            connection.scalar(text("SELECT inventory FROM licsync_applied")),
        ]
    assert all(value.startswith("sealed:") for value in stored)
    assert memory.plan("acme", "sha256:1") == PLAN
