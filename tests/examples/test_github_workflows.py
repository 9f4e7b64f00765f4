"""The example workflows, run on a repository made from the examples: comment, annotations,
approval, refusal.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from licsync.cli.main import cli
from tests.support.workflow_player import ROOT, Job, Runner, comments

pytestmark = pytest.mark.untraced

WORKFLOWS = ROOT / "examples" / "ci" / "github"
NOBODY = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
}
WHO = {
    f"GIT_{role}_{what}": "ada@acme.example"
    for role in ("AUTHOR", "COMMITTER")
    for what in ("NAME", "EMAIL")
}


class Company:
    """A company's repository, and the store where its runs are recorded."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.repository = folder / "repository"
        self.acme = Path(
            shutil.copytree(
                ROOT / "examples" / "accounts" / "acme", self.repository / "accounts" / "acme"
            )
        )
        self.runs = 0
        self.git("init", "-q", "-b", "main")
        self.git("config", "uploadpack.allowAnySHA1InWant", "true")
        self.commit("begin")

    def git(self, *words: str) -> str:
        command = ["git", "-C", str(self.repository), *words]
        done = subprocess.run(
            command, check=True, env={**os.environ, **NOBODY, **WHO}, capture_output=True, text=True
        )
        return done.stdout.strip()

    def commit(self, subject: str) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", subject)

    def edit(self, branch: str, old: str, new: str, file: str = "users/sales.yaml") -> None:
        """Change a file on a branch."""
        self.git("checkout", "-q", "-B", branch) if branch != "main" else self.git(
            "checkout", "-q", "main"
        )
        path = self.acme / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
        self.commit(f"{old} becomes {new}")

    def in_console(self, user: str, title: str) -> None:
        """Let an admin change a job title in the console."""
        file, state = self.folder / "inventory.json", ("--state", self.state)
        account = str(self.acme)
        document = json.loads(
            CliRunner().invoke(cli, ["inventory", "dump", account, *state]).stdout
        )
        document["users"][user]["job_title"] = title
        file.write_text(json.dumps(document))
        assert (
            CliRunner().invoke(cli, ["inventory", "load", account, str(file), *state]).exit_code
            == 0
        )

    def user(self, name: str) -> dict[str, Any]:
        """Give a user as the console has it."""
        words = ["inventory", "dump", str(self.acme), "--state", self.state]
        document = json.loads(CliRunner().invoke(cli, words).stdout)
        return dict(document["users"][name])

    @property
    def state(self) -> str:
        """The URL of the company's store."""
        return f"sqlite:///{self.folder}/state.db"

    def play(
        self, workflow: str, ref: str, *, fork: bool = False, meanwhile: Callable[[], object] = int
    ) -> tuple[dict[str, Job], Runner]:
        """Play a workflow on a branch; others do something while a reviewer reads the plan."""
        self.runs += 1
        names = ("license-plan", "license-read", "licenses", "licenses-due")
        secrets = {name: {"LICSYNC_STATE": self.state} for name in names}
        head = {"repo": {"full_name": "eve/f" if fork else "acme/phones"}}
        event = {
            "repository": "acme/phones", "base_ref": "main", "ref": f"refs/heads/{ref}",
            "event": {"pull_request": {"number": 7, "head": head}},
        }  # fmt: skip
        runner = Runner(self.folder / f"run-{self.runs}", self.repository, secrets, event)
        file, commit = WORKFLOWS / f"{workflow}.yml", self.git("rev-parse", ref)
        return runner.run(file, commit=commit, meanwhile={"apply": meanwhile}), runner


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    for name, value in NOBODY.items():
        monkeypatch.setenv(name, value)
    return Company(tmp_path)


@pytest.mark.slow
def test_a_pull_request_gets_one_comment_a_summary_and_annotations(company: Company) -> None:
    company.edit("raise", "Sales Lead", "Sales <b>Boss</b> ::error::x")
    jobs, runner = company.play("plan", "raise")
    assert not jobs["check"].failed
    assert not jobs["plan"].failed, jobs["plan"].log
    (body,) = comments(runner)
    assert body.startswith("<!-- licsync:acme -->\n")
    assert "Sales <b>Boss</b> \\x3a:error::x" in body.split("```diff")[1]
    assert jobs["plan"].summary == body or jobs["plan"].summary.startswith("<!-- licsync:acme -->")
    assert "+1206" not in body + jobs["plan"].log
    assert "@acme.example" not in body + jobs["plan"].log
    leaver, starter, notice = jobs["plan"].steps[0].annotations
    assert leaver.startswith("::warning file=accounts/acme/users/leavers.yaml,line=9,")
    assert starter.startswith("::warning file=accounts/acme/users/support.yaml,line=24,")
    assert notice.startswith("::notice file=accounts/acme/account.yaml,line=10,")
    company.edit("raise", "Sales <b>Boss", "Sales <b>Queen")
    jobs, runner = company.play("plan", "raise")
    (again,) = comments(runner)
    assert again != body
    assert "Queen" in again


@pytest.mark.slow
def test_faults_are_annotated_where_they_stand_and_fail_the_job(company: Company) -> None:
    company.edit("broken", "job_title: Sales Lead", "job_titel: Sales Lead")
    jobs, runner = company.play("plan", "broken")
    for job in jobs.values():
        assert ends(job) == [1]
        assert (
            "::error file=accounts/acme/users/sales.yaml,line=13,col=5,title=unknown-key::"
            in job.log
        )
    (body,) = comments(runner)
    assert "unknown-key" in body


