"""Merging of exports into inventories, and random days of work in a console."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from random import Random
from typing import Any

from licsync.importing.from_tables import InventoryBuilder
from licsync.importing.merge_inventory import merge
from licsync.importing.merged import MergedInventory
from licsync.importing.table_detection import find_tables
from licsync.model.canonical import canonical_json
from licsync.model.inventory import Inventory
from licsync.model.inventory_validation import check_document
from licsync.model.places import address_key
from licsync.spreadsheets.sheet import Row, Sheet
from tests.support import accounts
from tests.support.console_exports import CATALOG, Doc, Rows

AS_OF = "2026-11-30T09:00:00Z"


def merged(
    before: Doc, tables: dict[str, Rows], as_of: str = AS_OF, *, is_partial: bool = False
) -> MergedInventory:
    """Merge tables into an inventory document."""
    sheets = [
        Sheet(f"{name}.csv", [Row(line, tuple(cells)) for line, cells in enumerate(rows, 1)])
        for name, rows in tables.items()
    ]
    known = Inventory.from_document(deepcopy(before))
    found = find_tables(sheets, CATALOG)
    builder = InventoryBuilder(found, CATALOG, as_of, known=known)
    exported = builder.exported(known.account)
    assert [*found.faults, *builder.rows.faults] == []
    return merge(known, exported, CATALOG, as_of, is_partial=is_partial)


def refreshed(before: Doc, tables: dict[str, Rows], as_of: str = AS_OF, **options: Any) -> Doc:
    """Merge tables into an inventory document, and see that the result is sound."""
    result = merged(before, tables, as_of, **options)
    assert result.faults == []
    assert check_document(result.document, catalog=CATALOG) == []
    return result.document


def records(document: Doc) -> Doc:
    """Leave out when the document was made."""
    return {key: value for key, value in document.items() if key not in ("as_of", "observed")}


def without_ids(document: Doc, *, with_since: bool = True) -> Any:
    """Give what a document says, whatever its units and addresses are called."""

    def address(name: str | None) -> Any:
        return address_key(document["service_addresses"][name]) if name else None

    def unit(record: Doc) -> Any:
        suspended = dict(record.get("suspended") or {})
        if not with_since or suspended.get("reason") == "user_inactive":
            suspended.pop("at", None)
        holder = record.get("user") or record.get("holder")
        return [record["type"], record["country"], record["status"], holder, suspended,
                address(record.get("service_address"))]  # fmt: skip

    users = {}
    for name, user in document["users"].items():
        services = [
            canonical_json([unit(document["licenses"][s["license"]]), s.get("extension") or {}])
            for s in user.get("services") or ()
        ]
        plain = {key: value for key, value in user.items() if key != "services" and value}
        users[name] = plain | {"services": sorted(services)}
    return users, Counter(canonical_json(unit(one)) for one in document["licenses"].values())


class Day:
    """What people may do in a console on one day, in a copy of an inventory document."""

    def __init__(self, rng: Random, document: Doc) -> None:
        self.rng = rng
        self.document = deepcopy(document)
        self.renamed: dict[str, str] = {}
        self._new = 0

    def work(self, tasks: int) -> Doc:
        """Do some tasks, and give the document."""
        kinds = (self.move, self.swap_numbers, self.unassign, self.assign, self.rename, self.fire,
                 self.hire, self.toggle, self.buy, self.lose, self.retitle)  # fmt: skip
        for _ in range(tasks):
            self.rng.choice(kinds)()
        return self.document

    @property
    def users(self) -> Doc:
        found: Doc = self.document["users"]
        return found

    @property
    def units(self) -> Doc:
        found: Doc = self.document["licenses"]
        return found

    def _user(self, *, is_held: bool = False, is_active: bool = True) -> str | None:
        names = [
            name
            for name, user in self.users.items()
            if (not is_active or user.get("status") != "inactive")
            and (not is_held or user.get("services"))
        ]
        return self.rng.choice(names) if names else None

    def _free(self, *types: str) -> str | None:
        free = [
            unit_id
            for unit_id, unit in self.units.items()
            if unit["status"] == "unassigned" and (not types or unit["type"] in types)
        ]
        return self.rng.choice(free) if free else None

    def _give(self, name: str, unit_id: str, extension: Doc | None) -> None:
        unit, user = self.units[unit_id], self.users[name]
        site = self.document["sites"].get(user.get("site") or "", {})
        unit |= {"status": "assigned", "user": name}
        unit["service_address"] = site.get("service_address", unit.get("service_address"))
        service: Doc = {"license": unit_id}
        user.setdefault("services", []).append(
            service | ({"extension": extension} if extension else {})
        )

    def _take(self, name: str, service: Doc) -> Doc:
        self.users[name]["services"].remove(service)
        unit = self.units[service["license"]]
        unit["status"] = "unassigned"
        del unit["user"]
        extension: Doc = service.get("extension") or {}
        return extension

    def _single(self, name: str) -> Doc | None:
        """Give the only license of a user, if it is one of the X series."""
        services = self.users[name].get("services") or []
        if len(services) != 1:
            return None
        kind = self.units[services[0]["license"]]["type"]
        return dict(services[0]) if kind in ("x2", "x3", "x4") else None

    def move(self) -> None:
        """Change the license of a user in place: what it carries stays."""
        name, free = self._user(is_held=True), self._free("x2", "x3", "x4")
        service = self._single(name) if name else None
        if name and free and service:
            self._give(name, free, self._take(name, service))

    def swap_numbers(self) -> None:
        names = [name for name in self.users if self._single(name)]
        if len(names) < 2:
            return
        one, other = self.rng.sample(names, 2)
        first, second = self.users[one]["services"][0], self.users[other]["services"][0]
        numbers = [(s.get("extension") or {}).get("number") for s in (first, second)]
        if all(numbers):
            first["extension"]["number"], second["extension"]["number"] = reversed(numbers)

    def unassign(self) -> None:
        name = self._user(is_held=True)
        service = self._single(name) if name else None
        if name and service:
            self._take(name, service)

    def assign(self) -> None:
        free = self._free("x2", "x3", "x4")
        names = [name for name, user in self.users.items()
                 if not user.get("services") and user.get("status") != "inactive"]  # fmt: skip
        if free and names:
            self._new += 1
            self._give(self.rng.choice(names), free, {"number": str(90_000 + self._new)})

    def rename(self) -> None:
        name = self._user(is_active=False)
        if name is None or name in self.renamed.values() or not self.users[name].get("email"):
            return
        self._new += 1
        new = f"renamed{self._new}@acme.example"
        self.renamed[name] = new
        document = self.document
        document["users"] = {new if n == name else n: user for n, user in self.users.items()}
        for unit in self.units.values():
            if unit.get("user") == name:
                unit["user"] = new

    def fire(self) -> None:
        name = self._user()
        if name is None or len(self.users) < 3:
            return
        for service in list(self.users[name].get("services") or ()):
            self._take(name, service)
        del self.users[name]

    def hire(self) -> None:
        self._new += 1
        name = f"hire{self._new}@acme.example"
        self.users[name] = {
            "first_name": "Hire", "last_name": f"Number {self._new}", "email": name,
            "status": "active", "site": self.rng.choice(sorted(self.document["sites"])),
        }  # fmt: skip
        if free := self._free("x2", "x3", "x4"):
            self._give(name, free, {"number": str(90_000 + self._new)})

    def toggle(self) -> None:
        """Deactivate or reactivate somebody."""
        name = self._user(is_active=False)
        if name is None:
            return
        is_active = self.users[name].get("status") != "inactive"
        self.users[name]["status"] = "inactive" if is_active else "active"
        for service in self.users[name].get("services") or ():
            unit = self.units[service["license"]]
            unit["status"] = "suspended" if is_active else "assigned"
            unit.pop("suspended", None)
            if is_active:
                unit["suspended"] = {"reason": "user_inactive", "at": "2026-11-29T00:00:00Z"}

    def buy(self) -> None:
        self._new += 1
        address = self.rng.choice(sorted(self.document["service_addresses"]))
        self.units[f"bought{self._new}"] = accounts.unit(self.rng.choice(("x2", "x4")), address)

    def lose(self) -> None:
        if free := self._free():
            del self.units[free]

    def retitle(self) -> None:
        if name := self._user():
            self.users[name]["job_title"] = self.rng.choice(("Clerk", "Chief", None))
