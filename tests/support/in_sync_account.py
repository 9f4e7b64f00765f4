"""An account of users of whom most are settled, in files and as an inventory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from licsync.model.inventory_document import InventoryDocument
from tests.support.accounts import inventory_document, unit, user, write_account, write_files
from tests.support.command_line import run

Tree = dict[str, Any]

LOCAL: Tree = {"type": "local", "seed": "inventory.json"}
ACCOUNT: Tree = {
    "account": {
        "name": "quick",
        "backend": LOCAL,
        "protected_users": ["u03@quick.example"],
    },
    "service_addresses": {
        slug: {
            "street_name": "Pine St",
            "street_number": number,
            "city": "Seattle",
            "postal": "98101",
            "country": "US",
        }
        for slug, number in (("north", "1"), ("south", "2"))
    },
    "sites": {"North": {"service_address": "north"}, "South": {"service_address": "south"}},
    "licenses": [{"type": "x2", "country": "US", "price": {"amount": "10", "currency": "USD"}}],
    "templates": {"sales": {"department": "Sales", "policy": "8x8 Master User Template"}},
}


def name(index: int) -> str:
    return f"u{index:02}@quick.example"


def wish(index: int) -> Tree:
    """What the files say of a user: most of it as in `record`."""
    kind, site = ("x2", "x4")[index % 2], ("North", "South")[index % 3 == 0]
    numbers = {"number": f"{1000 + index}", "phone_numbers": [f"+1206555{index:04}"]}
    user: Tree = {"first_name": "Ada", "last_name": "Lovelace", "site": site}
    user |= (
        {"template": "sales"}
        if index % 4
        else {"email": name(index).upper(), "timezone": "America/Los_Angeles"}
    )
    return {
        **user,
        "licenses": [kind] if index % 5 == 0 else [{"type": kind, "extension": numbers}],
    }


def inventory() -> InventoryDocument:
    """An inventory in which most users are as `wish` says."""
    units, users = {}, {}
    for index in range(24):
        unit_id, site = f"L{index:02}", wish(index)["site"]
        units[unit_id] = unit(("x2", "x4")[index % 2], {"North": "A1", "South": "A2"}[site])
        extension = {"number": f"{1000 + index}", "phone_numbers": [f"+1206555{index:04}"]}
        held = {unit_id: extension}
        if index % 6 == 1:  # who has a local number beside it
            fields = {"seen_only": True} if index == 7 else {}
            units[f"D{index:02}"] = unit(
                "local-number", units[unit_id]["service_address"], **fields
            )
            held[f"D{index:02}"] = None
        users[name(index)] = user(
            held,
            id=f"U{index}",
            first_name="Ada",
            last_name="Lovelace",
            email=name(index),
            site=site,
            department="Sales",
            timezone="America/Los_Angeles",
        )
    units |= {f"S{kind}{i}": unit(kind, "A2") for kind in ("x2", "x4") for i in range(3)}
    places = ACCOUNT["service_addresses"]
    return inventory_document(
        units,
        users,
        account="quick",
        service_addresses={"A1": places["north"], "A2": places["south"]},
        sites={"North": {"service_address": "A1"}, "South": {"service_address": "A2"}},
    )


def write_in_sync(root: Path, backend: Tree = LOCAL, **sections: Any) -> Path:
    """Write the account in five files, and load its inventory into the store.

    Args:
        root: the directory.
        backend: the backend that `account.yaml` names.
        sections: further sections of the inventory.
    """
    tree = {**ACCOUNT, "account": {**ACCOUNT["account"], "backend": backend}}
    write_account(root, tree, inventory() | sections)
    parts = [{name(n): wish(n) for n in range(part, part + 6)} for part in range(0, 24, 6)]
    texts = [yaml.safe_dump({"users": users}, sort_keys=False) for users in parts]
    write_files(root / "users", {f"{n}.yaml": text for n, text in enumerate(texts)})
    run("inventory", "load", root, root / "inventory.json")
    return root
