"""What follows from the result of a queued job, and what the queue knows of it."""

from __future__ import annotations

import json

import pytest

from licsync.engine.fleet import AccountJob, AccountResult
from licsync.job_queue.jobs import MOST_DEATHS, QueuedJob, after_death, next_attempt, queued

DELAYS = (10, 20)
UNREACHABLE = "backend-failed"
JOB = QueuedJob("customers/acme", "acme-1", "apply", ("--digest", "sha256:1"), "run", 3)


def _result(code: int, *codes: str, verb: str = "apply") -> AccountResult:
    return AccountResult("customers/acme", verb, code, "", "", codes=codes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("code", "expected"), [(5, ""), (4, ""), (1, UNREACHABLE), (1, "store-failed")]
)
def test_jobs_with_temporary_failures_are_retried(code: int, expected: str) -> None:
    first = next_attempt(JOB, _result(code, expected), DELAYS)
    assert first is not None
    assert first[1] == 10
    again = first[0]
    assert (again.attempt, again.resume, again.arguments) == (1, True, JOB.arguments)
    second = next_attempt(again, _result(code, expected), DELAYS)
    assert second is not None
    assert second[1] == 20
    assert next_attempt(second[0], _result(code, expected), DELAYS) is None


@pytest.mark.parametrize(
    ("code", "expected"), [(0, ""), (2, ""), (3, UNREACHABLE), (6, ""), (1, "yaml-syntax")]
)
def test_every_other_end_stays(code: int, expected: str) -> None:
    assert next_attempt(JOB, _result(code, expected), DELAYS) is None


def test_only_an_apply_is_resumed() -> None:
    plan = QueuedJob("a", "a", "plan")
    assert next_attempt(plan, _result(4, verb="plan"), DELAYS) is None


def test_a_worker_that_ends_passes_its_job_on_without_counting_an_attempt() -> None:
    again = next_attempt(JOB, _result(130), DELAYS)
    assert again is not None
    assert (again[1], again[0].attempt, again[0].resume) == (0, 0, True)


@pytest.mark.parametrize("code", [130, 5, 4])
def test_jobs_that_nobody_waits_for_are_not_retried(code: int) -> None:
    assert next_attempt(JOB, _result(code), DELAYS, is_wanted=False) is None


def test_a_job_that_kills_its_workers_is_given_up() -> None:
    job: QueuedJob | None = JOB
    seen = 0
    while job is not None:
        seen += 1
        job = after_death(job)
        assert job is None or job.resume
    assert seen == MOST_DEATHS


def test_the_queue_knows_no_secret_and_no_directory() -> None:
    job = AccountJob(
        "customers/acme", "/srv/customers/acme", "/srv/customers/acme", "plan",
        secrets={"LICSYNC_API_KEY": {"command": ["op", "read", "key"]}}, limits={"delete": 0},
    )  # fmt: skip
    kept = queued(job, "northwind", run="r", position=1)
    assert kept.organization == "northwind/customers/acme"
    text = json.dumps(kept.to_json())
    assert "op" not in text.replace("position", "")
    assert "/srv" not in text
    assert QueuedJob.from_json(json.loads(text)) == kept


def test_each_worker_knows_the_store_by_itself() -> None:
    words = ("--jobs", "1", "--state", "postgresql://db/licsync", "--due")
    job = AccountJob("customers/acme", "/srv/customers/acme", "C1", "plan", words)
    assert queued(job, "northwind").arguments == ("--jobs", "1", "--due")


def test_a_customer_id_is_the_organization_on_every_machine() -> None:
    job = AccountJob("customers/acme", "/srv/customers/acme", "C1", "plan")
    assert queued(job, "northwind").organization == "C1"
