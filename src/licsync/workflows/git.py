"""Reads git: whether a branch is behind its base, and which repository an account is from.

Only this module calls git. Whoever wrote the branch controls every file below the account
directory, and git runs programs that a repository's settings name. Git therefore reads only the
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

_NEEDS_ONE = "--base and --changed-since compare with a commit of a git repository."
_WHOLE_HISTORY = (
    "Fetch the history: with actions/checkout, `fetch-depth: 0`; elsewhere, git fetch --unshallow."
)
_MOST_COMMITS = 5
_TIMEOUT = 120.0  # seconds that one command may take

_FLAGS = (
    "--no-pager",
    "--literal-pathspecs",
    *("-c", "safe.bareRepository=explicit"),  # ignores files that look like a repository
    *("-c", "log.showSignature=false"),  # runs gpg.program
    *("-c", "core.fsmonitor=false"),  # names a program
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "core.warnAmbiguousRefs=true"),
    # a partial clone would fetch missing objects by a program that its remote names
    *("-c", "protocol.allow=never"),
)
_PASSED_VARIABLES = (
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
"""Where the operator's own settings are: they name the trusted directories of other users."""


@dataclass(frozen=True, slots=True)
class _Repository:
    """The repository of an account.

    Attributes:
        top: the directory that holds `.git`.
        path: the account directory below it.
    """

    top: Path
    path: str


def missing_commits(directory: Path, base: str) -> list[Diagnostic]:
    """Report the commits of a base that changed an account's files and that the branch lacks.

    Applying the branch would undo their changes. Commits that do not change the account's files do
    not count. No commit counts if the files of both branches are equal.

    Args:
        directory: the account directory.
        base: a branch, tag or commit, such as `origin/main`.

    Raises:
        InputInvalid: git, a readable repository or the commit is missing.
    """
    repository = _repository_of(directory)
    if _is_shallow(repository):
        message = "The repository is shallow, so licsync cannot tell whether the branch is behind."
        raise _unusable(message, _WHOLE_HISTORY)
    commit = _commit(repository, base)
    # rev-list and diff-tree are plumbing: unlike those of log and diff, their results do not depend
    # on settings.
    output = _git(
        repository,
        "rev-list",
        "--format=%h %s",
        "--encoding=UTF-8",
        f"HEAD..{commit}",
        "--",
        repository.path,
    )
    log = output.splitlines()[1::2]  # a line with the full id precedes each line
    if not log or not _git(
        repository, "diff-tree", "-r", "--name-only", "HEAD", commit, "--", repository.path
    ):
        return []
    named = "; ".join(log[:_MOST_COMMITS]) + ("; …" if len(log) > _MOST_COMMITS else "")
    number = "1 commit" if len(log) == 1 else f"{len(log)} commits"
    message = (
        f"The branch is behind {base} by {number} to these files, and would undo them: {named}."
    )
    hint = f"Bring the branch up to date (git merge {base}), and plan again."
    return [error(Code.BRANCH_BEHIND, message, hint=hint)]


def changed_files(directory: Path, base: str) -> list[Path]:
    """List the files that the branch has changed since it left a base, in commits.

    Args:
        directory: a directory of the repository.
        base: a branch, tag or commit, such as `origin/main`.

    Returns:
        absolute paths; deleted files are among them.

    Raises:
        InputInvalid: git, a readable repository, the commit or the common history is missing.
    """
    repository = _repository_of(directory)
    commit = _commit(repository, base)
    done = _run(repository, "merge-base", commit, "HEAD")
    if done.returncode:
        message = f"The branch and {base} have no common commit in this repository."
        hint = "Name a commit that the branch began at, or before."
        raise _unusable(message, _WHOLE_HISTORY if _is_shallow(repository) else hint)
    left = _text(done.stdout).split()[0]
    words = ("diff-tree", "-r", "-z", "--no-renames", "--name-only", left, "HEAD")
    names = os.fsdecode(_output(repository, *words))
    return [repository.top / name for name in names.split("\0") if name]


def top_of(directory: Path) -> Path:
    """Return the directory that holds the `.git` of a directory's repository.

    Raises:
        InputInvalid: there is no repository, or a branch may control its settings.
    """
    return _repository_of(directory).top


