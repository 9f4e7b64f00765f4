"""A checkout of the same repository is the same account, wherever it is."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

import pytest

from licsync.workflows.git import origin_of
from tests.support.command_line import run
from tests.support.local_accounts import account


def repository(where: Path, url: str | None) -> Path:
    """Make a directory a git repository that was cloned from somewhere."""
    where.mkdir(parents=True, exist_ok=True)
    subprocess.run(["git", "init", "-q", where], check=True)
    if url is not None:
        subprocess.run(["git", "-C", where, "remote", "add", "origin", url], check=True)
    return where


@pytest.mark.slow
def test_a_fresh_checkout_of_the_same_repository_needs_nothing(tmp_path: Path, shared: str) -> None:
    laptop = account(
        repository(tmp_path / "laptop", "git@git.example:acme/phones.git") / "accounts" / "main"
    )
    output = run("apply", laptop, "--auto-approve", "--state", shared).stderr
    assert "other checkouts of git.example/acme/phones/accounts/main are known by that" in output
    runner = account(
        repository(tmp_path / "ci", "https://x:TOKEN@git.example/acme/phones") / "accounts" / "main"
    )
    run("plan", runner, "--state", shared)
    run("inventory", "load", runner, runner / "inventory.json", "--state", shared)
    assert not (runner / ".licsync" / "identity").exists()
    other = account(
        repository(tmp_path / "other", "https://git.example/acme/other") / "accounts" / "main"
    )
    elsewhere = account(tmp_path / "ci" / "accounts" / "second")
    declared = account(
        repository(tmp_path / "x", "git@git.example:acme/phones") / "accounts" / "main",
        identity="x",
    )
    for stranger in (other, elsewhere, declared):
        run("plan", stranger, "--state", shared, code=3)


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("git@git.example:acme/phones.git", "git.example/acme/phones"),
        ("git.example:acme/phones", "git.example/acme/phones"),
        ("ssh://git@GIT.example:22/acme/phones.git/", "git.example/acme/phones"),
        ("https://ci:s3cret@git.example/acme/phones.git", "git.example/acme/phones"),
        ("https://git.example//acme/phones", "git.example/acme/phones"),
        ("/srv/git/phones.git", "HOST:/srv/git/phones"),
        ("file:///srv/git/phones", "HOST:/srv/git/phones"),
        ("../phones", "HOST:TOP/phones"),
        (None, "HOST:TOP/clone"),
    ],
)
def test_every_spelling_of_a_repository_is_one_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str | None, named: str
) -> None:
    for name in ("GITHUB_REPOSITORY", "CI_PROJECT_URL"):
        monkeypatch.delenv(name, raising=False)
    clone = repository(tmp_path / "clone", address)
    (clone / "accounts").mkdir()
    named = named.replace("HOST", socket.gethostname()).replace("TOP", str(tmp_path.resolve()))
    assert origin_of(clone) == named
    assert origin_of(clone / "accounts") == f"{named}/accounts"


@pytest.mark.parametrize(
    "environment",
    [{"GITHUB_SERVER_URL": "https://git.example", "GITHUB_REPOSITORY": "acme/phones"},
     {"CI_PROJECT_URL": "https://git.example/acme/phones"}],
    ids=["GitHub", "GitLab"],
)  # fmt: skip
def test_a_job_says_what_it_checked_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert origin_of(repository(tmp_path / "work", None)) == "git.example/acme/phones"
    assert (
        origin_of(repository(tmp_path / "other", "https://git.example/acme/other"))
        == "git.example/acme/other"
    )


def test_an_invalid_repository_has_no_origin(tmp_path: Path) -> None:
    assert origin_of(tmp_path) is None
    for name, text in (
        ("HEAD", "ref: refs/heads/main"),
        ("config", '[remote "origin"]\n  url = https://a.example/b'),
    ):
        (tmp_path / name).write_text(text)
    for name in ("objects", "refs"):
        (tmp_path / name).mkdir()
    assert origin_of(tmp_path) is None  # files of a branch, not a repository
    broken = repository(tmp_path / "broken", "https://a.example/b")
    (broken / ".git" / "config").write_text("[remote")
    assert origin_of(broken) is None
