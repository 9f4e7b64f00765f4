"""Plans and a world for runs on a backend that takes its time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from licsync.diagnostics import Code, CredentialsMissing, error
from licsync.engine.context import RunContext
from licsync.engine.ports import Run
from licsync.model.console.step import Step
from licsync.model.inventory import Inventory
from licsync.planning.plan import Plan
from licsync.store.runs import SqlStore
from tests.support.accounts import desired, inventory, unit, user
from tests.support.planning import planned
from tests.support.slow_backend import Fate
from tests.support.virtual_time import virtual_clock

CREDENTIALS = CredentialsMissing(
    error(Code.BACKEND_FAILED, "The key was revoked.", hint="Set LICSYNC_API_KEY.")
)


def many(count: int = 30) -> tuple[Plan, Inventory]:
    """Users who have nothing to do with each other, each with something to change."""
    there = inventory({}, {f"u{n:02}": user(id=f"U{n}") for n in range(count)})
    return planned(desired({name: {"job_title": "Clerk"} for name in there.users}), there), there


def upgrade(*, ring: bool = False) -> tuple[Plan, Inventory]:
    """Ada gets another license; in a ring it is Bo's, who gets hers."""
    carried = {"number": "1001", "phone_numbers": ["+12065550101"]}
    users = {"ada": user({"L2": carried}, id="U1", ring_groups=["Main"])}
    wishes = {"ada": {"licenses": ["x4"]}}
    if ring:
        users["bo"] = user({"L4": {"number": "1002"}}, id="U2")
        wishes["bo"] = {"licenses": ["x2"]}
    there = inventory({"L2": unit("x2"), "L4": unit("x4")}, users)
    return planned(desired(wishes), there), there


def world(backend: Any, store: Any, parallelism: int = 4, **more: Any) -> RunContext:
    return RunContext(backend, store, virtual_clock, "me", parallelism=parallelism, **more)


def fates(**by_name: Fate) -> Callable[[Step], Fate]:
    """Say what becomes of the first step on each user; of all others, nothing odd."""
    left = dict(by_name)
    return lambda step: left.pop(step.name, 1.0)


def open_run(store: SqlStore) -> Run:
    run = store.open_run("acme")
    assert run is not None
    return run


def fault_text(fault: pytest.ExceptionInfo[Any]) -> str:
    return " ".join(f"{d.code}: {d.message} {d.hint}" for d in fault.value.diagnostics)
