"""What a run has lost with a license, and leaves to be put back by hand, is noted before the run is
closed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from licsync.backends.api.capabilities import API
from licsync.diagnostics import PartlyApplied
from licsync.engine.apply import abandon, apply_async, resume_async
from licsync.engine.ports import BackendFailed
from licsync.store.runs import SqlStore
from tests.support.accounts import desired, inventory, unit, user
from tests.support.planning import planned
from tests.support.slow_backend import Fate, SlowBackend
from tests.support.slow_runs import world
from tests.support.virtual_time import START, run_virtually

pytestmark = pytest.mark.untraced

FORWARDING = [{"when": "busy", "to": "1002"}]
HELD = {"number": "1001", "call_forwarding": FORWARDING}
NOTED = {"ada": {"L3": {"call_forwarding": FORWARDING}}}


def lossy(store: SqlStore, failing: str | None) -> SlowBackend:
    """Change ada's license, and bo's title; a step of the name fails."""
    users = {"ada": user({"L1": HELD}, id="U1"), "bo": user(id="U2")}
    there = inventory({"L1": unit("x2"), "L3": unit("x4")}, users)
    wishes = {"ada": {"licenses": ["x4"], "allow_loss": True}, "bo": {"job_title": "Boss"}}
    plan = planned(desired(wishes), there, backend="8x8", capabilities=API)

    def fate(step: Any) -> Fate:
        return BackendFailed("The line is cut.") if step.op == failing else 1.0

    backend = SlowBackend(there, fate, in_place=False)
    if failing is None:
        assert run_virtually(apply_async(plan, world(backend, store, 1))).manual
        return backend
    with pytest.raises(PartlyApplied):
        run_virtually(apply_async(plan, world(backend, store, 1)))
    assert backend.restores == {}
    backend.fate = lambda step: 1.0
    return backend


def test_an_apply_notes_it(store: SqlStore) -> None:
    assert lossy(store, None).restores == NOTED


@pytest.mark.parametrize("failing", ["license.attach", "user.update"])
def test_a_resume_notes_it_whichever_attempt_has_lost_it(store: SqlStore, failing: str) -> None:
    backend = lossy(store, failing)
    outcome = run_virtually(resume_async("acme", world(backend, store)))
    assert outcome is not None
    assert backend.restores == NOTED


@pytest.mark.slow
def test_a_run_that_is_closed_as_it_is_notes_it_too(store: SqlStore) -> None:
    backend = lossy(store, "user.update")
    assert abandon("acme", replace(world(backend, store), clock=lambda: START)) is not None
    is_changed = backend.now().users["ada"]["services"][0]["license"] == "L3"
    assert backend.restores == (NOTED if is_changed else {})
