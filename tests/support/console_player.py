"""Plays somebody who follows a work order to the letter, on the embedded console.

The player knows the console's pages and rules, and reads only what an item says: its steps, its
users, and the file of an upload. A value of several words, such as a forwarding rule, is looked up
among the facts that the item expects.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from licsync.model.console.operations import perform
from licsync.model.console.step import Step
from licsync.model.desired import DEFAULT_POLICY
from licsync.model.inventory import Inventory
from licsync.model.labels import label, postal, value
from licsync.planning.work_order.records import WorkItem
from tests.support.console_user_page import Lost, UserPage, Values, Visit


class Player(UserPage):
    """Follows items, one after the other."""

    def after(self) -> Inventory:
        """Give what the console holds by now."""
        document = {"account": self.inventory.account, "as_of": self.inventory.as_of}
        return Inventory.from_document(
            {**document, "holders": self.inventory.holders, **self.records.sections}
        )

    def follow(self, item: WorkItem, upload: Iterable[Mapping[str, Any]] = ()) -> None:
        """Do an item.

        Args:
            item: the item.
            upload: the rows of the file, as values by path; `name` is the user name, `license` the
                units that the console takes.
        """
        self.item = item
        for step in item.steps:
            if not any(self._does(words, do, step) for words, do in self._phrases):
                raise Lost(step)
        if item.kind == "upload":
            for row in upload:
                self._upload(row)
        assert self.visit is None, "a page was left without saving it"

    def _upload(self, row: Mapping[str, Any]) -> None:
        """Create a user of an uploaded file, with its license."""
        target = f"users/{row['name']}"
        own = {
            path: content for path, content in row.items()
            if path not in ("name", "license") and not path.startswith("extension.")
        }  # fmt: skip
        if self.records.get(f"policies/{DEFAULT_POLICY}") is not None:
            own.setdefault("policy", DEFAULT_POLICY)
        self._do("user.create", target, {"set": own})
        if units := row.get("license"):
            licenses = self.records.sections["licenses"]
            assert all(licenses[unit]["status"] == "unassigned" for unit in units)
            visit = Visit(row["name"], moves=[(None, unit) for unit in units])
            main = max(units, key=lambda u: "uc" in self.catalog.planes(licenses[u]["type"]))
            visit.extensions[main] = {
                path.removeprefix("extension."): content
                for path, content in row.items()
                if path.startswith("extension.")
            }
            self._save_licenses(visit)

    def _does(self, words: str, do: Callable[..., None], step: str) -> bool:
        found = re.fullmatch(words, step, re.DOTALL)
        if found is None:
            return False
        do(**{key: text or "" for key, text in found.groupdict().items()})
        return True

    @property
    def _phrases(self) -> list[tuple[str, Callable[..., None]]]:
        settle = lambda **_: None  # noqa: E731
        return [
            (r"Go to Home > Users and edit (?P<name>\S+)\.", self._edit),
            (r"Go to Home > Users and click Create User\.", self._create),
            (r"Open Services and permissions\.", settle),
            (r"Click X next to (?P<unit>.+), then Continue\.", self._remove),
            (r"(?:Assign|Click \+ next to the first license and select) (?P<unit>.+)\.",
             self._assign),
            (r"Select (?P<new>.+) from the drop-down list of (?P<old>.+)\.", self._replace),
            (r"Go to the settings of (?P<unit>.+)\.", self._settings),
            (r"Under (?P<section>[^:]+): (?P<text>(?:set|remove) .+)\.", self._enter),
            (r"(?P<text>(?:Set|Remove) the .+)\.", self._enter),
            (r"Save the user\.", self._save),
            (r"Go to Home > Users, open the menu \(three dots\) of (?P<name>\S+), choose "
             r"(?P<entry>\w+) user, then Continue\.", self._menu),
            (r"Click Delete, then Continue\. .+", self._delete),
            (r"Go to Home > Users, select (?P<who>.+) and click Bulk edit\.", self._select),
            (r"Click Continue, review .+, then click Confirm Bulk Edits\.", self._confirm),
            (r"If the .+ cannot be edited there, set it on the page of each user\.", settle),
            (r"(?P<site>.+) is on another PBX: write down what the licenses of (?P<name>\S+) "
             r"carry, remove them .+", self._leave_pbx),
            (r"Assign the licenses of (?P<name>\S+) again, and set up what you wrote down\.",
             self._come_to_pbx),
            (r"Write down what the license of .+", settle),
            (r"Add (?P<name>\S+) again to the (?P<group>ring groups|call queues) (?P<names>.+)\.",
             self._join),
            (r"Ask 8x8 Billing to bind license (?P<unit>.+) to the service address "
             r"'(?P<place>.+)': .+", self._bind),
            (r"Ask 8x8 Billing to reinstate license (?P<unit>.+) within .+", self._reinstate),
            (r"Go to Home > Licenses\.|Expand .+ and select \w+\."
             r"|Unselect the filters Assigned and Suspended\."
             r"|Review the unsaved changes, then Save\.", settle),
            (r"At license (?P<unit>.+), choose the service address '(?P<place>.+?)'\."
             r"(?P<other> If somebody has it by now, take another one\.)?", self._relocate),
            (r"Go to Home > (?:User policies|Sites)\.", settle),
            (r"(?P<verb>Create|Update|Delete) the (?P<kind>policy profile|site|address) "
             r"'(?P<name>.+)'\.", self._open_page),
            (r"Set (?P<what>.+) to (?P<text>.+)\.", self._set_on_page),
            (r"Save the (?:policy profile|site)\.", self._save_page),
            (r"Check that .+ by itself\.", settle),
            (r"Go to Home > Users and click Bulk upload\.|Choose the file .+"
             r"|Look at the result on the page Tasks: .+", settle),
        ]  # fmt: skip

    # --- bulk edits -------------------------------------------------------------------------------

    def _select(self, who: str) -> None:
        several = re.fullmatch(r"these (\d+) users", who)
        self.bulk = [*self.item.users] if several else [who]
        assert several is None or int(several[1]) == len(self.bulk)
        self.page = None

    def _confirm(self) -> None:
        values = self.page[3] if self.page else {}
        for name in self.bulk:
            user = self._user(name)
            plain = {p: v for p, v in values.items() if not p.startswith("extension.")}
            inner = {p[10:]: v for p, v in values.items() if p.startswith("extension.")}
            args: dict[str, Any] = {"set": plain}
            if inner:
                args["extensions"] = {self._only_phone(name): inner}
            place = self._place_of(plain.get("site"))
            if place is not None and plain["site"] != user.get("site"):
                args["addresses"] = {s["license"]: place for s in user["services"]}  # T13
            self._do("user.update", f"users/{name}", args)
        self.bulk, self.page = [], None

    def _leave_pbx(self, site: str, name: str) -> None:
        self.far[name] = self._user(name)["services"]
        for service in self.far[name]:
            self._do("license.detach", f"users/{name}", {"license": service["license"]})

    def _come_to_pbx(self, name: str) -> None:
        place = self._place_of(self._user(name).get("site"))
        for service in self.far.pop(name):
            where = {"service_address": place} if place else {}
            given = {"license": service["license"], "extension": service.get("extension")}
            self._do("license.attach", f"users/{name}", {**given, **where})

    # --- licenses, sites, policies, addresses -----------------------------------------------------

    def _content(self, place: str) -> dict[str, Any]:
        addresses = self.records.sections["service_addresses"]
        return next(dict(a) for _, a in sorted(addresses.items()) if postal(a) == place)

    def _bind(self, unit: str, place: str) -> None:
        content = self._content(place)
        self.seeded.pop(self._unit(unit), None)
        self._do("license.relocate", f"licenses/{self._unit(unit)}", {"service_address": content})

    def _relocate(self, unit: str, place: str, other: str) -> None:
        units = self.records.sections["licenses"]
        unit = self._unit(unit)
        if other and units[unit]["status"] != "unassigned":
            there, wanted = self.records.find_address(self._content(place)), units[unit]
            free = [
                key
                for key, spare in sorted(units.items())
                if (spare["status"], spare["type"]) == ("unassigned", wanted["type"])
                and spare["country"] == wanted["country"]
                and spare.get("service_address") != there
            ]
            if not free:
                return  # the person sees that none is left
            unit = free[0]
        self._bind(unit, place)

    def _reinstate(self, unit: str) -> None:
        self._do("license.reinstate", f"licenses/{self._unit(unit)}", {})

    def _open_page(self, verb: str, kind: str, name: str) -> None:
        section = {"policy profile": "policies", "site": "sites"}.get(kind, "service_addresses")
        if section == "service_addresses":
            self._address(verb, name)
        elif verb == "Delete":
            self._do(f"{'policy' if section == 'policies' else 'site'}.delete",
                     f"{section}/{name}", {})  # fmt: skip
        else:
            self.page = (verb, section, name, {})

    def _address(self, verb: str, place: str) -> None:
        if verb == "Create":
            content = ADDRESSES_TO_CREATE[place]
            self._do("service_address.create", "service_addresses/new", {"content": content})
            return
        found = self.records.find_address(self._content(place))
        self._do("service_address.delete", f"service_addresses/{found}", {})

    def _set_on_page(self, what: str, text: str) -> None:
        assert self.page is not None, (what, text)
        _, section, name, values = self.page
        facts = [f for f in self.item.expectations if f.resource == f"{section}/{name}"]
        path = next(
            f.path for f in facts if label(f.path) == what and value(f.path, f.after) == text
        )
        content = next(f.after for f in facts if f.path == path)
        values[path] = self._content(str(content)) if path == "service_address" else content

    def _save_page(self) -> None:
        assert self.page is not None
        _, section, name, values = self.page
        self.page = None
        nested: Values = {"settings": {}} if section == "policies" else {}
        for path, content in values.items():
            head, _, tail = path.partition(".")
            if tail:
                nested.setdefault(head, {})[tail] = content
            else:
                nested[head] = content
        op = "policy.put" if section == "policies" else "site.put"
        self._do(op, f"{section}/{name}", {"set": nested})
        if section == "sites" and "service_address" in values:
            self._follow_site(name, values["service_address"])

    def _follow_site(self, site: str, content: Mapping[str, Any]) -> None:
        """Move the licenses of a site's users with its address, as the console does (ADDR3)."""
        facts = (fact.resource for fact in self.item.expectations)
        units = {resource for resource in facts if resource.startswith("licenses/")}
        for unit, own in self.seeded.items():
            record = self.records.sections["licenses"][unit]
            if own == site and record["status"] == "assigned":
                is_there = self._user(record["user"])["site"] == site
                units |= {f"licenses/{unit}"} if is_there else set()
        for unit in sorted(units):
            self._do("license.relocate", unit, {"service_address": content})

    def _do(self, op: str, target: str, args: Mapping[str, Any]) -> None:
        perform(self.records, Step(op, target, {**args}), self.now, self.catalog)  # type: ignore[typeddict-item]


ADDRESSES_TO_CREATE: dict[str, dict[str, Any]] = {}
"""The addresses that items ask to create, by their line: what a person types into a form."""
