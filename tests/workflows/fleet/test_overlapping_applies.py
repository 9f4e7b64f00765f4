"""Two applies of a fleet at once: what the other has applied is no failure of this one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from licsync.engine.fleet import AccountJob, AccountResult, AccountSummary
from licsync.engine.fleet_outcome import FleetOutcome
from licsync.workflows.fleet.applying import ApplyRequest, apply_fleet, resume_fleet
from licsync.workflows.fleet.running import FleetContext
from tests.support.fake_fleet import Answer, FakeRunner, a_context, summary, usual, write_fleet
from tests.support.fleet_runners import a_message

LATER, EARLIER = "2026-11-24T09:30:00Z", "2026-11-24T08:30:00Z"
IN_SYNC = summary(0, "sha256:empty")


@pytest.fixture
def runner() -> FakeRunner:
    return FakeRunner()


@pytest.fixture
def context(tmp_path: Path, runner: FakeRunner) -> Iterator[FleetContext]:
    write_fleet(tmp_path, "a: {}\nb: {}\nc: {}", "  apply: {stop_after_failed: 2}\n")
    with a_context(tmp_path, runner) as context:
        yield context


def apply(context: FleetContext) -> FleetOutcome:
    request = ApplyRequest(confirm=lambda plans: True)
    outcome = apply_fleet(context, context.fleet.members, request)
    assert outcome is not None
    return outcome


def overtaken(context: FleetContext, after: AccountSummary = IN_SYNC, at: str = LATER) -> Answer:
    """Answer for an account that another fleet apply comes to between plan and apply.

    Args:
        context: what knows of that apply.
        after: what a plan finds afterwards.
        at: when that apply ended.
    """
    verbs: list[str] = []

    def respond(job: AccountJob) -> AccountResult:
        verbs.append(job.verb)
        found = replace(usual(job), messages=(a_message(f"{job.verb} {len(verbs)}"),))
        if verbs == ["plan"]:
            return found
        found = replace(found, summary=after, started_at=LATER, finished_at=LATER)
        if job.verb == "plan":
            return found
        assert context.results is not None
        context.results.record(replace(usual(job), finished_at=at))
        return replace(found, exit_code=3, codes=("plan-stale",))

    return respond


def test_an_account_that_another_apply_has_finished_is_unchanged_and_no_failure(
    context: FleetContext, runner: FakeRunner
) -> None:
    runner.answers = {name: overtaken(context) for name in "ab"}
    outcome = apply(context)
    assert {row.account: row.state for row in outcome.rows} == {
        "a": "unchanged", "b": "unchanged", "c": "done",
    }  # fmt: skip
    assert (outcome.exit_code, outcome.ending) == (0, "done")
    assert context.results is not None
    recorded = context.results.results_of(outcome.run)
    assert {name: recorded[name].result.exit_code for name in "abc"} == dict.fromkeys("abc", 0)
    assert resume_fleet(context, context.fleet.members) is None


@pytest.mark.parametrize(("after", "at"), [(summary(1, "sha256:rest"), LATER), (IN_SYNC, EARLIER)])
def test_what_differs_otherwise_stays_refused_and_counts_as_failed(
    context: FleetContext, runner: FakeRunner, after: AccountSummary, at: str
) -> None:
    """Something is left to do, or no apply has ended since this run planned the account."""
    runner.answers = {name: overtaken(context, after, at) for name in "ab"}
    outcome = apply(context)
    assert [row.exit_code for row in outcome.rows] == [3, 3, 0 if after is not IN_SYNC else None]
    assert outcome.exit_code == 3


def test_enough_refusals_end_the_run(context: FleetContext, runner: FakeRunner) -> None:
    runner.answers = {name: overtaken(context, at=EARLIER) for name in "ab"}
    outcome = apply(context)
    assert (outcome.rows[2].state, outcome.ending) == ("not run", "stopped")


def test_messages_of_before_the_other_apply_are_forgotten(
    context: FleetContext, runner: FakeRunner
) -> None:
    """The changes that were due are made, and the refusal is no failed apply."""
    runner.answers["b"] = overtaken(context)
    apply(context)
    assert [channel for _, channel, _ in context.messages.found] == ["plan 3"]
