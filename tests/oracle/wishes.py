"""What files may say of a random inventory: places, and each user's wishes.

What the contract leaves open is not generated: changes of an inactive user's settings, two slugs of
one address, a number that is declared for one user while another, who is not asked to give it up,
has it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from tests.oracle.inventories import ADDRESSES, DEPARTMENTS, SITES, Doc, World, X, random_extension
from tests.oracle.local_numbers import LOCAL


@dataclass
class Wishes:
    """The desired state under construction."""

    world: World
    account: Doc
    users: Doc = field(default_factory=dict)
    wanted: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    addresses: Doc = field(default_factory=dict)
    sites: Doc = field(default_factory=dict)
    policies: Doc = field(default_factory=dict)
    pools: list[Doc] = field(default_factory=list)
    templates: Doc = field(default_factory=dict)
    released: list[str] = field(default_factory=list)

    @property
    def rng(self) -> Random:
        """The one source of chance."""
        return self.world.rng

    def held(self, name: str) -> list[tuple[str, str]]:
        """List type and country of what a user holds now, but for local numbers."""
        units = (u for u in self.world.units if u.get("user") == name)
        return [(u["type"], u["country"]) for u in units if u["type"] != LOCAL]

    def extension(self, name: str, kind: str) -> Doc:
        """Give what the user's unit of this type carries now."""
        units = (u for u in self.world.units if u.get("user") == name and u["type"] == kind)
        return dict(next(units)["service"].get("extension", {}))

    def entry(self, kind: str, country: str, site: str, extension: Doc | None = None) -> str | Doc:
        """Write a license entry in its short or its long form."""
        entry: Doc = {"type": kind}
        if country != self.world.country(site) or self.rng.random() < 0.1:
            entry["country"] = country
        if self.addresses and self.rng.random() < 0.1:
            entry["service_address"] = self.rng.choice(sorted(self.addresses))
        if extension:
            entry["extension"] = extension
        return kind if len(entry) == 1 and self.rng.random() < 0.8 else entry


def add_places(wishes: Wishes) -> None:
    rng, world = wishes.rng, wishes.world
    for slug in sorted(ADDRESSES):
        if rng.random() < (0.5 if slug in world.slugs else 0.15):
            wishes.addresses[slug] = dict(ADDRESSES[slug])
    for name in sorted(SITES):
        usual = SITES[name]
        if name in world.sites:
            near = [s for s in wishes.addresses if ADDRESSES[s]["country"] == world.country(name)]
            if usual in wishes.addresses and rng.random() < 0.4:
                wishes.sites[name] = {"service_address": usual}
            elif near and rng.random() < 0.1:
                wishes.sites[name] = {"service_address": rng.choice(sorted(near))}
        elif usual in wishes.addresses and rng.random() < 0.3:
            wishes.sites[name] = {
                "service_address": usual,
                "pbx": "acme01",
                "timezone": "Europe/London",
            }
        if name in wishes.sites and rng.random() < 0.2:
            wishes.sites[name]["locale"] = "en-GB"
    for name in ("Sales Floor", "Strict"):
        if rng.random() < 0.3:
            settings = {
                "disable_call_recording_delete": rng.random() < 0.5,
                "disable_sms_messaging": True,
            }
            wishes.policies[name] = {"settings": settings}


def add_settings(wishes: Wishes) -> None:
    rng, account = wishes.rng, wishes.account
    if rng.random() < 0.5:
        account["defaults"] = {"country": "US"}
        if rng.random() < 0.5 and (wishes.policies or len(wishes.world.policies) > 1):
            account["defaults"]["policy"] = rng.choice(
                sorted({*wishes.policies, *wishes.world.policies})
            )
    if rng.random() < 0.5:
        account["unlisted_users"] = rng.choice(("ignore", "suspend", "unassign", "delete"))
    if rng.random() < 0.6:
        account["offboarding"] = {
            "unassign_after": "7d",
            "delete_after": rng.choice(("30d", "84d", "90d")),
        }


def add_wish(wishes: Wishes, name: str) -> None:
    """Decide what the files say of a user of the inventory."""
    rng, world = wishes.rng, wishes.world
    user = world.users[name]
    wish: Doc = {}
    wishes.users[name] = wish
    held = wishes.wanted[name] = wishes.held(name)
    if rng.random() < 0.08:
        _offboard(wishes, name, wish)
        return
    if user["status"] == "inactive" and rng.random() < 0.6:
        if rng.random() < 0.5:
            wish["status"] = "inactive"
        roll = rng.random()
        if roll < 0.3:
            wish["licenses"] = []
        elif roll < 0.6:
            wish["licenses"] = [wishes.entry(k, c, user["site"]) for k, c in held]
        _drop_addresses(wish)
        wishes.wanted[name] = [] if wish.get("licenses") == [] else held
        return
    if user["status"] == "inactive" or rng.random() < 0.3:
        wish["status"] = "active"
    elif rng.random() < 0.12:
        wish["status"] = "inactive"
    _attributes(wishes, name, wish)
    site = user["site"]
    sites = sorted(set(world.sites) | set(wishes.sites))
    if rng.random() < 0.1:
        site = rng.choice(sites)
    if site != user["site"] or rng.random() < 0.3:
        wish["site"] = site
    if site != user["site"] or rng.random() < 0.8:
        _licenses(wishes, name, wish, site)


def _drop_addresses(wish: Doc) -> None:
    for entry in wish.get("licenses", []):
        if isinstance(entry, dict):
            entry.pop("service_address", None)


