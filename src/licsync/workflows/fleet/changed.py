"""Finds the accounts of a fleet that a branch touches."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from licsync.model.fleet import FleetMember
from licsync.workflows.fleet.fleet import OpenFleet
from licsync.workflows.git import changed_files


def changed_members(
    fleet: OpenFleet, members: Sequence[FleetMember], base: str
) -> list[FleetMember]:
    """List the accounts with files that the branch has changed since it left a base, in commits.

    The fleet file says where keys are and what limits hold, so its change concerns all accounts.

    Args:
        fleet: the fleet.
        members: the accounts to choose from.
        base: a branch, tag or commit.

    Raises:
        InputInvalid: git cannot tell.
    """
    changed = {os.path.realpath(file) for file in changed_files(fleet.directory, base)}
    if os.path.realpath(fleet.file) in changed:
        return list(members)
    touched = {str(parent) for file in changed for parent in Path(file).parents}
    return [
        member
        for member in members
        if os.path.realpath(fleet.directory / member.account) in touched
    ]
