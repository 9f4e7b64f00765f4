"""When an export or SCIM last said what the inventory holds, by section and by path of a plan.

The key `users` says which users exist, and `users.status` says the status of every user. A key
covers the paths below it, as `users.extension` covers `users.extension.number`.

Settings of the license that a row of a user describes, which is the phone license, are below
`users.extension`. Those of further licenses of a user are below `licenses.extension`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from licsync.model.declarations import KINDS, Extension, Features, ServiceAddress
from licsync.model.fields import fields_of
from licsync.model.inventory_document import InventoryPolicy, InventorySite, InventoryUser, Unit

_HELD: Mapping[str, type] = {
    "users": InventoryUser,
    "licenses": Unit,
    "sites": InventorySite,
    "policies": InventoryPolicy,
}
_OPEN = ("policies.settings", "users.extension.features", "licenses.extension.features")
"""Keys below which any name may stand: the settings and features of 8x8."""


@cache
def observable_keys() -> frozenset[str]:
    """Give every key of `observed`, without the names below `policies.settings` and features."""
    return frozenset(_keys())


def _keys() -> Iterator[str]:
    for kind in KINDS.values():
        section = kind.section
        held = _HELD.get(section, kind.declaration)
        yield section
        yield from (f"{section}.{field}" for field in fields_of(held))
    yield from (f"users.{field}" for field in ("licenses", "extension", "service_address"))
    for section in ("users", "licenses"):
        yield from (f"{section}.extension.{field}" for field in fields_of(Extension))
        yield from (f"{section}.extension.features.{field}" for field in fields_of(Features))
    yield "licenses.extension"


def is_observable(key: str) -> bool:
    """Tell whether a key may stand in `observed`."""
    if key in observable_keys():
        return True
    below = (key.removeprefix(f"{top}.") for top in _OPEN if key.startswith(f"{top}."))
    return any(name and name.isprintable() for name in below)


_SAYS = {
    "users.licenses": ("users.services", "licenses.user", "licenses.holder"),
    "users.service_address": ("licenses.service_address",),
    # an address is listed with all its parts
    **{f"service_addresses.{part}": ("service_addresses",) for part in fields_of(ServiceAddress)},
}
"""Other keys that say the same as a key."""


def never_observed(observed: Mapping[str, str]) -> frozenset[str]:
    """List the keys that nothing ever said.

    A document that says of nothing when it was observed counts as observed as a whole.
    """
    if not observed:
        return frozenset()
    return frozenset(key for key in observable_keys() if not _was_observed(observed, key))


def _was_observed(observed: Mapping[str, str], key: str) -> bool:
    """Tell whether a key, a key above it, or anything below it was ever said."""
    section, _, path = key.partition(".")
    if any(seen == key or seen.startswith(f"{key}.") for seen in observed):
        return True
    if path and observed_at(observed, section, path) is not None:
        return True
    return any(seen in observed for seen in _SAYS.get(key, ()))


def observed_at(observed: Mapping[str, str], section: str, path: str = "") -> str | None:
    """Give the instant at which a path, or a path above it, was last said.

    Args:
        observed: the instants by key.
        section: the section of the inventory.
        path: a path of a plan; empty for which records exist.

    Returns:
        the latest instant; None if nothing ever said the path.
    """
    if not path:
        return observed.get(section)
    steps = path.split(".")
    keys = (".".join((section, *steps[:depth])) for depth in range(1, len(steps) + 1))
    return max((observed[key] for key in keys if key in observed), default=None)
