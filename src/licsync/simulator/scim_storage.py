"""The users of a simulation as the storage of a SCIM server: its changes are steps of the console.

A user who is made is a contact at a site. Deactivating suspends the licenses, activating lifts
that. Nothing else of a license can be changed, and the site cannot be changed at all (domain.md,
9).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from scim2_models import (
    InvalidValueException,
    NotFoundException,
    ResourceType,
    ResponseParameters,
    SearchRequest,
    UniquenessException,
)
from scim2_models.path import Comparison
from scim2_models.path.expressions import CompareOperator
from scim2_server.storage import ScimStorage, SearchPage

from licsync.model.console.step import Step
from licsync.model.desired import DEFAULT_POLICY
from licsync.model.inventory import Record
from licsync.simulator.audit_log import actor, record_changes
from licsync.simulator.deactivation import Suspensions, allow_edits, deactivate
from licsync.simulator.scim_schemas import EightUser, ScimUser
from licsync.simulator.scim_users import (
    check_user_name,
    keep_rest,
    show_user,
    touch,
    wanted_attributes,
)
from licsync.simulator.simulation import Simulation, perform_step
from licsync.simulator.transaction_cache import CachedRecords


class ScimUsers(ScimStorage):
    """The users, for one request.

    Args:
        sim: the simulation.
        writes: whether the request may change something.
    """

    def __init__(self, sim: Simulation, *, writes: bool):
        self._sim = sim
        self._writes = writes
        self._open: CachedRecords | None = None

    @contextmanager
    def operation(self) -> Iterator[None]:
        """Do everything that belongs to one request in one transaction."""
        with self._sim.changing() if self._writes else self._sim.reading() as records:
            self._open = records
            yield
            if self._writes:
                record_changes(self._sim, records, actor(self._sim, "scim"))

    @property
    def _records(self) -> CachedRecords:
        assert self._open is not None
        return self._open

    # --- reading ----------------------------------------------------------------------------------

    def get(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        response_parameters: ResponseParameters[Any] | None = None,
    ) -> ScimUser:
        """Show a user.

        Raises:
            NotFoundException: there is no such user.
        """
        return show_user(self._sim, *self._find(resource_id))

    def _find(self, identifier: str) -> tuple[str, Record]:
        for name in self._records.users_with("id", identifier):
            record = self._records.get(f"users/{name}")
            if record is not None and self._is_visible(record):
                return name, record
        raise NotFoundException(detail=f"User {identifier} not found")

    def _is_visible(self, record: Record) -> bool:
        """Tell whether a user belongs to the users that the service manages."""
        own = self._sim.documents.get("scim", str(record.get("id"))) or {}
        return self._sim.settings.scim_scope == "all" or bool(own.get("made"))

    def search(
        self,
        resource_types: list[ResourceType],
        search_request: SearchRequest[Any],
        *,
        position: Any = None,
    ) -> SearchPage:
        """Give a page of the users that a filter selects, in the order of the inventory."""
        filter_ = search_request.filter
        start, count = search_request.start_index_0 or 0, search_request.count
        stop = None if count is None else start + count
        if filter_ is None:
            names = self._visible_names()
            return SearchPage(len(names), list(self._show(names[start:stop])))
        matching = [user for user in self._show(self._candidates(filter_)) if filter_.match(user)]
        return SearchPage(len(matching), list(matching[start:stop]))

    def _candidates(self, filter_: Any) -> list[str]:
        """Name the users that a filter can select: one if it names one."""
        wanted = _name_in(filter_)
        if wanted is None:
            return self._visible_names()
        found = self._records.find_user(wanted)
        return [found] if found is not None else []

    def _visible_names(self) -> list[str]:
        if self._sim.settings.scim_scope == "all":
            return list(self._records.users())
        made = {i for i, own in self._sim.documents.all("scim") if own.get("made")}
        names = (name for i in made for name in self._records.users_with("id", i))
        return sorted(names)

    def _show(self, names: list[str]) -> Iterator[ScimUser]:
        self._records.read(f"users/{name}" for name in names)
        for name in names:
            record = self._records.get(f"users/{name}")
            if record is not None and self._is_visible(record):
                yield show_user(self._sim, name, record)

    # --- writing ----------------------------------------------------------------------------------

    def create(self, resource_type: ResourceType, resource: Any) -> ScimUser:
        """Make a user: a contact at its site.

        Raises:
            InvalidValueException: 8x8 does not accept a value.
            UniquenessException: another user has the name.
            Problem: the console refuses.
        """
        sim, records, now = self._sim, self._records, self._sim.now()
        name, site = str(resource.user_name), (resource[EightUser] or EightUser()).site
        check_user_name(name)
        if records.find_user(name) is not None:
            raise UniquenessException(detail=f"userName {name} is already in use")
        if site is not None and records.get(f"sites/{site}") is None:
            raise InvalidValueException(detail=f"site: there is no site {site!r}")
        identifier = sim.fresh_id()
        values = {field: v for field, v in wanted_attributes(resource, {}).items() if v is not None}
        own = {"id": identifier, "policy": DEFAULT_POLICY} | ({"site": site} if site else {})
        step = Step("user.create", f"users/{name}", {"set": values | own})
        perform_step(sim, records, step, now)
        if resource.active is False:
            deactivate(sim, records, name, now, since={}, held=())
        keep_rest(sim, identifier, resource, now, new=True)
        return show_user(sim, name, records.get(f"users/{name}") or {})

    def update(
        self, resource_type: ResourceType, resource: Any, *, expected_version: str | None = None
    ) -> ScimUser:
        """Make a user as a request wants it. What the request leaves out is emptied.

        A request without `active` leaves it as it is. Raises as `create`.
        """
        sim, records, now = self._sim, self._records, self._sim.now()
        name, before = self._find(resource.id)
        wanted = str(resource.user_name)
        if wanted != name:
            name = self._rename(name, wanted)
        was_active = before.get("status") != "inactive"
        is_active = was_active if resource.active is None else resource.active
        changed = wanted_attributes(resource, before)
        held = [service["license"] for service in before.get("services") or ()]
        since: Suspensions = {}
        if changed or is_active:
            since = allow_edits(sim, records, name, stays_inactive=not is_active, now=now)
        if changed:
            step = Step("user.update", f"users/{name}", {"set": changed})
            perform_step(sim, records, step, now)
        if not is_active:
            deactivate(sim, records, name, now, since=since, held=held)
        keep_rest(sim, resource.id, resource, now, new=False)
        return show_user(sim, name, records.get(f"users/{name}") or {})

    def _rename(self, name: str, to: str) -> str:
        check_user_name(to)
        if self._records.find_user(to) not in (None, name):
            raise UniquenessException(detail=f"userName {to} is already in use")
        step = Step("user.rename", f"users/{name}", {"to": to})
        perform_step(self._sim, self._records, step, self._sim.now())
        return to

    def delete(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        expected_version: str | None = None,
    ) -> None:
        """Deactivate a user: no request deletes one.

        Raises:
            NotFoundException: there is no such user.
        """
        name, _ = self._find(resource_id)
        deactivate(self._sim, self._records, name, self._sim.now(), since={}, held=())
        touch(self._sim, resource_id, self._sim.now())


def _name_in(filter_: Any) -> str | None:
    """Give the name of a filter `userName eq "…"`."""
    node = filter_.ast
    if not isinstance(node, Comparison) or node.op != CompareOperator.eq:
        return None
    is_name = str(node.attr_path).casefold().rpartition(":")[2] == "username"
    return node.value if is_name and isinstance(node.value, str) else None
