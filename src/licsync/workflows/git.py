"""What git knows of an account's files: whether a branch is behind the one it is to be merged into, and whose they are.

Every call of git is made here. Whoever wrote the branch controls every file below the account's
directory, and git runs programs that a repository's own settings name. Git therefore reads only the
repository that this module found, runs only commands that read history or one setting, and gets an
environment without secrets.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from licsync.diagnostics import Code, Diagnostic, InputInvalid, error

_MOST_COMMITS = 5
_SLOWEST = 120.0  # seconds that one command may take

_FLAGS = (
    "--no-pager",
    "--literal-pathspecs",
    *("-c", "safe.bareRepository=explicit"),  # files that look like a repository are none
    *("-c", "log.showSignature=false"),  # runs gpg.program
    *("-c", "core.fsmonitor=false"),  # names a program
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "core.warnAmbiguousRefs=true"),
    # a partial clone fetches what it lacks, by a program that its remote names
    *("-c", "protocol.allow=never"),
)
_KEPT = (
    "PATH",
    "HOME",
    "USERPROFILE",
    "XDG_CONFIG_HOME",
    "SYSTEMROOT",
    "TMPDIR",
    "TEMP",
    "TMP",
    "SUDO_UID",
)
_OPERATORS = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM")
"""Where the operator's own settings are: they say which directories of other users are trusted."""


@dataclass(frozen=True, slots=True)
class _Repository:
    """A repository that an account lies in.

    Attributes:
        top: the directory that holds `.git`.
        path: the account's directory below it.
    """

    top: Path
    path: str


def missing_commits(directory: Path, base: str) -> list[Diagnostic]:
    """Name the commits of a base that changed an account's files and are not in the branch that is checked out.

    Applying the branch would undo what they did. Commits that leave the account's files alone do
    not count, nor do any where both branches have the same files.

    Args:
        directory: the account's.
        base: a branch, tag or commit, such as `origin/main`.

    Raises:
        InputInvalid: there is no git, no repository that may be read, or no such commit.
    """
    repository = _repository_of(directory)
    if _git(repository, "rev-parse", "--is-shallow-repository") == "true":
        hint = "Fetch the history: with actions/checkout, `fetch-depth: 0`; elsewhere, git fetch --unshallow."
        raise _unusable(
            "The repository is shallow, so it cannot be told whether the branch is behind.", hint
        )
    commit = _commit(repository, base)
    # rev-list and diff-tree are plumbing: unlike log and diff they take no settings that change
    # what they do.
    said = _git(
        repository,
        "rev-list",
        "--format=%h %s",
        "--encoding=UTF-8",
        f"HEAD..{commit}",
        "--",
        repository.path,
    )
    log = said.splitlines()[1::2]  # each line follows one with the whole id
    if not log or not _git(
        repository, "diff-tree", "-r", "--name-only", "HEAD", commit, "--", repository.path
    ):
        return []
    named = "; ".join(log[:_MOST_COMMITS]) + ("; …" if len(log) > _MOST_COMMITS else "")
    number = "1 commit" if len(log) == 1 else f"{len(log)} commits"
    message = f"The branch is behind {base} by {number} to these files, and would undo what they did: {named}."
    return [
        error(
            Code.BRANCH_BEHIND,
            message,
            hint=f"Bring the branch up to date (git merge {base}), and plan again.",
        )
    ]


def origin_of(directory: Path) -> str | None:
    """Name the place of a directory in the world: the repository that it was cloned from, and the path in there.

    No file of a branch says that. Every spelling of an address gives one name, and no secret that
    stands in it is told.

    Returns:
        `host/owner/repository/path`, or `machine:/repository/path` for what lies on this machine;
        None without git.
    """
    try:
        repository = _repository_of(directory)
        done = _run(repository, "config", "--local", "--no-includes", "--get", "remote.origin.url")
    except InputInvalid:
        return None
    nowhere = str(repository.top) if done.returncode == 1 else ""  # 1: it was cloned from nowhere
    address = _text(done.stdout) or _checked_out(os.environ) or nowhere
    place = _place(address, repository.top) if address else None
    return place if place is None or repository.path == "." else f"{place}/{repository.path}"


def _checked_out(environ: Mapping[str, str]) -> str | None:
    """Give the address of the repository that a job of GitHub or GitLab was started for."""
    if environ.get("GITHUB_REPOSITORY"):
        return f"{environ.get('GITHUB_SERVER_URL', 'https://github.com')}/{environ['GITHUB_REPOSITORY']}"
    return environ.get("CI_PROJECT_URL")


def _place(address: str, top: Path) -> str:
    """Name a repository by its address: a URL, `host:path` as ssh has it, or a path on this machine."""
    found = re.fullmatch(r"(?:[a-z+]+://)(?:[^/@]*@)?([^/]+)/+(.*)", address, re.IGNORECASE)
    if found is None and not address.startswith((".", "/", "file:")):
        found = re.fullmatch(r"(?:[^/@:]*@)?([^/:]{2,}):/*(.*)", address)
    if found is None or address.startswith("file:"):
        path = os.path.normpath(top / address.removeprefix("file://"))
        return f"{socket.gethostname()}:{path.removesuffix('.git').rstrip('/')}"
    host, path = found[1].partition(":")[0].casefold(), found[2].rstrip("/")
    return f"{host}/{path.removesuffix('.git')}"


