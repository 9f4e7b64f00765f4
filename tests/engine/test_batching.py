"""What several tasks ask for at the same time is done in one go; steps in one transaction are each
as if by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from licsync.engine import journal
from licsync.engine.apply import apply
from licsync.engine.journal import Batcher
from licsync.engine.ports import StepRefused, StepRequest
from licsync.model.console.step import Step, keys_of_step
from licsync.workflows.inventory import local_backend
from tests.support.apply_trial import EVERYTHING, FragileConsole, Trial
from tests.support.coroutines import at_once


def test_tasks_that_ask_at_the_same_time_are_served_in_one_go_and_in_their_order() -> None:
    asked: list[list[int]] = []

    async def double(items: Sequence[int]) -> Sequence[int]:
        asked.append(list(items))
        return [2 * item for item in items]

    async def main() -> list[list[int]]:
        together = Batcher(double)

        async def twice(item: int) -> list[int]:
            return [await together(item), await together(item + 10)]

        return await asyncio.gather(*map(twice, range(3)))

    assert asyncio.run(main()) == [[0, 20], [2, 22], [4, 24]]
    assert asked == [[0, 1, 2], [10, 11, 12]]


def test_a_batch_waits_for_requests_that_come_a_little_later() -> None:
    asked: list[list[int]] = []

    async def note(items: Sequence[int]) -> Sequence[int]:
        asked.append(list(items))
        return items

    async def main(rounds: int) -> None:
        together = Batcher(note, rounds)

        async def later(item: int) -> None:
            for _ in range(3 * item):
                await asyncio.sleep(0)
            await together(item)

        await asyncio.gather(*map(later, range(3)))

    asyncio.run(main(rounds=1))
    asyncio.run(main(rounds=4))
    assert asked == [[0], [1], [2], [0, 1, 2]]


@pytest.mark.slow
def test_groups_of_many_steps_and_of_few_are_recorded_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is done sooner goes on with the next group, and all of them are in one write again."""
    sizes: dict[int, list[int]] = {}
    for rounds in (1, journal._ROUNDS):
        monkeypatch.setattr(journal, "_ROUNDS", rounds)
        trial = Trial(tmp_path / f"after-{rounds}", EVERYTHING)
        world = trial.world(at_once=7)
        apply(trial.plan, world)
        assert isinstance(world.backend, FragileConsole)
        sizes[rounds] = world.backend.sizes
    few, many = sizes[journal._ROUNDS], sizes[1]
    assert sum(few) == sum(many)
    assert len(few) < len(many)


def test_a_failed_batch_fails_its_requests_and_no_later_ones() -> None:
    fails = [True, False]

    async def work(items: Sequence[int]) -> Sequence[int]:
        if fails.pop(0):
            raise ValueError("no room")
        return items

    async def main() -> None:
        together = Batcher(work)
        found = await asyncio.gather(*(together(item) for item in range(3)), return_exceptions=True)
        assert [str(fault) for fault in found] == ["no room"] * 3
        assert await together(7) == 7

    asyncio.run(main())


@pytest.mark.parametrize("wrong", ["nobody", "stale"])
def test_where_one_step_is_refused_the_others_are_done(tmp_path: Path, wrong: str) -> None:
    trial = Trial(tmp_path / "acme")
    console = local_backend(trial.account)
    names = list(trial.dump()["users"])[:3]
    steps = [Step("user.update", f"users/{name}", {"set": {"job_title": "New"}}) for name in names]
    before = [at_once(console.fetch(keys_of_step(step))) for step in steps]
    if wrong == "nobody":
        steps[1] = Step("user.update", "users/nobody@acme.example", {"set": {"job_title": "New"}})
        before[1] = {steps[1].target: None}
    else:
        before[1][steps[1].target] = {
            **(before[1][steps[1].target] or {}),
            "job_title": "Something else",
        }
    requests = [
        StepRequest(step, records, lambda ticket: None)
        for step, records in zip(steps, before, strict=True)
    ]
    refusals = at_once(console.perform_all(requests))
    assert [type(refusal) for refusal in refusals] == [type(None), StepRefused, type(None)]
    titles = [trial.dump()["users"][name].get("job_title") for name in names]
    assert titles[0] == titles[2] == "New"
    assert titles[1] != "New"
