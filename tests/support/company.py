"""The made-up company Vandelay: 400 users in three countries, as 8x8's console would hold them.

Nothing here is random. The company lives in the embedded console, which stands for the real 8x8:
`company_exports` writes what an administrator would download from it, and `company_edits` does to
the files what the people of the company want.
"""

from __future__ import annotations

import base64
import hashlib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from licsync.model.desired import DEFAULT_POLICY
from tests.support.accounts import inventory_document, unit, user

DOMAIN = "vandelay.example"
AS_OF = "2026-11-24T09:00:00Z"
Doc = dict[str, Any]


@dataclass(frozen=True)
class Branch:
    """A site: its address, its PBX, and how many people work there.

    Attributes:
        phones: phone numbers that the regulator reserves for fiction, and how many there are.
    """

    site: str
    pbx: str
    locale: str
    timezone: str
    people: int
    phones: tuple[str, int]
    address: dict[str, str]

    @property
    def country(self) -> str:
        """The country of the address."""
        return self.address["country"]


def _place(number: str, street: str, city: str, state: str, postal: str, country: str) -> Doc:
    keys = ("street_number", "street_name", "city", "state", "postal", "country")
    cells = (number, street, city, state, postal, country)
    return {key: cell for key, cell in zip(keys, cells, strict=True) if cell}


BRANCHES = (
    Branch("Boston", "vandelay-us", "en-US", "America/New_York", 150, ("+161755501{:02}", 100),
           _place("1", "Beacon St", "Boston", "MA", "02108", "US")),
    Branch("Denver", "vandelay-us", "en-US", "America/Denver", 72, ("+130355501{:02}", 100),
           _place("1700", "Lincoln St", "Denver", "CO", "80203", "US")),
    Branch("Tampa", "vandelay-cc", "en-US", "America/New_York", 48, ("+181355501{:02}", 100),
           _place("401", "E Jackson St", "Tampa", "FL", "33602", "US")),
    Branch("Leeds", "vandelay-gb", "en-GB", "Europe/London", 58, ("+441134960{:03}", 1000),
           _place("7", "Park Row", "Leeds", "", "LS1 5HD", "GB")),
    Branch("London", "vandelay-gb", "en-GB", "Europe/London", 32, ("+442079460{:03}", 1000),
           _place("25", "Finsbury Circus", "London", "", "EC2M 7EE", "GB")),
    Branch("München", "vandelay-de", "de-DE", "Europe/Berlin", 40, ("+498999998{:03}", 1000),
           _place("12", "Leopoldstr.", "München", "", "80802", "DE")),
)  # fmt: skip

FIRST = {
    "US": "Ada Bo Carla Dan Eve Frank Grace Hugo Iris Jack Kim Leo Mia Noah Olga Paul Quinn Rosa"
    " Sam Tess",
    "GB": "Amelia Bram Chloë Dylan Esmé Fergus Gwen Harry Isla Jude Keira Liam Maeve Nia Oscar"
    " Poppy Rhys Seán Tilly Zoë",
    "DE": "Anna Björn Clara Dörte Emil Frieda Götz Heike Ingo Jörg Käthe Lukas Mareike Nils Ole"
    " Petra Ralf Sönke Tanja Ursula",
}
LAST = {
    "US": "Adams Baker Clark Diaz Evans Flores Garcia Hall Ingram Jones King Lopez Moore Nguyen"
    " Ortiz Perez Quigley Reed Smith Turner Upton Vance Walsh",
    "GB": "Ashworth Bell Cooper Dixon Ellis Fraser Gill Hughes Irving James Khan Lloyd Mason"
    " Newton O'Brien Patel Quayle Roberts Shah Taylor Underhill Vaughan Wright",
    "DE": "Albrecht Böhm Conrad Dietz Engel Förster Groß Huber Imhof Jäger Krüger Lang Müller Noll"
    " Ott Pfeiffer Quast Richter Schäfer Thoma Ulrich Vogt Weiß",
}
NAMESAKES = {40: ("James", "Taylor"), 300: ("James", "Taylor")}
"""Two people with one name, in Boston and in Leeds, as every company has."""

