"""Licenses that are not changed in place: who is half done, taken back, or left to people."""

from __future__ import annotations

from dataclasses import replace

import pytest

from licsync.diagnostics import PartlyApplied, Refused
from licsync.engine.apply import apply_async, resume_async
from licsync.engine.events import ActionDone, Event
from licsync.model.console.step import Step
from licsync.store.runs import SqlStore
from tests.support.accounts import desired, inventory, unit, user
from tests.support.planning import planned
from tests.support.slow_backend import Fate, SlowBackend
from tests.support.slow_runs import fates, fault_text, many, open_run, upgrade, world
from tests.support.virtual_time import run_virtually

# --- a license that is not changed in place -------------------------------------------------------


@pytest.mark.parametrize("ring", [False, True])
@pytest.mark.parametrize("user", ["ada", "bo"])
def test_a_failed_change_restores_the_old_license(store: SqlStore, ring: bool, user: str) -> None:
    plan, there = upgrade(ring=ring)
    wanted = {"ada": "L4", "bo": "L2"}

    def refused(step: Step) -> bool:
        return (step.op, step.name, step.args["license"]) == ("license.attach", user, wanted[user])

    backend = SlowBackend(there, lambda step: "refused" if refused(step) else 1.0, in_place=False)
    outcome = run_virtually(apply_async(plan, world(backend, store)))
    if user not in there.users:
        assert outcome.is_complete
        return
    assert outcome.failed.keys() == {a.id for a in plan.actions}
    assert backend.now() == there
    backend.fate = fates()
    again = run_virtually(resume_async("acme", world(backend, store)))
    assert again is not None
    assert again.is_complete
    users = backend.now().users
    assert users["ada"]["services"][0]["license"] == "L4"
    assert users["ada"]["ring_groups"] == ["Main"]


def test_users_left_without_a_license_are_named(store: SqlStore, events: list[Event]) -> None:
    plan, there = upgrade()
    others, more = many(4)
    there.users |= more.users
    renumbered = [replace(action, id=f"b{action.id}") for action in others.actions]
    plan = replace(plan, actions=[*plan.actions, *renumbered], saw=plan.saw | others.saw)

    def fate(step: Step) -> Fate:
        return "refused" if step.op == "license.attach" else 30.0 if step.name == "u00" else 1.0

    backend = SlowBackend(there, fate, in_place=False)
    with pytest.raises(PartlyApplied) as stopped:
        run_virtually(apply_async(plan, world(backend, store, 2, listener=events.append)))
    assert "users/ada is without the license L2 (x2) that it had" in fault_text(stopped)
    assert "The console says no." in fault_text(stopped)
    # it was under way, and is finished
    assert [e.action.name for e in events if isinstance(e, ActionDone)] == ["u00"]
    assert backend.now().users["u01"].get("job_title") is None
    assert [(e.position, e.state) for e in open_run(store).entries if e.action == "a1"] == [
        (0, "done"), (1, "refused"), (-1, "refused"),
    ]  # fmt: skip


def test_a_way_back_that_was_half_done_is_finished_first(store: SqlStore) -> None:
    plan, there = upgrade()
    left = iter([1.0, "refused", "half"])  # detach; attach; and the old one attached again
    backend = SlowBackend(there, lambda step: next(left, 1.0), in_place=False)
    assert run_virtually(apply_async(plan, world(backend, store))).uncertain.keys() == {"a1"}
    assert backend.now().users["ada"]["services"] == []
    outcome = run_virtually(resume_async("acme", world(backend, store)))
    assert outcome is not None
    assert outcome.is_complete
    # back, and again all the way
    assert [s.args["license"] for s in backend.sent[-3:]] == ["L2", "L2", "L4"]
    assert backend.now().users["ada"]["services"][0]["license"] == "L4"


@pytest.mark.parametrize(
    "steps", [("half", "refused"), (1.0, "half", "refused"), (1.0, "refused", "half", "refused")]
)
def test_a_half_done_action_that_is_refused_is_left_to_people(
    store: SqlStore, steps: tuple[Fate, ...]
) -> None:
    plan, there = upgrade()
    left = iter(steps)
    backend = SlowBackend(there, lambda step: next(left, 1.0), in_place=False)
    run_virtually(apply_async(plan, world(backend, store)))
    with pytest.raises(PartlyApplied, match="users/ada is") as stopped:
        run_virtually(resume_async("acme", world(backend, store)))
    assert "Repair it in the console" in fault_text(stopped)
    assert open_run(store).state == "open"


def test_a_journal_that_means_other_steps_is_left_alone(store: SqlStore) -> None:
    plan, there = upgrade()
    backend = SlowBackend(there, fates(ada="lost"), in_place=False)
    run_virtually(apply_async(plan, world(backend, store)))
    sent = len(backend.sent)
    other = SlowBackend(there, in_place=True)
    with pytest.raises(Refused, match="began with other steps") as refused:
        run_virtually(resume_async("acme", world(other, store)))
    assert "--abandon" in fault_text(refused)
    assert (len(backend.sent), other.sent, other.asked) == (sent, [], [])


def test_a_step_names_the_units_that_are_held_by_then(store: SqlStore) -> None:
    there = inventory(
        {"L1": unit("vcc-agent"), "L2": unit("x2")},
        {"ada": user(["L1", "L2"], status="inactive")},
    )
    plan = planned(desired({"ada": {"status": "inactive", "licenses": []}}), there)
    assert [action.verb for action in plan.actions] == ["unassign", "unassign"]
    first = plan.actions[0].origin
    assert first is not None

    def fate(step: Step) -> Fate:
        return (
            "refused"
            if (step.op, step.args.get("license")) == ("license.detach", first.id)
            else 1.0
        )

    outcome = run_virtually(apply_async(plan, world(SlowBackend(there, fate), store)))
    assert (list(outcome.failed), outcome.done) == (["a1"], ["a2"])
    run = store.run(outcome.run)
    assert run is not None
    reactivated = next(e for e in run.entries if (e.action, e.step.op) == ("a2", "user.reactivate"))
    assert reactivated.before.keys() == {"users/ada", "licenses/L1", "licenses/L2"}
    suspended = next(e for e in run.entries if (e.action, e.step.op) == ("a2", "user.suspend"))
    assert suspended.after is not None
    assert suspended.after[f"licenses/{first.id}"]["status"] == "suspended"  # type: ignore[index]
