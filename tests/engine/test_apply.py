"""Applying: what a run does, refuses and resumes, whatever fails in between."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from licsync.diagnostics import Code, Locked, Refused
from licsync.engine.apply import abandon, apply, resume
from licsync.engine.events import ActionDone, ActionFailed, ActionSkipped, RunFinished, RunStarted
from licsync.model.license import format_instant
from licsync.planning.plan import Plan
from licsync.workflows.inventory import local_backend
from tests.support.apply_trial import NOW, Boundary, Killed, Trial


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    return Trial(tmp_path / "acme")


@pytest.fixture(scope="session")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What an unbroken run leaves."""
    trial = Trial(tmp_path_factory.mktemp("unbroken") / "acme")
    assert apply(trial.plan, trial.world()).is_complete
    return trial.dump()


@pytest.mark.slow
def test_a_plan_is_applied_and_reported(trial: Trial) -> None:
    outcome = apply(trial.plan, trial.world())
    assert outcome.done == [action.id for action in trial.plan.actions]
    assert [type(trial.events[0]), type(trial.events[-1])] == [RunStarted, RunFinished]
    assert [e.action.id for e in trial.events if isinstance(e, ActionDone)] == outcome.done
    assert trial.account.storage.runs().runs("acme")[0].state == "done"
    assert not Trial(trial.account.directory).plan.actions


@pytest.mark.slow
def test_everything_that_is_overwritten_is_recorded_first(trial: Trial) -> None:
    before = local_backend(trial.account).read_now()
    outcome = apply(trial.plan, trial.world())
    run = trial.account.storage.runs().run(outcome.run)
    assert run is not None
    assert run.preimages == {key: before.get(key) for key in trial.plan.saw}
    assert {entry.state for entry in run.entries} == {"done"}
    downgrade = next(
        e for e in run.entries if e.step.op == "license.replace" and e.step.name.startswith("ada")
    )
    assert downgrade.before["users/ada.lopez@acme.example"] == before.users[
        "ada.lopez@acme.example"
    ] | {"policy": "Sales Floor"}
    assert downgrade.after is not None
    assert downgrade.after["licenses/L102"] == {
        "type": "x4", "country": "US", "service_address": "A2", "status": "unassigned",
    }  # fmt: skip


@pytest.mark.slow
def test_one_refused_action_stops_only_what_needs_it(trial: Trial) -> None:
    outcome = apply(trial.plan, trial.world(refuses=lambda step: step.op == "policy.put"))
    failed = {a.id for a in trial.plan.actions if a.kind == "policy"}
    needing = {a.id for a in trial.plan.actions if failed & set(a.needs)}
    assert outcome.failed.keys() == failed
    assert needing
    assert needing <= outcome.skipped.keys()
    assert len(outcome.done) == len(trial.plan.actions) - len(failed) - len(outcome.skipped)
    assert {type(e) for e in trial.events} >= {ActionFailed, ActionSkipped, ActionDone}
    assert trial.account.storage.runs().runs("acme")[0].state == "failed"


@pytest.mark.slow
def test_a_failed_run_is_gone_on_with_when_the_cause_is_mended(
    trial: Trial, unbroken: dict
) -> None:
    apply(trial.plan, trial.world(refuses=lambda step: step.op == "policy.put"))
    outcome = resume("acme", trial.world())
    assert outcome is not None
    assert outcome.is_complete
    after, expected = trial.dump(), unbroken
    assert after["users"] == expected["users"]
    assert after["licenses"] == expected["licenses"]
    assert resume("acme", trial.world()) is None


@pytest.mark.slow
def test_a_ring_that_fails_in_its_middle_is_taken_back(trial: Trial) -> None:
    before = local_backend(trial.account).read_now()
    ring = [a for a in trial.plan.actions if a.ring]
    assert [a.split for a in ring].count(True) == 1
    whole = next(a for a in ring if not a.split)
    outcome = apply(
        trial.plan,
        trial.world(refuses=lambda s: s.op == "license.replace" and s.target == whole.resource),
    )
    assert outcome.failed.keys() == {a.id for a in ring}
    after = local_backend(trial.account).read_now()
    for action in ring:
        assert after.users[action.name] == before.users[action.name]
        assert action.origin is not None
        assert after.licenses[str(action.origin.id)] == before.licenses[str(action.origin.id)]
    again = resume("acme", trial.world())
    assert again is not None
    assert again.is_complete


