"""Generates the account `globex`: about 300 people in four countries.

The script describes each person twice: before (the inventory) and after (the YAML). The two differ
for the two dozen people who change. The same seed gives the same bytes. Usage:
`python examples/generate_globex.py [DIRECTORY]`.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

SEED = 8
DOMAIN = "globex.example"
MASTER = "8x8 Master User Template"
HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Branch:
    """A site: its address, the first digit of its extensions, and the form of its phone numbers."""

    site: str
    slug: str
    pbx: str
    locale: str
    timezone: str
    digit: int
    phone: str  # a range that the regulator reserves for fiction
    weight: int
    address: dict[str, str]

    @property
    def country(self) -> str:
        """The country of the address."""
        return self.address["country"]


def place(
    number: str, street: str, city: str, state: str, postal: str, country: str
) -> dict[str, str]:
    """A postal address without its empty parts."""
    names = ("street_number", "street_name", "city", "state", "postal", "country")
    return {
        k: v
        for k, v in zip(names, (number, street, city, state, postal, country), strict=True)
        if v
    }


BRANCHES = [
    Branch("New York", "new-york", "globex-us", "en-US", "America/New_York", 1, "+121255501{:02}",
           60, place("350", "5th Ave", "New York", "NY", "10118", "US")),
    Branch("Chicago", "chicago", "globex-us", "en-US", "America/Chicago", 2, "+131255501{:02}", 45,
           place("233", "S Wacker Dr", "Chicago", "IL", "60606", "US")),
    Branch("Austin", "austin", "globex-us", "en-US", "America/Chicago", 3, "+151255501{:02}", 35,
           place("500", "W 2nd St", "Austin", "TX", "78701", "US")),
    Branch("San Francisco", "san-francisco", "globex-us", "en-US", "America/Los_Angeles", 4,
           "+141555501{:02}", 30,
           place("101", "California St", "San Francisco", "CA", "94111", "US")),
    Branch("London", "london", "globex-uk", "en-GB", "Europe/London", 5, "+442079460{:03}", 50,
           place("30", "St Mary Axe", "London", "", "EC3A 8BF", "GB")),
    Branch("Manchester", "manchester", "globex-uk", "en-GB", "Europe/London", 6, "+441614960{:03}",
           30, place("1", "Spinningfields Sq", "Manchester", "", "M3 3AP", "GB")),
    Branch("Berlin", "berlin", "globex-de", "de-DE", "Europe/Berlin", 7, "+493023125{:03}", 30,
           place("45", "Friedrichstr", "Berlin", "", "10117", "DE")),
    Branch("Paris", "paris", "globex-fr", "fr-FR", "Europe/Paris", 8, "+331990012{:02}", 20,
           place("12", "Rue de Rivoli", "Paris", "", "75001", "FR")),
]  # fmt: skip
BY_SITE = {b.site: b for b in BRANCHES}


@dataclass(frozen=True)
class Department:
    """A department: one file, one template."""

    name: str
    heads: int
    licenses: tuple[str, ...]
    titles: tuple[str, ...]
    policy: str | None = None
    sites: tuple[str, ...] = ()

    @property
    def slug(self) -> str:
        """The name of the file and of the template."""
        return self.name.lower().replace(" ", "-")


DEPARTMENTS = [
    Department("Sales", 58, ("x4",), ("Account Executive", "Sales Engineer", "Inside Sales Rep"),
               "Sales"),
    Department("Contact Centre", 54, ("x7",), ("Agent", "Senior Agent"), "Contact Centre",
               ("New York", "Chicago", "London", "Berlin")),
    Department("Home Shopping", 12, ("vo-editions", "vcc-agent"), ("Agent",), "Contact Centre",
               ("Manchester",)),
    Department("Engineering", 64, ("x2",), ("Engineer", "Senior Engineer", "Technician")),
    Department("Operations", 40, ("x2",), ("Dispatcher", "Planner", "Shift Lead")),
    Department("Finance", 22, ("x3",), ("Accountant", "Controller", "Payroll Clerk")),
    Department("Marketing", 20, ("x3",), ("Designer", "Editor", "Campaign Manager")),
    Department("People", 14, ("x2",), ("Recruiter", "HR Partner")),
    Department("IT", 12, ("x4",), ("Administrator", "Support Engineer")),
    Department("Legal", 8, ("x4",), ("Counsel", "Paralegal")),
]  # fmt: skip
BY_NAME = {d.name: d for d in DEPARTMENTS}

POLICIES = {
    MASTER: {"disable_user_emergency_address_edit_ui": True},
    "Sales": {"disable_call_recording_delete": True},
    "Contact Centre": {"disable_call_recording_delete": True, "disable_virtual_meetings": True},
}
PRICES = {"x2": 24, "x3": 26, "x4": 28, "x7": 110, "x8": 140, "vo-editions": 30, "vcc-agent": 75}
CURRENCIES = {"US": "USD", "GB": "GBP", "DE": "EUR", "FR": "EUR"}

FIRST = (
    "Ada Aisha Alan Amara Anna Ben Bianca Boris Carla Chen Clara Daan Diego Dora Edgar "
    "Elena Emil Farah Felix Fiona Georg Grace Hana Hassan Henry Ida Igor Ines Ivan Jana "
    "Jonas Julia Kai Karim Katja Lars Leila Liam Lina Louis Maja Marco Maria Max Mina Nadia "
    "Nils Noor Olga Oscar Paula Pavel Petra Quinn Rafael Rita Rosa Samir Sara Sven Tara "
    "Theo Uma Vera Viktor Wanda Yara Yusuf Zoe"
)
LAST = (
    "Abbott Almeida Arnold Baker Barros Becker Bell Blanc Bonnet Brandt Carter Castro Chen "
    "Clarke Costa Dietrich Dubois Duarte Ellis Engel Evans Faber Fischer Fontaine Foster "
    "Garcia Girard Gomez Graf Grant Haas Hall Hansen Hughes Ibrahim Iqbal Jansen Jensen "
    "Joshi Kaiser Kaur Keller Khan King Klein Lambert Larsen Leroy Lopez Malik Martin Meyer "
    "Moore Morel Nair Neumann Novak Olsen Osei Owens Patel Perrin Petit Price Quist Rao "
    "Reid Richter Rossi Roux Sato Schmidt Shah Silva Sommer Stone Tanaka Thomas Usman Vance "
    "Vogel Wagner Walsh Weber White Wolf Young Zhang Ziegler"
)


@dataclass(frozen=True)
class Person:
    """One person at one time."""

    name: str
    first: str
    last: str
    site: str
    department: str
    title: str
    licenses: tuple[str, ...]
    number: str
    phone: str | None = None
    policy: str | None = None
    active: bool = True
    features: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)  # further keys of the YAML

    @property
    def country(self) -> str:
        """The country of the person's site and licenses."""
        return BY_SITE[self.site].country


