"""Makes the changes of sites and service addresses."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
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
    change = _SiteChange(reader, step, record)
    creates = step.op == "site.put" and record is None
    return PendingChange(
        f"{step.op} of {step.name}", "site", change.request, change.check_effect, creates=creates
    )


@dataclass(frozen=True, slots=True)
class _SiteChange:
    """A step that writes or deletes a site.

    Attributes:
        reader: reads the site.
        step: the step.
        record: the site as it was recorded; None if there was none.
    """

    reader: AccountReader
    step: Step
    record: Record | None

    async def request(self) -> Request:
        """Make the request.

        Raises:
            StepRefused: the site is not as it was recorded.
        """
        site = await self._read()
        if digest(site_record(site) if site else None) != digest(self.record):
            raise StepRefused(
                f"The site {self.step.name} was changed by somebody else since it was recorded; "
                "plan again."
            )
        if self.step.op == "site.delete":
            if site is None:
                raise StepRefused(f"There is no site {self.step.name}.")
            return Request("DELETE", path_of("sites", str(site["id"])), "sites")
        address = self.step.args["set"].get("service_address")
        body = site_document(self.step, site, _address_id(self.reader, address))
        if site is None:
            return Request("POST", "/sites", "sites", body)
        return Request("PUT", path_of("sites", str(site["id"])), "sites", body)

    async def check_effect(self, resource: str | None) -> EffectState:
        """Compare the site with what the step asks for.

        Args:
            resource: the id that the finished operation names; None if it names none.
        """
        site = await self._read(is_sent=True)
        if self.step.op == "site.delete":
            return "done" if site is None else "undone"
        found = site_record(site) if site else None
        wanted = self._wanted()
        is_untouched = digest(found) == digest(self.record)
        is_written = resource is not None or not is_untouched
        if found is not None and all(
            found.get(name) == value
            or (is_written and may_be_tidied(found.get(name), value, markers_of(name, "site")))
            for name, value in wanted.items()
        ):
            return "done"
        if is_untouched:
            return "undone"
        now, then = (
            {name: value for name, value in (record or {}).items() if name not in wanted}
            for record in (found, self.record)
        )
        return "partly" if self.record and now == then else "changed"

    def _wanted(self) -> dict[str, Any]:
        """Give the values that the step sets, with the address by its id."""
        values = dict(self.step.args["set"])
        if "service_address" in values:
            values["service_address"] = _address_id(self.reader, values["service_address"])
        return values

    async def _read(self, *, is_sent: bool = False) -> Document | None:
        """Read the site; None if there is none.

        Args:
            is_sent: whether the step was sent, so that the site may have another name.
        """
        reader, name = self.reader, self.step.name
        found = await _look_up(reader, name, is_sent and self.step.op == "site.put")
        reader.sites_read_at[name.casefold()] = asyncio.get_running_loop().time()
        if found is None:
            reader.mirror.sites.pop(name, None)
            return None
        path = path_of("sites", str(found.get("id")))
        answer = await reader.api.get(Request("GET", path, "sites"), Urgency.STEP)
        if answer.outcome != "accepted" or not isinstance(answer.body, dict):
            raise BackendFailed(f"The site {name} cannot be read: {answer.reason}.")
        reader.mirror.sites[name] = answer.body
        return answer.body


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
