"""What the console's bulk upload does of a plan: new users, with a license where its name is known.

Which license names the upload takes is published nowhere (domain.md, 8.4). So an account says them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from licsync.model.desired import DEFAULT_POLICY
from licsync.planning.actions import Action, AnyChange, Change, UnitChange, UnitRef, UserPage
from licsync.planning.plan import Plan

LICENSE = "license"
"""The path of the license among those that a template has columns for."""

_DEFAULT = ("policy", DEFAULT_POLICY)
_NUMBERS = "extension.phone_numbers"


@dataclass(frozen=True, slots=True)
class UploadColumns:
    """What the template of the upload can set for a new user.

    Attributes:
        paths: the paths of a plan that it has columns for, and `LICENSE`.
        licenses: the name of each license that the upload takes, by `license_key`.
        separator: what separates several licenses in one cell; empty: a cell holds one.
    """

    paths: frozenset[str] = frozenset()
    licenses: Mapping[str, str] = field(default_factory=dict)
    separator: str = ""

    def name_of(self, action: Action) -> str:
        """Give the name of the license of an action; empty if it is not uploaded."""
        if LICENSE not in self.paths or action.license is None:
            return ""
        return self.licenses.get(license_key(action.license), "")


NO_UPLOAD = UploadColumns()
"""Of an account without a template."""


def license_key(unit: UnitRef) -> str:
    """Write type and country as the files do: `x2/US`."""
    return f"{unit.type}/{unit.country}"


def uploaded_changes(plan: Plan, columns: UploadColumns) -> dict[str, tuple[AnyChange, ...]]:
    """List what the upload does, by action id: each new user, with one license or several.

    A user whom the upload cannot describe is not in it.
    """
    found: dict[str, tuple[AnyChange, ...]] = {}
    new: set[str] = set()
    with_settings = Counter(a.resource for a in plan.actions if _has_settings(a))
    for action in plan.actions:
        if not action.manual or action.ring is not None:
            continue
        if action.label == "user.create":
            changes = [c for c in action.changes if c.path in columns.paths]
            # a new user has this policy profile by itself (POL2)
            by_itself = [c for c in action.changes if (c.path, c.after) == _DEFAULT]
            if changes:
                found[action.id] = tuple(dict.fromkeys((*changes, *by_itself)))
                new.add(action.resource)
        elif (
            action.label == "license.assign" and action.resource in new and columns.name_of(action)
        ):
            # nothing says whose settings the columns of a row with several licenses are
            is_sure = not columns.separator or with_settings[action.resource] == 1
            found[action.id] = tuple(
                c
                for c in action.changes
                if _is_covered(c, action, columns) and (is_sure or not _comes_with_settings(c))
            )
            if not columns.separator:  # how a cell holds several licenses is published nowhere
                new.remove(action.resource)
    return found


def _has_settings(action: Action) -> bool:
    """Tell whether an action assigns a license with settings of an extension."""
    return action.label == "license.assign" and any(map(_is_setting, action.changes))


def _comes_with_settings(change: AnyChange) -> bool:
    """Tell whether a change is a setting, or a local number that comes with phone numbers."""
    return _is_setting(change) or change.path == UnitChange.path


def _is_setting(change: AnyChange) -> bool:
    return change.path.startswith("extension.")


def _is_covered(change: AnyChange, action: Action, columns: UploadColumns) -> bool:
    if change.path == _NUMBERS:
        return _NUMBERS in columns.paths and len(change.after or ()) == 1
    if change.path == "service_address" and change.license is None:
        return action.page is None or not action.page.place  # that of the user's site (SEED)
    if change.path.startswith("extension.") and change.license is None:
        return change.path in columns.paths
    # local numbers come with the phone numbers
    return all(_is_covered(c, action, columns) for c in action.changes if c.path == _NUMBERS)


def after_upload(action: Action, done: Sequence[AnyChange] = ()) -> Action:
    """Give an action as it is once the upload has created the user or assigned the license.

    Args:
        action: the action.
        done: the changes that the upload makes.
    """
    if action.label == "user.create":
        left = (c if c in done else _after_creation(c) for c in action.changes)
        return replace(action, changes=tuple(left))
    page = action.page or UserPage()
    uploaded = [action.license] if action.license else []
    return replace(action, page=replace(page, held=(*page.held, *uploaded)))


def _after_creation(change: AnyChange) -> AnyChange:
    """Say that a new user has the default policy profile before it gets another one (POL2)."""
    if isinstance(change, Change) and change.path == "policy":
        return replace(change, before=DEFAULT_POLICY)
    return change