Pair = tuple[Person | None, Person | None]


# --- the people and their changes -----------------------------------------------------------------


def staff(rng: random.Random) -> list[Person]:
    """Everyone, department by department, without any change."""
    names = iter(
        rng.sample(
            [(f, s) for f in FIRST.split() for s in LAST.split()], sum(d.heads for d in DEPARTMENTS)
        )
    )
    extensions, phones = Counter[int](), Counter[str]()
    people = []
    for department in DEPARTMENTS:
        sites = [BY_SITE[s] for s in department.sites] or BRANCHES
        for _ in range(department.heads):
            first, last = next(names)
            branch = rng.choices(sites, [b.weight for b in sites])[0]
            extensions[branch.digit] += 1
            phone = None
            if rng.random() < 0.6 and phones[branch.site] < 99:
                phones[branch.site] += 1
                phone = branch.phone.format(phones[branch.site])
            people.append(
                Person(
                    name=f"{first}.{last}".lower() + f"@{DOMAIN}",
                    first=first,
                    last=last,
                    site=branch.site,
                    department=department.name,
                    title=rng.choice(department.titles),
                    licenses=department.licenses,
                    number=str(branch.digit * 1000 + extensions[branch.digit]),
                    phone=phone,
                    policy=department.policy,
                    features={"analytics": "essentials"} if department.licenses == ("x4",) else {},
                )
            )
    return people


