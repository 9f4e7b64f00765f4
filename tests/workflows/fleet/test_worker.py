"""What a worker does with a job: what its own fleet file says, and what was asked, once."""

from __future__ import annotations

import asyncio
import os
import runpy
from pathlib import Path
from typing import Any

import pytest

from licsync.engine.fleet import AccountResult
from licsync.job_queue.jobs import QueuedJob
from licsync.store.address import default_url
from licsync.workflows.fleet.fleet import open_fleet
from licsync.workflows.fleet.results import open_results
from licsync.workflows.fleet.worker import FleetAccounts
from licsync.workflows.storage import open_store
from tests.support.command_line import run
from tests.support.fleet_runners import PROGRAM, SUMMARY, a_job, a_message, log_of
from tests.support.message_servers import webhook_server
from tests.support.paths import ROOT

GENERATE = runpy.run_path(str(ROOT / "examples" / "fleet" / "generate.py"))["generate"]
ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": "/nowhere"}


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    GENERATE(tmp_path)
    return tmp_path


def _accounts(fleet: Path, **more: Any) -> FleetAccounts:
    with open_results(open_fleet(fleet)) as results:
        return FleetAccounts(fleet, results, environ=ENVIRONMENT, **more)


def _run(
    accounts: FleetAccounts, account: str, verb: Any, *words: str, **more: Any
) -> AccountResult:
    job = QueuedJob(f"customers/{account}", account, verb, words, **more)
    return asyncio.run(accounts.run(job, asyncio.Event()))


def _behave(fleet: Path, account: str, **behavior: Any) -> Path:
    folder = fleet / "customers" / account
    a_job(folder, behavior=behavior)
    return folder


def test_a_worker_runs_the_command_as_its_own_fleet_file_says(fleet: Path) -> None:
    folder = _behave(fleet, "oak", text="planned")
    result = _run(_accounts(fleet, processes=PROGRAM), "oak", "plan", "--jobs", "1")
    assert (result.exit_code, result.text) == (0, "planned\n")
    began = log_of(folder)[0]
    assert began["words"][:3] == ["plan", "--jobs", "1"]
    assert began["environment"]["LICSYNC_LIMITS"] == "suspend=2 delete=0"


def test_a_job_reads_one_checkout_and_the_next_job_the_one_that_the_link_leads_to_by_then(
    tmp_path: Path,
) -> None:
    """As git-sync renews a checkout: the link leads to another directory from one moment on."""
    link = tmp_path / "link"
    for name in ("old", "new"):
        GENERATE(tmp_path / name)
        _behave(tmp_path / name, "oak")
    link.symlink_to("old")
    accounts = _accounts(link, processes=PROGRAM)
    for name in ("old", "new"):
        (tmp_path / "next").symlink_to(name)
        (tmp_path / "next").rename(link)
        _run(accounts, "oak", "plan")
    directories = {
        name: [entry["folder"] for entry in log_of(tmp_path / name / "customers" / "oak")]
        for name in ("old", "new")
    }
    assert directories == {
        name: [str(tmp_path / name / "customers" / "oak")] * 2 for name in ("old", "new")
    }


def test_a_job_of_an_account_that_the_worker_does_not_know_has_a_result(fleet: Path) -> None:
    result = _run(_accounts(fleet), "acme", "plan")
    assert result.exit_code == 1
    assert "'customers/acme' is not in the fleet file of this worker" in result.error


def test_a_fleet_file_that_is_broken_by_now_is_the_result(fleet: Path) -> None:
    accounts = _accounts(fleet)
    (fleet / "fleet.yaml").write_text("fleet: {name: n}")
    result = _run(accounts, "oak", "plan")
    assert result.exit_code == 1
    assert "accounts" in result.error


def test_what_may_only_be_planned_is_not_applied(fleet: Path) -> None:
    result = _run(_accounts(fleet), "larch", "apply", "--auto-approve")
    assert result.exit_code == 3
    assert "plan-only" in result.error


def test_an_account_that_other_machines_would_take_for_a_copy_is_not_applied(fleet: Path) -> None:
    file = fleet / "customers" / "oak" / "account.yaml"
    file.write_text(file.read_text().replace("  identity: example-oak", "  #"))
    result = _run(_accounts(fleet), "oak", "apply", "--auto-approve")
    assert result.exit_code == 3
    assert "'customers/oak' declares neither backend.customer_id nor identity" in result.error
    assert "licsync store adopt" in result.error