def origin_of(directory: Path) -> str | None:
    """Name the origin of a directory: the repository that it was cloned from, and the path in it.

    No file of a branch can change the origin. All spellings of an address result in one name, and a
    secret in the address is left out.

    Returns:
        `host/owner/repository/path`, or `machine:/repository/path` for a repository on this
        machine; None without git.
    """
    try:
        repository = _repository_of(directory)
        done = _run(repository, "config", "--local", "--no-includes", "--get", "remote.origin.url")
    except InputInvalid:
        return None
    nowhere = (
        str(repository.top) if done.returncode == 1 else ""
    )  # 1: the repository is not a clone
    address = _text(done.stdout) or _checked_out(os.environ) or nowhere
    place = _place(address, repository.top) if address else None
    return place if place is None or repository.path == "." else f"{place}/{repository.path}"


def _checked_out(environ: Mapping[str, str]) -> str | None:
    """Return the address of the repository that a job of GitHub or GitLab runs for."""
    if environ.get("GITHUB_REPOSITORY"):
        server = environ.get("GITHUB_SERVER_URL", "https://github.com")
        return f"{server}/{environ['GITHUB_REPOSITORY']}"
    return environ.get("CI_PROJECT_URL")


def _place(address: str, top: Path) -> str:
    """Name a repository by its address: a URL, `host:path` as for ssh, or a local path."""
    found = re.fullmatch(r"(?:[a-z+]+://)(?:[^/@]*@)?([^/]+)/+(.*)", address, re.IGNORECASE)
    if found is None and not address.startswith((".", "/", "file:")):
        found = re.fullmatch(r"(?:[^/@:]*@)?([^/:]{2,}):/*(.*)", address)
    if found is None or address.startswith("file:"):
        path = os.path.normpath(top / address.removeprefix("file://"))
        return f"{socket.gethostname()}:{path.removesuffix('.git').rstrip('/')}"
    host, path = found[1].partition(":")[0].casefold(), found[2].rstrip("/")
    return f"{host}/{path.removesuffix('.git')}"


def _commit(repository: _Repository, base: str) -> str:
    """Find the commit of a base."""
    done = _find(repository, base)
    if done.returncode:
        message = f"There is no commit '{base}' in this repository."
        raise _unusable(message, _how_to_fetch(repository, base))
    if b"is ambiguous" in done.stderr:
        # Whoever can push a tag 'origin/main' would choose what the branch is compared with.
        hint = f"Write it in full, such as refs/remotes/{base} or refs/heads/{base}."
        raise _unusable(f"'{base}' is ambiguous: more than one branch or tag has that name.", hint)
    return _text(done.stdout)


def _find(repository: _Repository, base: str) -> subprocess.CompletedProcess[bytes]:
    return _run(repository, "rev-parse", "--verify", "--end-of-options", f"{base}^{{commit}}")


def _how_to_fetch(repository: _Repository, base: str) -> str:
    """Say how to get a commit that is missing.

    It may be the ancestor of one that is there (`main~2`), or have no other name than its id.
    """
    start = re.split(r"[~^@:]", base)[0] or "HEAD"
    is_ancestor = start != base and not _find(repository, start).returncode
    is_id = re.fullmatch("[0-9a-f]{4,64}", start, re.IGNORECASE)
    if not (is_ancestor or is_id):
        return f"Fetch it first, such as with: git fetch origin {start.removeprefix('origin/')}"
    if _is_shallow(repository):
        return _WHOLE_HISTORY
    if is_ancestor:
        return f"The history of '{start}' does not reach that far. Name a commit that it has."
    return "Fetch it first, such as with: git fetch origin"


def _is_shallow(repository: _Repository) -> bool:
    return _git(repository, "rev-parse", "--is-shallow-repository") == "true"