def story(people: list[Person]) -> list[Pair]:
    """Pair everyone with themselves, then change some of them, one kind of change after another."""
    pairs: dict[str, Pair] = {p.name: (p, p) for p in people}
    taken: set[str] = set()

    def somebody(department: str, *, country: str | None = None) -> Person:
        found = next(
            p for p in people
            if p.department == department and p.name not in taken and country in (None, p.country)
        )  # fmt: skip
        taken.add(found.name)
        return found

    def happens(
        department: str, change: Callable[[Person], Pair], *, country: str | None = None
    ) -> None:
        person = somebody(department, country=country)
        pairs[person.name] = change(person)

    declared = {"analytics": "supervisor"}
    old_x4 = {"analytics": "supervisor", "switchboard_pro": True}
    for department in ("Sales", "Engineering", "Contact Centre"):  # hired
        happens(department, lambda p: (None, p))
    happens("People", lambda p: (replace(p, licenses=(), phone=None), p))  # was a contact
    happens("Operations", lambda p: (p, replace(p, active=False)))  # on leave
    happens("Sales", lambda p: (p, replace(p, extra={"offboard_on": "2026-11-24"})))  # leaves today
    happens(
        "Finance",
        lambda p: (replace(p, active=False), replace(p, extra={"offboard_on": "2026-11-12"})),
    )  # has left
    # will leave
    happens("Marketing", lambda p: (p, replace(p, extra={"offboard_on": "2027-01-31"})))
    happens("Engineering", lambda p: (replace(p, active=False), p))  # back from leave
    # promoted
    happens("Engineering", lambda p: (p, replace(p, licenses=("x3",), title="Team Lead")))
    happens("Operations", lambda p: (p, replace(p, licenses=("x4",), features=declared)))
    happens("Finance", lambda p: (p, replace(p, licenses=("x4",))))
    # part time
    happens(
        "Sales", lambda p: (replace(p, features=old_x4), replace(p, licenses=("x2",), features={}))
    )
    happens("Legal", lambda p: (p, replace(p, licenses=("x2",), features={})))
    happens("Marketing", lambda p: (p, replace(p, licenses=("x2",))))
    for title in ("Senior Account Executive", "Regional Manager"):
        happens("Sales", lambda p, title=title: (p, replace(p, title=title)))
    # moves over
    happens("IT", lambda p: (p, replace(p, department="Engineering", licenses=("x4",))))
    # releases the agent seat
    happens("Home Shopping", lambda p: (p, replace(p, licenses=("vo-editions",))))
    happens("Engineering", lambda p: (p, replace(p, licenses=())))  # no longer needs a phone
    happens("People", _married)
    # Two agents in Berlin swap X7 and X8 without a spare unit of either.
    happens("Contact Centre", lambda p: (p, replace(p, licenses=("x8",))), country="DE")
    happens("Contact Centre", lambda p: (replace(p, licenses=("x8",)), p), country="DE")
    return list(pairs.values())


def _married(person: Person) -> Pair:
    name = f"{person.first}.Montague".lower() + f"@{DOMAIN}"
    return person, replace(person, name=name, last="Montague", extra={"previously": person.name})


# --- the inventory --------------------------------------------------------------------------------


