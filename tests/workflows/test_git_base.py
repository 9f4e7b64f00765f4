"""A branch that is behind its base is refused: what the base merged meanwhile would be undone."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from licsync.diagnostics import Code, InputInvalid
from licsync.workflows.git import missing_commits
from tests.support.command_line import run
from tests.support.paths import ACME

NOW = ("--now", "2026-11-24T09:00:00Z")
WHO = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
WHO |= {
    f"GIT_{role}_{what}": "ada@acme.example"
    for role in ("AUTHOR", "COMMITTER")
    for what in ("NAME", "EMAIL")
}


class Repository:
    """A repository with the account on `main`, and `work` checked out."""

    def __init__(self, root: Path):
        self.root = root
        self.acme = Path(shutil.copytree(ACME, root / "accounts" / "acme"))
        self.git("init", "-q", "-b", "main")
        self.commit("begin")
        self.git("checkout", "-q", "-b", "work")

    def git(self, *words: str) -> None:
        subprocess.run(
            ["git", "-C", str(self.root), *words],
            check=True,
            env={**os.environ, **WHO},
            capture_output=True,
        )

    def commit(self, subject: str) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", subject)

    def edit(self, branch: str, file: str, subject: str) -> None:
        """Change a file on a branch, and go back to `work`."""
        self.git("checkout", "-q", branch)
        path = self.root / file
        path.write_text((path.read_text() if path.exists() else "") + f"\n# {subject.encode()!r}\n")
        self.commit(subject)
        self.git("checkout", "-q", "work")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


def test_a_branch_that_has_everything_of_its_base_is_not_behind(repository: Repository) -> None:
    assert missing_commits(repository.acme, "main") == []
    repository.edit("work", "accounts/acme/account.yaml", "mine")
    assert missing_commits(repository.acme, "main") == []


def test_a_branch_that_lacks_commits_is_behind(repository: Repository) -> None:
    for number in range(7):
        repository.edit("main", "accounts/acme/account.yaml", f"theirs {number}")
    (fault,) = missing_commits(repository.acme, "main")
    assert fault.code is Code.BRANCH_BEHIND
    assert "behind main by 7 commits" in fault.message
    assert "theirs 6; " in fault.message
    assert "theirs 1" not in fault.message
    repository.git("merge", "-q", "main")
    assert missing_commits(repository.acme, "main") == []


def test_commits_to_other_files_do_not_count(repository: Repository) -> None:
    repository.edit("main", "README.md", "theirs")
    assert missing_commits(repository.acme, "main") == []


def test_a_base_with_the_same_files_does_not_count(repository: Repository) -> None:
    for branch in ("main", "work"):
        repository.edit(branch, "accounts/acme/account.yaml", "the same")
    assert missing_commits(repository.acme, "main") == []


@pytest.mark.parametrize("base", ["nowhere", "--help", "-x", "HEAD:accounts", ""])
def test_a_base_that_is_not_a_commit_is_reported(repository: Repository, base: str) -> None:
    with pytest.raises(InputInvalid, match="There is no commit"):
        missing_commits(repository.acme, base)


def test_without_a_repository_or_its_history_the_changes_are_unknown(
    repository: Repository, tmp_path: Path
) -> None:
    with pytest.raises(InputInvalid, match="not a git repository"):
        missing_commits(tmp_path, "main")
    repository.git(
        "clone", "-q", "--depth", "1", f"file://{repository.root}", str(tmp_path / "shallow")
    )
    with pytest.raises(InputInvalid, match="shallow"):
        missing_commits(tmp_path / "shallow" / "accounts" / "acme", "main")


def test_without_git_the_changes_are_unknown(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputInvalid, match="git cannot be run"):
        missing_commits(repository.acme, "main")


@pytest.mark.slow
def test_plan_and_apply_refuse_a_branch_that_is_behind(repository: Repository) -> None:
    run("plan", repository.acme, "--base", "main", *NOW, code=0)
    repository.edit("main", "accounts/acme/users/sales.yaml", "\x1b[2J::error::theirs")
    result = run("plan", repository.acme, "--base", "main", *NOW, code=3)
    assert "error[branch-behind]" in result.stdout
    assert "Plan: 2 to unassign" in result.stdout
    assert "\x1b" not in result.stdout
    refused = run("apply", repository.acme, "--base", "main", "--auto-approve", *NOW, code=3)
    assert "branch-behind" in refused.stdout
    assert not (repository.acme / ".licsync").exists()
    repository.git("merge", "-q", "main")
    run("apply", repository.acme, "--base", "main", "--auto-approve", *NOW, code=0)
