"""Who holds the lock while a run waits for its backend."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from licsync.diagnostics import Code, Locked, PartlyApplied, error
from licsync.engine.apply import apply_async, resume_async
from licsync.engine.ports import JournalEntry, StoreFailed
from licsync.store.leases import LEASE_SECONDS
from licsync.store.runs import SqlStore
from tests.support.slow_backend import SlowBackend
from tests.support.slow_runs import fates, many, open_run, world
from tests.support.virtual_time import run_virtually, virtual_clock

# --- the lock -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_lease_is_renewed_however_long_a_step_takes(store: SqlStore) -> None:
    plan, there = many(1)
    other = SqlStore(store._engine, virtual_clock)
    refused = 0

    async def tried() -> None:
        nonlocal refused
        running = asyncio.ensure_future(
            apply_async(plan, world(SlowBackend(there, fates(u00=7200.0)), store))
        )
        await asyncio.sleep(1)
        while not running.done():
            with pytest.raises(Locked, match="me"), other.lock("acme", "somebody"):
                pass
            refused += 1
            await asyncio.sleep(LEASE_SECONDS / 2)
        assert (await running).is_complete

    run_virtually(tried())
    assert refused >= 7200 / (LEASE_SECONDS / 2)


def test_a_lost_lease_begins_nothing_new(store: SqlStore) -> None:
    plan, there = many()
    backend = SlowBackend(there, lambda step: 100.0)

    async def broken() -> None:
        running = asyncio.ensure_future(apply_async(plan, world(backend, store)))
        await asyncio.sleep(50)
        SqlStore(store._engine, virtual_clock).unlock("acme")
        await running

    with pytest.raises(Locked, match="broken"):
        run_virtually(broken())
    assert len(backend.sent) == 4
    outcome = run_virtually(resume_async("acme", world(backend, store)))
    assert outcome is not None
    assert outcome.is_complete
    assert len(backend.sent) == 30


class Unsteady:
    """A store that does not answer now and then."""

    def __init__(self, inner: SqlStore, silent: Callable[[], bool]):
        self.inner, self.silent, self.renewals = inner, silent, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def renew(self) -> None:
        if self.silent():
            raise StoreFailed(error(Code.STORE_FAILED, "no answer"))
        self.renewals += 1
        self.inner.renew()


def test_a_store_that_does_not_answer_for_a_moment_loses_no_lease(store: SqlStore) -> None:
    plan, there = many(1)
    unsteady = Unsteady(store, lambda: 25 < asyncio.get_running_loop().time() < 45)
    assert run_virtually(
        apply_async(plan, world(SlowBackend(there, fates(u00=100.0)), unsteady))
    ).is_complete
    assert unsteady.renewals == 4


def test_a_result_that_cannot_be_recorded_is_asked_for_later(store: SqlStore) -> None:
    plan, there = many(8)

    class Full(Unsteady):
        def record_results(self, run: str, *entries: JournalEntry) -> None:
            if self.silent():
                raise StoreFailed(
                    error(Code.STORE_FAILED, "The step's result cannot be recorded: full.")
                )
            self.inner.record_results(run, *entries)

    full = Full(store, lambda: asyncio.get_running_loop().time() > 1.5)
    backend = SlowBackend(there)
    with pytest.raises(PartlyApplied, match="full"):
        run_virtually(apply_async(plan, world(backend, full)))
    sent = len(backend.sent)
    assert sum(e.state == "intended" for e in open_run(store).entries) == sent - 4
    outcome = run_virtually(resume_async("acme", world(backend, store)))
    assert outcome is not None
    assert outcome.is_complete
    assert len(backend.sent) == 8