def _repository_of(directory: Path) -> _Repository:
    """Find the repository of a directory: the nearest `.git` in it or above it.

    Git's own search also accepts a directory with the files `HEAD`, `objects` and `refs`. A branch
    can contain such a directory.

    Raises:
        InputInvalid: there is no repository, or a branch may control its settings.
    """
    start = directory.resolve()
    found = [
        (place, _git_directory(place))
        for place in (start, *start.parents)
        if os.path.lexists(place / ".git")
    ]
    if not found:
        message = f"'{directory}' is not a git repository, nor is any directory above it."
        raise _unusable(message, _NEEDS_ONE)
    top, git = found[0]
    if git is None:
        raise _unusable(f"'{top / '.git'}' is not a git repository.", _NEEDS_ONE)
    # A repository has its own settings in .git; those of a worktree or submodule lie in another
    # repository's .git. Anywhere else below a directory that is checked out, settings are files of
    # a branch.
    for place, own in found:
        trusted = place / ".git" if place == top or own is None else own
        if git.is_relative_to(place) and not git.is_relative_to(trusted):
            message = (
                f"'{top / '.git'}' names '{git}', which lies among the files that are checked out."
            )
            hint = (
                "Its settings could name programs to run, so licsync does not use it. "
                "Clone the repository again."
            )
            raise _unusable(message, hint)
    return _Repository(top, start.relative_to(top).as_posix())


def _git_directory(place: Path) -> Path | None:
    """Find the directory `.git`, or the one that a file `.git` names (worktree, submodule)."""
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
    is_complete = (entry / "objects").is_dir() and (entry / "refs").is_dir()
    is_worktree = (entry / "commondir").is_file()
    return entry if (entry / "HEAD").is_file() and (is_complete or is_worktree) else None


def _git(repository: _Repository, *words: str) -> str:
    """Run git and return its output as text."""
    return _text(_output(repository, *words))


def _output(repository: _Repository, *words: str) -> bytes:
    """Run git and return its output."""
    done = _run(repository, *words)
    if done.returncode == 0:
        return done.stdout
    lines = _text(done.stderr).splitlines()
    output = next(
        (line for line in lines if line.startswith("fatal:")), lines[0] if lines else "nothing"
    )
    if "dubious ownership" in output or "unsafe repository" in output:
        message = (
            f"The repository '{repository.top}' belongs to another user, so git does not read it."
        )
        hint = (
            f"If you trust its owner: git config --global --add safe.directory '{repository.top}'"
        )
        raise _unusable(message, hint)
    raise _unusable(f"git says: {output}.", _NEEDS_ONE)


def _run(repository: _Repository, *words: str) -> subprocess.CompletedProcess[bytes]:
    """Run git at the top of a repository, with safe settings and a minimal environment."""
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
            timeout=_TIMEOUT,
        )
    except OSError as fault:
        raise _no_git(fault.strerror or str(fault)) from fault
    except subprocess.TimeoutExpired as fault:
        hint = "Try the command by hand, or leave the option out."
        raise _unusable(
            f"git {words[0]} did not end within {_TIMEOUT:.0f} seconds.", hint
        ) from fault


def _program(top: Path) -> str:
    """Find git outside the repository: a branch could contain its own program `git`."""
    for directory in os.environ.get("PATH", "").split(os.pathsep):
        found = shutil.which("git", path=directory) if os.path.isabs(directory) else None
        if found and os.path.isabs(found) and not Path(found).resolve().is_relative_to(top):
            return found
    raise _no_git("there is none on the PATH")


def _environment(top: Path, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Return the environment of git, without the variables of licsync and most of those of git."""
    yield from (
        (name, environ[name]) for name in (*_PASSED_VARIABLES, *_OPERATORS) if name in environ
    )
    yield "LC_ALL", "C"
    yield "GIT_CEILING_DIRECTORIES", str(top.parent)
    yield "GIT_OPTIONAL_LOCKS", "0"
    yield "GIT_NO_LAZY_FETCH", "1"
    yield "GIT_TERMINAL_PROMPT", "0"


def _text(output: bytes) -> str:
    return output.decode("utf-8", "replace").strip()


def _no_git(why: str) -> InputInvalid:
    return _unusable(f"git cannot be run: {why}.", "Install git, or leave the option out.")


def _unusable(message: str, hint: str) -> InputInvalid:
    return InputInvalid(error(Code.INVALID_VALUE, message, hint=hint))