def inventory(pairs: list[Pair]) -> dict[str, Any]:
    """The inventory: the people before the changes, their units, and enough spare units."""
    address_ids = {b.slug: f"A{i}" for i, b in enumerate(BRANCHES, 1)}
    units: dict[str, dict[str, Any]] = {}
    users: dict[str, dict[str, Any]] = {}

    def unit(
        kind: str, country: str, address: str, user: str | None = None, active: bool = True
    ) -> str:
        record = {
            "type": kind,
            "country": country,
            "service_address": address_ids[address],
            "status": "unassigned",
        }
        if user:
            record |= {"status": "assigned" if active else "suspended", "user": user}
        if not active:
            record["suspended"] = {"reason": "user_inactive", "at": "2026-11-12T17:30:00Z"}
        units[f"G{len(units) + 1:04}"] = record
        return f"G{len(units):04}"

    for before, _ in pairs:
        if before is None:
            continue
        slug = BY_SITE[before.site].slug
        services = [
            {"license": unit(kind, before.country, slug, before.name, before.active)}
            | _extension(before, i)
            for i, kind in enumerate(before.licenses)
        ]
        users[before.name] = {
            "id": f"U{len(users) + 1:04}", "first_name": before.first, "last_name": before.last,
            "email": before.name, "status": "active" if before.active else "inactive",
            "site": before.site, "job_title": before.title, "department": before.department,
            "policy": before.policy or MASTER,
            "services": services,
        }  # fmt: skip
    for (kind, country), number in sorted(spares(pairs).items()):
        for _ in range(number):
            unit(kind, country, next(b.slug for b in BRANCHES if b.country == country))
    policies = {name: {"settings": dict(settings)} for name, settings in POLICIES.items()}
    policies["Sales"]["settings"] = {}
    return {
        "format_version": "1",
        "account": "globex",
        "as_of": "2026-11-24T00:00:00Z",
        "service_addresses": {address_ids[b.slug]: b.address for b in BRANCHES},
        "sites": {
            b.site: {
                "service_address": address_ids[b.slug],
                "pbx": b.pbx,
                "locale": b.locale,
                "timezone": b.timezone,
            }
            for b in BRANCHES
        },
        "policies": policies,
        "licenses": units,
        "users": users,
    }


def _extension(person: Person, position: int) -> dict[str, Any]:
    """The extension of a person's first license. A second one has a contact center extension."""
    if position:
        return {"extension": {"number": "9" + person.number}}
    extension: dict[str, Any] = {"number": person.number}
    if person.phone:
        extension["phone_numbers"] = [person.phone]
    if person.features:
        extension["features"] = dict(person.features)
    return {"extension": extension}


def holdings(people: list[Person | None]) -> Counter[tuple[str, str]]:
    """Count the units that people hold, by type and country."""
    return Counter((kind, p.country) for p in people if p for kind in p.licenses)


def spares(pairs: list[Pair]) -> dict[tuple[str, str], int]:
    """Count unassigned units by type and country: those needed and two common ones in the US."""
    before, after = holdings([b for b, _ in pairs]), holdings([a for _, a in pairs])
    common = Counter({("x2", "US"): 2, ("x4", "US"): 2})
    return {k: max(0, after[k] - before[k]) + common[k] for k in before | after | common}


# --- the files ------------------------------------------------------------------------------------


def files(pairs: list[Pair]) -> Iterator[tuple[str, str]]:
    """Every file of the account, as path and text."""
    yield "account.yaml", _account()
    yield "places.yaml", _places()
    yield "licenses.yaml", _licenses(pairs)
    yield "policies.yaml", _policies()
    for department in DEPARTMENTS:
        people = [after for _, after in pairs if after and after.department == department.name]
        entries = "\n".join(_user(p, department) for p in sorted(people, key=lambda p: p.name))
        yield f"users/{department.slug}.yaml", f"{_head(2)}users:\n{entries}\n"
    yield "inventory.json", _records(inventory(pairs))


def _head(depth: int) -> str:
    return f"# yaml-language-server: $schema={'../' * (depth + 2)}schemas/account.schema.json\n"


def _account() -> str:
    return f"""{_head(1)}account:
  name: globex
  backend: {{type: local, seed: inventory.json}}
  defaults: {{country: US, policy: {MASTER}}}
  unlisted_users: ignore
  limits: {{suspend: 5, unassign: 2%, downgrade: 5%, delete: 0}}
  offboarding: {{unassign_after: 7d, delete_after: 90d}}
"""


def _site(branch: Branch) -> dict[str, str]:
    return {
        "service_address": branch.slug,
        "pbx": branch.pbx,
        "locale": branch.locale,
        "timezone": branch.timezone,
    }


def _places() -> str:
    addresses = "\n".join(f"  {b.slug}: {flow(b.address)}" for b in BRANCHES)
    sites = "\n".join(f"  {b.site}: {flow(_site(b))}" for b in BRANCHES)
    return f"{_head(1)}service_addresses:\n{addresses}\n\nsites:\n{sites}\n"


