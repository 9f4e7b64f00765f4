"""Sites: address, PBX, locale and time zone are in the inventory; the rest is kept as sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import datetime
from typing import Any

from licsync.model.console.step import Step
from licsync.simulator import rsql
from licsync.simulator.bodies import Site, check
from licsync.simulator.paging import Query, Row, as_rows
from licsync.simulator.problems import Detail, Problem, invalid, not_found
from licsync.simulator.simulation import Lookup, Simulation, perform_step
from licsync.simulator.transaction_cache import CachedRecords

FIELDS = {"pbxName": "pbx", "locale": "locale", "timezone": "timezone"}
"""Where the vendor's JSON has what the inventory's record of a site has."""

_WHERE_UNKNOWN = {"pbxName": "pbx01", "locale": "en-US", "timezone": "America/Los_Angeles"}
"""What is shown of a site that the inventory says nothing of: the vendor's schema wants these."""


def site_id(sim: Simulation, name: str) -> str:
    """Find the id of a site."""
    for identifier, stored in sim.documents.all("sites"):
        if stored["name"] == name:
            return identifier
    return sim.derived_id("site", name)


def site_document(sim: Simulation, name: str, site: Mapping[str, Any]) -> dict[str, Any]:
    """Show a site."""
    identifier = site_id(sim, name)
    document: dict[str, Any] = deepcopy(
        (sim.documents.get("sites", identifier) or {}).get("body", {})
    )
    document |= {"id": identifier, "name": name, "address": {"id": site.get("service_address")}}
    return document | {
        theirs: site.get(ours) or _WHERE_UNKNOWN[theirs] for theirs, ours in FIELDS.items()
    }


def site_of_user(sim: Simulation, lookup: Lookup, name: str | None) -> dict[str, Any] | None:
    """Show the site of a user."""
    if not name:
        return None
    pbx = (lookup(f"sites/{name}") or {}).get("pbx") or _WHERE_UNKNOWN["pbxName"]
    return {"id": site_id(sim, name), "name": name, "pbxName": pbx}


def find_sites(sim: Simulation, query: Query) -> Sequence[Row]:
    """List the sites that a request asks for.

    Only `name==` can be filtered by.

    Raises:
        Problem: the request is invalid (400).
    """
    documents = [site_document(sim, name, site) for name, site in sim.read().sites.items()]
    if query.filter is not None:
        filter_ = _filter(query.filter)
        documents = [d for d in documents if filter_.matches(d)]
    if query.sort is not None:
        rsql.sort(documents, query.sort, ("id", "name", "siteCode", *FIELDS))
    return as_rows(documents)


def _filter(text: str) -> rsql.Comparison:
    def refused(message: str) -> Problem:
        return invalid(message, title="Invalid filter format")

    try:
        filter_ = rsql.parse(text)
    except Problem as fault:
        raise refused("Invalid filter syntax") from fault
    if not isinstance(filter_, rsql.Comparison):
        raise refused("Logical operations (AND/OR) are not supported")
    if filter_.operator != "==":
        raise refused(f"Invalid operator: {filter_.operator}. Only '==' operator is supported")
    if filter_.field != "name":
        raise refused(f"Invalid filter field: {filter_.field}. Only filtering by name is supported")
    if "*" in filter_.value[1:-1]:
        raise refused("Wildcard (*) can only appear at the beginning or end")
    return filter_


def name_of_site(sim: Simulation, records: CachedRecords, identifier: str) -> str:
    """Find the site with an id.

    Raises:
        Problem: there is none (404).
    """
    stored = sim.documents.get("sites", identifier)
    names = [stored["name"]] if stored else list(sim.read().sites)
    for name in names:
        if site_id(sim, name) == identifier and records.get(f"sites/{name}") is not None:
            return str(name)
    raise not_found("Site not found")


def site_named(
    sim: Simulation, records: CachedRecords, reference: Mapping[str, Any] | None
) -> str | None:
    """Find the site that a user's body names, by id or else by name; None where it names none.

    Raises:
        Problem: there is no such site.
    """
    reference = reference or {}
    if reference.get("id"):
        try:
            return name_of_site(sim, records, reference["id"])
        except Problem as fault:
            raise invalid("Site not found", "basicInfo.site.id") from fault
    if reference.get("name"):
        if records.get(f"sites/{reference['name']}") is None:
            raise invalid("Site not found", "basicInfo.site.name")
        return str(reference["name"])
    return None


