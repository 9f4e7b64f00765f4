"""Random inventories of any size for the import, and a file with every key."""

from __future__ import annotations

from random import Random
from typing import Any

from bench.generate import inventory, person
from licsync.model import declarations as d
from licsync.model.desired import Desired
from licsync.model.fields import fields_of
from licsync.model.inventory import Inventory
from licsync.planning.resolver import Resolver
from tests.oracle.inventories import _add_user, make_world
from tests.support import accounts

Doc = dict[str, Any]

ADA = "ada@acme.example"


NEW_YORK = {key: value for key, value in accounts.NEW_YORK.items() if key != "state"}


def small(**more: Any) -> Doc:
    """An inventory with one user, who holds an X2."""
    ada = accounts.user(
        {"L1": {"number": "1001"}},
        first_name="Ada",
        last_name="Lopez",
        email="ADA@acme.example",
        site="New York",
        policy=None,
    )
    sections: Doc = {
        "service_addresses": {"A1": NEW_YORK},
        "sites": {"New York": {"service_address": "A1"}},
        "policies": {},
        **more,
    }
    return accounts.inventory_document({"L1": "x2"}, {ADA: ada}, **sections)


def user(document: Doc) -> Doc:
    found: Doc = document["users"][ADA]
    return found


def oracle_document(seed: int, users: int = 0) -> Doc:
    """Make an inventory as the oracle's worlds have it, with this many users at least."""
    world = make_world(Random(seed))
    while len(world.users) < users:
        _add_user(world)
    for _ in range(users // 50):
        world.unit(world.rng.choice(("x2", "x4")), "US")
    return world.document()


def bench_document(users: int) -> Doc:
    """Make the inventory of the benchmark."""
    rng = Random(1)
    return inventory([person(rng, index) for index in range(users)], 10)


def every_key(desired: Desired, held: Inventory) -> str:
    """Write the account in one file, as people indent it, with every key there is: null where
    nothing is said.
    """
    resolver = Resolver(desired, held)
    sections = {
        "account": dict(desired.account),
        "service_addresses": {
            slug: _full(d.ServiceAddress, one or {})
            for slug, one in desired.service_addresses.items()
        },
        "sites": {name: _full(d.Site, site or {}) for name, site in desired.sites.items()},
        "licenses": [
            _full(d.PoolEntry, {"country": desired.country, **pool}) for pool in desired.pools
        ],
        "policies": desired.policies,
        "users": {name: _user(name, user, resolver) for name, user in desired.users.items()},
    }
    return "".join(_block(sections, 0))


def _user(name: str, user: Doc, resolver: Resolver) -> Doc:
    full = _full(d.User, {"email": name, **user})
    return full | {
        "licenses": [
            _entry(entry, user.get("site"), resolver) for entry in user.get("licenses", [])
        ]
    }


def _entry(entry: Doc, site: str | None, resolver: Resolver) -> Doc:
    extension = _full(d.Extension, entry.get("extension", {}))
    extension["features"] = _full(d.Features, extension["features"] or {})
    extension["call_forwarding"] = [
        _full(d.ForwardingRule, rule) for rule in extension["call_forwarding"] or ()
    ]
    extension["devices"] = [_full(d.Device, device) for device in extension["devices"] or ()]
    defaults = {
        "country": resolver.country_of(site, entry),
        "service_address": resolver.address_of(site, entry),
    }
    return _full(d.LicenseEntry, {**defaults, **entry}) | {"extension": extension}


def _full(declaration: type, values: Doc) -> Doc:
    return {key: values.get(key) for key in fields_of(declaration)}


def _block(value: Any, indent: int) -> list[str]:
    out = []
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        mark = f"{' ' * indent}{key}:" if isinstance(value, dict) else f"{' ' * indent}-"
        if isinstance(inner, dict | list) and inner:
            lines = _block(inner, indent + 2)
            if isinstance(value, list):
                lines[0] = f"{mark} {lines[0].lstrip()}"
                out += lines
            else:
                out += [f"{mark}\n", *lines]
        else:
            out.append(f"{mark} {inner if inner not in (None, [], {}) else 'null'}\n")
    return out
