"""Checks of a plan document that need no oracle: it can be executed from top to bottom, and it adds
up.

`simulate` executes a plan by what it says, on the inventory document; whoever applies the plan must
end where the simulation ends, else the plan did not tell the whole truth.
"""

from __future__ import annotations

from copy import deepcopy
from itertools import groupby
from typing import Any

Doc = dict[str, Any]

LICENSE_VERBS = ("assign", "upgrade", "downgrade", "change", "unassign")


class Simulation:
    """A console that does what the actions of a plan say, and notes what no console could do."""

    def __init__(self, plan: Doc, inventory: Doc, slugs: dict[str, Doc]):
        self.plan = deepcopy(plan)
        self.slugs = slugs
        self.doc = deepcopy(inventory)
        self.faults: list[str] = []
        self.addresses = {i: plain(a) for i, a in self.doc["service_addresses"].items()}
        self.places = {
            i: self.addresses.get(u["service_address"]) for i, u in self.doc["licenses"].items()
        }
        self.deleted_slugs: set[str] = set()

    def fault(self, action: Doc, text: str) -> None:
        """Note what is wrong with an action."""
        self.faults.append(
            f"{action['id']} {action['kind']}.{action['verb']} {action['resource']}: {text}"
        )

    def user(self, action: Doc) -> Doc:
        """Find the user of an action, whatever the case of the name."""
        name = action["resource"].partition("/")[2].casefold()
        for known, user in self.doc["users"].items():
            if known.casefold() == name:
                return user
        self.fault(action, "there is no such user now")
        return {"services": [], "status": "active"}

    def address(self, action: Doc, slug: Any) -> Doc | None:
        """Resolve a slug or an id to postal content that exists now."""
        content = plain(self.slugs[slug]) if slug in self.slugs else self.addresses.get(slug)
        if content is None or content not in self.addresses.values():
            self.fault(action, f"there is no service address {slug!r} now")
        return content

    def run(self) -> None:
        """Execute everything, the actions of one ring at once."""
        for ring, group in groupby(self.plan["actions"], key=lambda a: a.get("ring")):
            actions = list(group)
            if ring:
                for action in actions:
                    self.detach(action)
                for action in actions:
                    self.attach(action)
            else:
                for action in actions:
                    self.detach(action)
                    self.attach(action)

    def detach(self, action: Doc) -> None:
        """Do what gives something up: the old unit, and the numbers that change."""
        if action["kind"] == "license" and action.get("from") and action["verb"] in LICENSE_VERBS:
            user, unit = self.user(action), action["from"]["id"]
            service = next((s for s in user["services"] if s["license"] == unit), None)
            if service is None:
                self.fault(action, f"the user does not hold {unit}")
                return
            user["services"].remove(service)
            action["_carried"] = deepcopy(service.get("extension", {}))
            state = self.doc["licenses"][unit]
            if (state["type"], state["country"]) != (
                action["from"]["type"],
                action["from"]["country"],
            ):
                self.fault(action, f"{unit} is of another type or country")
            state.update(status="unassigned")
            for key in ("user", "suspended"):
                state.pop(key, None)
        elif action["kind"] == "user" and action["verb"] == "update":
            for change in action["changes"]:
                if change["path"] in ("extension.number", "extension.phone_numbers"):
                    self.set_extension(action, change, None)
        for change in action["changes"]:
            if change["path"] == "licenses" and change["before"]:
                self.go(action, change["before"])

    def go(self, action: Doc, unit: Doc) -> None:
        """Take a unit off its user that goes by itself."""
        user, state = self.user(action), self.doc["licenses"].get(unit["id"], {})
        service = next((s for s in user["services"] if s["license"] == unit["id"]), None)
        if service is None or (state["type"], state["country"]) != (unit["type"], unit["country"]):
            self.fault(action, f"the user does not hold {unit}")
            return
        user["services"].remove(service)
        state.update(status="unassigned")
        for key in ("user", "suspended"):
            state.pop(key, None)

    def come(self, action: Doc, unit: Doc) -> None:
        """Give a user a unit that comes by itself."""
        user, state = self.user(action), self.doc["licenses"].get(unit["id"], {})
        if (state.get("status"), state.get("type"), state.get("country")) != (
            "unassigned",
            unit["type"],
            unit["country"],
        ):
            self.fault(action, f"{unit} is not unassigned now: {state}")
            return
        user["services"].append({"license": unit["id"]})
        state.update(status="assigned", user=action["resource"].partition("/")[2])
        if user["status"] == "inactive":
            state.update(status="suspended", suspended={"reason": "user_inactive"})

    def attach(self, action: Doc) -> None:
        """Do the rest of an action."""
        kind, verb = action["kind"], action["verb"]
        name = action["resource"].partition("/")[2]
        for change in action["changes"]:
            if change["path"] == "licenses" and change["after"]:
                self.come(action, change["after"])
        if kind == "license" and verb in LICENSE_VERBS:
            if verb != "unassign":
                self.take(action)
        elif kind == "license":
            self.pool(action, name)
        elif kind == "user":
            self.person(action, name)
        else:
            self.place(action, name)

    def take(self, action: Doc) -> None:
        """Give a user a unit with what it carries."""
        user, unit = self.user(action), (action.get("license") or {}).get("id")
        state = self.doc["licenses"].get(unit)
        if state is None or state["status"] != "unassigned":
            self.fault(action, f"{unit} is not unassigned now: {state}")
            return
        if (state["type"], state["country"]) != (
            action["license"]["type"],
            action["license"]["country"],
        ):
            self.fault(action, f"{unit} is of another type or country")
        if not user.get("site"):
            self.fault(action, "the user has no site now")
        state.update(status="assigned", user=action["resource"].partition("/")[2])
        extension = action.pop("_carried", {})
        for path in action["lost"]:
            put(extension, path.split(".")[1:], None)
        service = {"license": unit, "extension": extension}
        user["services"].append(service)
        if user["status"] == "inactive":
            state.update(status="suspended", suspended={"reason": "user_inactive"})
        for change in action["changes"]:
            if change["path"] == "service_address":
                self.move(action, change.get("license") or unit, change)
            elif change["path"].startswith("extension."):
                self.set_extension(action, {**change, "license": unit}, change["after"])
        self.unique(action, service)

    def move(self, action: Doc, unit: str, change: Doc) -> None:
        """Bind a unit to another address."""
        before = plain(self.slugs[change["before"]]) if change["before"] in self.slugs else None
        before = before or self.addresses.get(change["before"])
        if before != self.places[unit]:
            self.fault(action, f"{unit} was not at {change['before']!r}")
        self.places[unit] = self.address(action, change["after"])

    def set_extension(self, action: Doc, change: Doc, value: Any) -> None:
        """Set one value that a unit carries."""
        user = self.user(action)
        unit = change.get("license") or (action.get("license") or {}).get("id")
        service = next((s for s in user["services"] if s["license"] == unit), None)
        if service is None:
            self.fault(
                action, f"a change of {change['path']} names {unit}, which the user does not hold"
            )
            return
        put(service.setdefault("extension", {}), change["path"].split(".")[1:], deepcopy(value))

    def unique(self, action: Doc, service: Doc) -> None:
        """See that nobody else has the numbers of a service at this moment."""
        mine = numbers(service)
        for name, user in self.doc["users"].items():
            for other in user["services"]:
                if other is not service and mine & numbers(other):
                    self.fault(action, f"{mine & numbers(other)} is in use by {name} now")

    def pool(self, action: Doc, unit: str) -> None:
        """Reinstate or relocate a unit."""
        state = self.doc["licenses"].get(unit)
        if state is None:
            self.fault(action, "there is no such unit")
        elif action["verb"] == "reinstate":
            if state["status"] != "suspended" or state["suspended"]["reason"] != "removed":
                self.fault(action, f"the unit is not removed: {state}")
            state.update(status="unassigned")
            state.pop("suspended", None)
        else:
            (change,) = action["changes"]
            self.move(action, unit, change)

    def person(self, action: Doc, name: str) -> None:
        """Do what happens to a user as such."""
        verb, users = action["verb"], self.doc["users"]
        if verb == "create":
            if name.casefold() in (n.casefold() for n in users):
                self.fault(action, "the user exists already")
            users[name] = {"services": [], "status": "active"}
        elif verb == "rename":
            old = next(
                (
                    c["before"]
                    for c in action["changes"]
                    if c["path"] in ("name", "user_name", "key")
                ),
                None,
            )
            old = old or name
            if old not in users:
                self.fault(action, f"there is no user {old!r} to rename")
                return
            new = next(
                c["after"]
                for c in action["changes"]
                if c["before"] == old and "email" not in c["path"]
            )
            users[new] = users.pop(old)
            for service in users[new]["services"]:
                self.doc["licenses"][service["license"]]["user"] = new
        elif verb == "delete":
            for service in self.user(action)["services"]:
                state = self.doc["licenses"][service["license"]]
                state.update(status="unassigned")
                for key in ("user", "suspended"):
                    state.pop(key, None)
            for known in [n for n in users if n.casefold() == name.casefold()]:
                del users[known]
        if verb in ("create", "update", "rename"):
            self.user_changes(action)
        elif verb in ("suspend", "reactivate"):
            self.switch(action, "inactive" if verb == "suspend" else "active")

    def switch(self, action: Doc, status: str) -> None:
        """Suspend a user or lift the suspension, with everything held."""
        user = self.user(action)
        if user["status"] == status:
            self.fault(action, f"the user is {status} already")
        user["status"] = status
        for service in user["services"]:
            state = self.doc["licenses"][service["license"]]
            state["status"] = "suspended" if status == "inactive" else "assigned"
            state.pop("suspended", None)
            if status == "inactive":
                state["suspended"] = {"reason": "user_inactive"}

    def user_changes(self, action: Doc) -> None:
        """Set attributes and settings of a user."""
        if action["verb"] == "rename" and "services" not in self.user_or_empty(action):
            return
        user = self.user(action)
        for change in action["changes"]:
            path = change["path"]
            if path == "service_address":
                self.move(action, change["license"], change)
            elif path.startswith("extension."):
                self.set_extension(action, change, change["after"])
            elif path not in ("name", "user_name", "key", "licenses"):
                known = {"site": self.doc["sites"], "policy": self.doc["policies"]}.get(path)
                if known is not None and change["after"] not in known:
                    self.fault(action, f"there is no {path} {change['after']!r} now")
                put(user, [path], change["after"])
        for service in user["services"]:
            self.unique(action, service)

    def user_or_empty(self, action: Doc) -> Doc:
        """Find the user under the name the action gives, if that is the name they have now."""
        name = action["resource"].partition("/")[2].casefold()
        return next((u for n, u in self.doc["users"].items() if n.casefold() == name), {})

    def place(self, action: Doc, name: str) -> None:
        """Create, update or delete an address, a site or a policy."""
        kind, verb = action["kind"], action["verb"]
        if kind == "service_address":
            if verb == "create":
                self.addresses[f"new {name}"] = plain(self.slugs[name])
            return
        section = self.doc["sites" if kind == "site" else "policies"]
        if (name in section) == (verb == "create"):
            self.fault(
                action,
                f"the {kind} exists already" if verb == "create" else f"there is no such {kind}",
            )
        if verb == "delete":
            section.pop(name, None)
            return
        section.setdefault(name, {})
        for change in action["changes"]:
            if change["path"] == "service_address":
                self.address(action, change["after"])


def plain(address: Doc | None) -> Doc | None:
    """Give postal content alone."""
    return (
        {k: v for k, v in address.items() if v not in (None, "")} if address is not None else None
    )


def put(record: Doc, path: list[str], value: Any) -> None:
    """Set or remove one value of a nested mapping."""
    for key in path[:-1]:
        record = record.setdefault(key, {})
    if value is None:
        record.pop(path[-1], None)
    else:
        record[path[-1]] = value


def numbers(service: Doc) -> set[str]:
    """List the extension and phone numbers of a service."""
    extension = service.get("extension") or {}
    return {n for n in (extension.get("number"), *(extension.get("phone_numbers") or ())) if n}
