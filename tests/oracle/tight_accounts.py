"""Random accounts of one kind: many users exchange few types of license, with hardly a unit to
spare.
"""

from __future__ import annotations

from datetime import datetime
from random import Random

from tests.oracle.generator import HIGH, Account, dump
from tests.oracle.inventories import ADDRESSES, SITES, Doc, World, add_local_numbers, instant
from tests.oracle.inventories import DEFAULT_POLICY as POLICY
from tests.oracle.local_numbers import LOCAL
from tests.support import accounts

HOMES = ("HQ", "Seattle", "Wilmington")


def make_tight_account(seed: int) -> Account:
    """Make the account of a seed: types are shuffled among users, some leave, some join, some swap
    numbers.
    """
    rng = Random(seed)
    world = World(rng, datetime(2026, 11, 24, 12), local=rng.random() < 0.5)
    world.slugs = {SITES[s]: f"A{i}" for i, s in enumerate(HOMES, 1)}
    world.sites = {s: {"service_address": world.slugs[SITES[s]], "pbx": "acme01"} for s in HOMES}
    world.policies = {POLICY: {"settings": {}}}
    kinds = rng.sample(("x1", "x2", "x3", "x4", "x6"), rng.choice((2, 2, 3, 4)))
    for _ in range(rng.randint(2, 14)):
        _add(world, rng.choice(kinds) if rng.random() < 0.85 else None)
    for kind in kinds:
        for _ in range(rng.choice((0, 0, 0, 1, 2))):
            world.unit(kind, "US")
    stock = [str(u["type"]) for u in world.units if u["type"] != LOCAL]
    for _ in range(rng.choice((0, 0, 1, 2)) if world.local else 0):
        world.unit(LOCAL, "US")
    rng.shuffle(stock)
    users: Doc = {}
    for name in rng.sample(sorted(world.users), len(world.users)):
        if rng.random() < 0.1:
            users[name] = {"licenses": []}
        elif stock:
            users[name] = {"licenses": [{"type": stock.pop()}]}
    _move(rng, users)
    _swap_numbers(world, users)
    pools = [_pool(rng, kind) for kind in kinds if rng.random() < 0.4]
    slugs = {s: ADDRESSES[s] for s in ("hq", "sea", "wil")}
    account: Doc = {
        "name": "acme",
        "backend": {"type": "local", "seed": "inventory.json"},
        "limits": HIGH,
    }
    tree: Doc = {"account": account, "service_addresses": slugs, "licenses": pools, "users": users}
    return Account({"account.yaml": dump(tree)}, world.document(), instant(world.now))


def _add(world: World, kind: str | None) -> None:
    rng = world.rng
    name, names = world.person()
    site = rng.choice(HOMES)
    made = {"id": f"U{world.people}", "email": name, "status": "active"}
    user = accounts.user(**names, **made, site=site, policy=POLICY)
    world.users[name] = user
    if kind:
        service: Doc = {"extension": {"number": world.extension_number(kind)}}
        if rng.random() < 0.5:
            several = rng.choice((1, 2, 3)) if world.local else 1
            service["extension"]["phone_numbers"] = [
                world.phone_number("US") for _ in range(several)
            ]
        slug = SITES[site] if rng.random() < 0.5 else None
        world.unit(kind, "US", slug, status="assigned", user=name, service=service)
        user["services"].append(service)
        if world.local:
            add_local_numbers(world, name)


def _move(rng: Random, users: Doc) -> None:
    for user in users.values():
        if rng.random() < 0.06:
            user["status"] = "inactive"
        if user["licenses"] and rng.random() < 0.1:
            user["licenses"][0]["service_address"] = rng.choice(("hq", "sea", "wil"))


def _swap_numbers(world: World, users: Doc) -> None:
    """Pass numbers round among those who keep a license, and hand those of leavers on."""
    rng = world.rng
    carried = {n: [s["extension"] for s in u["services"] if s] for n, u in world.users.items()}
    numbers = {n: extensions for n, extensions in carried.items() if n in users}
    keep = [n for n in users if users[n]["licenses"] and numbers[n]]
    ring = rng.sample(keep, rng.randint(0, len(keep)))
    for name, other in zip(ring, ring[1:] + ring[:1], strict=True):
        given = {"number": numbers[other][0]["number"]}
        if world.local:
            given["phone_numbers"] = numbers[other][0].get("phone_numbers", [])
        users[name]["licenses"][0]["extension"] = given
    left = [n for n in users if not users[n]["licenses"] and numbers[n]]
    join = [n for n in users if users[n]["licenses"] and not numbers[n]]
    for leaver, joiner in zip(left, join, strict=False):
        users[joiner]["licenses"][0]["extension"] = dict(numbers[leaver][0])


def _pool(rng: Random, kind: str) -> Doc:
    spread = {s: rng.choice((0, 1, 2)) for s in rng.sample(("hq", "sea", "wil"), 2)}
    return {"type": kind, "country": "US", "unassigned_address": rng.choice((spread, "hq", "wil"))}