@pytest.mark.slow
def test_a_branch_that_is_behind_is_refused(company: Company) -> None:
    company.git("checkout", "-q", "-b", "late")
    company.edit("main", "Account Executive", "Seller")
    company.edit("late", "Field Sales", "Fields")
    company.git("reset", "-q", "--hard", "main~1")
    company.edit("late", "Field Sales", "Fields")
    jobs, runner = company.play("plan", "late")
    assert ends(jobs["plan"]) == [3]
    assert "branch-behind" in comments(runner)[0]
    assert "title=branch-behind::The branch is behind origin/main by 1 commit" in jobs["plan"].log


def test_a_fork_is_checked_and_gets_no_plan(company: Company) -> None:
    company.edit("theirs", "Sales Lead", "Boss")
    jobs, runner = company.play("plan", "theirs", fork=True)
    assert jobs["check"].ran
    assert not jobs["plan"].ran
    assert comments(runner) == []


@pytest.mark.slow
def test_what_was_approved_is_applied_and_the_next_night_finds_no_drift(company: Company) -> None:
    jobs, _ = company.play("apply", "main")
    assert jobs["plan"].outputs["changes"] == "24"
    assert jobs["plan"].outputs["digest"].startswith("sha256:")
    assert not jobs["apply"].failed, jobs["apply"].log
    assert "Apply complete" in jobs["apply"].log
    assert "@acme.example" not in jobs["apply"].log
    jobs, _ = company.play("apply", "main")
    assert jobs["plan"].outputs["changes"] == "0"
    assert not jobs["apply"].ran
    jobs, _ = company.play("drift", "main")
    assert not jobs["drift"].failed, jobs["drift"].log + jobs["drift"].summary
    assert "No drift" in jobs["drift"].summary


def ends(job: Job) -> list[int]:
    """Give the exit codes of licsync."""
    return [step.code for step in job.steps if step.name == "run"]


@pytest.mark.slow
def test_what_main_got_since_the_approval_stops_the_apply(company: Company) -> None:
    jobs, _ = company.play(
        "apply", "main", meanwhile=lambda: company.edit("main", "Sales Lead", "Boss")
    )
    assert ends(jobs["apply"]) == [3]
    assert "branch-behind" in jobs["apply"].log
    jobs, _ = company.play("apply", "main")
    assert ends(jobs["apply"]) == [0]


@pytest.mark.slow
def test_what_the_console_got_since_the_approval_stops_the_apply_and_is_shown(
    company: Company,
) -> None:
    company.play("apply", "main")
    company.edit("main", "Sales Lead", "Boss")
    jobs, _ = company.play(
        "apply", "main", meanwhile=lambda: company.in_console("ada.lopez@acme.example", "Queen")
    )
    assert ends(jobs["apply"]) == [3]
    assert "+~ ada.lopez@…   update job title Queen → Account Executive" in jobs["apply"].log
    assert "error[plan-stale]" in jobs["apply"].log


@pytest.mark.slow
def test_a_console_that_moved_fails_the_night(company: Company) -> None:
    company.play("apply", "main")
    company.edit("main", "Sales Lead", "Boss")
    jobs, _ = company.play("drift", "main")
    assert ends(jobs["drift"]) == [0]
    assert "The console has not changed" in jobs["drift"].summary
    company.in_console("ada.lopez@acme.example", "Queen")
    jobs, _ = company.play("drift", "main")
    assert ends(jobs["drift"]) == [2]
    assert "| Account Executive | Account Executive | Queen |" in jobs["drift"].summary


@pytest.mark.slow
def test_the_plan_of_a_pull_request_writes_nothing_to_the_store(company: Company) -> None:
    company.play("apply", "main")
    file = company.folder / "state.db"
    before = file.read_bytes(), file.stat().st_mtime_ns
    company.edit("raise", "Sales Lead", "Sales Boss")
    jobs, _ = company.play("plan", "raise")
    assert not jobs["plan"].failed, jobs["plan"].log
    company.play("drift", "main")
    assert (file.read_bytes(), file.stat().st_mtime_ns) == before


@pytest.mark.slow
def test_a_leaver_leaves_on_the_day_by_the_shipped_workflows_alone(company: Company) -> None:
    company.play("apply", "main")
    tomorrow, today = "2026-11-25", "2026-11-24"  # by the player's clock
    title = "job_title: Account Executive\n    licenses: [x2]"
    company.edit("main", title, f"job_title: Boss\n    licenses: [x2]\n    offboard_on: {tomorrow}")
    company.play("due", "main")
    assert company.user("ada.lopez@acme.example")["status"] == "active"
    company.edit("main", f"offboard_on: {tomorrow}", f"offboard_on: {today}")
    jobs, _ = company.play("due", "main")
    assert ends(jobs["due"]) == [0], jobs["due"].log
    left = company.user("ada.lopez@acme.example")
    assert (left["status"], left["job_title"]) == ("inactive", "Account Executive")
    jobs, _ = company.play("due", "main")
    assert ends(jobs["due"]) == [0]
