"""The vendor's operations: for each path and method, what is read, refused, accepted and shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from licsync.simulator import addresses, numbers, ring_groups, rsql, sites, user_writes, users
from licsync.simulator.exchange import Answer, Call, Media
from licsync.simulator.operations import Effect, Operations, Resource, Type
from licsync.simulator.paging import Query, Row, Scrolls, as_rows, filter_and_sort, numbered_page
from licsync.simulator.problems import Detail, standard
from licsync.simulator.simulation import Simulation, name_of_user
from licsync.simulator.user_bodies import User

EFFECTS: Mapping[tuple[Resource, Type], Effect] = {
    ("USER", "CREATE"): user_writes.create_user,
    ("USER", "UPDATE"): user_writes.update_user,
    ("USER", "DELETE"): user_writes.delete_user,
    ("SITE", "CREATE"): sites.create_site,
    ("SITE", "UPDATE"): sites.update_site,
    ("SITE", "DELETE"): sites.delete_site,
    ("RING_GROUP", "CREATE"): ring_groups.create_ring_group,
    ("RING_GROUP", "UPDATE"): ring_groups.update_ring_group,
    ("RING_GROUP", "DELETE"): ring_groups.delete_ring_group,
    ("RING_GROUP", "UPDATE_MEMBERS"): ring_groups.update_members,
}


class Api:
    """The API of one simulation: its operations, scrolls and resources."""

    def __init__(self, sim: Simulation):
        self.sim = sim
        self.operations = Operations(sim, EFFECTS)
        self.scrolls = Scrolls(sim)

    def accept(
        self, call: Call, resource: Resource, type_: Type, identifier: str | None, body: Any
    ) -> Answer:
        """Accept an operation, and show it as it is now.

        Raises:
            Problem: the request is refused.
        """
        limits = self.sim.settings.limits
        if (
            self.sim.settings.speed
            and self.operations.in_flight(self.sim.now()) >= limits.in_flight
        ):
            problem = standard(429)
            message = f"Maximum {limits.in_flight} concurrent operations exceeded"
            problem.errors = (Detail("TOO_MANY_REQUESTS", message),)
            raise problem
        operation = self.operations.accept(resource, type_, identifier, body, call.timing)
        shown = self.operations.document(operation, "PENDING")
        self.operations.settle()
        return Answer(202, shown, operation=operation.id)


# --- users ----------------------------------------------------------------------------------------


def list_users(api: Api, call: Call) -> Answer:
    """Give a page of users."""
    return Answer(200, api.scrolls.page("users", call.query, partial(_find_users, api.sim)))


def _find_users(sim: Simulation, query: Query) -> Sequence[Row]:
    wanted = (
        rsql.required_value(rsql.parse(query.filter), "basicInfo.userName")
        if query.filter is not None
        else None
    )
    if wanted is not None:
        with sim.reading() as records:
            name = records.find_user(wanted)
            record = records.get(f"users/{name}") if name else None
            found = [users.user_document(sim, records.get, name, record)] if name and record else []
    elif query.filter is not None or query.sort is not None:
        inventory = sim.read()
        found = [users.user_document(sim, inventory.get, n, u) for n, u in inventory.users.items()]
    else:
        inventory = sim.read()
        return [
            lambda n=name, u=user: users.in_list(sim, users.user_document(sim, inventory.get, n, u))  # type: ignore[misc]
            for name, user in inventory.users.items()
        ]
    return as_rows(
        [users.in_list(sim, d) for d in filter_and_sort(found, query, rsql.fields_of(User))]
    )


def get_user(api: Api, call: Call) -> Answer:
    """Show a user."""
    with api.sim.reading() as records:
        name = name_of_user(records, call.id)
        record = records.get(f"users/{name}")
        assert record is not None
        return Answer(200, users.user_document(api.sim, records.get, name, record))


def post_user(api: Api, call: Call) -> Answer:
    """Accept the making of a user."""
    body = call.body()
    user_writes.check_user(api.sim, body)
    return api.accept(call, "USER", "CREATE", None, body)


def put_user(api: Api, call: Call) -> Answer:
    """Accept the replacement of a user."""
    body = call.body()
    user_writes.check_user(api.sim, body)
    return api.accept(call, "USER", "UPDATE", call.id, body)


def delete_user(api: Api, call: Call) -> Answer:
    """Accept the deletion of a user."""
    return api.accept(call, "USER", "DELETE", call.id, None)


# --- sites ----------------------------------------------------------------------------------------


def list_sites(api: Api, call: Call) -> Answer:
    """Give a page of sites."""
    return Answer(200, numbered_page("sites", call.query, partial(sites.find_sites, api.sim)))


def get_site(api: Api, call: Call) -> Answer:
    """Show a site."""
    with api.sim.reading() as records:
        name = sites.name_of_site(api.sim, records, call.id)
        return Answer(200, sites.site_document(api.sim, name, records.get(f"sites/{name}") or {}))


def post_site(api: Api, call: Call) -> Answer:
    """Accept the making of a site."""
    body = call.body()
    sites.check_site(body)
    return api.accept(call, "SITE", "CREATE", api.sim.fresh_id(), body)


def put_site(api: Api, call: Call) -> Answer:
    """Accept the replacement of a site."""
    body = call.body()
    sites.check_site(body)
    return api.accept(call, "SITE", "UPDATE", call.id, body)


def delete_site(api: Api, call: Call) -> Answer:
    """Accept the deletion of a site."""
    return api.accept(call, "SITE", "DELETE", call.id, None)


# --- ring groups ----------------------------------------------------------------------------------


def list_ring_groups(api: Api, call: Call) -> Answer:
    """Give a page of ring groups."""
    return Answer(
        200,
        api.scrolls.page("ring-groups", call.query, partial(ring_groups.find_ring_groups, api.sim)),
    )


def get_ring_group(api: Api, call: Call) -> Answer:
    """Show a ring group."""
    return Answer(200, ring_groups.one_ring_group(api.sim, call.id))


def post_ring_group(api: Api, call: Call) -> Answer:
    """Accept the making of a ring group."""
    body = call.body()
    ring_groups.check_ring_group(api.sim, body, "Failed to create ring group")
    return api.accept(call, "RING_GROUP", "CREATE", None, body)


def put_ring_group(api: Api, call: Call) -> Answer:
    """Accept the replacement of a ring group."""
    body = call.body()
    ring_groups.check_ring_group(api.sim, body, "Failed to update ring group")
    return api.accept(call, "RING_GROUP", "UPDATE", call.id, body)


def delete_ring_group(api: Api, call: Call) -> Answer:
    """Accept the deletion of a ring group."""
    return api.accept(call, "RING_GROUP", "DELETE", call.id, None)


def post_members(api: Api, call: Call) -> Answer:
    """Accept a change of members."""
    body = call.body()
    ring_groups.check_changes(api.sim, call.id, body)
    return api.accept(call, "RING_GROUP", "UPDATE_MEMBERS", call.id, body)


# --- addresses, numbers, operations ---------------------------------------------------------------


def list_addresses(api: Api, call: Call) -> Answer:
    """Give a page of addresses."""

    def find(query: Query) -> Sequence[Row]:
        shown = [
            addresses.address_document(api.sim, i, a)
            for i, a in api.sim.read().service_addresses.items()
        ]
        return as_rows(filter_and_sort(shown, query, addresses.SEARCHABLE))

    return Answer(200, api.scrolls.page("addresses", call.query, find))


def get_address(api: Api, call: Call) -> Answer:
    """Show an address."""
    with api.sim.reading() as records:
        return Answer(200, addresses.address_with_use(api.sim, records, call.id))


def post_address(api: Api, call: Call) -> Answer:
    """Make an address, at once."""
    return Answer(200, addresses.create_address(api.sim, call.body()))


def delete_address(api: Api, call: Call) -> Answer:
    """Remove an address, at once."""
    addresses.delete_address(api.sim, call.id)
    return Answer(204)


def list_numbers(api: Api, call: Call) -> Answer:
    """Give a page of phone numbers."""

    def find(query: Query) -> Sequence[Row]:
        shown = numbers.list_numbers(api.sim, api.sim.read())
        return as_rows(
            filter_and_sort(shown, query, numbers.SEARCHABLE, numbers.SORTABLE, one_sort=True)
        )

    return Answer(200, api.scrolls.page("phone-numbers", call.query, find, largest=100))


def get_number(api: Api, call: Call) -> Answer:
    """Show a phone number."""
    with api.sim.reading() as records:
        return Answer(200, numbers.one_number(api.sim, records, call.id))


def get_operation(api: Api, call: Call) -> Answer:
    """Show an operation."""
    return Answer(200, api.operations.show(call.id), operation=call.id)


Handler = Callable[[Api, Call], Answer]

Routes = Mapping[str, tuple[Media, Mapping[str, Handler]]]

ROUTES: Routes = {
    "/users": ("users", {"GET": list_users, "POST": post_user}),
    "/users/{id}": ("users", {"GET": get_user, "PUT": put_user, "DELETE": delete_user}),
    "/sites": ("sites", {"GET": list_sites, "POST": post_site}),
    "/sites/{id}": ("sites", {"GET": get_site, "PUT": put_site, "DELETE": delete_site}),
    "/addresses": ("addresses", {"GET": list_addresses, "POST": post_address}),
    "/addresses/{id}": ("addresses", {"GET": get_address, "DELETE": delete_address}),
    "/phone-numbers": ("phonenumbers", {"GET": list_numbers}),
    "/phone-numbers/{id}": ("phonenumbers", {"GET": get_number}),
    "/ring-groups": ("ringgroups", {"GET": list_ring_groups, "POST": post_ring_group}),
    "/ring-groups/{id}": (
        "ringgroups",
        {"GET": get_ring_group, "PUT": put_ring_group, "DELETE": delete_ring_group},
    ),
    "/ring-groups/{id}/update-members": ("ringgroups.update-members", {"POST": post_members}),
    "/operations/{id}": ("operations", {"GET": get_operation}),
}
"""Every path of the API below `/admin-provisioning`, with its media type and methods."""