def _commit(repository: _Repository, base: str) -> str:
    """Find the commit that a base means."""
    done = _run(repository, "rev-parse", "--verify", "--end-of-options", f"{base}^{{commit}}")
    if done.returncode:
        hint = f"Fetch it first, such as with: git fetch origin {base.removeprefix('origin/')}"
        raise _unusable(f"There is no commit '{base}' in this repository.", hint)
    if b"is ambiguous" in done.stderr:
        # Whoever can push a tag 'origin/main' would choose what the branch is compared with.
        hint = f"Write it in full, such as refs/remotes/{base} or refs/heads/{base}."
        raise _unusable(f"'{base}' is ambiguous: more than one branch or tag has that name.", hint)
    return _text(done.stdout)


def _repository_of(directory: Path) -> _Repository:
    """Find the repository that a directory lies in: the nearest `.git` of the directory and those above it.

    Git's own search also takes a directory with the files `HEAD`, `objects` and `refs` for a
    repository, and so would one that a branch holds.

    Raises:
        InputInvalid: there is none, or its settings may come from the files of a branch.
    """
    start = directory.resolve()
    found = [
        (place, _git_directory(place))
        for place in (start, *start.parents)
        if os.path.lexists(place / ".git")
    ]
    if not found:
        message = f"'{directory}' is not a git repository, nor is any directory above it."
        raise _unusable(message, "--base compares with a commit of one.")
    top, git = found[0]
    if git is None:
        raise _unusable(
            f"'{top / '.git'}' is not a git repository.", "--base compares with a commit of one."
        )
    # A repository has its own settings in .git; those of a worktree or submodule lie in another
    # repository's .git. Anywhere else below a directory that is checked out, settings are files of
    # a branch.
    for place, own in found:
        trusted = place / ".git" if place == top or own is None else own
        if git.is_relative_to(place) and not git.is_relative_to(trusted):
            message = (
                f"'{top / '.git'}' names '{git}', which lies among the files that are checked out."
            )
            hint = "Its settings could name programs to run, so it is not used. Clone the repository anew."
            raise _unusable(message, hint)
    return _Repository(top, start.relative_to(top).as_posix())


def _git_directory(place: Path) -> Path | None:
    """Find the directory that `.git` is, or that the file `.git` of a worktree or submodule names."""
    entry = place / ".git"
    try:
        if entry.is_file():
            start, _, path = entry.read_text("utf-8").partition("gitdir: ")
            if start or not path.strip():
                return None
            entry = place / path.rstrip("\r\n")
        entry = entry.resolve(strict=True)
    except (OSError, ValueError, RuntimeError):
        return None
    whole = (entry / "objects").is_dir() and (entry / "refs").is_dir()
    return (
        entry if (entry / "HEAD").is_file() and (whole or (entry / "commondir").is_file()) else None
    )


def _git(repository: _Repository, *words: str) -> str:
    """Run git and give what it says."""
    done = _run(repository, *words)
    if done.returncode == 0:
        return _text(done.stdout)
    lines = _text(done.stderr).splitlines()
    said = next(
        (line for line in lines if line.startswith("fatal:")), lines[0] if lines else "nothing"
    )
    if "dubious ownership" in said or "unsafe repository" in said:
        message = (
            f"The repository '{repository.top}' belongs to another user, so git does not read it."
        )
        hint = f"If you trust whoever it belongs to: git config --global --add safe.directory '{repository.top}'"
        raise _unusable(message, hint)
    raise _unusable(f"git says: {said}.", "--base needs the account in a git repository.")


def _run(repository: _Repository, *words: str) -> subprocess.CompletedProcess[bytes]:
    """Run git at the top of a repository, as safely as can be said."""
    git = _program(repository.top)
    command = [git, *_FLAGS, "-C", str(repository.top), *words]
    try:
        return subprocess.run(
            command,
            capture_output=True,
            check=False,
            cwd=repository.top.anchor,
            env=dict(_environment(repository.top, os.environ)),
            stdin=subprocess.DEVNULL,
            timeout=_SLOWEST,
        )
    except OSError as fault:
        raise _no_git(fault.strerror or str(fault)) from fault
    except subprocess.TimeoutExpired as fault:
        hint = "Try the command by hand, or leave --base out."
        raise _unusable(
            f"git {words[0]} did not end within {_SLOWEST:.0f} seconds.", hint
        ) from fault


def _program(top: Path) -> str:
    """Find git where the branch has no say: not by a relative directory of PATH, nor in one below the repository."""
    for directory in os.environ.get("PATH", "").split(os.pathsep):
        found = shutil.which("git", path=directory) if os.path.isabs(directory) else None
        if found and os.path.isabs(found) and not Path(found).resolve().is_relative_to(top):
            return found
    raise _no_git("there is none on the PATH")


def _environment(top: Path, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Give the environment that git gets: no variable of licsync or of git but those that say what is trusted."""
    yield from ((name, environ[name]) for name in (*_KEPT, *_OPERATORS) if name in environ)
    yield "LC_ALL", "C"
    yield "GIT_CEILING_DIRECTORIES", str(top.parent)
    yield "GIT_OPTIONAL_LOCKS", "0"
    yield "GIT_NO_LAZY_FETCH", "1"
    yield "GIT_TERMINAL_PROMPT", "0"


def _text(said: bytes) -> str:
    return said.decode("utf-8", "replace").strip()


def _no_git(why: str) -> InputInvalid:
    return _unusable(f"git cannot be run: {why}.", "Install git, or leave --base out.")


def _unusable(message: str, hint: str) -> InputInvalid:
    return InputInvalid(error(Code.INVALID_VALUE, message, hint=hint))
