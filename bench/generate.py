"""Writes an account directory of any size: 12 or 13 lines of YAML a user, and the inventory before
the change.

`python -m bench.generate DIR --users 10000 --files 100 --changed 0.01 --seed 1`: same numbers, same
bytes. The users before the change depend on the seed alone, so `--changed 0` writes what another
share changes.

With `--hands 12` twelve people and programs write the users, each in a form of its own
(`bench.hands`), and users have one to three licenses and texts beyond ASCII.

With `--migrate` everybody changes instead: whoever has an X2 is to have an X4, and the reverse. One
user in five sits where no unit is spare, so these can only swap, in rings: 10,000 swaps among
100,000 users. Everywhere else there are spare units, 5,000 of them, with which chains begin: each
user gets what somebody before it gave up.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from bench.hands import make_hands, write_file
from licsync.model.dialing_codes import is_abroad

SITES = {
    "New York": ("A1", "new-york", ("7", "W 34th St", "New York", "NY", "10001")),
    "Seattle": ("A2", "seattle", ("500", "Pine St", "Seattle", "WA", "98101")),
    "Denver": ("A3", "denver", ("1600", "Glenarm Pl", "Denver", "CO", "80202")),
}
TYPES = ("x2", "x4")
TITLES = ("Account Executive", "Engineer", "Dispatcher", "Accountant")
DEPARTMENTS = ("Sales", "Engineering", "Operations", "Finance")
MIXED_TITLES = (*TITLES, "Geschäftsführer", "Ingénieur réseau", "Señor Técnico")
MIXED_DEPARTMENTS = (*DEPARTMENTS, "R&D – Nord")
FURTHER = ((), (), (), ("vcc-agent",), ("uc-cold-storage",), ("vcc-agent", "uc-cold-storage"))
"""Licenses beside the first one, of accounts that several hands write."""
CHANGES = ("title", "licenses", "suspend", "forwarding")
POLICY = "8x8 Master User Template"
SWAPPING = "Denver"
SWAPS, SPARE = 0.1, 0.05
"""Of a migration: swaps at the site without a spare unit, and spare units elsewhere, as shares of
the users.
"""
AREAS = [
    area for area in range(201, 990) if area % 100 != 11 and not is_abroad(f"+1{area}5550100", "US")
]


def address(fields: tuple[str, ...]) -> dict[str, str]:
    """The record of a service address."""
    names = ("street_number", "street_name", "city", "state", "postal", "country")
    return dict(zip(names, (*fields, "US"), strict=True))


def person(rng: random.Random, index: int, *, is_mixed: bool = False) -> dict[str, Any]:
    """One user as the inventory has it, without its license units."""
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
        "further": (),
    } | (mixed(random.Random(index)) if is_mixed else {})


def mixed(rng: random.Random) -> dict[str, Any]:
    """What differs in an account that several hands write."""
    return {
        "job_title": rng.choice(MIXED_TITLES),
        "department": rng.choice(MIXED_DEPARTMENTS),
        "further": rng.choice(FURTHER),
    }


def changed(rng: random.Random, before: dict[str, Any]) -> dict[str, Any]:
    """The same user with one thing changed."""
    what = rng.choice(CHANGES)
    if what == "title":
        return before | {"job_title": "Team Lead"}
    if what == "licenses":
        return before | {"type": other(before["type"])}
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


def declared(user: dict[str, Any]) -> dict[str, Any]:
    """What the files say of a user, with its name."""
    extension = {
        "number": user["number"],
        "phone_numbers": [user["phone"]] if user["phone"] else [],
        "call_forwarding": [{"when": user["forward"], "to": "1000"}],
    }
    further = [{"type": kind} for kind in user["further"]]
    status = {"status": "inactive"} if user["status"] == "inactive" else {}
    texts = ("first_name", "last_name", "site", "department", "job_title")
    return {
        "name": user["name"], "email": user["name"], **status,
        **{key: user[key] for key in texts},
        "licenses": [{"type": user["type"], "extension": extension}, *further],
    }  # fmt: skip


def other(kind: str) -> str:
    """The other one of the two types."""
    return TYPES[kind == TYPES[0]]


def some_changed(
    before: list[dict[str, Any]], share: float, seed: int
) -> tuple[list[dict[str, Any]], dict[str, dict[str, Any]]]:
    """Change a share of the users; give the users and units that are spare."""
    # its own, so that the share makes no difference to who the users are
    rng = random.Random(f"changes {seed}")
    moving = set(rng.sample(range(len(before)), round(len(before) * share)))
    after = [changed(rng, user) if index in moving else user for index, user in enumerate(before)]
    return after, dict(spare_units(len(TYPES) * (len(moving) + 1), ["New York"]))


def migrated(
    before: list[dict[str, Any]], seed: int
) -> tuple[list[dict[str, Any]], dict[str, dict[str, Any]]]:
    """Place everybody for a migration, in `before` too; give the users after it and units that are
    spare.
    """
    rng = random.Random(f"migration {seed}")
    elsewhere = [name for name in SITES if name != SWAPPING]
    swapping = 2 * round(len(before) * SWAPS)
    order = list(range(len(before)))
    rng.shuffle(order)
    for place, index in enumerate(order):
        site = SWAPPING if place < swapping else rng.choice(elsewhere)
        # as many of each type as of the other
        before[index] |= {"site": site, "type": TYPES[place % 2]}
    after = [user | {"type": other(user["type"])} for user in before]
    return after, dict(spare_units(round(len(before) * SPARE), elsewhere))


def spare_units(count: int, sites: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Unassigned units, of both types and at these sites in turn."""
    for i in range(count):
        kind, site = TYPES[i % 2], sites[i // 2 % len(sites)]
        yield f"S{kind}{i // 2:05}", {
            "type": kind, "country": "US", "service_address": SITES[site][0],
            "status": "unassigned",
        }  # fmt: skip


def units(users: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The units that users hold, as the inventory has them."""
    for index, user in enumerate(users):
        for number, kind in enumerate((user["type"], *user["further"])):
            yield unit_id(index, number), {
                "type": kind, "country": "US", "service_address": SITES[user["site"]][0],
                "status": "assigned", "user": user["name"],
            }  # fmt: skip


def unit_id(index: int, number: int) -> str:
    """Name the units of a user: the first, and those beside it."""
    return f"L{index:06}" + (f"-{number}" if number else "")


def records(users: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The users, as the inventory has them."""
    for index, user in enumerate(users):
        extension = {
            "number": user["number"],
            "call_forwarding": [{"when": user["forward"], "to": "1000"}],
        }
        if user["phone"]:
            extension["phone_numbers"] = [user["phone"]]
        yield user["name"], {
            "id": f"U{index}", "first_name": user["first_name"], "last_name": user["last_name"],
            "email": user["name"], "status": "active", "site": user["site"],
            "job_title": user["job_title"], "department": user["department"],
            "policy": POLICY,
            "services": [
                {"license": unit_id(index, 0), "extension": extension},
                *({"license": unit_id(index, n)} for n, _ in enumerate(user["further"], 1)),
            ],
        }  # fmt: skip


def inventory_head() -> dict[str, Any]:
    """The inventory document but for its licenses and users."""
    return {
        "format_version": "1", "account": "bench", "as_of": "2026-11-24T00:00:00Z",
        "service_addresses": {home: address(fields) for home, _, fields in SITES.values()},
        "sites": {
            name: {"service_address": home, "pbx": "bench01"}
            for name, (home, _, _) in SITES.items()
        },
        "policies": {POLICY: {"settings": {}}},
    }  # fmt: skip


def inventory(users: list[dict[str, Any]], spare: int) -> dict[str, Any]:
    """The inventory document that holds these users and some unassigned units of each type."""
    licenses = chain(units(users), spare_units(len(TYPES) * spare, ["New York"]))
    return {**inventory_head(), "licenses": dict(licenses), "users": dict(records(users))}


def write_inventory(
    path: Path, users: list[dict[str, Any]], spare: dict[str, dict[str, Any]]
) -> None:
    """Write the inventory document that holds these users, record by record: a million take too
    much memory as one.
    """
    with path.open("w", encoding="utf-8") as stream:
        stream.write(json.dumps(inventory_head())[:-1])
        for section, content in (
            ("licenses", chain(units(users), spare.items())),
            ("users", records(users)),
        ):
            stream.write(f', "{section}": {{')
            stream.writelines(members(content))
            stream.write("}")
        stream.write("}\n")


def members(content: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[str]:
    """Names and records as what stands within the braces of a JSON object."""
    for index, (name, record) in enumerate(content):
        yield f"{', ' if index else ''}{json.dumps(name)}: {json.dumps(record)}"


def account_yaml() -> str:
    """The account and its places."""
    addresses = "\n".join(
        f"  {slug}: {json.dumps(address(fields))}" for _, slug, fields in SITES.values()
    )
    sites = "\n".join(
        f"  {name}: {{service_address: {slug}}}" for name, (_, slug, _) in SITES.items()
    )
    templates = "\n".join(f"  {slug}: {{site: {site}}}" for site, (_, slug, _) in SITES.items())
    return f"""\
account:
  name: bench
  backend: {{type: local, seed: inventory.json}}
  limits: {{suspend: 100%, downgrade: 100%}}
service_addresses:
{addresses}
sites:
{sites}
templates:
{templates}
"""


def generate(
    root: Path,
    users: int,
    files: int,
    share: float,
    seed: int,
    *,
    migrate: bool = False,
    hands: int = 0,
) -> None:
    """Write the account: the YAML after the change, the inventory before it."""
    rng = random.Random(seed)
    before = [person(rng, index, is_mixed=hands > 0) for index in range(users)]
    after, spare = migrated(before, seed) if migrate else some_changed(before, share, seed)
    (root / "users").mkdir(parents=True, exist_ok=True)
    (root / "account.yaml").write_text(account_yaml())
    write_inventory(root / "inventory.json", before, spare)
    size = -(-users // files)
    writers = make_hands(hands, seed)
    for number in range(files):
        part = after[number * size : (number + 1) * size]
        if part:
            text = (
                write_file(
                    [declared(user) for user in part], writers, random.Random(f"{seed} {number}")
                )
                if writers
                else "users:\n" + "".join(map(user_yaml, part))
            )
            (root / "users" / f"part-{number:04}.yaml").write_text(text, encoding="utf-8")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--files", type=int, default=100)
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--changed", type=float, default=0.01, help="share of the users that something happens to"
    )
    what.add_argument(
        "--migrate", action="store_true", help="everybody changes from X2 to X4 or the reverse"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--hands", type=int, default=0, help="how many people write the users; default: one form"
    )
    options = parser.parse_args()
    generate(
        options.directory,
        options.users,
        options.files,
        options.changed,
        options.seed,
        migrate=options.migrate,
        hands=options.hands,
    )


if __name__ == "__main__":
    main()
