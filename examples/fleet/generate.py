"""Generates a fleet: accounts on the sandbox in `customers/`, and the `fleet.yaml` that names them.

Each account has a story of its own: a hire, a leaver, nobody, too few licenses. The same arguments
give the same bytes. Usage: `python generate.py DIRECTORY [ACCOUNTS [USERS]]`.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

FIRST = ["Ada", "Ben", "Cora", "Dan", "Eve", "Finn", "Gina", "Hugo", "Ines", "Jonas", "Kai", "Lena"]
LAST = ["Ward", "Cole", "Pike", "Holt", "Lang", "Ross", "Wolf", "Marsh", "Stone", "Dunn"]
MASTER = "8x8 Master User Template"
PRICES = {"x2": 24, "x4": 28}
SITES = {
    "Austin": {"street_number": "500", "street_name": "W 2nd St", "city": "Austin", "state": "TX",
               "postal": "78701", "country": "US"},
    "Dallas": {"street_number": "2100", "street_name": "Ross Ave", "city": "Dallas", "state": "TX",
               "postal": "75201", "country": "US"},
}  # fmt: skip
"""The sites by name, with their service addresses."""


@dataclass(frozen=True)
class Person:
    """One person at one time; `license` is empty for a contact."""

    number: int
    site: str = "Austin"
    license: str = "x2"
    title: str = "Planner"
    active: bool = True

    @property
    def first(self) -> str:
        """The first name."""
        return FIRST[self.number % len(FIRST)]

    @property
    def last(self) -> str:
        """The last name; from the 121st person on with a number that tells namesakes apart."""
        last, again = self.number // len(FIRST) % len(LAST), self.number // len(FIRST) // len(LAST)
        return f"{LAST[last]}{again or ''}"

    def email(self, account: str) -> str:
        """The address, which is also the user's name."""
        return f"{self.first}.{self.last}@{account}.example".lower()


Staff = list[Person]
Story = Callable[[Staff], tuple[Staff, Staff, int]]
"""Gives the people before and after, and how many unassigned X2 there are."""


def _with(staff: Staff, position: int, person: Person) -> Staff:
    return [*staff[:position], person, *staff[position + 1 :]]


def _changed(position: int, spare: int = 1, **change: Any) -> Story:
    def story(staff: Staff) -> tuple[Staff, Staff, int]:
        return staff, _with(staff, position, replace(staff[position], **change)), spare

    return story


def _hired(count: int, spare: int) -> Story:
    def story(staff: Staff) -> tuple[Staff, Staff, int]:
        return staff[:-count], staff, spare

    return story


def _nothing(staff: Staff) -> tuple[Staff, Staff, int]:
    return staff, staff, 1


def _left(count: int) -> Story:
    def story(staff: Staff) -> tuple[Staff, Staff, int]:
        return staff, [replace(p, active=i >= count) for i, p in enumerate(staff)], 1

    return story


STORIES: dict[str, Story] = {
    "alder": _changed(1, license="x4"),
    "birch": _hired(1, spare=1),
    "cedar": _nothing,
    "elm": _left(1),
    "fir": _changed(0, license="x2"),
    "hazel": _changed(2, title="Head of Planning"),
    "juniper": _hired(2, spare=1),  # short by one license: refused
    "larch": _changed(3, title="Dispatcher"),
    "maple": _changed(4, site="Dallas"),
    "oak": _left(3),  # more than the fleet's limit lets suspend: refused
    "pine": _nothing,
    "willow": _hired(1, spare=2),
}  # fmt: skip


def account_files(account: str, story: Story, users: int) -> Iterator[tuple[str, str]]:
    """Every file of one account, as path and text."""
    staff = [Person(n, license="x4" if n == 0 else "x2") for n in range(users)]
    before, after, spare = story(staff)
    held, wanted = (Counter(p.license for p in people) for people in (before, after))
    owned = held + Counter({"x2": spare, "x4": max(0, wanted["x4"] - held["x4"])})
    yield "account.yaml", _account(account, owned)
    yield "people.yaml", "users:\n" + "".join(_user(account, person) for person in after)
    yield "inventory.json", json.dumps(_inventory(account, before, owned), indent=1) + "\n"


