"""The process dies at any write to its journal, over the client and the simulator; a resume ends as
if it had not.
"""

from __future__ import annotations

from typing import Any

import pytest

from licsync.engine.apply import apply_async, resume_async
from licsync.engine.context import RunContext
from licsync.engine.events import Outcome
from licsync.planning.plan import Plan
from tests.support.api_fault_run import FragileStore, Killed, trial
from tests.support.api_simulation import ApiWorld, document
from tests.support.samples import seed_range, seeds

pytestmark = pytest.mark.untraced

ADA = "ada@acme.example"
X4 = {"licenses": [{"type": "x4", "country": "US"}]}


def run(world: ApiWorld, plan: Plan | None, at: int | None) -> Outcome | None:
    """Apply, or resume; None where the process died. What comes next is another process."""
    fragile = RunContext(
        world.backend, FragileStore(world.store, at), world.clock, "tester", parallelism=9
    )
    try:
        found = world.run(
            apply_async(plan, fragile) if plan is not None else resume_async("acme", fragile)
        )
        return found  # type: ignore[no-any-return]
    except Killed:
        world.run(world.backend.close())
        world.backend = world.client()
        world.store = world.process_store()
        world.store.unlock("acme")
        return None


def held(**more: Any) -> dict[str, Any]:
    return {"type": "x2", "ring_groups": ["Main"], "call_queues": ["Help"], **more}


def is_whole(world: ApiWorld, name: str, number: int) -> bool:
    truth = world.truth()
    user = truth.users[name]
    types = [truth.licenses[service["license"]]["type"] for service in user["services"]]
    phones = [(s.get("extension") or {}).get("phone_numbers") for s in user["services"]]
    whole = (["x4"], [[f"+1206555{number:04}"]], ["Main"], ["Help"])
    return (types, phones, user["ring_groups"], user["call_queues"]) == whole


@pytest.mark.slow
def test_a_process_may_die_at_any_write_of_a_change_of_license() -> None:
    at, died = 1, True
    while died:
        world = ApiWorld(document({ADA: held()}, {"x4": ["M1"]}))
        outcome = run(world, world.plan({ADA: X4}), at)
        died = outcome is None
        if world.store.open_run("acme") is not None:
            resumed = run(world, None, None)
            assert resumed is not None
            assert resumed.is_complete, (at, resumed)
        elif died:  # before the run was recorded, or after its end
            run(world, world.plan({ADA: X4}), None)
        assert world.plan({ADA: X4}).actions == [], at
        assert is_whole(world, ADA, 0), at
        world.close()
        at += 1
    assert at > 12


def survive(seed: int) -> None:
    wrong = trial(seed)
    again = f"python -m tests.support.api_fault_run {seed}"
    assert not wrong, f"{'; '.join(wrong)}; to repeat it: {again}"


@pytest.mark.slow
@seeds(4, soak=50)
def test_faults_deaths_and_a_second_writer_lose_nothing(seed: int) -> None:
    survive(seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", seed_range(100, 600))
def test_faults_deaths_and_a_second_writer_lose_nothing_for_long(seed: int) -> None:
    survive(seed)
