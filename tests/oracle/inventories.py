"""Random inventories: what a console of some company might hold, consistent with the contract,
section 2.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tests.oracle.local_numbers import LOCAL, phones_and_need
from tests.support import accounts

Doc = dict[str, Any]

INACTIVE: Doc = {
    "status": "suspended",
    "suspended": {"reason": "user_inactive", "at": "2026-11-01T00:00:00Z"},
}
DEFAULT_POLICY = "8x8 Master User Template"
X = ("lobby", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8")
ADDRESSES: dict[str, Doc] = {
    "hq": {
        "street_number": "7",
        "street_name": "W 34th St",
        "city": "New York",
        "state": "NY",
        "postal": "10001",
    },
    "sea": {
        "street_number": "500",
        "street_name": "Pine St",
        "city": "Seattle",
        "state": "WA",
        "postal": "98101",
    },
    "wil": {
        "street_number": "1",
        "street_name": "Market St",
        "city": "Wilmington",
        "state": "DE",
        "postal": "19801",
    },
    "lon": {
        "street_number": "10",
        "street_name": "Fleet Street",
        "city": "London",
        "postal": "EC4Y 1AA",
    },
    "man": {
        "building": "Unit 4",
        "street_name": "Portland Street",
        "city": "Manchester",
        "postal": "M1 3LA",
    },
    "ber": {
        "street_number": "12a",
        "street_name": "Invalidenstr.",
        "city": "Berlin",
        "postal": "10115",
    },
}
for _slug, _country in {
    "hq": "US",
    "sea": "US",
    "wil": "US",
    "lon": "GB",
    "man": "GB",
    "ber": "DE",
}.items():
    ADDRESSES[_slug]["country"] = _country
SITES = {
    "HQ": "hq",
    "Seattle": "sea",
    "Wilmington": "wil",
    "London": "lon",
    "Manchester": "man",
    "Berlin": "ber",
}
FIRST = (
    "Ada",
    "Bo",
    "Cy",
    "Di",
    "Eve",
    "Fay",
    "Gus",
    "Hal",
    "Ivy",
    "Jo",
    "Kai",
    "Lu",
    "Mo",
    "Nia",
    "Oz",
    "Pia",
)
LAST = (
    "Lopez",
    "Chen",
    "Diaz",
    "Okafor",
    "Novak",
    "Silva",
    "Haddad",
    "Ito",
    "Berg",
    "Kaya",
    "O'Brien",
    "St. John",
)
DEPARTMENTS = ("Sales", "Support", "Finance", "Inside Sales", "R-D")


@dataclass
class World:
    """An inventory under construction, with the counters that keep its numbers and ids unique."""

    rng: Random
    now: datetime
    slugs: dict[str, str] = field(default_factory=dict)  # slug of ADDRESSES -> id in the inventory
    sites: Doc = field(default_factory=dict)
    policies: Doc = field(default_factory=dict)
    units: list[Doc] = field(default_factory=list)
    users: Doc = field(default_factory=dict)
    extensions: int = 1000
    agents: int = 6000
    phones: int = 0
    people: int = 0
    local: bool = False  # whether the account has local numbers, and so more phone numbers

    def extension_number(self, kind: str) -> str:
        """Give an extension number nobody has: agents in the 6000 range."""
        if kind == "vcc-agent":
            self.agents += 1
            return str(self.agents)
        self.extensions += 1
        return str(self.extensions)

    def phone_number(self, country: str) -> str:
        """Give a valid phone number nobody has."""
        self.phones += 1
        return {"GB": "+44207946", "DE": "+49309018"}.get(
            country, "+1206555"
        ) + f"{self.phones:04d}"

    def country(self, site: str) -> str:
        """Give the country of a site that the inventory has or that SITES knows."""
        return str(ADDRESSES[SITES[site]]["country"])

    def unit(self, kind: str, country: str, slug: str | None = None, **more: Any) -> Doc:
        """Add a license unit, by default unassigned."""
        slug = slug or self.rng.choice(sorted(self.slugs))
        unit = accounts.unit(kind, self.slugs[slug], country, **more)
        self.units.append(unit)
        return unit

    def person(self) -> tuple[str, Doc]:
        """Make up a user name and the names of its person."""
        self.people += 1
        first, last = self.rng.choice(FIRST), self.rng.choice(LAST)
        return f"{first.lower()}.{self.people}@acme.example", {
            "first_name": first,
            "last_name": last,
        }

    def document(self) -> Doc:
        """Give the inventory document; ids of units say nothing of the order in which they were
        made.
        """
        self.rng.shuffle(self.units)
        licenses, holders = {}, {}
        for number, unit in enumerate(self.units, 1):
            identity = f"L{number:03d}"
            service = unit.pop("service", None)
            licenses[identity] = unit
            if service is not None:
                holders[id(service)] = identity
        for user in self.users.values():
            user["services"] = [{"license": holders[id(s)], **s} for s in user["services"]]
        return accounts.inventory_document(
            licenses,
            self.users,
            as_of=instant(self.now),
            service_addresses={i: ADDRESSES[slug] for slug, i in self.slugs.items()},
            sites=self.sites,
            policies=self.policies,
        )


def instant(moment: datetime) -> str:
    """Write an instant as the inventory document does."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def make_world(rng: Random) -> World:
    """Make addresses, sites, policies and users with what they hold; free units come later, by
    need.
    """
    now = datetime(2026, 11, 24, rng.choice((0, 9, 23)), rng.choice((0, 30)))
    world = World(rng, now, local=rng.random() < 0.4)
    names = rng.sample(sorted(SITES), rng.randint(1, 5))
    slugs = {SITES[n] for n in names} | set(rng.sample(sorted(ADDRESSES), rng.randint(0, 2)))
    world.slugs = {slug: f"A{i}" for i, slug in enumerate(rng.sample(sorted(slugs), len(slugs)), 1)}
    world.sites = {n: {"service_address": world.slugs[SITES[n]], "pbx": "acme01"} for n in names}
    world.policies = {DEFAULT_POLICY: {"settings": {}}}
    if rng.random() < 0.6:
        world.policies["Sales Floor"] = {"settings": {"disable_call_recording_delete": True}}
    for _ in range(
        rng.choice((1, 2, 4, 8, 12, 20, 40)) if rng.random() < 0.7 else rng.randint(1, 12)
    ):
        _add_user(world)
    for _ in range(rng.randint(0, 3)):
        _add_removed(world)
    return world


