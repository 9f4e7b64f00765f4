"""What git knows of an account's files: whether a branch is behind the branch that it is to be merged into."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from licsync.diagnostics import Code, Diagnostic, InputInvalid, error

_MOST_COMMITS = 5


def behind(directory: Path, base: str) -> list[Diagnostic]:
    """Name the commits of a base that changed an account's files and are not in the branch that is checked out.

    Applying the branch would undo what they did. Commits that leave the account's files alone do not count, nor do any
    where both branches have the same files.

    Args:
        directory: the account's.
        base: a branch, tag or commit, such as `origin/main`.

    Raises:
        InputInvalid: there is no git, no repository, or no such commit.
    """
    if _git(directory, "rev-parse", "--is-shallow-repository") == "true":
        hint = "Fetch the history: with actions/checkout, `fetch-depth: 0`; elsewhere, git fetch --unshallow."
        raise _unusable("The repository is shallow, so it cannot be told whether the branch is behind.", hint)
    commit = _git(directory, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{base}^{{commit}}", unknown=base)
    log = _git(directory, "log", "--no-decorate", "--format=%h %s", f"HEAD..{commit}", "--", ".").splitlines()
    if not log or not _git(directory, "diff", "--name-only", "--no-ext-diff", "HEAD", commit, "--", "."):
        return []
    said = "; ".join(log[:_MOST_COMMITS]) + ("; …" if len(log) > _MOST_COMMITS else "")
    number = "1 commit" if len(log) == 1 else f"{len(log)} commits"
    message = f"The branch is behind {base} by {number} to these files, and would undo what they did: {said}."
    return [error(Code.BRANCH_BEHIND, message, hint=f"Bring the branch up to date (git merge {base}), and plan again.")]


def _git(directory: Path, *words: str, unknown: str | None = None) -> str:
    """Run git in a directory and give what it says."""
    quiet = {**os.environ, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}
    try:
        done = subprocess.run(["git", "-C", str(directory), *words], capture_output=True, check=False, env=quiet)
    except OSError as fault:
        raise _unusable(
            f"git cannot be run: {fault.strerror or fault}.", "Install git, or leave --base out."
        ) from fault
    if done.returncode == 0:
        return done.stdout.decode("utf-8", "replace").strip()
    if unknown is not None:
        hint = f"Fetch it first, such as with: git fetch origin {unknown.removeprefix('origin/')}"
        raise _unusable(f"There is no commit '{unknown}' in this repository.", hint)
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    raise _unusable(f"git says: {said[0] if said else 'nothing'}.", "--base needs the account in a git repository.")


def _unusable(message: str, hint: str) -> InputInvalid:
    return InputInvalid(error(Code.INVALID_VALUE, message, hint=hint))
