"""Divides the actions of a plan into parts that people do in one go each, with what they wait for.

A part is a whole action, one half of an action of a ring, what an upload creates, a value that a
bulk edit sets, or one of licsync's own actions, for which a part may have to wait.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from licsync.model.bulk_edit import BulkField
from licsync.model.canonical import canonical_json
from licsync.planning.actions import Action, AnyChange, UnitRef, UserPage
from licsync.planning.manual.visits import Visit, user_piece
from licsync.planning.plan import Plan
from licsync.planning.work_order.grouping import Setting
from licsync.planning.work_order.uploads import UploadColumns, after_upload, uploaded_changes

Role = Literal["own", "whole", "release", "rest", "upload", "bulk"]
"""What a part is: an action of licsync, a whole action, the half of a ring that releases, what is
left of an action, a row of an upload, or a value of a bulk edit."""


@dataclass(slots=True)
class Part:
    """A part of an action.

    Attributes:
        key: its name, unlike that of any other part.
        action: the action it belongs to.
        role: which part of it.
        place: the place of its action in the plan.
        changes: the changes that it makes.
        setting: what a bulk edit sets.
        needs: the keys of the parts that come first.
    """

    key: str
    action: Action
    role: Role
    place: int
    changes: tuple[AnyChange, ...] = ()
    setting: Setting | None = None
    needs: set[str] = field(default_factory=set)

    @property
    def user(self) -> str:
        """The name of its user; empty for other resources."""
        return self.action.name if self.action.resource.startswith("users/") else ""


def parts_of(
    plan: Plan, fields: Mapping[str, BulkField], columns: UploadColumns
) -> dict[str, Part]:
    """Divide the actions of a plan.

    Args:
        plan: the plan.
        fields: what bulk edits can set.
        columns: what the upload can set for new users.

    Returns:
        the parts by key, in the order of the plan. Parts that no manual action waits for are left
        out, if they are licsync's own.
    """
    found: dict[str, Part] = {}
    by_action: dict[str, list[Part]] = defaultdict(list)
    of_user: dict[str, list[Part]] = defaultdict(list)
    others = [action for action in plan.actions if not action.resource.startswith("users/")]
    named = {action.id for action in others}
    uploaded = uploaded_changes(plan, columns)
    for place, action in enumerate(plan.actions):
        own = list(_divide(action, place, fields, uploaded.get(action.id)))
        rest = next((part for part in own if part.role not in ("bulk", "upload")), None)
        for part in own:
            needs = list(action.needs)
            if part.role == "bulk":  # a value waits for its user and for what it names
                earlier = {p.action.id for p in of_user[action.resource]}
                needs = [n for n in needs if n in named or n in earlier]
            for need in needs:
                part.needs |= {p.key for p in by_action[need]}
            if part.role == "upload":  # a new user is one row of the file
                part.needs -= {p.key for p in of_user[action.resource]}
            if action.verb in ("suspend", "delete"):  # nobody edits the user afterwards
                part.needs |= {p.key for p in of_user[action.resource]}
            if part.role == "bulk":
                part.needs |= {p.key for p in own if p.role == "upload"}
            if part is rest:
                part.needs |= {p.key for p in own if p.role == "upload"}
                # somebody who is deactivated cannot be edited; licenses go with their user (T13)
                if action.verb == "create" or any(
                    c.path == "service_address" for c in part.changes
                ):
                    part.needs |= {p.key for p in own if p.role == "bulk"}
            found[part.key] = part
        by_action[action.id] = own
        of_user[action.resource] += own
    for part in found.values():
        if part.action.page is not None and part.action.page.other_pbx:  # it comes last (PBXMOVE)
            mates = of_user[part.action.resource]
            part.needs |= {p.key for p in mates if p.action.verb == "unassign"}
    return _without_idle(found)


def _without_idle(parts: dict[str, Part]) -> dict[str, Part]:
    """Leave out licsync's own actions that no manual part waits for."""
    wanted: set[str] = set()
    left = [key for key, part in parts.items() if part.role != "own"]
    while left:
        key = left.pop()
        if key not in wanted:
            wanted.add(key)
            left += parts[key].needs
    return {key: part for key, part in parts.items() if key in wanted}


def _divide(
    action: Action,
    place: int,
    fields: Mapping[str, BulkField],
    uploaded: tuple[AnyChange, ...] | None,
) -> Iterator[Part]:
    if not action.manual:
        yield Part(action.id, action, "own", place, action.changes)
        return
    if action.first_steps:
        yield Part(f"{action.id}:release", action, "release", place)
    if action.ring is not None:
        if action.steps or not action.first_steps:
            yield Part(f"{action.id}:rest", action, "rest", place, action.changes)
        return
    done: list[AnyChange] = []
    if uploaded is not None:
        yield Part(f"{action.id}:upload", action, "upload", place, uploaded)
        done, action = [*uploaded], after_upload(action, uploaded)
    edits = action.label == "user.update" or uploaded is not None
    inactive = any(c.path == "status" and c.after == "inactive" for c in action.changes)
    for change in action.changes if edits and not inactive else ():
        setting = None if change in done else setting_of(action, change, fields)
        if setting is not None:
            followers = [c for c in action.changes if change.path == "site" and _follows_site(c)]
            done += [change, *followers]
            yield Part(
                f"{action.id}:{change.license or ''}:{change.path}",
                action, "bulk", place, (change, *followers), setting,
            )  # fmt: skip
    left = tuple(c for c in action.changes if c not in done)
    if not done and uploaded is None:
        yield Part(f"{action.id}:whole", action, "whole", place, left)
    elif _is_left(action, done):
        yield Part(f"{action.id}:rest", action, "rest", place, left)


def _follows_site(change: AnyChange) -> bool:
    """Tell whether a license follows its user to another site by itself (T13)."""
    return change.path == "service_address" and change.reason == "automatic"


def _is_left(action: Action, done: Collection[AnyChange]) -> bool:
    """Tell whether people have to do more than what is done otherwise."""
    left = [c for c in action.changes if c not in done and c.reason != "automatic"]
    if action.verb == "create":
        left = [c for c in left if not (c.path == "status" and c.after == "active")]
    return bool(left) or (action.page is not None and bool(action.page.place))


def setting_of(
    action: Action, change: AnyChange, fields: Mapping[str, BulkField]
) -> Setting | None:
    """Give what a bulk edit sets for a change; None if it cannot set it."""
    page = action.page or UserPage()
    offered = fields.get(change.path)
    if offered is None or page.inactive or change.after in (None, "", [], {}):
        return None
    if change.reason not in ("declared", "default") or page.other_pbx:
        return None
    held = ""
    if offered.needs_same_licenses:
        if len(page.held) != 1:  # the tool cannot say whose settings
            return None
        held = ", ".join(licenses_of(page.held))
    return Setting(change.path, canonical_json(change.after).decode(), held, change.path == "site")


def licenses_of(units: Iterable[UnitRef]) -> list[str]:
    """List what units are, as `type:COUNTRY`, sorted."""
    return sorted(f"{unit.type}:{unit.country}" for unit in units)


def opens_page(part: Part) -> bool:
    """Tell whether a part opens the page of its user, apart from values of bulk edits."""
    if part.role not in ("whole", "rest") or not part.user or part.action.ring is not None:
        return False
    done = tuple(c for c in part.action.changes if c not in part.changes)
    piece = user_piece(part.action, done)
    return isinstance(piece, Visit) and piece.opens
