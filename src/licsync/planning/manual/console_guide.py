"""Manual steps: how people do in the vendor's console what a backend cannot do.

The pages and the words are those of the vendor's own instructions (SEED, SVCPERM, SITECHG, PBXMOVE,
DEACT, DEL and ANALYT in domain.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from licsync.model.capabilities import Capabilities
from licsync.model.catalog import Catalog
from licsync.model.declarations import Extension
from licsync.model.inventory_document import GROUPS
from licsync.model.labels import label, sentence, value
from licsync.planning.actions import Action, AnyChange, Change, UnitRef
from licsync.planning.comparison import flatten
from licsync.planning.order.dependencies import NUMBERS
from licsync.planning.resolver import Resolver
from licsync.planning.users import PlannedUser

_SECTIONS: Mapping[str, tuple[str, ...]] = {
    "Basic information": (
        "name", "first_name", "last_name", "email", "site", "job_title", "department", "locale",
        "timezone",
    ),
    "Services and permissions": ("policy",),
    "Voice basic settings": ("extension.number", "extension.phone_numbers", "extension.devices"),
    "Voicemail settings": ("extension.voicemail_email",),
    "Call forwarding rules": ("extension.call_forwarding",),
    "Call recording settings": ("extension.recording_mode",),
    "Analytics for 8x8 Work": ("extension.features.analytics",),
}  # fmt: skip
"""The sections of the page that edits a user, with the values in each."""

_SECTION_OF = {path: section for section, paths in _SECTIONS.items() for path in paths}


def add_console_steps(
    actions: list[Action],
    planned_users: Iterable[PlannedUser],
    resolver: Resolver,
    capabilities: Capabilities,
) -> list[Action]:
    """Add console steps to every manual action, and whether the backend shows the result.

    A swap or ring of which people do a part is theirs as a whole.

    Args:
        actions: the plan's actions in their order.
        planned_users: the users of the plan.
        resolver: the inventory and the catalog.
        capabilities: what the backend shows.

    Returns:
        the same actions, those by hand with their steps.
    """
    if not any(a.manual for a in actions):
        return actions
    by_hand = {a.ring for a in actions if a.manual and a.ring}
    guide = _Guide(actions, planned_users, resolver)
    return [
        guide.explained(action, capabilities) if action.manual or action.ring in by_hand else action
        for action in actions
    ]


def _is_unseen(action: Action, capabilities: Capabilities) -> bool:
    section = action.resource.partition("/")[0]
    wanted = [c.path for c in action.changes if c.reason != "automatic"]
    if action.kind == "license" and section == "users":
        wanted.append("licenses")
    return not all(capabilities.shows(section, path) for path in ("", *wanted))


class _Guide:
    """Writes the console steps of each manual action."""

    def __init__(
        self, actions: list[Action], planned_users: Iterable[PlannedUser], resolver: Resolver
    ):
        self.resolver = resolver
        self.catalog: Catalog = resolver.desired.catalog
        self.persons = {p.resource: p for p in planned_users}
        self.active_again = {a.resource for a in actions if a.label == "user.reactivate"}
        self.freed = {a.origin.id for a in actions if a.origin}

    def explained(self, action: Action, capabilities: Capabilities) -> Action:
        """Give an action that people do, with its steps."""
        return replace(
            action,
            manual=True,
            consent="",  # the console changes licenses in place
            unseen=_is_unseen(action, capabilities),
            first_steps=tuple(self.release_steps(action)) if action.split else (),
            steps=tuple(self.receive_steps(action) if action.split else self.steps(action)),
        )

    def steps(self, action: Action) -> Iterator[str]:
        if action.resource.startswith("users/"):
            yield from self._of_user(action)
        elif action.verb == "reinstate":
            yield (
                f"Ask 8x8 Billing to reinstate license {action.name} within 30 days of its removal."
            )
        elif action.verb == "relocate" and action.license is not None:
            yield from self._relocation(action, action.license)
        elif action.kind == "policy":
            yield "Go to Home > User policies."
            yield f"{action.verb.capitalize()} the policy profile '{action.name}'."
            if action.verb != "delete":
                yield from (
                    f"Set {label(c.path)} to {value(c.path, c.after)}." for c in action.changes
                )
                yield "Save the policy profile."
        elif action.kind == "site":
            yield "Go to Home > Sites."
            yield f"{action.verb.capitalize()} the site '{action.name}'."
            if action.verb != "delete":
                yield from (
                    f"Set {label(c.path)} to {value(c.path, c.after)}." for c in action.changes
                )
                yield "Save the site."
        else:
            yield f"{action.verb.capitalize()} {action.resource} in the console."

    # --- rings ------------------------------------------------------------------------------------

    def release_steps(self, action: Action) -> Iterator[str]:
        """Write the steps by which a user releases a license or numbers at the start of a ring."""
        if action.origin is not None:
            carried = [Change(path, None, content) for path, content in self._carried(action)]
            if carried:
                said = sentence(f"{label(c.path)} {value(c.path, c.after)}" for c in carried)
                yield f"Write down what the license of {action.name} carries: {said}."
            yield from self._as_edit(
                action, [f"Click X next to {self._unit_title(action.origin)}, then Continue."]
            )
        else:
            released = [
                Change(c.path, c.before, None, c.reason, c.license)
                for c in _released_numbers(action)
            ]
            yield from self._as_edit(action, list(self._sections(action, released)), opens=False)

    def receive_steps(self, action: Action) -> Iterator[str]:
        """Write the steps by which a user receives the new license or numbers of a ring."""
        if action.origin is None:
            yield from self.steps(action)
            return
        if action.license is None:
            return
        changed = {
            c.path: c
            for c in action.changes
            if c.path.startswith("extension.") and c.reason != "automatic"
        }
        by_itself = {c.path for c in action.changes if c.reason == "automatic"}
        kept = [
            Change(p, None, v)
            for p, v in self._carried(action)
            if p not in changed and p not in by_itself
        ]
        wanted = [
            *kept,
            *(Change(c.path, None, c.after) for c in changed.values() if c.after is not None),
        ]
        held = [
            s for s in self.persons[action.resource].services if s["license"] != action.origin.id
        ]
        how = "Click + next to the first license and select" if held else "Assign"
        chosen = f"{how} {self._unit_title(action.license)}."
        yield from self._as_edit(action, [chosen, *_entry_steps(wanted)])
        bound = next(
            (c for c in action.changes if c.path == "service_address" and c.reason == "declared"),
            None,
        )
        if bound is not None:
            yield _billing(action.license.id, bound.after)
        current = self.persons[action.resource].current or {}
        for name in GROUPS:
            if name in action.kept:
                groups = sentence(map(str, current[name]))
                yield f"Add {action.name} again to the {label(name)} {groups}."

    def _carried(self, action: Action) -> Iterator[tuple[str, object]]:
        """List the settings, with values, of the license that a user releases."""
        services = self.persons[action.resource].services
        held = (s for s in services if action.origin and s["license"] == action.origin.id)
        extensions = (service.get("extension") or {} for service in held)
        for path, content, _ in flatten(Extension, next(extensions, {})):
            if content is not None:
                yield f"extension.{path}", content

    def _as_edit(self, action: Action, steps: list[str], *, opens: bool = True) -> Iterator[str]:
        """Wrap steps in an edit of a user, who must be active for it."""
        is_inactive = self._is_inactive(action)
        if is_inactive:
            yield _menu(action.name, "Activate user")
        yield f"Go to Home > Users and edit {action.name}."
        if opens:
            yield "Open Services and permissions."
        yield from steps
        yield "Save the user."
        if is_inactive:
            yield _menu(action.name, "Deactivate user")

    def _relocation(self, action: Action, unit: UnitRef) -> Iterator[str]:
        held = (
            self.resolver.inventory.licenses[action.name].get("user")
            and action.name not in self.freed
        )
        wanted = action.changes[0].after
        if not held:
            yield "Go to Home > Licenses."
            yield f"Expand {self.catalog.title(unit.type)} and select {unit.country}."
            yield "Unselect the filters Assigned and Suspended."
            yield f"At license {unit.id}, choose the service address '{wanted}'."
            yield "Review the unsaved changes, then Save."
        else:
            yield _billing(unit.id, wanted)

    # --- users ------------------------------------------------------------------------------------

    def _of_user(self, action: Action) -> Iterator[str]:
        name = action.name
        if action.verb == "create":
            yield "Go to Home > Users and click Create User."
            user_name = Change("name", None, name)
            yield from _entry_steps([user_name, *(c for c in action.changes if c.path != "status")])
            yield "Save the user."
            if any(c.path == "status" and c.after == "inactive" for c in action.changes):
                yield _menu(name, "Deactivate user")
        elif action.verb == "suspend":
            yield _menu(name, "Deactivate user")
        elif action.verb == "reactivate":
            yield _menu(name, "Activate user")
        elif action.verb == "delete":
            yield f"Go to Home > Users and edit {name}."
            lost = "Voicemail, fax, chat and settings are gone for good."
            yield f"Click Delete, then Continue. {lost}"
        else:
            is_inactive = self._is_inactive(action)
            # settings and licenses of a deactivated user cannot be edited (FAILSAVE, DEACT)
            if is_inactive:
                yield _menu(name, "Activate user")
            yield from self._edit_steps(action)
            if is_inactive:
                yield _menu(name, "Deactivate user")

    def _is_inactive(self, action: Action) -> bool:
        planned = self.persons[action.resource]
        return (
            not planned.was_active
            and action.resource not in self.active_again
            and planned.status == "inactive"
        )

    def _edit_steps(self, action: Action) -> Iterator[str]:
        moved = [c for c in action.changes if c.path == "site"]
        for change in moved:
            yield from self._moved(action.name, change)
        bound = [
            c for c in action.changes if c.path == "service_address" and c.reason == "declared"
        ]
        entered = [c for c in action.changes if c not in moved and c.path != "service_address"]
        chosen = list(self._license_choice(action))
        sections = list(self._sections(action, entered))
        if chosen or sections:
            before = action.changes[0].before if action.verb == "rename" else action.name
            yield f"Go to Home > Users and edit {before}."
            yield from chosen
            yield from sections
            yield "Save the user."
        for change in bound:
            yield _billing(
                change.license or (action.license.id if action.license else None), change.after
            )
        if not (moved or bound or chosen or sections):
            for change in action.changes:
                what, content = label(change.path), value(change.path, change.after)
                yield f"Check that {what} of {action.name} is {content} by itself."

    def _sections(self, action: Action, changes: Sequence[AnyChange]) -> Iterator[str]:
        """Write what to enter, license by license if there are several."""
        if action.verb == "rename":
            yield from _entry_steps([Change("name", None, action.name)])
            return
        wanted = [c for c in changes if c.reason not in ("automatic", "released")]
        units = list(dict.fromkeys(c.license for c in wanted))
        for unit_id in units:
            own = [c for c in wanted if c.license == unit_id]
            if unit_id and (len(units) > 1 or len(self.persons[action.resource].services) > 1):
                unit = self.resolver.inventory.licenses[unit_id]
                title = self._unit_title(UnitRef(unit_id, unit["type"], unit["country"]))
                yield f"Go to the settings of {title}."
            yield from _entry_steps(own)

    def _license_choice(self, action: Action) -> Iterator[str]:
        """Write which license to select or to remove."""
        if action.kind != "license":
            return
        yield "Open Services and permissions."
        old, new = (
            self._unit_title(unit) if unit else None for unit in (action.origin, action.license)
        )
        if new is None:
            yield f"Click X next to {old}, then Continue."
        elif old is None:
            held = self.persons[action.resource].services
            yield f"{'Click + next to the first license and select' if held else 'Assign'} {new}."
        else:
            yield f"Select {new} from the drop-down list of {old}."

    def _unit_title(self, unit: UnitRef) -> str:
        return f"{self.catalog.title(unit.type)} · {unit.country}" + (
            f" ({unit.id})" if unit.id else ""
        )

    def _moved(self, name: str, change: AnyChange) -> Iterator[str]:
        if self.resolver.is_other_pbx(change.before, change.after):
            yield (
                f"{change.after} is on another PBX: write down what the licenses of {name} carry, "
                "remove them under Services and permissions, and Save the user. Assign and set "
                "them up again after the move."
            )
        yield f"Go to Home > Users, select {name} and click Bulk edit."
        yield f"Under Basic information: check Site and select {change.after}. Save."


def _released_numbers(action: Action) -> Iterator[AnyChange]:
    """List the changes of numbers that a user has."""
    for change in action.changes:
        if change.path in NUMBERS and change.before:
            yield change


def _entry_steps(changes: Sequence[AnyChange]) -> Iterator[str]:
    """Write what to set, section by section in the order of the page."""
    places = [*_SECTIONS, ""]
    by_place: dict[str, list[AnyChange]] = {place: [] for place in places}
    for change in changes:
        by_place[_SECTION_OF.get(change.path, "")].append(change)
    for place in places:
        if by_place[place]:
            said = sentence(_value_text(c) for c in by_place[place])
            yield f"Under {place}: {said}." if place else f"{said[0].upper()}{said[1:]}."


def _value_text(change: AnyChange) -> str:
    what = "user name" if change.path == "name" else label(change.path)
    if change.after in (None, "", [], {}):
        return f"remove the {what}"
    return f"set the {what} to {value(change.path, change.after)}"


def _menu(name: str, entry: str) -> str:
    return (
        f"Go to Home > Users, open the menu (three dots) of {name}, choose {entry}, then Continue."
    )


def _billing(unit_id: str | None, wanted: object) -> str:
    return (
        f"Ask 8x8 Billing to bind license {unit_id} to the service address '{wanted}': the console "
        "edits the addresses of unassigned licenses only."
    )