@pytest.mark.parametrize("words", [("--state", "sqlite:////x.db"), ("--out", "plan.json")])
def test_the_queue_cannot_name_files_and_stores(fleet: Path, words: tuple[str, ...]) -> None:
    result = _run(_accounts(fleet), "oak", "plan", *words)
    assert result.exit_code == 3
    assert f"A worker does not take {words[0]}" in result.error


def test_an_apply_that_may_have_begun_is_resumed_first(fleet: Path) -> None:
    folder = _behave(fleet, "oak")
    accounts = _accounts(fleet, processes=PROGRAM)
    _run(accounts, "oak", "apply", "--auto-approve", resume=True)
    assert [entry["words"][1] for entry in log_of(folder)[::2]] == ["--resume", "--auto-approve"]


def test_a_resume_that_does_not_finish_is_the_result(fleet: Path) -> None:
    folder = _behave(fleet, "oak", exit=4)
    result = _run(
        _accounts(fleet, processes=PROGRAM), "oak", "apply", "--auto-approve", resume=True
    )
    assert result.exit_code == 4
    assert len(log_of(folder)) == 2


@pytest.mark.slow
def test_a_plan_that_the_account_has_applied_already_is_not_refused(fleet: Path) -> None:
    """The worker died between the end of the command and its own result."""
    directory = fleet / "customers" / "alder"
    output = run("plan", directory).output
    digest = output.rpartition("--digest ")[2].strip()
    run("apply", directory, "--digest", digest)
    accounts = _accounts(fleet)
    again = _run(accounts, "alder", "apply", "--digest", digest, resume=True)
    assert again.exit_code == 0, again.error
    assert "A worker already applied this plan" in again.error
    assert again.summary is not None
    assert (again.summary["changes"], again.summary["applied"]) == (1, 1)
    assert "There is no unfinished run to resume." in again.error


@pytest.mark.parametrize(("verb", "code"), [("apply", 4), ("plan", 1), ("drift", 1)])
def test_an_apply_that_nobody_knows_the_end_of_can_be_resumed(
    fleet: Path, verb: Any, code: int
) -> None:
    job = QueuedJob("customers/oak", "oak", verb)
    result = _accounts(fleet).lost_result(job, "10 workers died while they ran it.")
    assert (result.exit_code, result.error) == (code, "10 workers died while they ran it.\n")


@pytest.mark.slow
def test_the_messages_of_a_job_that_nobody_waits_for_are_sent_and_recorded_by_the_worker(
    fleet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = _behave(fleet, "oak", summary=SUMMARY, messages=[a_message()])
    url = default_url(folder)
    open_store(url).dispose()
    output: list[str] = []
    accounts = _accounts(fleet, processes=PROGRAM, say=output.append)
    _run(accounts, "oak", "drift")
    assert output == [
        "customers/oak: No message about 1 account was sent to the channel 'ops': "
        "LICSYNC_NOTIFY_OPS is not set."
    ]
    with webhook_server() as inbox:
        monkeypatch.setenv("LICSYNC_NOTIFY_OPS", inbox.address)
        waited_for = _run(accounts, "oak", "drift", run="a run")
        assert (waited_for.messages, inbox.taken) == ((a_message(),), [])
        for _ in range(2):
            _run(accounts, "oak", "drift")
        assert [one["event"] for one in inbox.documents] == ["drift"]


def test_accounts_are_due_as_often_as_the_file_says_and_a_busy_one_waits(fleet: Path) -> None:
    with open_results(open_fleet(fleet)) as results:
        accounts = FleetAccounts(fleet, results, environ=ENVIRONMENT)
        due = accounts.due(())
        assert [job.account for job in due] == [m.account for m in open_fleet(fleet).members]
        assert {job.verb for job in due} == {"drift"}
        assert due[0].organization == "example-alder"
        assert len(accounts.due({due[0].queueing_lock})) == len(due) - 1
        now = "2126-11-24T00:00:00Z"  # a check that is newer than every instant before today
        for job in due[1:]:
            accounts.record(AccountResult(job.account, "drift", 0, now, now))
        assert accounts.due(()) == due[:1]
