"""Makes the changes of sites and service addresses."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, cast

from licsync.backends.api.account_reader import AccountReader
from licsync.backends.api.change_executor import PendingChange
from licsync.backends.api.effect_check import EffectState, markers_of
from licsync.backends.api.mapping import Document, address_document, site_record
from licsync.backends.api.pagination import list_numbered_pages, scroll
from licsync.backends.api.request_bodies import site_document
from licsync.backends.api.transport import Request
from licsync.backends.http.rate_limit import Urgency
from licsync.backends.http.transport import path_of
from licsync.engine.ports import BackendFailed, StepRefused
from licsync.model.console.step import Step
from licsync.model.inventory import Record, digest
from licsync.model.inventory_document import InventoryAddress
from licsync.model.places import address_key
from licsync.planning.comparison import may_be_tidied


def site_change(
    reader: AccountReader, step: Step, before: Mapping[str, Record | None]
) -> PendingChange:
    """Make the change of a step on a site."""
    record = before.get(step.target)

    async def now(*, is_sent: bool = False) -> Document | None:
        found = await _look_up(reader, step.name, is_sent and step.op == "site.put")
        reader.sites_read_at[step.name.casefold()] = asyncio.get_running_loop().time()
        if found is None:
            reader.mirror.sites.pop(step.name, None)
            return None
        path = path_of("sites", str(found.get("id")))
        answer = await reader.api.get(Request("GET", path, "sites"), Urgency.STEP)
        if answer.outcome != "accepted" or not isinstance(answer.body, dict):
            raise BackendFailed(f"The site {step.name} cannot be read: {answer.reason}.")
        reader.mirror.sites[step.name] = answer.body
        return answer.body

    async def request() -> Request:
        site = await now()
        if digest(site_record(site) if site else None) != digest(record):
            raise StepRefused(
                f"The site {step.name} was changed by somebody else since it was recorded; "
                "plan again."
            )
        if step.op == "site.delete":
            if site is None:
                raise StepRefused(f"There is no site {step.name}.")
            return Request("DELETE", path_of("sites", str(site["id"])), "sites")
        body = site_document(
            step, site, _address_id(reader, step.args["set"].get("service_address"))
        )
        if site is None:
            return Request("POST", "/sites", "sites", body)
        return Request("PUT", path_of("sites", str(site["id"])), "sites", body)

    async def check_effect(resource: str | None) -> EffectState:
        site = await now(is_sent=True)
        there = site_record(site) if site else None
        if step.op == "site.delete":
            return "done" if site is None else "undone"
        wanted = {k: v for k, v in step.args["set"].items() if k != "service_address"}
        if "service_address" in step.args["set"]:
            wanted["service_address"] = _address_id(reader, step.args["set"]["service_address"])
        is_written = resource is not None or digest(there) != digest(record)
        if there is not None and all(
            there.get(name) == value
            or (is_written and may_be_tidied(there.get(name), value, markers_of(name, "site")))
            for name, value in wanted.items()
        ):
            return "done"
        if digest(there) == digest(record):
            return "undone"
        other = [{k: v for k, v in (r or {}).items() if k not in wanted} for r in (there, record)]
        return "partly" if record and other[0] == other[1] else "changed"

    creates = step.op == "site.put" and record is None
    return PendingChange(
        f"{step.op} of {step.name}", "site", request, check_effect, creates=creates
    )


async def _look_up(reader: AccountReader, name: str, is_written: bool) -> Document | None:
    """Find a site by the name that the vendor stores; None where there is none.

    Args:
        reader: what it is read by.
        name: as the files spell it.
        is_written: whether the site was just written, so that its name may be stored tidied, which
            no list showed yet.
    """
    stored = str(reader.mirror.sites.get(name, {}).get("name") or name)
    if not set(stored) & set("*'\"\\"):
        query = {"filter": f"name=='{stored}'"}
        answer = await reader.api.get(Request("GET", "/sites", "sites", query=query), Urgency.STEP)
        found = answer.body.get("data") if isinstance(answer.body, Mapping) else None
        if answer.outcome != "accepted" or not isinstance(found, list):
            raise BackendFailed(
                f"A site cannot be looked up: {answer.reason or 'the answer is not a list'}."
            )
        if same := [
            site for site in found if isinstance(site, dict) and site.get("name") == stored
        ]:
            return same[0]
        if not is_written:
            return None
    reader.mirror.expect_sites([name])
    reader.update_sites(await list_numbered_pages(reader.api, "/sites", "sites"))
    return reader.mirror.sites.get(name)


def _address_id(reader: AccountReader, content: Mapping[str, Any] | None) -> str | None:
    if content is None:
        return None
    wanted = address_key(content)
    known = {i: reader.mirror.address(i) or {} for i in sorted(reader.mirror.addresses)}
    found = next((i for i, address in known.items() if address_key(address) == wanted), None)
    if found is None:
        raise StepRefused("The service address does not exist; create it first.")
    return found


def address_creation(reader: AccountReader, step: Step) -> PendingChange:
    """Make the change that creates an address; an identical one is the same address (6.3)."""
    # the content of a step that creates an address has no other fields
    content = cast(InventoryAddress, dict(step.args["content"]))

    async def request() -> Request:
        return Request("POST", "/addresses", "addresses", address_document(content))

    async def check_effect(resource: str | None) -> EffectState:
        mirror, wanted = reader.mirror, address_key(content)
        if resource is not None:
            answer = await reader.api.get(
                Request("GET", path_of("addresses", resource), "addresses"), Urgency.STEP
            )
            if answer.status == 404:
                return "undone"
            if answer.outcome != "accepted" or not isinstance(answer.body, dict):
                raise BackendFailed(f"The service address cannot be read: {answer.reason}.")
            mirror.addresses[resource] = answer.body
            # normalized: remember how people write it
            if address_key(mirror.address(resource) or {}) != wanted:
                mirror.declared.service_addresses[resource] = content
            return "done"
        mirror.addresses = {
            str(a["id"]): a for a in await scroll(reader.api, "/addresses", "addresses")
        }
        return (
            "done"
            if any(address_key(mirror.address(i) or {}) == wanted for i in mirror.addresses)
            else "undone"
        )

    return PendingChange(f"{step.op} of {step.name}", "address", request, check_effect)


def address_deletion(reader: AccountReader, step: Step) -> PendingChange:
    """Make the change that deletes an address."""
    path = path_of("addresses", step.name)

    async def request() -> Request:
        return Request("DELETE", path, "addresses")

    async def check_effect(resource: str | None) -> EffectState:
        answer = await reader.api.get(Request("GET", path, "addresses"), Urgency.STEP)
        if answer.status == 404:
            reader.mirror.addresses.pop(step.name, None)
            return "done"
        return "undone"

    return PendingChange(f"{step.op} of {step.name}", "address", request, check_effect)
