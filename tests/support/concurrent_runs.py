"""Runs of random accounts with many steps under way."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from licsync.engine.apply import apply_async
from licsync.engine.context import RunContext
from licsync.engine.events import Outcome
from licsync.model.inventory import Inventory
from licsync.planning.plan import Plan
from licsync.store.database import open_database
from licsync.store.runs import SqlStore
from tests.support.databases import HISTORIES, empty_store, hurry
from tests.support.slow_backend import SlowBackend
from tests.support.virtual_time import run_virtually, virtual_clock


@contextmanager
def a_store() -> Iterator[SqlStore]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "state.db"
        file.write_bytes(empty_store())
        engine = open_database(f"sqlite:///{file}", HISTORIES)
        hurry(engine)
        try:
            yield SqlStore(engine, virtual_clock)
        finally:
            engine.dispose()


def world(backend: Any, store: Any, parallelism: int) -> RunContext:
    return RunContext(backend, store, virtual_clock, "me", parallelism=parallelism)


def applied(plan: Plan, backend: SlowBackend, parallelism: int) -> Outcome:
    with a_store() as store:
        return run_virtually(apply_async(plan, world(backend, store, parallelism)))


def serial(plan: Plan, there: Inventory, in_place: bool) -> tuple[Outcome, Inventory]:
    backend = SlowBackend(there, in_place=in_place)
    outcome = applied(plan, backend, 1)
    assert outcome.is_complete
    return outcome, backend.now()
