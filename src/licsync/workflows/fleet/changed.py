"""Finds the accounts of a fleet that a branch touches."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from licsync.config.files import ACCOUNT_FILE
from licsync.model.fleet import FleetMember
from licsync.workflows.fleet.fleet import OpenFleet
from licsync.workflows.git import changed_files, top_of


@dataclass(frozen=True, slots=True)
class ChangedAccounts:
    """What a branch has changed.

    Attributes:
        members: the accounts that it touches.
        gone: directories that the fleet had, and that the branch has removed or renamed.
    """

    members: list[FleetMember]
    gone: list[str]


def changed_accounts(
    fleet: OpenFleet, members: Sequence[FleetMember], base: str
) -> ChangedAccounts:
    """List the accounts with files that the branch has changed since it left a base, in commits.

    The fleet file says where keys are and what limits hold, so its change concerns all accounts. A
    link or a submodule concerns the accounts that it leads to. Git does not know an account that
    lies outside of the repository, so it counts as changed.

    Args:
        fleet: the fleet.
        members: the accounts to choose from.
        base: a branch, tag or commit.

    Raises:
        InputInvalid: git cannot tell.
    """
    files = changed_files(fleet.directory, base)
    # both what a link is, and what it leads to
    changed = {name for file in files for name in (str(file), os.path.realpath(file))}
    gone = [*_gone(fleet, files)]
    if {str(_named(fleet, fleet.file.name)), os.path.realpath(fleet.file)} & changed:
        return ChangedAccounts([*members], gone)
    above = {str(parent) for name in changed for parent in Path(name).parents}
    top = top_of(fleet.directory)
    touched = [m for m in members if _is_touched(_named(fleet, m.account), top, changed, above)]
    return ChangedAccounts(touched, gone)


def _named(fleet: OpenFleet, name: str) -> Path:
    """Give the path of something below the fleet, whose last links are not resolved."""
    return Path(os.path.realpath(fleet.directory), name)


def _is_touched(
    directory: Path, top: Path, changed: Collection[str], above: Collection[str]
) -> bool:
    real = Path(os.path.realpath(directory))
    if not real.is_relative_to(top):
        return True
    places = {str(place) for path in (directory, real) for place in (path, *path.parents)}
    return not places.isdisjoint(changed) or str(directory) in above or str(real) in above


def _gone(fleet: OpenFleet, files: Sequence[Path]) -> Iterator[str]:
    """Name the directories that are no accounts any more, and that a pattern matched."""
    root = Path(os.path.realpath(fleet.directory))
    for file in files:
        if file.name == ACCOUNT_FILE and not os.path.lexists(file) and file.is_relative_to(root):
            name = file.parent.relative_to(root)
            if any(_matches(name, pattern) for pattern in fleet.fleet["accounts"]):
                yield name.as_posix()


def _matches(name: PurePath, pattern: str) -> bool:
    parts = PurePath(pattern).parts
    if "**" in parts:  # which `match` takes for one directory
        return name.is_relative_to(PurePath(*parts[: parts.index("**")]))
    return len(name.parts) == len(parts) and name.match(pattern)
