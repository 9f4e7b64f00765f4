"""A run dies at every boundary of its journal, and is gone on with to the end that an unbroken one
has.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from licsync.diagnostics import Code, Refused
from licsync.engine.apply import apply, resume
from licsync.model.capabilities import VERBS
from tests.support.apply_trial import EVERYTHING, Boundary, FragileConsole, Killed, Trial
from tests.support.paths import ROOT
from tests.support.samples import parts

pytestmark = pytest.mark.untraced

PARTS = 9
"""Into how many tests the boundaries are divided. It is odd, so that each meets boundaries of every
kind: before and after the write of an intent, and of a result.
"""


AT_ONCE = (1, 7)
"""How many groups of steps are under way at once: one after the other, and in one transaction."""


class Unbroken(NamedTuple):
    """What an unbroken run leaves, and how many boundaries it crosses: one before and one after
    each write.
    """

    left: dict[str, Any]
    boundaries: int
    at_once: int


@pytest.fixture(scope="session", params=AT_ONCE)
def unbroken(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Unbroken:
    trial = Trial(tmp_path_factory.mktemp("unbroken") / "account", EVERYTHING)
    boundary = Boundary()
    assert apply(trial.plan, trial.world(boundary, at_once=request.param)).is_complete
    return Unbroken(trial.dump(), boundary.passed, request.param)


@pytest.mark.slow
def test_steps_in_one_transaction_leave_what_they_leave_one_after_the_other(tmp_path: Path) -> None:
    one, together = (Trial(tmp_path / name, EVERYTHING) for name in ("one", "together"))
    worlds = one.world(), together.world(at_once=AT_ONCE[-1])
    outcomes = [
        apply(trial.plan, world) for trial, world in zip((one, together), worlds, strict=True)
    ]
    assert sorted(outcomes[0].done) == sorted(outcomes[1].done)
    assert together.dump() == one.dump()
    assert isinstance(worlds[1].backend, FragileConsole)
    assert max(worlds[1].backend.sizes) == AT_ONCE[-1]
    entries = [trial.account.storage.runs().runs("everything")[0] for trial in (one, together)]
    journals = [
        trial.account.storage.runs().run(run.id)
        for trial, run in zip((one, together), entries, strict=True)
    ]
    ends = [
        sorted((e.position, e.state) for e in run.entries) for run in journals if run is not None
    ]
    assert ends[0] == ends[1]


def test_the_run_that_dies_has_every_kind_and_verb(unbroken: Unbroken, tmp_path: Path) -> None:
    plan = Trial(tmp_path / "account", EVERYTHING).plan
    everything = {f"{kind}.{verb}" for kind, verbs in VERBS.items() for verb in verbs}
    # an address is never changed once made
    assert everything - plan.summary.keys() == {"service_address.update"}
    assert len(plan.actions) >= 30
    assert sorted(sum(a.ring == ring for a in plan.actions) for ring in ("r1", "r2", "r3")) == [
        2,
        2,
        3,
    ]
    assert unbroken.boundaries >= 2 * len(plan.actions) / unbroken.at_once


def goes_on(trial: Trial, at: int, unbroken: Unbroken) -> None:
    """Go on with a run that died at a boundary, and compare what it leaves."""
    expected, boundaries, at_once = unbroken
    store = trial.account.storage.runs()
    if store.open_run("everything") is None:  # before the run was recorded, or after its end
        assert at in (0, boundaries - 1)
        if at == 0:
            apply(trial.plan, trial.world())
    else:
        outcome = resume("everything", trial.world(at_once=at_once if at % 3 else 1))
        assert outcome is not None
        assert outcome.is_complete
    assert trial.dump() == expected, f"died at {at}"
    assert store.open_run("everything") is None
    trial.account.storage.engine().dispose()


@pytest.mark.slow
@parts(1, soak=PARTS, name="part")
def test_a_run_that_dies_anywhere_is_gone_on_with_to_the_same_end(
    part: int, unbroken: Unbroken, tmp_path: Path
) -> None:
    for at in range(part, unbroken.boundaries, PARTS):
        trial = Trial(tmp_path / f"{at}", EVERYTHING)
        with pytest.raises(Killed):
            apply(trial.plan, trial.world(Boundary(at), at_once=unbroken.at_once))
        if trial.account.storage.runs().open_run("everything") is not None:
            with pytest.raises(Refused) as refused:
                apply(trial.plan, trial.world())
            assert refused.value.diagnostics[0].code is Code.RUN_UNFINISHED
        goes_on(trial, at, unbroken)


KILLER = """
import os, sys
from pathlib import Path
from tests.support.apply_trial import EVERYTHING, Boundary, Trial, kill
from licsync.engine.apply import apply

home = Path(sys.argv[1])
warm = Trial(home / "warm", EVERYTHING)
assert apply(warm.plan, warm.world()).is_complete
warm.account.storage.engine().dispose()
for at in map(int, sys.argv[3:]):
    child = os.fork()
    if not child:
        trial = Trial(home / str(at), EVERYTHING)
        apply(trial.plan, trial.world(Boundary(at, kill), at_once=int(sys.argv[2])))
        os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == -9, at
"""
"""Applies in a process of its own for each boundary, which is killed there; all are forked from one
that is warm.
"""


@pytest.mark.slow
@parts(1, soak=PARTS, name="part")
def test_kill_9_anywhere_leaves_no_lock_and_no_loss(
    part: int, unbroken: Unbroken, tmp_path: Path
) -> None:
    boundaries = range(part, unbroken.boundaries, PARTS)
    arguments = [*map(str, (tmp_path, unbroken.at_once, *boundaries))]
    subprocess.run([sys.executable, "-c", KILLER, *arguments], cwd=ROOT, check=True, timeout=600)
    for at in boundaries:
        goes_on(Trial(tmp_path / f"{at}", EVERYTHING), at, unbroken)
