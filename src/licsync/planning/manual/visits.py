"""Visits: what people do on the pages of one user, as steps that can be joined.

Two actions of one user need one visit: the user is opened once, and saved once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from licsync.model.labels import label, value
from licsync.planning.actions import Action, AnyChange, Change, UnitRef, UserPage, former_name
from licsync.planning.manual.sentences import (
    BASIC,
    CREATE,
    SAVE,
    SECTION_OF,
    SERVICES,
    ask_billing,
    bulk_edit_steps,
    edit,
    entry_steps,
    menu,
    settings_of,
)

_DEACTIVATE, _ACTIVATE = "Deactivate user", "Activate user"


@dataclass(slots=True)
class Visit:
    """One edit of a user, who is active for it.

    Attributes:
        name: how the console lists the user.
        inactive: whether the user is deactivated, and stays so.
        is_new: whether the user is created on this page.
        first: what comes before the user's page is opened.
        chosen: which licenses to select and to remove.
        entries: what to enter, by the license whose settings it belongs to; "" for none.
        several: whether the user then holds several licenses, so that each has to be named.
        then: what comes after the page is saved.
        renamed: how the console lists the user afterwards, if that is not the same.
    """

    name: str
    inactive: bool = False
    is_new: bool = False
    first: list[str] = field(default_factory=list)
    chosen: list[str] = field(default_factory=list)
    entries: dict[str, list[AnyChange]] = field(default_factory=dict)
    several: bool = False
    then: list[str] = field(default_factory=list)
    renamed: str = ""

    @property
    def opens(self) -> bool:
        """Tell whether the user's page is opened at all."""
        return bool(self.chosen or any(self.entries.values()))

    def steps(self) -> list[str]:
        """Write the steps."""
        found = [*self.first]
        if self.opens:
            found.append(CREATE if self.is_new else edit(self.name))
            found += self._filled_in()
            found.append(SAVE)
        found += self.then
        if self.inactive and found:
            # settings and licenses of a deactivated user cannot be edited (FAILSAVE, DEACT)
            last = menu(self.renamed or self.name, _DEACTIVATE)
            return [*found, last] if self.is_new else [menu(self.name, _ACTIVATE), *found, last]
        return found

    def _filled_in(self) -> Iterator[str]:
        """Write what to choose and to enter; a new user needs a site before a license (AADOPT)."""
        entries = self.entries
        if self.is_new:
            own = entries.get("", [])
            basic = [c for c in own if SECTION_OF.get(c.path) == BASIC]
            yield from entry_steps(basic)
            entries = {**entries, "": [c for c in own if c not in basic]}
        if self.chosen:
            yield SERVICES
            yield from self.chosen
        if not self.several:
            yield from entry_steps([c for changes in entries.values() for c in changes])
            return
        for title in sorted(entries, key=bool):  # what belongs to no license comes first
            if title and entries[title]:
                yield settings_of(title)
            yield from entry_steps(entries[title])

    def joined(self, later: Visit) -> Visit | None:
        """Join two visits to one; None if the first must be saved before the second begins."""
        if later.first and self.opens:
            return None
        if self.inactive != later.inactive or (self.then and later.opens):
            return None
        entries = {title: [*changes] for title, changes in self.entries.items()}
        for title, changes in later.entries.items():
            entries.setdefault(title, []).extend(changes)
        return replace(
            self,
            first=[*self.first, *later.first],
            chosen=[*self.chosen, *later.chosen],
            entries=entries,
            several=self.several or later.several,
            then=[*self.then, *later.then],
            renamed=later.renamed or self.renamed,
        )


Piece = Visit | list[str]
"""What people do for one action: a visit, or steps that are no edit."""


def joined(pieces: Iterable[Piece]) -> list[Piece]:
    """Join what people do for several actions of one user, where the console allows."""
    found: list[Piece] = []
    for piece in pieces:
        last = found[-1] if found else None
        both = None
        if isinstance(last, Visit) and isinstance(piece, Visit):
            both = last.joined(piece)
        if both is not None:
            found[-1] = both
        else:
            found.append(piece)
    return found


def steps_of(pieces: Iterable[Piece]) -> list[str]:
    """Write the steps of several actions of one user, joined where the console allows."""
    found: list[str] = []
    for piece in joined(pieces):
        steps = piece.steps() if isinstance(piece, Visit) else piece
        if isinstance(piece, Visit):
            off, on = (menu(piece.name, entry) for entry in (_DEACTIVATE, _ACTIVATE))
            if [*found[-1:], *steps[:1]] == [off, on]:  # the user stays active in between
                found, steps = found[:-1], steps[1:]
        found += steps
    return found