# --- what is sent ---------------------------------------------------------------------------------


def check_site(body: Any) -> None:
    """Refuse a body that is not a site."""
    check(Site, body, title="Bad Request")


def create_site(
    sim: Simulation, records: CachedRecords, identifier: str | None, body: Any, now: datetime
) -> str:
    """Make a site; its id was given when the request was accepted.

    Raises:
        Problem: another site has the name (400).
    """
    assert identifier is not None
    if records.get(f"sites/{body['name']}") is not None:
        raise invalid("Site name already in use", "name", "Bad Request")
    _put(sim, records, identifier, body, now)
    return identifier


def update_site(
    sim: Simulation, records: CachedRecords, identifier: str | None, body: Any, now: datetime
) -> str:
    """Replace a site: what is not sent is gone.

    Raises:
        Problem: there is no such site (404), or the body is of another one (400).
    """
    assert identifier is not None
    name = name_of_site(sim, records, identifier)
    if body.get("id") not in (None, identifier):
        raise invalid("Mismatched id in url vs payload", "id", "Bad Request")
    if body["name"] != name:
        _rename(records, name, body["name"])
    _put(sim, records, identifier, body, now)
    return identifier


def delete_site(
    sim: Simulation, records: CachedRecords, identifier: str | None, body: Any, now: datetime
) -> str:
    """Remove a site that nobody is at.

    Raises:
        Problem: there is no such site (404), or somebody is at it (400).
    """
    assert identifier is not None
    name = name_of_site(sim, records, identifier)
    groups = (
        g
        for _, g in sim.documents.all("ring_groups")
        if (g["body"].get("site") or {}).get("id") == identifier
    )
    if any(records.users_with("site", name)) or any(groups):
        message = (
            f"Branch with id {identifier} can not be removed. It is used by at least one extension"
        )
        raise Problem(400, "Bad Request", Detail("BAD_REQUEST", message))
    perform_step(sim, records, Step("site.delete", f"sites/{name}"), now)
    sim.documents.put("sites", identifier, None)
    return identifier


def _put(
    sim: Simulation, records: CachedRecords, identifier: str, body: Mapping[str, Any], now: datetime
) -> None:
    name, address = body["name"], body["address"].get("id")
    content = records.get(f"service_addresses/{address}") if address else None
    if content is None:
        raise invalid("Address not found", "address.id", "Bad Request")
    code = body.get("siteCode")
    others = (other["body"] for i, other in sim.documents.all("sites") if i != identifier)
    if code and any(other.get("siteCode") == code for other in others):
        raise Problem(
            400, "Bad Request", Detail("CONFLICT", "Site code already in use", "siteCode")
        )
    values = {ours: body[theirs] for theirs, ours in FIELDS.items()} | {"service_address": content}
    old = (records.get(f"sites/{name}") or {}).get("service_address")
    perform_step(sim, records, Step("site.put", f"sites/{name}", {"set": values}), now, "pbxName")
    _move_licenses(records, name, old, (records.get(f"sites/{name}") or {}).get("service_address"))
    sim.documents.put("sites", identifier, {"name": name, "body": dict(body)})


def _move_licenses(records: CachedRecords, site: str, old: str | None, new: str | None) -> None:
    """Move the licenses of a site's users that were bound to its old address (ADDR3).

    What is suspended cannot be edited, and stays.
    """
    for user in list(records.users_with("site", site)) if new != old else ():
        for service in (records.get(f"users/{user}") or {}).get("services") or ():
            unit = records.get(f"licenses/{service['license']}")
            if (
                unit is not None
                and unit.get("service_address") == old
                and unit["status"] != "suspended"
            ):
                records.put(f"licenses/{service['license']}", {**unit, "service_address": new})


def _rename(records: CachedRecords, old: str, new: str) -> None:
    """Rename a site, also in its users: the inventory knows sites by their names."""
    if records.get(f"sites/{new}") is not None:
        raise invalid("Site name already in use", "name", "Bad Request")
    records.put(f"sites/{new}", records.get(f"sites/{old}"))
    for user in list(records.users_with("site", old)):
        record = records.get(f"users/{user}")
        assert record is not None
        records.put(f"users/{user}", {**record, "site": new})
    records.put(f"sites/{old}", None)