def _account(account: str, owned: Counter[str]) -> str:
    addresses = "".join(
        f"  {site.lower()}: {{{', '.join(f'{k}: {json.dumps(v)}' for k, v in address.items())}}}\n"
        for site, address in SITES.items()
    )
    sites = "".join(f"  {site}: {{service_address: {site.lower()}}}\n" for site in SITES)
    licenses = "".join(
        f"  - {{type: {kind}, quantity: {count}, "
        f'price: {{amount: "{PRICES[kind]}.00", currency: USD}}}}\n'
        for kind, count in sorted(owned.items())
    )
    return f"""account:
  name: {account}
  identity: example-{account}     # the same on every machine
  backend: {{type: local, seed: inventory.json}}
  defaults: {{country: US, policy: {MASTER}}}
  unlisted_users: ignore
  limits: {{suspend: 5, unassign: 5, delete: 0}}

service_addresses:
{addresses}
sites:
{sites}
licenses:
{licenses}"""


def _user(account: str, person: Person) -> str:
    status = "active" if person.active else "inactive"
    return (
        f"  {person.email(account)}: {{first_name: {person.first}, last_name: {person.last}, "
        f"status: {status}, site: {person.site}, job_title: {person.title}, "
        f"licenses: [{person.license}]}}\n"
    )


def _inventory(account: str, staff: Staff, owned: Counter[str]) -> dict[str, object]:
    units: dict[str, dict[str, str]] = {}
    users: dict[str, dict[str, object]] = {}
    unit = {"country": "US", "service_address": "A1"}
    for person in staff:
        name, license_id = person.email(account), f"L{len(units) + 1:04}"
        units[license_id] = {"type": person.license, **unit, "status": "assigned", "user": name}
        users[name] = {
            "id": f"U{len(users) + 1:04}", "first_name": person.first, "last_name": person.last,
            "email": name, "status": "active", "site": person.site, "job_title": person.title,
            "policy": MASTER,
            "services": [{"license": license_id,
                          "extension": {"number": str(1001 + person.number)}}],
        }  # fmt: skip
    for kind, count in sorted((owned - Counter(p.license for p in staff)).items()):
        for _ in range(count):
            units[f"L{len(units) + 1:04}"] = {"type": kind, **unit, "status": "unassigned"}
    return {
        "format_version": "1",
        "account": account,
        "identity": f"example-{account}",
        "as_of": "2026-11-24T00:00:00Z",
        "service_addresses": {f"A{i}": address for i, address in enumerate(SITES.values(), 1)},
        "sites": {
            site: {"service_address": f"A{i}", "pbx": f"{account}1"}
            for i, site in enumerate(SITES, 1)
        },
        "policies": {MASTER: {"settings": {}}},
        "licenses": units,
        "users": users,
    }


def fleet_file(names: list[str]) -> str:
    """The fleet: the first account goes first, in a wave of its own; `larch` is only planned."""
    exceptions = (
        f"    customers/{names[0]}: {{labels: {{tier: gold, wave: 1}}, drift: {{every: 1h}}}}\n"
    )
    if len(names) > 1:
        exceptions += f"    customers/{names[1]}: {{labels: {{wave: 1}}}}\n"
    if "larch" in names:
        exceptions += (
            "    customers/larch: {mode: plan-only}            # leaves at the end of the year\n"
        )
    return f"""fleet:
  name: northwind
  min_accounts: {len(names)}
  accounts:                                          # later entries win
    customers/*:
      labels: {{tier: standard, wave: 2}}
      limits: {{delete: 0, suspend: 2}}
      drift: {{every: 6h}}
{exceptions}  concurrency: {{accounts: 4}}
  apply: {{waves: [1, 2], stop_after_failed: 3}}
"""


def generate(root: Path, accounts: int = len(STORIES), users: int = 6) -> None:
    """Write a fleet into a directory."""
    stories = list(STORIES.values())
    names = [f"customer-{n:05}" for n in range(accounts)]
    if accounts == len(STORIES):
        names = list(STORIES)
    for number, name in enumerate(names):
        for path, text in account_files(name, stories[number % len(stories)], users):
            target = root / "customers" / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
    (root / "fleet.yaml").write_text(fleet_file(names), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("accounts", type=int, nargs="?")
    parser.add_argument("users", type=int, nargs="?")
    chosen = vars(parser.parse_args())
    generate(chosen.pop("directory"), **{k: v for k, v in chosen.items() if v is not None})
