"""An account in the console takes the same fast road to a plan as a sandbox."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from licsync.config import files
from licsync.incremental import cache, load
from licsync.workflows.account import open_account
from licsync.workflows.planning import PlanRequest, plan_state, plan_stored
from licsync.workflows.session import Session
from licsync.workflows.state import load_state
from tests.support.account_edits import EDITS
from tests.support.in_sync_account import Tree, write_in_sync
from tests.support.samples import sampled, seeds

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
OBSERVED = {
    "some fields": {"users": "2026-11-24T08:00:00Z", "users.status": "2026-11-24T08:00:00Z"},
    "an old export": {"users": "2026-10-01T00:00:00Z", "licenses.user": "2026-10-01T00:00:00Z"},
    "no instants": {},
}


@pytest.fixture(params=OBSERVED)
def root(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    observed = OBSERVED[request.param]
    return write_in_sync(tmp_path / "account", {"type": "console"}, observed=observed)


def incremental_plan(root: Path) -> Tree | None:
    """Plan without the users that are in sync; None where everybody has to be compared."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "WORTHWHILE", 0)
        account = open_account(Session(root, None, NOW, 1))
    with closing(account):
        loaded, plan = plan_stored(account, PlanRequest())
    return plan.to_json() if loaded.is_reduced else None


def full_plan(root: Path) -> Tree:
    with closing(open_account(Session(root, None, NOW, 1, use_cache=False))) as account:
        return plan_state(load_state(account), PlanRequest()).to_json()


def test_users_in_sync_are_left_out(root: Path) -> None:
    first = incremental_plan(root)
    assert first is not None
    assert first == full_plan(root)
    assert incremental_plan(root) == first, "from the cache"


@sampled("edit", ["comment", *sorted(EDITS)[::4]], lambda index: index % 3 == 0)
def test_after_an_edit_the_plans_are_the_same(root: Path, edit: str) -> None:
    incremental_plan(root)
    EDITS[edit](root, Random(1))
    assert incremental_plan(root) in (None, full_plan(root))


@pytest.mark.slow
@pytest.mark.parametrize("root", ["some fields"], indirect=True)
@seeds(2, soak=40)
def test_after_any_edits_the_plans_are_the_same(
    root: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    random, were_quick = Random(seed), 0
    if seed % 2:
        monkeypatch.setattr(load, "_READ_SHARE", 0)  # whatever changed was little
    for step in range(8):
        edit = random.choice([*EDITS]) if step else "comment"
        EDITS[edit](root, random)
        full = full_plan(root)
        for attempt in ("cold", "warm"):
            plan = incremental_plan(root)
            assert plan in (None, full), (edit, attempt)
            were_quick += plan is not None
    assert were_quick
