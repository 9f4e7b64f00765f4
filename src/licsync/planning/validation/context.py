"""The input of every check: desired state, last inventory, and each declared user in both."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cached_property

from msgspec import Struct

from licsync.diagnostics import Code, Diagnostic, Span, Suggestions, error, warning
from licsync.model.declarations import KINDS, PLAIN, LicenseEntry, User
from licsync.model.desired import DEFAULT_POLICY, Desired
from licsync.model.inventory import Inventory
from licsync.model.inventory_document import InventoryUser
from licsync.planning.acknowledgements import Acknowledgements
from licsync.planning.calendar import Calendar, Stage, stage
from licsync.planning.dates import on_day
from licsync.planning.resolver import Resolver
from licsync.planning.same_person import PossibleUsers
from licsync.planning.users import PlannedUser, resolve_users, site_of

NAMED = ("service_address", *PLAIN)
"""The kinds that other records refer to by name."""


class DeclaredUser(Struct):
    """A declared user.

    Attributes:
        name: its name in the files.
        user: its declaration.
        current: its record in the inventory; empty if there is none.
        current_name: its name in the inventory, or None.
        site: its site: declared, else that of the inventory.
        entries: the licenses it should hold; empty if they are unmanaged, or if the user has left.
        has_left: whether its offboarding day passed before the user was created.
    """

    name: str
    user: User
    current: InventoryUser
    current_name: str | None
    site: str | None
    entries: list[LicenseEntry]
    has_left: bool = False


class Context:
    """The desired state and the inventory, with what several checks derive from them.

    Attributes:
        whole: what the files declare, with all dates.
        desired: what they ask for today.
        is_seen: whether there is an inventory.
        is_known: whether it is known what exists, because there is an inventory, or because a plan
            without one assumes an empty account.
        is_planned: whether a plan is made, too, which reports what depends on its actions.
    """

    def __init__(
        self,
        desired: Desired,
        inventory: Inventory | None,
        now: datetime,
        *,
        is_planned: bool = False,
    ):
        self.whole = desired
        self.is_seen = inventory is not None
        self.is_planned = is_planned
        self.is_known = self.is_seen or is_planned
        self.inventory = inventory if inventory is not None else Inventory(desired.name, "")
        self.calendar = Calendar.of(desired, self.inventory, now)
        self.desired = on_day(desired, self.inventory, self.calendar)
        self.resolver = Resolver(self.desired, self.inventory)
        self.suggested = Suggestions()

    def source(self, section: str, *path: str | int) -> Span | None:
        """Find the place of a fact in the files."""
        return self.desired.where(section, *path)

    @cached_property
    def declared_users(self) -> list[DeclaredUser]:
        """The declared users, in the order of the files."""
        account, users, names = (
            self.desired.account,
            self.inventory.users,
            self.inventory.user_names,
        )
        found = []
        for name, user in self.desired.users.items():
            current_name = names.get(name.casefold())
            if current_name is None and "previously" in user:
                current_name = self.resolver.current_name(name, user)
            current = users[current_name] if current_name is not None else {}
            site, reached = site_of(user, current), Stage.NONE
            if "offboard_on" in user:
                reached = stage(user, account, self.calendar.today(site))
            has_left = bool(reached) and current_name is None
            entries = [] if has_left or reached >= Stage.UNASSIGNED else user.get("licenses") or []
            found.append(DeclaredUser(name, user, current, current_name, site, entries, has_left))
        return found

    @cached_property
    def possible_users(self) -> PossibleUsers:
        """The users that no file names, any of whom may be a new user of the files."""
        return PossibleUsers(self.resolver.unlisted, self.inventory.users)

    @cached_property
    def acknowledgements(self) -> Acknowledgements:
        """What the files acknowledge."""
        return Acknowledgements(self.desired)

    @cached_property
    def planned_users(self) -> dict[str, PlannedUser]:
        """Return the planned users that exist in the inventory, by their names there."""
        planned_users = resolve_users(self.resolver, self.calendar)
        return {p.current_name: p for p in planned_users if p.current_name is not None}

    def is_deleted(self, current_name: str) -> bool:
        """Tell whether a user of the inventory is deleted."""
        planned = self.planned_users.get(current_name)
        return planned is not None and planned.delete

    def gives_up_licenses(self, declared: DeclaredUser) -> bool:
        """Tell whether offboarding takes the licenses of a user away."""
        planned = self.planned_users.get(declared.current_name or "")
        return planned is not None and (planned.delete or planned.wanted is not None)

    # --- what references may name -----------------------------------------------------------------

    @cached_property
    def names(self) -> dict[str, frozenset[str]]:
        """Return the future names of sites, policy profiles and service addresses, by kind.

        Service addresses have slugs and ids.
        """
        always = {"policy": {DEFAULT_POLICY}}
        return {
            kind: _remaining(self._declared(kind), getattr(self.inventory, KINDS[kind].section))
            | always.get(kind, set())
            for kind in NAMED
        }

    @property
    def sites(self) -> frozenset[str]:
        """Return the future names of sites."""
        return self.names["site"]

    def _declared(self, kind: str) -> Mapping[str, object]:
        records: Mapping[str, object] = getattr(self.desired, KINDS[kind].section)
        return records

    def unresolved(self, kind: str, value: str, span: Span | None) -> Diagnostic:
        """Report an unknown reference: an error, or a warning if there is no inventory yet."""
        what, declared, known = KINDS[kind].title, self._declared(kind), self.names[kind]
        if kind == "service_address":
            known = known & declared.keys()  # a misspelled slug is never meant as an id
        deleted = "The files declare it as null, which deletes it."
        hint = deleted if value in declared else self.hint(what, value, known)
        if self.is_seen:
            message = f"The {what} '{value}' is neither declared nor in the inventory."
            return error(Code.UNKNOWN_REFERENCE, message, span, hint)
        message = f"The {what} '{value}' is not declared, and no inventory has been loaded yet."
        return warning(Code.UNKNOWN_REFERENCE, message, span, hint)

    def hint(self, what: str, value: str, known: Collection[str]) -> str | None:
        """Suggest the nearest known name."""
        return self.suggested(value, known, what)


def _remaining(declared: Mapping[str, object], existing: Collection[str]) -> frozenset[str]:
    deleted = {name for name, record in declared.items() if record is None}
    return frozenset((declared.keys() | set(existing)) - deleted)
