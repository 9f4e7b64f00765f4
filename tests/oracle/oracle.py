"""What a plan must come to, worked out the slow and obvious way from files, inventory and day.

Written from the contract (sections 1 to 3) and domain.md alone, and knows nothing of how licsync
plans.
Where they leave something open it is left open here: `optional` actions, `unsure` paths, several
addresses.
"""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from datetime import date, datetime, timedelta

import yaml

from tests.oracle.expected import Demand, Expected, Person
from tests.oracle.local_numbers import LOCAL, coming, owned_countries
from tests.oracle.settings import Doc, Holding, Key, normal, pairs, relation, same, settle

ATTRIBUTES = (
    *("first_name", "last_name", "email", "site"),
    *("job_title", "department", "policy", "locale", "timezone"),
)
PROTECTED_FROM = ("suspend", "unassign", "downgrade", "delete")


def read_tree(files: dict[str, str]) -> Doc:
    """Join the files of a valid tree."""
    tree: Doc = {"licenses": []}
    for text in files.values():
        for section, content in (yaml.load(text, yaml.CSafeLoader) or {}).items():
            if section == "licenses":
                tree["licenses"] += content
            else:
                tree.setdefault(section, {}).update(content)
    return tree


class Oracle:
    """One account under examination; `expect` is the way in."""

    def __init__(self, files: dict[str, str], inventory: Doc, now: str):
        self.tree = read_tree(files)
        self.inventory = inventory
        self.now = datetime.fromisoformat(now.replace("Z", "+00:00"))
        self.account: Doc = self.tree["account"]
        self.addresses: dict[str, Doc] = self.tree.get("service_addresses", {})
        self.sites: dict[str, Doc] = self.tree.get("sites", {})
        self.out = Expected(addresses=self.addresses)
        self.out.sites = {n: dict(s) for n, s in inventory["sites"].items()}
        self.out.policies = {n: deepcopy(p) for n, p in inventory["policies"].items()}
        country = self.account.get("defaults", {}).get("country")
        self.out.pools = {
            (pool["type"], pool.get("country") or country): pool for pool in self.tree["licenses"]
        }

    # --- places and policies ----------------------------------------------------------------------

    def content(self, address_id: str | None) -> Doc:
        """Give the postal content of an address of the inventory."""
        return self.inventory["service_addresses"][address_id] if address_id else {}

    def site_address(self, site: str) -> Doc:
        """Give the postal content of a site's address as it should be afterwards."""
        declared = self.sites.get(site, {}).get("service_address")
        if declared:
            return self.addresses[declared]
        return self.content(self.inventory["sites"][site]["service_address"])

    def site_moves(self, site: str) -> bool:
        """Tell whether a site of the inventory gets another address."""
        old = self.inventory["sites"].get(site)
        return bool(old) and self.content(old["service_address"]) != self.site_address(site)

    def places(self) -> None:
        """Expect addresses, sites and policies."""
        known = list(self.inventory["service_addresses"].values())
        for slug, address in self.addresses.items():
            if address not in known:
                self.out.actions["service_address", "create", slug.casefold()] += 1
        for name, site in self.sites.items():
            old = self.inventory["sites"].get(name)
            want = {k: v for k, v in site.items() if k != "service_address"}
            self.out.sites[name] = {**(old or {}), **want}
            if old is None:
                self.out.actions["site", "create", name.casefold()] += 1
            elif any(old.get(k) != v for k, v in want.items()) or self.site_moves(name):
                self.out.actions["site", "update", name.casefold()] += 1
        for name, policy in self.tree.get("policies", {}).items():
            old = self.inventory["policies"].get(name)
            settings = {**(old or {}).get("settings", {}), **policy.get("settings", {})}
            self.out.policies[name] = {"settings": settings}
            if old is None:
                self.out.actions["policy", "create", name.casefold()] += 1
            elif old.get("settings", {}) != settings:
                self.out.actions["policy", "update", name.casefold()] += 1

    # --- users ------------------------------------------------------------------------------------

    def wish(self, user: Doc) -> Doc:
        """Lay templates and the user's own keys over one another."""
        names = user.get("template", [])
        wish: Doc = {}
        for name in [names] if isinstance(names, str) else names:
            wish |= self.tree["templates"][name]
        return wish | user

    def stage(self, wish: Doc) -> str | None:
        """Tell how far a user's offboarding is on this day."""
        day = wish.get("offboard_on")
        if not day:
            return None
        day = day if isinstance(day, date) else date.fromisoformat(day)
        age, after = self.now.date() - day, self.account.get("offboarding", {})
        if age < timedelta(0):
            return None
        if "delete_after" in after and age >= timedelta(days=int(after["delete_after"][:-1])):
            return "delete"
        if "unassign_after" in after and age >= timedelta(days=int(after["unassign_after"][:-1])):
            return "unassign"
        return "suspend"

    def services(self, name: str) -> list[Doc]:
        """List what a user holds: unit, key, address, extension."""
        found = []
        for service in self.inventory["users"][name].get("services", []):
            unit = self.inventory["licenses"][service["license"]]
            found.append(
                {
                    "unit": service["license"],
                    "key": (unit["type"], unit["country"]),
                    "address": self.content(unit["service_address"]),
                    "extension": service.get("extension", {}),
                }
            )
        return found

    def users(self) -> None:
        """Expect every user of the files and of the inventory."""
        by_fold = {n.casefold(): n for n in self.inventory["users"]}
        listed = set()
        for name, user in self.tree.get("users", {}).items():
            wish = self.wish(user)
            old = by_fold.get(name.casefold())
            previously = by_fold.get(wish.get("previously", "").casefold())
            if old is None and previously:
                old = previously
                self.out.renames[name.casefold()] = previously.casefold()
                self.out.actions["user", "rename", name.casefold()] += 1
                # an e-mail that follows the name
                self.out.optional["user", "update", name.casefold()] += 1
            listed.add(old)
            self.user(name, old, wish)
        for name in self.inventory["users"].keys() - listed:
            unlisted = self.account.get("unlisted_users", "ignore")
            if unlisted == "ignore":
                self.user(name, name, {})
            elif unlisted == "suspend":
                self.user(name, name, {"status": "inactive"})
            elif unlisted == "unassign":
                self.user(name, name, {"licenses": []}, any_status=True)
            else:
                self.leave(name, "delete")

    def user(self, name: str, old: str | None, wish: Doc, any_status: bool = False) -> None:
        """Expect one user."""
        fold, stage = name.casefold(), self.stage(wish)
        if stage == "delete":
            if old:
                self.leave(old, "delete")
            return
        before = self.inventory["users"][old] if old else {}
        was = before.get("status", "active")
        status = "inactive" if stage else wish.get("status", was)
        wish = {**wish, "licenses": []} if stage == "unassign" else wish
        person = Person(
            name,
            None if any_status else status,
            {k: v for k, v in before.items() if k in ATTRIBUTES},
        )
        person.old_name = old if old and old.casefold() != fold else None
        self.out.people[fold] = person
        if old is None:
            self.out.actions["user", "create", fold] += 1
            self.out.optional["user", "suspend", fold] += 1
            person.attributes |= {"email": name, "policy": self.default_policy()}
        elif was != status:
            self.out.actions["user", "suspend" if status == "inactive" else "reactivate", fold] += 1
        elif any_status or status == "inactive":
            self.out.optional["user", "suspend", fold] += 1
            self.out.optional["user", "reactivate", fold] += 1
        declared = {k: wish[k] for k in ATTRIBUTES if k in wish}
        changed = old is not None and any(
            not same(k, v, before.get(k)) for k, v in declared.items()
        )
        person.attributes |= declared
        if person.old_name and "email" not in wish:
            person.attributes.pop("email", None)
        changed |= self.licenses(person, wish, before)
        if changed:
            self.out.actions["user", "update", fold] += 1

    def default_policy(self) -> str:
        """Give the policy of new users."""
        return str(self.account.get("defaults", {}).get("policy", "8x8 Master User Template"))

    def leave(self, name: str, verb: str) -> None:
        """Expect a user to be deleted; whether the steps before that are actions of their own is
        open.
        """
        fold = name.casefold()
        self.out.actions["user", verb, fold] += 1
        self.out.gone.add(fold)
        for side in ("suspend", "reactivate"):
            self.out.optional["user", side, fold] += 1
        for service in self.services(name):
            self.out.optional["license", "unassign", fold] += 1
            self.demand(service["key"]).freed[service["unit"]] = service["address"]

    # --- licenses ---------------------------------------------------------------------------------

    def demand(self, key: Key) -> Demand:
        """Find the demand for one type and country."""
        return self.out.demand.setdefault(key, Demand())

    def entries(self, wish: Doc, site: str) -> list[Doc]:
        """Give the wanted licenses in their long form."""
        result = []
        for entry in wish["licenses"]:
            full = {"type": entry} if isinstance(entry, str) else dict(entry)
            full.setdefault("country", self.site_address(site)["country"])
            slug = full.get("service_address")
            full["address"] = self.addresses[slug] if slug else self.site_address(site)
            result.append(full)
        return result

    def licenses(self, person: Person, wish: Doc, before: Doc) -> bool:
        """Expect what a user holds; tell whether a setting of a license that stays changes."""
        fold, site = person.name.casefold(), person.attributes.get("site", "")
        current = self.services(person.old_name or self.known(person.name)) if before else []
        moves = bool(before) and (before.get("site") != site or self.site_moves(site))
        person.holdings = []
        if "licenses" not in wish:
            for service in current:
                holding = Holding(service["key"], service["extension"], unit=service["unit"])
                holding.addresses = [
                    service["address"],
                    *([self.site_address(site)] if moves else []),
                ]
                person.holdings.append(holding)
            return False
        changed, entries = False, self.entries(wish, site)
        alike = Counter(service["key"] for service in current)
        managed = any(entry["type"] == LOCAL for entry in entries)
        local = [] if managed else [service for service in current if service["key"][0] == LOCAL]
        paired = pairs([service for service in current if service not in local], entries)
        for service, entry in paired:
            if entry is None:
                self.out.actions["license", "unassign", fold] += 1
                self.free(service, moves or alike[service["key"]] > 1)
                continue
            key = (entry["type"], entry["country"])
            holding = Holding(key, {}, addresses=[entry["address"]])
            person.holdings.append(holding)
            settle(holding, service, entry.get("extension"))
            if service and service["key"] == key:
                # else: which of them stays is open
                holding.unit = service["unit"] if alike[key] == 1 else None
                if alike[key] > 1:
                    holding.addresses = None
                elif "service_address" not in entry and not self.follows(service, before, person):
                    holding.addresses = [entry["address"], service["address"]]
                changed |= normal(holding.extension) != normal(service["extension"])
                continue
            self.demand(key).wanted.append(entry["address"])
            holding.verb = relation(service["key"], key) if service else "assign"
            self.out.actions["license", holding.verb, fold] += 1
            if service:
                self.free(service, moves)
        if not managed:
            self.local_numbers(person, [s for s, _ in paired if s], local, entries, moves)
        return changed

    def local_numbers(
        self, person: Person, before: list[Doc], held: list[Doc], entries: list[Doc], moves: bool
    ) -> None:
        """Expect the local numbers that come and go by themselves; which of several that are held
        goes is open.
        """
        countries = {service["key"][1] for service in held}
        after = [(holding.key, holding.extension) for holding in person.holdings or []]
        found = coming(
            [(s["key"], s["extension"]) for s in before],
            after,
            Counter(service["key"][1] for service in held),
            owned_countries(self.inventory, list(self.out.pools)),
        )
        addresses = [self.site_address(person.attributes["site"])]
        for country in sorted(countries | {c for c, n in found.items() if n}):
            key, number = (LOCAL, country), found[country]
            mine = [service for service in held if service["key"] == key]
            stay = len(mine) + min(0, number) if entries else 0
            self.out.actions["license", "unassign", person.name.casefold()] += (
                len(mine) + number if not entries else 0
            )
            if stay == len(mine):
                places = [self.site_address(person.attributes["site"])] if moves else []
                for service in mine:
                    kept = Holding(
                        key, {}, unit=service["unit"], addresses=[service["address"], *places]
                    )
                    (person.holdings or []).append(kept)
            else:
                (person.holdings or []).extend(Holding(key, {}) for _ in range(stay))
                for service in mine[stay:]:
                    self.free(
                        service, moves or any(s["address"] != service["address"] for s in mine)
                    )
            for _ in range(number):
                self.demand(key).wanted.append(addresses[0])
                (person.holdings or []).append(Holding(key, {}, addresses=addresses, verb="comes"))

    def follows(self, service: Doc, before: Doc, person: Person) -> bool:
        """Tell whether a unit that stays must go where its user goes, or where the site goes that
        it is bound to.

        Whether the unit of an inactive user goes with the site is open.

        """
        site = person.attributes.get("site", "")
        if before.get("site") != site:
            return True
        old = self.inventory["sites"][site]["service_address"]
        bound = service["address"] == self.content(old) and {before["status"], person.status} != {
            "inactive"
        }
        return self.site_moves(site) and bound

    def known(self, name: str) -> str:
        """Give a user's name as the inventory writes it."""
        return next(n for n in self.inventory["users"] if n.casefold() == name.casefold())

    def free(self, service: Doc, moves: bool) -> None:
        """Count a unit as given up."""
        demand = self.demand(service["key"])
        demand.freed[service["unit"]] = service["address"]
        demand.moving |= moves

    def pools(self) -> None:
        """Expect reinstatements, then see who goes without."""
        reinstatable: dict[Key, list[tuple[str, str]]] = {}
        for unit, state in self.inventory["licenses"].items():
            key = (state["type"], state["country"])
            removed = state.get("suspended", {}).get("reason") == "removed"
            if not removed:
                self.out.owned[key] += 1
                if state["status"] == "unassigned":
                    self.demand(key).free[unit] = self.content(state["service_address"])
            elif self.now - datetime.fromisoformat(
                state["suspended"]["at"].replace("Z", "+00:00")
            ) < timedelta(30):
                reinstatable.setdefault(key, []).append((state["suspended"]["at"], unit))
        for key, pool in self.out.pools.items():
            missing = max(0, pool.get("quantity", 0) - self.out.owned[key])
            newest_first = sorted(
                sorted(reinstatable.get(key, []), key=lambda r: r[1]),
                key=lambda r: r[0],
                reverse=True,
            )
            for _, unit in newest_first[:missing]:
                self.out.actions["license", "reinstate", unit.casefold()] += 1
                self.out.reinstated.add(unit)
                state = self.inventory["licenses"][unit]
                self.demand(key).free[unit] = self.content(state["service_address"])
        for key, demand in self.out.demand.items():
            short = len(demand.wanted) - len(demand.free) - len(demand.freed)
            if short > 0:
                self.out.short[key] = short

    def protection(self) -> None:
        """See whether a protected user loses something."""
        for name in self.account.get("protected_users", []):
            verbs = (k for k, n in self.out.actions.items() if n and k[2] == name.casefold())
            self.out.protected |= any(verb in PROTECTED_FROM for _, verb, _ in verbs)


def expect(files: dict[str, str], inventory: Doc, now: str) -> Expected:
    """Work out what is determined of the plan and of the inventory afterwards."""
    oracle = Oracle(files, inventory, now)
    oracle.places()
    oracle.users()
    oracle.pools()
    oracle.protection()
    return oracle.out
