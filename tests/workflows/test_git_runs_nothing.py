"""A branch cannot make `--base` run a program, whatever files, settings and variables there are."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from licsync.diagnostics import Code, InputInvalid
from licsync.workflows.git import missing_commits

AUTHOR = {
    f"GIT_{who}_{what}": "ada@acme.example"
    for who in ("AUTHOR", "COMMITTER")
    for what in ("NAME", "EMAIL")
}
CLEAN = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}
PROGRAMS = """
[core]
	fsmonitor = {program}
	hooksPath = {hooks}
	pager = {program}
	sshCommand = {program}
	editor = {program}
	askPass = {program}
	alternateRefsCommand = {program}
	gitProxy = {program}
[log]
	showSignature = true
[gpg]
	program = {program}
[diff]
	external = {program}
[diff "evil"]
	command = {program}
	textconv = {program}
[filter "evil"]
	clean = {program}
	smudge = {program}
	process = {program}
	required = true
[merge "evil"]
	driver = {program}
[pager]
	log = {program}
	rev-list = {program}
[alias]
	rev-list = !{program}
	rev-parse = !{program}
	diff-tree = !{program}
[credential]
	helper = !{program}
[protocol]
	allow = always
"""


class Checkout:
    """An account in a repository, its branch one commit behind `main`; and a program that must not
    run.
    """

    def __init__(self, root: Path):
        self.root = root / "checkout"
        self.acme = self.root / "accounts" / "acme"
        self.acme.mkdir(parents=True)
        self.program = self.root / "notes.txt"
        self.trace = root / "it ran"
        self.program.write_text(f"#!/bin/sh\nenv > '{self.trace}'\n")
        self.program.chmod(0o755)
        (self.root / "hooks").mkdir()
        for hook in ("post-index-change", "reference-transaction", "fsmonitor-watchman"):
            shutil.copy(self.program, self.root / "hooks" / hook)
        (self.acme / "account.yaml").write_text("account: {name: acme}\n")
        (self.root / ".gitattributes").write_text("* diff=evil filter=evil merge=evil\n")
        self.git("init", "-q", "-b", "main")
        self.commit("begin")
        self.git("branch", "work")
        (self.acme / "account.yaml").write_text("account: {name: acme, unlisted_users: ignore}\n")
        self.commit("theirs", "--allow-empty")
        self.sign()
        self.git("checkout", "-q", "work")

    def git(self, *words: str, at: Path | None = None, given: str = "") -> str:
        command = ["git", "-C", str(at or self.root), "-c", "protocol.file.allow=always", *words]
        environment = {**os.environ, **AUTHOR, **CLEAN}
        done = subprocess.run(
            command, check=True, env=environment, capture_output=True, text=True, input=given
        )
        return done.stdout.strip()

    def commit(self, subject: str, *words: str) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", subject, *words)

    def sign(self) -> None:
        """Sign the commit of `main`, so that showing signatures runs gpg.program."""
        head, _, message = self.git("cat-file", "commit", "HEAD").partition("\n\n")
        signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n iQ==\n -----END PGP SIGNATURE-----"
        signed = f"{head}\n{signature}\n\n{message}\n"
        self.git(
            "update-ref",
            "HEAD",
            self.git("hash-object", "-t", "commit", "-w", "--stdin", given=signed),
        )

    def settings(self) -> str:
        return PROGRAMS.format(program=self.program, hooks=self.root / "hooks")

    def plant(self, place: Path) -> None:
        """Put plain files below the checkout that git would take for a repository."""
        shutil.copytree(self.root / ".git", place, dirs_exist_ok=True)
        with (place / "config").open("a") as stream:
            stream.write(self.settings() + "[core]\n\tbare = true\n")


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    for name, value in CLEAN.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LICSYNC_API_KEY", "REAL-KEY")
    return Checkout(tmp_path)


def plain_files_in_the_account(checkout: Checkout) -> None:
    checkout.plant(checkout.acme)


def plain_files_between_account_and_top(checkout: Checkout) -> None:
    checkout.plant(checkout.root / "accounts")


def plain_files_at_the_top(checkout: Checkout) -> None:
    checkout.plant(checkout.root)


def settings_of_the_repository(checkout: Checkout) -> None:
    with (checkout.root / ".git" / "config").open("a") as stream:
        stream.write(checkout.settings())


def settings_that_are_included(checkout: Checkout) -> None:
    (checkout.root / "included").write_text(checkout.settings())
    checkout.git("config", "include.path", "../included")


def settings_of_a_worktree(checkout: Checkout) -> None:
    checkout.git("config", "extensions.worktreeConfig", "true")
    (checkout.root / ".git" / "config.worktree").write_text(checkout.settings())


def variables(checkout: Checkout) -> None:
    program = str(checkout.program)
    checkout.plant(checkout.root / "evil")
    (checkout.root / "evil" / "rev-list").write_text("")
    os.environ.update(
        GIT_DIR=str(checkout.root / "evil"),
        GIT_EXTERNAL_DIFF=program,
        GIT_PAGER=program,
        GIT_SSH_COMMAND=program,
        GIT_EXEC_PATH=str(checkout.root / "hooks"),
        GIT_CONFIG_COUNT="2",
        GIT_CONFIG_KEY_0="core.fsmonitor",
        GIT_CONFIG_VALUE_0=program,
        GIT_CONFIG_KEY_1="gpg.program",
        GIT_CONFIG_VALUE_1=program,
        GIT_CONFIG_PARAMETERS=f"'core.fsmonitor'='{program}'",
    )


def the_operators_own_settings(checkout: Checkout) -> None:
    """They may name programs, for use by hand: none is needed here."""
    (checkout.root / "global").write_text(checkout.settings())
    os.environ["GIT_CONFIG_GLOBAL"] = str(checkout.root / "global")


def a_git_among_the_files(checkout: Checkout) -> None:
    os.environ["PATH"] = f".:bin::{checkout.root}/bin:{os.environ['PATH']}"
    (checkout.root / "bin").mkdir()
    for place in (checkout.root, checkout.root / "bin", checkout.acme):
        shutil.copy(checkout.program, place / "git")


def odd_names(checkout: Checkout) -> None:
    for name in ("HEAD", "main", "--output=x", ":(exclude)acme", "-c"):
        (checkout.acme / name).write_text("")


@pytest.mark.parametrize(
    "attack",
    [
        plain_files_in_the_account,
        plain_files_between_account_and_top,
        plain_files_at_the_top,
        settings_of_the_repository,
        settings_that_are_included,
        settings_of_a_worktree,
        variables,
        the_operators_own_settings,
        a_git_among_the_files,
        odd_names,
    ],
)
def test_no_program_of_a_branch_runs_and_the_answer_is_true(
    checkout: Checkout, attack: Callable[[Checkout], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(checkout.acme)
    with monkeypatch.context() as patch:
        patch.setattr(os, "environ", dict(os.environ))  # what an attack sets ends with the test
        attack(checkout)
        (fault,) = missing_commits(checkout.acme, "main")
    assert not checkout.trace.exists()
    assert "behind main by 1 commit to these files" in fault.message
    assert "theirs" in fault.message


def a_file(checkout: Checkout, place: Path) -> None:
    (place / ".git").write_text(f"gitdir: {os.path.relpath(checkout.root / 'evil', place)}\n")


def an_absolute_file(checkout: Checkout, place: Path) -> None:
    (place / ".git").write_text(f"gitdir: {checkout.root}/evil")


def a_file_by_way_of_a_link(checkout: Checkout, place: Path) -> None:
    (checkout.root / "harmless").symlink_to("evil")
    (place / ".git").write_text(f"gitdir: {checkout.root}/harmless\n")


def a_link(checkout: Checkout, place: Path) -> None:
    (place / ".git").symlink_to(checkout.root / "evil")


def a_worktree_of_files(checkout: Checkout, place: Path) -> None:
    tree = checkout.root / "evil" / "worktrees" / "x"
    tree.mkdir(parents=True)
    (tree / "commondir").write_text("../..\n")
    (tree / "gitdir").write_text(f"{place}/.git\n")
    (tree / "HEAD").write_text("ref: refs/heads/main\n")
    (place / ".git").write_text(f"gitdir: {tree}\n")


@pytest.mark.parametrize("below", ["accounts/acme", "accounts"])
@pytest.mark.parametrize(
    "made", [a_file, an_absolute_file, a_file_by_way_of_a_link, a_link, a_worktree_of_files]
)
def test_a_repository_among_the_files_of_a_branch_is_not_used(
    checkout: Checkout, made: Callable[[Checkout, Path], None], below: str
) -> None:
    checkout.plant(checkout.root / "evil")
    made(checkout, checkout.root / below)
    with pytest.raises(InputInvalid, match="lies among the files that are checked out") as raised:
        missing_commits(checkout.acme, "main")
    assert raised.value.diagnostics[0].hint
    assert not checkout.trace.exists()


def test_a_repository_that_lacks_objects_fetches_none(checkout: Checkout, tmp_path: Path) -> None:
    checkout.git("config", "uploadpack.allowFilter", "true")
    checkout.git(
        "clone", "-q", "--filter=tree:0", "-n", f"file://{checkout.root}", str(tmp_path / "partial")
    )
    partial = tmp_path / "partial"
    for name, value in [("url", f"ext::{checkout.program}"), ("uploadpack", str(checkout.program))]:
        checkout.git("config", f"remote.origin.{name}", value, at=partial)
    (partial / "accounts" / "acme").mkdir(parents=True)
    with pytest.raises(InputInvalid, match="git says"):
        missing_commits(partial / "accounts" / "acme", "origin/main")
    assert not checkout.trace.exists()


def test_worktrees_and_submodules_are_used_as_usual(checkout: Checkout, tmp_path: Path) -> None:
    checkout.git("worktree", "add", "-q", str(tmp_path / "tree"), "-b", "other", "work")
    checkout.git("init", "-q", "-b", "main", str(tmp_path / "whole"))
    checkout.git(
        "submodule", "add", "-q", "-b", "work", str(checkout.root), "part", at=tmp_path / "whole"
    )
    checkout.git("clone", "-q", "--bare", str(checkout.root), str(tmp_path / "many" / ".bare"))
    (tmp_path / "many" / ".git").write_text("gitdir: ./.bare\n")
    checkout.git(
        "worktree", "add", "-q", str(tmp_path / "many" / "work"), "work", at=tmp_path / "many"
    )
    for place, base in [("tree", "main"), ("whole/part", "origin/main"), ("many/work", "main")]:
        (fault,) = missing_commits(tmp_path / place / "accounts" / "acme", base)
        assert fault.code is Code.BRANCH_BEHIND
    (tmp_path / "link").symlink_to(checkout.acme)
    assert missing_commits(tmp_path / "link", "main")
    assert missing_commits(checkout.root, "main")


def test_git_gets_no_secret(
    checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LICSYNC_STATE", "postgresql://licsync:SECRET@db/acme")
    monkeypatch.setenv("GIT_ASKPASS", "SECRET")
    fake = fake_git(tmp_path, f'env >> "{checkout.trace}"; exit 1')
    monkeypatch.setenv("PATH", f"{fake}:{os.environ['PATH']}")
    with pytest.raises(InputInvalid):
        missing_commits(checkout.acme, "main")
    seen = checkout.trace.read_text()
    assert f"GIT_CEILING_DIRECTORIES={checkout.root.parent}" in seen
    assert "LICSYNC_" not in seen
    assert "KEY" not in seen
    assert "SECRET" not in seen


@pytest.mark.parametrize(
    "expected",
    [
        "fatal: detected dubious ownership in repository at '/x'",
        (
            "warning: something\nfatal: detected dubious ownership in repository at '/x'\n"
            "To add an exception …"
        ),
        "fatal: unsafe repository ('/x' is owned by someone else)",
    ],
)
def test_a_repository_of_another_user_is_reported_with_the_remedy(
    checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expected: str
) -> None:
    fake = fake_git(tmp_path, f"cat >&2 <<'EOF'\n{expected}\nEOF\nexit 128")
    monkeypatch.setenv("PATH", f"{fake}:{os.environ['PATH']}")
    with pytest.raises(InputInvalid) as raised:
        missing_commits(checkout.acme, "main")
    (fault,) = raised.value.diagnostics
    assert (
        fault.message
        == f"The repository '{checkout.root}' belongs to another user, so git does not read it."
    )
    assert f"git config --global --add safe.directory '{checkout.root}'" in str(fault.hint)


def test_a_base_that_a_tag_could_take_over_is_refused(checkout: Checkout) -> None:
    checkout.git("update-ref", "refs/remotes/origin/main", "main")
    checkout.git("tag", "origin/main", "work")
    with pytest.raises(InputInvalid, match="'origin/main' is ambiguous") as raised:
        missing_commits(checkout.acme, "origin/main")
    assert "refs/remotes/origin/main" in str(raised.value.diagnostics[0].hint)
    assert missing_commits(checkout.acme, "refs/remotes/origin/main")


@pytest.mark.parametrize(
    "content", ["", "gitdir: ", "gitdir: nowhere", "nonsense", "gitdir: \0", "\udcff"]
)
def test_a_file_that_names_no_repository_is_reported(checkout: Checkout, content: str) -> None:
    (checkout.acme / ".git").write_text(content, "utf-8", "surrogateescape")
    with pytest.raises(InputInvalid, match="is not a git repository"):
        missing_commits(checkout.acme, "main")


def fake_git(root: Path, script: str) -> Path:
    (root / "fake").mkdir()
    (root / "fake" / "git").write_text(f"#!/bin/sh\n{script}\n")
    (root / "fake" / "git").chmod(0o755)
    return root / "fake"
