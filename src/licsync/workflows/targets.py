"""Finds the resources that `--target` and `--exclude` name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from licsync.diagnostics import Code, InputInvalid, did_you_mean, error
from licsync.model.declarations import KINDS
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory


def find_resources(
    resources: Sequence[str], desired: Desired, inventory: Inventory | None
) -> frozenset[str]:
    """Find the named resources, ignoring case. Users are found by their previous name, too.

    Raises:
        InputInvalid: a name is unknown.
    """
    known: set[str] = set()
    for side in (desired, inventory):
        for section in (kind.section for kind in KINDS.values()):
            known.update(f"{section}/{name}" for name in getattr(side, section, ()))
    meant: dict[str, set[str]] = defaultdict(set)
    for name in known:
        meant[name.casefold()].add(name)
    for name, user in desired.users.items():
        if user.get("previously"):
            meant[f"users/{user['previously']}".casefold()].add(f"users/{name}")
    faults, found = [], set[str]()
    for resource in resources:
        if resource.casefold() not in meant:
            message = f"This account has no resource '{resource}'."
            hint = (
                did_you_mean(resource, known)
                or "Write it as the plan does: users/NAME, licenses/ID, policies/NAME."
            )
            faults.append(error(Code.UNKNOWN_REFERENCE, message, hint=hint))
        found |= meant.get(resource.casefold(), set())
    if faults:
        raise InputInvalid(*faults)
    return frozenset(found)
