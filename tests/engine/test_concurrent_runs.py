"""Many steps under way at once, on a backend that takes its time: the end is that of one after the
other.
"""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licsync.diagnostics import has_errors
from licsync.engine.apply import apply_async, resume_async
from licsync.engine.steps import compile_steps
from licsync.model.console.step import Step
from licsync.model.inventory import Inventory
from licsync.planning.plan import Plan
from tests.support.apply_trial import Boundary, FragileStore, Killed
from tests.support.concurrent_runs import a_store, applied, serial, world
from tests.support.planning import planned
from tests.support.random_plans import Account, accounts
from tests.support.samples import examples
from tests.support.slow_backend import Fate, SlowBackend, comparable
from tests.support.virtual_time import run_virtually


def plan_and_place(account: Account) -> tuple[Plan, Inventory]:
    wanted, there = account
    return planned(wanted, there), there


trials = (
    accounts()
    .map(plan_and_place)
    .filter(lambda trial: not has_errors(trial[0].diagnostics) and trial[0].actions)
)
manners = st.tuples(st.integers(2, 8), st.booleans(), st.integers(0, 2**32))


def name(step: Step) -> tuple[str, str, str]:
    return step.op, step.target, step.args.get("license", "")


@examples(30)
@given(trials, manners)
def test_many_at_once_end_as_one_after_the_other(
    trial: tuple[Plan, Inventory], manner: tuple[int, bool, int]
) -> None:
    (plan, there), (parallelism, in_place, seed) = trial, manner
    expected, end = serial(plan, there, in_place)
    random = Random(seed)
    backend = SlowBackend(there, lambda step: random.uniform(0.5, 30), in_place=in_place)
    outcome = applied(plan, backend, parallelism)
    assert outcome.is_complete
    assert sorted(outcome.done) == sorted(expected.done)
    assert comparable(backend.now()) == comparable(end)
    assert backend.most <= parallelism
    assert outcome.seconds >= 0.6


@pytest.mark.slow
@examples(30)
@given(trials, manners, st.data())
def test_refusals_stop_the_same_actions_in_whatever_order(
    trial: tuple[Plan, Inventory], manner: tuple[int, bool, int], data: st.DataObject
) -> None:
    (plan, there), (parallelism, in_place, seed) = trial, manner
    tasks = [
        t
        for g in compile_steps(plan, {k: there.get(k) for k in plan.saw}, in_place=in_place)
        for t in g.tasks
    ]
    # a way back that is refused too is for people: a suspension is that of a reactivation, and an
    # update that of another one, and of numbers that were released
    edits = Counter(t.step.target for t in tasks if t.step.op in ("user.update", "numbers.release"))
    ways_back = {("user.update", target) for target, count in edits.items() if count > 1}
    steps = [t.step for t in tasks if t.step.op not in ("user.suspend", "user.reactivate")]
    names = [name(step) for step in steps if (step.op, step.target) not in ways_back]
    refused = data.draw(st.sets(st.sampled_from(names), max_size=3)) if names else set()
    ends = []
    for at_once, random in ((1, Random(0)), (parallelism, Random(seed))):

        def fate(step: Step, random: Random = random) -> Fate:
            return "refused" if name(step) in refused else random.uniform(0.5, 30)

        backend = SlowBackend(there, fate, in_place=in_place)
        outcome = applied(plan, backend, at_once)
        ends.append(
            (
                outcome.failed.keys(),
                outcome.skipped.keys(),
                set(outcome.done),
                comparable(backend.now()),
            )
        )
    assert ends[0] == ends[1]


@pytest.mark.slow
@examples(40)
@given(trials, manners, st.lists(st.integers(0, 60), max_size=3))
def test_all_interleavings_end_in_the_same_state(
    trial: tuple[Plan, Inventory], manner: tuple[int, bool, int], deaths: list[int]
) -> None:
    (plan, there), (parallelism, in_place, seed) = trial, manner
    _, end = serial(plan, there, in_place)
    random = Random(seed)
    troubles = [10]
    boundary = Boundary()

    def fate(step: Step) -> Fate:
        boundary.cross()
        if troubles[0] and random.random() < 0.2:
            troubles[0] -= 1
            return random.choice(("lost", "late", "half"))
        return random.uniform(0.5, 30)

    backend = SlowBackend(there, fate, in_place=in_place)
    with a_store() as store:
        for at in [*deaths, *(None for _ in range(troubles[0] + 1))]:
            boundary.at, boundary.passed = at, 0
            here = world(backend, FragileStore(store, boundary), parallelism)
            begun = bool(store.runs(plan.account))
            try:
                run_virtually(
                    resume_async(plan.account, here) if begun else apply_async(plan, here)
                )
            except Killed:
                assert backend.under_way == 0
        run = store.runs(plan.account)[0]
        assert run.state == "done"
        journal = store.run(run.id)
        assert journal is not None
        assert {entry.state for entry in journal.entries} <= {"done", "refused", "partly"}
    # what had to wait for a resume may have got its licenses in another order
    assert comparable(backend.now(), in_order=False) == comparable(end, in_order=False)
