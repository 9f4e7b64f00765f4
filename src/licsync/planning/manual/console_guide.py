"""Manual steps: how people do in the vendor's console what a backend cannot do.

The words are in `planning/manual/sentences.py`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import groupby

from licsync.model.capabilities import Capabilities
from licsync.model.catalog import Catalog
from licsync.model.declarations import Extension
from licsync.model.desired import DEFAULT_POLICY
from licsync.model.inventory_document import GROUPS
from licsync.model.labels import label, postal, sentence, value
from licsync.model.license import has_console_id
from licsync.planning.actions import (
    Action,
    AnyChange,
    Change,
    UnitRef,
    UserPage,
    blocked_by_manual,
    title_key,
)
from licsync.planning.comparison import flatten
from licsync.planning.licenses.settings import is_further
from licsync.planning.manual.sentences import ask_billing, relocation_steps
from licsync.planning.manual.visits import (
    Visit,
    by_license,
    license_choice,
    steps_of,
    user_piece,
)
from licsync.planning.order.dependencies import NUMBERS
from licsync.planning.resolver import Resolver
from licsync.planning.user_effects import units_given, units_taken
from licsync.planning.users import PlannedUser


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
    guide = _Guide(actions, planned_users, resolver)
    found: list[Action] = []
    for _, ring in groupby(actions, key=lambda action: action.ring or action.id):
        found += guide.explained(list(ring), capabilities)
    return found


_DEFAULT = ("policy", DEFAULT_POLICY)


def _is_unseen(
    action: Action, page: UserPage, capabilities: Capabilities, catalog: Catalog
) -> bool:
    section = action.resource.partition("/")[0]
    wanted = [("", section)]
    for change in action.changes:
        # a new user has the default policy profile by itself (POL2)
        is_default = action.verb == "create" and (change.path, change.after) == _DEFAULT
        if change.reason != "automatic" and not is_default:
            is_beside = _is_of_further_license(action, change, page, catalog)
            wanted.append((change.path, "licenses" if is_beside else section))
    if action.kind == "license" and section == "users":
        wanted.append(("licenses", section))
    return not all(capabilities.shows(place, path) for path, place in wanted)


def _is_of_further_license(
    action: Action, change: AnyChange, page: UserPage, catalog: Catalog
) -> bool:
    """Tell whether a change sets what a license beside the user's phone license carries."""
    if not change.path.startswith("extension."):
        return False
    unit = action.license
    if change.license is not None:
        unit = next((held for held in page.held if held.id == change.license), unit)
    return unit is not None and is_further(catalog, unit.type, {ref.type for ref in page.held})


def places_in_steps(manual: Iterable[Action], resolver: Resolver) -> Iterator[str | None]:
    """List the addresses that the steps of manual actions name beside those of changes."""
    for action in manual:
        page = action.page or UserPage()
        for unit in (*page.held, action.license, action.origin):
            record = resolver.inventory.licenses.get(unit.id or "") if unit else None
            is_own = bool(page.place) and unit is action.license
            if record is not None and (is_own or not has_console_id(record)):
                yield resolver.label_of_id(record.get("service_address"))