def user_piece(action: Action, done: Collection[AnyChange] = ()) -> Piece:
    """Say what people do for an action of a user.

    Args:
        action: a manual action with its page.
        done: the changes that are done otherwise.
    """
    name, page = action.name, action.page or UserPage()
    if action.verb == "create":
        return _creation(action, done)
    if action.verb == "suspend":
        return [menu(name, _DEACTIVATE)]
    if action.verb == "reactivate":
        return [menu(name, _ACTIVATE)]
    if action.verb == "delete":
        lost = "Voicemail, fax, chat and settings are gone for good."
        return [edit(name), f"Click Delete, then Continue. {lost}"]
    if action.verb == "rename":
        renamed: list[AnyChange] = [Change("name", None, name)]
        return Visit(former_name(action), page.inactive, entries={"": renamed}, renamed=name)
    return _edit(action, page, done)


def _creation(action: Action, done: Collection[AnyChange]) -> Visit:
    """Create a user; where an upload has created it, set what is left."""
    left = [c for c in action.changes if c not in done and c.path != "status"]
    is_inactive = any(c.path == "status" and c.after == "inactive" for c in action.changes)
    if done:
        last = [menu(action.name, _DEACTIVATE)] if is_inactive else []
        return Visit(action.name, entries={"": left}, then=last)
    named: list[AnyChange] = [Change("name", None, action.name), *left]
    return Visit(action.name, is_inactive, is_new=True, entries={"": named})


def _edit(action: Action, page: UserPage, done: Collection[AnyChange]) -> Visit:
    visit = Visit(action.name, page.inactive)
    changes = [c for c in action.changes if c not in done]
    moved = [c for c in changes if c.path == "site"]
    for change in moved:
        visit.first += _move(action.name, change, page)
    visit.chosen += license_choice(action, page)
    entered = [c for c in changes if c.path not in ("site", "service_address")]
    visit.entries, visit.several = by_license(action, page, entered)
    if page.place and action.license is not None:
        visit.then.append(ask_billing(page.title(action.license), page.place))
    for change in changes:
        unit_id = change.license
        if change.path == "service_address" and change.reason == "declared" and unit_id:
            visit.then.append(ask_billing(page.titles.get(unit_id, unit_id), str(change.after)))
    if not visit.steps():
        for change in changes:
            what, content = label(change.path), value(change.path, change.after)
            visit.then.append(f"Check that {what} of {action.name} is {content} by itself.")
    return visit


def by_license(
    action: Action, page: UserPage, changes: Sequence[AnyChange]
) -> tuple[dict[str, list[AnyChange]], bool]:
    """Group what to enter by license, and tell whether the user then has several."""
    held = [*page.held]
    if action.kind == "license":
        gone = action.origin.id if action.origin else None
        held = [unit for unit in held if unit.id != gone]
        held += [action.license] if action.license and action.license not in held else []
    units = {unit.id: unit for unit in held}
    found: dict[str, list[AnyChange]] = {}
    for change in changes:
        if change.reason in ("automatic", "released"):
            continue
        title = ""
        if change.license is not None:
            title = page.title(units.get(change.license) or UnitRef(change.license, "", ""))
        elif change.path.startswith("extension.") and action.license is not None:
            title = page.title(action.license)
        found.setdefault(title, []).append(change)
    return found, len(held) > 1


def license_choice(action: Action, page: UserPage) -> list[str]:
    """Say which license to select or to remove, unless an upload has assigned it."""
    if action.kind != "license" or action.license in page.held:
        return []

    old, new = (page.title(unit) if unit else None for unit in (action.origin, action.license))
    if new is None:
        return [f"Click X next to {old}, then Continue."]
    if old is None:
        return [f"{add_license(has_another=bool(page.held))} {new}."]
    return [f"Select {new} from the drop-down list of {old}."]


def add_license(*, has_another: bool) -> str:
    """Say how to add a license to a user."""
    return "Click + next to the first license and select" if has_another else "Assign"


_LOST_BY_REMOVAL = "Voicemail messages, greetings and call history are gone for good."


def _move(name: str, change: AnyChange, page: UserPage) -> Iterator[str]:
    if page.reassigns:
        yield (
            f"{change.after} is on another PBX: write down what the licenses of {name} carry, "
            "remove them under Services and permissions, and Save the user. "
            f"{_LOST_BY_REMOVAL}"
        )
    yield from bulk_edit_steps([name], [change])
    if page.reassigns:
        yield edit(name)
        yield f"Assign the licenses of {name} again, and set up what you wrote down."
        yield "Save the user."
