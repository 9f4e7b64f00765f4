"""Applying a fleet: only what was approved, in waves, until too many fail; and going on later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from licsync.diagnostics import InputInvalid, Refused
from licsync.engine.fleet_outcome import FleetOutcome
from licsync.workflows.fleet.applying import ApplyRequest, apply_fleet, resume_fleet
from licsync.workflows.fleet.fleet import open_fleet
from licsync.workflows.fleet.running import FleetContext, plan_fleet
from tests.support.fake_fleet import FakeRunner, a_context, answer, summary, usual, write_fleet

ACCOUNTS = """
a: {labels: {wave: 2}}
b: {labels: {wave: 1}}
c: {}
d: {mode: plan-only}
"""


@pytest.fixture
def runner() -> FakeRunner:
    return FakeRunner()


@pytest.fixture
def context(tmp_path: Path, runner: FakeRunner) -> Iterator[FleetContext]:
    write_fleet(tmp_path, ACCOUNTS, "  apply: {waves: [1, 2], stop_after_failed: 2}\n")
    with a_context(tmp_path, runner) as context:
        yield context


def planned(context: FleetContext, runner: FakeRunner) -> str:
    digest = plan_fleet(context, context.fleet.members).digest
    runner.jobs.clear()
    return digest


def apply(context: FleetContext, **fields: Any) -> FleetOutcome:
    outcome = apply_fleet(context, context.fleet.members, ApplyRequest(**fields))
    assert outcome is not None
    return outcome


def states(outcome: FleetOutcome) -> dict[str, str]:
    return {row.account: row.state for row in outcome.rows}


def test_the_approved_plans_are_applied_in_waves(context: FleetContext, runner: FakeRunner) -> None:
    outcome = apply(context, digest=planned(context, runner))
    assert runner.ran("plan") == ["a", "b", "c"]
    assert [job for job in runner.jobs if job[1] == "apply"] == [
        (account, "apply", "--digest", f"sha256:of-{account}") for account in "bac"
    ]
    assert states(outcome) == {"a": "done", "b": "done", "c": "done", "d": "plan-only"}
    assert (outcome.exit_code, outcome.ending) == (0, "done")


def test_nothing_is_applied_where_a_plan_differs(context: FleetContext, runner: FakeRunner) -> None:
    digest = planned(context, runner)
    runner.answers["c"] = lambda job: answer(job, 0, summary(digest="sha256:other"))
    with pytest.raises(Refused) as refused:
        apply(context, digest=digest)
    assert not runner.ran("apply")
    [fault] = refused.value.diagnostics
    assert fault.message.endswith(" Different: c.")
    assert "--partial" in str(fault.hint)


def test_partial_applies_what_is_the_same(context: FleetContext, runner: FakeRunner) -> None:
    digest = planned(context, runner)
    runner.answers["b"] = lambda job: answer(job, 0, summary(digest="sha256:other"))
    outcome = apply(context, digest=digest, partial=True)
    assert runner.ran("apply") == ["a", "c"]
    assert states(outcome)["b"] == "differs"
    assert outcome.exit_code == 3


def test_an_unknown_digest_is_refused_even_in_part(
    context: FleetContext, runner: FakeRunner
) -> None:
    with pytest.raises(Refused) as refused:
        apply(context, digest="sha256:0", partial=True)
    assert "does not know that plan" in str(refused.value.diagnostics[0].hint)
    assert not runner.ran("apply")


def test_accounts_that_are_not_selected_are_named(
    context: FleetContext, runner: FakeRunner
) -> None:
    digest = planned(context, runner)
    request = ApplyRequest(digest=digest)
    with pytest.raises(Refused, match=r" Not selected: c\.$"):
        apply_fleet(context, [m for m in context.fleet.members if m.account != "c"], request)


def test_accounts_that_have_left_or_joined_since_the_plan_are_named(
    context: FleetContext, runner: FakeRunner, tmp_path: Path
) -> None:
    """Their directories vanished, for example, so the digest differs though no plan does."""
    digest = planned(context, runner)
    write_fleet(tmp_path, ACCOUNTS.replace("c: {}", "e: {}"))
    context.fleet = open_fleet(tmp_path)
    with pytest.raises(Refused, match=r" New: e\. No longer in the fleet: c\.$"):
        apply(context, digest=digest)
    told: list[str] = []
    context.warn = lambda found: told.extend(one.message for one in found)
    outcome = apply(context, digest=digest, partial=True)
    assert told == ["No longer in the fleet, and left as they are: c."]
    assert states(outcome) == {"a": "done", "b": "done", "d": "plan-only", "e": "differs"}


def test_the_fault_of_one_costs_no_other(context: FleetContext, runner: FakeRunner) -> None:
    runner.answers["b"] = lambda job: answer(job, 1, error="invalid\n")
    outcome = apply(context, digest=planned(context, runner))
    assert runner.ran("apply") == ["a", "c"]
    assert [(row.account, row.exit_code) for row in outcome.rows][:3] == [
        ("a", 0),
        ("b", 1),
        ("c", 0),
    ]
    assert outcome.exit_code == 1


def test_after_too_many_failures_no_further_account_starts(
    context: FleetContext, runner: FakeRunner
) -> None:
    for account, code in (("a", 5), ("b", 4)):
        runner.answers[account] = lambda job, code=code: (  # type: ignore[misc]
            usual(job) if job.verb == "plan" else answer(job, code)
        )
    outcome = apply(context, digest=planned(context, runner))
    assert runner.ran("apply") == ["b", "a"]
    assert states(outcome)["c"] == "not run"
    assert (outcome.exit_code, outcome.ending) == (5, "stopped")


def test_accounts_in_sync_are_applied_once_for_their_baseline(
    context: FleetContext, runner: FakeRunner
) -> None:
    def in_sync(job: Any) -> Any:
        return replace(usual(job), summary=summary(0, "sha256:empty"))

    runner.answers = dict.fromkeys("abc", in_sync)
    digest = planned(context, runner)
    assert states(apply(context, digest=digest))["a"] == "done"
    assert runner.ran("apply") == ["b", "a", "c"]
    runner.jobs.clear()
    assert states(apply(context, digest=digest))["a"] == "unchanged"
    assert runner.ran("apply") == []


def test_without_a_digest_somebody_is_asked(context: FleetContext, runner: FakeRunner) -> None:
    shown: list[FleetOutcome] = []
    members = context.fleet.members
    assert (
        apply_fleet(context, members, ApplyRequest(confirm=lambda o: bool(shown.append(o)))) is None
    )
    assert [row.account for row in shown[0].rows] == ["a", "b", "c"]
    assert shown[0].digest == planned(context, runner)
    assert not runner.ran("apply")
    apply(context, confirm=lambda plans: True)
    assert runner.ran("apply") == ["b", "a", "c"]


def test_a_fleet_can_demand_a_digest(tmp_path: Path, runner: FakeRunner) -> None:
    write_fleet(tmp_path, ACCOUNTS, "  apply: {approval: digest}\n")
    with a_context(tmp_path, runner) as context, pytest.raises(InputInvalid, match="--digest"):
        apply(context, confirm=lambda plans: True)
    assert not runner.jobs


def test_an_interrupt_while_planning_applies_nothing(
    context: FleetContext, runner: FakeRunner
) -> None:
    digest = planned(context, runner)
    runner.interrupt_after = 2
    outcome = apply(context, digest=digest)
    assert set(states(outcome).values()) == {"not run", "plan-only"}
    assert outcome.exit_code == 130


# --- going on -------------------------------------------------------------------------------------


def interrupted(context: FleetContext, runner: FakeRunner) -> None:
    """Apply, and interrupt after the first of three accounts, in the middle of the second."""
    digest = planned(context, runner)
    runner.answers["a"] = lambda job: usual(job) if job.verb == "plan" else answer(job, 130)
    runner.interrupt_after = 5
    outcome = apply(context, digest=digest)
    assert [row.exit_code for row in outcome.rows] == [130, 0, None, None]
    assert outcome.exit_code == 130
    runner.interrupt_after = None
    runner.answers.clear()
    runner.jobs.clear()


def test_a_resume_goes_on_with_what_was_left(context: FleetContext, runner: FakeRunner) -> None:
    interrupted(context, runner)
    runner.answers["a"] = lambda job: answer(job, 0, summary(2, applied=1))
    outcome = resume_fleet(context, context.fleet.members)
    assert outcome is not None
    assert runner.jobs == [
        ("a", "apply", "--resume"),
        ("c", "plan", "--jobs", "1"),
        ("c", "apply", "--digest", "sha256:of-c"),
    ]
    assert states(outcome) == {"a": "done", "c": "done"}
    assert resume_fleet(context, context.fleet.members) is None


def test_a_resume_applies_nothing_that_was_not_approved(
    context: FleetContext, runner: FakeRunner
) -> None:
    interrupted(context, runner)
    runner.answers["c"] = lambda job: answer(job, 0, summary(digest="sha256:other"))
    outcome = resume_fleet(context, context.fleet.members)
    assert outcome is not None
    assert states(outcome) == {"a": "done", "c": "differs"}
    assert outcome.exit_code == 3
    # there was no unfinished run to resume, so the approved plan of `a` was applied
    assert [job for job in runner.jobs if job[0] == "a"] == [
        ("a", "apply", "--resume"),
        ("a", "plan", "--jobs", "1"),
        ("a", "apply", "--digest", "sha256:of-a"),
    ]
    assert resume_fleet(context, context.fleet.members) is None


def test_what_a_killed_run_has_applied_after_all_is_left_alone(
    context: FleetContext, runner: FakeRunner
) -> None:
    interrupted(context, runner)
    runner.answers = dict.fromkeys(
        "ac", lambda job: replace(usual(job), summary=summary(0, "sha256:empty"))
    )
    runner.answers["a"] = lambda job: usual(job)
    outcome = resume_fleet(context, context.fleet.members)
    assert outcome is not None
    assert (states(outcome)["c"], outcome.exit_code) == ("unchanged", 0)
    assert "c" not in runner.ran("apply")


def test_accounts_that_have_left_the_fleet_are_reported(
    context: FleetContext, runner: FakeRunner
) -> None:
    interrupted(context, runner)
    told: list[str] = []
    context.warn = lambda found: told.extend(one.message for one in found)
    members = [member for member in context.fleet.members if member.account != "c"]
    outcome = resume_fleet(context, members)
    assert outcome is not None
    assert [row.account for row in outcome.rows] == ["a"]
    assert told == ["No longer in the fleet, and left as they are: c."]


def test_there_may_be_nothing_to_go_on_with(context: FleetContext, runner: FakeRunner) -> None:
    assert resume_fleet(context, context.fleet.members) is None
    apply(context, digest=planned(context, runner))
    assert resume_fleet(context, context.fleet.members) is None


def test_the_scope_narrows_plans_and_not_what_is_resumed(
    context: FleetContext, runner: FakeRunner
) -> None:
    context.arguments, context.scope = ("--now", "2026-11-24T00:00:00Z"), ("--due",)
    interrupted(context, runner)
    resume_fleet(context, context.fleet.members)
    now = ("--now", "2026-11-24T00:00:00Z")
    assert ("a", "apply", "--resume", *now) in runner.jobs
    assert ("c", "apply", "--digest", "sha256:of-c", *now, "--due") in runner.jobs


def test_a_resume_narrows_plans_as_the_run_did(context: FleetContext, runner: FakeRunner) -> None:
    context.scope = ("--due",)
    interrupted(context, runner)
    context.scope = ()
    runner.answers["c"] = lambda job: (
        usual(job) if "--due" in job.arguments else answer(job, 0, summary(digest="sha256:all"))
    )
    for _ in range(2):  # the second goes on with the first
        runner.interrupt_after = len(runner.jobs) + 1
        resume_fleet(context, context.fleet.members)
    runner.interrupt_after = None
    outcome = resume_fleet(context, context.fleet.members)
    assert outcome is not None
    assert [job for job in runner.jobs if job[0] == "c"][-2:] == [
        ("c", "plan", "--jobs", "1", "--due"),
        ("c", "apply", "--digest", "sha256:of-c", "--due"),
    ]
    assert states(outcome)["c"] == "done"


def test_the_run_of_an_older_licsync_is_resumed_with_the_plans_that_were_approved(
    context: FleetContext, runner: FakeRunner
) -> None:
    """It recorded no scope, so a plan that differs is made of what is due, too."""
    interrupted(context, runner)
    _forget_scopes(context)
    every = summary(digest="sha256:all")
    runner.answers["c"] = lambda job: (
        usual(job) if "--due" in job.arguments else answer(job, 0, every)
    )
    for _ in range(2):  # the second goes on with the first
        runner.interrupt_after = len(runner.jobs) + 1
        resume_fleet(context, context.fleet.members)
    runner.interrupt_after = None
    outcome = resume_fleet(context, context.fleet.members)
    assert outcome is not None
    assert [job for job in runner.jobs if job[0] == "c"][-3:] == [
        ("c", "plan", "--jobs", "1"),
        ("c", "plan", "--jobs", "1", "--due"),
        ("c", "apply", "--digest", "sha256:of-c", "--due"),
    ]
    assert states(outcome)["c"] == "done"


def test_a_resume_says_what_to_do_where_an_older_licsync_may_have_narrowed_the_run(
    context: FleetContext, runner: FakeRunner
) -> None:
    interrupted(context, runner)
    _forget_scopes(context)
    runner.answers["c"] = lambda job: answer(job, 0, summary(digest="sha256:other"))
    outcome = resume_fleet(context, context.fleet.members)
    assert outcome is not None
    assert states(outcome)["c"] == "differs"
    (row,) = (row for row in outcome.rows if row.account == "c")
    assert row.result is not None
    assert "write: licsync fleet apply FLEET --resume --due" in row.result.error


def _forget_scopes(context: FleetContext) -> None:
    assert context.results is not None
    with context.results._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE licsync_fleet_runs SET scope = NULL")


def test_what_was_due_and_is_applied_after_all_is_left_alone(
    context: FleetContext, runner: FakeRunner
) -> None:
    """The killed run has applied what was due; what is not due yet still differs."""
    context.scope = ("--due",)
    interrupted(context, runner)
    context.scope = ()
    empty = summary(0, "sha256:empty")
    runner.answers["c"] = lambda job: answer(
        job, 0, empty if "--due" in job.arguments else summary(digest="sha256:later")
    )
    outcome = resume_fleet(context, context.fleet.members)
    assert outcome is not None
    assert (states(outcome)["c"], outcome.exit_code) == ("unchanged", 0)
    assert "c" not in runner.ran("apply")