class _Guide:
    """Writes the console steps of each manual action, in the order of the plan."""

    def __init__(
        self, actions: list[Action], planned_users: Iterable[PlannedUser], resolver: Resolver
    ):
        self.resolver = resolver
        self.catalog: Catalog = resolver.desired.catalog
        self.persons = {p.resource: p for p in planned_users}
        self.active_again = {a.resource for a in actions if a.label == "user.reactivate"}
        late = {action.id for action in blocked_by_manual(actions)}
        own = [a for a in actions if not (a.manual or a.id in late)]
        self.suspended = {a.resource for a in own if a.label == "user.suspend"}
        self.given_back = {a.origin.id for a in actions if a.origin and a.verb == "unassign"}
        self.freed = {a.origin.id for a in actions if a.origin}
        self.coming = {(ref.type, ref.country) for a in actions for ref in a.arriving_units}
        self.held: dict[str, list[UnitRef]] = {}

    def explained(self, ring: Sequence[Action], capabilities: Capabilities) -> Iterator[Action]:
        """Give the actions of a ring, or one action, those that people do with their steps."""
        is_by_hand = any(action.manual for action in ring)
        released: dict[str, UserPage | None] = {}
        for action in ring:
            if action.split:
                released[action.id] = self._page(action)
                self._give_up(action)
        for action in ring:
            yield self._explained(action, capabilities, released) if is_by_hand else action
            if not action.split:
                self._give_up(action)
            self._receive(action)

    def _explained(
        self, action: Action, capabilities: Capabilities, released: Mapping[str, UserPage | None]
    ) -> Action:
        page = self._page(action)
        action = replace(
            action,
            manual=True,
            consent="",  # the console changes licenses in place
            unseen=_is_unseen(action, page or UserPage(), capabilities, self.catalog),
            page=page,
        )
        if action.split:
            first = replace(action, page=released[action.id])
            return replace(
                action,
                first_steps=tuple(self.release_steps(first)),
                steps=tuple(self.receive_steps(action)),
            )
        return replace(action, steps=tuple(self.steps(action)))

    # --- what a user holds -----------------------------------------------------------------------

    def _page(self, action: Action) -> UserPage | None:
        """Describe what the console shows of the user of an action just before it."""
        if not action.resource.startswith("users/"):
            return None
        person, held = self.persons[action.resource], self._held(action)
        named = [*held, action.license, action.origin]
        named += [self._ref(change.license) for change in action.changes if change.license]
        kinds = Counter((ref.type, ref.country) for ref in held)
        # a setting that a user has only once needs no place
        single = [ref for ref in held if kinds[ref.type, ref.country] == 1]
        titles = {
            title_key(ref): self._unit_title(ref, is_single=ref in single) for ref in named if ref
        }
        is_inactive = action.resource in self.suspended or (  # licsync does its own part first
            not person.was_active
            and action.resource not in self.active_again
            and person.status == "inactive"
        )
        moves = [change for change in action.changes if change.path == "site"]
        is_far = any(self.resolver.is_other_pbx(c.before, c.after) for c in moves)
        carried = dict(self._carried(action)) if action.split else {}
        place = self._own_place(action, person.site)
        keeps = is_far and any(unit.id not in self.given_back for unit in held)
        return UserPage(tuple(held), titles, is_inactive, is_far, carried, keeps, place)

    def _own_place(self, action: Action, site: str | None) -> str:
        """Give the address of a new license, if the console would choose another one (SEED)."""
        if action.kind != "license" or action.license is None or action.license.id is None:
            return ""
        bound = self.resolver.inventory.licenses[action.license.id].get("service_address")
        wanted = self.resolver.label_of_id(bound)
        for change in action.changes:
            if change.path == "service_address" and change.license is None:
                wanted = change.after
        by_itself = self.resolver.address_of_site(site)
        return self._place(wanted) if wanted and by_itself not in (None, wanted) else ""

    def _held(self, action: Action) -> list[UnitRef]:
        if action.resource not in self.held:
            services = self.persons[action.resource].services
            self.held[action.resource] = [self._ref(service["license"]) for service in services]
        return self.held[action.resource]

    def _ref(self, unit_id: str) -> UnitRef:
        unit = self.resolver.inventory.licenses[unit_id]
        return UnitRef(unit_id, unit["type"], unit["country"])

    def _give_up(self, action: Action) -> None:
        if action.resource.startswith("users/"):
            gone = {ref.id for ref in units_taken(action)}
            self.held[action.resource] = [u for u in self._held(action) if u.id not in gone]

    def _receive(self, action: Action) -> None:
        if action.resource.startswith("users/"):
            self.held[action.resource] = [*self._held(action), *units_given(action)]

    def _unit_title(self, unit: UnitRef, *, is_single: bool = False) -> str:
        name = self.catalog.pool_name(unit.type, unit.country)
        record = self.resolver.inventory.licenses.get(unit.id or "")
        if not unit.id or record is None:
            return name
        if has_console_id(record):
            return f"{name} ({unit.id})"
        if is_single or len(self._places_of_pools[unit.type, unit.country]) == 1:
            return name
        return self.resolver.unit_name(unit.id)

    @cached_property
    def _places_of_pools(self) -> Mapping[tuple[str, str], set[str | None]]:
        """The ids of the addresses that the units of each type and country have."""
        found: dict[tuple[str, str], set[str | None]] = defaultdict(set)
        for unit in self.resolver.inventory.licenses.values():
            found[unit["type"], unit["country"]].add(unit.get("service_address"))
        return found

    def _place(self, label: object) -> str:
        """Write an address as the console shows it, on one line."""
        content = self.resolver.contents.get(str(label))
        return postal(content) if content else str(label)

    def _shown(self, change: AnyChange) -> AnyChange:
        """Write the address that a change names as the console shows it."""
        if change.path != "service_address" or change.after is None:
            return change
        return Change(change.path, change.before, self._place(change.after), change.reason,
                      change.license)  # fmt: skip

    # --- steps -----------------------------------------------------------------------------------

    def steps(self, action: Action) -> Iterator[str]:
        """Write the steps of an action that is not split."""
        if action.resource.startswith("users/"):
            yield from steps_of([user_piece(self.with_places(action))])
        elif action.verb == "reinstate":
            unit = self._unit_title(self._ref(action.name))
            yield f"Ask 8x8 Billing to reinstate license {unit} within 30 days of its removal."
        elif action.verb == "relocate" and action.license is not None:
            yield from self._relocation(action, action.license)
        elif action.kind in _PAGES:
            page, what = _PAGES[action.kind]
            yield f"Go to Home > {page}."
            yield f"{action.verb.capitalize()} the {what} '{action.name}'."
            if action.verb != "delete":
                for change in map(self._shown, action.changes):
                    yield f"Set {label(change.path)} to {value(change.path, change.after)}."
                yield f"Save the {what}."
        elif action.kind == "service_address":
            yield f"{action.verb.capitalize()} the address '{self._place(action.name)}'."
        else:
            yield f"{action.verb.capitalize()} {action.resource} in the console."

    def with_places(self, action: Action) -> Action:
        """Give an action whose addresses read as the console shows them."""
        return replace(action, changes=tuple(map(self._shown, action.changes)))

    # --- rings ------------------------------------------------------------------------------------

    def release_steps(self, action: Action) -> Iterator[str]:
        """Write the steps by which a user releases a license or numbers at the start of a ring."""
        page = action.page or UserPage()
        visit = Visit(action.name, page.inactive)
        if action.origin is not None:
            carried = [Change(path, None, content) for path, content in self._carried(action)]
            if carried:
                values = sentence(f"{label(c.path)} {value(c.path, c.after)}" for c in carried)
                yield f"Write down what the license of {action.name} carries: {values}."
            visit.chosen += license_choice(replace(action, license=None), page)
        else:
            released: list[AnyChange] = [
                Change(c.path, c.before, None, c.reason, c.license)
                for c in _released_numbers(action)
            ]
            visit.entries, visit.several = by_license(action, page, released)
        yield from visit.steps()

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
        reset = [Change(c.path, None, c.after) for c in changed.values() if c.after is not None]
        assigned = replace(action, verb="assign", origin=None, changes=(*kept, *reset))
        piece = user_piece(self.with_places(assigned))
        yield from steps_of([piece])
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

    def _relocation(self, action: Action, unit: UnitRef) -> Iterator[str]:
        held = (
            self.resolver.inventory.licenses[action.name].get("user")
            and action.name not in self.freed
        )
        wanted = self._place(action.changes[0].after)
        if held:
            yield ask_billing(self._unit_title(unit), wanted)
            return
        title, row = self.catalog.title(unit.type), self._row(unit)
        is_taken = (unit.type, unit.country) in self.coming
        yield from relocation_steps(title, unit.country, row, wanted, may_be_taken=is_taken)

    def _row(self, unit: UnitRef) -> str:
        """Name a unit on the page of licenses, where type and country are selected."""
        if has_console_id(self.resolver.inventory.licenses[str(unit.id)]):
            return str(unit.id)
        return self._unit_title(unit)


def _released_numbers(action: Action) -> Iterator[AnyChange]:
    """List the changes of numbers that a user has."""
    for change in action.changes:
        if change.path in NUMBERS and change.before:
            yield change


_PAGES = {"policy": ("User policies", "policy profile"), "site": ("Sites", "site")}
"""The page of the console for a kind, and what it calls one."""
