"""What the people of the made-up company want next: edits of its YAML files, made by hand.

Who is concerned is chosen from the company itself, so that the edits fit whatever it looks like.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.company import DOMAIN, Doc

HIRES = (
    ("Nora", "Adler", "Boston", "x2", "Engineering", "1500", "+16175550180"),
    ("Omar", "Brandt", "Boston", "x2", "Engineering", "1501", "+16175550181"),
    ("Pia", "Castle", "Boston", "x2", "Operations", "1502", "+16175550182"),
    ("Ravi", "Dalal", "Boston", "x2", "Operations", "1503", None),
    ("Sara", "Egan", "Denver", "x2", "Engineering", "1504", "+13035550190"),
    ("Theo", "Falk", "Denver", "x2", "Operations", "1505", None),
    ("Uma", "Grant", "Boston", "x4", "Sales", "1506", "+16175550183"),
    ("Vic", "Holt", "Denver", "x4", "Sales", "1507", "+13035550191"),
    ("Wren", "Isaacs", "Tampa", "x6", "Support", "1508", "+18135550180"),
    ("Yara", "Joyce", "Leeds", "x2", "Engineering", "1509", "+441134960800"),
    ("Zack", "Kerr", "Leeds", "x2", "Operations", "1510", "+441134960801"),
    ("Alma", "Lowe", "London", "x4", "Sales", "1511", "+442079460800"),
    ("Bernd", "Maier", "München", "x2", "Engineering", "1512", "+498999998800"),
    ("Cora", "Neumann", "München", "x2", "Operations", "1513", None),
)
"""First name, last name, site, license, department, extension, phone number."""


@dataclass
class AccountFiles:
    """The YAML files of an account, to be edited by hand.

    Attributes:
        directory: the account directory.
        trees: the content of each file.
    """

    directory: Path
    trees: dict[Path, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for file in sorted(self.directory.rglob("*.yaml")):
            self.trees[file] = yaml.safe_load(file.read_text("utf-8"))

    def users(self) -> dict[str, Doc]:
        """Give the entries of all users, by name."""
        found: dict[str, Doc] = {}
        for tree in self.trees.values():
            found |= tree.get("users") or {}
        return found

    def pools(self) -> Iterator[Doc]:
        """List the pools of licenses."""
        for tree in self.trees.values():
            yield from tree.get("licenses") or ()

    def save(self) -> None:
        """Write all files."""
        for file, tree in self.trees.items():
            text = yaml.safe_dump(tree, allow_unicode=True, sort_keys=False)
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, "utf-8")


@dataclass(frozen=True)
class Wishes:
    """Whom the edits concern, by user name."""

    hires: tuple[str, ...]
    leavers: tuple[str, ...]
    promoted: tuple[str, ...]
    moved: tuple[str, ...]
    swapped: tuple[str, str]


def edit_as_people_would(directory: Path, document: Doc) -> Wishes:
    """Hire 14, let 6 leave, promote 12, move 25, swap 2 extensions, buy ten more X2."""
    files = AccountFiles(directory)
    holders = _holders_of_one_license(document)
    free = iter([name for name, kind, site in holders if kind == "x2" and site == "Boston"])
    abroad = iter([name for name, kind, site in holders if kind == "x2" and site == "Leeds"])
    sales = iter([name for name, kind, site in holders if kind == "x4" and site == "Boston"])
    wishes = Wishes(
        hires=tuple(_hire(files)),
        leavers=(*_take(free, 3), *_take(abroad, 1), *_take(sales, 2)),
        promoted=(*_take(free, 10), *_take(abroad, 2)),
        moved=(*_take(free, 15), *_take(sales, 10)),
        swapped=(next(free), next(free)),
    )
    users = files.users()
    for number, name in enumerate(wishes.leavers):
        users[name] |= {"offboard_on": "2026-11-24"} if number % 2 else {"status": "inactive"}
    for name in wishes.promoted:
        _set_license(users[name], "x4", {})
    for name in wishes.moved:
        users[name]["site"] = "Denver"
    one, other = (document["users"][name]["services"][0]["extension"] for name in wishes.swapped)
    for name, extension in zip(wishes.swapped, (other, one), strict=True):
        _set_license(users[name], "x2", {"number": extension["number"]})
    pool = next(p for p in files.pools() if p["type"] == "x2" and p.get("country", "US") == "US")
    pool["quantity"] += 10
    files.save()
    return wishes


def _take(names: Iterator[str], count: int) -> tuple[str, ...]:
    return tuple(next(names) for _ in range(count))


def _holders_of_one_license(document: Doc) -> list[tuple[str, str, str]]:
    """List active users with one license: their name, license type and site."""
    found = []
    for name, user in sorted(document["users"].items()):
        if user["status"] == "active" and len(user["services"]) == 1:
            unit = document["licenses"][user["services"][0]["license"]]
            found.append((name, unit["type"], user["site"]))
    return found


def _set_license(user: Doc, kind: str, extension: Doc) -> None:
    """Say another license or extension in the entry of a user, and keep what it says besides."""
    license = (user.get("licenses") or [{}])[0]
    entry: Doc = {"type": license} if isinstance(license, str) else dict(license)
    entry["type"] = kind
    if extension:
        entry["extension"] = entry.get("extension", {}) | extension
    user["licenses"] = [entry]


def _hire(files: AccountFiles) -> Iterator[str]:
    users: dict[str, Doc] = {}
    for first, last, site, kind, department, extension, phone in HIRES:
        name = f"{first}.{last}@{DOMAIN}".lower()
        settings: Doc = {"number": extension} | ({"phone_numbers": [phone]} if phone else {})
        users[name] = {
            "first_name": first,
            "last_name": last,
            "site": site,
            "department": department,
            "licenses": [{"type": kind, "extension": settings}],
        }
        yield name
    files.trees[files.directory / "users" / "hires.yaml"] = {"users": users}