def _offboard(wishes: Wishes, name: str, wish: Doc) -> None:
    rng = wishes.rng
    age = rng.choice((-30, -1, 0, 1, 6, 7, 20, 29, 30, 83, 84, 90, 200))
    day = wishes.world.now.date() - timedelta(days=age)
    wish["offboard_on"] = day if rng.random() < 0.7 else day.isoformat()
    if "offboarding" in wishes.account and age >= 7:
        wishes.wanted[name] = []


def _attributes(wishes: Wishes, name: str, wish: Doc) -> None:
    rng, user = wishes.rng, wishes.world.users[name]
    for key in ("first_name", "last_name", "email", "policy", "department", "job_title"):
        if rng.random() < 0.3 and key in user:
            wish[key] = user[key]
    if rng.random() < 0.15:
        wish["department"] = rng.choice((*DEPARTMENTS, ""))
    if rng.random() < 0.1:
        wish["job_title"] = rng.choice(("Lead", "Rep", ""))
    if rng.random() < 0.1:
        wish["policy"] = rng.choice(sorted({*wishes.policies, *wishes.world.policies}))
    if rng.random() < 0.05:
        wish["email"] = f"mail.{name}"
    if rng.random() < 0.05:
        wish["last_name"] = "Married"


def _licenses(wishes: Wishes, name: str, wish: Doc, site: str) -> None:
    rng, world = wishes.rng, wishes.world
    held = wishes.held(name)
    kinds = [k for k, _ in held]
    home = world.country(site)
    roll = rng.random()
    if roll < 0.45:
        target = kinds
    elif roll < 0.80:
        target = _other_kinds(rng, kinds)
    elif roll < 0.90:
        target = []
    else:
        target = kinds[:1]
    country = home if rng.random() < 0.95 else rng.choice(("US", "GB", "DE"))
    entries, wanted = [], []
    for kind in target:
        extension: Doc = {}
        if kind != "uc-cold-storage":
            extension = _declared_extension(wishes, name, kind, kinds, country)
        entries.append(wishes.entry(kind, country, site, extension))
        wanted.append((kind, country))
    if entries and world.local and rng.random() < 0.08:  # who declares local numbers manages them
        entries.append(wishes.entry(LOCAL, home, site))
        wanted.append((LOCAL, home))
    wish["licenses"] = entries
    wishes.wanted[name] = wanted
    if not target:
        wishes.released += [
            wishes.extension(name, k)["number"] for k in kinds if wishes.extension(name, k)
        ]


def _other_kinds(rng: Random, kinds: list[str]) -> list[str]:
    roll = rng.random()
    if roll < 0.7:
        return [rng.choice([k for k in X if k not in kinds])]
    if roll < 0.8:
        return ["vo-editions"]
    if roll < 0.9:
        return ["vo-editions", "vcc-agent"]
    return ["x4", "uc-cold-storage"] if "uc-cold-storage" not in kinds else ["x4"]


def _declared_extension(
    wishes: Wishes, name: str, kind: str, kinds: list[str], country: str
) -> Doc:
    """Declare some of what the unit should carry."""
    rng, world = wishes.rng, wishes.world
    extension: Doc = {}
    if not kinds:
        extension = random_extension(world, kind, country) if rng.random() < 0.8 else {}
        if extension and wishes.released and rng.random() < 0.5:
            extension["number"] = wishes.released.pop()
        return extension
    if kind not in kinds and kind in ("x4", "x8") and rng.random() < 0.3:
        extension["features"] = rng.choice(({"analytics": "supervisor"}, {"frontdesk": True}))
    if kind in ("x2", "x4") and rng.random() < 0.1:
        extension["call_forwarding"] = rng.choice(([], [{"when": "always", "to": "+12065559997"}]))
    if kind in ("x2", "x4") and rng.random() < 0.1:
        extension["voicemail_email"] = rng.choice(("", "desk@acme.example"))
    if kind in kinds and rng.random() < 0.1:
        extension["number"] = world.extension_number(kind)
    elif kind in kinds and rng.random() < 0.2:
        extension["number"] = wishes.extension(name, kind)["number"]
    if kind in ("x2", "x3", "x4", "vo-editions") and rng.random() < (0.5 if world.local else 0.1):
        abroad = rng.choice(("US", "GB", "DE")) if world.local and rng.random() < 0.1 else country
        kept = wishes.extension(name, kind).get("phone_numbers", []) if kind in kinds else []
        new = [world.phone_number(abroad) for _ in range(rng.choice((1, 1, 2)))]
        extension["phone_numbers"] = rng.choice(
            ([], new, kept + new, kept[1:]) if world.local else ([], new[:1])
        )
    return extension


def add_new_user(wishes: Wishes) -> None:
    rng, world = wishes.rng, wishes.world
    name, wish = world.person()
    sites = sorted(set(world.sites) | set(wishes.sites))
    site = wish["site"] = rng.choice(sites)
    wishes.users[name] = wish
    wishes.wanted[name] = []
    if rng.random() < 0.2:
        wish["status"] = rng.choice(("active", "inactive"))
    if rng.random() < 0.3:
        wish["department"] = rng.choice(DEPARTMENTS)
    if rng.random() < 0.8:
        kinds = rng.choice((["x2"], ["x4"], ["x1"], ["x8"], ["vo-editions", "vcc-agent"], []))
        country = world.country(site)
        declared = [_declared_extension(wishes, name, k, [], country) for k in kinds]
        wish["licenses"] = [
            wishes.entry(k, country, site, e) for k, e in zip(kinds, declared, strict=True)
        ]
        wishes.wanted[name] = [(k, country) for k in kinds]