DEPARTMENTS = (
    ("Sales", "x4", ("Account Executive", "Sales Engineer")),
    ("Engineering", "x2", ("Engineer", "Technician")),
    ("Operations", "x2", ("Dispatcher", "Planner", "Shift Lead")),
    ("Finance", "x3", ("Accountant", "Payroll Clerk")),
    ("Engineering", "x2", ("Engineer", "Senior Engineer")),
)
UNASSIGNED = (
    ("x2", "US", 20, "Boston"), ("x2", "US", 3, "Tampa"), ("x4", "US", 14, "Boston"),
    ("x3", "US", 2, "Boston"), ("x6", "US", 3, "Tampa"), ("lobby", "US", 1, "Boston"),
    ("x2", "GB", 5, "London"), ("x4", "GB", 4, "Leeds"), ("x2", "DE", 4, "München"),
    ("x4", "DE", 2, "München"), ("local-number", "US", 4, "Boston"),
    ("local-number", "GB", 2, "Leeds"), ("local-number", "DE", 1, "München"),
)  # fmt: skip
REMOVED = (
    ("x2", "US", "Boston", "2026-11-10T00:00:00Z"),
    ("x2", "US", "Boston", "2026-11-12T00:00:00Z"),
    ("x4", "GB", "Leeds", "2026-10-01T00:00:00Z"),
)
HOLDERS = (
    ("ring_group", "Boston Reception", "US", "Boston", "8000", "+16175550199"),
    ("ring_group", "Leeds Reception", "GB", "Leeds", "8001", "+441134960999"),
    ("call_queue", "Tampa Support", "US", "Tampa", "8002", "+18135550199"),
    ("auto_attendant", "Hauptmenü", "DE", "München", "8003", "+498999998999"),
)


def _id(*parts: object) -> str:
    """Give an id of the console's form: 22 characters, always the same for the same parts."""
    whole = hashlib.md5("/".join(map(str, parts)).encode(), usedforsecurity=False).digest()
    return base64.urlsafe_b64encode(whole).decode().rstrip("=")


def _nth(names: str, number: int) -> str:
    """Take a name from a list; 20 first and 23 last names make 460 people."""
    found = names.split()
    return found[number % len(found)]


def _login(first: str, last: str) -> str:
    spelled = f"{first}.{last}".casefold()
    for letter, plain in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("'", "")):
        spelled = spelled.replace(letter, plain)
    spelled = unicodedata.normalize("NFKD", spelled)
    return f"{''.join(c for c in spelled if c.isascii())}@{DOMAIN}"


@dataclass
class _Account:
    units: dict[str, Doc] = field(default_factory=dict)
    users: dict[str, Doc] = field(default_factory=dict)

    def unit(self, kind: str, country: str, site: str, **more: object) -> str:
        unit_id = _id("unit", len(self.units))
        self.units[unit_id] = unit(kind, _id("address", site), country, **more)
        return unit_id

    def service(self, name: str, kind: str, branch: Branch, extension: Doc | None = None) -> Doc:
        """Give a user a license; that of an inactive user is suspended."""
        is_active = self.users[name]["status"] == "active"
        since = {"reason": "user_inactive", "at": "2026-10-15T08:30:00Z"}
        state = {} if is_active else {"suspended": since}
        unit_id = self.unit(kind, branch.country, branch.site, **state)
        return {"license": unit_id} | ({"extension": extension} if extension else {})


def company() -> Doc:
    """Make the inventory document of the company."""
    account = _Account()
    for number, (branch, at) in enumerate(_seats()):
        _hire(account, number, branch, at)
    for kind, country, count, site in UNASSIGNED:
        for _ in range(count):
            account.unit(kind, country, site)
    for kind, country, site, instant in REMOVED:
        account.unit(kind, country, site, removed=instant)
    holders: list[Doc] = []
    for kind, name, country, site, extension, phone in HOLDERS:
        holder = {"kind": kind, "name": name}
        account.unit("local-number", country, site, status="assigned", holder=holder)
        holders.append(holder | {"extension": extension, "phone_numbers": [phone]})
    return inventory_document(
        account.units,
        account.users,
        account="vandelay",
        as_of=AS_OF,
        service_addresses={_id("address", b.site): b.address for b in BRANCHES},
        sites={
            b.site: {
                "service_address": _id("address", b.site),
                "pbx": b.pbx,
                "locale": b.locale,
                "timezone": b.timezone,
            }
            for b in BRANCHES
        },
        policies={
            DEFAULT_POLICY: {"settings": {}},
            "Sales": {"settings": {"disable_call_recording_delete": True}},
            "Contact Center": {"settings": {"disable_virtual_meetings": True}},
        },
        holders=holders,
    )


