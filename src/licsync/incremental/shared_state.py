"""Everything of an account except its users and their licenses."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache, cached_property
from itertools import combinations
from typing import Any, TypeVar

from licsync.model.backend_types import backend_type
from licsync.model.declarations import KINDS, PLAIN
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory
from licsync.planning.named_resources import plan_addresses, plan_named
from licsync.planning.validation.context import NAMED, Context
from licsync.planning.validation.licenses import clash

Value = TypeVar("Value")


class SharedState:
    """Everything of an account except its users and their licenses.

    Args:
        desired: what the files declare besides users.
        inventory: the sites, service addresses and policies of the inventory.
    """

    def __init__(self, desired: Desired, inventory: Inventory):
        self.desired = desired
        # the date is irrelevant: no user in sync has a date
        self.context = Context(desired, inventory, datetime(1970, 1, 1, tzinfo=UTC))
        self.protected = {name.casefold() for name in desired.account.get("protected_users") or ()}
        # lists of 8x8's API omit values: whether one is removed, only the user itself shows
        self.shows_removals = backend_type(desired.backend).is_stored
        self.sites = self.context.sites
        self.is_as_declared = cache(self._is_as_declared)
        self.is_automatic = cache(desired.catalog.is_automatic)
        self.are_compatible = cache(self._are_compatible)
        self._values: dict[Any, Any] = {}

    def once(self, value: Value) -> Value:
        """Return one object for equal values: most users share them, so that saves memory."""
        found: Value = self._values.setdefault(value, value)
        return found

    def _is_as_declared(
        self, kind: str, declared: str | None, country: str, site: str | None
    ) -> bool:
        """Tell whether a unit is certainly what a license entry asks for, in the user's country.

        Args:
            kind: the license type of both.
            declared: the country of the entry, if it has one.
            country: the country of the unit.
            site: the site of the user.
        """
        catalog = self.desired.catalog
        if kind not in catalog or catalog.is_automatic(kind) or catalog[kind].get("requires"):
            return False
        if site is None or site not in self.sites:
            return False
        home = self.context.resolver.country_of_site(site)
        if declared and home and declared != home:
            return False
        return country == (declared or home or self.desired.country)

    def _are_compatible(self, kinds: tuple[str, ...]) -> bool:
        """Tell whether a user can hold licenses of these different types together."""
        catalog = self.desired.catalog
        return all(kind in catalog for kind in kinds) and not any(
            clash(catalog, *both) for both in combinations(kinds, 2)
        )

    @cached_property
    def is_stable(self) -> bool:
        """Whether the plan changes only users and licenses.

        A change of a site, address or policy may affect any user.
        """
        resolver = self.context.resolver
        named = (action for kind in PLAIN for action in plan_named(KINDS[kind], resolver))
        is_deleted = any(
            None in getattr(self.desired, KINDS[kind].section).values() for kind in NAMED
        )
        return (
            not is_deleted
            and next(plan_addresses(resolver), None) is None
            and next(named, None) is None
        )