@pytest.mark.slow
def test_a_run_ends_on_request_and_can_be_resumed(trial: Trial, unbroken: dict) -> None:
    outcome = apply(
        trial.plan,
        trial.world(stop=lambda: sum(isinstance(e, ActionDone) for e in trial.events) >= 5),
    )
    assert outcome.interrupted
    assert len(outcome.done) == 5
    resumed = resume("acme", trial.world())
    assert resumed is not None
    assert resumed.is_complete
    assert trial.dump() == unbroken


@pytest.mark.slow
def test_a_run_can_be_closed_as_it_is(trial: Trial) -> None:
    apply(
        trial.plan,
        trial.world(stop=lambda: sum(isinstance(e, ActionDone) for e in trial.events) >= 5),
    )
    assert abandon("acme", trial.world()) is not None
    assert abandon("acme", trial.world()) is None
    rest = Trial(trial.account.directory)
    assert 0 < len(rest.plan.actions) < len(trial.plan.actions)
    assert apply(rest.plan, rest.world()).is_complete


@pytest.mark.slow
def test_a_step_somebody_else_overwrote_is_left_to_people_and_the_rest_is_done(
    trial: Trial,
) -> None:
    with pytest.raises(Killed):  # after the intent of the first step of a user
        apply(trial.plan, trial.world(Boundary(15)))
    run = trial.account.storage.runs().open_run("acme")
    assert run is not None
    entry = run.entries[-1]
    assert entry.state == "intended"
    console = local_backend(trial.account)
    document = console.dump()
    section, _, name = entry.step.target.partition("/")
    document[section][name]["job_title"] = "Somebody else was here"
    console.load(document)
    outcome = resume("acme", trial.world())
    assert outcome is not None
    assert "is unknown" in outcome.uncertain[entry.action]
    assert console.dump()[section][name] == document[section][name]
    assert len(outcome.done) > len(trial.plan.actions) / 2
    assert trial.account.storage.runs().open_run("acme") is not None


# --- what is refused, with nothing changed --------------------------------------------------------


def refused(trial: Trial, *, saved: Plan | None = None) -> Code:
    before = trial.dump()
    with pytest.raises(Refused) as fault:
        apply(trial.plan, trial.world(), saved=saved)
    assert trial.dump() == before
    return fault.value.diagnostics[0].code


@pytest.mark.slow
def test_a_saved_plan_is_applied_once(trial: Trial) -> None:
    apply(trial.plan, trial.world(), saved=trial.plan)
    assert refused(trial, saved=trial.plan) is Code.PLAN_APPLIED


def test_an_expired_plan_is_refused(trial: Trial) -> None:
    trial.plan = replace(trial.plan, expires_at=format_instant(NOW - timedelta(seconds=1)))
    assert refused(trial) is Code.PLAN_EXPIRED


def test_a_plan_is_refused_when_something_it_touches_has_changed(trial: Trial) -> None:
    console = local_backend(trial.account)
    document = console.dump()
    document["users"]["ada.lopez@acme.example"]["job_title"] = "Promoted"
    console.load(document)
    assert refused(trial) is Code.PLAN_STALE


@pytest.mark.slow
def test_a_plan_is_applied_though_something_else_has_changed(trial: Trial) -> None:
    console = local_backend(trial.account)
    document = console.dump()
    document["users"]["scanner@acme.example"]["job_title"] = "Scanner"
    console.load(document)
    assert apply(trial.plan, trial.world()).is_complete


def test_two_runs_at_once_are_one_run(trial: Trial) -> None:
    with (
        trial.account.storage.runs().lock("acme", "somebody"),
        pytest.raises(Locked, match="somebody"),
    ):
        apply(trial.plan, trial.world())