def _seats() -> Iterator[tuple[Branch, int]]:
    for branch in BRANCHES:
        for at in range(branch.people):
            yield branch, at


def _hire(account: _Account, number: int, branch: Branch, at: int) -> None:
    """Add a person, or a shared desk phone: the last two seats of each branch but Tampa."""
    if branch.site != "Tampa" and at >= branch.people - 2:
        _add_shared_phone(account, number, branch, branch.people - at)
        return
    first, last = NAMESAKES.get(
        number, (_nth(FIRST[branch.country], number), _nth(LAST[branch.country], number))
    )
    name = _login(first, last)
    name = name.replace("@", "2@") if name in account.users else name
    department, kind, titles = DEPARTMENTS[number % 5]
    if branch.site == "Tampa":
        department, kind, titles = "Support", "x6", ("Agent", "Senior Agent")
    policies = {"Sales": "Sales", "Support": "Contact Center"}
    account.users[name] = user(
        id=_id("user", number),
        first_name=first,
        last_name=last,
        email=name,
        status="active" if number % 45 != 7 else "inactive",
        site=branch.site,
        job_title=titles[number % len(titles)],
        department=department,
        policy=policies.get(department, DEFAULT_POLICY),
        ring_groups=[f"{branch.site} Reception"] if _is_receptionist(branch, at) else [],
        call_queues=[],
    )
    if number % 41 != 11:  # the others are contacts
        account.users[name]["services"] = list(_services(account, number, branch, at, name, kind))


def _is_receptionist(branch: Branch, at: int) -> bool:
    return at < 3 and branch.site in ("Boston", "Leeds")


def _services(
    account: _Account, number: int, branch: Branch, at: int, name: str, kind: str
) -> Iterator[Doc]:
    pattern, most = branch.phones
    extension: Doc = {"number": str(1000 + number)}
    has_second = kind == "x4" and number % 25 == 0 and at + 70 < most
    if at < min(most, 70):
        extension["phone_numbers"] = [pattern.format(at)]
        if has_second:
            extension["phone_numbers"].append(pattern.format(at + 70))
    if kind == "x4" and number % 3 == 0:
        extension["features"] = {"analytics": "supervisor", "switchboard_pro": True}
    if number % 7 == 3:
        extension["call_forwarding"] = [{"when": "no_answer", "to": "8000", "after_seconds": 20}]
    if kind == "x6" and at % 8 == 5:
        yield account.service(name, "vo-editions", branch, extension)
        yield account.service(name, "vcc-agent", branch, {"number": str(6000 + at)})
        return
    yield account.service(name, kind, branch, extension)
    if has_second and "phone_numbers" in extension:
        yield account.service(name, "local-number", branch)
    if kind == "x3" and branch.country == "US":
        yield account.service(name, "uc-cold-storage", branch)


def _add_shared_phone(account: _Account, number: int, branch: Branch, at: int) -> None:
    place = unicodedata.normalize("NFKD", branch.site).encode("ascii", "ignore").decode().lower()
    name = f"phone{at}.{place}@{DOMAIN}"
    account.users[name] = user(
        id=_id("user", number),
        first_name=f"Lobby Phone {at}",
        last_name=branch.site,
        email=name,
        site=branch.site,
        department="Facilities",
        ring_groups=[],
        call_queues=[],
    )
    device = {"model": "Poly Edge E350", "mac_address": f"0a1b2c{number:06x}"}
    extension = {"number": str(1000 + number), "devices": [device]}
    account.users[name]["services"] = [account.service(name, "lobby", branch, extension)]
