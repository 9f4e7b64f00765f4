"""Plays somebody who follows a work order to the letter, on the embedded console.

The player knows the console's pages and rules, and reads only what an item says: its steps, its
users, and the file of an upload. A value of several words, such as a forwarding rule, is looked up
among the facts that the item expects.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from licsync.model.catalog import Catalog
from licsync.model.console.local_numbers import choose_units
from licsync.model.console.operations import InMemoryRecords, perform
from licsync.model.console.step import Step
from licsync.model.desired import DEFAULT_POLICY
from licsync.model.inventory import SECTIONS, Inventory
from licsync.model.labels import label, postal, value
from licsync.planning.licenses.settings import MARKS, fallback
from licsync.planning.manual.sentences import SECTIONS as PAGES
from licsync.planning.manual.sentences import noun
from licsync.planning.work_order.records import WorkItem

_PATHS = {noun(path): path for paths in PAGES.values() for path in paths}
_PATHS |= {noun(f"extension.{path}"): f"extension.{path}" for path in MARKS}
_SPLIT = re.compile(r"(?:, | and )(?=(?:set|remove) the )")
_UNIT = re.compile(r"(?P<title>.+) · (?P<country>[A-Z]{2})(?: \((?P<id>.+)\))?")
_LISTS = ("extension.phone_numbers",)

Values = dict[str, Any]


@dataclass
class Visit:
    """A page that is being edited and not saved yet."""

    name: str
    is_new: bool = False
    moves: list[tuple[str | None, str | None]] = field(default_factory=list)
    values: Values = field(default_factory=dict)
    extensions: dict[str, Values] = field(default_factory=dict)
    unit: str | None = None


class Lost(Exception):
    """The player does not understand a step, or the console does not show what it says."""


class Player:
    """Follows items, one after the other."""

    def __init__(self, inventory: Inventory, catalog: Catalog, now: datetime):
        sections = {section: getattr(inventory, section) for section in SECTIONS}
        self.records = InMemoryRecords(sections, inventory.holders)
        self.inventory, self.catalog, self.now = inventory, catalog, now
        self.item = WorkItem("", "user", "")
        self.visit: Visit | None = None
        self.bulk: list[str] = []
        self.page: tuple[str, str, str, Values] | None = None
        self.kept: list[Step] = []
        self.far: dict[str, list[dict[str, Any]]] = {}

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
                unit that the console takes.
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
        if unit := row.get("license"):
            assert self.records.sections["licenses"][unit]["status"] == "unassigned"
            visit = Visit(row["name"], moves=[(None, unit)])
            visit.extensions[unit] = {
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
            (r"Under (?P<section>[^:]+): (?P<said>(?:set|remove) .+)\.", self._enter),
            (r"(?P<said>(?:Set|Remove) the .+)\.", self._enter),
            (r"Save the user\.", self._save),
            (r"Go to Home > Users, open the menu \(three dots\) of (?P<name>\S+), choose "
             r"(?P<entry>\w+) user, then Continue\.", self._menu),
            (r"Click Delete, then Continue\. .+", self._delete),
            (r"Go to Home > Users, select (?P<who>.+) and click Bulk edit\.", self._select),
            (r"Click Continue, review .+, then click Confirm Bulk Edits\.", self._confirm),
            (r"If the .+ cannot be edited there, set it on the page of each user\.", settle),
            (r"(?P<site>.+) is on another PBX: write down what the licenses of (?P<name>\S+) "
             r"carry, remove them .+", self._leave_pbx),
            (r"Write down what the license of .+", settle),
            (r"Add (?P<name>\S+) again to the (?P<group>ring groups|call queues) (?P<names>.+)\.",
             self._join),
            (r"Ask 8x8 Billing to bind license (?P<unit>.+) to the service address "
             r"'(?P<place>.+)': .+", self._bind),
            (r"Ask 8x8 Billing to reinstate license (?P<unit>.+) within .+", self._reinstate),
            (r"Go to Home > Licenses\.|Expand .+ and select \w+\."
             r"|Unselect the filters Assigned and Suspended\."
             r"|Review the unsaved changes, then Save\.", settle),
            (r"At license (?P<unit>.+), choose the service address '(?P<place>.+)'\.", self._bind),
            (r"Go to Home > (?:User policies|Sites)\.", settle),
            (r"(?P<verb>Create|Update|Delete) the (?P<kind>policy profile|site|address) "
             r"'(?P<name>.+)'\.", self._open_page),
            (r"Set (?P<what>.+) to (?P<said>.+)\.", self._set_on_page),
            (r"Save the (?:policy profile|site)\.", self._save_page),
            (r"Check that .+ by itself\.", settle),
            (r"Go to Home > Users and click Bulk upload\.|Choose the file .+"
             r"|Look at the result on the page Tasks: .+", settle),
        ]  # fmt: skip

    # --- the page of a user -----------------------------------------------------------------------

    def _user(self, name: str) -> dict[str, Any]:
        found = self.records.get(f"users/{name}")
        if found is None:
            raise Lost(f"there is no user {name}")
        return found

    def _edit(self, name: str) -> None:
        assert self.visit is None, "a page is open"
        self._user(name)
        self.visit = Visit(name)

    def _create(self) -> None:
        self.visit = Visit("", is_new=True)

    def _opened(self) -> Visit:
        if self.visit is None:
            raise Lost("no page is open")
        return self.visit

    def _unit(self, title: str, holder: str | None = None) -> str:
        """Find the unit that a title names: by its id, else the first that fits."""
        found = _UNIT.fullmatch(title)
        if found is None:
            if self.records.get(f"licenses/{title}") is not None:
                return title
            raise Lost(title)
        if found["id"]:
            return found["id"]
        kind = self.catalog.by_name[found["title"].casefold()]
        units = self.records.sections["licenses"].items()
        return next(
            key
            for key, unit in sorted(units)
            if (unit["type"], unit["country"]) == (kind, found["country"])
            and (unit.get("user") == holder if holder else unit["status"] == "unassigned")
        )

    def _remove(self, unit: str) -> None:
        visit = self._opened()
        visit.moves.append((self._unit(unit, visit.name), None))

    def _assign(self, unit: str) -> None:
        visit = self._opened()
        visit.unit = self._unit(unit)
        visit.moves.append((None, visit.unit))

    def _replace(self, new: str, old: str) -> None:
        visit = self._opened()
        visit.unit = self._unit(new)
        visit.moves.append((self._unit(old, visit.name), visit.unit))

    def _settings(self, unit: str) -> None:
        visit = self._opened()
        chosen = [new for _, new in visit.moves if new]
        found = self._unit(unit, visit.name) if not chosen else None
        match = _UNIT.fullmatch(unit)
        visit.unit = match["id"] if match and match["id"] else found

    def _enter(self, said: str, section: str = "") -> None:
        for words in _SPLIT.split(said):
            found = re.fullmatch(r"(?:[Ss]et|[Rr]emove) the (.+?)(?: to (.+))?", words, re.DOTALL)
            assert found is not None, words
            path = self._path(found[1], section)
            if self.bulk:
                self.page = ("bulk", "", "", {**(self.page[3] if self.page else {}),
                             path: self._value(path, found[2], self.bulk[0])})  # fmt: skip
                continue
            visit = self._opened()
            content = self._value(path, found[2], visit.name)
            if not path.startswith("extension."):
                visit.values[path] = content
                continue
            unit = visit.unit or self._only_phone(visit.name)
            visit.extensions.setdefault(unit, {})[path.removeprefix("extension.")] = content

    def _path(self, what: str, section: str) -> str:
        inside = {noun(path): path for path in PAGES.get(section, ())}
        return inside.get(what) or _PATHS[what]

    def _value(self, path: str, text: str | None, name: str) -> Any:
        if text is None:
            return None
        for fact in self.item.expectations:
            if fact.path == path and value(path, fact.after) == text:
                return fact.after
        if path in _LISTS:
            return text.split(", ")
        return {"on": True, "off": False}.get(text, text) if "features" in path else text

    def _only_phone(self, name: str) -> str:
        """Find the license whose settings the page shows where there is one license."""
        services = self._user(name)["services"]
        held = [s["license"] for s in services if not self._is_number(s["license"])]
        held = held or [s["license"] for s in services]
        if len(held) != 1:
            raise Lost(f"{name} holds {len(held)} licenses: whose settings?")
        return str(held[0])

    def _is_number(self, unit: str) -> bool:
        return self.catalog.is_automatic(self.records.sections["licenses"][unit]["type"])

    def _save(self) -> None:
        visit, self.visit = self._opened(), None
        if visit.is_new:
            visit.name = visit.values.pop("name")
            self._do("user.create", f"users/{visit.name}", {"set": visit.values})
            visit.values = {}
        name = visit.values.pop("name", None)
        target = f"users/{visit.name}"
        before = self._user(visit.name)
        self._save_licenses(visit)
        left = {unit: values for unit, values in visit.extensions.items() if values}
        if visit.values or left:
            self._do("user.update", target,
                     {"set": visit.values, "extensions": left, "automatic": {}})  # fmt: skip
        # local numbers come and go once, when the page is saved
        moving = choose_units(self.records, self.catalog, before, self._user(visit.name))
        if moving.get("attached") or moving.get("detached"):
            self._do("user.update", target, {"automatic": moving})
        if name is not None:
            units = [s["license"] for s in self._user(visit.name)["services"]]
            self._do("user.rename", target, {"to": name, "units": units})

    def _save_licenses(self, visit: Visit) -> None:
        target = f"users/{visit.name}"
        place = self._place_of(self._user(visit.name).get("site"))
        where = {"service_address": place} if place else {}
        for old, new in visit.moves:
            extension = {p: v for p, v in visit.extensions.pop(new or "", {}).items()}
            if new is None:
                self._do("license.detach", target, {"license": old, "automatic": {}})
            elif old is None:
                content: Values = {}
                for path, inner in extension.items():
                    _put(content, path, inner)
                given = {"license": new, "extension": content, "automatic": {}}
                self._do("license.attach", target, {**given, **where})
            else:
                changed = self._adjusted(visit.name, old, new) | extension
                self._do(
                    "license.replace",
                    target,
                    {"from": old, "to": new, "extension": changed, "automatic": {}, **where},
                )

    def _adjusted(self, name: str, old: str, new: str) -> Values:
        """Say which settings the console adjusts by itself for another license."""
        services = self._user(name)["services"]
        held = next(s.get("extension") or {} for s in services if s["license"] == old)
        kind = self.records.sections["licenses"][new]["type"]
        found: Values = {}
        for path in MARKS:
            before: Any = held
            for part in path.split("."):
                before = before.get(part) if isinstance(before, dict) else None
            after = fallback(self.catalog, kind, path, before)
            if after != before:
                found[path] = after
        return found

    def _place_of(self, site: str | None) -> dict[str, Any] | None:
        record = self.records.get(f"sites/{site}") or {}
        return self.records.get(f"service_addresses/{record.get('service_address')}")

    def _menu(self, name: str, entry: str) -> None:
        units = [s["license"] for s in self._user(name)["services"]]
        op = {"Deactivate": "user.suspend", "Activate": "user.reactivate"}[entry]
        self._do(op, f"users/{name}", {"units": units})

    def _delete(self) -> None:
        visit, self.visit = self._opened(), None
        self._do("user.delete", f"users/{visit.name}", {})

    def _join(self, name: str, group: str, names: str) -> None:
        path = group.replace(" ", "_")
        user = self._user(name)
        self.records.put(f"users/{name}", {**user, path: re.split(r", | and ", names)})

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
            for service in self.far.pop(name, ()):
                where = {"service_address": place} if place else {}
                given = {"license": service["license"], "extension": service.get("extension")}
                self._do("license.attach", f"users/{name}", {**given, **where})
        self.bulk, self.page = [], None

    def _leave_pbx(self, site: str, name: str) -> None:
        self.far[name] = self._user(name)["services"]
        for service in self.far[name]:
            self._do("license.detach", f"users/{name}", {"license": service["license"]})

    # --- licenses, sites, policies, addresses -----------------------------------------------------

    def _content(self, place: str) -> dict[str, Any]:
        addresses = self.records.sections["service_addresses"]
        return next(dict(a) for _, a in sorted(addresses.items()) if postal(a) == place)

    def _bind(self, unit: str, place: str) -> None:
        content = self._content(place)
        self._do("license.relocate", f"licenses/{self._unit(unit)}", {"service_address": content})

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

    def _set_on_page(self, what: str, said: str) -> None:
        assert self.page is not None, (what, said)
        _, section, name, values = self.page
        facts = [f for f in self.item.expectations if f.resource == f"{section}/{name}"]
        path = next(
            f.path for f in facts if label(f.path) == what and value(f.path, f.after) == said
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
        if section == "sites":
            self._follow_site()

    def _follow_site(self) -> None:
        """Move the licenses of a site's users with its address, as the console does (ADDR3)."""
        for fact in self.item.expectations:
            if fact.resource.startswith("licenses/"):
                args = {"service_address": self._content(str(fact.after))}
                self._do("license.relocate", fact.resource, args)

    def _do(self, op: str, target: str, args: Mapping[str, Any]) -> None:
        perform(self.records, Step(op, target, {**args}), self.now, self.catalog)  # type: ignore[typeddict-item]


ADDRESSES_TO_CREATE: dict[str, dict[str, Any]] = {}
"""The addresses that items ask to create, by their line: what a person types into a form."""


def _put(content: Values, path: str, inner: Any) -> None:
    head, _, tail = path.partition(".")
    if inner in (None, "", []):
        return
    if tail:
        _put(content.setdefault(head, {}), tail, inner)
    else:
        content[head] = inner
