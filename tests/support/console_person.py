"""Somebody who does work orders in the console of the made-up company.

The person knows the console, not licsync: of an item, only the facts to see afterwards count. What
the console does by itself (the address of a license, local numbers) the person does not do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from licsync.config.catalog import load_catalog
from licsync.model.console.step import Step, StepArgs
from licsync.model.inventory import Inventory
from licsync.planning.work_order.records import Expectation, WorkItem
from tests.support.company import Doc
from tests.support.company_console import CompanyConsole
from tests.support.company_exports import one_line

_NOT_SET = ("licenses", "service_address", "exists", "name", "status")


class ConsolePerson:
    """Does items in a console.

    Args:
        console: the console.
        known: what licsync knows: an export without ids leaves it to name licenses itself.
    """

    def __init__(self, console: CompanyConsole, known: Inventory) -> None:
        self.console = console
        self.known = known
        self.catalog = load_catalog()
        self._said = ""

    def do(self, item: WorkItem) -> None:
        """Do everything that an item says. Raises ConsoleRefusal."""
        self._said = " ".join(item.steps)
        for resource in dict.fromkeys(fact.resource for fact in item.expectations):
            facts = [fact for fact in item.expectations if fact.resource == resource]
            section, _, name = resource.partition("/")
            if section == "users":
                self._edit_user(name, facts)
            elif section == "licenses":
                self._edit_unit(name, facts)
            else:
                wanted = {fact.path: fact.after for fact in facts if fact.path != "exists"}
                kind = {"sites": "site", "policies": "policy"}[section]
                self._perform(f"{kind}.put", resource, {"set": wanted})

    def _perform(self, op: str, target: str, args: Mapping[str, Any]) -> None:
        self.console.perform([Step(op, target, cast(StepArgs, args))])

    # --- users ------------------------------------------------------------------------------------

    def _edit_user(self, name: str, facts: list[Expectation]) -> None:
        wanted = {fact.path: fact for fact in facts}
        target = f"users/{name}"
        if "name" in wanted:
            former = str(wanted["name"].before)
            self._perform("user.rename", f"users/{former}", {"to": name, "units": []})
        attributes = {
            path: fact.after
            for path, fact in wanted.items()
            if path not in _NOT_SET and not path.startswith("extension.")
        }
        if "exists" in wanted and wanted["exists"].after:
            self._perform("user.create", target, {"set": attributes})
            attributes = {}
        user = self.console.document()["users"][name]
        is_inactive = user["status"] == "inactive"
        stays_inactive = "status" not in wanted or wanted["status"].after == "inactive"
        others = [fact for fact in facts if fact.path not in ("status", "exists", "name")]
        if is_inactive and (others or not stays_inactive):
            self._perform("user.reactivate", target, {})
        if attributes:
            self._perform("user.update", target, self._with_addresses(user, attributes))
        if "licenses" in wanted:
            self._change_licenses(name, wanted["licenses"])
        self._set_extensions(name, [f for f in facts if f.path.startswith("extension.")])
        becomes_inactive = "status" in wanted and wanted["status"].after == "inactive"
        if becomes_inactive or (is_inactive and stays_inactive and others):
            self._perform("user.suspend", target, {})
        if "exists" in wanted and not wanted["exists"].after:
            self._perform("user.delete", target, {})

    def _with_addresses(self, user: Doc, attributes: Doc) -> dict[str, Any]:
        """Let the console bind licenses at the former site to the address of the new one."""
        document = self.console.document()
        sites, addresses = document["sites"], document["service_addresses"]
        moved: dict[str, Any] = {}
        if attributes.get("site"):
            here, there = (
                sites[site]["service_address"] for site in (user["site"], attributes["site"])
            )
            moved = {
                service["license"]: addresses[there]
                for service in user["services"]
                if document["licenses"][service["license"]]["service_address"] == here
            }
        return {"set": attributes} | ({"addresses": moved} if moved else {})

    def _change_licenses(self, name: str, fact: Expectation) -> None:
        before, after = (Counter(cast(list[str], side)) for side in (fact.before, fact.after))
        is_automatic = self.catalog.is_automatic
        lost = [k for k in (before - after).elements() if not is_automatic(k.partition(":")[0])]
        got = [k for k in (after - before).elements() if not is_automatic(k.partition(":")[0])]
        if len(lost) == len(got) == 1:
            old = self._held(name, lost[0])
            args = {"from": old, "to": self._free(name, got[0]), "extension": {}}
            self._perform("license.replace", f"users/{name}", args | self._address_of(name))
            return
        for kind in lost:
            self._perform("license.detach", f"users/{name}", {"license": self._held(name, kind)})
        for kind in got:
            args = {"license": self._free(name, kind)} | self._address_of(name)
            self._perform("license.attach", f"users/{name}", args)

    def _address_of(self, name: str) -> dict[str, Any]:
        document = self.console.document()
        site = document["sites"][document["users"][name]["site"]]
        return {"service_address": document["service_addresses"][site["service_address"]]}

    def _held(self, name: str, kind: str) -> str:
        document = self.console.document()
        for service in document["users"][name]["services"]:
            unit = document["licenses"][service["license"]]
            if f"{unit['type']}:{unit['country']}" == kind:
                return str(service["license"])
        raise AssertionError(f"{name} holds no {kind}")

    def _free(self, name: str, kind: str) -> str:
        """Choose an unassigned license: the one that the item names, if the console knows it.

        Otherwise one at the user's address, else at the address with the most of them.
        """
        document = self.console.document()
        site = document["sites"][document["users"][name]["site"]]
        free = {
            unit_id: str(unit["service_address"])
            for unit_id, unit in document["licenses"].items()
            if f"{unit['type']}:{unit['country']}" == kind and unit["status"] == "unassigned"
        }
        assert free, f"the console offers no {kind} for {name}"
        named = (unit_id for unit_id in sorted(free) if f"({unit_id})" in self._said)
        count = Counter(free.values())
        best = min(free, key=lambda u: (free[u] != site["service_address"], -count[free[u]], u))
        return next(named, best)

    def _set_extensions(self, name: str, facts: Iterable[Expectation]) -> None:
        values: dict[str, dict[str, Any]] = {}
        for fact in facts:
            kind = fact.license or self._phone_license(name)
            path = fact.path.removeprefix("extension.")
            values.setdefault(self._held(name, kind), {})[path] = fact.after
        if values:
            self._perform("user.update", f"users/{name}", {"set": {}, "extensions": values})

    def _phone_license(self, name: str) -> str:
        document = self.console.document()
        for service in document["users"][name]["services"]:
            unit = document["licenses"][service["license"]]
            if "uc" in self.catalog.planes(unit["type"]):
                return f"{unit['type']}:{unit['country']}"
        raise AssertionError(f"{name} has no phone license")

    # --- licenses ---------------------------------------------------------------------------------

    def _edit_unit(self, unit_id: str, facts: Iterable[Expectation]) -> None:
        for fact in facts:
            document = self.console.document()
            if fact.path == "status":
                self._perform("license.reinstate", f"licenses/{self._same(unit_id)}", {})
                continue
            assert fact.path == "service_address", fact
            unit = self.known.licenses[unit_id]
            if unit.get("user"):
                continue  # the console moves it with its user
            content = next(
                address
                for address in document["service_addresses"].values()
                if _folded(one_line(address)) == _folded(str(fact.after))
                or address["city"] in str(fact.after)
            )
            found = self._same(unit_id)
            args = {"service_address": content}
            self._perform("license.relocate", f"licenses/{found}", args)

    def _same(self, unit_id: str) -> str:
        """Find the license of the console that licsync means."""
        licenses = self.console.document()["licenses"]
        return unit_id if unit_id in licenses else next(self._like(unit_id))

    def _like(self, unit_id: str) -> Iterator[str]:
        known, document = self.known.licenses[unit_id], self.console.document()
        where = self.known.service_addresses.get(known.get("service_address") or "") or {}
        for found, unit in document["licenses"].items():
            address = document["service_addresses"][unit["service_address"]]
            if _looks(unit, address.get("city")) == _looks(known, where.get("city")):
                yield found


def _looks(unit: Mapping[str, Any], city: object) -> tuple[object, ...]:
    """Give what the console shows of a license besides its id; of a date the day."""
    suspended = unit.get("suspended") or {}
    since = str(suspended.get("at", ""))[:10] if suspended.get("reason") == "removed" else ""
    return unit["type"], unit["country"], unit["status"], city, since


def _folded(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())