def _licenses(pairs: list[Pair]) -> str:
    owned = holdings([b for b, _ in pairs]) + Counter(spares(pairs))
    rows = []
    for (kind, country), quantity in sorted(
        owned.items(), key=lambda row: (row[0][1] != "US", row[0][1], row[0][0])
    ):
        entry: dict[str, Any] = {"type": kind, "country": country, "quantity": quantity}
        if (kind, country) == ("x2", "US"):
            entry["unassigned_address"] = {"austin": 1, "chicago": 1}
        entry["price"] = {"amount": f"{PRICES[kind]}.00", "currency": CURRENCIES[country]}
        rows.append(f"  - {flow(entry)}")
    return f"{_head(1)}licenses:\n" + "\n".join(rows) + "\n"


def _policies() -> str:
    policies = "\n".join(
        f"  {name}: {flow({'settings': settings})}" for name, settings in POLICIES.items()
    )
    templates = "\n".join(
        f"  {d.slug}: "
        + flow(
            {
                "status": "active",
                "department": d.name,
                "policy": d.policy or MASTER,
                "licenses": list(d.licenses),
            }
        )
        for d in DEPARTMENTS
    )
    return f"{_head(1)}policies:\n{policies}\n\ntemplates:\n{templates}\n"


def _user(person: Person, department: Department) -> str:
    """A user's entry: the keys that the department's template lacks."""
    extra = dict(person.extra)
    own: dict[str, Any] = {"template": department.slug}
    if "previously" in extra:
        own["previously"] = extra.pop("previously")
    own |= {"first_name": person.first, "last_name": person.last}
    if "previously" in own:
        own["email"] = person.name
    if not person.active:
        own["status"] = "inactive"
    own |= {"site": person.site, "job_title": person.title, **extra}
    lines = [f"  {person.name}:", f"    {flow(own)}"]
    licenses = _license_entries(person, department)
    if licenses is None:
        return "\n".join(lines)
    lines[1:] = [f"    {key}: {scalar(value)}" for key, value in own.items()]
    if not licenses:
        return "\n".join([*lines, "    licenses: []"])
    return "\n".join([*lines, "    licenses:", *(f"      - {flow(entry)}" for entry in licenses)])


def _license_entries(person: Person, department: Department) -> list[Any] | None:
    """The licenses in a user's own entry, or None if the template suffices."""
    in_full = department.name == "Contact Centre" or person.features not in (
        {},
        {"analytics": "essentials"},
    )
    if person.licenses == department.licenses and not in_full:
        return None
    entries: list[Any] = [{"type": kind} for kind in person.licenses]
    if entries and in_full:
        entries[0] |= _extension(person, 0)
    return entries


def flow(value: Any) -> str:
    """A value in YAML's flow style."""
    if isinstance(value, dict):
        if list(value) == ["type"]:
            return scalar(value["type"])
        return "{" + ", ".join(f"{k}: {flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(v) for v in value) + "]"
    return scalar(value)


def scalar(value: Any) -> str:
    """A scalar, quoted if it would not be text otherwise."""
    if not isinstance(value, str):
        return json.dumps(value)
    plain = value == MASTER or re.fullmatch(r"[A-Za-z][\w .@/-]*|\d{4}-\d\d-\d\d", value)
    return value if plain else json.dumps(value)


def _records(document: dict[str, Any]) -> str:
    """JSON with one record per line, so that changing a record changes one line."""
    parts = []
    for key, value in document.items():
        if isinstance(value, dict):
            rows = ",\n".join(
                f"    {json.dumps(name)}: {json.dumps(record)}" for name, record in value.items()
            )
            parts.append(f"  {json.dumps(key)}: {{\n{rows}\n  }}")
        else:
            parts.append(f"  {json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def generate(root: Path) -> None:
    """Write the account into a directory."""
    for path, text in files(story(staff(random.Random(SEED)))):
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("directory", type=Path, nargs="?", default=HERE / "accounts" / "globex")
    generate(parser.parse_args().directory)