def _add_removed(world: World) -> None:
    rng = world.rng
    age = timedelta(days=rng.choice((0, 1, 5, 12, 20, 29, 30, 31, 45)), hours=rng.choice((1, 2, 7)))
    country = rng.choice(sorted({world.country(s) for s in world.sites}))
    reason = {"reason": "removed", "at": instant(world.now - age)}
    world.unit(
        rng.choice(("x2", "x4", "vo-editions")), country, status="suspended", suspended=reason
    )


def _add_user(world: World) -> None:
    rng = world.rng
    name, names = world.person()
    active = rng.random() < 0.85
    site = rng.choice(sorted(world.sites))
    user = accounts.user(
        **names,
        id=f"U{world.people}",
        email=name,
        status="active" if active else "inactive",
        site=site,
        policy=rng.choice(sorted(world.policies)),
    )
    if rng.random() < 0.4:
        user["department"] = rng.choice(DEPARTMENTS)
    if rng.random() < 0.3:
        user["job_title"] = rng.choice(("Rep", "Clerk", "Account Executive"))
    if rng.random() < 0.2:
        user["ring_groups"] = ["Main Reception"]
    world.users[name] = user
    for kind in _holding(rng):
        country = world.country(site)
        slug = SITES[site] if rng.random() < 0.85 else None
        service: Doc = (
            {"extension": random_extension(world, kind, country)}
            if kind != "uc-cold-storage"
            else {}
        )
        unit = world.unit(kind, country, slug, status="assigned", user=name, service=service)
        if not active:
            since = instant(world.now - timedelta(days=rng.randint(1, 90)))
            unit |= {"status": "suspended", "suspended": {"reason": "user_inactive", "at": since}}
        user["services"].append(service)
    if world.local:
        add_local_numbers(world, name)


def add_local_numbers(world: World, name: str) -> None:
    """Assign the local numbers that a user needs, and now and then one more or one less."""
    rng, user = world.rng, world.users[name]
    held = [u for u in world.units if u.get("user") == name]
    licenses = [((u["type"], u["country"]), u["service"].get("extension", {})) for u in held]
    _, need = phones_and_need(licenses)
    for country in sorted({world.country(user["site"]), *need}):
        for _ in range(need[country] + rng.choice((0, 0, 0, 0, 0, -1, 1))):
            service: Doc = {}
            unit = world.unit(LOCAL, country, status="assigned", user=name, service=service)
            if user["status"] == "inactive":
                unit |= (
                    {k: deepcopy(held[0][k]) for k in ("status", "suspended")} if held else INACTIVE
                )
            user["services"].append(service)


def _holding(rng: Random) -> tuple[str, ...]:
    roll = rng.random()
    if roll < 0.15:
        return ()
    if roll < 0.70:
        return (rng.choice(("x1", "x2", "x2", "x2", "x3", "x4", "x4", "x6", "x8", "lobby")),)
    if roll < 0.80:
        return ("vo-editions", "vcc-agent")
    if roll < 0.87:
        return ("vo-editions",)
    if roll < 0.92:
        return ("vo-basic",)
    if roll < 0.96:
        return ("vcc-agent",)
    return ("x4", "uc-cold-storage")


def random_extension(world: World, kind: str, country: str) -> Doc:
    """Make what a unit of this type may carry."""
    rng = world.rng
    extension: Doc = {"number": world.extension_number(kind)}
    if kind not in ("lobby", "vcc-agent") and rng.random() < 0.6:
        several = rng.choice((1, 1, 2, 2, 3) if world.local else (1, 1, 2))
        extension["phone_numbers"] = [world.phone_number(country) for _ in range(several)]
    if kind != "vcc-agent" and rng.random() < 0.3:
        extension["call_forwarding"] = [
            {"when": "no_answer", "to": "+12065559998", "after_seconds": rng.choice((10, 20))}
        ]
        if rng.random() < 0.3:
            extension["call_forwarding"].append({"when": "busy", "to": "+12065559999"})
    if kind in ("x2", "x3", "x4", "x6", "x8"):
        if rng.random() < 0.3:
            extension["voicemail_email"] = f"vm{world.extensions}@acme.example"
        if rng.random() < 0.3:
            extension["recording_mode"] = rng.choice(("off", "always", "on_demand"))
        if rng.random() < 0.1:
            extension["devices"] = [
                {"model": "Yealink T54W", "mac_address": f"0a1b2c3d{world.extensions:04d}"}
            ]
    features: Doc = {}
    if kind in ("x4", "x6", "x8") and rng.random() < 0.7:
        features["analytics"] = rng.choice(("essentials", "supervisor", "supervisor"))
    if kind in ("x3", "x4", "x6", "x8") and rng.random() < 0.5:
        features["switchboard_pro"] = rng.random() < 0.7
    if kind in ("x4", "x6", "x8") and rng.random() < 0.3:
        features["frontdesk"] = True
    if features:
        extension["features"] = features
    return extension
