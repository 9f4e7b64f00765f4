"""Writes an account directory of any size: 12 or 13 lines of YAML a user, and the inventory before the change.

`python bench/generate.py DIR --users 10000 --files 100 --changed 0.01 --seed 1`: same numbers, same bytes.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path
from typing import Any

SITES = {
    "New York": ("A1", "new-york", ("7", "W 34th St", "New York", "NY", "10001")),
    "Seattle": ("A2", "seattle", ("500", "Pine St", "Seattle", "WA", "98101")),
    "Denver": ("A3", "denver", ("1600", "Glenarm Pl", "Denver", "CO", "80202")),
}
TYPES = ("x2", "x4")
TITLES = ("Account Executive", "Engineer", "Dispatcher", "Accountant")
DEPARTMENTS = ("Sales", "Engineering", "Operations", "Finance")
CHANGES = ("title", "licenses", "suspend", "forwarding")
POLICY = "8x8 Master User Template"
AREAS = [area for area in range(201, 990) if area % 100 != 11]  # NPA codes; 555-01xx of each is kept for fiction


def address(fields: tuple[str, ...]) -> dict[str, str]:
    """The record of a service address."""
    names = ("street_number", "street_name", "city", "state", "postal", "country")
    return dict(zip(names, (*fields, "US"), strict=True))


def person(rng: random.Random, index: int) -> dict[str, Any]:
    """One user as the inventory has it, without its license unit."""
    area, line = divmod(index, 100)
    return {
        "name": f"user{index:06}@bench.example",
        "first_name": f"First{chr(97 + index % 26)}",
        "last_name": f"Last{chr(97 + index // 26 % 26)}",
        "site": rng.choice(list(SITES)),
        "job_title": rng.choice(TITLES),
        "department": rng.choice(DEPARTMENTS),
        "status": "active",
        "type": rng.choice(TYPES),
        "number": str(100000 + index),
        "phone": f"+1{AREAS[area]}55501{line:02}" if area < len(AREAS) else None,
        "forward": "always",
    }


def changed(rng: random.Random, before: dict[str, Any]) -> dict[str, Any]:
    """The same user with one thing changed."""
    what = rng.choice(CHANGES)
    if what == "title":
        return before | {"job_title": "Team Lead"}
    if what == "licenses":
        return before | {"type": TYPES[before["type"] == TYPES[0]]}
    if what == "suspend":
        return before | {"status": "inactive"}
    return before | {"forward": "busy"}


def user_yaml(user: dict[str, Any]) -> str:
    """The user's entry."""
    phones = f'["{user["phone"]}"]' if user["phone"] else "[]"
    status = "    status: inactive\n" if user["status"] == "inactive" else ""
    return f"""\
  {user["name"]}:
{status}    first_name: {user["first_name"]}
    last_name: {user["last_name"]}
    email: {user["name"]}
    site: {user["site"]}
    department: {user["department"]}
    job_title: {user["job_title"]}
    licenses:
      - type: {user["type"]}
        extension:
          number: "{user["number"]}"
          phone_numbers: {phones}
          call_forwarding: [{{when: {user["forward"]}, to: "1000"}}]
"""


def inventory(users: list[dict[str, Any]], spare: int) -> dict[str, Any]:
    """The inventory document that holds these users and some unassigned units of each type."""
    units: dict[str, Any] = {}
    records: dict[str, Any] = {}
    for index, user in enumerate(users):
        unit, home = f"L{index:06}", SITES[user["site"]][0]
        units[unit] = {"type": user["type"], "country": "US", "service_address": home, "status": "assigned",
                       "user": user["name"]}  # fmt: skip
        extension = {"number": user["number"], "call_forwarding": [{"when": user["forward"], "to": "1000"}]}
        if user["phone"]:
            extension["phone_numbers"] = [user["phone"]]
        records[user["name"]] = {
            "id": f"U{index}", "first_name": user["first_name"], "last_name": user["last_name"], "email": user["name"],
            "status": "active", "site": user["site"], "job_title": user["job_title"], "department": user["department"],
            "policy": POLICY,
            "services": [{"license": unit, "extension": extension}],
        }  # fmt: skip
    for kind in TYPES:
        units |= {
            f"S{kind}{i:05}": {"type": kind, "country": "US", "service_address": "A1", "status": "unassigned"}
            for i in range(spare)
        }
    return {
        "format_version": "1", "account": "bench", "as_of": "2026-11-24T00:00:00Z",
        "service_addresses": {home: address(fields) for home, _, fields in SITES.values()},
        "sites": {name: {"service_address": home, "pbx": "bench01"} for name, (home, _, _) in SITES.items()},
        "policies": {POLICY: {"settings": {}}},
        "licenses": units, "users": records,
    }  # fmt: skip


def account_yaml() -> str:
    """The account and its places."""
    addresses = "\n".join(f"  {slug}: {json.dumps(address(fields))}" for _, slug, fields in SITES.values())
    sites = "\n".join(f"  {name}: {{service_address: {slug}}}" for name, (_, slug, _) in SITES.items())
    return f"""\
account:
  name: bench
  backend: {{type: local, seed: inventory.json}}
  limits: {{suspend: 100%, downgrade: 100%}}
service_addresses:
{addresses}
sites:
{sites}
"""


def generate(root: Path, users: int, files: int, share: float, seed: int) -> None:
    """Write the account: the YAML after the change, the inventory before it."""
    rng = random.Random(seed)
    before = [person(rng, index) for index in range(users)]
    moving = set(rng.sample(range(users), round(users * share)))
    after = [changed(rng, user) if index in moving else user for index, user in enumerate(before)]
    (root / "users").mkdir(parents=True, exist_ok=True)
    (root / "account.yaml").write_text(account_yaml())
    (root / "inventory.json").write_text(json.dumps(inventory(before, len(moving) + 1)))
    size = -(-users // files)
    for number in range(files):
        part = "".join(user_yaml(user) for user in after[number * size : (number + 1) * size])
        if part:
            (root / "users" / f"part-{number:04}.yaml").write_text(f"users:\n{part}")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--files", type=int, default=100)
    parser.add_argument("--changed", type=float, default=0.01, help="share of the users that something happens to")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    generate(options.directory, options.users, options.files, options.changed, options.seed)


if __name__ == "__main__":
    main()
