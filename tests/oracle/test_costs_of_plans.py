"""What a plan says of the monthly cost and of people, against the inventory before and after it was
applied.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from tests.oracle.generator import dump, make_account
from tests.oracle.tight_accounts import make_tight_account
from tests.support.account_directory import account_at
from tests.support.samples import seeds

Doc = dict[str, Any]
USE = {"assigned": "used", "unassigned": "unused"}


def bill(inventory: Doc, priced: set[tuple[str, str]]) -> Counter[tuple[str, str, str, str]]:
    """Count the units that are paid for, by type, country, postal content and use."""
    found: Counter[tuple[str, str, str, str]] = Counter()
    for unit in inventory["licenses"].values():
        if unit["status"] == "suspended" and unit["suspended"]["reason"] == "removed":
            continue
        if (unit["type"], unit["country"]) in priced:
            place = inventory["service_addresses"].get(unit.get("service_address"))
            found[
                unit["type"], unit["country"], content(place), USE.get(unit["status"], "unused")
            ] += 1
    return found


def content(address: Doc | None) -> str:
    return repr(sorted(address.items())) if address else ""


def with_prices(files: dict[str, str], inventory: Doc) -> dict[str, str]:
    """Give every type and country of the inventory a price."""
    trees = {path: yaml.safe_load(text) or {} for path, text in files.items()}
    declared = {
        (p["type"], p.get("country")) for tree in trees.values() for p in tree.get("licenses") or ()
    }
    price = {"amount": "10.50", "currency": "USD"}
    for tree in trees.values():
        for pool in tree.get("licenses") or ():
            pool["price"] = price
    default = trees["account.yaml"]["account"].get("defaults", {}).get("country")
    declared |= {(kind, default) for kind, country in declared if country is None}
    seen = sorted({(u["type"], u["country"]) for u in inventory["licenses"].values()} - declared)
    more = [{"type": kind, "country": country, "price": price} for kind, country in seen]
    return {path: dump(tree) for path, tree in trees.items()} | {
        "prices.yaml": dump({"licenses": more})
    }


@seeds(4, soak=16)
def test_the_costs_are_those_of_the_inventory_before_and_after(seed: int, tmp_path: Path) -> None:
    account = make_account(seed) if seed % 2 else make_tight_account(seed)
    files = with_prices(account.files, account.inventory)
    licsync = account_at(tmp_path, files, account.inventory, account.now)
    before = licsync.dump()
    code, plan = licsync.plan()
    assert code in (0, 2, 3), plan["diagnostics"]
    priced = {(row["type"], row["country"]) for row in plan["licenses"] if row.get("price")}
    assert counted(plan, before, "before") == bill(before, priced)
    if code != 3:
        assert licsync.apply().exit_code == 0
        after = licsync.dump()
        assert counted(plan, before, "after") == bill(after, priced)
        for name, person in plan.get("people", {}).items():
            assert person == as_person(after, name)


def as_person(inventory: Doc, name: str) -> Doc:
    """Describe a user of an inventory as plans describe users."""
    user = inventory["users"][name]
    names = (
        "first_name",
        "last_name",
        "site",
        "job_title",
        "department",
        "policy",
        "locale",
        "timezone",
    )
    units = [inventory["licenses"][service["license"]] for service in user.get("services", ())]
    held = sorted((unit["type"], unit["country"]) for unit in units)
    return {
        "status": user.get("status", "active"),
        **{field: user.get(field) or "" for field in names},
        "licenses": [{"type": kind, "country": country} for kind, country in held],
    }


def counted(plan: Doc, inventory: Doc, when: str) -> Counter[tuple[str, str, str, str]]:
    places = {**inventory["service_addresses"], **plan["addresses"]}
    found: Counter[tuple[str, str, str, str]] = Counter()
    for cost in plan.get("costs", ()):
        for use in ("used", "unused"):
            if number := cost[f"{use}_{when}"]:
                place = content(places.get(cost["service_address"]))
                found[cost["type"], cost["country"], place, use] += number
    return found
