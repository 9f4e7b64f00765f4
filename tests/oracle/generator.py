"""Random accounts: files, inventory and day, from a seed; every account is valid, some are refused
for a shortage.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from random import Random
from typing import Any

import yaml

from tests.oracle.inventories import Doc, X, instant, make_world
from tests.oracle.local_numbers import LOCAL
from tests.oracle.wishes import Wishes, add_new_user, add_places, add_settings, add_wish

HIGH = dict.fromkeys(("suspend", "unassign", "downgrade", "delete", "change", "relocate"), 1000)


@dataclass(frozen=True)
class Account:
    """One account directory with its inventory and the day it is looked at."""

    files: dict[str, str]
    inventory: Doc
    now: str


def make_account(seed: int) -> Account:
    """Make the account of a seed; equal seeds make equal accounts."""
    rng = Random(seed)
    world = make_world(rng)
    wishes = Wishes(
        world,
        {"name": "acme", "backend": {"type": "local", "seed": "inventory.json"}, "limits": HIGH},
    )
    add_places(wishes)
    add_settings(wishes)
    for name in sorted(world.users):
        if rng.random() < 0.75:
            add_wish(wishes, name)
    _rotate_types(wishes)
    _rotate_numbers(wishes)
    for _ in range(rng.choice((0, 0, 1, 2, 4))):
        add_new_user(wishes)
    _provide(wishes)
    _empty_extensions(wishes)
    _pools(wishes)
    _spell(wishes)
    _templates(wishes)
    return Account(_files(wishes), world.document(), instant(world.now))


def _movable(wishes: Wishes, country: str) -> list[str]:
    """List users who hold one license of this country, may be changed, and will sit in that
    country.
    """
    names = []
    for name, wish in sorted(wishes.users.items()):
        user, held = wishes.world.users.get(name), wishes.held(name)
        if not user or "offboard_on" in wish or wish.get("licenses") == []:
            continue
        stays_inactive = user["status"] == "inactive" and wish.get("status") != "active"
        here = wishes.world.country(wish.get("site", user["site"])) == country
        if (
            here
            and not stays_inactive
            and len(held) == 1
            and held[0][1] == country
            and held[0][0] != "vcc-agent"
        ):
            names.append(name)
    return names


def _rotate_types(wishes: Wishes) -> None:
    """Let a few users of one country pass their license types on, with no unit to spare."""
    rng = wishes.rng
    if rng.random() < 0.4:
        return
    country = rng.choice(("US", "GB", "DE"))
    names = _movable(wishes, country)
    ring = rng.sample(names, min(len(names), rng.choice((2, 2, 3, 4, 6))))
    for name, other in zip(ring, ring[1:] + ring[:1], strict=True):
        kind = wishes.held(other)[0][0]
        user = wishes.world.users[name]
        wishes.users[name]["licenses"] = [
            wishes.entry(kind, country, wishes.users[name].get("site", user["site"]))
        ]
        wishes.wanted[name] = [(kind, country)]


def _rotate_numbers(wishes: Wishes) -> None:
    """Let a few users pass their extension numbers or phone numbers on; the last may get a new one
    instead.
    """
    rng, world = wishes.rng, wishes.world
    if rng.random() < 0.5:
        return
    country = rng.choice(("US", "GB", "DE"))
    names = [n for n in _movable(wishes, country) if _may_give_up(wishes, n)]
    ring = rng.sample(names, min(len(names), rng.choice((2, 2, 3, 4))))
    key = rng.choice(("number", "phone_numbers"))
    carried = [wishes.extension(n, wishes.held(n)[0][0]).get(key, []) for n in ring]
    given = carried[1:] + carried[:1]
    if ring and rng.random() < 0.4:
        given[-1] = (
            world.extension_number("x2") if key == "number" else [world.phone_number(country)]
        )
        wishes.released += carried[:1] if key == "number" else []
    for name, value in zip(ring, given, strict=True):
        (entry,) = wishes.users[name].get("licenses") or [wishes.held(name)[0][0]]
        entry = {"type": entry} if isinstance(entry, str) else entry
        entry["extension"] = {**entry.get("extension", {}), key: value}
        wishes.users[name]["licenses"] = [entry]


def _may_give_up(wishes: Wishes, name: str) -> bool:
    """Tell whether a user keeps one license with numbers, and the files say nothing of them yet."""
    wanted = wishes.wanted[name]
    entries = wishes.users[name].get("licenses") or [""]
    declared = entries[0].get("extension", {}) if isinstance(entries[0], dict) else {}
    kinds = {wanted[0][0], wishes.held(name)[0][0]} if len(wanted) == 1 else {""}
    return kinds <= {*X[1:], "vo-editions"} and not {"number", "phone_numbers"} & declared.keys()


def _empty_extensions(wishes: Wishes) -> None:
    """Let a few licenses of active users lose everything that they carry: an explicit empty value
    removes.
    """
    for name, wish in sorted(wishes.users.items()):
        stays = wishes.world.users.get(name, {}).get("status") == "active" and "status" not in wish
        for place, entry in enumerate(wish.get("licenses", []) if stays else []):
            if (
                "extension" not in (entry if isinstance(entry, dict) else {})
                and wishes.rng.random() < 0.05
            ):
                wish["licenses"][place] = {
                    **(entry if isinstance(entry, dict) else {"type": entry}),
                    "extension": {},
                }


def _provide(wishes: Wishes) -> None:
    """Add the free units that are needed, now and then one too few or some too many."""
    rng, world = wishes.rng, wishes.world
    need: Counter[tuple[str, str]] = Counter()
    for name, wanted in wishes.wanted.items():
        need.update(wanted)
        need.subtract(wishes.held(name))
    for name in world.users.keys() - wishes.users.keys():
        if wishes.account.get("unlisted_users") in ("unassign", "delete"):
            need.subtract(wishes.held(name))
    short = rng.random() < 0.15
    for (kind, country), count in sorted(need.items()):
        spare = rng.choice((0, 0, 0, 1, 2)) - (short and rng.random() < 0.4)
        for _ in range(max(0, count + spare)):
            world.unit(kind, country)
    if world.local:
        for country in ("US", "GB", "DE"):
            for _ in range(rng.choice((0, 1, 2, 8, 30, 30, 30))):
                world.unit(LOCAL, country)
    for _ in range(rng.choice((0, 0, 1, 5))):
        world.unit(rng.choice(("x1", "x2", "x4")), rng.choice(("US", "GB")))


def _pools(wishes: Wishes) -> None:
    rng, world = wishes.rng, wishes.world
    kinds = sorted({(u["type"], u["country"]) for u in world.units})
    for kind, country in kinds:
        if rng.random() > 0.35:
            continue
        units = [u for u in world.units if (u["type"], u["country"]) == (kind, country)]
        pool: Doc = {"type": kind, "country": country}
        if rng.random() < 0.8:
            owned = sum(u.get("suspended", {}).get("reason") != "removed" for u in units)
            pool["quantity"] = max(0, owned + rng.choice((-2, 0, 0, 0, 1, 2)))
        if wishes.addresses and rng.random() < 0.4:
            slugs = rng.sample(
                sorted(wishes.addresses), min(len(wishes.addresses), rng.choice((1, 2, 3)))
            )
            spread = {s: rng.choice((0, 1, 1, 2, 3)) for s in slugs}
            pool["unassigned_address"] = slugs[0] if len(slugs) == 1 else spread
        if rng.random() < 0.2:
            pool["price"] = {"amount": "28.00", "currency": "USD"}
        wishes.pools.append(pool)


def _spell(wishes: Wishes) -> None:
    """Rename a few users, and write a few names in another case."""
    rng = wishes.rng
    for name in sorted(wishes.users):
        wish = wishes.users[name]
        known = name in wishes.world.users and "offboard_on" not in wish
        if known and rng.random() < 0.04 and wishes.world.users[name]["status"] == "active":
            wishes.users[f"new.{name}"] = {**wishes.users.pop(name), "previously": name}
        elif known and rng.random() < 0.05:
            wishes.users[name.title()] = wishes.users.pop(name)
    listed = [n for n in wishes.users if wishes.users[n].get("status", "active") == "active"]
    if listed and rng.random() < 0.1:
        wishes.account["protected_users"] = rng.sample(listed, 1)


def _templates(wishes: Wishes) -> None:
    """Move what several users share into templates; users who differ keep their own keys."""
    rng = wishes.rng
    for number in range(rng.choice((0, 0, 1, 2))):
        keys = rng.sample(
            ("department", "policy", "site", "licenses", "status"), rng.choice((1, 2))
        )
        users = [u for u in wishes.users.values() if set(keys) <= u.keys() and "template" not in u]
        if len(users) < 2:
            continue
        template = {k: rng.choice(users)[k] for k in keys}
        if "licenses" in template and not all(isinstance(e, str) for e in template["licenses"]):
            del template["licenses"]
        if not template:
            continue
        wishes.templates[f"template-{number}"] = template
        for user in users:
            for key, value in template.items():
                if user[key] == value:
                    del user[key]
            user["template"] = (
                f"template-{number}" if rng.random() < 0.7 else [f"template-{number}"]
            )


def _files(wishes: Wishes) -> dict[str, str]:
    rng = wishes.rng
    files: dict[str, Doc] = {"account.yaml": {"account": wishes.account}}
    sections: dict[str, Any] = {
        "service_addresses": wishes.addresses,
        "sites": wishes.sites,
        "policies": wishes.policies,
        "licenses": wishes.pools,
        "templates": wishes.templates,
    }
    for section, content in sections.items():
        if content:
            files.setdefault(rng.choice(("account.yaml", "places.yaml", "more/b.yml")), {})[
                section
            ] = content
    for name, user in wishes.users.items():
        path = rng.choice(("users.yaml", "users/a.yaml", "users/b.yaml"))
        files.setdefault(path, {}).setdefault("users", {})[name] = user
    flow = rng.choice((None, False))
    return {path: dump(tree, flow) for path, tree in files.items()}


class _Dumper(yaml.SafeDumper):
    """Writes no anchors, as people do not."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def dump(tree: Doc, flow: bool | None = False) -> str:
    """Write YAML that reads back the same; days stay days."""
    return yaml.dump(
        tree,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=flow,
        width=110,
    )
