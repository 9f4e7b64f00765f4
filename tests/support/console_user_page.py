"""The page of a user in the embedded console, as somebody who follows a work order uses it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from licsync.model.catalog import Catalog
from licsync.model.console.local_numbers import choose_units
from licsync.model.console.operations import InMemoryRecords
from licsync.model.console.step import Step
from licsync.model.desired import DEFAULT_POLICY
from licsync.model.inventory import SECTIONS, Inventory
from licsync.model.labels import value
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


class UserPage:
    """Edits one user at a time; nothing is done before the page is saved."""

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
        self.seeded: dict[str, str] = {}
        """The licenses that were assigned with the address of a site, with the site."""

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

    def _enter(self, text: str, section: str = "") -> None:
        for words in _SPLIT.split(text):
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
            if self.records.get(f"policies/{DEFAULT_POLICY}") is not None:  # by itself (POL2)
                visit.values.setdefault("policy", DEFAULT_POLICY)
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
        site = self._user(visit.name).get("site")
        place = self._place_of(site)
        if place:
            self.seeded |= {new: site for _, new in visit.moves if new}
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


def _put(content: Values, path: str, inner: Any) -> None:
    head, _, tail = path.partition(".")
    if inner in (None, "", []):
        return
    if tail:
        _put(content.setdefault(head, {}), tail, inner)
    else:
        content[head] = inner
